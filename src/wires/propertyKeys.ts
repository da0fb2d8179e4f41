/**
 * Keys of a tool's input that the receiving provider takes: Anthropic wants `^[a-zA-Z0-9_.-]{1,64}$`, and tools have keys such
 * as `filter[id]` and `$top`. Renamed in schemas and old calls alike by the rule of tool-call ids (S9), and back in new ones.
 */
import type { Conversation, JsonObject, JsonValue, Part, StreamEvent, Tool, WireName } from './conversation';
import { legalId } from './ids';
import { isObject, parseObject } from './read';

const LEGAL = /^[a-zA-Z0-9_.-]{1,64}$/;
const LONGEST = 64;
/** Deeper than any real tool. */
const MAX_DEPTH = 64;

export interface KeyedTools {
  conversation: Conversation;
  /** By the tool's name: the client's key of each key that was changed. */
  originals: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** The conversation with legal keys in the schemas and calls of its tools. Same object when all are legal. */
export function legalPropertyKeys(conversation: Conversation, wire: WireName): KeyedTools {
  const originals = new Map<string, ReadonlyMap<string, string>>();
  if (wire !== 'messages') return { conversation, originals };
  const tools = conversation.tools?.map((tool): Tool => {
    if (tool.kind !== 'function' || !tool.parameters) return tool;
    const renamed = new Map<string, string>();
    const parameters = withLegalKeys(tool.parameters, renamed);
    if (renamed.size === 0) return tool;
    originals.set(tool.name, renamed);
    return { ...tool, parameters };
  });
  if (originals.size === 0) return { conversation, originals };
  const turns = conversation.turns.map((turn) =>
    turn.role === 'assistant' ? { ...turn, parts: turn.parts.map((part) => legalCall(part, originals)) } : turn,
  );
  return { conversation: { ...conversation, turns, ...(tools && { tools }) }, originals };
}

/** Whether a provider of Messages would refuse keys of this schema. */
export function hasIllegalKeys(schema: JsonObject): boolean {
  const renamed = new Map<string, string>();
  withLegalKeys(schema, renamed);
  return renamed.size > 0;
}

/** The schema with legal property keys; each that had to change is added to `renamed`, new key to old. */
function withLegalKeys(schema: JsonObject, renamed: Map<string, string>, depth = 0): JsonObject {
  if (depth > MAX_DEPTH) return schema;
  const below = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(below);
    return isObject(value) ? withLegalKeys(value, renamed, depth + 1) : value;
  };
  const legal = (key: string): string => {
    if (LEGAL.test(key)) return key;
    const changed = legalId(key, LONGEST);
    renamed.set(changed, key);
    return changed;
  };
  const entries = Object.entries(schema).map(([key, value]): [string, JsonValue] => {
    if (key === 'properties' && isObject(value))
      return [key, Object.fromEntries(Object.entries(value).map(([name, one]) => [legal(name), below(one)]))];
    if (key === 'required' && Array.isArray(value))
      return [key, value.map((name) => (typeof name === 'string' ? legal(name) : name))];
    // Values that a call may hold are no schemas.
    return [key, VALUES.has(key) ? value : below(value)];
  });
  return Object.fromEntries(entries);
}

const VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'example']);

function legalCall(part: Part, originals: KeyedTools['originals']): Part {
  if (part.type !== 'toolCall') return part;
  const renamed = originals.get(part.name);
  if (!renamed) return part;
  const back = new Map([...renamed].map(([to, from]) => [from, to]));
  return { ...part, arguments: withKeys(part.arguments, back) };
}

/** Arguments with other keys; what is no object stays as it is (N5). */
function withKeys(text: string, names: ReadonlyMap<string, string>): string {
  const input = parseObject(text);
  return input ? JSON.stringify(mapKeys(input, names)) : text;
}

function mapKeys(value: JsonValue, names: ReadonlyMap<string, string>, depth = 0): JsonValue {
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((one) => mapKeys(one, names, depth + 1));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [names.get(key) ?? key, mapKeys(one, names, depth + 1)]),
  );
}

/**
 * Gives calls of an answer the client's own keys again, one stage for one answer. Arguments of a tool whose keys were changed
 * are held until they are whole; those of a call that is cut go on as they came.
 * @param originals by the name that the calls carry here.
 */
export function restorePropertyKeys(originals: KeyedTools['originals']): (event: StreamEvent) => StreamEvent[] {
  const held = new Map<number, { names: ReadonlyMap<string, string>; text: string }>();
  const cut = (): StreamEvent[] => {
    const left = [...held].map(([index, { text }]): StreamEvent => ({ type: 'toolCallDelta', index, text }));
    held.clear();
    return left;
  };
  return (event) => {
    switch (event.type) {
      case 'toolCallStart': {
        const names = originals.get(event.name);
        if (names) held.set(event.index, { names, text: '' });
        return [event];
      }
      case 'toolCallDelta': {
        const call = held.get(event.index);
        if (!call) return [event];
        call.text += event.text;
        return [];
      }
      case 'toolCallEnd': {
        const call = held.get(event.index);
        if (!call) return [event];
        held.delete(event.index);
        return [{ type: 'toolCallDelta', index: event.index, text: withKeys(call.text, call.names) }, event];
      }
      case 'finish':
      case 'error':
      case 'end':
        return [...cut(), event];
      case 'start':
      case 'text':
      case 'refusal':
      case 'reasoning':
      case 'reasoningEnd':
      case 'opaque':
      case 'usage':
        return [event];
    }
  };
}
