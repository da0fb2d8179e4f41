/**
 * Cooldown per (backend, key, model): one blip disables nothing, a dead target is not hammered, and one probe at a
 * time finds out whether it is back. Pure: the clock comes in.
 */
import { type Said, saidOf, textOf, type Words, wordsOf } from '../said';
import type { ApiFailure } from '../wires/conversation';

export type BreakerVerdict = 'closed' | 'probe' | 'open';

interface Circuit {
  failures: number;
  openUntil: number;
  /** A half-open probe is on its way. */
  probing: boolean;
  /** The last verdict was a failure (two may fall into one millisecond, so times do not tell). */
  failing?: boolean;
  lastError?: Words;
  keyRefused?: boolean;
  lastOkAt?: number;
  lastFailureAt?: number;
}

export interface Breaker {
  /** May this target be tried now? `probe` reserves the one half-open attempt: report its outcome. */
  check(key: string): BreakerVerdict;
  succeeded(key: string): void;
  /** @param kept what of its sentence may be kept; absent: all. */
  failed(key: string, failure: ApiFailure, kept?: Words): void;
  /** A probe ended without a verdict (the client left), or is being answered: the next one may go. */
  released(key: string): void;
  /** Health of all circuits whose key starts with `prefix`. */
  health(prefix: string): {
    health: 'ok' | 'unknown' | 'cooling' | 'failing';
    coolingUntil?: number;
    lastError?: string;
    lastErrorSays?: Said;
  };
  /** Was the last verdict on these circuits that the key is not accepted? */
  keyRefused(prefix: string): boolean;
}

/** Failures in a row before a target cools. */
const THRESHOLD = 3;
const COOL_MS = [5_000, 10_000, 20_000] as const;

/** Kinds that speak against the target; a bad request or a refused prompt says nothing about it. */
const COUNTS: ReadonlySet<string> = new Set([
  'rateLimit',
  'overloaded',
  'server',
  'notLoaded',
  'timeout',
  'network',
  'protocol',
  'quota',
]);

/** The target answered, and rightly: as good as a success for the question whether it works. */
const ANSWERED: ReadonlySet<string> = new Set(['badRequest', 'contextLength', 'contentPolicy']);

/** Clients choose model names, so circuits are bounded; the one that was not used longest goes. */
const MAX_CIRCUITS = 1_000;

export function createBreaker(now: () => number): Breaker {
  const circuits = new Map<string, Circuit>();
  const circuit = (key: string): Circuit => {
    const found = circuits.get(key) ?? { failures: 0, openUntil: 0, probing: false };
    circuits.delete(key);
    circuits.set(key, found);
    if (circuits.size > MAX_CIRCUITS) circuits.delete(circuits.keys().next().value!);
    return found;
  };
  const succeeded = (key: string) => {
    const c = circuit(key);
    c.failures = 0;
    c.openUntil = 0;
    c.probing = false;
    c.lastOkAt = now();
    c.failing = false;
  };
  return {
    check(key) {
      const c = circuits.get(key);
      if (!c || c.failures < THRESHOLD) return 'closed';
      if (now() < c.openUntil || c.probing) return 'open';
      c.probing = true;
      return 'probe';
    },
    succeeded,
    failed(key, failure, kept = wordsOf(failure)) {
      const kind = failure.kind ?? 'server';
      if (ANSWERED.has(kind)) return succeeded(key);
      const c = circuit(key);
      c.probing = false;
      c.lastError = kept;
      c.lastFailureAt = now();
      c.failing = true;
      c.keyRefused = kind === 'auth';
      if (!COUNTS.has(kind)) return;
      c.failures += 1;
      if (c.failures < THRESHOLD) return;
      const step = COOL_MS[Math.min(c.failures - THRESHOLD, COOL_MS.length - 1)]!;
      c.openUntil = now() + Math.max(step, Math.min((failure.retryAfterSeconds ?? 0) * 1_000, 60_000));
    },
    released(key) {
      const c = circuits.get(key);
      if (c) c.probing = false;
    },
    health(prefix) {
      let latest: Circuit | undefined;
      let cooling: Circuit | undefined;
      for (const [key, c] of circuits) {
        if (!key.startsWith(prefix)) continue;
        if (c.openUntil > now() && c.openUntil > (cooling?.openUntil ?? 0)) cooling = c;
        if (lastSeen(c) >= lastSeen(latest)) latest = c;
      }
      if (cooling) return { health: 'cooling', coolingUntil: cooling.openUntil, ...errorOf(cooling) };
      if (!latest || lastSeen(latest) === 0) return { health: 'unknown' };
      return latest.failing ? { health: 'failing', ...errorOf(latest) } : { health: 'ok' };
    },
    keyRefused(prefix) {
      let latest: Circuit | undefined;
      for (const [key, c] of circuits) if (key.startsWith(prefix) && lastSeen(c) >= lastSeen(latest)) latest = c;
      return latest?.failing === true && latest.keyRefused === true;
    },
  };
}

function errorOf({ lastError }: Circuit): { lastError?: string; lastErrorSays?: Said } {
  if (lastError === undefined) return {};
  const says = saidOf(lastError);
  return { lastError: textOf(lastError), ...(says && { lastErrorSays: says }) };
}

function lastSeen(circuit: Circuit | undefined): number {
  return Math.max(circuit?.lastOkAt ?? 0, circuit?.lastFailureAt ?? 0);
}
