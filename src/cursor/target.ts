/** What of a conversation depends on where it goes: effort, limits, tier, empty turns (N10, N27, N28, N30, N35, M9). */

import type { Target } from '../routing/backend';
import type { Words } from '../said';
import type { Conversation, ReasoningRequest, Turn, WireName } from '../wires/conversation';
import { fitEffort } from '../wires/effort';

/** The part of a Target that matters here; a Target fits. */
export type TargetFacts = Pick<Target, 'variantEffort' | 'suffixEffort' | 'tier'> & {
  backend: { wire: WireName };
  abilities: Pick<
    Target['abilities'],
    'maxOutputTokens' | 'serviceTier' | 'reasoningField' | 'efforts' | 'effortWords' | 'thinkingSwitch'
  >;
};

export interface TargetOptions {
  /** Thinking is shown to the person, so it has to be asked for (N35). */
  showThinking: boolean;
}

/** The conversation for one target; the given one is not changed. `rules` names what was changed. */
export function applyTarget(
  conversation: Conversation,
  target: TargetFacts,
  options: TargetOptions,
): { conversation: Conversation; rules: Words[] } {
  const result = { ...conversation };
  const rules: Words[] = [];
  applyEffort(result, target, options, rules);
  applyLimit(result, target, rules);
  applyTier(result, target, rules);
  if (target.backend.wire === 'messages') fillEmptyUsers(result, rules);
  return { conversation: result, rules };
}

/**
 * A variant our own list offered beats the request's field, which beats a suffix Cursor added (N28); what else stands
 * in `reasoning` stays (N27). A model that reasons without being asked is asked for what S rules keep (N35).
 */
function applyEffort(result: Conversation, target: TargetFacts, options: TargetOptions, rules: Words[]): void {
  const asked = result.reasoning;
  const explicit = asked?.effort ?? (asked?.budgetTokens !== undefined || asked?.disabled ? '' : undefined);
  const effort = target.variantEffort ?? (explicit === undefined ? target.suffixEffort : undefined);
  let reasoning: ReasoningRequest | undefined = asked;
  if (effort !== undefined && effort !== asked?.effort) {
    const { budgetTokens: _, disabled: __, ...kept } = asked ?? {};
    reasoning = { ...kept, effort };
    rules.push('N28');
  }
  // A variant stands in the settings: whoever wrote it knows the model.
  if (target.variantEffort === undefined) {
    const fitted = fitEffort(reasoning, target.abilities, target.backend.wire);
    reasoning = fitted.reasoning;
    if (fitted.rule) rules.push(fitted.rule);
  }
  const wanted = reasoning !== undefined && !reasoning.disabled && reasoning.effort !== 'none';
  if (wanted && options.showThinking && reasoning?.summary === undefined) reasoning = { ...reasoning, summary: 'auto' };
  const reasonsAnyway = target.backend.wire === 'responses' && target.abilities.efforts.length > 0;
  if (!reasoning && reasonsAnyway && target.abilities.reasoningField !== 'none') reasoning = {};
  if (reasoning) result.reasoning = reasoning;
}

/** Output limits up to this are taken for the one Cursor writes on some requests, not for a wish. */
const HARD_CODED_LIMIT = 4_096;

/**
 * A small limit cuts tool arguments and Cursor asks again for ever (N30): it becomes the target's own maximum, or goes
 * where that is not known. Without tools only the very number Cursor is known to write counts.
 */
function applyLimit(result: Conversation, target: TargetFacts, rules: Words[]): void {
  const limit = result.maxOutputTokens;
  if (limit === undefined || limit > HARD_CODED_LIMIT) return;
  if (limit !== HARD_CODED_LIMIT && !result.tools) return;
  const most = target.abilities.maxOutputTokens;
  if (most === undefined) delete result.maxOutputTokens;
  else result.maxOutputTokens = most;
  rules.push('N30');
}

/** M9, M8: a tier is added only where the target takes one. */
function applyTier(result: Conversation, target: TargetFacts, rules: Words[]): void {
  if (target.tier === 'priority' && target.abilities.serviceTier) result.serviceTier = 'priority';
  else if (target.tier === 'remove' && result.serviceTier === 'priority') delete result.serviceTier;
  else return;
  rules.push('M9');
}

/** Anthropic refuses a user message without content (N10). */
function fillEmptyUsers(result: Conversation, rules: Words[]): void {
  const isEmpty = (turn: Turn) =>
    turn.role === 'user' && turn.parts.every((part) => part.type === 'text' && part.text.trim() === '');
  if (!result.turns.some(isEmpty)) return;
  result.turns = result.turns.map((turn) =>
    isEmpty(turn) ? { ...turn, parts: [{ type: 'text', text: '...' }] } : turn,
  );
  rules.push('N10');
}
