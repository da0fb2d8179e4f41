/**
 * Effort words and thinking budgets: one provider counts thinking in tokens, the others name a level. The numbers are
 * those most gateways use, so a switch of provider does not change how long a model thinks by much.
 */
import type { Said } from '../said';
import type { ReasoningRequest } from './conversation';
import { entryOf } from './read';
import { say } from './sentences';
import type { ReasoningField, Wire } from './wire';

const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16384,
  xhigh: 24576,
  max: 32768,
};

/** Anthropic takes no smaller thinking budget. */
export const MIN_THINKING_BUDGET = 1024;

/** Tokens of thinking for an effort word; an unknown word counts as medium. */
export function budgetOfEffort(effort: string): number {
  return entryOf(BUDGETS, effort) ?? 8192;
}

/** The effort word nearest to a budget. */
export function effortOfBudget(budget: number): string {
  if (budget < 4096) return 'low';
  return budget < 12288 ? 'medium' : 'high';
}

/** Whether the client wants thinking at all; an effort of `none` switches it off like `disabled`. */
export function wantsReasoning(reasoning: ReasoningRequest | undefined): reasoning is ReasoningRequest {
  return reasoning !== undefined && !reasoning.disabled && reasoning.effort !== 'none';
}

/** The effort word of a request, from the word itself or from its budget. */
export function effortOf(reasoning: ReasoningRequest | undefined): string | undefined {
  if (!reasoning || reasoning.disabled) return undefined;
  if (reasoning.effort !== undefined) return reasoning.effort;
  return reasoning.budgetTokens === undefined ? undefined : effortOfBudget(reasoning.budgetTokens);
}

/** From silent to as much as there is; `default` is what a model does by itself. */
export const LADDER = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const rankOf = (word: string): number => LADDER.indexOf(word === 'default' ? 'medium' : word);

/**
 * The word a model takes that is nearest to the asked one, the higher of two (DeepSeek reads medium as high). Only `none`
 * becomes silence; of a model that cannot be silent it is the lowest. Unknown words and models pass.
 */
export function nearestEffort(effort: string, words: readonly string[]): string {
  const asked = rankOf(effort);
  if (words.length === 0 || words.includes(effort) || asked < 0) return effort;
  const thinking = words.filter((word) => word !== 'none' && rankOf(word) >= 0);
  return (
    thinking.reduce<string | undefined>((best, word) => {
      if (best === undefined) return word;
      const [near, known] = [Math.abs(rankOf(word) - asked), Math.abs(rankOf(best) - asked)];
      return near < known || (near === known && rankOf(word) > rankOf(best)) ? word : best;
    }, undefined) ?? effort
  );
}

/** What of a target decides on its words. */
export interface EffortFacts {
  reasoningField: ReasoningField;
  /** The words it takes; absent where nothing is known. */
  effortWords?: readonly string[];
  /** Thinking has a switch of its own, so `none` needs no word. */
  thinkingSwitch?: boolean;
}

/** The words an effort has to be one of; none where every word is taken or a budget takes its place. */
export function wordsOf({ reasoningField, effortWords = [] }: EffortFacts, wire: Wire): readonly string[] {
  // OpenRouter's object: the words are mapped there.
  const mapped = reasoningField === 'thinking' || (wire === 'chat' && reasoningField === 'reasoning');
  return mapped || reasoningField === 'none' ? [] : effortWords;
}

/** A wish for thinking in the words of one target. `rule` says what was changed, for the story of the request. */
export function fitEffort(
  reasoning: ReasoningRequest | undefined,
  facts: EffortFacts,
  wire: Wire,
): { reasoning?: ReasoningRequest; rule?: Said } {
  if (!reasoning || reasoning.disabled) return { ...(reasoning && { reasoning }) };
  const asked = effortOf(reasoning);
  // Towards Anthropic `none` is no word but thinking left out.
  if (asked === undefined || (asked === 'none' && (wire === 'messages' || facts.thinkingSwitch))) return { reasoning };
  const effort = nearestEffort(asked, wordsOf(facts, wire));
  if (effort === asked) return { reasoning };
  return { reasoning: { ...reasoning, effort }, rule: say.effortBecame(asked, effort) };
}
