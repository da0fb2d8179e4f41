/** setTimeout and performance.now in the hands of the tests of one `describe`, for code that asks both. */
import { mock } from 'node:test';

export interface HeldTimers {
  /** Time passes, `step` milliseconds after the other. */
  pass(ms: number, step?: number): void;
  /** The loop was busy: time is over before any timer is looked at. */
  stall(ms: number): void;
  /** The clock goes on, and no timer is looked at. */
  jump(ms: number): void;
}

/** Begins at 0 before each test, and is the system's again behind it. */
export function heldTimers(): HeldTimers {
  let now = 0;
  beforeEach(() => {
    now = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
    mock.method(performance, 'now', () => now);
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });
  const stall = (ms: number): void => {
    now += ms;
    mock.timers.tick(ms);
  };
  return {
    stall,
    pass(ms, step = 1) {
      for (const end = now + ms; now < end; ) stall(step);
    },
    jump(ms) {
      now += ms;
    },
  };
}
