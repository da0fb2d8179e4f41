/** Where JSON Schemas stand in the text of a body: of its tools, and of the form asked for of the answer. Purely reading. */
import type { JsonObject, JsonValue } from './conversation';
import { type JsonEntry, readString, scanArray, scanObject } from './jsonText';
import { isObject } from './read';
import type { Wire } from './wire';

export interface SchemaPlace {
  start: number;
  end: number;
  schema: JsonObject;
}
type Path = readonly string[];

/** Where the schema of a tool stands on each wire. */
export const SCHEMA_OF_TOOL: Readonly<Record<Wire, Path>> = {
  chat: ['function', 'parameters'],
  responses: ['parameters'],
  messages: ['input_schema'],
};
/** Where the schema of an answer stands: chat and two of its forms at resellers, Responses, Messages now and before. */
const SCHEMA_OF_ANSWER: readonly Path[] = [
  ['response_format', 'json_schema', 'schema'],
  ['response_format', 'schema'],
  ['text', 'format', 'schema'],
  ['output_config', 'format', 'schema'],
  ['output_format', 'schema'],
];

/** Of the tools in the list that begins at `start`, those inside namespaces included. @throws for a text that is no JSON. */
export function toolSchemas(bytes: Buffer, start: number, paths: readonly Path[]): SchemaPlace[] {
  return scanArray(bytes, start).flatMap((item) => {
    if (item.kind !== 'object') return [];
    const tool = scanObject(bytes, item.start);
    const type = textOf(bytes, tool, 'type');
    const inner = tool.findLast(({ key, kind }) => key === 'tools' && kind === 'array');
    if (type === 'namespace' && inner) return toolSchemas(bytes, inner.start, paths);
    const isFunction = type === undefined || type === 'function' || type === 'custom';
    return isFunction ? paths.flatMap((path) => schemaAt(bytes, tool, path)) : [];
  });
}

/** Every schema of a body of any wire. @throws for a text that is no JSON. */
export function schemasIn(bytes: Buffer): SchemaPlace[] {
  const body = scanObject(bytes);
  const lists = body.filter(({ key, kind }) => (key === 'tools' || key === 'functions') && kind === 'array');
  return [
    ...lists.flatMap(({ start }) => toolSchemas(bytes, start, Object.values(SCHEMA_OF_TOOL))),
    ...SCHEMA_OF_ANSWER.flatMap((path) => schemaAt(bytes, body, path)),
  ];
}

function schemaAt(bytes: Buffer, entries: readonly JsonEntry[], [step = '', ...rest]: Path): SchemaPlace[] {
  const entry = entries.findLast(({ key, kind }) => key === step && kind === 'object');
  if (!entry) return [];
  if (rest.length > 0) return schemaAt(bytes, scanObject(bytes, entry.start), rest);
  const schema = JSON.parse(bytes.toString('utf8', entry.start, entry.end)) as JsonValue;
  return isObject(schema) ? [{ start: entry.start, end: entry.end, schema }] : [];
}

function textOf(bytes: Buffer, entries: readonly JsonEntry[], key: string): string | undefined {
  const entry = entries.findLast((one) => one.key === key);
  return entry?.kind === 'string' ? readString(bytes, entry) : undefined;
}
