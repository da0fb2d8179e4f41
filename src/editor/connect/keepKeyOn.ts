/**
 * Cursor switches its OpenAI key off by itself every few hours (docs/rules.md M11); where a person has asked for it, one window
 * switches it on again. Its command flips: a value that Cursor has not written yet must never cause a second flip. Pure: clock,
 * reading, command and question come in.
 */
import type { CursorAppState } from '../../troubles/cursor';
import type { SwitchStore } from './switchMemory';

type Reading = Pick<CursorAppState, 'override' | 'switchedOn' | 'key'>;

export interface KeeperWorld {
  now(): number;
  /** The setting is on, and this window is the one that acts. */
  acts(): boolean;
  reading(): Reading | undefined;
  store: SwitchStore;
  /** Cursor's command; false: this editor has none. */
  toggle(): Promise<boolean>;
  /** "Was it you?"; undefined: no answer. */
  ask(): Promise<'keepOff' | 'switchOn' | undefined>;
  log(level: 'info' | 'warn', line: string): void;
}

export interface KeyKeeper {
  /** Something may have changed. */
  look(): Promise<void>;
}

const HOUR = 3_600_000;
/** Within an hour; more than that is a Cursor that does not want it on. */
export const MOST_TOGGLES = 3;
/** Cursor writes with a delay; after this it is said that nothing was seen, milliseconds. */
export const VERIFY_MS = 120_000;

export function createKeyKeeper(world: KeeperWorld): KeyKeeper {
  const { store, log } = world;
  let busy = false;
  /** What was last said, so that each look does not say it again. */
  let said = '';
  const sayOnce = (level: 'info' | 'warn', line: string): void => {
    if (said !== line) log(level, line);
    said = line;
  };

  async function look(): Promise<void> {
    const reading = world.reading();
    if (busy || !reading || !world.acts()) return;
    busy = true;
    try {
      if (reading.switchedOn) seenOn();
      else await foundOff(reading);
    } finally {
      busy = false;
    }
  }

  function seenOn(): void {
    const { pending, keptOff } = store.read();
    if (pending?.to) log('info', "Cursor's OpenAI key is on again.");
    if (pending?.to || keptOff) store.change({ pending: undefined, keptOff: undefined });
    said = '';
  }

  async function foundOff({ override, key }: Reading): Promise<void> {
    const memory = store.read();
    // Another router's URL, or none: the switch is not ours to touch. Without a key Cursor would only open its settings.
    if (override !== 'ours' || key === 'none' || memory.ownModels || memory.keptOff) return;
    if (memory.pending?.to) {
      if (world.now() - memory.pending.at > VERIFY_MS)
        sayOnce(
          'warn',
          "Cursor's OpenAI key was switched on, but Cursor's settings still say off; nothing more is done.",
        );
      return;
    }
    const now = world.now();
    if (memory.offAt === undefined || now - memory.offAt > HOUR) {
      const answer = await world.ask();
      if (answer !== 'switchOn') {
        store.change({ keptOff: true });
        return log('info', "Cursor's OpenAI key stays off until you switch it on.");
      }
      // Meanwhile another window or the person may have acted.
      const after = store.read();
      if (after.pending?.to || after.ownModels || world.reading()?.switchedOn !== false) return;
    }
    // Not before the answer: a question that was left open gives no leave to act.
    store.change({ offAt: now, pending: undefined });
    await switchOn();
  }

  async function switchOn(): Promise<void> {
    const now = world.now();
    const toggles = (store.read().toggles ?? []).filter((at) => now - at < HOUR);
    if (toggles.length >= MOST_TOGGLES)
      return sayOnce('warn', `Cursor's OpenAI key went off ${MOST_TOGGLES + 1} times within an hour; it is left off.`);
    store.change({ pending: { to: true, at: now }, toggles: [...toggles, now] });
    if (!(await world.toggle())) {
      store.change({ pending: undefined });
      return sayOnce('warn', 'This editor has no command for the switch of the OpenAI key.');
    }
    log(
      'info',
      `Cursor's OpenAI key was off and is switched on (${toggles.length + 1} of ${MOST_TOGGLES} within an hour).`,
    );
  }

  return { look };
}

/** What a person's own command about the switch does. */
export type SwitchPlan = 'toggle' | 'already' | 'justDone' | 'unknown';

/** @param to what is wanted; `seen` what Cursor's file says, where it can be read. */
export function switchPlan(to: boolean, seen: boolean | undefined, store: SwitchStore, now: number): SwitchPlan {
  const { pending } = store.read();
  if (pending && now - pending.at < VERIFY_MS && seen !== pending.to)
    // The file is older than what was just switched.
    return pending.to === to ? 'justDone' : 'toggle';
  if (seen === undefined) return 'unknown';
  return seen === to ? 'already' : 'toggle';
}
