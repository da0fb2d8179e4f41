/**
 * Which of a person's own keys for one backend is asked first (issue 24 §7): the one that served the conversation, since
 * providers cache by account; else the first that was not refused a while ago. Never in turn, never by load. Pure but for
 * what it keeps in memory.
 */
import type { KeyPlace } from '../routing/keyPlaces';

export interface KeyChoice {
  /** The key to begin with. `conversation` is unique among all clients. */
  first(backend: string, places: readonly KeyPlace[], conversation: string): KeyPlace | undefined;
  served(backend: string, keyName: string, conversation: string): void;
  refused(backend: string, keyName: string): void;
}

/** How long a refused key is not the first choice of a new conversation. */
const ASIDE_MS = 300_000;
/** Clients choose conversations, so they are bounded; the one that was not heard of longest goes. */
const MAX_CONVERSATIONS = 2_000;

/** @param now steady milliseconds */
export function createKeyChoice(now: () => number): KeyChoice {
  const served = new Map<string, string>();
  const refusedAt = new Map<string, number>();
  const id = (backend: string, rest: string): string => `${backend}\u0000${rest}`;
  const aside = (backend: string, keyName: string): boolean => {
    const at = refusedAt.get(id(backend, keyName));
    return at !== undefined && now() - at < ASIDE_MS;
  };
  return {
    first(backend, places, conversation) {
      const before = served.get(id(backend, conversation));
      return (
        places.find(({ keyName }) => keyName === before && !aside(backend, keyName)) ??
        places.find(({ keyName }) => !aside(backend, keyName)) ??
        places[0]
      );
    },
    served(backend, keyName, conversation) {
      refusedAt.delete(id(backend, keyName));
      const key = id(backend, conversation);
      served.delete(key);
      served.set(key, keyName);
      if (served.size > MAX_CONVERSATIONS) served.delete(served.keys().next().value!);
    },
    refused(backend, keyName) {
      refusedAt.set(id(backend, keyName), now());
    },
  };
}
