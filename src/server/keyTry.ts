/** Several keys of one's own for a backend (issue 24 §7): which is asked, and which comes when one is refused or out of credit. */
import type { Target } from '../routing/backend';
import type { KeyPlace } from '../routing/keyPlaces';
import type { ApiFailure } from '../wires/conversation';
import type { Run } from './exchangeTypes';

/** What speaks against a key. Too many requests do not: keys are no means to get around a limit. */
const AGAINST_KEY: ReadonlySet<string> = new Set(['auth', 'permission', 'quota']);

export interface KeyTries {
  /** The target with the key that its conversation has, or the first that was not refused lately. */
  first(target: Target): Target;
  /** The target with a key that this request has not tried, when its key is what failed. */
  next(target: Target, failure: ApiFailure, tried: readonly Target[]): Target | undefined;
  served(target: Target): void;
}

/** Breaker circuits are per backend, key and model: one bad model does not cool its neighbours. */
export function breakerKey(target: Target): string {
  return `${target.backend.name}\u0000${target.keyName}\u0000${target.upstreamModel}`;
}

export function keysOf({ exchange, conversation }: Run): KeyTries {
  const { keys } = exchange.runtime;
  const whose = (): string | undefined => {
    const name = conversation();
    return name && `${exchange.clientKey}\u0000${name}`;
  };
  /** Those that are there; a name without a key is passed over. */
  const there = (places: readonly KeyPlace[] = []): KeyPlace[] =>
    places.filter((place) => exchange.runtime.keyFor(place) !== undefined);
  return {
    first: (target) => {
      const place = target.keys && keys.first(target.backend.name, there(target.keys), whose() ?? '');
      return place ? { ...target, keyEnv: undefined, ...place } : target;
    },
    next(target, failure, tried) {
      if (!target.keys || !AGAINST_KEY.has(failure.kind ?? '')) return undefined;
      keys.refused(target.backend.name, target.keyName);
      return there(target.keys)
        .map((place): Target => ({ ...target, keyEnv: undefined, ...place }))
        .find((other) => tried.every((known) => breakerKey(known) !== breakerKey(other)));
    },
    served(target) {
      const name = target.keys && whose();
      if (name) keys.served(target.backend.name, target.keyName, name);
    },
  };
}
