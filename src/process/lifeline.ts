/**
 * A window's connection to the router process: finds one or sees to it that one is started, holds the lease, notices its death at
 * once and comes back, with waits that grow and an end where it makes no sense any more.
 */
import path from 'node:path';
import { steadyNow } from '../network/steadyClock';
import { errorWords, failureOf, type Message, messageOf, textOf, type Words, wordsOf } from '../said';
import { events, type RouterState } from './contract';
import type { Peer } from './dial';
import { createEmitter } from './emitter';
import type { ProtocolRange } from './handshake';
import { type Reached, reachRouter } from './reach';
import { installSecret, openRuntimeDir } from './runtimeDir';
import { say } from './sentences';
import type { SpawnRouter } from './spawnRouter';

/** Where the window stands with the router process. What the router itself does is RouterState. */
export type ClientState =
  /** Looking for a running router process. */
  | { name: 'connecting' }
  /** Starting one, or waiting for the one that another window is starting. */
  | { name: 'starting' }
  | { name: 'connected'; pid: number; version: string }
  /** It ended unexpectedly; the next try is at `retryAt` (milliseconds since the epoch). */
  | ({ name: 'waiting'; retryAt: number; crashes: number } & Message)
  /** Given up until a person starts it again (`start()`); `logFile` says more. */
  | ({ name: 'failed'; logFile: string } & Message)
  /** The running router speaks a protocol this window does not know: "Reload window". Looked at again by itself. */
  | ({ name: 'incompatible' } & Message)
  | { name: 'closed' };

export interface LifelineOptions {
  /** One folder per editor application; holds the install secret, generation files, logs. */
  dataDir: string;
  /** Version of this extension; a newer one takes over from an older router. */
  version: string;
  /** Starts the router process, see `nodeSpawner` in spawnRouter.ts. */
  spawn: SpawnRouter;
  /** Name of this window in the router's log, such as the session id. */
  window: string;
  /** Default: PROTOCOL and OLDEST_PROTOCOL. */
  protocols?: ProtocolRange;
  /** Waits before the tries after 1, 2, … crashes within two minutes, milliseconds; after the last comes 'failed'. */
  backoff?: readonly number[];
  /** Milliseconds a started process has until it answers. Default 20000: a virus scanner or a machine that is just waking takes its time, and one that ends is seen at once. */
  startTimeout?: number;
  /** Milliseconds a running process has to answer before it counts as hung. Default 5000. */
  answerTimeout?: number;
}

/** Waits after 1, 2, … crashes, milliseconds. */
const BACKOFF = [0, 1_000, 2_000, 5_000, 15_000];
/** Crashes longer ago are forgotten, milliseconds. */
const CRASH_MEMORY = 120_000;
const START_TIMEOUT = 20_000;
/** How often a window that cannot or may not go on looks whether somebody else has changed that, milliseconds. */
const LOOK_AGAIN = 2_000;

export interface Lifeline {
  readonly state: ClientState;
  onState(listener: (state: ClientState) => void): () => void;
  /** The connection, as soon as there is one; rejects with a sentence in a state that none comes out of by itself. */
  connected(): Promise<Peer>;
  /** The connection if there is one now. */
  readonly peer: Peer | undefined;
  /** A person wants it to run: earlier crashes are forgiven and trying begins again. */
  forgive(): void;
  dispose(): void;
}

export interface LifelineEvents {
  /** Before the handshake is complete: the moment to listen for events. */
  prepare: (peer: Peer) => void;
  attached: (peer: Peer, state: RouterState) => void;
  detached: () => void;
}

/** Begins at once; never throws and never rejects. */
export function createLifeline(options: LifelineOptions, on: LifelineEvents): Lifeline {
  const backoff = options.backoff ?? BACKOFF;
  const changed = createEmitter<ClientState>();
  const disposed = new AbortController();
  let state: ClientState = { name: 'connecting' };
  let peer: Peer | undefined;
  let logFile = path.join(options.dataDir, 'logs', 'router.log');
  /** Steady moments: a wall clock that is set back would keep crashes of long ago in mind. */
  let crashes: number[] = [];
  let givenUp = false;
  let wake = (): void => undefined;

  const set = (next: ClientState): void => {
    state = next;
    changed.fire(next);
  };

  /** Until `wake()`, dispose, or the time is up. */
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const reach = async (): Promise<Reached> => {
    try {
      const dir = await openRuntimeDir(options.dataDir);
      logFile = dir.logFile;
      return await reachRouter({
        dir,
        secret: await installSecret(options.dataDir),
        version: options.version,
        spawn: options.spawn,
        mayStart: !givenUp,
        startTimeout: options.startTimeout ?? START_TIMEOUT,
        onStarting: () => set({ name: 'starting' }),
        signal: disposed.signal,
        protocols: options.protocols,
        timeout: options.answerTimeout,
      });
    } catch (error) {
      return { kind: 'failed', final: true, ...messageOf(errorWords(error)) };
    }
  };

  /** Proves itself, keeps the lease and resolves when the connection is gone. */
  const hold = async (found: Peer): Promise<'ended' | 'handedOver'> => {
    let handedOver = false;
    on.prepare(found);
    found.rpc.onNotification(events.handedOver, () => {
      handedOver = true;
    });
    try {
      const first = await found.prove(options.window);
      if (disposed.signal.aborted) return 'ended';
      peer = found;
      on.attached(found, first);
      set({ name: 'connected', pid: found.pid, version: found.version });
      await found.closed;
      on.detached();
    } catch {
      // It ended, or refused: either way there is no connection.
    } finally {
      peer = undefined;
      found.close();
    }
    return handedOver ? 'handedOver' : 'ended';
  };

  const afterCrash = async (why: Words): Promise<void> => {
    const now = steadyNow();
    crashes = [...crashes.filter((at) => now - at < CRASH_MEMORY), now];
    const wait = backoff[crashes.length - 1];
    if (wait === undefined) {
      giveUp(say.givenUp(why, crashes.length));
      return;
    }
    set({ name: 'waiting', ...messageOf(why), retryAt: Date.now() + wait, crashes: crashes.length });
    await sleep(wait);
  };

  const giveUp = (why: Words): void => {
    if (!givenUp) set({ name: 'failed', ...messageOf(why), logFile });
    givenUp = true;
  };

  const step = async (): Promise<void> => {
    if (!givenUp && state.name !== 'incompatible') set({ name: 'connecting' });
    const reached = await reach();
    if (reached.kind === 'peer') {
      if (disposed.signal.aborted) return reached.peer.close();
      givenUp = false;
      const end = await hold(reached.peer);
      if (end === 'ended' && !disposed.signal.aborted) await afterCrash(say.ended);
      return;
    }
    if (disposed.signal.aborted) return;
    if (reached.kind === 'failed') {
      if (!reached.final) return await afterCrash(wordsOf(reached));
      giveUp(wordsOf(reached));
    }
    if (reached.kind === 'incompatible' && textOf(refusalOf(state) ?? '') !== reached.message) {
      set({ name: 'incompatible', ...messageOf(wordsOf(reached)) });
    }
    await sleep(LOOK_AGAIN);
  };

  const run = async (): Promise<void> => {
    while (!disposed.signal.aborted) await step();
  };
  void run();

  return {
    get state() {
      return state;
    },
    get peer() {
      return peer;
    },
    onState: changed.on,
    connected: () =>
      new Promise((resolve, reject) => {
        const look = (): boolean => {
          const refusal = refusalOf(state);
          if (peer !== undefined) resolve(peer);
          else if (refusal !== undefined) reject(failureOf(refusal));
          return peer !== undefined || refusal !== undefined;
        };
        if (look()) return;
        const stop = changed.on(() => {
          if (look()) stop();
        });
      }),
    forgive: () => {
      crashes = [];
      givenUp = false;
      if (state.name !== 'failed' && state.name !== 'waiting') return;
      set({ name: 'connecting' });
      wake();
    },
    dispose: () => {
      if (disposed.signal.aborted) return;
      disposed.abort();
      wake();
      peer?.close();
      set({ name: 'closed' });
    },
  };
}

function refusalOf(state: ClientState): Words | undefined {
  if (state.name === 'failed' || state.name === 'incompatible') return wordsOf(state);
  return state.name === 'closed' ? say.left : undefined;
}
