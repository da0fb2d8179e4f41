import type { Clock } from './world';

/** Timers take no more (25 days). */
const LONGEST = 2 ** 31 - 1;

/** Events in order of arrival, taken one by one, with a limit on the wait. */
export interface Mailbox<E> {
  post(event: E): void;
  /** The next event, or undefined after `ms` without any. One taker at a time. */
  take(ms: number): Promise<E | undefined>;
  clear(): void;
}

export function createMailbox<E>(clock: Clock): Mailbox<E> {
  const queue: E[] = [];
  let wake: (() => void) | undefined;
  return {
    post(event) {
      queue.push(event);
      wake?.();
    },
    async take(ms) {
      if (queue.length === 0 && ms > 0) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(Math.min(ms, LONGEST), resolve);
          wake = () => {
            cancel();
            resolve();
          };
        });
        wake = undefined;
      }
      return queue.shift();
    },
    clear: () => {
      queue.length = 0;
    },
  };
}
