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
  const server = createServer((request, response) =>
    send(response, answerTo(request, expected, options.metrics), request.method === 'HEAD'),
  );
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

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

function answerTo(request: IncomingMessage, expected: Buffer, metrics: Metrics): Answer {
  // A web page must not reach it under a name that it points at us (DNS rebinding).
  if (!LOOPBACK_HOST.test(request.headers.host ?? '')) return { status: 403, body: 'forbidden\n' };
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
    return { status: 401, body: 'unauthorized\n', headers: { 'www-authenticate': 'Bearer' } };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, body: 'method not allowed\n', headers: { allow: 'GET, HEAD' } };
  }
  const where = request.url?.split('?', 1)[0];
  if (where === '/metrics') {
    return {
      status: 200,
      body: metrics.prometheus(),
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    };
  }
  if (where === '/v1/metrics') {
    return { status: 200, body: JSON.stringify(metrics.otlp()), headers: { 'content-type': 'application/json' } };
  }
  return { status: 404, body: 'not found\n' };
}

function send(response: ServerResponse, { status, body, headers }: Answer, head: boolean): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store', ...headers });
  response.end(head ? undefined : body);
}

export interface MetricsHost {
  /** Starts, moves or ends the server as the settings say; a port that is taken is told in the log. */
  apply(settings: { enabled: boolean; port: number }): Promise<void>;
  close(): Promise<void>;
}

/** Opt-in, on a loopback port of its own that no tunnel leads to. */
export function createMetricsHost(world: {
  dataDir: string;
  metrics: Metrics;
  log(level: 'info' | 'warn', line: string): void;
}): MetricsHost {
  let serving: { wanted: number; server: MetricsServer } | undefined;
  async function close(): Promise<void> {
    const old = serving;
    serving = undefined;
    await old?.server.close();
  }
  return {
    close,
    async apply({ enabled, port }) {
      if (enabled ? serving?.wanted === port : !serving) return;
      await close();
      if (!enabled) return;
      try {
        const server = await serveMetrics({ port, token: metricsToken(world.dataDir), metrics: world.metrics });
        serving = { wanted: port, server };
        const token = path.join(world.dataDir, 'metrics-token');
        world.log('info', `Metrics on http://127.0.0.1:${server.port}/metrics, token in ${token}.`);
      } catch (error) {
        world.log('warn', (error as Error).message);
      }
    },
  };
}
