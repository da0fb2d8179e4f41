/**
 * The keys that every installation makes for itself. A person has pasted the client key into Cursor, so a storage that lost it, or
 * says `undefined` once, must never lead to another one: that a key was made is remembered outside the storage, as a salted digest.
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Memento } from 'vscode';
import { SaidError } from '../said';
import { CLIENT_KEY, MEMORY_KEY } from '../settings/keyNames';
import { type KeyStore, newClientKey } from './keyStore';
import { say } from './sentences';

const STATE = 'keysMade';
/** Waits before a key that should be there is looked for again, milliseconds. */
const LOOK_AGAIN = [300, 1_200];

/** The storage no longer has the client key. Until a person decides, nothing is served with another one. */
export class LostKeyError extends SaidError {
  override name = 'LostKeyError';
  constructor() {
    super(say.keyLost);
  }
}

export interface MadeKeys {
  was(name: string): boolean;
  /** Is this the key that was remembered? Also true when none was. */
  fits(name: string, key: string): boolean;
  remember(name: string, key: string): void;
}

export function createMadeKeys(memento: Memento): MadeKeys {
  const digests = (): Record<string, string> => memento.get<Record<string, string>>(STATE) ?? {};
  const fits: MadeKeys['fits'] = (name, key) => {
    const known = digests()[name];
    return known === undefined || known === digestOf(key, known.split(':')[0]!);
  };
  return {
    was: (name) => digests()[name] !== undefined,
    fits,
    remember(name, key) {
      if (digests()[name] !== undefined && fits(name, key)) return;
      const digest = digestOf(key, randomBytes(16).toString('hex'));
      // Best effort, and never waited for: without it a loss is only not noticed.
      void memento.update(STATE, { ...digests(), [name]: digest }).then(undefined, () => undefined);
    },
  };
}

const digestOf = (key: string, salt: string): string =>
  `${salt}:${createHash('sha256').update(salt).update(key).digest('hex')}`;

/** Makes what was never made. Rejects with a LostKeyError when the client key was made and is not there. */
export async function ensureOwnKeys(
  keys: KeyStore,
  made: MadeKeys,
  wait: (ms: number) => Promise<unknown> = setTimeout,
): Promise<void> {
  if (!(await present(CLIENT_KEY))) {
    if (made.was(CLIENT_KEY)) throw new LostKeyError();
    await make(CLIENT_KEY, newClientKey());
  }
  // Nobody has pasted this one: what it encrypted is forgotten, nothing more.
  if (!(await present(MEMORY_KEY))) await make(MEMORY_KEY, randomBytes(32).toString('base64'));

  async function present(name: string): Promise<boolean> {
    let key = await keys.get(name);
    for (const ms of made.was(name) ? LOOK_AGAIN : []) {
      if (key) break;
      await wait(ms);
      key = await keys.get(name);
    }
    if (key) made.remember(name, key);
    return !!key;
  }
  async function make(name: string, key: string): Promise<void> {
    await keys.set(name, key);
    made.remember(name, key);
  }
}
