/** A provider's numbers are foreign input: the one place through which they reach ledger, budgets and metrics. */
import type { Usage } from '../wires/conversation';

/** Far beyond the window of any model, far below where sums lose their meaning. */
const MOST_TOKENS = 100_000_000;

function tokens(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(0, Math.round(value)), MOST_TOKENS) : 0;
}

/** Whole numbers of tokens, none negative or absurd; parts are no more than what they are a part of. */
export function boundedUsage(usage: Usage): Usage {
  const input = tokens(usage.input);
  const output = tokens(usage.output);
  const bounded: Usage = { ...usage, input, output };
  if (usage.cacheRead !== undefined) bounded.cacheRead = Math.min(tokens(usage.cacheRead), input);
  if (usage.cacheWrite !== undefined)
    bounded.cacheWrite = Math.min(tokens(usage.cacheWrite), input - (bounded.cacheRead ?? 0));
  if (usage.reasoning !== undefined) bounded.reasoning = Math.min(tokens(usage.reasoning), output);
  return bounded;
}
