/** Tool names that the receiving provider takes: clients name MCP tools with dots, slashes and blanks, or at great length. */
import type { Conversation, Part, StreamEvent, Tool, ToolChoice, WireName } from './conversation';
import { legalId } from './ids';

/** OpenAI's chat and Responses APIs take 64 characters, Anthropic 128; letters, digits, `_` and `-` everywhere. */
function limitOf(wire: WireName): number {
  return wire === 'messages' ? 128 : 64;
}

/** Whether every provider takes the name as it is: some want a letter first. */
export function isLegalToolName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name);
}

export interface NamedTools {
  conversation: Conversation;
  /** The client's name of each name that was changed. */
  originals: ReadonlyMap<string, string>;
}

/**
 * The conversation with legal names in tools, calls, results and choice, changed alike everywhere and by the rule of
 * tool-call ids (S9), so that the same name always gives the same one. Same object when all are legal.
 */
export function legalToolNames(conversation: Conversation, wire: WireName, letterFirst = false): NamedTools {
  const limit = limitOf(wire);
  const originals = new Map<string, string>();
  const legal = (name: string): string => {
    // The dot makes it an illegal one, so the changed name carries a hash and meets no other tool's.
    const begun = letterFirst && /^[^A-Za-z]/.test(name) ? `t.${name}` : name;
    const changed = name === '' ? name : legalId(begun, limit);
    if (changed !== name) originals.set(changed, name);
    return changed;
  };
  const tools = conversation.tools?.map((tool): Tool => {
    const name = tool.kind === 'opaque' ? undefined : legal(tool.name);
    return tool.kind === 'opaque' || name === undefined || name === tool.name ? tool : { ...tool, name };
  });
  const turns = conversation.turns.map((turn) => {
    if (turn.role !== 'assistant' && turn.role !== 'tool') return turn;
    const parts = turn.parts.map((part): Part => {
      if ((part.type !== 'toolCall' && part.type !== 'toolResult') || part.name === undefined) return part;
      const name = legal(part.name);
      return name === part.name ? part : { ...part, name };
    });
    return parts.some((part, at) => part !== turn.parts[at]) ? { ...turn, parts } : turn;
  });
  const toolChoice = conversation.toolChoice && namedChoice(conversation.toolChoice, legal);
  if (originals.size === 0) return { conversation, originals };
  return {
    conversation: { ...conversation, turns, ...(tools && { tools }), ...(toolChoice && { toolChoice }) },
    originals,
  };
}

function namedChoice(choice: ToolChoice, legal: (name: string) => string): ToolChoice {
  if (choice.type === 'tool') return { ...choice, name: legal(choice.name) };
  return choice.type === 'allowed' ? { ...choice, names: choice.names.map(legal) } : choice;
}

/** Gives calls of an answer the client's own names again. */
export function restoreToolNames(originals: ReadonlyMap<string, string>): (event: StreamEvent) => StreamEvent {
  return (event) => {
    const name = event.type === 'toolCallStart' ? originals.get(event.name) : undefined;
    return name === undefined ? event : ({ ...event, name } as StreamEvent);
  };
}
