/** Which client key a request presented. Runs before the body is read; says nothing about limits (see ledger/limits). */
import { timingSafeEqual } from 'node:crypto';
import type { Said } from '../said';
import { sha256 } from '../wires/sha256';
import { say } from './sentences';

export interface Keyring {
  /**
   * Name of the key with this secret; undefined when there is none. Takes the same time whichever key matches and whether one
   * does: SHA-256 digests of equal length, all entries compared, no early end.
   */
  find(presented: string): string | undefined;
  /** Names that were left out because their secret is a provider's key. */
  readonly refused: readonly string[];
  /** Name of the entry that was left out with this secret. */
  refusedAs(presented: string): string | undefined;
}

/** What to say of a key that is left out. */
export const refusedKey = (name: string): Said =>
  name === 'main' ? say.mainKeyIsProviders : say.clientKeyIsProviders(name);

export interface KeyringEntry {
  /** `main` or a name from the setting clientKeys. */
  name: string;
  secret: string;
}

/**
 * Client keys ready for comparison. Entries without a secret are passed over; an entry whose secret is one of
 * `providerKeys` is refused, so that a provider's key never opens the router. Of two names with one secret the first counts.
 */
export function createKeyring(entries: readonly KeyringEntry[], providerKeys: readonly string[] = []): Keyring {
  const forbidden = new Set(providerKeys);
  const usable = entries.filter((entry) => entry.secret !== '' && !forbidden.has(entry.secret));
  const known = usable.map((entry) => ({ name: entry.name, digest: sha256(entry.secret) }));
  const leftOut = entries
    .filter((entry) => entry.secret !== '' && forbidden.has(entry.secret))
    .map((entry) => ({ name: entry.name, digest: sha256(entry.secret) }));
  return {
    refused: leftOut.map((entry) => entry.name),
    refusedAs(presented) {
      const given = sha256(presented);
      return leftOut.find((entry) => timingSafeEqual(entry.digest, given))?.name;
    },
    find(presented) {
      const given = sha256(presented);
      let found = -1;
      for (let i = known.length - 1; i >= 0; i--) found = timingSafeEqual(known[i]!.digest, given) ? i : found;
      return found < 0 ? undefined : known[found]!.name;
    },
  };
}
