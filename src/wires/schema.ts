/** JSON Schemas of tools and response formats, made acceptable to the upstream (N23). */
import { type EmitTarget, RequestProblem } from './codec';
import type { CustomTool, FunctionTool, JsonObject, JsonValue, Tool } from './conversation';
import { isObject } from './read';
import { sameJson } from './sameJson';
import { dialectWithout, SCHEMA_DIALECTS, type SchemaDialectName } from './schemaDialects';
import { SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_NODES } from './schemaKeywords';
import { repairSchema } from './schemaRepair';
import { say } from './sentences';

const MAPS: ReadonlySet<string> = new Set(SCHEMA_MAPS);
/** Keywords whose value is a schema or a list of schemas. */
const SCHEMAS: ReadonlySet<string> = new Set([...SCHEMA_NODES, ...SCHEMA_LISTS, 'prefixItems']);

/** The schema without refused keywords, at every depth; the same object when it holds none. Never mutates. */
export function cleanSchema(schema: JsonObject, refused: readonly string[]): JsonObject {
  return refused.length === 0 ? schema : cleaned(schema, new Set(refused));
}

function cleaned(schema: JsonObject, refused: ReadonlySet<string>): JsonObject {
  return mapValues(schema, (value, key) => {
    if (refused.has(key)) return undefined;
    if (MAPS.has(key) && isObject(value)) return mapValues(value, (entry) => cleanedValue(entry, refused));
    if (!SCHEMAS.has(key)) return value;
    if (!Array.isArray(value)) return cleanedValue(value, refused);
    const items = value.map((item) => cleanedValue(item, refused));
    return items.some((item, at) => item !== value[at]) ? items : value;
  });
}

function cleanedValue(value: JsonValue, refused: ReadonlySet<string>): JsonValue {
  return isObject(value) ? cleaned(value, refused) : value;
}

/** Copies only when something changed; undefined drops the key. */
function mapValues(object: JsonObject, change: (value: JsonValue, key: string) => JsonValue | undefined): JsonObject {
  let copy: JsonObject | undefined;
  for (const [key, value] of Object.entries(object)) {
    const next = change(value, key);
    if (next === value) continue;
    copy ??= { ...object };
    if (next === undefined) delete copy[key];
    else copy[key] = next;
  }
  return copy ?? object;
}

/** Parameters of a function tool for this upstream; undefined when the client gave none. */
export function toolParameters(tool: FunctionTool, target: SchemaTarget): JsonObject | undefined {
  if (!tool.parameters) return undefined;
  return repairSchema(
    plainObject(tool.parameters, target.schemaDialect !== undefined),
    dialectWithout(SCHEMA_DIALECTS[target.schemaDialect ?? 'lenient'], target.refusedSchemaKeys),
  );
}

/** A schema that is ready to send without a keyword its target was found to refuse; undefined where it does not stand in it. */
export function withoutKeyword(schema: JsonObject, keyword: string): JsonObject | undefined {
  return usesKeyword(schema, keyword) ? repairSchema(schema, dialectWithout({}, [keyword])) : undefined;
}

export function usesKeyword(schema: JsonObject, keyword: string): boolean {
  return cleanSchema(schema, [keyword]) !== schema;
}

export type SchemaTarget = Pick<EmitTarget, 'refusedSchemaKeys' | 'schemaDialect'>;

/** The schema of a response format for this upstream; a strict one for OpenAI in its narrower form. */
export function formatSchema(schema: JsonObject, strict: boolean | null | undefined, target: SchemaTarget): JsonObject {
  const own = target.schemaDialect ?? 'lenient';
  const dialect: SchemaDialectName =
    own === 'anthropicTools' ? 'anthropicOutput' : own === 'openai' && strict ? 'openaiStrict' : own;
  return repairSchema(schema, dialectWithout(SCHEMA_DIALECTS[dialect], target.refusedSchemaKeys));
}

/** OpenAI and Anthropic refuse these at the top of a tool's parameters, and a top of another type than object. */
const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const;

/** The schema as one plain object: what the alternatives at its top allow becomes optional properties. */
function plainObject(schema: JsonObject, needsProperties: boolean): JsonObject {
  const used = ALTERNATIVES.filter((key) => Array.isArray(schema[key]));
  const refused = ['enum', 'not'].filter((key) => key in schema);
  if (
    used.length === 0 &&
    refused.length === 0 &&
    schema.type === 'object' &&
    (isObject(schema.properties) || !needsProperties)
  )
    return schema;
  const properties = used
    .flatMap((key) => schema[key] as JsonValue[])
    .map((branch) => (isObject(branch) && isObject(branch.properties) ? branch.properties : {}));
  const plain: JsonObject = {
    ...schema,
    type: 'object',
    properties: Object.assign({}, ...properties, isObject(schema.properties) ? schema.properties : {}) as JsonObject,
  };
  for (const key of [...used, ...refused]) delete plain[key];
  return plain;
}

/**
 * Each tool once: clients that mix dialects list some twice, and most providers refuse that. Throws RequestProblem for two
 * tools of one name: which of them a call means, nobody could tell.
 */
export function distinctTools(tools: readonly Tool[] = []): Tool[] {
  const seen = new Map<string, number>();
  return tools.filter((tool, at) => {
    if (tool.kind === 'opaque') return true;
    const before = seen.get(tool.name);
    if (before === undefined) {
      seen.set(tool.name, at);
      return true;
    }
    if (sameTool(tools[before] as FunctionTool | CustomTool, tool)) return false;
    const name = JSON.stringify(tool.name.slice(0, 100));
    throw new RequestProblem(say.sameTool(name, before + 1, at + 1), `tools[${at}]`);
  });
}

/** What one of them leaves out, it does not contradict. */
function sameTool(a: FunctionTool | CustomTool, b: FunctionTool | CustomTool): boolean {
  if (a.description !== undefined && b.description !== undefined && a.description !== b.description) return false;
  if (a.kind === 'custom' || b.kind === 'custom') {
    return a.kind === b.kind && sameJson((a as CustomTool).format ?? null, (b as CustomTool).format ?? null);
  }
  if (!a.parameters || !b.parameters) return true;
  return sameJson(plainObject(a.parameters, true), plainObject(b.parameters, true));
}

/** `strict` as the upstream takes it: kept where it is understood, else an asked-for true becomes false (N23). */
export function toolStrict(
  strict: boolean | null | undefined,
  target: Pick<EmitTarget, 'strictTools'>,
): boolean | null | undefined {
  if (target.strictTools) return strict;
  return strict ? false : undefined;
}
