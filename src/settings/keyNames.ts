import type { Buffer } from 'node:buffer';
import { TUNNEL_NAMES } from './tunnelKinds';

/** Names of entries in the key store that belong to the router itself; every other name is a backend or a model's apiKeyName. */

/** The key that Cursor shows, and the name of that client. */
export const CLIENT_KEY = 'client:main';
/** What encrypts the memory kept for Cursor. */
export const MEMORY_KEY = 'memory:key';

/** `main` or a name from the setting clientKeys. */
export const clientKeyName = (client: string): string => `client:${client}`;
/** The token or secret of a kind of tunnel. */
export const tunnelKeyName = (kind: string): string => `tunnel:${kind}`;

/** What every installation may have, whatever its settings name. */
export const FIXED_KEYS: readonly string[] = [CLIENT_KEY, MEMORY_KEY, ...TUNNEL_NAMES.map(tunnelKeyName)];

/** The client whose key this entry is. */
export const clientOf = (entry: string): string | undefined => /^client:(.*)$/s.exec(entry)?.[1];

/** Never sent to a provider. */
export const isOwnKey = (entry: string): boolean => /^(client|tunnel|memory):/.test(entry);

/** A new client key: `sk-` and 256 random bits. `random` gives that many random bytes. */
export function generateClientKey(random: (size: number) => Buffer): string {
  return `sk-${random(32).toString('base64url')}`;
}
