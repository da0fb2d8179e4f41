/** The provider of the bench, a process of its own: answers at once, streams on demand, reports when a client left. */
import http from 'node:http';

const small = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-b',
    object: 'chat.completion',
    created: 1,
    model: 'b',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'ok', refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }),
);
const frame = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-b', object: 'chat.completion.chunk', created: 1, model: 'b', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const head = Buffer.concat(chunks).subarray(0, 4096).toString('latin1');
    const plan = /"bench":"([\w-]+)"/.exec(head)?.[1];
    if (!plan) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': small.length });
      return response.end(small);
    }
    const [kind, count = '20', gap = '5'] = plan.split('-');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(frame({ role: 'assistant', content: '' }));
    const begun = performance.now();
    response.on('close', () => {
      if (kind === 'hang') process.send?.({ left: performance.timeOrigin + performance.now() });
    });
    let n = 0;
    const step = () => {
      if (response.destroyed) return;
      if (n < Number(count)) {
        response.write(frame({ content: `${n++}@${(performance.timeOrigin + performance.now()).toFixed(3)} ` }));
        if (gap === '0') return step();
        return void setTimeout(step, Math.max(0, begun + n * Number(gap) - performance.now()));
      }
      response.end(`${frame({}, 'stop')}data: [DONE]\n\n`);
    };
    step();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit());
