/** What was done about the switch of Cursor's OpenAI key: a file, because every window sees it at once (a memento is each window's own copy). */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../../network/wholeFile';

export interface SwitchMemory {
  /** A person chose Cursor's own models: the switch stays off until they choose the router again. */
  ownModels?: boolean;
  /** Switched by us and not yet seen in Cursor's file, which it writes with a delay: until then nothing is switched again. */
  pending?: { to: boolean; at: number };
  /** When this router switched it on by itself, within the last hour. */
  toggles?: number[];
  /** When it was last found off. */
  offAt?: number;
  /** It stays off until it is seen on again. */
  keptOff?: boolean;
}

export interface SwitchStore {
  read(): SwitchMemory;
  change(changes: SwitchMemory): void;
}

export function createSwitchStore(dataDir: string, onChange?: () => void): SwitchStore {
  const file = path.join(dataDir, 'cursor-switch.json');
  const read = (): SwitchMemory => {
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return typeof value === 'object' && value !== null ? (value as SwitchMemory) : {};
    } catch {
      return {};
    }
  };
  return {
    read,
    change(changes) {
      mkdirSync(dataDir, { recursive: true });
      writeWholeSync(file, JSON.stringify({ ...read(), ...changes }));
      onChange?.();
    },
  };
}

/** What the disk refuses holds in this window, so that nothing is asked or switched again and again; the next change brings it along. */
export function keptHere(store: SwitchStore, onRefusal: (error: Error) => void): SwitchStore {
  let unsaved: SwitchMemory = {};
  return {
    read: () => ({ ...store.read(), ...unsaved }),
    change(changes) {
      unsaved = { ...unsaved, ...changes };
      try {
        store.change(unsaved);
        unsaved = {};
      } catch (error) {
        onRefusal(error as Error);
      }
    },
  };
}
