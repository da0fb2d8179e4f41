/** What a tunnel leads to, as far as a tunnel can tell: the health answer and the streaming self-test of the router. */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { TUNNEL_PROBE_TEXT } from '../../src/tunnel/verifier';

export const CLIENT_KEY = 'sk-client-key-of-the-test';
export const healthProof = ({ nonce }: { nonce: string }) =>
  createHmac('sha256', 'install secret').update(nonce).digest('hex');

export interface Origin {
  readonly port: number;
  /** Headers of the requests, newest last. */
  readonly requests: { path: string; headers: http.IncomingHttpHeaders }[];
  /** Requests that are neither health nor the self-test. */
  handle: http.RequestListener;
  close(): Promise<void>;
}

export async function startOrigin(port = 0): Promise<Origin> {
  const requests: Origin['requests'] = [];
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://origin');
    requests.push({ path: url.pathname, headers: request.headers });
    if (url.pathname === '/health') {
      response.end(JSON.stringify({ ok: true, hmac: healthProof({ nonce: url.searchParams.get('nonce') ?? '' }) }));
      return;
    }
    if (url.pathname !== '/v1/chat/completions') {
      origin.handle(request, response);
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body) as { model: string; stream: boolean; messages: { content: string }[] };
    const fits = asked.model === 'demo/echo' && asked.stream && asked.messages[0]?.content === TUNNEL_PROBE_TEXT;
    if (!fits || request.headers.authorization !== `Bearer ${CLIENT_KEY}`) {
      response.writeHead(401).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of ['one', 'two', 'three']) {
      if (word !== 'one') await new Promise((resolve) => setTimeout(resolve, 150));
      response.write(`data: {"choices":[{"delta":{"content":"${word}"}}]}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  });
  const origin: Origin = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    requests,
    handle: (_, response) => response.writeHead(404).end(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return origin;
}
