/** Small readers for JSON of unknown shape: what is not there, or of another kind, is undefined. */
import type { JsonObject, JsonValue } from './conversation';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function stringOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A string with something in it. */
export function filledString(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function booleanOf(value: JsonValue | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function arrayOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The entry of a table of ours under a name from outside: what every object inherits (`constructor`) is none. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The object without the named keys; undefined when nothing is left. */
export function rest(value: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  const left = Object.entries(value).filter(([key]) => !known.has(key));
  // fromEntries, as a key may be `__proto__`.
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}

/** Parses JSON text that should be an object; undefined when it is anything else. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
