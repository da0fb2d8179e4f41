/** Reads error bodies: what the provider says, whatever form it says it in. */
import type { Words } from '../said';
import type { JsonObject, JsonValue } from './conversation';
import { jsonTextOf } from './jsonText';
import { arrayOf, filledString, isObject, numberOf, objectOf, stringOf } from './read';
import { bounded, duration } from './retryAfter';
import { say } from './sentences';

/** Characters of a body that are looked at. */
export const MAX_BODY = 256 * 1024;
/** Errors within errors; beyond it somebody is playing. */
const MAX_DEPTH = 4;

export interface ErrorFields {
  message?: string | undefined;
  type?: string | undefined;
  code?: string | undefined;
  param?: string | undefined;
  status?: number | undefined;
  details?: JsonObject | undefined;
  retryAfterSeconds?: number | undefined;
}

/** The JSON of a body; undefined when it is none. */
export function parseBody(text: string): JsonValue | undefined {
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Fields of an error in any provider's form; looks one level into OpenRouter's raw answer of the real provider. */
export function readError(value: JsonValue, depth = 0): ErrorFields {
  if (depth > MAX_DEPTH) return {};
  if (typeof value === 'string') return { message: value };
  // Gemini's OpenAI-compatible endpoint wraps its error in a list.
  if (Array.isArray(value)) return value.length > 0 ? readError(value[0] as JsonValue, depth + 1) : {};
  if (!isObject(value)) return {};
  const nested = value.error;
  if (typeof nested === 'string' && nested !== '')
    return { message: filledString(value.message) ?? nested, code: filledString(value.code) };
  const error = objectOf(nested) ?? objectOf(arrayOf(value.errors)[0]) ?? refusedBase(value) ?? value;
  const code = error.code ?? error.error_code;
  const innerCode = stringOf(objectOf(error.innererror)?.code);
  const fields: ErrorFields = {
    message: messageOf(error) ?? messageOf(value),
    // In a stream `type: "error"` names the event, not the kind of error.
    type: error.type === 'error' ? undefined : (filledString(error.type) ?? filledString(error.status)),
    code: innerCode ?? (typeof code === 'number' ? String(code) : filledString(code)),
    param: filledString(error.param),
    status: httpStatus(code) ?? httpStatus(error.status) ?? httpStatus(error.statusCode) ?? httpStatus(error.http_code),
    details: objectOf(error.details),
    retryAfterSeconds: retryInfo(error),
  };
  return depth > 1 ? fields : withRaw(fields, objectOf(error.metadata));
}

/** MiniMax answers 200 with this in the place of an error; 0 is none (OpenMausBot#1200). */
export function refusedBase(value: JsonObject): JsonObject | undefined {
  const { status_code: code, status_msg: message } = objectOf(value.base_resp) ?? {};
  return typeof code === 'number' && code !== 0 ? { code, message: message ?? null } : undefined;
}

/** OpenRouter says "Provider returned error" and puts what the provider said into `metadata.raw`. */
function withRaw(fields: ErrorFields, metadata: JsonObject | undefined): ErrorFields {
  const raw = metadata?.raw;
  if (metadata === undefined || raw === undefined || raw === null) return fields;
  const parsed = typeof raw === 'string' ? (parseBody(raw.slice(0, MAX_BODY).trim()) ?? raw) : raw;
  const said = readError(parsed, 2);
  if (!said.message) return fields;
  const provider = filledString(metadata.provider_name);
  return {
    ...fields,
    message: `${provider ? `${provider}: ` : ''}${said.message}`,
    type: said.type ?? fields.type,
    code: said.code ?? fields.code,
    retryAfterSeconds: said.retryAfterSeconds ?? fields.retryAfterSeconds,
  };
}

function messageOf(error: JsonObject, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  for (const key of ['message', 'Message', 'detail', 'error_description', 'msg', 'title', 'reason']) {
    const value = error[key];
    if (typeof value === 'string' && value.trim() !== '') return value;
    // FastAPI: a list of {loc, msg}; Mistral nests that under message.
    if (Array.isArray(value)) {
      const lines = value.flatMap((item) =>
        isObject(item) ? [detailLine(item, depth)] : typeof item === 'string' ? [item] : [],
      );
      if (lines.length > 0) return lines.slice(0, 5).join('; ');
    } else if (isObject(value)) return messageOf(value, depth + 1) ?? jsonTextOf(value);
  }
  return undefined;
}

function detailLine(item: JsonObject, depth: number): string {
  const where = arrayOf(item.loc).join('.');
  const what = messageOf(item, depth + 1) ?? jsonTextOf(item);
  return where ? `${where}: ${what}` : what;
}

/** Google's `details: [{"@type": "…RetryInfo", "retryDelay": "34s"}]`. */
function retryInfo(error: JsonObject): number | undefined {
  for (const detail of arrayOf(error.details)) {
    const delay = stringOf(objectOf(detail)?.retryDelay);
    if (delay !== undefined) return bounded(duration(delay));
  }
  return bounded(numberOf(error.retry_after) ?? numberOf(objectOf(error.metadata)?.retry_after_seconds));
}

function httpStatus(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= 400 && number <= 599 ? number : undefined;
}

/** A web page or plain text as a sentence. */
export function sentenceOfText(status: number, text: string): Words {
  if (text === '') return '';
  if (/^<(!doctype|html|head|\?xml)/i.test(text)) {
    const title = /<title[^>]{0,200}>([^<]{1,200})<\/title>/i
      .exec(text.slice(0, 8192))?.[1]
      ?.replace(/\s+/g, ' ')
      .trim();
    return say.webPage(status, title || undefined);
  }
  return cut(text.replace(/\s+/g, ' '), 500);
}

export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
