/**
 * Keys in the editor's SecretStorage, one entry each: `llmRouter.key.<name>`.
 * The list of names is an entry of its own, because SecretStorage.keys() is newer than the editors we support.
 */
import { randomBytes } from 'node:crypto';
import type { Disposable, Event, SecretStorageChangeEvent } from 'vscode';
import { within } from '../process/timeLimit';
import { SaidError } from '../said';
import { generateClientKey } from '../settings/keyNames';
import { say } from './sentences';

const PREFIX = 'llmRouter.key.';
const INDEX = 'llmRouter.keys';

/** The part of SecretStorage that is used. */
export interface Secrets {
  get(key: string): Thenable<string | undefined>;
  store(key: string, value: string): Thenable<void>;
  delete(key: string): Thenable<void>;
  onDidChange: Event<SecretStorageChangeEvent>;
}

export interface KeyStore {
  /** Rejects with a sentence when the editor's secret storage does not work. */
  get(name: string): Promise<string | undefined>;
  set(name: string, key: string): Promise<void>;
  /** Deleting what is not there is no error. */
  remove(name: string): Promise<void>;
  /** Every stored key, and those of `alsoNamed` that the list has lost. */
  all(alsoNamed: Iterable<string>): Promise<Record<string, string>>;
  /** A key was changed, here or in another window. */
  onDidChange(listener: () => void): Disposable;
}

/** How long a person waits for the editor's storage before a sentence says so, milliseconds. */
const PATIENCE = 10_000;

export function createKeyStore(secrets: Secrets, patience = PATIENCE): KeyStore {
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const guarded = <T>(work: () => Promise<T>): Promise<T> => limited(patience, changed, work);
  // One change of the list after the other: two at once would lose a name.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work, work);
    queue = result.catch(() => undefined);
    return result;
  };

  async function names(): Promise<string[]> {
    const text = await secrets.get(INDEX);
    try {
      const list: unknown = text ? JSON.parse(text) : [];
      return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
    } catch {
      return [];
    }
  }
  async function editNames(edit: (names: Set<string>) => void): Promise<void> {
    const list = await names();
    const edited = new Set(list);
    edit(edited);
    if (edited.size !== list.length) await secrets.store(INDEX, JSON.stringify([...edited].sort()));
  }

  return {
    get: (name) => guarded(async () => await secrets.get(PREFIX + name)),
    set: (name, key) =>
      inTurn(() =>
        guarded(async () => {
          await editNames((list) => list.add(name));
          await secrets.store(PREFIX + name, key);
          changed();
        }),
      ),
    remove: (name) =>
      inTurn(() =>
        guarded(async () => {
          await secrets.delete(PREFIX + name);
          await editNames((list) => list.delete(name));
          changed();
        }),
      ),
    all: (alsoNamed) =>
      guarded(async () => {
        const wanted = [...new Set([...(await names()), ...alsoNamed])];
        const keys = await Promise.all(wanted.map(async (name) => [name, await secrets.get(PREFIX + name)] as const));
        return Object.fromEntries(keys.filter((entry): entry is [string, string] => !!entry[1]));
      }),
    onDidChange: (listener) => {
      listeners.add(listener);
      // May not fire in the window that wrote (vscode#187247), hence the set above.
      const subscription = secrets.onDidChange((event) => {
        if (event.key.startsWith(PREFIX)) listener();
      });
      return {
        dispose: () => {
          listeners.delete(listener);
          subscription.dispose();
        },
      };
    },
  };
}

/** A broken keyring throws all kinds of things, a locked one never answers; a person gets one sentence. */
async function limited<T>(patience: number, late: () => void, work: () => Promise<T>): Promise<T> {
  const answer = work();
  try {
    return await within(patience, say.storageSilent, answer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === say.storageSilent.text) {
      // What comes late is used.
      answer.then(late, () => undefined);
      throw error;
    }
    throw new SaidError(say.storageBroken(reason), { cause: error });
  }
}

/** 256 bits in the form clients expect. */
export const newClientKey = (): string => generateClientKey(randomBytes);
