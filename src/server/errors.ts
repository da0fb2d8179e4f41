/** The router's own refusals, in the shape of the API the client speaks. */
import type { ServerResponse } from 'node:http';
import { keptAs, messageOf, textOf, type Words } from '../said';
import { codecFor } from '../wires/codecs';
import type { ApiFailure, WireName } from '../wires/conversation';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  408: 'invalid_request_error',
  413: 'invalid_request_error',
  415: 'invalid_request_error',
  429: 'rate_limit_error',
};

export function refusal(status: number, words: Words, more: Partial<ApiFailure> = {}): ApiFailure {
  return { status, ...messageOf(words), type: TYPES[status] ?? 'server_error', code: null, param: null, ...more };
}

export function errorBody(wire: WireName, failure: ApiFailure): string {
  return JSON.stringify(codecFor(wire).emitError(failure));
}

/** `end`: ends the answer, whose head and body are written; at once unless told otherwise. */
export function sendError(
  response: ServerResponse,
  wire: WireName,
  failure: ApiFailure,
  headers: Record<string, string> = {},
  end: (response: ServerResponse) => void = (whole) => void whole.end(),
): void {
  if (response.headersSent || response.destroyed) return;
  const body = errorBody(wire, failure);
  response.writeHead(failure.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    // SDKs stop at once where they are told to: Claude Code asks for minutes with a key that is wrong.
    ...(failure.status === 401 && { 'x-should-retry': 'false' }),
    ...(failure.retryAfterSeconds !== undefined && { 'retry-after': String(Math.ceil(failure.retryAfterSeconds)) }),
    ...headers,
  });
  response.write(body);
  end(response);
}

/** The wire in whose shape a path's errors are told. */
export function wireOfPath(path: string): WireName {
  if (path.endsWith('/messages') || path.endsWith('/messages/count_tokens')) return 'messages';
  return path.endsWith('/responses') ? 'responses' : 'chat';
}

/** A sentence about a request quotes what it found there: fit for the one who sent it, not for a file. */
export function withoutQuotes(words: Words): Words {
  return keptAs(words, textOf(words).replace(/"[^"]*("|$)/g, '"…"'));
}
