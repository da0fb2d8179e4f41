/**
 * The window's side of the one router process: finds it or starts it, holds the lease, comes back when it dies.
 * Part of the extension bundle: node built-ins and vscode-jsonrpc only, no vscode, no zod.
 */
import path from 'node:path';
import { CancellationTokenSource, ErrorCodes, type MessageConnection, ResponseError } from 'vscode-jsonrpc';
import type { RequestRecord } from '../ledger/record';
import {
  type ConfigPush,
  type ConfigResult,
  events,
  type FoundBackend,
  type InstallProgress,
  type RouterState,
  rpc,
  type TestResult,
  TIME_LIMITS,
  type UsageRow,
} from './contract';
import type { Peer } from './dial';
import { createEmitter } from './emitter';
import type { ProtocolRange } from './handshake';
import { type Reached, reachRouter } from './reach';
import { installSecret, openRuntimeDir } from './runtimeDir';
import type { SpawnRouter } from './spawnRouter';
import { within } from './timeLimit';

/** Where the window stands with the router process. What the router itself does is RouterState. */
export type ClientState =
  /** Looking for a running router process. */
  | { name: 'connecting' }
  /** Starting one, or waiting for the one that another window is starting. */
  | { name: 'starting' }
  | { name: 'connected'; pid: number; version: string }
  /** It ended unexpectedly; the next try is at `retryAt` (milliseconds since the epoch). */
  | { name: 'waiting'; message: string; retryAt: number; crashes: number }
  /** Given up until a person starts it again (`start()`); `logFile` says more. */
  | { name: 'failed'; message: string; logFile: string }
  /** The running router speaks a protocol this window does not know: "Reload window". Looked at again by itself. */
  | { name: 'incompatible'; message: string }
  | { name: 'closed' };

export interface ClientOptions {
  /** One folder per editor application; holds the install secret, generation files, logs. */
  dataDir: string;
  /** Version of this extension; a newer one takes over from an older router. */
  version: string;
  /** Starts the router process, see `nodeSpawner` in spawnRouter.ts. */
  spawn: SpawnRouter;
  /** Name of this window in the router's log, such as the session id. */
  window: string;
  /** Whether a router that this window meets for the first time is started (setting autoStart). A person's Stop stays in force. */
  autoStart: () => boolean;
  /** Default: PROTOCOL and OLDEST_PROTOCOL. */
  protocols?: ProtocolRange;
  /** Waits before the tries after 1, 2, … crashes within two minutes, milliseconds; after the last comes 'failed'. */
  backoff?: readonly number[];
  /** Milliseconds a started process has until it answers. Default 5000. */
  startTimeout?: number;
  /** Milliseconds a running process has to answer before it counts as hung. Default 5000. */
  answerTimeout?: number;
}

/** Every call has a time limit, waits for the connection within it and rejects with a sentence for a person. */
export interface RouterClient {
  readonly clientState: ClientState;
  /** Last state pushed by the router; undefined while there is none. */
  readonly state: RouterState | undefined;
  /** Sends the settings, and keeps them: they are sent again after every re-connect. While not connected it resolves with what the next connection answers. */
  pushConfig(push: ConfigPush): Promise<ConfigResult>;
  /** Starts listener and tunnel. Also the way out of 'failed'. */
  start(): Promise<RouterState>;
  /** A person's Stop: listener and tunnel end, the process stays while windows are open; no window starts it again by itself. */
  stop(): Promise<RouterState>;
  restart(): Promise<RouterState>;
  models(): Promise<string[]>;
  testBackend(request: { backend: unknown; key?: string; model?: string }): Promise<TestResult>;
  discover(): Promise<FoundBackend[]>;
  renewUrl(): Promise<RouterState>;
  /** `signal` ends the download. */
  installCloudflared(signal?: AbortSignal): Promise<{ path: string }>;
  recentRequests(limit: number): Promise<RequestRecord[]>;
  usage(query: { from: string; to: string; by: 'day' | 'model' | 'backend' | 'key' }): Promise<UsageRow[]>;
  /** The window got the focus or the machine woke up; nothing happens while not connected. */
  focus(): void;
  /** All listeners: the returned function removes the listener. Listeners must not throw. */
  onState(listener: (state: RouterState | undefined) => void): () => void;
  onRequest(listener: (record: RequestRecord) => void): () => void;
  onProgress(listener: (progress: InstallProgress) => void): () => void;
  onClientState(listener: (state: ClientState) => void): () => void;
  /** What the router answered to a push that was sent again after a re-connect. */
  onConfigResult(listener: (result: ConfigResult) => void): () => void;
  /** Releases the lease at once; pending calls reject. */
  dispose(): void;
}

/** Waits after 1, 2, … crashes, milliseconds. */
const BACKOFF = [0, 1_000, 2_000, 5_000, 15_000];
/** Crashes longer ago are forgotten, milliseconds. */
const CRASH_MEMORY = 120_000;
const START_TIMEOUT = 5_000;
/** How often a window that has to be reloaded looks whether it still has to, milliseconds. */
const INCOMPATIBLE_RETRY = 2_000;
/** The router refuses first, with a reason; the window's own limit is for a router that says nothing at all, milliseconds. */
const GRACE = 1_000;

interface Session {
  peer: Peer;
  /** What the router was doing when it was last heard of before this connection; undefined at the first. */
  phaseBefore: RouterState['phase'] | undefined;
  /** The settings have been sent over this connection. */
  configured: boolean;
  handedOver: boolean;
}

/** Returns at once; finding or starting the router goes on behind it. Never throws and never rejects: see `clientState`. */
export function connectRouter(options: ClientOptions): RouterClient {
  const backoff = options.backoff ?? BACKOFF;
  const onState = createEmitter<RouterState | undefined>();
  const onRequest = createEmitter<RequestRecord>();
  const onProgress = createEmitter<InstallProgress>();
  const onClientState = createEmitter<ClientState>();
  const onConfigResult = createEmitter<ConfigResult>();
  const disposed = new AbortController();
  let clientState: ClientState = { name: 'connecting' };
  let routerState: RouterState | undefined;
  /** What the router was doing when it was last heard of: a person's Stop outlives a crash. */
  let lastPhase: RouterState['phase'] | undefined;
  let session: Session | undefined;
  let latest: ConfigPush | undefined;
  let logFile = path.join(options.dataDir, 'logs', 'router.log');
  let crashes: number[] = [];
  let wake = (): void => undefined;

  const setClientState = (state: ClientState): void => {
    clientState = state;
    onClientState.fire(state);
  };
  const setRouterState = (state: RouterState | undefined): void => {
    routerState = state;
    if (state !== undefined) lastPhase = state.phase;
    onState.fire(state);
  };

  /** Sleeps until `wake()`, dispose, or the time is up. */
  const sleep = (ms?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
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
        ...(options.protocols === undefined ? {} : { protocols: options.protocols }),
        ...(options.answerTimeout === undefined ? {} : { timeout: options.answerTimeout }),
        spawn: options.spawn,
        startTimeout: options.startTimeout ?? START_TIMEOUT,
        onStarting: () => setClientState({ name: 'starting' }),
        signal: disposed.signal,
      });
    } catch (error) {
      return { kind: 'failed', final: true, message: (error as Error).message };
    }
  };

  /** Proves itself, keeps the lease and resolves when the connection is gone. */
  const hold = async (peer: Peer): Promise<'ended' | 'handedOver'> => {
    const mine: Session = { peer, phaseBefore: lastPhase, configured: false, handedOver: false };
    peer.rpc.onNotification(events.state, setRouterState);
    peer.rpc.onNotification(events.request, onRequest.fire);
    peer.rpc.onNotification(events.installProgress, onProgress.fire);
    peer.rpc.onNotification(events.handedOver, () => {
      mine.handedOver = true;
    });
    try {
      setRouterState(await peer.prove(options.window));
    } catch {
      peer.close();
      return 'ended';
    }
    if (disposed.signal.aborted) peer.close();
    else {
      session = mine;
      if (latest !== undefined) void sendConfig(mine, latest).then(onConfigResult.fire, () => undefined);
      setClientState({ name: 'connected', pid: peer.pid, version: peer.version });
    }
    await peer.closed;
    session = undefined;
    setRouterState(undefined);
    return mine.handedOver ? 'handedOver' : 'ended';
  };

  /** The first settings of a connection are followed by the wish to serve, unless a person had stopped the router. */
  const sendConfig = async (to: Session, push: ConfigPush): Promise<ConfigResult> => {
    const wanted =
      !to.configured && (to.phaseBefore === undefined ? options.autoStart() : to.phaseBefore !== 'stopped');
    to.configured = true;
    const sent = bounded('pushConfig', to.peer.rpc.sendRequest(rpc.pushConfig, push));
    if (wanted) bounded('resume', to.peer.rpc.sendRequest(rpc.resume)).then(setRouterState, () => undefined);
    return await sent;
  };

  const afterCrash = async (message: string): Promise<void> => {
    const now = Date.now();
    crashes = [...crashes.filter((at) => now - at < CRASH_MEMORY), now];
    const wait = backoff[crashes.length - 1];
    if (wait === undefined)
      return await giveUp(`${message} That was ${crashes.length} times in two minutes, so it is not started again.`);
    setClientState({ name: 'waiting', message, retryAt: now + wait, crashes: crashes.length });
    await sleep(wait);
  };

  const giveUp = async (message: string): Promise<void> => {
    setClientState({ name: 'failed', message, logFile });
    await sleep();
  };

  const run = async (): Promise<void> => {
    while (!disposed.signal.aborted) {
      setClientState({ name: 'connecting' });
      const reached = await reach();
      if (reached.kind === 'peer') {
        if (disposed.signal.aborted) return reached.peer.close();
        const end = await hold(reached.peer);
        if (end === 'ended' && !disposed.signal.aborted) await afterCrash('The router process ended unexpectedly.');
      } else if (disposed.signal.aborted) return;
      else if (reached.kind === 'incompatible') {
        setClientState({ name: 'incompatible', message: reached.message });
        await sleep(INCOMPATIBLE_RETRY);
      } else if (reached.final) await giveUp(reached.message);
      else await afterCrash(reached.message);
    }
  };

  const connected = async (limit: number): Promise<Session> => {
    if (session !== undefined) return session;
    let stop = (): void => undefined;
    const arrival = new Promise<Session>((resolve, reject) => {
      const look = (): void => {
        if (session !== undefined) resolve(session);
        const refusal = refusalOf(clientState);
        if (refusal !== undefined) reject(new Error(refusal));
      };
      stop = onClientState.on(look);
      look();
    });
    return await within(limit, 'The router process could not be reached in time. Try again.', arrival).finally(stop);
  };

  const call = async <T>(name: keyof typeof rpc, send: (connection: MessageConnection) => Promise<T>): Promise<T> => {
    const { peer } = await connected(TIME_LIMITS[name]);
    return await bounded(name, send(peer.rpc));
  };

  /** A person wants it to run: earlier crashes are forgiven. */
  const forgive = (): void => {
    crashes = [];
    if (clientState.name !== 'failed' && clientState.name !== 'waiting') return;
    setClientState({ name: 'connecting' });
    wake();
  };

  const command = async (name: 'start' | 'stop' | 'restart' | 'renewUrl'): Promise<RouterState> => {
    if (name === 'start' || name === 'restart') forgive();
    const state = await call(name, (connection) => connection.sendRequest(rpc[name]));
    setRouterState(state);
    return state;
  };

  const pushConfig = async (push: ConfigPush): Promise<ConfigResult> => {
    latest = push;
    if (session !== undefined) return await sendConfig(session, push);
    // The next connection sends it by itself.
    let stop = (): void => undefined;
    const answer = new Promise<ConfigResult>((resolve) => {
      stop = onConfigResult.on(resolve);
    });
    const sent = connected(TIME_LIMITS.pushConfig).then(() => answer);
    return await within(TIME_LIMITS.pushConfig + GRACE, SILENT, sent).finally(stop);
  };

  const installCloudflared = async (signal?: AbortSignal): Promise<{ path: string }> => {
    const cancel = new CancellationTokenSource();
    const abort = (): void => cancel.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await call('installCloudflared', (connection) =>
        connection.sendRequest(rpc.installCloudflared, cancel.token),
      );
    } finally {
      signal?.removeEventListener('abort', abort);
      cancel.dispose();
    }
  };

  void run();
  return {
    get clientState() {
      return clientState;
    },
    get state() {
      return routerState;
    },
    pushConfig,
    start: () => command('start'),
    stop: () => command('stop'),
    restart: () => command('restart'),
    renewUrl: () => command('renewUrl'),
    models: () => call('models', (connection) => connection.sendRequest(rpc.models)),
    testBackend: (test) => call('testBackend', (connection) => connection.sendRequest(rpc.testBackend, test)),
    discover: () => call('discover', (connection) => connection.sendRequest(rpc.discover)),
    installCloudflared,
    recentRequests: (limit) =>
      call('recentRequests', (connection) => connection.sendRequest(rpc.recentRequests, { limit })),
    usage: (query) => call('usage', (connection) => connection.sendRequest(rpc.usage, query)),
    focus: () => void session?.peer.rpc.sendNotification(events.focus),
    onState: onState.on,
    onRequest: onRequest.on,
    onProgress: onProgress.on,
    onClientState: onClientState.on,
    onConfigResult: onConfigResult.on,
    dispose: () => {
      if (disposed.signal.aborted) return;
      disposed.abort();
      wake();
      session?.peer.close();
      setClientState({ name: 'closed' });
    },
  };
}

const SILENT = 'The router process does not answer. Its log may say why.';

function refusalOf(state: ClientState): string | undefined {
  if (state.name === 'failed' || state.name === 'incompatible') return state.message;
  return state.name === 'closed' ? 'This window has left the router.' : undefined;
}

/** The answer within the limit of its call; failures become sentences. */
async function bounded<T>(name: keyof typeof rpc, answer: Promise<T>): Promise<T> {
  try {
    return await within(TIME_LIMITS[name] + GRACE, SILENT, answer);
  } catch (error) {
    if (error instanceof ResponseError && error.code === ErrorCodes.PendingResponseRejected) {
      throw new Error('The router process ended before it answered. Try again in a moment.', { cause: error });
    }
    throw error instanceof ResponseError ? new Error(error.message, { cause: error }) : error;
  }
}
