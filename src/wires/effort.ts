/**
 * Effort words and thinking budgets: one provider counts thinking in tokens, the others name a level. The numbers are
 * those most gateways use, so a switch of provider does not change how long a model thinks by much.
 */
import type { ReasoningRequest } from './conversation';

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
  return BUDGETS[effort] ?? 8192;
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
