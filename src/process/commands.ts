/**
 * What the router does for its windows. Whatever changes something (settings, start, stop, hand-over) runs one after the other, so
 * that ten windows that all say something at once end in one state.
 */

import { SaidError } from '../said';
import type { Problem } from '../settings/problem';
import { type Settings, settingsSchema } from '../settings/schema';
import { isObject } from '../wires/read';
import { CALLS, type CallsBy, type ConfigPush, type ConfigResult } from './contract';
import type { RouterCore } from './core';
import type { Log } from './logFile';
import { hashOf, type RouterMemo } from './routerMemo';
import { say } from './sentences';
import { createQueue, within } from './timeLimit';

/** Running streams may go on this long after a person's Stop, milliseconds. */
const STOP_DRAIN = 10_000;
/** Running streams may go on this long in a router that has handed over, milliseconds. */
const HAND_OVER_DRAIN = 600_000;

export interface CommandOptions {
  core: RouterCore;
  /** The install secret. */
  secret: string;
  memo: RouterMemo;
  log: Log;
  now: () => number;
  /** Asks the predecessor, if there is one, to hand over; undefined when there is none or it does not. Called once. */
  takeOver: () => Promise<{ running: boolean } | undefined>;
  /** Settings came into force. */
  onApplied: (push: ConfigPush) => void;
  /** This router steps aside for a newer one; `drained` settles when its last stream has ended. */
  onHandedOver: (version: string, drained: Promise<void>) => void;
}

/** The calls of the contract that change something. Rejections are sentences for a person. */
export type Commands = CallsBy<'commands'>;

export function createCommands(options: CommandOptions): Commands {
  const { core, memo, log } = options;
  const queue = createQueue();
  let appliedHash: string | undefined;
  let lastResult: ConfigResult | undefined;
  let stoppedByPerson = false;
  let resumeWhenConfigured = false;
  /** A person's Start waits for settings that are right: a predecessor that was stopped before does not count. */
  let startWhenConfigured = false;
  /** Why there are no settings in force yet. */
  let wrong: Problem | undefined;
  let handedOver = false;
  let stopping = false;

  const start = async (): Promise<void> => {
    if (handedOver) throw new SaidError(say.newerTookOver);
    // With settings of nobody it would listen at another port, and open a tunnel that nobody asked for.
    if (appliedHash === undefined && wrong) {
      startWhenConfigured = true;
      throw new SaidError(say.wrongSettings(wrong.path, wrong.says ?? wrong.message));
    }
    await core.start();
  };

  /** Before its first settings a router neither listens nor takes over: it would have nothing to serve. */
  const firstConfigured = async (): Promise<void> => {
    const before = await options.takeOver();
    if (before?.running === false && !startWhenConfigured) stoppedByPerson = true;
    if (before?.running === true || ((resumeWhenConfigured || startWhenConfigured) && !stoppedByPerson)) await start();
  };

  const pushConfig = async (push: ConfigPush): Promise<ConfigResult> => {
    const hash = hashOf(options.secret, push);
    // A clock that was wrong must not put everything after it in the shade.
    const changedAt = Math.min(push.changedAt, options.now());
    const known = memo.value;
    if (hash === appliedHash && lastResult !== undefined) {
      if (changedAt > (known.changedAt ?? 0)) memo.update({ changedAt });
      return { ...lastResult, changedAt: memo.value.changedAt };
    }
    if (known.changedAt !== undefined && changedAt < known.changedAt && hash !== known.hash) {
      log.info(`older settings refused: changed at ${time(changedAt)}, in force since ${time(known.changedAt)}`);
      return { applied: false, reason: 'stale', problems: [], changedAt: known.changedAt };
    }
    const result = await core.push({ ...push, changedAt });
    if (!result.applied) {
      // The last good settings are still in force, but their problems are not what is shown: pushed again they count anew.
      lastResult = undefined;
      wrong = result.problems.find(({ severity }) => severity === 'error');
      return { ...result, ...(known.changedAt === undefined ? {} : { changedAt: known.changedAt }) };
    }
    const first = appliedHash === undefined;
    appliedHash = hash;
    lastResult = result;
    memo.update({
      changedAt: Math.max(changedAt, known.changedAt ?? 0),
      hash,
      portSetting: settingIn(push.settings, 'port'),
    });
    log.info(`settings in force, changed at ${time(changedAt)}`);
    options.onApplied(push);
    if (first) await firstConfigured();
    return { ...result, changedAt: memo.value.changedAt };
  };

  const stop = async (): Promise<void> => {
    stoppedByPerson = true;
    stopping = true;
    await core.stop({ drainMs: STOP_DRAIN }).finally(() => {
      stopping = false;
    });
  };

  const handOver = async (version: string): Promise<{ port?: number; running: boolean }> => {
    const { phase, port } = core.state;
    const running = phase === 'running' || phase === 'starting';
    log.info(`handing over to version ${version}, ${core.state.running} requests running`);
    handedOver = true;
    const free = listenerClosed(core);
    const drained = core.stop({ drainMs: HAND_OVER_DRAIN, keepTunnel: true });
    await Promise.race([free, drained]);
    options.onHandedOver(version, drained);
    return { running, ...(port === undefined ? {} : { port }) };
  };

  const limited = <T>(name: keyof Commands, work: () => Promise<T>): Promise<T> =>
    queue(() => {
      const { limit } = CALLS[name];
      const seconds = Math.round(limit / 1000);
      return within(limit, say.unfinishedLog(name, seconds), work());
    });

  return {
    async pushConfig(push) {
      if (!isWhole(push)) throw new SaidError(say.noSettings);
      return await limited('pushConfig', () => pushConfig(push));
    },
    start: () =>
      limited('start', () => {
        stoppedByPerson = false;
        return start();
      }),
    resume: () =>
      limited('resume', async () => {
        if (appliedHash === undefined) resumeWhenConfigured = true;
        else if (!stoppedByPerson && !handedOver) await start();
      }),
    stop: () => {
      // A second Stop does not wait for the first: what still runs is ended at once.
      if (stopping) void core.stop({ drainMs: 0 });
      return limited('stop', stop);
    },
    restart: () =>
      limited('restart', async () => {
        await stop();
        stoppedByPerson = false;
        await start();
      }),
    handOver: ({ version }) => limited('handOver', () => handOver(String(version))),
  };
}

/** Resolves when the listener no longer accepts: the phase has left `running` and `starting`. */
function listenerClosed(core: RouterCore): Promise<void> {
  const closed = (): boolean => core.state.phase !== 'running' && core.state.phase !== 'starting';
  return new Promise((resolve) => {
    if (closed()) return resolve();
    const stopListening = core.onDidChange(() => {
      if (!closed()) return;
      stopListening();
      resolve();
    });
  });
}

function isWhole(push: Partial<ConfigPush> | undefined): boolean {
  return Number.isFinite(push?.changedAt) && isObject(push?.secrets) && isObject(push?.network);
}

/** A setting as it is in force: it need not be written. Undefined where what is written is wrong. */
export function settingIn<Key extends 'port' | 'lingerSeconds'>(
  settings: unknown,
  key: Key,
): Settings[Key] | undefined {
  return settingsSchema.shape[key].safeParse((settings as Partial<Settings> | null | undefined)?.[key]).data as
    | Settings[Key]
    | undefined;
}

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();
