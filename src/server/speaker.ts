/** Who is speaking, and in what form failures are told to them: Cursor (rules E) or a plain client of one wire. */
import type { IncomingMessage } from 'node:http';
import { detectDialect, glanceAtBody, isCursorRequest, isKeyCheck } from '../cursor/detect';
import { compactReply, cursorError } from '../cursor/errors';
import { type CursorReplyOptions, createCursorEmitter } from '../cursor/reply';
import { explainQuota } from '../ledger/quota';
import { randomHex } from '../network/randomHex';
import type { Target } from '../routing/backend';
import type { Settings } from '../settings/schema';
import type { EmitterOptions } from '../wires/codec';
import { codecFor } from '../wires/codecs';
import type { ApiFailure, WireName } from '../wires/conversation';
import type { ClientRequest } from './clientRequest';
import { errorBody } from './errors';
import { errorEvent } from './reply';
import type { Route } from './routes';

export interface ToldFailure {
  status: number;
  body: string;
  /** Answered as a success instead (E7, compact). */
  replacement?: { body: string; contentType: string };
}

export interface Speaker {
  isCursor: boolean;
  dialect?: 'A' | 'B' | 'C';
  /** The API the client speaks; undefined for completions and embeddings, which only pass through. */
  wire: WireName | undefined;
  /** Identity of the answer, should we have to make one. */
  answer: EmitterOptions;
  /** A failure before content. `credit`: what is left at the provider, where that is the trouble. */
  tellFailure(failure: ApiFailure, target: Target | undefined, credit?: string): ToldFailure;
  /** A failure after the head of a stream went out, but before content. */
  failInStream(failure: ApiFailure, target: Target | undefined): string;
}

export function identify(
  http: IncomingMessage,
  route: Extract<Route, { kind: 'model' }>,
  request: ClientRequest,
  cursor: Settings['cursor'],
  now: number,
): Speaker {
  const wire: WireName | undefined =
    route.name === 'chat/completions'
      ? 'chat'
      : route.name === 'responses' || route.name === 'messages'
        ? route.name
        : undefined;
  const glance =
    route.name === 'chat/completions' ? glanceAtBody(request.bytes, request.entries, request.anthropicWord) : undefined;
  const isCursor =
    glance !== undefined &&
    isCursorRequest({ headers: http.headers, path: http.url ?? '', body: glance }, cursor.detect);
  const detected = isCursor ? detectDialect(glance) : undefined;
  const answer: EmitterOptions = {
    model: request.model ?? route.deployment ?? '',
    id: `${wire === 'responses' ? 'resp_' : wire === 'messages' ? 'msg_' : 'chatcmpl-'}${randomHex(12)}`,
    created: Math.floor(now / 1000),
    includeUsage: isCursor || request.includeUsage,
  };
  const errorWire = wire ?? 'chat';
  const contextFor = (target: Target | undefined) => ({
    provider: target?.backend.name ?? 'LLM Router',
    model: answer.model,
  });
  return {
    isCursor,
    ...(detected && 'dialect' in detected && { dialect: detected.dialect }),
    wire,
    answer,
    tellFailure(failure, target, credit) {
      if (!isCursor) {
        const explained = target ? explainQuota(failure, target, credit) : failure;
        return { status: statusFor(failure), body: errorBody(errorWire, explained) };
      }
      const { status, body } = cursorError(failure, { ...contextFor(target), ...(credit && { credit }) });
      const told: ToldFailure = { status, body: JSON.stringify(body) };
      if (failure.kind === 'contextLength' && cursor.contextOverflow === 'compact') {
        const reply = compactReply(request.stream, answer);
        told.replacement =
          typeof reply === 'string'
            ? { body: reply, contentType: 'text/event-stream; charset=utf-8' }
            : { body: JSON.stringify(reply), contentType: 'application/json' };
      }
      return told;
    },
    failInStream(failure, target) {
      if (!isCursor) return errorEvent(codecFor(errorWire), failure);
      return createCursorEmitter(cursorReplyOptions(answer, cursor, contextFor(target).provider, new Set())).finish(
        failure,
      );
    },
  };
}

/** Options of the emitter that speaks to Cursor. */
export function cursorReplyOptions(
  answer: EmitterOptions,
  cursor: Settings['cursor'],
  provider: string,
  customToolNames: ReadonlySet<string>,
): CursorReplyOptions {
  const { thinking, customToolReply, midStreamError } = cursor;
  // Assigned, not spread: as one literal with a spread it would be a new kind of object to the engine each time.
  return Object.assign({ thinking, customToolReply, midStreamError, provider, customToolNames }, answer);
}

/** A status an HTTP client understands; what never had one upstream is a gateway error. */
function statusFor(failure: ApiFailure): number {
  return failure.status >= 400 && failure.status <= 599 ? failure.status : 502;
}

/** Cursor's one-line key check with a name nobody serves is answered here, without an upstream call (T8). */
export function keyCheckAnswer(
  request: ClientRequest,
  asked: string,
  answer: EmitterOptions,
): { headers: Record<string, string>; body: string } | undefined {
  if (request.bytes.length > 4_096 || !isKeyCheck(request.body())) return undefined;
  const codec = codecFor('chat');
  const usage = { input: 0, output: 1 };
  if (!request.stream) {
    const body = codec.emitAnswer(
      { parts: [{ type: 'text', text: 'hi' }], finish: { reason: 'stop' }, usage },
      { ...answer, model: asked },
    );
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  }
  const emitter = codec.createStreamEmitter({ ...answer, model: asked });
  const events = [
    { type: 'start' },
    { type: 'text', index: 0, text: 'hi' },
    { type: 'finish', reason: 'stop' },
    { type: 'usage', usage },
    { type: 'end' },
  ] as const;
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    body: events.map((event) => emitter.push(event)).join('') + emitter.finish(),
  };
}
