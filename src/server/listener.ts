/** The TCP listener: loopback by default, bounded in connections and header sizes, closed politely. */
import { randomBytes } from 'node:crypto';
import { chmodSync, renameSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Said, SaidError } from '../said';
import { refusal, sendError, wireOfPath } from './errors';
import { say } from './sentences';

export interface ListenOptions {
  host: string;
  port: number;
  /** The port was asked for by name: taken means failure instead of the next free one. */
  exactPort: boolean;
  maxConnections: number;
  /** Besides the port, a Unix socket at this path, for this user alone. */
  privateSocket?: string;
  /** Milliseconds for the head of a request to arrive; 20 s. */
  headMs?: number;
  /** How long connections are kept as they are when nobody is accepted any more, and as long again while they are idle; 300 ms. */
  lingerMs?: number;
}

export interface Listener {
  readonly port: number;
  /** The path of its Unix socket; absent: there is none. */
  readonly privateSocket: string | undefined;
  /** Answers that are not over, those `only` says. */
  answering(only: (request: http.IncomingMessage) => boolean): number;
  /** Resolves when the requests that run now (those `only` says) are over, after `ms`, or when `cut` is aborted. */
  settled(ms: number, options?: { only?(request: http.IncomingMessage): boolean; cut?: AbortSignal }): Promise<void>;
  /** Ends each connection with its answer, and those on which no request comes in the next moment. New ones still come in. */
  endIdle(): void;
  /** Stops accepting, and the same a moment later. */
  close(): void;
  /** Resolves when the last connection is gone, or ends those left after `ms`. */
  drained(ms: number): Promise<void>;
  setMaxConnections(count: number): void;
}

/** How many ports after the wished one are tried. */
const PORTS_TO_TRY = 50;

export class PortTaken extends SaidError {
  /** What is wrong, without what to do about it: that depends on where it is told. */
  readonly what: Said;
  constructor(
    readonly port: number,
    readonly code: string,
  ) {
    const denied = code === 'EACCES';
    const what = denied ? say.portDenied(port) : say.portInUse(port);
    super(say.withFix(what, denied ? say.portDeniedFix : say.portInUseFix));
    this.what = what;
    this.name = 'PortTaken';
  }
}

/** Connections beyond the limit that still get an answer (503) instead of a closed door. */
const SURPLUS = 32;
const HEAD_MS = 20_000;
/** The next router listens within it; and a client may have sent its next request before it learns that the connection ends. */
const LINGER_MS = 300;

/** @throws PortTaken, or the system's own error for a bad host. */
export async function listen(handler: http.RequestListener, options: ListenOptions): Promise<Listener> {
  const headMs = options.headMs ?? HEAD_MS;
  const lingerMs = options.lingerMs ?? LINGER_MS;
  const connections = createConnections(options.maxConnections, lingerMs);
  const begin: http.RequestListener = (request, response) => {
    if (connections.begin(request.socket, response)) handler(request, response);
    else refuseSurplus(request, response);
  };
  const server = http.createServer(
    {
      maxHeaderSize: 32 * 1024,
      headersTimeout: headMs,
      // Bodies have a limit of their own; this one is for requests that never end.
      requestTimeout: 600_000,
      // Longer than those that come to us keep a connection idle (cloudflared 90 s, Caddy 120 s): what we close just as a request comes
      // on it is a 502 there.
      keepAliveTimeout: 125_000,
      connectionsCheckingInterval: headMs / 4,
      insecureHTTPParser: false,
      requireHostHeader: false,
      joinDuplicateHeaders: false,
    },
    begin,
  );
  // Whoever asks before it sends a body is told to go on when somebody wants to read it, not before the key was looked at.
  server.on('checkContinue', begin);
  server.on('connection', connections.add);
  server.on('clientError', (error, socket) => answerBrokenRequest(error, socket, connections.answering(socket)));

  const port = await bind(server, options);
  const ways: net.Server[] = [server];
  if (options.privateSocket) ways.push(...(await openPrivateSocket(server, port, options.privateSocket)));
  const drained = Promise.all(ways.map((way) => new Promise<void>((resolve) => way.once('close', resolve))));
  // Only Node's own way ends its look at slow heads, which would hold this listener and all that answered on it for ever.
  void drained.then(() => server.close());
  return {
    port,
    privateSocket: ways.length > 1 ? options.privateSocket : undefined,
    answering: (only) => connections.open().filter((one) => only(one.req)).length,
    async settled(ms, { only = () => true, cut } = {}) {
      const over = Promise.all(
        connections
          .open()
          .filter((one) => only(one.req))
          .map((one) => new Promise((done) => one.once('close', done))),
      );
      const stopped = new Promise((resolve) => cut?.addEventListener('abort', resolve, { once: true }));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, cut?.aborted ? 0 : ms);
      });
      await Promise.race([over, stopped, late]);
      clearTimeout(timer);
    },
    endIdle: connections.endIdle,
    close() {
      // Node's own way for HTTP destroys each idle connection, also one whose next request lies unread.
      for (const way of ways) net.Server.prototype.close.call(way);
      // Whoever keeps a connection goes on over it until the next router has the port.
      setTimeout(connections.endIdle, lingerMs).unref();
    },
    async drained(ms) {
      const timer = setTimeout(() => connections.destroyAll(), ms);
      await drained;
      clearTimeout(timer);
    },
    setMaxConnections(count) {
      connections.max = count;
    },
  };
}

/**
 * Open connections, those without a running request first to go: when the house is full a newcomer takes the place of
 * whoever has been idle longest (keep-alive, or a head that does not come), and only when all are busy it is refused.
 */
function createConnections(max: number, lingerMs: number) {
  /**
   * The answers of each connection that are not over, oldest first; longest idle first. No set of all answers beside it:
   * a Set that grows by one entry a request and loses one keeps what stood in it whenever it made room for itself, and
   * with an answer its whole exchange, until the next full collection of garbage.
   */
  const answers = new Map<Socket, http.ServerResponse[]>();
  const surplus = new WeakSet<Socket>();
  let ending = false;

  function makeRoom(newcomer: Socket): boolean {
    for (const [socket, open] of answers) {
      if (open.length > 0 || socket === newcomer || surplus.has(socket)) continue;
      answers.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  function destroyIdle(): void {
    for (const [socket, open] of answers) if (open.length === 0) socket.destroy();
  }

  const connections = {
    max,
    /** Answers that are not over. */
    open: () => [...answers.values()].flat(),
    add(socket: Socket) {
      answers.set(socket, []);
      socket.on('close', () => {
        const open = answers.get(socket) ?? [];
        answers.delete(socket);
        for (const one of [...open]) tellClosed(one);
      });
      if (answers.size <= connections.max || makeRoom(socket)) return;
      if (answers.size > connections.max + SURPLUS) return void socket.destroy();
      surplus.add(socket);
    },
    /** A request arrived; false when its connection is one too many. */
    begin(socket: Socket, response: http.ServerResponse): boolean {
      if (surplus.has(socket)) return false;
      const open = answers.get(socket) ?? [];
      open.push(response);
      answers.set(socket, open);
      if (ending) response.shouldKeepAlive = false;
      response.on('close', () => {
        open.splice(open.indexOf(response), 1);
        if (!answers.delete(socket)) return;
        answers.set(socket, open);
        if (ending && open.length === 0) socket.end();
      });
      return true;
    },
    /** Bytes of an answer may be on their way: of the oldest, for the others wait until it is over. */
    answering: (socket: Duplex) => answers.get(socket as Socket)?.[0]?.headersSent === true,
    endIdle() {
      if (ending) return;
      ending = true;
      // Told in its head, a client sends nothing more on a connection that ends behind this answer.
      for (const open of answers.values()) {
        const last = open.at(-1);
        if (last && !last.headersSent) last.shouldKeepAlive = false;
      }
      // What lies unread is read before the look: behind a timer the loop turns to the sockets.
      setTimeout(() => setImmediate(destroyIdle), lingerMs).unref();
    },
    destroyAll() {
      for (const socket of answers.keys()) socket.destroy();
    },
  };
  return connections;
}

/** Node tells only the answer that has the connection; those that wait behind it (pipelining) would go on for nobody. */
function tellClosed(response: http.ServerResponse): void {
  if (response.socket) return;
  response.destroy();
  response.emit('close');
}

function refuseSurplus(request: http.IncomingMessage, response: http.ServerResponse): void {
  const message = 'The router has too many open connections. Try again in a moment.';
  const headers = { connection: 'close', 'retry-after': '2' };
  sendError(response, wireOfPath((request.url ?? '/').split('?', 1)[0]!), refusal(503, message), headers);
  request.resume();
  closeSoon(request.socket);
}

/** Leaves a client the time to read what it was told, and no more. */
function closeSoon(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), 2_000);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

async function bind(server: http.Server, options: ListenOptions): Promise<number> {
  const last = options.exactPort || options.port === 0 ? options.port : Math.min(options.port + PORTS_TO_TRY, 65_535);
  for (let port = options.port; ; port++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: options.host, port, exclusive: true }, () => {
          server.removeListener('error', reject);
          resolve();
        });
      });
      server.on('error', () => {});
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
      if (port >= last) throw new PortTaken(options.port, code);
    }
  }
}

/**
 * Made under a name of its own and then moved into place: the router before us lets go of its name, not of ours. None where the
 * folder takes no sockets (some network file systems).
 */
async function openPrivateSocket(server: http.Server, port: number, place: string): Promise<net.Server[]> {
  // No longer than the place itself: systems limit the length.
  const draft = `${place.slice(0, -4)}${randomBytes(2).toString('hex')}`;
  const inside = net.createServer((socket) => {
    // What comes here came for the port.
    Object.defineProperty(socket, 'localPort', { value: port });
    server.emit('connection', socket);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      inside.once('error', reject);
      inside.listen(draft, resolve);
    });
    inside.on('error', () => {});
    chmodSync(draft, 0o600);
    renameSync(draft, place);
    return [inside];
  } catch {
    inside.close();
    return [];
  }
}

/** What the HTTP parser refused: smuggling shapes, huge or slow headers, not HTTP at all. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex, answering: boolean): void {
  // Behind a request whose answer has begun an error text would land in the middle of that answer.
  if (answering || error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The request headers are too large.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request did not arrive in time.']
        : ['400 Bad Request', 'The request is not valid HTTP.'];
  const body = JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
  closeSoon(socket);
}
