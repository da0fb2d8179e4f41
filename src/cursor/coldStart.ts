/**
 * What a provider insists on having back, and the safe way on where the memory does not have it (S6, S7, docs/rules.md
 * S): after a restart, after a change of model in the middle of a conversation, after a week.
 */
import type { Conversation, Part, ToolResultPart, Turn, WireName } from '../wires/conversation';
import { wantsReasoning } from '../wires/effort';
import { goesBackOver } from '../wires/origin';

/** What of a scope decides on its needs. */
export interface ColdScope {
  preset?: string;
  wire: WireName;
  upstreamModel: string;
  /** The target refuses calls of the history without their thinking in this field (routing/abilities.ts). */
  thinkingField?: 'reasoning_content';
  /** Messages: thinking is adaptive, so an answer without its own is no error; or on unless it is switched off. */
  adaptive?: true;
  thinksUnasked?: true;
  /** A client that may send thinking itself: it is not switched off for blocks that nobody knows of. */
  thinksOn?: true;
}

/** Which companion of a tool call is refused when missing. */
export type Needs = 'thinkingBlocks' | 'reasoningContent' | 'thoughtSignature' | 'nothing';

export function needsOf({ preset, wire, upstreamModel, thinkingField }: ColdScope): Needs {
  if (wire === 'messages') return 'thinkingBlocks';
  if (wire !== 'chat') return 'nothing';
  // Resellers of the same models have no such rule; an address of the person's own may be the provider's.
  if (thinkingField || preset === 'deepseek' || (!preset && /^deepseek/i.test(upstreamModel)))
    return 'reasoningContent';
  const isGoogle = preset === 'gemini' || preset === 'vertex' || !preset;
  return isGoogle && /^(?:google\/|models\/)?gemini/i.test(upstreamModel) ? 'thoughtSignature' : 'nothing';
}

export interface Warmed {
  conversation: Conversation;
  rules: string[];
  notice?: string;
}

/**
 * The conversation with everything put back that is known, and changed where something a provider needs is not:
 * Anthropic answers this request without thinking; DeepSeek sees calls it did not think about as text, with a notice;
 * Gemini gets the word that skips its check; Responses goes without.
 */
export function warmUp(
  conversation: Conversation,
  scope: ColdScope,
  isKnown: (turn: number) => boolean,
  putBack: (turn: Turn, at: number) => Turn,
): Warmed {
  const rules: string[] = [];
  const { turns } = conversation;
  const brings = (at: number) => turns[at]?.parts.some((part) => goesBackOver(scope.wire, part));
  const lacks = (at: number) => hasCalls(turns[at]) && !isKnown(at) && !brings(at);
  switch (needsOf(scope)) {
    case 'thinkingBlocks': {
      const thinks = conversation.reasoning ? wantsReasoning(conversation.reasoning) : scope.thinksUnasked;
      // Thinking blocks beside switched-off thinking say nothing and may be refused.
      if (!thinks) return { conversation, rules };
      if (!scope.adaptive && !scope.thinksOn && toolLoop(turns).some(lacks)) {
        const { effort: _, budgetTokens: __, adaptive: ___, ...kept } = conversation.reasoning ?? {};
        return { conversation: { ...conversation, reasoning: { ...kept, disabled: true } }, rules: ['S6'] };
      }
      break;
    }
    case 'reasoningContent': {
      const missing = new Set([...turns.keys()].filter(lacks));
      if (missing.size === 0) break;
      const restored = restoreAll(turns, putBack, rules);
      const lastMissing = Math.max(...missing);
      const noticed = turns.some((turn, at) => at > lastMissing && hasCalls(turn));
      return {
        conversation: { ...conversation, turns: callsAsText(restored, missing) },
        rules: [...rules, 'S6'],
        ...(!noticed && { notice: COLD_NOTICE }),
      };
    }
    case 'thoughtSignature': {
      const restored = restoreAll(turns, putBack, rules);
      const signed = restored.map(signFirstCall);
      if (signed.some((turn, at) => turn !== restored[at])) rules.push('S6');
      return { conversation: { ...conversation, turns: signed }, rules };
    }
  }
  const restored = restoreAll(turns, putBack, rules);
  return { conversation: rules.length > 0 ? { ...conversation, turns: restored } : conversation, rules };
}

const COLD_NOTICE =
  'LLM Router no longer has the thinking that belongs to earlier tool calls of this chat. The model sees their results as text and goes on.';

function restoreAll(turns: readonly Turn[], putBack: (turn: Turn, at: number) => Turn, rules: string[]): Turn[] {
  const restored = turns.map(putBack);
  if (restored.some((turn, at) => turn !== turns[at])) rules.push('S10');
  return restored;
}

function hasCalls(turn: Turn | undefined): boolean {
  return turn?.role === 'assistant' && turn.parts.some((part) => part.type === 'toolCall');
}

/**
 * Indexes of the turns of the loop that is still running: since the last thing the person said. What is said right
 * behind tool results reaches Anthropic in one message with them, so it ends no loop.
 */
function toolLoop(turns: readonly Turn[]): number[] {
  const before = (at: number) => turns.slice(0, at).findLast((turn) => turn.role !== 'user')?.role;
  const start = turns.findLastIndex((turn, at) => turn.role === 'user' && before(at) !== 'tool') + 1;
  return [...turns.keys()].slice(start);
}

/** Calls without their reasoning go, their results stay as something the person passes on (S6). */
function callsAsText(turns: readonly Turn[], missing: ReadonlySet<number>): Turn[] {
  const calls = new Map<string, string>();
  return turns.flatMap((turn, at): Turn[] => {
    if (missing.has(at)) {
      for (const part of turn.parts) {
        if (part.type === 'toolCall') calls.set(part.id, `${part.name} ${part.arguments.slice(0, 500)}`);
      }
      const parts = turn.parts.filter(
        (part) => part.type !== 'toolCall' && !(part.type === 'text' && part.text === ''),
      );
      return parts.length > 0 ? [{ ...turn, parts }] : [];
    }
    // Ids like `call_0` come again: from here on this one belongs to a call that stays.
    if (turn.role === 'assistant') for (const part of turn.parts) if (part.type === 'toolCall') calls.delete(part.id);
    if (turn.role !== 'tool') return [turn];
    const told = turn.parts.filter((part): part is ToolResultPart => part.type === 'toolResult' && calls.has(part.id));
    if (told.length === 0) return [turn];
    const kept = turn.parts.filter((part) => !told.includes(part as ToolResultPart));
    const parts = told.flatMap((part): Part[] => [
      { type: 'text', text: `Result of the earlier tool call ${calls.get(part.id)}:\n` },
      ...part.content,
    ]);
    const user: Turn = { role: 'user', parts };
    return kept.length > 0 ? [{ ...turn, parts: kept }, user] : [user];
  });
}

/** Google's own word for a call whose signature is not there. One call of each step has to carry one. */
const SKIP_SIGNATURE = 'skip_thought_signature_validator';

function signFirstCall(turn: Turn): Turn {
  if (turn.role !== 'assistant') return turn;
  const first = turn.parts.findIndex((part) => part.type === 'toolCall');
  const call = turn.parts[first];
  if (call?.type !== 'toolCall' || call.thoughtSignature) return turn;
  return { ...turn, parts: turn.parts.with(first, { ...call, thoughtSignature: SKIP_SIGNATURE }) };
}
