/**
 * Sending to providers: undici's dispatch with handlers, the cheapest way through (dependencies: no global fetch).
 * Loopback backends never go through a proxy; everything else follows the proxy settings of the editor or, without
 * them, the proxy environment variables. Certificates: the built-in ones, NODE_EXTRA_CA_CERTS and what the editor hands over.
 */
import tls from 'node:tls';
import Agent from 'undici/lib/dispatcher/agent.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import type { NetworkSettings } from '../process/contract';

export type UpstreamHeaders = Readonly<Record<string, string | undefined>>;

export interface UpstreamRequest {
  method: 'POST' | 'GET';
  url: URL;
  headers: Record<string, string>;
  body?: Buffer;
  /** Milliseconds to open the connection; 0 is no limit. */
  connectMs: number;
  /** Loopback or private host: no proxy. */
  local: boolean;
}

/** Called in this order: onHead, onData*, then onEnd or onError. onError may come first and ends everything. */
export interface UpstreamHandler {
  /** The connection is open and the request is on its way. */
  onSent?(): void;
  onHead(status: number, headers: UpstreamHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: Error & { code?: string }): void;
}

export interface UpstreamControl {
  /** Ends the upstream at once; onError follows unless the answer was already over. */
  abort(): void;
  pause(): void;
  resume(): void;
}

export type Send = (request: UpstreamRequest, handler: UpstreamHandler) => UpstreamControl;

export interface Transport {
  send: Send;
  /** No new requests come: closes when the running ones are done. */
  retire(): Promise<void>;
}

export class Aborted extends Error {
  readonly code = 'ABORTED';
  constructor() {
    super('aborted');
    this.name = 'Aborted';
  }
}

/** One transport per network configuration; replaced, not changed, when that changes. */
export function createTransport(network: NetworkSettings): Transport {
  const direct = new Map<number, Agent>();
  const proxied = new Map<number, EnvHttpProxyAgent>();

  function agentOptions(connectMs: number) {
    const ca = network.ca?.length ? [...tls.rootCertificates, ...network.ca] : undefined;
    return {
      // Time limits are ours (forwarding): a model may think for minutes.
      bodyTimeout: 0,
      headersTimeout: 0,
      connections: 256,
      keepAliveTimeout: 30_000,
      pipelining: 1,
      connect: {
        timeout: connectMs,
        ...(ca && { ca }),
        ...(network.strictSsl === false && { rejectUnauthorized: false }),
      },
    };
  }

  function directAgent(connectMs: number): Agent {
    let agent = direct.get(connectMs);
    if (!agent) direct.set(connectMs, (agent = new Agent(agentOptions(connectMs))));
    return agent;
  }

  function proxyAgent(connectMs: number): EnvHttpProxyAgent {
    let agent = proxied.get(connectMs);
    if (!agent) {
      const options = agentOptions(connectMs);
      agent = new EnvHttpProxyAgent({
        ...options,
        ...(network.proxy && { httpProxy: network.proxy, httpsProxy: network.proxy }),
        ...(network.noProxy?.length && { noProxy: network.noProxy.join(',') }),
        // Through a CONNECT proxy the provider's certificate is checked on the inner connection.
        ...({ requestTls: options.connect, proxyTls: options.connect } as object),
      });
      proxied.set(connectMs, agent);
    }
    return agent;
  }

  function send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamControl {
    let controller: { abort(reason: Error): void; pause(): void; resume(): void } | undefined;
    let aborted = false;
    let done = false;
    const fail = (error: Error) => {
      if (done) return;
      done = true;
      handler.onError(error);
    };
    const dispatcher = request.local ? directAgent(request.connectMs) : proxyAgent(request.connectMs);
    try {
      dispatcher.dispatch(
        {
          origin: request.url.origin,
          path: request.url.pathname + request.url.search,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
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
            fail(error);
          },
        },
      );
    } catch (error) {
      queueMicrotask(() => fail(error as Error));
    }
    return {
      abort() {
        if (aborted || done) return;
        aborted = true;
        if (controller) controller.abort(new Aborted());
        else fail(new Aborted());
      },
      pause: () => controller?.pause(),
      resume: () => controller?.resume(),
    };
  }

  return {
    send,
    async retire() {
      await Promise.all([...direct.values(), ...proxied.values()].map((agent) => agent.close()));
    },
  };
}

function flatten(headers: Record<string, string | string[] | undefined>): UpstreamHeaders {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers))
    flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}
