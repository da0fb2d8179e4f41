/** The TCP listener: loopback by default, bounded in connections and header sizes, closed politely. */
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ListenOptions {
  host: string;
  port: number;
  /** The port was asked for by name: taken means failure instead of the next free one. */
  exactPort: boolean;
  maxConnections: number;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting; connections without a request end at once, the others when they are done. */
  close(): void;
  /** Resolves when the last connection is gone, or ends those left after `ms`. */
  drained(ms: number): Promise<void>;
  setMaxConnections(count: number): void;
}

/** How many ports after the wished one are tried. */
const PORTS_TO_TRY = 50;

export class PortTaken extends Error {
  constructor(
    readonly port: number,
    readonly code: string,
  ) {
    super(
      code === 'EACCES'
        ? `Port ${port} may not be used by this user. Choose a port above 1023.`
        : `Port ${port} is already in use. Choose another one with --port or the setting llmRouter.port.`,
    );
    this.name = 'PortTaken';
  }
}

/** @throws PortTaken, or the system's own error for a bad host. */
export async function listen(handler: http.RequestListener, options: ListenOptions): Promise<Listener> {
  const server = http.createServer(
    {
      maxHeaderSize: 32 * 1024,
      headersTimeout: 20_000,
      // Bodies have a limit of their own; this one is for requests that never end.
      requestTimeout: 600_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5_000,
      insecureHTTPParser: false,
      requireHostHeader: false,
      joinDuplicateHeaders: false,
    },
    handler,
  );
  server.maxConnections = options.maxConnections;
  server.maxRequestsPerSocket = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('clientError', answerBrokenRequest);

  const port = await bind(server, options);
  const drained = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    port,
    close() {
      server.close();
      server.closeIdleConnections();
    },
    async drained(ms) {
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, ms);
      await drained;
      clearTimeout(timer);
    },
    setMaxConnections(count) {
      server.maxConnections = count;
    },
  };
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

/** What the HTTP parser refused: smuggling shapes, huge or slow headers, not HTTP at all. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
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
}
