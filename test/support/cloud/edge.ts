/**
 * A loopback stand-in for Cloudflare's edge: the quick service, the connection side that cloudflared dials (HTTP/2 with
 * roles reversed and Cap'n Proto RPC on the control stream), and the public side with its habits (tunnel facts §12).
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import * as rpc from './capnp';
import type { Certificates } from './certificates';

export interface Registration {
  id: string;
  host: string;
  version: string;
}

interface Credentials {
  id: string;
  account_tag: string;
  secret: string;
  hostname: string;
}

export interface Edge {
  /** Port that cloudflared connects to. */
  readonly port: number;
  /** Every successful registration, oldest first. */
  readonly registrations: Registration[];
  /** Number of answered requests for a new tunnel. */
  readonly created: number;
  /** What the public side and the quick service do. May be changed at any time. */
  readonly habits: {
    /** Answer of the quick service instead of a tunnel. */
    quickService?: { status: number; body: string };
    /** Registrations are refused. */
    unauthorized: boolean;
    /** POST event streams are held back as well. */
    bufferPosts: boolean;
    /** Milliseconds of silence before 524. */
    idleMs: number;
    /** Requests in flight before 429. */
    inFlight: number;
  };
  quickService(request: http.IncomingMessage, response: http.ServerResponse): void;
  /** A visitor's request, chosen by Host. */
  visit(request: http.IncomingMessage, response: http.ServerResponse): void;
  knows(host: string): boolean;
  /** A tunnel made in the dashboard. `managed` routes its public hostname to what the connector says. */
  addNamed(hostname: string): { token: string; id: string };
  /** Cloudflare forgets a tunnel: no name, no credentials. */
  forget(host: string): void;
  /** The connection stays up but visitors get 530 (half-dead). */
  mute(host: string, muted: boolean): void;
  /** All connections of connectors end. */
  drop(): void;
  close(): Promise<void>;
}

export async function startEdge(certificates: Certificates): Promise<Edge> {
  const known = new Map<string, Credentials>();
  const connected = new Map<string, http2.ClientHttp2Session>();
  const muted = new Set<string>();
  const sockets = new Set<tls.TLSSocket>();
  const registrations: Registration[] = [];
  const habits: Edge['habits'] = { unauthorized: false, bufferPosts: false, idleMs: 100_000, inFlight: 200 };
  let created = 0;
  let inFlight = 0;

  const server = tls.createServer({ key: certificates.key, cert: certificates.cert }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const session = http2.connect('https://edge.invalid', { createConnection: () => socket });
    session.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      for (const [host, other] of connected) if (other === session) connected.delete(host);
    });
    control(session);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function control(session: http2.ClientHttp2Session): void {
    const stream = session.request(
      { ':method': 'GET', ':path': '/', 'cf-cloudflared-proxy-connection-upgrade': 'control-stream' },
      { endStream: false },
    );
    stream.on('error', () => {});
    let host = '';
    const read = rpc.createFrameReader((message) => {
      const root = rpc.structAt(message, 0);
      const body = rpc.child(root, 0);
      const kind = rpc.u16(root, 0);
      if (kind === rpc.KIND.bootstrap) stream.write(rpc.bootstrapReturn(rpc.u32(body, 0)));
      if (kind !== rpc.KIND.call) return;
      const question = rpc.u32(body, 0);
      const method = rpc.u16(body, 4);
      if (rpc.u64(body, 8) === rpc.REGISTRATION_SERVER && method === 0) {
        host = register(session, stream, question, rpc.child(rpc.child(body, 1), 0));
        return;
      }
      if (rpc.u64(body, 8) === rpc.REGISTRATION_SERVER && method === 1 && connected.get(host) === session)
        connected.delete(host);
      stream.write(rpc.emptyReturn(question));
    });
    stream.on('data', read);
  }

  function register(
    session: http2.ClientHttp2Session,
    stream: http2.ClientHttp2Stream,
    question: number,
    parameters: rpc.Struct,
  ): string {
    const auth = rpc.child(parameters, 0);
    const id = uuid(rpc.bytes(parameters, 1));
    const credentials = known.get(id);
    const fits =
      credentials?.account_tag === rpc.text(auth, 0) && credentials.secret === rpc.bytes(auth, 1).toString('base64');
    if (!credentials || !fits || habits.unauthorized) {
      stream.write(rpc.refusedReturn(question), () => setTimeout(() => session.destroy(), 50));
      return '';
    }
    const host = credentials.hostname;
    connected.set(host, session);
    registrations.push({ id, host, version: rpc.text(rpc.child(rpc.child(parameters, 2), 0), 2) });
    stream.write(rpc.registeredReturn(question, randomUUID(), 'lis01'));
    return host;
  }

  function create(hostname: string): Credentials {
    const credentials = {
      id: randomUUID(),
      account_tag: randomBytes(16).toString('hex'),
      secret: randomBytes(32).toString('base64'),
      hostname,
    };
    known.set(credentials.id, credentials);
    return credentials;
  }

  function quickService(request: http.IncomingMessage, response: http.ServerResponse): void {
    request.resume();
    if (request.method !== 'POST' || !request.url?.endsWith('/tunnel')) {
      response.writeHead(405).end();
      return;
    }
    const { quickService: refusal } = habits;
    if (refusal) {
      response.writeHead(refusal.status, { 'content-type': 'text/plain' }).end(refusal.body);
      return;
    }
    created += 1;
    const credentials = create(`alpha-bravo-charlie-${randomBytes(3).toString('hex')}.trycloudflare.com`);
    const result = { ...credentials, name: `qt-${randomBytes(4).toString('hex')}` };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ success: true, result, errors: [] }));
  }

  function visit(request: http.IncomingMessage, response: http.ServerResponse): void {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const session = muted.has(host) ? undefined : connected.get(host);
    const refuse = (status: number, body: string) => {
      request.resume();
      if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain' });
      response.end(body);
    };
    if (!session || session.destroyed) {
      refuse(530, 'error code: 1033');
    } else if (inFlight >= habits.inFlight) {
      refuse(429, 'error code: 1015');
    } else {
      inFlight += 1;
      response.on('close', () => {
        inFlight -= 1;
      });
      carry(session, host, request, response, refuse);
    }
  }

  /** One request through a connector, with the edge's habits: silence is cut, GET event streams are held back. */
  function carry(
    session: http2.ClientHttp2Session,
    host: string,
    request: http.IncomingMessage,
    response: http.ServerResponse,
    refuse: (status: number, body: string) => void,
  ): void {
    const {
      host: _host,
      connection: _connection,
      'transfer-encoding': _coding,
      'keep-alive': _alive,
      upgrade: _upgrade,
      ...headers
    } = request.headers;
    const stream = session.request({
      ...headers,
      ':method': request.method,
      ':path': request.url,
      ':scheme': 'https',
      ':authority': host,
      'cf-ray': `${randomBytes(8).toString('hex')}-LIS`,
      'cf-connecting-ip': '203.0.113.7',
      'x-forwarded-proto': 'https',
    });
    const idle = setTimeout(() => {
      stream.close(http2.constants.NGHTTP2_CANCEL);
      if (response.headersSent) response.destroy();
      else refuse(524, 'error code: 524');
    }, habits.idleMs);
    const end = () => clearTimeout(idle);
    let head: { status: number; headers: http.OutgoingHttpHeaders; held: Buffer[] | undefined } | undefined;
    // Headers alone are silence here, as there: the head goes out with the first byte or the end.
    const writeHead = () => head && !response.headersSent && response.writeHead(head.status, head.headers);
    stream.on('response', (raw) => {
      const decoded = decodeHeaders(raw);
      const streams = String(decoded['content-type'] ?? '').includes('text/event-stream');
      const hold = streams && (request.method === 'GET' || habits.bufferPosts);
      head = { status: raw[':status'] ?? 502, headers: decoded, held: hold ? [] : undefined };
    });
    stream.on('data', (chunk: Buffer) => {
      idle.refresh();
      if (head?.held) {
        head.held.push(chunk);
        return;
      }
      writeHead();
      if (!response.write(chunk)) {
        stream.pause();
        response.once('drain', () => stream.resume());
      }
    });
    stream.on('end', () => {
      end();
      if (response.writableEnded || response.destroyed) return;
      // The connector is gone: an end of its stream is no end of the answer.
      if (session.destroyed) return void response.destroy();
      writeHead();
      response.end(head?.held && Buffer.concat(head.held));
    });
    stream.on('error', () => {
      end();
      if (response.headersSent) response.destroy();
      else refuse(502, '');
    });
    stream.on('close', () => {
      end();
      if (!response.writableEnded) response.destroy();
    });
    response.on('close', () => {
      end();
      if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL);
    });
    request.pipe(stream);
  }

  const forget = (host: string) => {
    for (const [id, credentials] of known) if (credentials.hostname === host) known.delete(id);
    connected.delete(host);
  };

  return {
    port: (server.address() as AddressInfo).port,
    registrations,
    get created() {
      return created;
    },
    habits,
    quickService,
    visit,
    knows: (host) => [...known.values()].some((credentials) => credentials.hostname === host),
    addNamed(hostname) {
      const { id, account_tag, secret } = create(hostname);
      return { id, token: Buffer.from(JSON.stringify({ a: account_tag, t: id, s: secret })).toString('base64') };
    },
    forget,
    mute: (host, on) => void (on ? muted.add(host) : muted.delete(host)),
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const uuid = (id: Buffer) => id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function decodeHeaders(raw: http2.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {};
  const encoded = String(raw['cf-cloudflared-response-headers'] ?? '');
  for (const pair of encoded.split(';').filter(Boolean)) {
    const [name, value] = pair.split(':').map((part) => Buffer.from(part, 'base64').toString('utf8'));
    if (name && !/^(connection|transfer-encoding|keep-alive)$/i.test(name))
      (headers[name.toLowerCase()] ??= []).push(value ?? '');
  }
  if (raw['content-length']) headers['content-length'] = [String(raw['content-length'])];
  return headers;
}
