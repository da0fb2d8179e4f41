/**
 * The life of the router process an editor has started: claim the instance, serve the windows, linger after the last one, end
 * cleanly. It ends by itself in every case; nothing outlives the editor by more than a minute, unless the person asked for that.
 */
import { existsSync } from 'node:fs';
import { notPrivate } from '../system/privacy';
import { createCommands, settingIn } from './commands';
import { forgetOtherVersions, takeOutCompileCache } from './compileCache';
import { CALLS, send } from './contract';
import type { RouterCore } from './core';
import type { Peer } from './dial';
import type { ProtocolRange } from './handshake';
import { type Acquired, acquireInstance } from './instance';
import { createLeases, type Leases } from './leases';
import { type Log, type LogFile, openLogFile } from './logFile';
import { type Backstage, type PipeServer, servePipe } from './pipe';
import { openMemo, type RouterMemo } from './routerMemo';
import { installSecret, openRuntimeDir, type RuntimeDir } from './runtimeDir';
import { within } from './timeLimit';

/** Default of the setting lingerSeconds. */
const DEFAULT_LINGER = 10;
/** What is still running when the last window is gone may go on this long, milliseconds. */
const END_DRAIN = 10_000;
/** Clean endings that hang are cut off after this, milliseconds. */
const END_LIMIT = 20_000;
/** The same when the runtime is gone. */
const GONE_LIMIT = 2_000;
/** How long a router that has handed over keeps the one before it alive, milliseconds. */
const PREDECESSOR_LIMIT = 600_000;
const RUNTIME_GONE = 'the editor and its runtime are gone';

/** What the core gets to know of the process it lives in. */
export interface CoreContext {
  dataDir: string;
  /** The install secret, for the health answer (network/healthProof.ts). */
  secret: string;
  log: LogFile;
  /** The port the router before this one listened on, and the setting `port` then. Same setting: take the same port. */
  lastPort: { port: number; setting: number } | undefined;
  /** Windows that are connected. */
  windows(): number;
  /** Keeps this process alive without a window, until the returned function is called. */
  hold(): () => void;
}

export interface EditorModeOptions {
  dataDir: string;
  version: string;
  /** Started to take over from a router of an older version. */
  takeOver: boolean;
  createCore(context: CoreContext): RouterCore | Promise<RouterCore>;
  /** Default: PROTOCOL and OLDEST_PROTOCOL. */
  protocols?: ProtocolRange;
  /** Seconds to wait for a window before any settings have said otherwise. Default 10. */
  lingerSeconds?: number;
  /** Milliseconds another router has to answer before it counts as hung. Default 5000. */
  answerTimeout?: number;
  /** Where signals come from and whether the runtime is still there; the process itself by default. */
  world?: EditorWorld;
}

export interface EditorWorld {
  onSignal(listener: (name: string) => void): void;
  /** True when the program this process runs from has vanished with the editor (AppImage). */
  runtimeGone(): boolean;
}

/** Runs until the process should exit and resolves to its exit code: 0 also when another process serves already. */
export async function runEditorMode(options: EditorModeOptions): Promise<number> {
  let log: LogFile | undefined;
  const tellCrash = (error: Error): void => log?.error(`crashed: ${error.stack ?? error.message}`);
  takeOutCompileCache(options.dataDir, process.env);
  try {
    const dir = await openRuntimeDir(options.dataDir);
    log = openLogFile({ file: dir.logFile });
    process.on('uncaughtExceptionMonitor', tellCrash);
    return await live(options, log, dir);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log?.error(message);
    process.stderr.write(`${message}\n`);
    return 1;
  } finally {
    process.off('uncaughtExceptionMonitor', tellCrash);
    log?.close();
  }
}

/** What changes in the life of one process. */
interface Life {
  options: EditorModeOptions;
  dir: RuntimeDir;
  secret: string;
  log: LogFile;
  memo: RouterMemo;
  leases: Leases;
  pipe: PipeServer;
  /** Infinity: while it serves. */
  lingerSeconds: number;
  /** The listener is up, or about to be. */
  serving: () => boolean;
  handedOver: boolean;
  end: (reason: string) => void;
}

async function live(options: EditorModeOptions, log: LogFile, dir: RuntimeDir): Promise<number> {
  const { version, protocols, takeOver, answerTimeout } = options;
  const secret = await installSecret(dir.dataDir);
  const memo = await openMemo(dir, Date.now());
  const stage = deferred<Backstage>();
  const ending = deferred<string>();
  const leases = createLeases({
    linger: () => lingerMs(life),
    onEnd: () => ending.resolve('no window left'),
    onChange: () => life.pipe.touch(),
  });
  const pipe = servePipe(stage.promise, { secret, version, leases, log, protocols });
  const lingerSeconds = options.lingerSeconds ?? DEFAULT_LINGER;
  const life: Life = {
    options,
    dir,
    secret,
    log,
    memo,
    leases,
    pipe,
    lingerSeconds,
    serving: () => false,
    handedOver: false,
    end: ending.resolve,
  };
  const { listen } = pipe;
  const acquired = await acquireInstance({
    dir,
    secret,
    version,
    takeOver,
    listen,
    log,
    protocols,
    timeout: answerTimeout,
  });
  if (acquired.kind === 'lost') {
    log.info(`process ${acquired.pid} (${acquired.version}) serves already`);
    return 0;
  }
  log.info(`version ${version}, generation ${acquired.generation}, started`);
  leases.update();
  void forgetOtherVersions(dir.dataDir);
  void notPrivate(dir.dataDir).then((sentence) => sentence && log.warn(sentence));
  const stopWatching = watchWorld(options.world ?? thisProcess, ending.resolve);
  const backstage = await setStage(life, acquired.predecessor).catch(async (error: Error) => {
    stopWatching();
    await letGo(life, acquired);
    throw error;
  });
  stage.resolve(backstage);
  const reason = await ending.promise;
  stopWatching();
  await finish(life, backstage.core, acquired, reason);
  return 0;
}

async function setStage(life: Life, predecessor: Peer | undefined): Promise<Backstage> {
  const { dir, secret, log, memo, leases, pipe, options } = life;
  const { port, portSetting } = memo.value;
  const lastPort = port === undefined || portSetting === undefined ? undefined : { port, setting: portSetting };
  let held = 0;
  const hold = (): (() => void) => {
    const letGo = leases.add();
    held++;
    return () => {
      held--;
      letGo();
    };
  };
  const windows = (): number => leases.count - held;
  const core = await options.createCore({ dataDir: dir.dataDir, secret, log, lastPort, windows, hold });
  life.serving = () => core.state.phase === 'running' || core.state.phase === 'starting';
  core.onDidChange((state) => {
    if (state.port !== undefined && state.port !== memo.value.port) memo.update({ port: state.port });
  });
  const commands = createCommands({
    core,
    secret,
    memo,
    log,
    now: Date.now,
    takeOver: () => askPredecessor(predecessor, options.version, log),
    onApplied: (push) => {
      const seconds = settingIn(push.settings, 'lingerSeconds') ?? DEFAULT_LINGER;
      life.lingerSeconds = seconds === 'always' ? Infinity : seconds;
      leases.update();
    },
    onHandedOver: (newer, drained) => {
      life.handedOver = true;
      pipe.leaving = 'handedOver';
      pipe.sendAway(newer);
      // Not before our answer to the newer one is written.
      void drained.catch(() => undefined).then(() => setImmediate(() => life.end('handed over')));
    },
  });
  return { core, commands };
}

async function finish(
  life: Life,
  core: RouterCore,
  acquired: Acquired & { kind: 'owner' },
  reason: string,
): Promise<void> {
  const { leases, log, pipe, handedOver } = life;
  log.info(`ending: ${reason}`);
  leases.dispose();
  // Windows that are still there come back at once and wait for the end; they must not take it for a person's Stop.
  pipe.leaving ??= 'ending';
  pipe.close();
  await endCore(core, { reason, handedOver }, log);
  const { predecessor } = acquired;
  // The one before may still finish its streams, and our connection is what keeps it alive.
  if (reason === 'handed over')
    await within(PREDECESSOR_LIMIT, '', predecessor?.closed ?? Promise.resolve()).catch(() => undefined);
  await letGo(life, acquired);
  log.info('ended');
}

/** Nothing of the claim is held any more; the generation file of the newest stays. */
async function letGo(
  { leases, log, pipe }: Life,
  { release, predecessor }: Acquired & { kind: 'owner' },
): Promise<void> {
  leases.dispose();
  await release().catch((error: Error) => log.warn(error.message));
  pipe.close();
  predecessor?.close();
}

/** Stops listener and tunnel; a router that has handed over leaves the tunnel to the newer one. */
async function endCore(
  core: RouterCore,
  { reason, handedOver }: { reason: string; handedOver: boolean },
  log: Log,
): Promise<void> {
  const gone = reason === RUNTIME_GONE;
  try {
    const stopped = core.stop({ drainMs: gone ? 0 : END_DRAIN, keepTunnel: handedOver });
    await within(
      gone ? GONE_LIMIT : END_LIMIT,
      'The end took too long and was cut off.',
      stopped.then(() => core.close()),
    );
  } catch (error) {
    log.warn(error instanceof Error ? error.message : String(error));
  }
}

/** The older router closes its listener and leaves the tunnel running; it lives as long as our connection to it. */
async function askPredecessor(
  peer: Peer | undefined,
  version: string,
  log: Log,
): Promise<{ running: boolean } | undefined> {
  if (peer === undefined) return undefined;
  try {
    const { limit } = CALLS.handOver;
    const answer = await within(limit, 'it did not answer', send(peer.rpc, 'handOver', { version }));
    log.info(`process ${peer.pid} (${peer.version}) has handed over`);
    return { running: answer.running ?? true };
  } catch (error) {
    // Our connection must not keep it alive beside us.
    peer.close();
    log.warn(`process ${peer.pid} did not hand over: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** One that a person has stopped serves nobody: it does not stay for the sake of other clients. */
function lingerMs({ lingerSeconds, serving, options }: Life): number {
  const idle = options.lingerSeconds ?? DEFAULT_LINGER;
  return (lingerSeconds === Infinity && !serving() ? idle : lingerSeconds) * 1_000;
}

function watchWorld(world: EditorWorld, end: (reason: string) => void): () => void {
  world.onSignal((name) => end(`signal ${name}`));
  // An AppImage takes its runtime away with the editor: what is not in memory yet is gone, so there is no time to linger.
  const watch = setInterval(() => {
    if (world.runtimeGone()) end(RUNTIME_GONE);
  }, 1_000);
  watch.unref();
  return () => clearInterval(watch);
}

const thisProcess: EditorWorld = {
  onSignal: (listener) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, listener);
  },
  runtimeGone: () => /\/\.mount_[^/]+\//.test(process.execPath) && !existsSync(process.execPath),
};

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
