/** What the router is measured against: the least a proxy can do, node:http → undici.dispatch, bytes through. */
import http from 'node:http';
import Agent from 'undici/lib/dispatcher/agent.js';

const origin = process.argv[2]!;
const agent = new Agent({ connections: 256, bodyTimeout: 0, headersTimeout: 0 });
const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    let control: { abort(reason: Error): void; pause(): void; resume(): void } | undefined;
    let done = false;
    response.on('close', () => {
      if (!done) control?.abort(new Error('gone'));
    });
    response.on('drain', () => control?.resume());
    agent.dispatch(
      {
        origin,
        path: request.url!,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
        body: Buffer.concat(chunks),
      },
      {
        onRequestStart(started) {
          control = started;
        },
        onResponseStart(_control, status, headers) {
          response.writeHead(status, { 'content-type': headers['content-type'] as string });
          response.flushHeaders();
        },
        onResponseData(_control, chunk) {
          if (!response.write(chunk)) control?.pause();
        },
        onResponseEnd() {
          done = true;
          response.end();
        },
        onResponseError() {
          done = true;
          response.destroy();
        },
      },
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit());
