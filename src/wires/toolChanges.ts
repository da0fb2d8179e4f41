/**
 * Tools that come and go within a conversation: Codex brings all of its tools as an item (`additional_tools`, since its
 * models of gpt-5.6), Claude Code tells of MCP servers that connect later (`tool_addition`, `tool_removal`, also in what a
 * `compaction` keeps). Whoever does not know these has one list of tools: it becomes what is there in the end.
 */
import type { Conversation, JsonObject, JsonValue, Part, Tool, WireName } from './conversation';
import { arrayOf, filledString, isObject, objectOf, rest } from './read';
import { readTool } from './toolShapes';

/** @param own the wire whose changes the target reads itself. Same object when there are none. Never mutates. */
export function settleTools(source: Conversation, own?: WireName): Conversation {
  const { tools: before = [], ...others } = source;
  const list = createList(before);
  let changed = false;

  /** Whether the block says nothing else. */
  function apply(value: JsonObject): boolean {
    const change = objectOf(value.tool);
    const name = filledString(change?.name);
    // Tools of an MCP server have names of their own there, and only their provider reaches them.
    if (filledString(change?.type)?.startsWith('mcp_')) return false;
    switch (value.type) {
      case 'additional_tools':
        for (const tool of arrayOf(value.tools)) list.add(readTool(tool, 'responses'));
        return true;
      case 'tool_addition':
        if (change?.type === 'tool_definition') list.add(readTool(change.definition as JsonValue, 'messages'));
        else if (name !== undefined) list.offer(name);
        return true;
      case 'tool_removal':
        if (name !== undefined) list.remove(name);
        return true;
      case 'tool_search_output':
        for (const tool of arrayOf(value.tools)) list.add(offered(readTool(tool, 'responses')));
        changed ||= arrayOf(value.tools).length > 0;
        return false;
      case 'compaction':
        for (const inner of arrayOf(value.tool_changes)) if (isObject(inner)) changed = apply(inner) || changed;
        return false;
      default:
        return false;
    }
  }
  const stays = (part: Part): boolean => {
    const says = part.type === 'opaque' && part.wire !== own && apply(part.value);
    changed ||= says;
    return !says;
  };

  const turns = source.turns.flatMap((turn) => {
    const parts = turn.parts.filter(stays);
    if (parts.length === turn.parts.length) return [turn];
    return parts.length > 0 ? [{ ...turn, parts }] : [];
  });
  const tools = changed ? list.all() : [];
  return changed ? { ...others, turns, ...(tools.length > 0 && { tools }) } : source;
}

/** What a group has, by name. */
type Members = Map<JsonValue | undefined, JsonObject>;

/**
 * Tools in their order, found by name and not by looking through them: a body brings as many as fit into it. What comes
 * later counts; a group that comes again adds to what it had.
 */
function createList(before: readonly Tool[]) {
  const slots: (Tool | undefined)[] = [];
  const members = new Map<number, Members>();
  const places = new Map<string, number[]>();
  const gone = new Map<string, { tool: Tool; has: Members | undefined }>();

  function push(tool: Tool, has?: Members): void {
    const name = nameOf(tool);
    const same = name === undefined ? undefined : places.get(name);
    if (same) same.push(slots.length);
    else if (name !== undefined) places.set(name, [slots.length]);
    if (has) members.set(slots.length, has);
    slots.push(tool);
  }
  const placeOf = (name: string | undefined) => (name === undefined ? undefined : places.get(name)?.[0]);

  function add(tool: Tool): void {
    const place = placeOf(nameOf(tool));
    if (place === undefined) return push(tool);
    const own = groupOf(slots[place]!);
    const now = groupOf(tool);
    const has = members.get(place) ?? new Map(own?.map((one) => [one.name, one]));
    slots[place] = tool;
    members.delete(place);
    if (!own || !now) return;
    for (const one of now) has.set(one.name, one);
    members.set(place, has);
  }

  for (const tool of before) push(tool);
  return {
    add,
    /** One that waited to be announced, or was taken out, is there at once. */
    offer(name: string): void {
      const place = placeOf(name);
      const left = gone.get(name);
      if (place !== undefined) slots[place] = offered(slots[place]!);
      else if (left) push(offered(left.tool), left.has);
    },
    remove(name: string): void {
      for (const place of places.get(name) ?? []) {
        gone.set(name, { tool: slots[place]!, has: members.get(place) });
        slots[place] = undefined;
        members.delete(place);
      }
      places.delete(name);
    },
    all: (): Tool[] =>
      slots.flatMap((tool, place) => {
        const has = members.get(place);
        if (!tool) return [];
        if (!has || tool.kind !== 'opaque') return [tool];
        return [{ ...tool, value: { ...objectOf(tool.value), tools: [...has.values()] } }];
      }),
  };
}

function nameOf(tool: Tool): string | undefined {
  return tool.kind === 'opaque' ? filledString(objectOf(tool.value)?.name) : tool.name;
}

function groupOf(tool: Tool): JsonObject[] | undefined {
  const group = tool.kind === 'opaque' ? objectOf(tool.value) : undefined;
  return group?.type === 'namespace' ? arrayOf(group.tools).filter(isObject) : undefined;
}

function offered(tool: Tool): Tool {
  if (tool.kind !== 'function' || tool.extra?.defer_loading === undefined) return tool;
  const { extra, ...kept } = tool;
  const left = rest(extra, new Set(['defer_loading']));
  return { ...kept, ...(left && { extra: left }) };
}
