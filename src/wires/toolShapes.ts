/**
 * Tools and tool choices in any envelope: nested (chat), flat (Responses), `input_schema` (Anthropic), mixed within one
 * request (N16-N21). Each entry is read by itself; what has no name or an unknown type is carried as it is (N17).
 */
import type { CustomTool, FunctionTool, JsonObject, JsonValue, Tool, ToolChoice, WireName } from './conversation';
import { arrayOf, booleanOf, filledString, isObject, objectOf, rest, stringOf } from './read';

const FUNCTION_KEYS: ReadonlySet<string> = new Set([
  'type',
  'function',
  'name',
  'description',
  'parameters',
  'input_schema',
  'strict',
  'cache_control',
]);

/** One entry of `tools`. Fields this model does not know stay in `extra` or make the tool an opaque one of `wire`. */
export function readTool(value: JsonValue, wire: WireName): Tool {
  if (!isObject(value)) return { kind: 'opaque', wire, value };
  const type = stringOf(value.type) ?? '';
  const nested = type === 'function' || type === 'custom' ? objectOf(value[type]) : undefined;
  const payload = nested && Object.keys(nested).length > 0 ? nested : value;
  const name = filledString(payload.name);
  if (!name) return { kind: 'opaque', wire, value };
  if (isObject(payload.input_schema) && (type === '' || type === 'custom' || type === 'function')) {
    return readFunction(value, payload, name, wire);
  }
  if (type === 'function') return readFunction(value, payload, name, wire);
  return type === 'custom' ? readCustom(value, payload, name) : { kind: 'opaque', wire, value };
}

function readFunction(value: JsonObject, payload: JsonObject, name: string, wire: WireName): FunctionTool {
  const tool: FunctionTool = { kind: 'function', name };
  const description = stringOf(payload.description);
  if (description !== undefined) tool.description = description;
  const parameters = objectOf(payload.parameters) ?? objectOf(payload.input_schema);
  if (parameters) tool.parameters = parameters;
  const strict = payload.strict === undefined ? value.strict : payload.strict;
  if (typeof strict === 'boolean' || strict === null) tool.strict = strict;
  const cacheControl = objectOf(value.cache_control);
  if (cacheControl) tool.cacheControl = cacheControl;
  const extra = rest(value, FUNCTION_KEYS);
  if (extra) Object.assign(tool, { extra, wire });
  return tool;
}

function readCustom(value: JsonObject, payload: JsonObject, name: string): CustomTool {
  const tool: CustomTool = { kind: 'custom', name };
  const description = stringOf(payload.description);
  if (description !== undefined) tool.description = description;
  const format = readFormat(objectOf(payload.format));
  if (format) tool.format = format;
  const cacheControl = objectOf(value.cache_control);
  if (cacheControl) tool.cacheControl = cacheControl;
  return tool;
}

/** A custom tool's format; the grammar stands flat or nested, whatever the envelope around it (N18). */
function readFormat(format: JsonObject | undefined): CustomTool['format'] {
  if (format?.type === 'text') return { type: 'text' };
  if (format?.type !== 'grammar') return undefined;
  const grammar = objectOf(format.grammar) ?? format;
  const definition = stringOf(grammar.definition);
  return definition === undefined
    ? undefined
    : { type: 'grammar', syntax: stringOf(grammar.syntax) ?? 'lark', definition };
}

/** A tool choice of any wire; undefined for null, nothing, or a form only its own wire knows. */
export function readToolChoice(value: JsonValue | undefined): ToolChoice | undefined {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value };
  if (value === 'any') return { type: 'required' };
  if (!isObject(value)) return undefined;
  switch (value.type) {
    case 'auto':
    case 'none':
    case 'required':
      return { type: value.type };
    case 'any':
      return { type: 'required' };
    case 'tool':
    case 'function':
    case 'custom': {
      const name = filledString(objectOf(value[value.type])?.name) ?? filledString(value.name);
      if (!name) return undefined;
      return value.type === 'custom' ? { type: 'tool', name, custom: true } : { type: 'tool', name };
    }
    case 'allowed_tools': {
      const allowed = objectOf(value.allowed_tools) ?? value;
      const names = arrayOf(allowed.tools).map(allowedName);
      // A list with a provider's own tools in it has no meaning elsewhere and is carried whole.
      if (names.length === 0 || names.some((name) => name === undefined)) return undefined;
      const mode = allowed.mode === 'required' ? 'required' : 'auto';
      return { type: 'allowed', mode, names: names as string[] };
    }
    default:
      return undefined;
  }
}

/** Whether it is a choice in a form that only its own wire knows, or nobody: it is carried or told, never dropped. */
export function choiceUnread(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== '' && readToolChoice(value) === undefined;
}

function allowedName(entry: JsonValue): string | undefined {
  if (!isObject(entry) || (entry.type !== 'function' && entry.type !== 'custom')) return undefined;
  return filledString(objectOf(entry[entry.type])?.name) ?? filledString(entry.name);
}

/** Whether the choice says that only one call may be made at a time (Anthropic); undefined when it does not say. */
export function readParallel(choice: JsonValue | undefined): boolean | undefined {
  const disabled = booleanOf(objectOf(choice)?.disable_parallel_tool_use);
  return disabled === undefined ? undefined : !disabled;
}
