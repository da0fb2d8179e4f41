/** The metrics on a loopback port of their own, which no tunnel ever points to; off unless switched on. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Metrics } from './metrics';

export interface MetricsServer {
  port: number;
  close(): Promise<void>;
}

/** The token of the metrics: made once, kept in `<dataDir>/metrics-token` (0600), the same after a restart. */
export function metricsToken(dataDir: string): string {
  const file = path.join(dataDir, 'metrics-token');
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const token = readFileSync(file, 'utf8').trim();
  if (token === '') throw new Error(`The file ${file} is empty. Delete it, and a new token is made.`);
  return token;
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Serves `GET /metrics` (Prometheus) and `GET /v1/metrics` (OTLP JSON) on 127.0.0.1, for `Authorization: Bearer TOKEN` only. Port 0 is any
 * free one. Rejects with a sentence when the port is taken.
 */
export async function serveMetrics(options: { port: number; token: string; metrics: Metrics }): Promise<MetricsServer> {
  const expected = digest(`Bearer ${options.token}`);
  const server = createServer((request, response) => answer(request, response, expected, options.metrics));
  server.headersTimeout = server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? 'the port is taken; set another metrics.port, or 0 for any free one'
          : error.message;
      reject(new Error(`Metrics cannot be served on port ${options.port}: ${reason}.`));
    });
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, expected: Buffer, metrics: Metrics): void {
  const send = (status: number, type: string, body: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  // A web page must not reach it under a name that it points at us (DNS rebinding).
  if (!LOOPBACK_HOST.test(request.headers.host ?? '')) return send(403, 'text/plain', 'forbidden\n');
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
    return send(401, 'text/plain', 'unauthorized\n', { 'www-authenticate': 'Bearer' });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(405, 'text/plain', 'method not allowed\n', { allow: 'GET, HEAD' });
  const where = request.url?.split('?', 1)[0];
  if (where === '/metrics') return send(200, 'text/plain; version=0.0.4; charset=utf-8', metrics.prometheus());
  if (where === '/v1/metrics') return send(200, 'application/json', JSON.stringify(metrics.otlp()));
  send(404, 'text/plain', 'not found\n');
}
