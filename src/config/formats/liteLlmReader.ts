/** Reading values of a LiteLLM file: `os.environ/NAME` anywhere, and a warning for whatever has no counterpart here. */

import type { Said } from '../../said';
import { warning } from '../../settings/checkBackend';
import type { Found, Segment } from '../../settings/path';
import { isObject } from '../../wires/read';
import { say } from '../sentences';
import type { Environment } from './loaded';

export interface Reader {
  found: Found[];
  warn(at: readonly Segment[], said: Said, key?: true): void;
  /** A value freed of `os.environ/NAME`; undefined when the variable is not set, which is told. */
  text(value: unknown, at: readonly Segment[]): string | undefined;
  /** A switch, also as text or in a variable; undefined when it is none, which is told. */
  flag(value: unknown, at: readonly Segment[]): boolean | undefined;
  /** A number from 0 on, also as text or in a variable; undefined when it is none, which is told. */
  number(value: unknown, at: readonly Segment[]): number | undefined;
  variable(name: string): string | undefined;
}

/** Real environment variables win over `own`, the file's environment_variables. */
export function createReader(found: Found[], env: Environment, own: Record<string, unknown>): Reader {
  const variable = (name: string): string | undefined => env[name] || plainText(own[name]);
  const text = (value: unknown, at: readonly Segment[]): string | undefined => {
    const name = variableOf(value);
    if (name === undefined) return plainText(value);
    const set = variable(name);
    if (set === undefined) {
      found.push(warning(at, say.variableUnset(name)));
    }
    return set;
  };
  return {
    found,
    variable,
    text,
    flag(value, at) {
      const word = text(value, at)?.toLowerCase();
      if (word === 'true' || word === 'false') return word === 'true';
      if (word !== undefined || isFilled(value)) found.push(warning(at, say.switchExpected));
      return undefined;
    },
    number(value, at) {
      const written = text(value, at);
      const number = written === undefined ? undefined : Number(written);
      if (number !== undefined && number >= 0 && Number.isFinite(number)) return number;
      if (written !== undefined || isFilled(value)) found.push(warning(at, say.numberExpected));
      return undefined;
    },
    warn: (at, said, key) => found.push({ ...warning(at, said), ...(key ? { key } : {}) }),
  };
}

/** NAME of `os.environ/NAME`. */
export function variableOf(value: unknown): string | undefined {
  return typeof value === 'string' ? /^os\.environ\/(.+)$/.exec(value.trim())?.[1] : undefined;
}

/** A scalar as text, without spaces around it; undefined for anything else and for an empty one. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // YAML takes an api_version without quotes for a date.
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A list or a mapping where a scalar is expected. */
function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** A mapping of the file; keys without a counterpart here are told. */
export function section(
  file: Record<string, unknown>,
  name: string,
  known: ReadonlySet<string>,
  reader: Reader,
): Record<string, unknown> {
  const value = file[name];
  if (value === undefined || value === null) return {};
  if (!isObject(value)) {
    reader.warn([name], say.noMapping(name));
    return {};
  }
  for (const key of Object.keys(value)) {
    if (!known.has(key)) reader.warn([name, key], say.noCounterpart(key), true);
  }
  return value;
}

/** The same object without the keys whose value is undefined. */
export function present<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
