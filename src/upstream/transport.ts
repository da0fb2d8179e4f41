/**
 * Sending to providers: undici's dispatch with handlers, the cheapest way through (dependencies: no global fetch).
 * Loopback backends never go through a proxy; everything else follows the proxy settings of the editor or, without
 * them, the proxy environment variables. Certificates: the built-in ones, NODE_EXTRA_CA_CERTS and what the editor hands over.
 */

import { connect } from 'undici/lib/api/index.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import { trust } from '../network/certificates';
import { proxyFor } from '../network/proxyLaw';
import type { NetworkSettings } from '../network/settings';
import { decoding } from './decode';
import type { Send, UpstreamControl, UpstreamHandler, UpstreamHeaders, UpstreamRequest } from './send';

export interface Transport {
  send: Send;
  /** No new requests come but further tries of those that run: closes when the running ones are done. */
  retire(): Promise<void>;
}

export class Aborted extends Error {
  readonly code = 'ABORTED';
  constructor() {
    super('aborted');
    this.name = 'Aborted';
  }
}

/**
 * One transport per network configuration; replaced, not changed, when that changes.
 * @param env proxy variables and NODE_EXTRA_CA_CERTS are read from here, never from the process itself.
 */
export function createTransport(
  network: NetworkSettings,
  env: Readonly<Record<string, string | undefined>>,
): Transport {
  const agents = new Map<string, Agent | ProxyAgent>();
  const trusted = trust(network, env);

  function agentFor(request: UpstreamRequest, proxy: URL | undefined): Agent | ProxyAgent {
    const secure = request.url.protocol === 'https:' || proxy?.protocol === 'https:';
    const id = `${secure} ${request.connectMs} ${proxy?.href ?? ''}`;
    let agent = agents.get(id);
    if (!agent) {
      const dialling = {
        timeout: request.connectMs,
        ...(secure && trusted()),
        ...(network.strictSsl === false && { rejectUnauthorized: false }),
      };
      // Time limits are ours (attempt.ts): a model may think for minutes. How many run at once is limited at our own door.
      const options = { bodyTimeout: 0, headersTimeout: 0, keepAliveTimeout: 30_000, pipelining: 1, connect: dialling };
      agent = proxy
        ? // Behind a CONNECT proxy the provider's certificate is checked on the inner connection.
          new ProxyAgent({
            ...options,
            uri: proxy.href,
            requestTls: dialling,
            proxyTls: dialling,
            clientFactory: proxyClient(request.connectMs),
          })
        : new Agent(options);
      agents.set(id, agent);
    }
    return agent;
  }

  function send(request: UpstreamRequest, given: UpstreamHandler): UpstreamControl {
    let controller: { abort(reason: Error): void; pause(): void; resume(): void } | undefined;
    let aborted = false;
    let done = false;
    let proxy: URL | undefined;
    const wire: UpstreamControl = {
      abort() {
        if (aborted || done) return;
        aborted = true;
        if (controller) controller.abort(new Aborted());
        else fail(new Aborted());
      },
      pause: () => controller?.pause(),
      resume: () => controller?.resume(),
    };
    const handler = decoding(given, wire);
    const control: UpstreamControl = { abort: wire.abort, pause: handler.pause, resume: handler.resume };
    const fail = (error: Error) => {
      if (done) return;
      done = true;
      handler.onError(proxy ? Object.assign(error, { proxy: proxy.host }) : error);
    };
    let sending = true;
    try {
      proxy = request.local ? undefined : proxyFor(request.url, network, env);
      agentFor(request, proxy).dispatch(
        {
          origin: request.url.origin,
          path: request.url.pathname + request.url.search,
          method: request.method,
          headers: Array.isArray(request.body)
            ? Object.assign({}, request.headers, { 'content-length': String(sizeOf(request.body)) })
            : request.headers,
          // undici takes any iterable of buffers; its types only know streams.
          body: (request.body ?? null) as Buffer | null,
        },
        {
          onRequestStart(started) {
            controller = started;
            if (aborted) started.abort(new Aborted());
            else handler.onSent?.();
          },
          onResponseStart(_controller, status, headers) {
            if (done || status < 200) return;
            handler.onHead(status, flatten(headers));
          },
          onResponseData(_controller, chunk) {
            if (!done) handler.onData(chunk);
          },
          onResponseEnd() {
            if (done) return;
            done = true;
            handler.onEnd();
          },
          onResponseError(_controller, error) {
            // What undici refuses at once it tells at once: whoever asked has no control in hand yet.
            if (sending) queueMicrotask(() => fail(error));
            else fail(error);
          },
        },
      );
    } catch (error) {
      queueMicrotask(() => fail(error as Error));
    }
    sending = false;
    return control;
  }

  return {
    send,
    async retire() {
      const all = [...agents.values()];
      // A request that began here may ask once more (a retry, a fallback): for it there are new ones.
      agents.clear();
      await Promise.allSettled(all.map((agent) => agent.close()));
    },
  };
}

/** undici's main entry, which we do not load (src/undici.d.ts), is what gives its clients the `connect` that a proxy needs. */
function proxyClient(connectMs: number) {
  return (origin: URL, options: object): Pool => {
    // A proxy that accepts and says nothing must not keep its half-made connection for minutes.
    const pool = new Pool(origin, { ...options, headersTimeout: connectMs });
    pool.connect = ((wanted: object) => connect.call(pool, wanted).catch(closedByProxy)) as Pool['connect'];
    return pool;
  };
}

/**
 * A proxy that closes when it is asked for a connection: under undici's own code for that its client takes it for a kept connection
 * that ended, and dials again at once, thousands of times a second, as long as the request may take (nodejs/undici#3897).
 */
function closedByProxy(error: Error & { code?: string }): never {
  if (error.code !== 'UND_ERR_SOCKET') throw error;
  throw Object.assign(new Error(error.message, { cause: error }), { code: 'ECONNRESET' });
}

function flatten(headers: Record<string, string | string[] | undefined>): UpstreamHeaders {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers))
    flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}

/** The body in one piece. */
export function wholeBody(body: Buffer | readonly Buffer[]): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.concat(body);
}

function sizeOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
