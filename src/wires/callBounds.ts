/** What a provider's tool calls may cost: how many one answer may bring, and how it is told that their arguments are whole. */
import { messageOf } from '../said';
import type { ApiFailure } from './conversation';
import { say } from './sentences';

/** No model calls so often in one answer; what pairs calls with ids and results looks at each for each. */
export const MOST_CALLS = 1_000;

export function tooManyCalls(): ApiFailure {
  return {
    status: 502,
    kind: 'protocol',
    ...messageOf(say.tooManyCalls(MOST_CALLS.toLocaleString('en-US'))),
  };
}

/** A call that names no tool: it cannot be run, and an answer without it would not be what the model said. */
export function namelessCall(): ApiFailure {
  return { status: 502, kind: 'protocol', ...messageOf(say.namelessCall) };
}

/** Longest number or literal that is looked at as JSON by itself. */
const LONGEST_WORD = 64;

/** Follows a JSON text that comes in pieces, so that asking after each of them does not read all of it again. */
export interface JsonWatch {
  add(piece: string): void;
  /** `text`: all pieces so far. */
  isWhole(text: string): boolean;
}

export function createJsonWatch(): JsonWatch {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let closed = false;
  let behind = false;
  let verdict: boolean | undefined;

  function close(): void {
    depth--;
    closed = depth <= 0;
  }
  function read(code: number): void {
    if (inString) {
      if (escaped) escaped = false;
      else if (code === BACKSLASH) escaped = true;
      else if (code === QUOTE) {
        inString = false;
        if (depth === 0) closed = true;
      }
      return;
    }
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) return;
    // Whatever follows a value that was over makes it none, for good.
    if (closed) behind = true;
    else if (code === QUOTE) inString = true;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) close();
  }

  return {
    add(piece) {
      if (piece === '') return;
      const wasClosed = closed;
      for (let at = 0; at < piece.length && !behind; at++) read(piece.charCodeAt(at));
      if (!wasClosed || behind) verdict = undefined;
    },
    isWhole(text) {
      if (behind || depth > 0 || inString || (!closed && text.length > LONGEST_WORD)) return false;
      verdict ??= isJson(text);
      return verdict;
    },
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
