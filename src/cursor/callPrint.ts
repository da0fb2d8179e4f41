/** Arguments of a call in a form that survives what Cursor and we do to them on the way. */
import type { JsonValue } from '../wires/conversation';
import { parseObject } from '../wires/read';

/**
 * JSON with sorted keys, so that an object which was taken apart and written again (dialect C) stays the same; text
 * that is no JSON object as it stands. `cloud_base_branch` is left out, since R16 may have taken it away.
 */
export function canonicalArguments(text: string): string {
  const value = parseObject(text);
  if (!value) return text.trim() === '' ? '{}' : text;
  const { cloud_base_branch: _, ...kept } = value;
  return JSON.stringify(sorted(kept));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] as JsonValue)]),
  );
}
