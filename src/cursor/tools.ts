/**
 * Tools and tool choices as Cursor sends them (N16–N24): each entry in whatever envelope it happens to stand, chat
 * (nested) or Responses (flat) or Anthropic (`input_schema`), mixed within one list.
 */
import type {
  CacheControl,
  CustomTool,
  FunctionTool,
  JsonObject,
  JsonValue,
  Tool,
  ToolChoice,
  WireName,
} from '../wires/conversation';
import { arrayOf, booleanOf, filledString, isObject, objectOf, rest, stringOf } from '../wires/read';

/** The chat form of a tool or tool_choice: `{type, [type]: {name, …}}`. What is neither stays as it is (N16–N18, N20). */
export function nestTool(value: JsonValue): JsonValue {
  const entry = readEnvelope(value);
  if (!entry) return value;
  return { type: entry.type, [entry.type]: withFormat(entry.payload, nestFormat) };
}

/** The Responses form: `{type, name, …}`. What is no function or custom tool stays as it is (N16–N18, N20). */
export function flattenTool(value: JsonValue): JsonValue {
  const entry = readEnvelope(value);
  if (!entry) return value;
  return { type: entry.type, ...withFormat(entry.payload, flattenFormat) };
}

/** Type and payload: a non-empty nested object wins over stray fields beside it (N16); nameless is nothing (N17). */
function readEnvelope(value: JsonValue): { type: 'function' | 'custom'; payload: JsonObject } | undefined {
  if (!isObject(value) || (value.type !== 'function' && value.type !== 'custom')) return undefined;
  const nested = value[value.type];
  const payload =
    isObject(nested) && Object.keys(nested).length > 0 ? nested : rest(value, new Set(['type', value.type]));
  return payload && filledString(payload.name) ? { type: value.type, payload } : undefined;
}

function withFormat(payload: JsonObject, convert: (format: JsonObject) => JsonObject): JsonObject {
  return isObject(payload.format) ? { ...payload, format: convert(payload.format) } : payload;
}

/** Chat: `{type:"grammar", grammar:{definition, syntax}}` (N18). */
function nestFormat(format: JsonObject): JsonObject {
  if (format.type !== 'grammar' || isObject(format.grammar)) return format;
  const { type, definition = '', syntax = 'lark' } = format;
  return { type, grammar: { definition, syntax } };
}

/** Responses: `{type:"grammar", definition, syntax}` (N18). */
function flattenFormat(format: JsonObject): JsonObject {
  if (format.type !== 'grammar' || !isObject(format.grammar)) return format;
  return { type: 'grammar', ...format.grammar };
}

/**
 * One entry of `tools` in neutral form. What is not understood is carried as it is, for targets of the wire its body
 * is shaped like (N17, N19).
 */
export function readTool(value: JsonValue, wire: WireName): Tool {
  const typed = isObject(value) ? anthropicAsFunction(value) : value;
  const flat = flattenTool(typed);
  if (!isObject(flat) || !readEnvelope(flat)) return { kind: 'opaque', wire, value };
  return flat.type === 'custom' ? readCustom(flat, value) : readFunction(flat, value);
}

/** Typeless, or Anthropic's own `type:"custom"` with a schema: a function (N19). A bare `{name}` is left alone. */
function anthropicAsFunction(value: JsonObject): JsonObject {
  if (!isObject(value.input_schema) || (value.type !== undefined && value.type !== null && value.type !== 'custom')) {
    return value.type === undefined && isObject(value.parameters) ? { ...value, type: 'function' } : value;
  }
  const { input_schema, type: _, ...fields } = value;
  return { ...fields, type: 'function', parameters: input_schema };
}

const FUNCTION_KEYS: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'parameters',
  'strict',
  'cache_control',
]);

function readFunction(flat: JsonObject, original: JsonValue): FunctionTool {
  const tool: FunctionTool = { kind: 'function', name: flat.name as string };
  const description = stringOf(flat.description);
  if (description !== undefined) tool.description = description;
  const parameters = objectOf(flat.parameters);
  if (parameters) tool.parameters = parameters;
  if (typeof flat.strict === 'boolean' || flat.strict === null) tool.strict = flat.strict;
  const cacheControl = cacheMark(flat, original);
  if (cacheControl) tool.cacheControl = cacheControl;
  const extra = rest(flat, FUNCTION_KEYS);
  if (extra) tool.extra = extra;
  return tool;
}

function readCustom(flat: JsonObject, original: JsonValue): CustomTool {
  const tool: CustomTool = { kind: 'custom', name: flat.name as string };
  const description = stringOf(flat.description);
  if (description !== undefined) tool.description = description;
  const format = objectOf(flat.format);
  if (format?.type === 'text') tool.format = { type: 'text' };
  if (format?.type === 'grammar') {
    tool.format = {
      type: 'grammar',
      syntax: stringOf(format.syntax) ?? 'lark',
      definition: stringOf(format.definition) ?? '',
    };
  }
  const cacheControl = cacheMark(flat, original);
  if (cacheControl) tool.cacheControl = cacheControl;
  return tool;
}

/** The mark may stand inside or beside the envelope (N15). */
function cacheMark(flat: JsonObject, original: JsonValue): CacheControl | undefined {
  return objectOf(flat.cache_control) ?? (isObject(original) ? objectOf(original.cache_control) : undefined);
}

/** Legacy `functions` as tools (N12). */
export function readLegacyFunctions(value: JsonValue | undefined): Tool[] {
  return arrayOf(value)
    .filter(isObject)
    .filter((entry) => filledString(entry.name))
    .map((entry) => readTool({ ...entry, type: 'function' }, 'chat'));
}

/** A tool_choice (or legacy function_call) of any dialect (N12, N20, N21); undefined for none and for unknown forms. */
export function readToolChoice(value: JsonValue | undefined): ToolChoice | undefined {
  if (typeof value === 'string') return namedMode(value);
  if (!isObject(value)) return undefined;
  if (value.type === 'allowed_tools') return readAllowed(value);
  const flat = flattenTool(value);
  const name = isObject(flat) ? filledString(flat.name) : undefined;
  if (name === undefined) return typeof value.type === 'string' ? namedMode(value.type) : undefined;
  if (value.type === 'custom') return { type: 'tool', name, custom: true };
  return value.type === 'tool' || value.type === 'function' || value.type === undefined
    ? { type: 'tool', name }
    : undefined;
}

function namedMode(word: string): ToolChoice | undefined {
  if (word === 'any') return { type: 'required' };
  return word === 'auto' || word === 'none' || word === 'required' ? { type: word } : undefined;
}

function readAllowed(value: JsonObject): ToolChoice {
  const inner = objectOf(value.allowed_tools) ?? value;
  const names = arrayOf(inner.tools).flatMap((entry) => {
    const flat = flattenTool(entry);
    return (isObject(flat) && filledString(flat.name)) || [];
  });
  return { type: 'allowed', mode: inner.mode === 'required' ? 'required' : 'auto', names };
}

/** Anthropic writes this inside tool_choice. */
export function forbidsParallelCalls(toolChoice: JsonValue | undefined): boolean {
  return isObject(toolChoice) && booleanOf(toolChoice.disable_parallel_tool_use) === true;
}
