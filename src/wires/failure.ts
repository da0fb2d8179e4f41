/** Failures of every provider in one neutral form, shared by all wires. */
import { keptAs, messageOf, textOf, type Words } from '../said';
import type { ApiFailure, FailureKind, JsonObject, JsonValue } from './conversation';
import { cut, type ErrorFields, MAX_BODY, parseBody, readError, sentenceOfText } from './errorBody';
import { jsonTextOf } from './jsonText';
import { maskKeys } from './keyShapes';
import { entryOf, filledString } from './read';
import { retryAfterOfHeaders, retryAfterOfText } from './retryAfter';
import { say } from './sentences';

const MAX_MESSAGE = 2000;

/** Words that tell a kind better than the status does; the first that fits wins. */
const BY_WORDS: readonly (readonly [FailureKind, RegExp])[] = [
  [
    'contextLength',
    /context[_ ]length[_ ]exceeded|exceed_context_size|prompt_tokens_exceeded|maximum (context|prompt) length|(exceeds?|exceeded|overflows?|larger than|longer than) (the |its |your )?(model'?s? |available |maximum |max )*(context|window|number of tokens)|exceed context limit|prompt is too long|input is too long|too long for (the )?(requested )?model|input token count .*exceeds|reduce the length of the (messages|prompt|input)|too many tokens in|context the overflows|max_new_tokens must be|request_too_large/i,
  ],
  [
    'contentPolicy',
    /content[_ ]policy|content[_ ](management|filter(ing)?)|content_filter|moderation|responsible ?ai|prohibited[_ ]content|content exists risk|safety (system|polic|filter|setting)|usage polic|invalid_prompt|was flagged|flagged (as|for|by)/i,
  ],
  [
    'quota',
    /budget[_ ]exceeded|budget has been exceeded|insufficient[_ ](quota|credits?|funds|balance)|billing_|credit balance is too low|more credits|can only afford|out of credits|spending limit|monthly limit|exceeded your current quota|payment required/i,
  ],
  [
    'overloaded',
    /overloaded|over capacity|at capacity|capacity[_ ]exceeded|slow_down|currently unavailable|high demand|server is busy/i,
  ],
];

/** Types and codes of the providers, letter for letter. */
const BY_CODE: Readonly<Record<string, FailureKind>> = {
  invalid_api_key: 'auth',
  authentication_error: 'auth',
  unauthenticated: 'auth',
  api_key_invalid: 'auth',
  permission_error: 'permission',
  permission_denied: 'permission',
  model_not_found: 'notFound',
  not_found_error: 'notFound',
  not_found: 'notFound',
  deploymentnotfound: 'notFound',
  rate_limit_exceeded: 'rateLimit',
  rate_limit_error: 'rateLimit',
  resource_exhausted: 'rateLimit',
  unavailable: 'overloaded',
  timeout_error: 'timeout',
  deadline_exceeded: 'timeout',
  server_error: 'server',
  api_error: 'server',
  internal: 'server',
  internal_error: 'server',
  internal_server_error: 'server',
  invalid_request_error: 'badRequest',
  invalid_argument: 'badRequest',
  failed_precondition: 'badRequest',
};

/**
 * Ollama says it with 500 (not enough memory, a broken or too new file), LM Studio with 400 or 404, llama.cpp's router with 500.
 * A runner that "has terminated" without more may have fallen over this one request: that is not meant.
 */
const NOT_LOADED =
  /model requires more system memory|(?:error loading|(?:failed|unable) to load) (?:the )?(?:model|llm)\b|\bmodel name=\S{1,300} failed to load|no models? loaded|model_load_failed/i;

/**
 * What kind of trouble an answer is. `status` is the HTTP status, or 200 for an error inside a stream; type and code
 * are the provider's own. Wording counts only where no plain login or address problem speaks already.
 */
export function classify(status: number, type?: string | null, code?: string | null, message?: string): FailureKind {
  const words = `${type ?? ''} ${code ?? ''} ${message ?? ''}`;
  if (status === 401) return 'auth';
  // A short-term limit of Gemini speaks of quota and billing as well; its own word is unambiguous.
  if (status === 429 && /resource_exhausted/i.test(words)) return 'rateLimit';
  if (NOT_LOADED.test(words)) return 'notLoaded';
  const tokens = /per (minute|day|hour)|\bTPM\b|\bRPM\b|rate.?limit/i.test(words);
  for (const [kind, pattern] of BY_WORDS) {
    if (kind === 'contextLength' && status === 429 && tokens) continue;
    if (pattern.test(words)) return kind;
  }
  if (/api key (not valid|expired)|(incorrect|invalid) api key/i.test(words)) return 'auth';
  if (
    status >= 400 &&
    status < 500 &&
    /model\b.{0,120}\b(not found|does not exist)|not a valid model|invalid model name/i.test(words)
  )
    return 'notFound';
  const known = kindOfStatus(status);
  // The status is the rule, the provider's word the exception: in a stream (200) and behind a vague 400 or 500.
  const said = entryOf(BY_CODE, (code ?? '').toLowerCase()) ?? entryOf(BY_CODE, (type ?? '').toLowerCase());
  if (status === 413) return /tokens?/i.test(words) ? 'contextLength' : 'badRequest';
  if (said && (status < 400 || status === 400 || status === 500)) return said;
  return known;
}

function kindOfStatus(status: number): FailureKind {
  switch (status) {
    case 402:
      return 'quota';
    case 403:
      return 'permission';
    case 404:
    case 410:
      return 'notFound';
    case 408:
    case 504:
    case 524:
      return 'timeout';
    case 429:
      return 'rateLimit';
    case 498:
    case 503:
    case 529:
      return 'overloaded';
    case 499:
      return 'cancelled';
    default:
      return status >= 400 && status < 500 ? 'badRequest' : 'server';
  }
}

/** HTTP status that fits a kind, for failures that came without one. */
const STATUS: Readonly<Record<FailureKind, number>> = {
  badRequest: 400,
  auth: 401,
  permission: 403,
  notFound: 404,
  notLoaded: 500,
  rateLimit: 429,
  quota: 402,
  overloaded: 503,
  server: 500,
  timeout: 504,
  network: 502,
  contextLength: 400,
  contentPolicy: 400,
  protocol: 502,
  cancelled: 499,
};

/**
 * Any error body (JSON of any provider, a web page, text, nothing) as a failure. Header names in lower case. `now` in
 * milliseconds serves dates in headers. The message is the provider's own sentence where it has one: bounded,
 * without anything that looks like a key.
 */
export function readFailure(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  now: number,
): ApiFailure {
  const text = body.slice(0, MAX_BODY).trim();
  const parsed = parseBody(text);
  const failure =
    parsed === undefined ? failureOf(status, {}, sentenceOfText(status, text)) : failureOf(status, readError(parsed));
  const waits = status === 429 || status >= 500 ? retryAfterOfHeaders(headers, now) : undefined;
  const wait = waits ?? failure.retryAfterSeconds;
  if (wait !== undefined) failure.retryAfterSeconds = wait;
  return failure;
}

/** An error that stood inside a stream or a 200 answer: the whole event or object, or the value of its `error`. */
export function failureOfEvent(value: JsonValue): ApiFailure {
  return failureOf(200, readError(value));
}

/** @param said what there is to read, where it is no error of an API. */
function failureOf(status: number, error: ErrorFields, said: Words = error.message?.trim() ?? ''): ApiFailure {
  const words = textOf(said) === '' ? (status < 400 ? say.brokeOffSilently : say.silent(status)) : said;
  // Cut before anything looks for words in it: an upstream may send megabytes.
  const message = cut(textOf(words), MAX_MESSAGE);
  const inner = status < 400 ? (error.status ?? 200) : status;
  const kind = classify(inner, error.type, error.code, message);
  const failure: ApiFailure = {
    status: inner < 400 ? STATUS[kind] : inner,
    ...messageOf(keptAs(words, maskKeys(message))),
    kind,
  };
  if (error.type !== undefined) failure.type = error.type;
  if (error.code !== undefined) failure.code = error.code;
  if (error.param !== undefined) failure.param = error.param;
  const details = error.details && jsonTextOf(error.details);
  // All of it or nothing: words for programs, of which nothing may look like a key.
  if (details && details.length <= MAX_MESSAGE && maskKeys(details) === details) failure.details = error.details!;
  const wait =
    error.retryAfterSeconds ?? (kind === 'rateLimit' || kind === 'overloaded' ? retryAfterOfText(message) : undefined);
  if (wait !== undefined) failure.retryAfterSeconds = wait;
  return failure;
}

/** OpenAI's error types by kind, for failures that brought none. */
const OPENAI_TYPES: Partial<Record<FailureKind, string>> = {
  badRequest: 'invalid_request_error',
  contextLength: 'invalid_request_error',
  contentPolicy: 'invalid_request_error',
  notFound: 'invalid_request_error',
  auth: 'authentication_error',
  permission: 'permission_error',
  rateLimit: 'rate_limit_error',
  quota: 'insufficient_quota',
};

const OPENAI_CODES: Partial<Record<FailureKind, string>> = {
  contextLength: 'context_length_exceeded',
  contentPolicy: 'content_policy_violation',
  auth: 'invalid_api_key',
  rateLimit: 'rate_limit_exceeded',
  quota: 'insufficient_quota',
  notFound: 'model_not_found',
};

/**
 * OpenAI's error object. Type and code of the provider stand where it gave them, else those that OpenAI uses for the
 * kind; a client that looks for `context_length_exceeded` finds it whoever failed.
 */
export function openAiError(failure: ApiFailure): JsonObject {
  const kind = failure.kind ?? classify(failure.status, failure.type, failure.code, failure.message);
  const wellKnown = kind === 'contextLength' || kind === 'contentPolicy' ? OPENAI_CODES[kind] : undefined;
  return {
    error: {
      message: failure.message,
      type: failure.type ?? OPENAI_TYPES[kind] ?? 'server_error',
      param: failure.param ?? null,
      code: wellKnown ?? failure.code ?? OPENAI_CODES[kind] ?? null,
    },
  };
}

/** Chat chunks where Responses was asked for: the setting is wrong, not the provider. */
export function chatForResponses(body: JsonObject): ApiFailure | undefined {
  if (!Array.isArray(body.choices) || body.output !== undefined || filledString(body.type)) return undefined;
  return {
    status: 502,
    kind: 'protocol',
    ...messageOf(say.chatForResponses),
  };
}
