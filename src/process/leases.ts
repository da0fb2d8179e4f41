/**
 * A lease is an open, proven connection. The process ends `linger` milliseconds after the last one is gone, or, once `update()` has
 * begun the counting, when none ever came.
 */
export interface Leases {
  readonly count: number;
  /** The returned function gives the lease back; calling it again does nothing. */
  add(): () => void;
  /** Begins the counting, or counts anew: the time to linger has changed. */
  update(): void;
  /** No end will be called any more. */
  dispose(): void;
}

export interface LeaseOptions {
  /** Milliseconds, asked whenever the countdown begins; Infinity is no countdown. */
  linger: () => number;
  /** Called once, when nobody has come back in time. */
  onEnd: () => void;
  onChange?: (count: number) => void;
  timer?: { set(callback: () => void, ms: number): unknown; clear(handle: unknown): void };
}

export function createLeases(options: LeaseOptions): Leases {
  const timer = options.timer ?? { set: setTimeout, clear: (handle) => clearTimeout(handle as NodeJS.Timeout) };
  let count = 0;
  let countdown: unknown;
  let over = false;

  const restart = (): void => {
    if (countdown !== undefined) timer.clear(countdown);
    countdown = undefined;
    const ms = options.linger();
    if (count > 0 || over || ms === Infinity) return;
    countdown = timer.set(() => {
      over = true;
      options.onEnd();
    }, ms);
  };

  const add = (): (() => void) => {
    count++;
    restart();
    options.onChange?.(count);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      count--;
      restart();
      options.onChange?.(count);
    };
  };

  return {
    get count() {
      return count;
    },
    add,
    update: restart,
    dispose: () => {
      over = true;
      restart();
    },
  };
}
