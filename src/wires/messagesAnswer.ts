/** Anthropic Messages: whole answers in both directions, usage, stop reasons and errors. */
import { failureOf } from '../said';
import { callsIn, endOf } from './answer';
import type { EmitterOptions } from './codec';
import type {
  Answer,
  ApiFailure,
  FailureKind,
  FinishReason,
  JsonObject,
  JsonValue,
  Part,
  ReasoningPart,
  Usage,
} from './conversation';
import { classify } from './failure';
import { readContent } from './parts';
import { entryOf, filledString, numberOf, objectOf, parseObject, stringOf } from './read';
import { sealReasoning } from './sealedReasoning';
import { say } from './sentences';

/** This wire counts cached tokens apart; ours are inclusive (R20). Counts that are missing keep those of `before`. */
export function readMessagesUsage(value: JsonValue | undefined, before?: Usage): Usage | undefined {
  const usage = objectOf(value);
  if (!usage) return before;
  // Kimi names what it read from its cache in OpenAI's way, as a part of the input (sub2api#497).
  const within = numberOf(usage.cache_read_input_tokens) ? 0 : (numberOf(usage.cached_tokens) ?? 0);
  const cacheRead = within || (numberOf(usage.cache_read_input_tokens) ?? before?.cacheRead);
  const cacheWrite = numberOf(usage.cache_creation_input_tokens) ?? before?.cacheWrite;
  const told = numberOf(usage.input_tokens);
  const known = before ? before.input - (before.cacheRead ?? 0) - (before.cacheWrite ?? 0) : 0;
  const fresh = within ? Math.max(0, (told ?? known + (before?.cacheRead ?? 0)) - within) : (told ?? known);
  const read: Usage = {
    input: fresh + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: numberOf(usage.output_tokens) ?? before?.output ?? 0,
  };
  if (cacheRead !== undefined) read.cacheRead = cacheRead;
  if (cacheWrite !== undefined) read.cacheWrite = cacheWrite;
  const reasoning = numberOf(objectOf(usage.output_tokens_details)?.thinking_tokens) ?? before?.reasoning;
  if (reasoning !== undefined) read.reasoning = reasoning;
  return read;
}

/** Counts of our usage as this wire has them: input without what came from or went to the cache. */
export function usageCounts(usage: Usage | undefined): JsonObject {
  const cacheRead = usage?.cacheRead ?? 0;
  const cacheWrite = usage?.cacheWrite ?? 0;
  return {
    input_tokens: Math.max(0, (usage?.input ?? 0) - cacheRead - cacheWrite),
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    output_tokens: usage?.output ?? 0,
    server_tool_use: null,
    output_tokens_details: usage?.reasoning === undefined ? null : { thinking_tokens: usage.reasoning },
  };
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'toolCalls',
  pause_turn: 'pause',
  refusal: 'refusal',
};

/** Why the answer ended; a word we do not know stays unknown (R10). */
export function readStop(delta: JsonObject): Answer['finish'] {
  const raw = filledString(delta.stop_reason);
  if (raw === undefined) return undefined;
  const stopSequence = filledString(delta.stop_sequence);
  return { reason: entryOf(REASONS, raw) ?? 'unknown', raw, ...(stopSequence !== undefined && { stopSequence }) };
}

/** Clients wait for a word: one we do not know is told as a limit, the only end that claims nothing (R10). */
const STOPS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  toolCalls: 'tool_use',
  contentFilter: 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  unknown: 'max_tokens',
};

/** `stop_reason` and its companions. `calls`: some servers say stop although calls wait, or give no reason at all. */
export function stopFields(finish: Answer['finish'], calls: 'none' | 'whole' | 'half'): JsonObject {
  const reason = endOf(finish, calls);
  const stopSequence = finish?.stopSequence ?? null;
  let word = STOPS[reason];
  if (reason === 'stop' && calls !== 'none') word = 'tool_use';
  else if (reason === 'stop' && stopSequence !== null) word = 'stop_sequence';
  return { stop_reason: word, stop_sequence: stopSequence, stop_details: null };
}

/** A complete Message object. Throws Error when it is none. */
export function parseMessagesAnswer(body: JsonObject): Answer {
  if (!Array.isArray(body.content)) throw new Error('The provider sent no Messages object: `content` is missing.');
  const answer: Answer = { parts: readContent(body.content, 'messages') };
  if (answer.parts.some((part) => part.type === 'opaque' && part.value.type === 'tool_use'))
    throw failureOf(say.namelessCall);
  const id = filledString(body.id);
  if (id) answer.id = id;
  const model = filledString(body.model);
  if (model) answer.model = model;
  const finish = readStop(body);
  if (finish) answer.finish = finish;
  const usage = readMessagesUsage(body.usage);
  if (usage) answer.usage = usage;
  return answer;
}

/** Answer ids begin with `msg_` on this wire. */
export function messageId(id: string): string {
  return id.startsWith('msg_') ? id : `msg_${id.replace(/[^A-Za-z0-9_-]/g, '_')}`;
}

/** Everything of a Message but its content: what a stream begins with and a whole answer is made of. */
export function messageFrame(options: EmitterOptions, id: string | undefined, usage: Usage | undefined): JsonObject {
  return {
    // Claude Code takes two answers of one id for pieces of one: ids of other wires may come again (Ollama has a thousand).
    id: messageId(id?.startsWith('msg_') ? id : options.id),
    type: 'message',
    role: 'assistant',
    model: options.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: { ...usageCounts(usage), cache_creation: null, inference_geo: null, service_tier: null, speed: null },
  };
}

/** A whole, non-streamed Message. */
export function emitMessagesAnswer(answer: Answer, options: EmitterOptions): JsonObject {
  return {
    ...messageFrame(options, answer.id, answer.usage),
    content: answer.parts.flatMap(answerBlock),
    ...stopFields(answer.finish, callsIn(answer.parts)),
  };
}

/** One block of an answer. Refusals are text here; blocks of other wires have no form. */
function answerBlock(part: Part): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === ''
        ? []
        : [
            {
              type: 'text',
              text: part.text,
              ...(part.extra?.citations !== undefined && { citations: part.extra.citations }),
            },
          ];
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'reasoning':
      return [thinkingBlock(part)];
    case 'toolCall': {
      const input = part.custom
        ? { input: part.arguments }
        : (parseObject(part.arguments || '{}') ?? { raw_arguments: part.arguments });
      return [{ ...toolUseStart(part.id, part.name), input }];
    }
    case 'opaque':
      return part.wire === 'messages' ? [part.value] : [];
    // These stand in requests.
    case 'image':
    case 'file':
    case 'toolResult':
      return [];
  }
}

function thinkingBlock(part: ReasoningPart): JsonObject {
  if (isRedacted(part)) return { type: 'redacted_thinking', data: part.encrypted as string };
  return { type: 'thinking', thinking: part.text, signature: signatureOf(part) };
}

/** Anthropic's own thinking without text. */
export function isRedacted(part: Pick<ReasoningPart, 'encrypted' | 'wire'>): boolean {
  return part.wire === 'messages' && part.encrypted !== undefined;
}

/** The provider's own signature, or what another provider wants back, sealed. Empty when nothing is to be kept. */
export function signatureOf(
  part: Pick<ReasoningPart, 'signature' | 'encrypted' | 'id' | 'field' | 'wire' | 'origin'>,
): string {
  return (part.wire === 'messages' ? part.signature : sealReasoning(part)) ?? '';
}

/** A tool_use block as a stream begins it. */
export function toolUseStart(id: string, name: string): JsonObject {
  return { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } };
}

const TYPES: Readonly<Record<FailureKind, string>> = {
  badRequest: 'invalid_request_error',
  auth: 'authentication_error',
  permission: 'permission_error',
  notFound: 'not_found_error',
  notLoaded: 'api_error',
  rateLimit: 'rate_limit_error',
  quota: 'billing_error',
  overloaded: 'overloaded_error',
  server: 'api_error',
  timeout: 'timeout_error',
  network: 'api_error',
  contextLength: 'invalid_request_error',
  contentPolicy: 'invalid_request_error',
  protocol: 'api_error',
  cancelled: 'api_error',
};
const OWN_TYPES: ReadonlySet<string> = new Set([...Object.values(TYPES), 'request_too_large']);

/** Anthropic's error object. Types of other providers become the one of the same kind. */
export function emitMessagesError(failure: ApiFailure): JsonObject {
  const kind = failure.kind ?? classify(failure.status, failure.type, failure.code, failure.message);
  const own = stringOf(failure.type);
  const isOwn = own !== undefined && OWN_TYPES.has(own) && !(own === 'invalid_request_error' && TELLING.has(kind));
  const type = failure.status === 413 ? 'request_too_large' : isOwn ? own : TYPES[kind];
  // Claude Code compacts its history only when it reads these words.
  const isOverflow = kind === 'contextLength' && !/prompt is too long/i.test(failure.message);
  const message = isOverflow ? `prompt is too long: ${failure.message}` : failure.message;
  const refused = failure.code === 'thread_unsupported_request' ? { error_code: failure.code } : undefined;
  const details = failure.details ?? refused;
  return { type: 'error', error: { type, message, ...(details && { details }) } };
}

/** Kinds with a type of their own here, which OpenAI-shaped providers call `invalid_request_error` all the same. */
const TELLING: ReadonlySet<FailureKind> = new Set(['auth', 'permission', 'notFound']);
