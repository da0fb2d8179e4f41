/**
 * A schema a target takes, with the same meaning where it can say it and a word in the description where it cannot.
 * Deterministic and idempotent: the prefix of a conversation keeps its bytes between turns (N23).
 */

import type { JsonObject, JsonValue } from './conversation';
import { entryOf, isObject } from './read';
import { sameJson } from './sameJson';
import type { SchemaDialect } from './schemaDialects';
import { SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_NODES } from './schemaKeywords';

/** Bounds that a person can read; what is dropped of these is told to the model in the description. */
const BOUNDS: Readonly<Record<string, string>> = {
  minimum: 'at least',
  maximum: 'at most',
  exclusiveMinimum: 'greater than',
  exclusiveMaximum: 'less than',
  multipleOf: 'a multiple of',
  minLength: 'minimum length',
  maxLength: 'maximum length',
  minItems: 'minimum number of items',
  maxItems: 'maximum number of items',
  minProperties: 'minimum number of keys',
  maxProperties: 'maximum number of keys',
  uniqueItems: 'items are unique:',
  pattern: 'pattern',
  format: 'format',
  enum: 'one of',
  not: 'not',
  default: 'default',
  patternProperties: 'keys by pattern:',
  propertyNames: 'names of keys:',
};
/** Deeper than any real tool; a hostile schema ends here. */
const MAX_DEPTH = 64;
/** Nodes after which references are no longer copied in: nested ones grow exponentially. */
const MAX_COPIES = 500;

interface Work {
  dialect: SchemaDialect;
  root: JsonObject;
  copies: number;
}

/** The schema for this dialect; the same object when nothing had to change. Never mutates. */
export function repairSchema(schema: JsonObject, dialect: SchemaDialect): JsonObject {
  const repaired = node(schema, { dialect, root: schema, copies: 0 }, []);
  return sameJson(repaired, schema) ? schema : repaired;
}

function node(given: JsonObject, work: Work, via: readonly string[], depth = 0): JsonObject {
  if (depth > MAX_DEPTH) return {};
  const { dialect } = work;
  const { schema, via: path } = withoutRef(given, work, via);
  const notes: string[] = [];
  validDraft(schema);
  tuple(schema);
  if (dialect.noConst && 'const' in schema) {
    schema.enum = [schema.const as JsonValue];
    delete schema.const;
  }
  if (dialect.anyOfOnly && Array.isArray(schema.oneOf)) {
    if (!Array.isArray(schema.anyOf)) schema.anyOf = schema.oneOf;
    delete schema.oneOf;
  }
  if (dialect.oneType) singleType(schema);
  if (dialect.typeInBranches) typeInBranches(schema);
  if (schema.type === 'array' && !isObject(schema.items)) schema.items = {};
  enums(schema, dialect, notes);
  drops(schema, dialect, notes);
  children(schema, work, path, depth);
  if (dialect.closed) close(schema, dialect.closed, notes);
  if (dialect.knownRequired) knownRequired(schema);
  if (notes.length > 0) {
    const told = typeof schema.description === 'string' ? `${schema.description} ` : '';
    schema.description = `${told}(${notes.join('; ')})`;
  }
  return schema;
}

/** A copy whose `$ref` is replaced by what it names, where the dialect wants that. */
function withoutRef(
  given: JsonObject,
  work: Work,
  via: readonly string[],
): { schema: JsonObject; via: readonly string[] } {
  const schema = { ...given };
  const { refs } = work.dialect;
  const ref = schema.$ref;
  if (typeof ref !== 'string' || !refs || (refs === 'alone' && Object.keys(schema).length === 1))
    return { schema, via };
  const found = via.includes(ref) || ++work.copies > MAX_COPIES ? undefined : pointed(work.root, ref);
  delete schema.$ref;
  // A recursive one cannot be written out: alone it may stay, else any value is taken.
  if (!found) return { schema: refs === 'alone' ? { $ref: ref } : schema, via };
  const inner = withoutRef(found, work, [...via, ref]);
  return { schema: { ...inner.schema, ...schema } as JsonObject, via: inner.via };
}

function pointed(root: JsonObject, ref: string): JsonObject | undefined {
  if (!ref.startsWith('#/')) return undefined;
  let at: JsonValue | undefined = root;
  for (const step of ref.slice(2).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return isObject(at) ? at : undefined;
}

/** Drafts 3 and 4: `required: false` inside a property, bounds that are exclusive by a flag. */
function validDraft(schema: JsonObject): void {
  if ('required' in schema && !Array.isArray(schema.required)) delete schema.required;
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[flag] !== 'boolean') continue;
    const exclusive = schema[flag] && typeof schema[bound] === 'number';
    if (exclusive) {
      schema[flag] = schema[bound] as number;
      delete schema[bound];
    } else delete schema[flag];
  }
  if (schema.properties !== undefined && !isObject(schema.properties)) delete schema.properties;
  if (Array.isArray(schema.enum) && schema.enum.length === 0) delete schema.enum;
}

/** A tuple becomes a list of any of its kinds: draft 7 and 2020-12 write it differently, and few providers know either. */
function tuple(schema: JsonObject): void {
  const list = Array.isArray(schema.items) ? schema.items : schema.prefixItems;
  if (!Array.isArray(list)) return;
  const kinds = list.filter((kind, at) => isObject(kind) && list.findIndex((other) => sameJson(kind, other)) === at);
  schema.items = kinds.length === 1 ? (kinds[0] as JsonObject) : kinds.length === 0 ? {} : { anyOf: kinds };
  delete schema.prefixItems;
  delete schema.additionalItems;
}

/** Keywords that speak of one type only. */
const OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  array: ['items', 'minItems', 'maxItems', 'uniqueItems'],
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  string: ['format', 'pattern', 'minLength', 'maxLength', 'enum'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
};

function singleType(schema: JsonObject): void {
  if (!Array.isArray(schema.type)) return;
  const types = schema.type.filter((type): type is string => typeof type === 'string');
  const real = types.filter((type) => type !== 'null');
  if (real.length < types.length) schema.nullable = true;
  delete schema.type;
  if (real.length === 1) schema.type = real[0]!;
  if (real.length < 2) return;
  const rest = { ...schema };
  for (const key of Object.values(OF_TYPE).flat()) delete schema[key];
  const branches = real.map((type): JsonObject => {
    const own = (entryOf(OF_TYPE, type) ?? []).filter((key) => rest[key] !== undefined);
    return { type, ...Object.fromEntries(own.map((key) => [key, rest[key] as JsonValue])) };
  });
  if (!Array.isArray(schema.anyOf)) schema.anyOf = branches;
}

function typeInBranches(schema: JsonObject): void {
  const { type, anyOf } = schema;
  if (type === undefined || !Array.isArray(anyOf)) return;
  schema.anyOf = anyOf.map((branch) =>
    isObject(branch) && !('type' in branch) && !('$ref' in branch) ? { type, ...branch } : branch,
  );
  delete schema.type;
}

function enums(schema: JsonObject, dialect: SchemaDialect, notes: string[]): void {
  if (!dialect.textEnums || !Array.isArray(schema.enum)) return;
  const values = schema.enum;
  const texts = values.filter((value) => typeof value === 'string' && value !== '');
  const onlyText = values.every((value) => typeof value === 'string' || value === null);
  if (onlyText && texts.length > 0 && (schema.type === undefined || schema.type === 'string')) {
    schema.type = 'string';
    schema.enum = texts;
    if (values.includes('')) notes.push('may be empty');
    if (values.includes(null)) schema.nullable = true;
    return;
  }
  // A number written as text would come back as text: the values are said instead.
  notes.push(noteOf('enum', values));
  delete schema.enum;
  const kinds = new Set(values.map((value) => typeof value));
  const [kind] = kinds;
  if (schema.type === undefined && kinds.size === 1 && (kind === 'number' || kind === 'boolean' || kind === 'string'))
    schema.type = kind;
}

function drops(schema: JsonObject, dialect: SchemaDialect, notes: string[]): void {
  const { keywords, refused, formats, maxMinItems } = dialect;
  for (const [key, value] of Object.entries(schema)) {
    const gone =
      refused?.has(key) ||
      (keywords && !keywords.has(key)) ||
      (key === 'format' && formats && !formats.has(String(value))) ||
      (key === 'minItems' && maxMinItems !== undefined && Number(value) > maxMinItems) ||
      (key === 'pattern' && dialect.anchoredPatterns && !/^\^[\s\S]*\$$/.test(String(value)));
    if (!gone) continue;
    delete schema[key];
    if (entryOf(BOUNDS, key) !== undefined) notes.push(noteOf(key, value));
  }
}

function noteOf(key: string, value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '').replace(/^\[(.*)\]$/s, '$1');
  return `${BOUNDS[key]} ${text}`.slice(0, 400);
}

function children(schema: JsonObject, work: Work, via: readonly string[], depth: number): void {
  const below = (value: JsonValue): JsonValue => (isObject(value) ? node(value, work, via, depth + 1) : value);
  for (const key of SCHEMA_MAPS) {
    const map = schema[key];
    // fromEntries, as a property may be named `__proto__`.
    if (isObject(map)) schema[key] = Object.fromEntries(Object.entries(map).map(([name, one]) => [name, below(one)]));
  }
  for (const key of SCHEMA_LISTS) {
    const list = schema[key];
    if (Array.isArray(list)) schema[key] = list.map(below);
  }
  for (const key of SCHEMA_NODES) if (isObject(schema[key])) schema[key] = below(schema[key] as JsonObject);
}

function close(schema: JsonObject, how: 'closed' | 'required', notes: string[]): void {
  if (schema.type !== 'object' && !isObject(schema.properties)) return;
  if (isObject(schema.additionalProperties))
    notes.push(`other keys hold ${JSON.stringify(schema.additionalProperties)}`);
  schema.additionalProperties = false;
  if (how !== 'required') return;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  schema.properties = Object.fromEntries(
    Object.entries(properties).map(([name, one]) => [name, required.includes(name) ? one : orNull(one)]),
  );
  const names = Object.keys(properties);
  schema.required = [
    ...required.filter((name) => names.includes(String(name))),
    ...names.filter((name) => !required.includes(name)),
  ];
}

function orNull(schema: JsonValue): JsonValue {
  return { anyOf: [schema, { type: 'null' }] };
}

function knownRequired(schema: JsonObject): void {
  if (!Array.isArray(schema.required)) return;
  const { properties } = schema;
  const known = schema.required.filter((name) => isObject(properties) && Object.hasOwn(properties, String(name)));
  if (known.length === schema.required.length) return;
  if (known.length > 0) schema.required = known;
  else delete schema.required;
}
