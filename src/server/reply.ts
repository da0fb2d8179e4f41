/**
 * Turning what an upstream answers into what the client reads, one attempt at a time: either the same bytes, observed on
 * the side (same wire, design §2.4), or neutral events through the client's emitter. Pure; time and sockets are elsewhere.
 */
import { messageOf, SaidError } from '../said';
import { collect, createCollector, replay } from '../wires/answer';
import { MOST_CALLS, tooManyCalls } from '../wires/callBounds';
import type { StreamEmitter, StreamParser, WireCodec } from '../wires/codec';
import type { Answer, ApiFailure, FinishReason, JsonObject, StreamEvent, Usage } from '../wires/conversation';
import { refusedBase } from '../wires/errorBody';
import { chatForResponses } from '../wires/failure';
import { arrayOf, objectOf } from '../wires/read';
import type { RawSseEvent } from '../wires/sse';
import { SSE_DONE } from '../wires/sse';
import { nameAnswer, nameEvent } from './askedName';

/** What an attempt has shown so far. */
export interface Observed {
  /** Something the client can see has come. */
  content: boolean;
  finish?: FinishReason;
  /** The upstream said that it is done. */
  ended: boolean;
  usage?: Usage;
  /** Characters of answer, for an estimate when no usage comes. */
  chars: number;
  failure?: ApiFailure;
  /** It failed, and what may still come only says why. */
  failing?: boolean;
  /** Broken events left out. */
  dropped: number;
}

export interface StreamReply {
  readonly observed: Observed;
  /** Bytes for the client; undefined when there is nothing to say. */
  push(event: RawSseEvent): Buffer | string | undefined;
  /** The bytes of the upstream ended: what was held back until then, a finish among it. */
  close(): string;
  /** The upstream is through: what is still owed to the client ([DONE], usage, finish). */
  end(): string;
  /** The upstream broke after content: how that is told inside the stream. */
  fail(failure: ApiFailure): string;
}

export interface WholeReply {
  /** Body for the client. Throws when the upstream's body is not an answer. */
  body: Buffer | string;
  usage?: Usage;
  finish?: FinishReason;
  chars: number;
  failure?: ApiFailure;
}

function newObserved(): Observed {
  return { content: false, ended: false, chars: 0, dropped: 0 };
}

function observe(observed: Observed, event: StreamEvent): void {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'toolCallDelta':
      observed.chars += event.text.length;
      break;
    case 'usage':
      observed.usage = event.usage;
      break;
    case 'finish':
      observed.finish = event.reason;
      break;
    case 'end':
      observed.ended = true;
      break;
    case 'error':
      observed.failure ??= event.failure;
      break;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const BLANK_LINE = Buffer.from('\n\n');

const VISIBLE: ReadonlySet<StreamEvent['type']> = new Set(['text', 'reasoning', 'refusal', 'toolCallStart', 'opaque']);

/**
 * Same wire: every complete event goes on byte-identical; a broken one is dropped and counted.
 * @param hideUsage the client did not ask for the usage chunk that we asked the upstream for.
 * @param name the model name that the client is told in place of the upstream's.
 * @param watch looks at each event before its bytes go out (S5).
 */
export function createRawReply(
  codec: Pick<WireCodec, 'wire' | 'createStreamParser' | 'emitError'>,
  hideUsage: boolean,
  name?: string,
  watch?: (event: StreamEvent) => void,
): StreamReply {
  const observed = newObserved();
  const parser = codec.createStreamParser();
  let terminated = false;
  let sequence = 0;
  return {
    observed,
    push(raw) {
      // Behind the end no reader looks any more; what comes there is not passed on unread.
      if (observed.ended) return undefined;
      if (raw.comment) return raw.raw;
      sequence++;
      const before = parser.dropped;
      let usageOnly = hideUsage;
      let any = false;
      for (const event of parser.push(raw)) {
        any = true;
        observe(observed, event);
        watch?.(event);
        if (VISIBLE.has(event.type)) observed.content = true;
        if (event.type !== 'usage') usageOnly = false;
      }
      if (parser.failing) observed.failing = true;
      if (parser.dropped > before) {
        observed.dropped += 1;
        return undefined;
      }
      if (raw.data === '[DONE]') terminated = true;
      if (any && usageOnly) return undefined;
      // The last event of a stream may lack its blank line (R14); the client's reader needs it.
      const bytes = name === undefined ? raw.raw : nameEvent(raw, name);
      const last = bytes[bytes.length - 1];
      return last === LF || last === CR ? bytes : Buffer.concat([bytes, BLANK_LINE]);
    },
    close() {
      for (const event of parser.finish()) {
        observe(observed, event);
        watch?.(event);
      }
      return '';
    },
    end() {
      // A missing [DONE] after a finish reason is added (design §2.4); the other wires have no such mark.
      return codec.wire === 'chat' && !terminated && observed.finish ? SSE_DONE : '';
    },
    fail: (failure) => errorEvent(codec, failure, sequence),
  };
}

/** `sequence`: events before it; Responses numbers them. */
export function errorEvent(codec: Pick<WireCodec, 'wire' | 'emitError'>, failure: ApiFailure, sequence = 0): string {
  const told = codec.emitError(failure);
  const json = JSON.stringify(codec.wire === 'responses' ? responsesError(told, sequence) : told);
  return codec.wire === 'chat' ? `data: ${json}\n\n` : `event: error\ndata: ${json}\n\n`;
}

/** Inside a Responses stream an error is an event with a type and a number like the others, its fields flat. */
function responsesError(told: JsonObject, sequence: number): JsonObject {
  const { code = null, message = '', param = null } = objectOf(told.error) ?? {};
  return { type: 'error', code, message, param, sequence_number: sequence };
}

/** Stages between parser and emitter: unwrapping of custom tools, memory. Each sees every event, in order. */
export interface EventStages {
  /** Replaces an event by zero or more. */
  transform?(event: StreamEvent): StreamEvent[];
  /** Looks at an event before the client can see anything of it (S5). */
  watch?(event: StreamEvent): void;
}

/** Other wire, or Cursor: upstream events → neutral events → the client's emitter. */
export function createTranslatedReply(
  parser: StreamParser,
  emitter: StreamEmitter,
  stages: EventStages,
): StreamReply & { pushEvents(events: StreamEvent[]): string } {
  const observed = newObserved();
  let settled = false;

  function pushEvents(events: StreamEvent[]): string {
    let out = '';
    for (const event of events) {
      const staged = stages.transform ? stages.transform(event) : [event];
      for (const one of staged) {
        observe(observed, one);
        // An error is told by whoever decides on retries, not by the emitter.
        if (one.type === 'error') continue;
        stages.watch?.(one);
        const text = emitter.push(one);
        if (text && VISIBLE.has(one.type)) observed.content = true;
        else if (text && one.type !== 'start' && one.type !== 'usage' && one.type !== 'end') observed.content = true;
        out += text;
      }
    }
    return out;
  }

  return {
    observed,
    pushEvents,
    push(raw) {
      if (raw.comment) return undefined;
      const out = pushEvents(parser.push(raw));
      if (parser.failing) observed.failing = true;
      observed.dropped = parser.dropped;
      return out;
    },
    close: () => pushEvents(parser.finish()),
    end() {
      if (settled) return '';
      settled = true;
      return pushEvents(parser.finish()) + emitter.finish();
    },
    fail(failure) {
      if (settled) return '';
      settled = true;
      return emitter.finish(failure);
    },
  };
}

/** The client wants one answer, the upstream streams it all the same: collected, with nothing for the client yet. */
export interface CollectingReply extends StreamReply {
  answer(): Answer;
}

export function createCollectingReply(parser: StreamParser): CollectingReply {
  const observed = newObserved();
  const collector = createCollector();
  const take = (events: StreamEvent[]) => {
    for (const event of events) {
      observe(observed, event);
      if (event.type !== 'error') collector.push(event);
    }
  };
  return {
    observed,
    push(raw) {
      if (!raw.comment) take(parser.push(raw));
      if (parser.failing) observed.failing = true;
      observed.dropped = parser.dropped;
      return undefined;
    },
    close() {
      take(parser.finish());
      return '';
    },
    end: () => '',
    fail: () => '',
    answer: () => collector.answer,
  };
}

/** A whole answer for a client of the same wire: checked, then passed on as it came, but for a name. Throws when it is none. */
export function readSameWireAnswer(
  codec: WireCodec,
  body: Buffer,
  name?: string,
  watch?: (event: StreamEvent) => void,
): WholeReply {
  const answer = readAnswer(codec, body);
  if ('failure' in answer) return { body, chars: 0, failure: answer.failure };
  if (watch) replay(answer).forEach(watch);
  return { body: name === undefined ? body : nameAnswer(body, name), ...facts(answer) };
}

/** The answer in a whole body, or the error that stands in it in spite of its 200. Throws when it is neither. */
export function readAnswer(codec: WireCodec, body: Buffer): Answer | { failure: ApiFailure } {
  const parsed = parseJson(body);
  const failure = errorInside(codec, parsed) ?? (codec.wire === 'responses' ? chatForResponses(parsed) : undefined);
  if (failure) return { failure };
  const answer = parsedBy(codec, parsed);
  if ('failure' in answer) return answer;
  const calls = answer.parts.reduce((sum, part) => sum + (part.type === 'toolCall' ? 1 : 0), 0);
  return calls > MOST_CALLS ? { failure: tooManyCalls() } : answer;
}

/** What is wrong with one thing of an answer is said as that; anything else that cannot be read is no answer at all. */
function parsedBy(codec: WireCodec, body: JsonObject): Answer | { failure: ApiFailure } {
  try {
    return codec.parseAnswer(body);
  } catch (error) {
    if (!(error instanceof SaidError)) throw error;
    return { failure: { status: 502, kind: 'protocol', ...messageOf(error.said) } };
  }
}

/** Runs a whole answer through the stages that a stream goes through. */
export function throughStages(answer: Answer, stages: EventStages): Answer {
  if (!stages.transform && !stages.watch) return answer;
  const events = replay(answer).flatMap((event) => (stages.transform ? stages.transform(event) : [event]));
  for (const event of events) stages.watch?.(event);
  return collect(events);
}

export function facts(answer: Answer): { usage?: Usage; finish?: FinishReason; chars: number } {
  let chars = 0;
  for (const part of answer.parts) {
    if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal') chars += part.text.length;
    else if (part.type === 'toolCall') chars += part.arguments.length;
  }
  return { usage: answer.usage, finish: answer.finish?.reason, chars };
}

function parseJson(body: Buffer): JsonObject {
  const value: unknown = JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a JSON object');
  return value as JsonObject;
}

/** Some providers answer 200 with nothing but an error in it. */
function errorInside(codec: WireCodec, body: JsonObject): ApiFailure | undefined {
  const { error } = body;
  if (!(error || refusedBase(body)) || arrayOf(body.choices).length > 0 || body.content || body.output)
    return undefined;
  return codec.parseError(200, {}, JSON.stringify(body));
}
