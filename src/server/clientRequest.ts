/** What a client sent, read no further than needed: top-level spans first, whole values only when a rule asks (design §2.4). */

import { RequestProblem } from '../wires/codec';
import type { JsonObject } from '../wires/conversation';
import { type JsonEntry, JsonTextError, readString, scanObject } from '../wires/jsonText';

export interface ClientRequest {
  bytes: Buffer;
  entries: readonly JsonEntry[];
  /** Name as written; undefined when missing, null or empty. */
  model: string | undefined;
  stream: boolean;
  /** The client asked for usage in its stream. */
  includeUsage: boolean;
  entry(key: string): JsonEntry | undefined;
  /** The parsed value of one top-level entry. */
  value(key: string): unknown;
  /** The whole body, parsed once, on first use. */
  body(): JsonObject;
}

/** @throws RequestProblem with a sentence for the client. */
export function readClientRequest(bytes: Buffer): ClientRequest {
  let entries: JsonEntry[];
  try {
    entries = scanObject(bytes);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new RequestProblem(`The request body is not valid JSON: ${error.message}.`);
  }
  // With a repeated key the last one counts, as everywhere; only a repeated model could hide something.
  const last = new Map<string, JsonEntry>();
  for (const entry of entries) {
    if (entry.key === 'model' && last.has('model')) {
      throw new RequestProblem('The request names "model" twice. Send it once.', 'model');
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
    throw new RequestProblem('"model" must be a string.', 'model');
  }
  const stream = last.get('stream');
  if (stream && stream.kind !== 'boolean' && stream.kind !== 'null') {
    throw new RequestProblem('"stream" must be true or false.', 'stream');
  }
  const options =
    last.get('stream_options')?.kind === 'object'
      ? (value('stream_options') as { include_usage?: unknown })
      : undefined;
  return {
    bytes,
    entries,
    model: model?.kind === 'string' ? readString(bytes, model).trim() || undefined : undefined,
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

function parseSpan(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    // V8 quotes the input in its message; a prompt has no place in an error.
    throw new RequestProblem('The request body is not valid JSON: a string holds a wrong escape or a raw line break.');
  }
}
