/** Our own JSON: the keys of settings.json without their prefix, nested or dotted. */

import { error } from '../../settings/checkBackend';
import type { Found, Segment } from '../../settings/path';
import { isObject } from '../../wires/read';
import { say } from '../sentences';
import type { FileContent } from './loaded';

const PREFIX = 'llmRouter.';

/**
 * Settings of an own file. `"tunnel.provider"` and `"llmRouter.tunnel.provider"`, as they stand in settings.json, mean the same
 * as `"tunnel": {"provider": …}`, so that a person can move settings by copying lines.
 */
export function ownSettings(value: unknown): FileContent {
  if (!isObject(value)) return { settings: value, secrets: {}, found: [], placeOf: (at) => at };
  const settings: Record<string, unknown> = {};
  const found: Found[] = [];
  const written = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (key === '$schema') continue;
    const path = (key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key).split('.');
    written.set(path.join('.'), key);
    if (!put(settings, path, item)) found.push({ ...error([key], say.writtenTwice(key)), key: true });
  }
  return { settings, secrets: {}, found, placeOf: (at) => placeOf(at, written) };
}

function placeOf(at: readonly Segment[], written: ReadonlyMap<string, string>): readonly Segment[] {
  for (let length = at.length; length > 0; length -= 1) {
    const key = written.get(at.slice(0, length).join('.'));
    if (key !== undefined) return [key, ...at.slice(length)];
  }
  return at;
}

/** False when something stands there already. */
function put(into: Record<string, unknown>, [head = '', ...rest]: readonly string[], item: unknown): boolean {
  const there = Object.hasOwn(into, head) ? into[head] : undefined;
  if (rest.length > 0) {
    if (there !== undefined && !isObject(there)) return false;
    const inside = { ...there };
    define(into, head, inside);
    return put(inside, rest, item);
  }
  if (there === undefined) define(into, head, item);
  else if (!isObject(there) || !isObject(item)) return false;
  else return Object.entries(item).every(([key, value]) => put(there, [key], value));
  return true;
}

/** As an own property, also when it is called `__proto__`. */
function define(into: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(into, key, { value, enumerable: true, writable: true, configurable: true });
}
