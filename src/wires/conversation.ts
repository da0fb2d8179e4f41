/**
 * The one model in the middle: every wire parses into it and emits from it, so N + M codecs do the work of N × M.
 * Plain data, no behaviour. Names are the field's own; where providers differ the neutral form is described here.
 */
import type { Message } from '../said';
import type { Wire } from './wire';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** Anthropic's prompt-cache mark, kept where it stood (N15). */
export type CacheControl = JsonObject;

/** Fields only one wire knows: emitted again on that wire, left out elsewhere. */
export interface WireFields {
  wire: WireName;
  fields: JsonObject;
}

export interface TextPart {
  type: 'text';
  text: string;
  cacheControl?: CacheControl;
  /** What the origin wire had beside the text (annotations, citations); emitted again on the same wire only. */
  extra?: JsonObject;
}
export interface ImagePart {
  type: 'image';
  /** `data:` URLs are split into mediaType and base64; anything else stays a URL; fileId is a provider's own handle. */
  source:
    | { kind: 'base64'; mediaType: string; data: string }
    | { kind: 'url'; url: string }
    | { kind: 'file'; fileId: string };
  detail?: string;
  cacheControl?: CacheControl;
}
export interface FilePart {
  type: 'file';
  source:
    | { kind: 'base64'; mediaType: string; data: string }
    | { kind: 'url'; url: string }
    | { kind: 'file'; fileId: string }
    | { kind: 'text'; text: string };
  filename?: string;
  cacheControl?: CacheControl;
  extra?: WireFields;
}
/** Model thinking. What a provider needs back is opaque and only ever returned to the same provider (S7). */
export interface ReasoningPart {
  type: 'reasoning';
  text: string;
  /** Anthropic: signature of a thinking block. */
  signature?: string;
  /** Anthropic redacted_thinking data, Responses encrypted_content, or the JSON of a chat message's reasoning_details. */
  encrypted?: string;
  /** Chat: the message field the text came in and goes back in (reasoning_content, reasoning). */
  field?: string;
  /** Item id of a Responses reasoning item. */
  id?: string;
  /** Which wire the opaque fields belong to. */
  wire?: WireName;
  /** Mark of the backend that thought it (wires/origin.ts); absent where nobody knows. */
  origin?: string;
}
export interface ToolCallPart {
  type: 'toolCall';
  id: string;
  name: string;
  /** Function: JSON text exactly as received, maybe broken (N5). Custom: raw text. */
  arguments: string;
  custom?: boolean;
  /** Responses: the group of tools that the name is looked up in. */
  namespace?: string;
  /** Responses item id (`fc_…`), Gemini thought signature and other opaque companions of the call. */
  itemId?: string;
  thoughtSignature?: string;
  cacheControl?: CacheControl;
  extra?: WireFields;
}
export interface ToolResultPart {
  type: 'toolResult';
  id: string;
  /** Name of the tool where the client told it. */
  name?: string;
  content: (TextPart | ImagePart | FilePart)[];
  isError?: boolean;
  custom?: boolean;
  cacheControl?: CacheControl;
}
/** A refusal by the model, shown as text where a wire has no form for it. */
export interface RefusalPart {
  type: 'refusal';
  text: string;
}
/** A block no other wire knows (server tools, search results …): carried on the wire it came from, elsewhere text or a refusal (foreign.ts). */
export interface OpaquePart {
  type: 'opaque';
  wire: WireName;
  value: JsonObject;
}
export type Part =
  | TextPart
  | ImagePart
  | FilePart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | RefusalPart
  | OpaquePart;

export type WireName = Wire;

/** One turn. Tool results stand in turns of role `tool`, in the order the client sent them. */
export interface Turn {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  parts: Part[];
  /** Author name of a chat message. */
  name?: string;
}

export interface FunctionTool {
  kind: 'function';
  name: string;
  description?: string;
  /** JSON Schema; absent when the client gave none. */
  parameters?: JsonObject;
  strict?: boolean | null;
  cacheControl?: CacheControl;
  /** Fields beside these, and the wire that means something by them. */
  extra?: JsonObject;
  wire?: WireName;
}
export interface CustomTool {
  kind: 'custom';
  name: string;
  description?: string;
  format?: { type: 'text' } | { type: 'grammar'; syntax: string; definition: string };
  cacheControl?: CacheControl;
}
/** A provider's own tool (web search, computer …): carried on its wire; elsewhere the model is told that it is missing. */
export interface OpaqueTool {
  kind: 'opaque';
  wire: WireName;
  value: JsonValue;
}
export type Tool = FunctionTool | CustomTool | OpaqueTool;

export type ToolChoice =
  | { type: 'auto' | 'none' | 'required' }
  | { type: 'tool'; name: string; custom?: boolean }
  | { type: 'allowed'; mode: 'auto' | 'required'; names: string[] };

export interface ReasoningRequest {
  /** none, minimal, low, medium, high, xhigh, max, or whatever the client said. */
  effort?: string;
  /** Anthropic extended thinking: tokens for thinking. */
  budgetTokens?: number;
  /** Anthropic adaptive thinking. */
  adaptive?: boolean;
  /** Explicitly switched off by the client. */
  disabled?: boolean;
  /** Responses: auto, concise, detailed. Any value means the client wants to see thinking. */
  summary?: string;
}

export type ResponseFormat =
  | { type: 'json_object' }
  | { type: 'json_schema'; name: string; schema: JsonObject; strict?: boolean | null; description?: string };

export interface Conversation {
  model: string;
  /** System and developer turns stand first or where the client put them. */
  turns: Turn[];
  tools?: Tool[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  stop?: string[];
  seed?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  reasoning?: ReasoningRequest;
  responseFormat?: ResponseFormat;
  verbosity?: string;
  serviceTier?: string;
  metadata?: JsonObject;
  user?: string;
  stream: boolean;
  /** The client asked for usage in its stream (chat `stream_options.include_usage`). */
  includeUsage?: boolean;
  /** Anthropic's mark of the whole body. */
  cacheControl?: CacheControl;
  /** Top-level fields this model does not know, with the wire they came from: emitted again on that wire only. */
  extra?: { wire: WireName; fields: JsonObject };
}

export type FinishReason = 'stop' | 'length' | 'toolCalls' | 'contentFilter' | 'refusal' | 'pause' | 'unknown';

/** Token counts, inclusive: input holds cached and cache-write tokens, output holds reasoning tokens. */
export interface Usage {
  input: number;
  output: number;
  cacheRead?: number;
  cacheWrite?: number;
  reasoning?: number;
  /** True when counted by us because the upstream sent none. */
  estimated?: boolean;
}

/** A failure in neutral form. `status` is the upstream's own HTTP status, or what it would have been. */
export interface ApiFailure extends Message {
  status: number;
  /** OpenAI or Anthropic error type and code, as the provider gave them. */
  type?: string;
  code?: string | null;
  param?: string | null;
  /** What a Messages provider says beside its sentence, for programs: Anthropic's SDK goes on by it. */
  details?: JsonObject;
  retryAfterSeconds?: number;
  /** What kind of trouble it is; decides on retry, fallback and wording. */
  kind?: FailureKind;
  /** The router itself refuses (key, limit, budget), no provider was asked: the message is complete as it stands. */
  own?: boolean;
}
export type FailureKind =
  | 'badRequest'
  | 'auth'
  | 'permission'
  | 'notFound'
  /** The model is there, and the server cannot load it. */
  | 'notLoaded'
  | 'rateLimit'
  | 'quota'
  | 'overloaded'
  | 'server'
  | 'timeout'
  | 'network'
  | 'contextLength'
  | 'contentPolicy'
  | 'protocol'
  | 'cancelled';

/**
 * One step of an answer. `index` numbers the output blocks of one answer from 0 and is unique across kinds;
 * a block's events arrive in order: start, deltas, end. Emitters renumber as their wire demands.
 */
export type StreamEvent =
  | { type: 'start'; id?: string; model?: string; created?: number }
  /** `phase`: what Responses says of the whole block (commentary, final_answer), with its first piece, or where it is known at the end only with an empty last one. */
  | { type: 'text'; index: number; text: string; phase?: string }
  /** `id`: the Responses item's id, known from the first event on; it must not change until the item's end. */
  | { type: 'reasoning'; index: number; text: string; id?: string }
  /** Ends a thinking block; carries what must be kept for the next turn. */
  | {
      type: 'reasoningEnd';
      index: number;
      signature?: string;
      encrypted?: string;
      id?: string;
      field?: string;
      wire?: WireName;
      origin?: string;
    }
  | { type: 'refusal'; index: number; text: string }
  | {
      type: 'toolCallStart';
      index: number;
      id: string;
      name: string;
      custom?: boolean;
      namespace?: string;
      itemId?: string;
      thoughtSignature?: string;
    }
  | { type: 'toolCallDelta'; index: number; text: string }
  | { type: 'toolCallEnd'; index: number; thoughtSignature?: string }
  | { type: 'opaque'; index: number; wire: WireName; value: JsonObject }
  | { type: 'usage'; usage: Usage }
  /** `raw` is the upstream's own word. Nothing but usage and end may follow. */
  | { type: 'finish'; reason: FinishReason; raw?: string; stopSequence?: string }
  | { type: 'error'; failure: ApiFailure }
  /** The upstream said that it is done ([DONE], message_stop, response.completed). Absent: the stream was cut. */
  | { type: 'end' };

/** A whole answer: what a stream adds up to. */
export interface Answer {
  id?: string;
  model?: string;
  created?: number;
  parts: Part[];
  finish?: { reason: FinishReason; raw?: string; stopSequence?: string };
  usage?: Usage;
}
