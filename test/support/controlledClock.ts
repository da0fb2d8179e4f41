import type { Clock } from '../../src/tunnel/world';
import { onWindows } from './platform';

/** A clock that stands still until it is told to go on. */
export interface ControlledClock extends Clock {
  /** Lets time pass: timers run in order, and what they set in motion settles in between. */
  pass(ms: number): Promise<void>;
  /** The machine sleeps: time jumps, then everything that was due runs at once. */
  sleep(ms: number): Promise<void>;
  /** Somebody sets the clock back; time goes on as before. */
  setBack(ms: number): void;
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

export function controlledClock(start = Date.UTC(2026, 9, 1, 12)): ControlledClock {
  let now = start;
  let order = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  const nextDue = (until: number) =>
    [...timers].filter(([, timer]) => timer.at <= until).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
  async function runUntil(end: number): Promise<void> {
    await settle();
    for (let due = nextDue(end); due; due = nextDue(end)) {
      const [id, timer] = due;
      timers.delete(id);
      now = Math.max(now, timer.at);
      timer.run();
      await settle();
    }
  }
  let back = 0;
  return {
    now: () => now - back,
    steady: () => now,
    setBack: (ms) => {
      back += ms;
    },
    after(ms, run) {
      const id = (order += 1);
      timers.set(id, { at: now + Math.max(0, ms), run });
      return () => timers.delete(id);
    },
    async pass(ms) {
      const end = now + ms;
      await runUntil(end);
      now = end;
    },
    async sleep(ms) {
      now += ms;
      await runUntil(now);
    },
  };
}

/** Real time, faster: for processes that run by themselves while we wait for long limits. Timers below `from` ms keep real time. */
export function fastClock(wanted: number, from = 0): Clock {
  // Programs start several times more slowly there: as much slower the time in which they have to.
  const factor = onWindows ? Math.max(1, wanted / 5) : wanted;
  const start = Date.now();
  const now = () => start + Math.round((Date.now() - start) * factor);
  return {
    now,
    steady: now,
    after(ms, run) {
      const timer = setTimeout(run, ms < from ? ms : ms / factor);
      return () => clearTimeout(timer);
    },
  };
}
