/** Checks the shape of settings against the schema and says in sentences what is wrong, without ever echoing a value. */
import * as z from 'zod';
import { nearNames } from '../routing/nearNames';
import type { Said, Words } from '../said';
import { error } from './checkBackend';
import { type Found, type Segment, valueAt } from './path';
import { type Settings, settingsSchema } from './schema';
import { say } from './sentences';

/** Settings with defaults filled in, or everything that is wrong with their shape. */
export function readShape(input: unknown): { settings?: Settings; found: Found[] } {
  const result = settingsSchema.safeParse(withFreePrices(input ?? {}));
  if (result.success) return { settings: result.data, found: [] };
  return { found: result.error.issues.flatMap((issue) => sentences(issue, input)) };
}

type Issue = z.core.$ZodIssue;

function sentences(issue: Issue, input: unknown): Found[] {
  const at = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...at, key], at));
  if (issue.code === 'invalid_key') {
    return [{ ...error(at, say.badName), key: true }];
  }
  return [error(at, sentence(issue, at, valueAt(input, at)))];
}

function sentence(issue: Issue, at: readonly Segment[], value: unknown): Said {
  const what = nameOf(at);
  if (value === undefined) return say.missing(what);
  switch (issue.code) {
    case 'invalid_type':
      return say.wrongType(what, NOUNS[issue.expected] ?? issue.expected, kindOf(value));
    case 'invalid_union':
      return alternative(issue, at, value) ?? say.notValid(what);
    case 'invalid_value':
      return say.notOneOf(what, issue.values.map(String));
    case 'too_small':
      return tooSmall(what, issue);
    case 'too_big':
      return issue.origin === 'string'
        ? say.tooLong(what, Number(issue.maximum))
        : say.tooBig(what, Number(issue.maximum));
    case 'invalid_format':
      return issue.format === 'date' ? say.noDate(what) : say.wrongForm(what, issue.message);
    default:
      return say.notValid(what);
  }
}

/** Of several forms the one that the value tries to have. */
function alternative(
  { errors }: Extract<Issue, { code: 'invalid_union' }>,
  at: readonly Segment[],
  value: unknown,
): Said | undefined {
  const words = errors.flatMap((form) => form.flatMap((one) => (one.code === 'invalid_value' ? one.values : [])));
  const near = errors.find((form) => form.every(({ code }) => code !== 'invalid_type' && code !== 'invalid_value'));
  const issue = near?.[0] ?? (typeof value === 'string' ? undefined : errors[0]?.[0]);
  if (issue) return sentence(issue, at, value);
  return words.length > 0 ? say.numberOr(nameOf(at), words.map(String)) : undefined;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction';
  return (
    { string: 'a text', boolean: 'true or false', object: 'an object' }[typeof value as string] ?? 'something else'
  );
}

function tooSmall(what: Words, issue: Extract<Issue, { code: 'too_small' }>): Said {
  if (issue.origin === 'string') return say.empty(what);
  return issue.inclusive === false
    ? say.moreThan(what, Number(issue.minimum))
    : say.orMore(what, Number(issue.minimum));
}

const KEY_WORDS = /^(api_?)?key$|token|secret|password/i;

function unknownKey(at: readonly Segment[], parent: readonly Segment[]): Found {
  const key = String(at.at(-1));
  const near = nearNames(key, knownKeys(parent))[0];
  const place = parent.length === 0 ? undefined : nameOf(parent);
  const says = KEY_WORDS.test(key) ? say.unknownKeySetting(key, place) : say.unknownSetting(key, place, near);
  return { ...error(at, says), key: true };
}

/** The last key by name; an entry of a list by the key of the list. */
function nameOf(at: readonly Segment[]): Words {
  const index = at.findLastIndex((segment) => typeof segment === 'string');
  if (index < 0) return say.wholeConfiguration;
  return index === at.length - 1 ? String(at[index]) : say.entryOf(String(at[index]));
}

/** The keys the schema knows at a path; none where it takes any. */
function knownKeys(path: readonly Segment[]): string[] {
  const inside = path.reduce<z.core.$ZodType | undefined>(
    (schema, segment) => childOf(schema, segment),
    settingsSchema,
  );
  const bare = unwrap(inside);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

function childOf(schema: z.core.$ZodType | undefined, segment: Segment): z.core.$ZodType | undefined {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodObject)
    return Object.entries<z.core.$ZodType>(bare.shape).find(([key]) => key === segment)?.[1];
  if (bare instanceof z.ZodArray) return bare.element;
  return undefined;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

/** `price: 0` alone says that a model is free. Never changes what was given. */
function withFreePrices(input: unknown): unknown {
  if (!isRecord(input) || !Array.isArray(input.backends)) return input;
  const free = (model: unknown) => (isRecord(model) && model.price === 0 ? { ...model, price: FREE } : model);
  const backends = input.backends.map((backend: unknown) =>
    isRecord(backend) && Array.isArray(backend.models) ? { ...backend, models: backend.models.map(free) } : backend,
  );
  return { ...input, backends };
}

const FREE = { input: 0, output: 0 };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
