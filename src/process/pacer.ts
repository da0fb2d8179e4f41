/** Delivers at most one value per `interval` milliseconds, the first at once, and always the last one. */
export interface Throttle {
  /** There is something to deliver. */
  touch(): void;
  dispose(): void;
}

export interface ThrottleOptions {
  interval: number;
  /** Fetches and delivers the newest value. False: the receiver is not ready, try again an interval later. */
  deliver: () => boolean;
  timer?: { set(callback: () => void, ms: number): unknown; clear(handle: unknown): void };
}

export function createThrottle({ interval, deliver, timer = systemTimer }: ThrottleOptions): Throttle {
  let pause: unknown;
  let dirty = false;

  const run = (): void => {
    dirty = !deliver();
    pause = timer.set(() => {
      pause = undefined;
      if (dirty) run();
    }, interval);
  };

  return {
    touch: () => {
      if (pause === undefined) run();
      else dirty = true;
    },
    dispose: () => {
      if (pause !== undefined) timer.clear(pause);
      // Never undefined again: a disposed throttle stays silent.
      pause = null;
      dirty = false;
    },
  };
}

const systemTimer = {
  set: (callback: () => void, ms: number): unknown => setTimeout(callback, ms),
  clear: (handle: unknown): void => clearTimeout(handle as NodeJS.Timeout),
};
