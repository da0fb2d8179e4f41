/** What each wire (chat, responses, messages) offers. Pure: bytes and objects in, bytes and objects out. */

import { textOf, type Words } from '../said';
import type { MessageRules } from './chatMessages';
import type { Answer, ApiFailure, Conversation, JsonObject, StreamEvent, WireName } from './conversation';
import type { SchemaDialectName } from './schemaDialects';
import type { ReasoningField } from './wire';

/** One server-sent event; `event` is absent when the stream did not name it. */
export interface SseEvent {
  event?: string;
  data: string;
}

/** A request we cannot read: answered 400 with this sentence, never sent upstream (E8). */
export class RequestProblem extends Error {
  constructor(
    readonly words: Words,
    /** Path of the offending field, as `messages[2].content`. */
    readonly param?: string,
    /** A word that clients look for. */
    readonly code?: string,
  ) {
    super(textOf(words));
    this.name = 'RequestProblem';
  }
}

/** What an emitter has to know about the upstream; comes from preset, backend and model (design §4, abilities). */
export interface EmitTarget extends MessageRules {
  model: string;
  customTools: 'keep' | 'function';
  reasoningField: ReasoningField;
  serviceTier: boolean;
  developerRole: boolean;
  metadata: boolean;
  maxOutputTokens?: number;
  /** Longest tool-call id the upstream takes: 40 for OpenAI chat, 64 elsewhere (N25). */
  maxIdLength: number;
  /** Parameters and schema keywords the upstream refuses. */
  unsupportedParams: readonly string[];
  refusedSchemaKeys: readonly string[];
  /** How schemas are repaired; `lenient` where nothing is known (N23). */
  schemaDialect?: SchemaDialectName;
  /** Chat: the field in which a target wants all thinking back, wherever it came in. */
  thinkingField?: 'reasoning_content';
  /** Chat: fields of assistant messages that the target refuses. */
  historyRefuses?: readonly string[];
  /** Chat: how thinking is switched off, and whether a forced tool choice needs that (N36). */
  thinkingSwitch?: boolean;
  forcedChoice?: 'silent';
  /** Messages: what the target thinks unasked, takes in place of `disabled`, and refuses of its own thinking (routing/abilities.ts). */
  thinksUnasked?: true;
  thinkingOff?: 'never' | 'between_tools';
  bindsThinking?: true;
  /** Chat: the schema of an answer goes into the prompt. */
  jsonSchema?: 'prompt';
  /** A temperature of 0 is refused. */
  aboveZero?: boolean;
  /** Most stop sequences; the others are cut here (server/translation.ts). */
  maxStops?: number;
  /** Roles to rename in messages, client role to upstream role. */
  roleRewrites: Readonly<Record<string, string>>;
  /** `strict` on function tools is understood; where not, an asked-for true becomes false (N23). */
  strictTools: boolean;
  /** Add cache marks for clients that send none (Messages, and chat where it takes them). */
  addCacheControl: boolean;
  /** Chat: the target leads Anthropic's cache marks to it. */
  cacheMarks?: true;
  /** Name of the output limit field on the chat wire. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
}

export interface StreamParser {
  /** Turns one SSE event into zero or more neutral events. A malformed one yields none and counts in `dropped`. */
  push(event: SseEvent): StreamEvent[];
  /** The input ended: closes open blocks, except calls that were cut (R11); never invents a finish (R10, R14). */
  finish(): StreamEvent[];
  dropped: number;
  /** The answer has failed; what may still come only says why. */
  failing?: boolean;
}

export interface EmitterOptions {
  /** Model name to show in the answer. */
  model: string;
  /** Answer id when the upstream gave none, and creation time in seconds. */
  id: string;
  created: number;
  /** Chat: send the final usage chunk. */
  includeUsage: boolean;
  /** The request as the client sent it, for wires that echo parts of it (Responses). */
  request?: Conversation;
}

export interface StreamEmitter {
  /** SSE text for one event; may be empty. */
  push(event: StreamEvent): string;
  /** Completes the stream: finish, usage, terminator. After a cut (`error` given) ends as an error of this wire. */
  finish(failure?: ApiFailure): string;
}

export interface WireCodec {
  readonly wire: WireName;
  /** Client → model. Tolerant: unknown fields are carried. Throws RequestProblem. Never mutates `body`. */
  parseRequest(body: JsonObject): Conversation;
  /** Model → upstream body. Never mutates `conversation`. */
  emitRequest(conversation: Conversation, target: EmitTarget): JsonObject;
  createStreamParser(): StreamParser;
  createStreamEmitter(options: EmitterOptions): StreamEmitter;
  /** A complete, non-streamed upstream body. Throws Error when it is not one. */
  parseAnswer(body: JsonObject): Answer;
  emitAnswer(answer: Answer, options: EmitterOptions): JsonObject;
  /** Any error body (JSON of any provider, HTML, text, empty) → failure in neutral form, kind filled in. */
  parseError(status: number, headers: Readonly<Record<string, string | undefined>>, body: string): ApiFailure;
  /** The error object of this wire, ready for JSON.stringify. */
  emitError(failure: ApiFailure): JsonObject;
}
