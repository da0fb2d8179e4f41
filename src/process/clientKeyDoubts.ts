/** What is odd about the keys that clients send: those that can be guessed, and those whose limits never count. */

import { keyText } from '../config/intake';
import type { Settings } from '../settings/schema';

/** Fewer characters can be tried out. */
const SHORT = 16;

export function clientKeyDoubts(
  { clientKeys }: Pick<Settings, 'clientKeys'>,
  env: Readonly<Record<string, string | undefined>>,
  main: string,
): string[] {
  const holders = new Map([[main, 'the main key']]);
  const doubts = clientKeys.flatMap(({ name, apiKeyEnv }) => {
    const secret = apiKeyEnv === undefined ? undefined : keyText(env[apiKeyEnv]);
    if (secret === undefined) return [];
    const holder = holders.get(secret);
    holders.set(secret, holder ?? `the client key ${name}`);
    // Of two with one secret the first counts (server/clientKeys.ts).
    if (holder)
      return `The client key ${name} is the same as ${holder}, so its own limits never count. Give it another one.`;
    return short(secret, `The client key ${name}`);
  });
  return [...short(main, 'The client key'), ...doubts];
}

function short(secret: string, what: string): string[] {
  if (secret.length >= SHORT) return [];
  return [`${what} is short. Anybody on the internet may try to guess it; a key of 32 characters and more is safe.`];
}
