/** What sending to a provider means: a request, who hears of its answer, and how to slow or end it. */

export type UpstreamHeaders = Readonly<Record<string, string | undefined>>;

export interface UpstreamRequest {
  method: 'POST' | 'GET' | 'DELETE';
  url: URL;
  headers: Record<string, string>;
  /** In pieces when it is too big to be copied for an edit. */
  body?: Buffer | readonly Buffer[];
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
  /** `proxy`: the host of the proxy it went through. */
  onError(error: Error & { code?: string; proxy?: string }): void;
}

export interface UpstreamControl {
  /** Ends the upstream at once; onError follows unless the answer was already over. */
  abort(): void;
  pause(): void;
  resume(): void;
}

export type Send = (request: UpstreamRequest, handler: UpstreamHandler) => UpstreamControl;
