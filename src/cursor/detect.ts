/** Whether a request is Cursor's (design §2.6) and which dialect its body speaks (D1–D4, T8). */
import type { Said } from '../said';
import type { JsonObject, JsonValue } from '../wires/conversation';
import type { JsonEntry } from '../wires/jsonText';
import { arrayOf, filledString, isObject, stringOf } from '../wires/read';
import { say } from './sentences';

export interface RequestSigns {
  /** Lower-case names, as node:http gives them. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Path of the URL, with or without query. */
  path: string;
  /** The body, or what `glanceAtBody` saw of it. */
  body?: JsonObject;
}

/**
 * Only chat/completions can be Cursor's: the layer answers in that format, and Cursor calls nothing else to chat
 * (T6). There, any of the signs of design §2.6 will do; `always` and `never` overrule them.
 */
export function isCursorRequest(signs: RequestSigns, mode: 'auto' | 'always' | 'never'): boolean {
  const path = signs.path.replace(/[?#].*$/s, '').toLowerCase();
  if (mode === 'never' || !/\/chat\/completions\/?$/.test(path)) return false;
  if (mode === 'always' || path.includes('/cursor')) return true;
  const agent = signs.headers['user-agent'];
  if (typeof agent === 'string' && /^cursor\//i.test(agent)) return true;
  if (Object.keys(signs.headers).some((name) => name.startsWith('x-cursor-') && signs.headers[name] !== undefined))
    return true;
  return signs.body !== undefined && (hasCursorMetadata(signs.body) || isForeignBody(signs.body));
}

const BIG = ['messages', 'tools', 'input'] as const;
/** Strings that only an Anthropic-shaped body has as such; inside another string their quotes would be escaped. */
export const ANTHROPIC_WORDS = ['tool_use', 'tool_result', 'input_schema'] as const;

/**
 * A body for `isCursorRequest` without parsing what is big: long lists without a foreign word in them are stood in for
 * by `[null]`. `entries` are the top-level entries of `bytes`;
 * `foreign` tells, where a scan has seen it already, whether one of the words is there.
 */
export function glanceAtBody(bytes: Buffer, entries: readonly JsonEntry[], foreign?: boolean): JsonObject {
  const seen: JsonObject = {};
  for (const { key, start, end, kind } of entries) {
    const big = kind === 'array' && end - start > 2 && (BIG as readonly string[]).includes(key);
    const slice = bytes.subarray(start, end);
    if (big && !(foreign ?? ANTHROPIC_WORDS.some((word) => slice.includes(`"${word}"`)))) seen[key] = [null];
    else seen[key] = parseValue(slice.toString('utf8'));
  }
  return seen;
}

/** A wrong escape inside a string is reported by whoever needs the value. */
function parseValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

function hasCursorMetadata({ metadata }: JsonObject): boolean {
  return isObject(metadata) && Object.keys(metadata).some((key) => /^cursor/i.test(key));
}

/** A Responses- or Anthropic-shaped body, which no ordinary client sends to chat/completions. */
function isForeignBody(body: JsonObject): boolean {
  const detected = detectDialect(body);
  return 'dialect' in detected && detected.dialect !== 'A';
}

export type Dialect = 'A' | 'B' | 'C';
export type Detection = { dialect: Dialect } | { problem: Said };

const RESPONSES_MARKERS = ['previous_response_id', 'instructions', 'reasoning', 'text', 'truncation'] as const;

/**
 * The dialect, from the body alone (D1): non-empty `messages` → A or C; else an `input` → B; with neither, a body that
 * has nothing but Responses fields counts as B and fails there when no text results. Everything else is a problem to
 * answer with 400 (D4).
 */
export function detectDialect(body: JsonValue): Detection {
  if (!isObject(body)) return { problem: say.noObject };
  if (Array.isArray(body.messages) && body.messages.length > 0) return { dialect: hasAnthropicMarks(body) ? 'C' : 'A' };
  if (body.input !== undefined && body.input !== null) return { dialect: 'B' };
  if (body.messages === undefined && RESPONSES_MARKERS.some((key) => body[key] !== undefined && body[key] !== null)) {
    return { dialect: 'B' };
  }
  return {
    problem: say.noMessages,
  };
}

/** C markers (D3). They only label: the rules act on each level, whatever the label says. */
function hasAnthropicMarks(body: JsonObject): boolean {
  if (body.system !== undefined && body.system !== null) return true;
  const choice = body.tool_choice;
  if (isObject(choice) && (choice.type === 'auto' || choice.type === 'any' || choice.type === 'tool')) return true;
  if (arrayOf(body.tools).some((tool) => isObject(tool) && tool.input_schema !== undefined)) return true;
  return arrayOf(body.messages).some(
    (message) =>
      isObject(message) &&
      arrayOf(message.content).some(
        (part) => isObject(part) && (part.type === 'tool_use' || part.type === 'tool_result'),
      ),
  );
}

const KEY_CHECK_TEXT = /^testing\.\s+just say hi and nothing else\.?$/i;

/** Cursor's key check: the one-line chat it sends to see whether a key works (T8), in any dialect. */
export function isKeyCheck(body: JsonObject): boolean {
  const detected = detectDialect(body);
  if ('problem' in detected || arrayOf(body.tools).length > 0) return false;
  const source = detected.dialect === 'B' ? body.input : body.messages;
  if (typeof source === 'string') return KEY_CHECK_TEXT.test(source.trim());
  const messages = arrayOf(source).filter(isObject);
  const users = messages.filter((message) => message.role === 'user');
  const text = textOf(users[0]?.content);
  return messages.length <= 2 && users.length === 1 && text !== undefined && KEY_CHECK_TEXT.test(text.trim());
}

function textOf(content: JsonValue | undefined): string | undefined {
  if (typeof content === 'string') return content;
  const [part, more] = arrayOf(content);
  return more === undefined && isObject(part) ? filledString(part.text) : stringOf(content);
}
