/** The shared cases of test/fixtures/cursor, and small tools for their adapters. */
import { readFileSync } from 'node:fs';
import type { EmitTarget } from '../../src/wires/codec';
import type { JsonObject, JsonValue } from '../../src/wires/conversation';
import { ableTarget } from './emitTarget';

export interface CursorCase {
  name: string;
  kind: string;
  note: string;
  // The shape differs from file to file; each adapter knows its own.
  input: { [key: string]: JsonValue };
  expect: { [key: string]: JsonValue };
}

export function casesOf(file: string): CursorCase[] {
  return (JSON.parse(readFileSync(`test/fixtures/cursor/${file}.json`, 'utf8')) as { cases: CursorCase[] }).cases;
}

export function caseOf(file: string, name: string): CursorCase {
  const found = casesOf(file).find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name} in ${file}`);
  return found;
}

/** An upstream that takes everything but `metadata` and `user`. */
export function openTarget(more: Partial<EmitTarget> = {}): EmitTarget {
  return {
    ...ableTarget,
    model: 'upstream-model',
    metadata: false,
    maxIdLength: 64,
    maxTokensField: 'max_tokens',
    ...more,
  };
}

/** Value at a path such as `tools[0].function.name`. */
export function at(value: JsonValue | undefined, path: string): JsonValue | undefined {
  return path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce<JsonValue | undefined>((inner, key) => (inner as JsonObject | undefined)?.[key], value);
}

/** `value` in another order of keys is the same; `undefined` entries count as absent. */
export function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
}

export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}
