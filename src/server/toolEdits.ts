/**
 * Schemas of tools in a body that stays on its wire, repaired in the dialect of their target (issue 15 §3: one MCP server is
 * enough for a refusal): only the schemas concerned are rewritten, all else keeps its bytes.
 */
import { createHash } from 'node:crypto';
import type { Target } from '../routing/backend';
import { emitTargetFor } from '../routing/build';
import type { JsonObject } from '../wires/conversation';
import type { Edit } from '../wires/jsonText';
import { hasIllegalKeys } from '../wires/propertyKeys';
import { type SchemaTarget, toolParameters } from '../wires/schema';
import { SCHEMA_OF_TOOL, toolSchemas } from '../wires/schemaPlaces';
import type { Wire } from '../wires/wire';
import type { ClientRequest } from './clientRequest';

interface ToolFacts {
  /** With offsets from the beginning of the list. */
  edits: readonly Edit[];
  /** A key of a tool's input has to be renamed, in the answer as well. */
  renames: boolean;
}
const NOTHING: ToolFacts = { edits: [], renames: false };

/** Tools are the same in every turn of a conversation: what was found out about a list is kept for the next. */
const known = new Map<string, ToolFacts>();
const MOST_KNOWN = 64;
/** Tools are some tens of kilobytes; whatever is far larger is not kept in memory. */
const MOST_KEPT = 1024 * 1024;

/** Schemas of this request that its target, known by name or address, would refuse. */
export function schemaEdits(request: ClientRequest, target: Target, wire: Wire): Edit[] {
  const list = request.entry('tools');
  const { edits } = toolFacts(request, target, wire);
  return list ? edits.map(({ start, end, text }) => ({ start: start + list.start, end: end + list.start, text })) : [];
}

export function renamesKeys(request: ClientRequest, target: Target, wire: Wire): boolean {
  return wire === 'messages' && toolFacts(request, target, wire).renames;
}

function toolFacts(request: ClientRequest, target: Target, wire: Wire): ToolFacts {
  const list = request.entry('tools');
  if (list?.kind !== 'array') return NOTHING;
  const { refusedSchemaKeys, schemaDialect = 'lenient' } = emitTargetFor(target);
  if (schemaDialect === 'lenient' && refusedSchemaKeys.length === 0) return NOTHING;
  const span = request.bytes.subarray(list.start, list.end);
  const print = createHash('sha1').update(span).digest('base64');
  const key = [wire, schemaDialect, refusedSchemaKeys.join(), print].join(' ');
  const found = known.get(key) ?? readTools(span, wire, { schemaDialect, refusedSchemaKeys });
  known.delete(key);
  if (found.edits.reduce((size, { text }) => size + text.length, 0) > MOST_KEPT) return found;
  known.set(key, found);
  const [oldest] = known.keys();
  if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
  return found;
}

function readTools(list: Buffer, wire: Wire, target: SchemaTarget): ToolFacts {
  const edits: Edit[] = [];
  let renames = false;
  try {
    for (const { start, end, schema } of toolSchemas(list, 0, [SCHEMA_OF_TOOL[wire]])) {
      renames ||= hasIllegalKeys(schema);
      const repaired = repairedBy(schema, target);
      if (repaired !== schema) edits.push({ start, end, text: JSON.stringify(repaired) });
    }
    return { edits, renames };
  } catch {
    // A string with a wrong escape, which nobody has read yet: the provider says so.
    return NOTHING;
  }
}

function repairedBy(schema: JsonObject, target: SchemaTarget): JsonObject {
  return toolParameters({ kind: 'function', name: '', parameters: schema }, target) ?? schema;
}
