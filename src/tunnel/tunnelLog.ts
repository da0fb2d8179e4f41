/** The states a tunnel went through, for a time line. */
import type { TunnelStateName, TunnelStatus } from './tunnel';

export interface TunnelMoment {
  state: TunnelStateName;
  /** Milliseconds since the epoch when it began. */
  at: number;
  /** Why, for a person; absent where the state says it all. */
  message?: string;
}

export interface TunnelLog {
  add(status: TunnelStatus): void;
  /** Oldest first. */
  readonly moments: TunnelMoment[];
}

/** More tells nobody anything; a tunnel that flickers must not fill the memory. */
const KEPT = 200;

export function createTunnelLog(now: () => number): TunnelLog {
  const moments: TunnelMoment[] = [];
  return {
    moments,
    add({ state, message }) {
      const last = moments.at(-1);
      if (last?.state === state) {
        if (message) last.message = message;
        return;
      }
      moments.push({ state, at: now(), ...(message ? { message } : {}) });
      if (moments.length > KEPT) moments.shift();
    },
  };
}
