/**
 * HTTPS to public names, through the proxy when there is one. One code path for all of it, because the probe of a
 * tunnel must dial one name and ask for another (tunnel facts: never resolve a fresh tunnel name), which HTTP
 * clients with a connection pool cannot do.
 */

import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import { errorWords, type Said, SaidError, saidOf, textOf, type Words } from '../said';
import { trust } from './certificates';
import { BadProxy, proxyFor } from './proxyLaw';
import { say } from './sentences';
import type { NetworkSettings } from './settings';

export interface NetworkRequest {
  url: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds for connecting, asking and (with `request`) reading the whole answer. */
  timeoutMs: number;
  /** Connect to this host although the URL names another one; TLS and Host still use the URL. */
  dialHost?: string;
  /** Refuse certificates that do not verify even if the user switched verification off. */
  alwaysVerify?: boolean;
  signal?: AbortSignal;
}

export interface NetworkAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

export interface Network {
  /** The whole answer as text, at most 1 MB. Rejects with a NetworkError. */
  request(request: NetworkRequest): Promise<NetworkAnswer>;
  /** The answer head; the body is the caller's to read. Rejects with a NetworkError. */
  open(request: NetworkRequest): Promise<http.IncomingMessage>;
  /** The proxy used for a host, without its password, for messages. */
  proxyFor(host: string): string | undefined;
}

/** How far a request came. */
interface Progress {
  reached: boolean;
  cut?: boolean;
}

/** The other side was not reached or did not answer as HTTP. The message is a sentence for a person. */
export class NetworkError extends Error {
  override name = 'NetworkError';
  /** `reached`: the host itself (its certificate proves it) had the request, and then said nothing that we can use. */
  readonly reached: boolean;
  /** The connection was taken, and ended before it was known who takes it. */
  readonly cut: boolean;
  readonly said: Said | undefined;
  constructor(words: Words, { reached = false, cut = false, cause }: Partial<Progress> & { cause?: unknown } = {}) {
    super(textOf(words), { cause });
    this.said = saidOf(words);
    this.reached = reached;
    this.cut = cut;
  }
}

const MAX_BODY = 1_048_576;

/** @param settings what the editor knows; without it the proxy variables count, as they do headless */
export function createNetwork(
  settings: NetworkSettings | undefined,
  world: { env: NodeJS.ProcessEnv; dial(host: string, port: number): Socket },
): Network {
  const { env } = world;
  const trusted = trust(settings ?? {}, env);
  const verify = settings?.strictSsl !== false;

  /** Everything here is https; an address without brackets would be no URL. */
  const proxyUrl = (host: string, port = 443): URL | undefined =>
    proxyFor(new URL(`https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`), settings ?? {}, env);

  async function connect(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    const proxy = proxyUrl(host, port);
    if (proxy) {
      const secure = proxy.protocol === 'https:' && { ...trusted(), rejectUnauthorized: verify };
      return connectThroughProxy(proxy, `${host}:${port}`, secure, signal);
    }
    const socket = world.dial(host, port);
    await settle(socket, 'connect', signal);
    return socket;
  }

  async function open(request: NetworkRequest, progress: Progress = { reached: false }): Promise<http.IncomingMessage> {
    const url = new URL(request.url);
    if (url.protocol !== 'https:') throw new NetworkError(say.notHttps(url.origin));
    const deadline = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline;
    const host = request.dialHost ?? url.hostname;
    try {
      const plain = await connect(host, Number(url.port) || 443, signal);
      const socket = tls.connect({
        socket: plain,
        // An address is no name for SNI; its certificate is checked all the same.
        host: url.hostname,
        servername: isIP(url.hostname) ? '' : url.hostname,
        ...trusted(),
        rejectUnauthorized: verify || request.alwaysVerify === true,
        ALPNProtocols: ['http/1.1'],
      });
      await settle(socket, 'secureConnect', signal).catch((error) => {
        progress.cut = codeOf(error) === 'ECONNRESET';
        throw error;
      });
      progress.reached = true;
      return await ask(url, request, socket, signal);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      const why = explain(error, url.hostname, request.timeoutMs, deadline.aborted);
      throw new NetworkError(why, { cause: error, ...progress });
    }
  }

  async function request(asked: NetworkRequest): Promise<NetworkAnswer> {
    const deadline = AbortSignal.timeout(asked.timeoutMs);
    const signal = asked.signal ? AbortSignal.any([asked.signal, deadline]) : deadline;
    const progress: Progress = { reached: false };
    const answer = await open({ ...asked, signal }, progress).catch((error) => {
      if (!deadline.aborted) throw error;
      throw new NetworkError(explain(error, new URL(asked.url).hostname, asked.timeoutMs, true), progress);
    });
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of answer) {
        size += chunk.length;
        if (size > MAX_BODY) throw new SaidError(say.tooLarge);
        chunks.push(chunk);
      }
    } catch (error) {
      throw new NetworkError(explain(error, new URL(asked.url).hostname, asked.timeoutMs, deadline.aborted), {
        cause: error,
        reached: true,
      });
    } finally {
      answer.destroy();
    }
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString('utf8') };
  }

  return { request, open: (request) => open(request), proxyFor: (host) => namedProxy(host) };

  /** For messages: a setting that is no proxy is told by the request itself. */
  function namedProxy(host: string): string | undefined {
    try {
      return proxyUrl(host)?.host;
    } catch {
      return undefined;
    }
  }
}

function ask(url: URL, request: NetworkRequest, socket: Socket, signal: AbortSignal): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const body = request.body ?? '';
    const outgoing = http.request({
      createConnection: () => socket,
      method: request.method ?? 'GET',
      path: url.pathname + url.search,
      headers: {
        host: url.host,
        'user-agent': 'llm-router',
        ...(request.method === 'POST' && { 'content-length': String(Buffer.byteLength(body)) }),
        ...request.headers,
      },
    });
    const abort = () => outgoing.destroy(new Error('aborted'));
    signal.addEventListener('abort', abort);
    outgoing.on('error', reject);
    // An answer that switches to another protocol (101) is no answer and no error.
    outgoing.on('close', () => reject(new SaidError(say.closed)));
    outgoing.on('response', (answer) => {
      signal.removeEventListener('abort', abort);
      // From here the caller's own signal ends the body; the time limit was for the head.
      const cancel = () => answer.destroy(new Error('aborted'));
      request.signal?.addEventListener('abort', cancel, { once: true });
      // Not before the socket is gone: a listener left on a long-lived signal would keep the answer alive.
      answer.once('close', () => {
        request.signal?.removeEventListener('abort', cancel);
        socket.destroy();
      });
      resolve(answer);
    });
    outgoing.end(body);
  });
}

function connectThroughProxy(
  proxy: URL,
  target: string,
  secure: tls.ConnectionOptions | false,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const auth = proxy.username
      ? {
          'proxy-authorization': `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}`,
        }
      : undefined;
    const request = (secure ? https : http).request({
      ...secure,
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (secure ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...auth },
      agent: false,
      signal,
    });
    const refused = (status = 0) =>
      reject(new SaidError((status === 407 ? say.proxyPassword : say.proxyStatus)(proxy.host, status)));
    request.on('connect', (answer, socket, head) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        refused(answer.statusCode);
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on('response', (answer) => {
      answer.destroy();
      refused(answer.statusCode);
    });
    request.on('error', (error) =>
      reject(new SaidError(say.proxyUnreached(proxy.host, codeOf(error)), { cause: error })),
    );
    request.end();
  });
}

function settle(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(new Error('aborted'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    // Stays for the life of the socket: later errors reach whoever reads it, and must not be unhandled here.
    socket.on('error', (error) => {
      signal.removeEventListener('abort', abort);
      reject(error);
    });
    socket.once('close', () => reject(new SaidError(say.closed)));
    socket.once(event, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}

function explain(error: unknown, host: string, timeoutMs: number, late: boolean): Said {
  if (error instanceof BadProxy) return say.unreachedSince(host, error.said);
  if (late) return say.late(host, Math.round(timeoutMs / 1000));
  return say.unreached(host, codeOf(error));
}

/** Reads like `ECONNREFUSED` or the error's own words; several tried addresses come as one AggregateError without any. */
function codeOf(error: unknown): Words {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const { code, message } = error as NodeJS.ErrnoException;
  return message && !code ? errorWords(error) : (code ?? say.noReason);
}
