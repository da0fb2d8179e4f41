/**
 * Codex groups the tools of an MCP server or of its sub-agents as `{type: "namespace", name, tools}`. Other wires know
 * no groups: each tool goes up under a name of its own, and its calls come back with name and namespace again.
 */
import { argumentText } from './chatRequest';
import { RequestProblem } from './codec';
import type {
  Conversation,
  JsonObject,
  OpaquePart,
  OpaqueTool,
  Part,
  StreamEvent,
  Tool,
  ToolChoice,
} from './conversation';
import { legalId } from './ids';
import { arrayOf, filledString, isObject, objectOf, parseObject, rest, stringOf } from './read';
import { say } from './sentences';
import { readTool } from './toolShapes';

interface Grouped {
  name: string;
  namespace: string;
}
export interface FlatTools {
  conversation: Conversation;
  /** The client's name and namespace of each name that was made. */
  originals: ReadonlyMap<string, Grouped>;
  /** The client's search for tools stands there as a function. */
  searches: boolean;
}

/**
 * Codex holds the tools of MCP servers back and looks them up itself when the model asks (openai/codex#37075): elsewhere its
 * search is a function, and what it finds joins the tools (toolChanges.ts).
 */
const SEARCH = 'tool_search';
export function isClientSearch(tool: Tool): tool is OpaqueTool {
  if (tool.kind !== 'opaque' || tool.wire !== 'responses' || !isObject(tool.value)) return false;
  return tool.value.type === SEARCH && tool.value.execution === 'client';
}

/** The names are short enough for every wire, so that they are not shortened a second time. */
const LONGEST_NAME = 64;

/**
 * The conversation of a Responses client for an upstream of another wire: no groups in tools, calls and choice, and no
 * item that only Responses knows unless `keepsItems`. Same object when there is nothing to change.
 */
export function flattenNamespaces(source: Conversation, keepsItems = false): FlatTools {
  const originals = new Map<string, Grouped>();
  const taken = new Set((source.tools ?? []).flatMap((tool) => (tool.kind === 'opaque' ? [] : [tool.name])));
  const flatNames = new Map<string, string>();
  const flat = (namespace: string, name: string): string => {
    const key = JSON.stringify([namespace, name]);
    const known = flatNames.get(key);
    if (known !== undefined) return known;
    const joined = legalId(`${namespace}${namespace.endsWith('_') ? '' : '__'}${name}`, LONGEST_NAME);
    // A blank is not legal: what follows makes another name of the same words.
    const unique = taken.has(joined) ? legalId(`${joined} ${key}`, LONGEST_NAME) : joined;
    taken.add(unique);
    flatNames.set(key, unique);
    originals.set(unique, { name, namespace });
    return unique;
  };
  const searches = !taken.has(SEARCH) && (source.tools ?? []).some(isClientSearch);
  const tools = source.tools?.flatMap((tool) =>
    searches && isClientSearch(tool)
      ? [readTool({ ...(tool.value as JsonObject), type: 'function', name: SEARCH }, 'responses')]
      : ungroup(tool, flat),
  );
  const turns = source.turns.map((turn) => {
    const parts = turn.parts.map((part) => flatPart(part, flat, keepsItems));
    return parts.some((part, at) => part !== turn.parts[at]) ? { ...turn, parts } : turn;
  });
  const choice = source.toolChoice && flatChoice(source.toolChoice, source.tools ?? [], originals);
  const unchanged = originals.size === 0 && !searches && turns.every((turn, at) => turn === source.turns[at]);
  if (unchanged) return { conversation: source, originals, searches };
  return {
    searches,
    conversation: {
      ...source,
      turns: turns.flatMap(splitOutputs),
      ...(tools && { tools }),
      ...(choice && { toolChoice: choice }),
    },
    originals,
  };
}

/** Gives calls of an answer the client's own name and namespace again. */
export function restoreNamespaces(originals: ReadonlyMap<string, Grouped>): (event: StreamEvent) => StreamEvent {
  return (event) => {
    const grouped = event.type === 'toolCallStart' ? originals.get(event.name) : undefined;
    return grouped === undefined ? event : ({ ...event, ...grouped } as StreamEvent);
  };
}

/**
 * Such searches of the history as the calls and results that they are elsewhere, before what is remembered of calls is put back:
 * Gemini and DeepSeek refuse one without its signature or its thinking. Same object when there are none.
 */
export function searchesAsCalls(source: Conversation): Conversation {
  const isSearch = (part: Part): part is OpaquePart =>
    part.type === 'opaque' && part.wire === 'responses' && stringOf(part.value.type)?.startsWith(SEARCH) === true;
  if (!source.turns.some(({ parts }) => parts.some(isSearch))) return source;
  const turns = source.turns.flatMap((turn) =>
    splitOutputs({ ...turn, parts: turn.parts.map((part) => (isSearch(part) ? flatItem(part) : part)) }),
  );
  return { ...source, turns };
}

/** A call of that function is the client's own item again. */
export function restoreSearch(): (event: StreamEvent) => StreamEvent[] {
  const open = new Map<number, { id: string; text: string }>();
  return (event) => {
    if (event.type === 'toolCallStart' && event.name === SEARCH && event.namespace === undefined) {
      open.set(event.index, { id: event.id, text: '' });
      return [];
    }
    const call = 'index' in event ? open.get(event.index) : undefined;
    if (!call || (event.type !== 'toolCallDelta' && event.type !== 'toolCallEnd')) return [event];
    if (event.type === 'toolCallDelta') {
      call.text += event.text;
      return [];
    }
    open.delete(event.index);
    const { id, text } = call;
    const asked = parseObject(text || '{}') ?? text;
    const value = { type: 'tool_search_call', id: `tsc_${id}`, call_id: id, execution: 'client', arguments: asked };
    return [{ type: 'opaque', index: event.index, wire: 'responses', value: { ...value, status: 'completed' } }];
  };
}

function ungroup(tool: Tool, flat: (namespace: string, name: string) => string): Tool[] {
  const group = tool.kind === 'opaque' ? objectOf(tool.value) : undefined;
  const namespace = group?.type === 'namespace' ? filledString(group.name) : undefined;
  if (!group || namespace === undefined) return [tool];
  // What the group says of itself is told once, by its first tool.
  let about = filledString(group.description);
  return arrayOf(group.tools).map((entry): Tool => {
    const inner = readTool(entry, 'responses');
    if (inner.kind === 'opaque') return inner;
    const description = [about, inner.description].filter(Boolean).join('\n\n');
    about = undefined;
    return { ...inner, name: flat(namespace, inner.name), ...(description !== '' && { description }) };
  });
}

function flatPart(part: Part, flat: (namespace: string, name: string) => string, keepsItems: boolean): Part {
  if (part.type === 'opaque') {
    return part.wire === 'responses' && !keepsItems ? flatItem(part) : part;
  }
  if (part.type !== 'toolCall' || part.namespace === undefined) return part;
  const { namespace, ...call } = part;
  return { ...call, name: flat(namespace, part.name) };
}

/** A call that only Responses has a form for (shell, patch, search) is a call all the same, and its output a result. */
function flatItem(part: OpaquePart): Part {
  const { value } = part;
  const type = stringOf(value.type) ?? '';
  if (type === 'item_reference') {
    throw new RequestProblem(say.noItemReference, 'input');
  }
  // The output of a local shell names its call in `id`.
  const id = filledString(value.call_id) ?? (type === 'local_shell_call_output' ? filledString(value.id) : undefined);
  if (id === undefined) return part;
  if (type.endsWith('_call')) {
    const fields = type === 'tool_search_call' ? (value.arguments ?? {}) : (rest(value, ITEM_KEYS) ?? {});
    return { type: 'toolCall', id, name: type.slice(0, -'_call'.length), arguments: argumentText(fields) };
  }
  if (!type.endsWith('_output')) return part;
  const { output } = value;
  const told = output ?? rest(value, ITEM_KEYS) ?? '';
  const text = typeof told === 'string' ? told : JSON.stringify(told);
  return { type: 'toolResult', id, content: [{ type: 'text', text }] };
}

const ITEM_KEYS: ReadonlySet<string> = new Set(['type', 'id', 'call_id', 'status']);

/** Items that nobody knew stood with the assistant; results among them get a turn of their own. */
function splitOutputs(turn: Conversation['turns'][number]): Conversation['turns'] {
  if (turn.role !== 'assistant' || !turn.parts.some((part) => part.type === 'toolResult')) return [turn];
  const turns: Conversation['turns'] = [];
  for (const part of turn.parts) {
    const role = part.type === 'toolResult' ? 'tool' : 'assistant';
    const open = turns.at(-1);
    if (open?.role === role) open.parts.push(part);
    else turns.push({ ...turn, role, parts: [part] });
  }
  return turns;
}

/** A choice names the tool alone; the group is found by it where no tool outside of groups has that name. */
function flatChoice(choice: ToolChoice, tools: readonly Tool[], originals: ReadonlyMap<string, Grouped>): ToolChoice {
  // Read once: a choice may name as many tools as fit into a body.
  const flatNames = new Map<string, string>();
  for (const [flat, { name }] of originals) if (!flatNames.has(name)) flatNames.set(name, flat);
  for (const tool of tools) if (tool.kind !== 'opaque') flatNames.delete(tool.name);
  const flatOf = (name: string): string => flatNames.get(name) ?? name;
  if (choice.type === 'tool') return { ...choice, name: flatOf(choice.name) };
  return choice.type === 'allowed' ? { ...choice, names: choice.names.map(flatOf) } : choice;
}
