/**
 * The window's side of the one router process: settings go there, states come back, every call ends.
 * Part of the extension bundle: node built-ins and vscode-jsonrpc only, no vscode, no zod.
 */

import {
  type CancellationToken,
  CancellationTokenSource,
  ConnectionError,
  ErrorCodes,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc';
import type { ExportedFile } from '../config/formats/exportFiles';
import type { ImportPreview } from '../config/formats/importItems';
import type { KeyState } from '../ledger/admission';
import type { RequestRecord } from '../ledger/record';
import type { UsageQuery, UsageRow } from '../ledger/usage';
import type { InstallProgress } from '../tunnel/tunnel';

import type { TunnelMoment } from '../tunnel/tunnelLog';
import type { FoundBackend } from '../upstream/discover';
import type { TestResult } from '../upstream/testBackend';
import {
  type ConfigPush,
  type ConfigResult,
  type DoctorHop,
  type DoctorReport,
  type DoctorRequest,
  events,
  type RequestTelling,
  type RouterState,
  rpc,
  TIME_LIMITS,
} from './contract';
import type { Peer } from './dial';
import { createEmitter } from './emitter';
import { type ClientState, createLifeline, type LifelineOptions } from './lifeline';
import { within } from './timeLimit';

export interface ClientOptions extends LifelineOptions {
  /** Whether a router that this window meets for the first time is started (setting autoStart). A person's Stop stays in force. */
  autoStart: () => boolean;
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
  /** `onHop` hears each hop as it is known; `signal` ends it early, the report then holds what was known. */
  doctor(request: DoctorRequest, onHop: (hop: DoctorHop) => void, signal?: AbortSignal): Promise<DoctorReport>;
  /** Files of a LiteLLM proxy for the configuration in force. */
  exportLiteLlm(): Promise<ExportedFile[]>;
  previewImport(request: { file: string; text: string; envText?: string }): Promise<ImportPreview>;
  recentRequests(limit: number): Promise<RequestRecord[]>;
  usage(query: UsageQuery): Promise<UsageRow[]>;
  usagePage(query: UsageQuery): Promise<string>;
  requestStory(id: string): Promise<RequestTelling>;
  /** Resolves to the number of requests written. */
  exportUsage(query: { from: string; to: string; file: string }): Promise<number>;
  keyStates(): Promise<KeyState[]>;
  logBodies(on: boolean): Promise<RouterState>;
  tunnelHistory(): Promise<TunnelMoment[]>;
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

/** The router refuses first, with a reason; the window's own limit is for a router that says nothing at all, milliseconds. */
const GRACE = 1_000;
/** A call that may take minutes does not wait that long for a router to appear, milliseconds. */
const CONNECT_LIMIT = 60_000;
const SILENT = 'The router process does not answer. Its log may say why.';

/** Returns at once; finding or starting the router goes on behind it. Never throws and never rejects: see `clientState`. */
export function connectRouter(options: ClientOptions): RouterClient {
  const onState = createEmitter<RouterState | undefined>();
  const onRequest = createEmitter<RequestRecord>();
  const onProgress = createEmitter<InstallProgress>();
  const onHop = createEmitter<DoctorHop>();
  const onConfigResult = createEmitter<ConfigResult>();
  let routerState: RouterState | undefined;
  /** What the router was doing when it was last heard of: a person's Stop outlives a crash. */
  let lastPhase: RouterState['phase'] | undefined;
  let latest: ConfigPush | undefined;
  /** The wish to serve goes with the first settings of a connection. */
  let resumeWithConfig = false;

  const setState = (state: RouterState | undefined): void => {
    routerState = state;
    if (state !== undefined) lastPhase = state.phase;
    onState.fire(state);
  };

  const lifeline = createLifeline(options, {
    prepare: (peer) => {
      resumeWithConfig = lastPhase === undefined ? options.autoStart() : lastPhase !== 'stopped';
      peer.rpc.onNotification(events.state, setState);
      peer.rpc.onNotification(events.request, onRequest.fire);
      peer.rpc.onNotification(events.installProgress, onProgress.fire);
      peer.rpc.onNotification(events.doctorHop, onHop.fire);
    },
    attached: (peer, state) => {
      setState(state);
      if (latest !== undefined) void sendConfig(peer, latest).then(onConfigResult.fire, () => undefined);
    },
    detached: () => setState(undefined),
  });

  const sendConfig = async (peer: Peer, push: ConfigPush): Promise<ConfigResult> => {
    const resume = resumeWithConfig;
    resumeWithConfig = false;
    const result = ask(peer, 'pushConfig', (connection) => connection.sendRequest(rpc.pushConfig, push));
    if (resume)
      void ask(peer, 'resume', (connection) => connection.sendRequest(rpc.resume)).then(setState, () => undefined);
    return await result;
  };

  const pushConfig = async (push: ConfigPush): Promise<ConfigResult> => {
    latest = push;
    if (lifeline.peer !== undefined) return await sendConfig(lifeline.peer, push);
    // The next connection sends it by itself.
    let stop = (): void => undefined;
    const answer = new Promise<ConfigResult>((resolve) => {
      stop = onConfigResult.on(resolve);
    });
    const sent = lifeline.connected().then(() => answer);
    return await within(TIME_LIMITS.pushConfig + GRACE, SILENT, sent).finally(stop);
  };

  const call = async <T>(name: keyof typeof rpc, send: (connection: MessageConnection) => Promise<T>): Promise<T> => {
    const late = 'The router process could not be reached in time. Try again.';
    const patience = Math.min(TIME_LIMITS[name], CONNECT_LIMIT);
    return await ask(await within(patience, late, lifeline.connected()), name, send);
  };

  const command = async (name: 'start' | 'stop' | 'restart' | 'renewUrl'): Promise<RouterState> => {
    if (name === 'start' || name === 'restart') lifeline.forgive();
    const state = await call(name, (connection) => connection.sendRequest(rpc[name]));
    setState(state);
    return state;
  };

  /** A call that `signal` can end. */
  const cancellable = async <T>(
    name: keyof typeof rpc,
    signal: AbortSignal | undefined,
    send: (connection: MessageConnection, token: CancellationToken) => Promise<T>,
  ): Promise<T> => {
    const cancel = new CancellationTokenSource();
    const abort = (): void => cancel.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await call(name, (connection) => send(connection, cancel.token));
    } finally {
      signal?.removeEventListener('abort', abort);
      cancel.dispose();
    }
  };

  const doctor: RouterClient['doctor'] = async (request, hop, signal) => {
    const stop = onHop.on(hop);
    const send = (connection: MessageConnection, token: CancellationToken): Promise<DoctorReport> =>
      connection.sendRequest(rpc.doctor, request, token);
    return await cancellable('doctor', signal, send).finally(stop);
  };

  return {
    get clientState() {
      return lifeline.state;
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
    installCloudflared: (signal) =>
      cancellable('installCloudflared', signal, (connection, token) =>
        connection.sendRequest(rpc.installCloudflared, token),
      ),
    doctor,
    exportLiteLlm: () => call('exportLiteLlm', (connection) => connection.sendRequest(rpc.exportLiteLlm)),
    previewImport: (request) =>
      call('previewImport', (connection) => connection.sendRequest(rpc.previewImport, request)),
    recentRequests: (limit) =>
      call('recentRequests', (connection) => connection.sendRequest(rpc.recentRequests, { limit })),
    usage: (query) => call('usage', (connection) => connection.sendRequest(rpc.usage, query)),
    usagePage: (query) => call('usagePage', (connection) => connection.sendRequest(rpc.usagePage, query)),
    requestStory: (id) => call('requestStory', (connection) => connection.sendRequest(rpc.requestStory, { id })),
    exportUsage: async (query) =>
      (await call('exportUsage', (connection) => connection.sendRequest(rpc.exportUsage, query))).requests,
    keyStates: () => call('keyStates', (connection) => connection.sendRequest(rpc.keyStates)),
    async logBodies(on) {
      const state = await call('logBodies', (connection) => connection.sendRequest(rpc.logBodies, { on }));
      setState(state);
      return state;
    },
    tunnelHistory: () => call('tunnelHistory', (connection) => connection.sendRequest(rpc.tunnelHistory)),
    focus: () => {
      if (lifeline.peer !== undefined) void notify(lifeline.peer);
    },
    onState: onState.on,
    onRequest: onRequest.on,
    onProgress: onProgress.on,
    onClientState: lifeline.onState,
    onConfigResult: onConfigResult.on,
    dispose: lifeline.dispose,
  };
}

async function notify(peer: Peer): Promise<void> {
  try {
    await peer.rpc.sendNotification(events.focus);
  } catch {
    // The connection has just ended.
  }
}

/** One call with its time limit; failures become sentences. A router that says nothing at all is left, so that it is looked for anew. */
async function ask<T>(
  peer: Peer,
  name: keyof typeof rpc,
  send: (connection: MessageConnection) => Promise<T>,
): Promise<T> {
  let silent = false;
  try {
    // Sending may throw at once when the connection has just ended.
    const answer = Promise.resolve().then(() => send(peer.rpc));
    return await within(TIME_LIMITS[name] + GRACE, SILENT, answer).catch((error: Error) => {
      silent = error.message === SILENT;
      throw error;
    });
  } catch (error) {
    if (silent) peer.close();
    const ended =
      error instanceof ConnectionError ||
      (error instanceof ResponseError && error.code === ErrorCodes.PendingResponseRejected);
    if (ended) throw new Error('The router process ended before it answered. Try again in a moment.', { cause: error });
    throw error instanceof ResponseError ? new Error(error.message, { cause: error }) : error;
  }
}
