/**
 * Cooldown per (backend, key, model): one blip disables nothing, a dead target is not hammered, and one probe at a
 * time finds out whether it is back (peers §4). Pure: the clock comes in.
 */
import type { ApiFailure } from '../wires/conversation';

export type BreakerVerdict = 'closed' | 'probe' | 'open';

interface Circuit {
  failures: number;
  openUntil: number;
  /** A half-open probe is on its way since. */
  probing: boolean;
  lastError?: string;
  lastOkAt?: number;
  lastFailureAt?: number;
}

export interface Breaker {
  /** May this target be tried now? `probe` reserves the one half-open attempt: report its outcome. */
  check(key: string): BreakerVerdict;
  succeeded(key: string): void;
  failed(key: string, failure: ApiFailure): void;
  /** An attempt ended without a verdict (the client left): gives a probe back. */
  released(key: string): void;
  /** Health of all circuits whose key starts with `prefix`. */
  health(prefix: string): {
    health: 'ok' | 'unknown' | 'cooling' | 'failing';
    coolingUntil?: number;
    lastError?: string;
  };
}

/** Failures in a row before a target cools. */
const THRESHOLD = 3;
const COOL_MS = [5_000, 10_000, 20_000] as const;

/** Kinds that speak against the target; a bad request or a refused prompt says nothing about it. */
const COUNTS: ReadonlySet<string> = new Set([
  'rateLimit',
  'overloaded',
  'server',
  'timeout',
  'network',
  'protocol',
  'quota',
]);

export function createBreaker(now: () => number): Breaker {
  const circuits = new Map<string, Circuit>();
  const circuit = (key: string): Circuit => {
    let found = circuits.get(key);
    if (!found) circuits.set(key, (found = { failures: 0, openUntil: 0, probing: false }));
    return found;
  };
  return {
    check(key) {
      const c = circuits.get(key);
      if (!c || c.failures < THRESHOLD) return 'closed';
      if (now() < c.openUntil || c.probing) return 'open';
      c.probing = true;
      return 'probe';
    },
    succeeded(key) {
      const c = circuit(key);
      c.failures = 0;
      c.openUntil = 0;
      c.probing = false;
      c.lastOkAt = now();
    },
    failed(key, failure) {
      const c = circuit(key);
      c.probing = false;
      c.lastError = failure.message;
      c.lastFailureAt = now();
      if (!COUNTS.has(failure.kind ?? 'server')) return;
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
        if (c.failures >= THRESHOLD && c.openUntil > now()) cooling = c;
        const at = Math.max(c.lastOkAt ?? 0, c.lastFailureAt ?? 0);
        if (!latest || at > Math.max(latest.lastOkAt ?? 0, latest.lastFailureAt ?? 0)) latest = c;
      }
      if (cooling) return { health: 'cooling', coolingUntil: cooling.openUntil, lastError: cooling.lastError };
      if (!latest || (latest.lastOkAt === undefined && latest.lastFailureAt === undefined))
        return { health: 'unknown' };
      if ((latest.lastFailureAt ?? 0) > (latest.lastOkAt ?? 0))
        return { health: 'failing', lastError: latest.lastError };
      return { health: 'ok' };
    },
  };
}
