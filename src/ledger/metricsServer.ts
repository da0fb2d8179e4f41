/** The metrics on a loopback port of their own, which no tunnel ever points to; off unless switched on. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createWhole } from '../network/wholeFile';
import type { Metrics } from './metrics';

export interface MetricsServer {
  port: number;
  close(): Promise<void>;
}

/** What is shorter was torn by a disk. */
const SHORTEST_TOKEN = 32;
/** A port that is taken, a disk that is full: looked at again after this, milliseconds. */
const RETRY_MS = 60_000;

/**
 * The token of the metrics: made once, kept in `<dataDir>/metrics-token` (0600), the same after a restart. A damaged one is told,
 * not replaced: whoever reads the metrics has it.
 */
export async function metricsToken(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'metrics-token');
  await createWhole(file, `${randomBytes(32).toString('base64url')}\n`);
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length < SHORTEST_TOKEN)
    throw new Error(`The file ${file} is empty or damaged. Delete it, and a new token is made.`);
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
  /** Where the numbers are read, and the file with the token to send; undefined while nothing is served. */
  readonly served: { url: string; tokenFile: string } | undefined;
  /** Starts, moves or ends the server as the settings say; what is in the way is told in the log, and tried again. */
  apply(settings: { enabled: boolean; port: number }): Promise<void>;
  close(): Promise<void>;
}

export interface MetricsWorld {
  dataDir: string;
  metrics: Metrics;
  log(level: 'info' | 'warn', line: string): void;
  /** `served` is another. */
  onChange(): void;
  retryMs?: number;
}

/** Opt-in, on a loopback port of its own that no tunnel leads to. */
export function createMetricsHost(world: MetricsWorld): MetricsHost {
  const { dataDir, metrics, log, onChange, retryMs = RETRY_MS } = world;
  const tokenFile = path.join(dataDir, 'metrics-token');
  /** What the settings ask for; another object is another wish. */
  let wish: { port: number; server?: MetricsServer; again?: NodeJS.Timeout } | undefined;
  let told: string | undefined;

  async function end(): Promise<void> {
    const old = wish;
    wish = undefined;
    clearTimeout(old?.again);
    await old?.server?.close();
  }

  async function serve(mine: NonNullable<typeof wish>): Promise<void> {
    try {
      const server = await serveMetrics({ port: mine.port, token: await metricsToken(dataDir), metrics });
      if (wish !== mine) return await server.close();
      mine.server = server;
      told = undefined;
      log('info', `Metrics on ${urlOf(server)}, token in ${tokenFile}.`);
      onChange();
    } catch (error) {
      if (wish !== mine) return;
      const { message } = error as Error;
      if (message !== told) log('warn', message);
      told = message;
      mine.again = setTimeout(() => void serve(mine), retryMs).unref();
    }
  }

  return {
    get served() {
      return wish?.server && { url: urlOf(wish.server), tokenFile };
    },
    close: end,
    async apply({ enabled, port }) {
      if (enabled && wish?.port === port && wish.server) return;
      await end();
      if (!enabled) return;
      wish = { port };
      await serve(wish);
    },
  };
}

const urlOf = ({ port }: MetricsServer) => `http://127.0.0.1:${port}/metrics`;
