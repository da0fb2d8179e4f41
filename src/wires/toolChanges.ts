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
  const { tools: _, ...others } = source;
  let tools = source.tools ?? [];
  const gone = new Map<string, Tool>();
  let changed = false;

  function add(tool: Tool): void {
    const at = tools.findIndex((known) => nameOf(known) !== undefined && nameOf(known) === nameOf(tool));
    const known = tools[at];
    tools = known ? tools.with(at, joined(known, tool)) : [...tools, tool];
  }
  /** Whether the block says nothing else. */
  function apply(value: JsonObject): boolean {
    const change = objectOf(value.tool);
    const name = filledString(change?.name);
    switch (value.type) {
      case 'additional_tools':
        for (const tool of arrayOf(value.tools)) add(readTool(tool, 'responses'));
        return true;
      case 'tool_addition': {
        const known = name === undefined ? undefined : (tools.find((tool) => nameOf(tool) === name) ?? gone.get(name));
        if (change?.type === 'tool_definition') add(readTool(change.definition as JsonValue, 'messages'));
        else if (known) add(offered(known));
        return true;
      }
      case 'tool_removal':
        for (const tool of tools) if (name !== undefined && nameOf(tool) === name) gone.set(name, tool);
        tools = tools.filter((tool) => name === undefined || nameOf(tool) !== name);
        return true;
      case 'tool_search_output':
        for (const tool of arrayOf(value.tools)) add(offered(readTool(tool, 'responses')));
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
  return changed ? { ...others, turns, ...(tools.length > 0 && { tools }) } : source;
}

function nameOf(tool: Tool): string | undefined {
  return tool.kind === 'opaque' ? filledString(objectOf(tool.value)?.name) : tool.name;
}

/** What comes later counts; a group that comes again adds to what it had. */
function joined(known: Tool, later: Tool): Tool {
  const before = groupOf(known);
  const now = groupOf(later);
  if (!before || !now) return later;
  const names = new Set(now.map(({ name }) => name));
  const tools = [...before.filter(({ name }) => !names.has(name)), ...now];
  return { ...later, value: { ...(later as { value: JsonObject }).value, tools } } as Tool;
}

function groupOf(tool: Tool): JsonObject[] | undefined {
  const group = tool.kind === 'opaque' ? objectOf(tool.value) : undefined;
  return group?.type === 'namespace' ? arrayOf(group.tools).filter(isObject) : undefined;
}

/** A tool that waited to be announced is there at once. */
function offered(tool: Tool): Tool {
  if (tool.kind !== 'function' || tool.extra?.defer_loading === undefined) return tool;
  const { extra, ...kept } = tool;
  const left = rest(extra, new Set(['defer_loading']));
  return { ...kept, ...(left && { extra: left }) };
}
