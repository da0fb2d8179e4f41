/**
 * Reading and editing JSON as bytes, so that what nobody changes keeps its exact text (design §2.4): big integers,
 * key order, escapes, spaces. The scanner checks structure (brackets, commas, colons, literals, numbers, depth,
 * UTF-8) and leaves string bodies unread, which makes it several times faster than JSON.parse; a wrong escape or a
 * raw line break inside a string is left for whoever decodes that string.
 */
import { isUtf8 } from 'node:buffer';
import type { Said } from '../said';
import { say } from './sentences';

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** One `"key": value` of an object. All offsets are bytes, ends are exclusive. */
export interface JsonEntry {
  /** Unescaped. */
  key: string;
  /** Opening quote of the key. */
  entryStart: number;
  /** First byte of the value. */
  start: number;
  end: number;
  /** Same as `end`: the entry's span without any comma. */
  entryEnd: number;
  kind: JsonKind;
}

/** One value of an array. */
export interface JsonItem {
  start: number;
  end: number;
  kind: JsonKind;
}

/** Bytes `start`…`end` (exclusive) become `text`; equal offsets insert. */
export interface Edit {
  start: number;
  end: number;
  text: string | Buffer;
}

/**
 * Told of every string inside the values that a scan passes over, keys too: `length` bytes from `start`, as written. A
 * search for words beside the scan would read the bytes again, once for each word.
 */
export type StringSpotter = (bytes: Buffer, start: number, length: number) => void;

/** The bytes are not JSON (or not UTF-8, or nested too deep); `offset` is the byte where that shows. */
export class JsonTextError extends Error {
  readonly words: Said;

  constructor(
    what: Said,
    readonly offset: number,
  ) {
    const words = say.atByte(what, offset);
    super(words.text);
    this.words = words;
    this.name = 'JsonTextError';
  }
}

/** Brackets within brackets: far beyond any real request, far below what would exhaust a recursive reader. */
export const MAX_JSON_DEPTH = 512;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const BACKSLASH = 0x5c;

/**
 * Entries of an object, in order, repeated keys included. Without `start` the bytes must be one whole document (a
 * byte order mark and surrounding white space are fine); with it the object begins exactly there and what follows it
 * is not looked at.
 */
export function scanObject(
  bytes: Buffer,
  start?: number,
  maxDepth = MAX_JSON_DEPTH,
  spot?: StringSpotter,
): JsonEntry[] {
  let at = start ?? documentStart(bytes);
  if (bytes[at] !== OPEN_OBJECT) throw unexpected(bytes, at, 'an object');
  const entries: JsonEntry[] = [];
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_OBJECT) at++;
  else {
    for (;;) {
      if (bytes[at] !== QUOTE) throw unexpected(bytes, at, 'a quoted key');
      const entryStart = at;
      const keyEnd = skipString(bytes, at);
      at = skipSpace(bytes, keyEnd);
      if (bytes[at] !== COLON) throw unexpected(bytes, at, 'a colon');
      at = skipSpace(bytes, at + 1);
      const end = skipValue(bytes, at, maxDepth - 1, spot);
      const key = decodeString(bytes, entryStart, keyEnd);
      entries.push({ key, entryStart, start: at, end, entryEnd: end, kind: kindAt(bytes, at) });
      at = skipSpace(bytes, end);
      if (bytes[at] === CLOSE_OBJECT) break;
      if (bytes[at] !== COMMA) throw unexpected(bytes, at, 'a comma or }');
      at = skipSpace(bytes, at + 1);
    }
    at++;
  }
  if (start === undefined) expectDocumentEnd(bytes, at);
  return entries;
}

/** Items of the array that begins at `start`; what follows it is not looked at. */
export function scanArray(bytes: Buffer, start: number, maxDepth = MAX_JSON_DEPTH): JsonItem[] {
  return [...itemsOf(bytes, start, maxDepth)];
}

/** The same one by one: who stops early reads no further. */
export function* itemsOf(bytes: Buffer, start: number, maxDepth = MAX_JSON_DEPTH): Generator<JsonItem, void> {
  if (bytes[start] !== OPEN_ARRAY) throw unexpected(bytes, start, 'an array');
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === CLOSE_ARRAY) return;
  for (;;) {
    const end = skipValue(bytes, at, maxDepth - 1);
    yield { start: at, end, kind: kindAt(bytes, at) };
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_ARRAY) return;
    if (bytes[at] !== COMMA) throw unexpected(bytes, at, 'a comma or ]');
    at = skipSpace(bytes, at + 1);
  }
}

/** Text of a string value, unescaped. Throws JsonTextError when it is no string or holds a wrong escape. */
export function readString(bytes: Buffer, value: { start: number; end: number }): string {
  if (bytes[value.start] !== QUOTE) throw unexpected(bytes, value.start, 'a string');
  return decodeString(bytes, value.start, value.end);
}

/** Copy of `bytes` with the edits made; every other byte stays. Edits may come in any order but must not overlap. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  return edits.length === 0 ? bytes : Buffer.concat(splicePieces(bytes, edits));
}

/** The same, not joined: views of the text and what stands between them. For bodies that are too big to copy for an edit. */
export function splicePieces(bytes: Buffer, edits: readonly Edit[]): Buffer[] {
  if (edits.length === 0) return [bytes];
  // The sort is stable: several insertions at one place stay in the order given, before an edit that starts there.
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const pieces: Buffer[] = [];
  let done = 0;
  for (const { start, end, text } of sorted) {
    if (start < done || end < start || end > bytes.length) {
      throw new RangeError(`edit ${start}-${end} overlaps another one or lies outside the text`);
    }
    pieces.push(bytes.subarray(done, start), typeof text === 'string' ? Buffer.from(text) : text);
    done = end;
  }
  pieces.push(bytes.subarray(done));
  return pieces.filter((piece) => piece.length > 0);
}

export interface ObjectChanges {
  /** Indexes into the entries. */
  remove?: ReadonlySet<number>;
  /** JSON text of the new entries, added behind the last one that stays. */
  append?: readonly (readonly [key: string, jsonText: string])[];
}

/**
 * Edits that remove and append entries of one object together with the right commas, whichever of them go: some, all,
 * first, last. May be combined with edits of the values that stay. `objectStart` is needed only for a nested object
 * without entries.
 */
export function editObject(
  bytes: Buffer,
  entries: readonly JsonEntry[],
  changes: ObjectChanges,
  objectStart?: number,
): Edit[] {
  const gone = (index: number) => changes.remove?.has(index) === true;
  const edits: Edit[] = [];
  let last: JsonEntry | undefined;
  for (let from = 0; from < entries.length; from++) {
    if (!gone(from)) {
      last = entries[from];
      continue;
    }
    let to = from;
    while (to + 1 < entries.length && gone(to + 1)) to++;
    // A run goes with the comma before it; a run at the front with the comma behind it.
    const start = last ? last.entryEnd : entries[0]!.entryStart;
    const end = last || to === entries.length - 1 ? entries[to]!.entryEnd : entries[to + 1]!.entryStart;
    edits.push({ start, end, text: '' });
    from = to;
  }
  if (changes.append && changes.append.length > 0) {
    const added = changes.append.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',');
    const at = last?.entryEnd ?? entries[0]?.entryStart ?? (objectStart ?? documentStart(bytes)) + 1;
    edits.push({ start: at, end: at, text: last ? `,${added}` : added });
  }
  return edits;
}

/** JSON text of a value; '' when it is nested so deep that writing it would exhaust the stack (reading it does not). */
export function jsonTextOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

function documentStart(bytes: Buffer): number {
  if (!isUtf8(bytes)) throw new JsonTextError(say.notUtf8, 0);
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return skipSpace(bytes, mark ? 3 : 0);
}

function expectDocumentEnd(bytes: Buffer, at: number): void {
  at = skipSpace(bytes, at);
  if (at < bytes.length) throw unexpected(bytes, at, 'nothing more');
}

function skipSpace(bytes: Buffer, at: number): number {
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/** Bytes looked at one by one before the search for a far quote. */
const NEAR = 10;

/** `at` is the opening quote; returns the offset behind the closing one. */
function skipString(bytes: Buffer, at: number, spot?: StringSpotter): number {
  let from = at + 1;
  for (;;) {
    // Most strings are short, and so is the way to the next escaped quote: a look here costs less than a call.
    const near = Math.min(from + NEAR, bytes.length);
    let quote = from;
    while (quote < near && bytes[quote] !== QUOTE) quote++;
    if (quote === near) quote = bytes.indexOf(QUOTE, near);
    if (quote === -1) throw new JsonTextError(say.stringHasNoEnd, at);
    let before = quote - 1;
    while (before > at && bytes[before] === BACKSLASH) before--;
    // An even number of backslashes before the quote escape each other, an odd one escapes the quote.
    if (((quote - before) & 1) === 1) {
      if (spot) spot(bytes, at + 1, quote - at - 1);
      return quote + 1;
    }
    from = quote + 1;
  }
}

/** Iterative on purpose: hostile nesting must not reach the stack. Returns the offset behind the value. */
function skipValue(bytes: Buffer, at: number, depthLeft: number, spot?: StringSpotter): number {
  // The closing bracket that is owed, 0 outside all of them; behind it those around it, innermost last.
  let close = 0;
  const outer: number[] = [];
  for (;;) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (outer.length >= depthLeft) throw new JsonTextError(say.tooDeep, at);
      at = skipSpace(bytes, at + 1);
      if (bytes[at] === byte + 2) at++;
      else {
        outer.push(close);
        close = byte + 2;
        if (close === CLOSE_OBJECT) at = skipKey(bytes, at, spot);
        continue;
      }
    } else if (byte === QUOTE) at = skipString(bytes, at, spot);
    else at = skipPrimitive(bytes, at);

    for (;;) {
      if (close === 0) return at;
      at = skipSpace(bytes, at);
      if (bytes[at] === close) {
        close = outer.pop()!;
        at++;
      } else if (bytes[at] === COMMA) {
        at = skipSpace(bytes, at + 1);
        if (close === CLOSE_OBJECT) at = skipKey(bytes, at, spot);
        break;
      } else throw unexpected(bytes, at, close === CLOSE_OBJECT ? 'a comma or }' : 'a comma or ]');
    }
  }
}

/** Key, colon and the spaces around it; returns the first byte of the value. */
function skipKey(bytes: Buffer, at: number, spot?: StringSpotter): number {
  if (bytes[at] !== QUOTE) throw unexpected(bytes, at, 'a quoted key');
  at = skipSpace(bytes, skipString(bytes, at, spot));
  if (bytes[at] !== COLON) throw unexpected(bytes, at, 'a colon');
  return skipSpace(bytes, at + 1);
}

const LITERALS: Readonly<Record<number, string>> = { 116: 'true', 102: 'false', 110: 'null' };

function skipPrimitive(bytes: Buffer, at: number): number {
  const literal = LITERALS[bytes[at] ?? 0];
  if (literal === undefined) return skipNumber(bytes, at);
  for (let i = 1; i < literal.length; i++) {
    if (bytes[at + i] !== literal.charCodeAt(i)) throw unexpected(bytes, at + i, literal);
  }
  return at + literal.length;
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;

function skipNumber(bytes: Buffer, at: number): number {
  if (bytes[at] === 0x2d && isDigit(bytes[at + 1])) at++;
  if (!isDigit(bytes[at])) throw unexpected(bytes, at, 'a value');
  if (bytes[at] === 0x30) at++;
  else at = skipDigits(bytes, at);
  if (bytes[at] === 0x2e) at = skipDigits(bytes, at + 1);
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d ? 1 : 0;
    at = skipDigits(bytes, at + 1 + sign);
  }
  return at;
}

function skipDigits(bytes: Buffer, at: number): number {
  if (!isDigit(bytes[at])) throw unexpected(bytes, at, 'a digit');
  while (isDigit(bytes[at])) at++;
  return at;
}

function kindAt(bytes: Buffer, at: number): JsonKind {
  switch (bytes[at]) {
    case OPEN_OBJECT:
      return 'object';
    case OPEN_ARRAY:
      return 'array';
    case QUOTE:
      return 'string';
    case 0x74:
    case 0x66:
      return 'boolean';
    case 0x6e:
      return 'null';
    default:
      return 'number';
  }
}

function decodeString(bytes: Buffer, start: number, end: number): string {
  const inner = bytes.subarray(start + 1, end - 1);
  if (!inner.includes(BACKSLASH)) return inner.toString('utf8');
  try {
    return JSON.parse(bytes.toString('utf8', start, end)) as string;
  } catch {
    throw new JsonTextError(say.wrongEscape, start);
  }
}

function unexpected(bytes: Buffer, at: number, wanted: string): JsonTextError {
  return new JsonTextError(at >= bytes.length ? say.endsWhere(wanted) : say.expected(wanted), at);
}
