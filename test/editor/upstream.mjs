// A model provider on loopback: lists models, answers, and streams as slowly as a test wants.
import http from 'node:http';

export const KEY = 'sk-upstream-0123456789';

/** `seen`: each request with its key and model. `stream.next()` sends the next event of the running stream. */
export async function startUpstream({ key, models = ['model-a', 'model-b'] }) {
  const seen = [];
  const streams = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    seen.push({ path: request.url, key: request.headers.authorization, model: body.model });
    if (request.headers.authorization !== `Bearer ${key}`) {
      return send(response, 401, {
        error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
      });
    }
    if (request.url === '/v1/models')
      return send(response, 200, {
        object: 'list',
        data: models.map((id) => ({ id, object: 'model', owned_by: 'test' })),
      });
    if (!request.url.endsWith('/chat/completions')) return send(response, 404, { error: { message: 'no such path' } });
    if (body.stream) return streams.push(startStream(response, body.model));
    send(response, 200, answer(body.model));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    seen,
    streams,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const answer = (model) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model,
  choices: [{ index: 0, message: { role: 'assistant', content: `This is ${model}.` }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 },
});

/** Sends an event each 20 ms until end() is called; `sent` is everything it wrote. */
function startStream(response, model) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const stream = { sent: '', closed: false, end };
  let n = 0;
  const write = (data) => {
    const event = `data: ${data}\n\n`;
    stream.sent += event;
    response.write(event);
  };
  const chunk = (delta, finish = null) =>
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const timer = setInterval(() => write(chunk({ content: `word ${n++} ` })), 20);
  response.on('close', () => {
    stream.closed = true;
    clearInterval(timer);
  });
  function end() {
    clearInterval(timer);
    write(chunk({}, 'stop'));
    write('[DONE]');
    response.end();
  }
  return stream;
}
