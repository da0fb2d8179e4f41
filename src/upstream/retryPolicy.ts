/** What to do after a failed attempt, before any content reached the client (design §6). Pure. */
import type { ApiFailure } from '../wires/conversation';

export interface RetryState {
  /** Attempts made on this target and in all, the failed one included. */
  onTarget: number;
  inAll: number;
  /** Milliseconds already spent waiting between attempts. */
  waited: number;
  hasFallback: boolean;
  /** Milliseconds the failed attempt took. */
  tookMs?: number;
}
export interface RetryLimits {
  attemptsPerBackend: number;
  attempts: number;
  waitSeconds: number;
}
export type Decision = { do: 'retry'; waitMs: number } | { do: 'fallback' } | { do: 'giveUp' };

/** An attempt that took longer is not made twice where another target may answer: a stall would be waited out again (S09). */
const SLOW_MS = 10_000;

/** Worth another try on the same target. */
const RETRY: ReadonlySet<string> = new Set(['rateLimit', 'overloaded', 'server', 'network', 'protocol']);
/** Not worth the same target, but another one may answer. Silence (timeout) is not retried where it happened. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...RETRY,
  'timeout',
  'quota',
  'auth',
  'permission',
  'notFound',
  'notLoaded',
  'contextLength',
]);

/**
 * @param random 0 ≤ r < 1, for jitter.
 */
export function decide(failure: ApiFailure, state: RetryState, limits: RetryLimits, random: number): Decision {
  const kind = failure.kind ?? 'server';
  if (kind === 'cancelled') return { do: 'giveUp' };
  const leftInAll = state.inAll < limits.attempts;
  // A wrong proxy setting does not become right by asking again; a local fallback needs no proxy.
  const lasting = failure.code === 'BAD_PROXY';
  const again = !lasting && (RETRY.has(kind) || failure.status === 408 || failure.status === 409);
  const elsewhere = again || ELSEWHERE.has(kind);
  const fallback: Decision = state.hasFallback && leftInAll && elsewhere ? { do: 'fallback' } : { do: 'giveUp' };
  if (!again || !leftInAll || state.onTarget >= limits.attemptsPerBackend) return fallback;
  const backoff = Math.min(400 * 2 ** (state.onTarget - 1), 4_000) * (0.5 + random / 2);
  const waitMs = failure.retryAfterSeconds === undefined ? backoff : failure.retryAfterSeconds * 1_000 + random * 100;
  // With a fallback at hand one quick second try is enough; nobody should wait for a dead primary.
  if (state.hasFallback && (state.onTarget >= 2 || (state.tookMs ?? 0) > SLOW_MS)) return fallback;
  if (state.waited + waitMs > limits.waitSeconds * 1_000) return fallback;
  return { do: 'retry', waitMs };
}
