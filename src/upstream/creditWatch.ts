/** Credit left by backend: asked rarely, only after requests of its own, and sooner when one failed for want of it. */
import type { Backend } from '../routing/backend';
import type { Credit } from './creditWords';

export interface CreditWatch {
  /** A request to it has ended. */
  saw(backend: Backend, outOfCredit: boolean): void;
  of(backend: string): Credit | undefined;
  /** Keys or addresses changed: what was told of the old ones does not hold. */
  reset(): void;
  close(): void;
}

const EVERY_MS = 900_000;
const WANT_MS = 60_000;

export interface CreditWatchOptions {
  ask(backend: Backend): Promise<Credit | undefined>;
  /** Milliseconds from a request to the question, so that no question stands beside requests. */
  delayMs: number;
  /** Steady milliseconds. */
  now(): number;
  onChange(): void;
}

export function createCreditWatch({ ask, delayMs, now, onChange }: CreditWatchOptions): CreditWatch {
  const known = new Map<string, Credit>();
  const asked = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  let generation = 0;

  async function look(backend: Backend): Promise<void> {
    const mine = generation;
    timers.delete(backend.name);
    asked.set(backend.name, now());
    const credit = await ask(backend);
    if (mine !== generation || (!credit && !known.has(backend.name))) return;
    if (credit) known.set(backend.name, credit);
    else known.delete(backend.name);
    onChange();
  }
  const stop = (): void => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    generation++;
  };
  return {
    saw(backend, outOfCredit) {
      const last = asked.get(backend.name);
      if (timers.has(backend.name) || (last !== undefined && now() - last < (outOfCredit ? WANT_MS : EVERY_MS))) return;
      const timer = setTimeout(() => void look(backend), delayMs);
      timer.unref();
      timers.set(backend.name, timer);
    },
    of: (backend) => known.get(backend),
    reset() {
      stop();
      known.clear();
      asked.clear();
    },
    close: stop,
  };
}
