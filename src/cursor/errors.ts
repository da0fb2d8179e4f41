/** How a failure is told to Cursor (docs/rules.md E1–E5, E7): plain words it shows, and no word it misreads. */
import type { EmitterOptions } from '../wires/codec';
import type { ApiFailure, JsonObject } from '../wires/conversation';
import { maskKeys } from '../wires/keyShapes';
import { SSE_DONE } from '../wires/sse';

export interface CursorErrorContext {
  /** What is left at the provider, for a failure for want of credit. */
  credit?: string;
  /** How people call the provider: the backend's name or title. */
  provider: string;
  /** The model name Cursor asked for. */
  model: string;
}

/**
 * The answer for a failure before the first byte: always HTTP 400 with `invalid_request_error`, since Cursor shows only
 * that (E1), an upstream's 401 and 403 included (E4). The caller keeps the true status in a header and the log (E3).
 */
export function cursorError(failure: ApiFailure, context: CursorErrorContext): { status: 400; body: JsonObject } {
  const code = failure.kind ? SAFE_CODES[failure.kind] : undefined;
  const param = failure.param ?? null;
  return {
    status: 400,
    body: {
      error: {
        message: failureSentence(failure, context),
        type: 'invalid_request_error',
        param: param && harmless(param),
        code: code ?? null,
      },
    },
  };
}

/** Cursor classifies what it reads, so only codes that mean what they say there (E2). */
const SAFE_CODES: Partial<Record<NonNullable<ApiFailure['kind']>, string>> = {
  contextLength: 'context_length_exceeded',
  notFound: 'model_not_found',
};

/**
 * One to three sentences: who, what happened with which status, what to do; then the provider's own words (E1, E2). What
 * the router itself refuses or observes is a sentence already.
 */
export function failureSentence(failure: ApiFailure, { provider, model, credit }: CursorErrorContext): string {
  const words = plainText(failure.message);
  if (failure.own && words !== '') return harmless(words);
  const { happened, advice } = describe(failure, provider, model);
  if (isObserved(failure) && words.includes(provider)) return harmless(`${words} ${advice}`);
  const status = failure.status >= 400 && failure.status !== 499 ? ` (HTTP ${failure.status})` : '';
  const said = words === '' ? '' : ` Its own words: ${words}`;
  const left = credit ? ` (${credit})` : '';
  return harmless(`${happened}${left}${status}. ${advice}${said}`);
}

/** Seen from our side of the connection, so the words are ours where they name the provider. */
function isObserved({ kind }: ApiFailure): boolean {
  return kind === 'timeout' || kind === 'network' || kind === 'protocol';
}

const LONGEST_QUOTE = 1_000;

function plainText(message: string): string {
  const text = maskKeys(message).replace(/\s+/g, ' ').trim();
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

function describe(failure: ApiFailure, provider: string, model: string): { happened: string; advice: string } {
  const wait = failure.retryAfterSeconds;
  const again = wait && wait > 0 ? `try again in ${inWords(wait)}` : 'try again in a moment';
  switch (failure.kind) {
    case 'rateLimit':
    case 'overloaded':
      return { happened: `${provider} is at its limit`, advice: capital(`${again}, or choose another model.`) };
    case 'quota':
      return {
        happened: `The account at ${provider} has no credit left`,
        advice: `Check the billing page of ${provider}, or choose another model.`,
      };
    case 'auth':
      return {
        happened: `${provider} did not accept the API key stored in LLM Router`,
        advice: `Set the key for ${provider} again in LLM Router; your key in Cursor is fine.`,
      };
    case 'permission':
      return {
        happened: `${provider} does not allow its API key to use ${model}`,
        advice: `Check the access rights of the key at ${provider}, or choose another model.`,
      };
    case 'notFound':
      return {
        happened: `${provider} does not know the model ${model}`,
        advice: 'Choose another model in Cursor, or correct the model in LLM Router.',
      };
    case 'notLoaded':
      return {
        happened: `${provider} has not loaded the model ${model}`,
        advice: 'Load it there (it may need more memory than is free), or choose another model.',
      };
    case 'contextLength':
      return {
        happened: `The conversation is too long for ${model}`,
        advice: 'Start a new chat, attach less, or choose a model with a larger window.',
      };
    case 'contentPolicy':
      return { happened: `${provider} refused this content`, advice: 'Change the request, or choose another model.' };
    case 'timeout':
      return { happened: `${provider} did not answer in time`, advice: capital(`${again}, or choose another model.`) };
    case 'network':
      return {
        happened: `The connection to ${provider} failed`,
        advice: 'Check the network and the address of the backend, then try again.',
      };
    case 'server':
    case 'protocol':
      return {
        happened: `${provider} had a problem of its own`,
        advice: capital(`${again}, or choose another model.`),
      };
    case 'cancelled':
      return { happened: 'The request was cancelled', advice: 'Send it again.' };
    case 'badRequest':
    case undefined:
      return {
        happened: `${provider} refused the request for ${model}`,
        advice: 'Change the request, or choose another model.',
      };
  }
}

function inWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  return whole < 5_400 ? `${Math.ceil(whole / 60)} min` : `${Math.ceil(whole / 3_600)} h`;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** Words that make Cursor show "User API Key Rate limit exceeded" instead of our text (E2). */
const MISREAD: readonly (readonly [RegExp, string])[] = [
  [/[\w-]{0,40}overload\w*/gi, 'busy'],
  [/[\w-]{0,40}rate[-_ ]?limit[-_ ]?(?:error|exceeded|reached)\w*/gi, 'limit reached'],
  [/\brate[-_ ]?limit(?:ed|ing|s)?\b/gi, 'limit'],
  [/[\w-]{0,40}upstream_failed\w*/gi, 'failed'],
  [/[\w-]{0,40}server_error\w*/gi, 'internal problem'],
];

/** The text without words that Cursor classifies (E2), also where they stand in a provider's message. */
function harmless(text: string): string {
  return MISREAD.reduce((result, [word, plain]) => result.replace(word, plain), text);
}

/** What makes Cursor compact a conversation by itself (E7, `cursor.contextOverflow: compact`): an empty answer, a full context. */
const COMPACT_TOKENS = 1_000_000;

/** The whole body of the 200 that stands for a context overflow: SSE text for a stream, else one chat.completion (E7). */
export function compactReply(stream: true, options: EmitterOptions): string;
export function compactReply(stream: false, options: EmitterOptions): JsonObject;
export function compactReply(stream: boolean, options: EmitterOptions): string | JsonObject;
export function compactReply(stream: boolean, { id, created, model }: EmitterOptions): string | JsonObject {
  const usage = { prompt_tokens: COMPACT_TOKENS, completion_tokens: 0, total_tokens: COMPACT_TOKENS };
  if (!stream) {
    const message = { role: 'assistant', content: '' };
    return {
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    };
  }
  const chunk = (rest: JsonObject) =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, ...rest })}\n\n`;
  const choice = (delta: JsonObject, finish_reason: string | null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  return [
    chunk(choice({ role: 'assistant', content: '' }, null)),
    chunk(choice({}, 'stop')),
    chunk({ choices: [], usage }),
    SSE_DONE,
  ].join('');
}
