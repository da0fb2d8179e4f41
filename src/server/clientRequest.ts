/** What a client sent, read no further than needed: top-level spans first, whole values only when a rule asks (design §2.4). */

import { ANTHROPIC_WORDS } from '../cursor/detect';
import { RequestProblem } from '../wires/codec';
import type { JsonObject } from '../wires/conversation';
import { type JsonEntry, JsonTextError, scanObject } from '../wires/jsonText';
import { SEAL_MARK } from '../wires/sealedReasoning';
import { say } from './sentences';

export interface ClientRequest {
  bytes: Buffer;
  entries: readonly JsonEntry[];
  /** Name as written; undefined when missing, null or empty. */
  model: string | undefined;
  stream: boolean;
  /** A string that only an Anthropic-shaped body has stands somewhere in it (D3). */
  anthropicWord: boolean;
  /** Reasoning of another provider that we sealed stands somewhere in it (S7). */
  sealed: boolean;
  /** The client asked for usage in its stream. */
  includeUsage: boolean;
  entry(key: string): JsonEntry | undefined;
  /** The parsed value of one top-level entry. */
  value(key: string): unknown;
  /** The whole body, parsed once, on first use. */
  body(): JsonObject;
}

/** Fields of a body; what edits them looks at each. No API has a tenth of that. */
const MOST_FIELDS = 1_000;

/** @throws RequestProblem with a sentence for the client. */
export function readClientRequest(bytes: Buffer): ClientRequest {
  let entries: JsonEntry[];
  const spotted = { anthropicWord: false, sealed: false };
  try {
    entries = scanObject(bytes, undefined, undefined, (text, start, length) => spot(spotted, text, start, length));
  } catch (error) {
    throw asProblem(error);
  }
  if (entries.length > MOST_FIELDS) throw new RequestProblem(say.tooManyFields(MOST_FIELDS, entries.length));
  // With a repeated key the last one counts, as everywhere; only a repeated model could hide something.
  const last = new Map<string, JsonEntry>();
  for (const entry of entries) {
    if (entry.key === 'model' && last.has('model')) {
      throw new RequestProblem(say.namedTwice('model'), 'model');
    }
    last.set(entry.key, entry);
  }
  const value = (key: string): unknown => {
    const entry = last.get(key);
    return entry && parseSpan(bytes, entry.start, entry.end);
  };
  let whole: JsonObject | undefined;

  const model = last.get('model');
  if (model && model.kind !== 'string' && model.kind !== 'null') {
    throw new RequestProblem(say.modelNoString, 'model');
  }
  const stream = last.get('stream');
  if (stream && stream.kind !== 'boolean' && stream.kind !== 'null') {
    throw new RequestProblem(say.streamNoBoolean, 'stream');
  }
  const options =
    last.get('stream_options')?.kind === 'object'
      ? (value('stream_options') as { include_usage?: unknown })
      : undefined;
  return {
    bytes,
    entries,
    ...spotted,
    model: model?.kind === 'string' ? (value('model') as string).trim() || undefined : undefined,
    stream: stream?.kind === 'boolean' && bytes[stream.start] === 0x74,
    includeUsage: options?.include_usage === true,
    entry: (key) => last.get(key),
    value,
    body() {
      whole ??= parseSpan(bytes, bytes[0] === 0xef ? 3 : 0, bytes.length) as JsonObject;
      return whole;
    },
  };
}

/** JSON that shows to be none where it is read further, told to whoever sent it (E8); any other error stays what it is. */
export function asProblem(error: unknown): unknown {
  return error instanceof JsonTextError ? new RequestProblem(say.notJson(error.words)) : error;
}

/** The parsed value of a span of a request. @throws RequestProblem for a wrong escape. */
export function parseSpan(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    // V8 quotes the input in its message; a prompt has no place in an error.
    throw new RequestProblem(say.wrongEscape);
  }
}

const WORDS = ANTHROPIC_WORDS.map((word) => Buffer.from(word));
const SEAL = Buffer.from(SEAL_MARK);
const LOWER_L = 0x6c;

/** Seen on the way, for the price of a comparison of lengths: every string of the body comes by here. */
function spot(
  spotted: { anthropicWord: boolean; sealed: boolean },
  bytes: Buffer,
  start: number,
  length: number,
): void {
  if (length > SEAL.length) {
    if (
      bytes[start] === LOWER_L &&
      bytes[start + 1] === LOWER_L &&
      SEAL.equals(bytes.subarray(start, start + SEAL.length))
    ) {
      spotted.sealed = true;
    }
    return;
  }
  if (spotted.anthropicWord || length < 8) return;
  for (const word of WORDS) {
    if (word.length === length && word.equals(bytes.subarray(start, start + length))) spotted.anthropicWord = true;
  }
}
