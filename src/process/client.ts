/**
 * The window's side of the one router process: settings go there, states come back, every call ends.
 * Part of the extension bundle: node built-ins and vscode-jsonrpc only, no vscode, no zod.
 */

import {
  type CancellationToken,
  CancellationTokenSource,
  ConnectionError,
  ErrorCodes,
  ResponseError,
} from 'vscode-jsonrpc';
import type { RequestRecord } from '../ledger/record';
import { failureOf } from '../said';
import {
  type By,
  CALL_NAMES,
  CALLS,
  type Call,
  type CallerOf,
  type CallName,
  type ConfigPush,
  type ConfigResult,
  events,
  type FailureData,
  type RouterState,
  send,
} from './contract';
import type { Peer } from './dial';
import { createEmitter } from './emitter';
import { type ClientState, createLifeline, type LifelineOptions } from './lifeline';
import { say } from './sentences';
import { within } from './timeLimit';

export interface ClientOptions extends LifelineOptions {
  /** Whether a router that this window meets for the first time is started (setting autoStart). A person's Stop stays in force. */
  autoStart: () => boolean;
}

/** What a window asks; the others are for the pipe itself and for a newer router. */
type Asked = Exclude<CallName, 'hello' | 'prove' | 'state' | 'resume' | 'handOver'>;

/**
 * The calls of the contract. Every one has a time limit, waits for the connection within it and rejects with a sentence for a person.
 * `pushConfig` keeps the settings too: they are sent again after every re-connect. While not connected it resolves with what the
 * next connection answers. What tells how it goes is ended early by its signal.
 */
export interface RouterClient extends Readonly<{ [Name in Asked]: CallerOf<Name> }> {
  readonly clientState: ClientState;
  /** Last state pushed by the router; undefined while there is none. */
  readonly state: RouterState | undefined;
  /** The window got the focus or the machine woke up; nothing happens while not connected. */
  focus(): void;
  /** All listeners: the returned function removes the listener. Listeners must not throw. */
  onState(listener: (state: RouterState | undefined) => void): () => void;
  onRequest(listener: (record: RequestRecord) => void): () => void;
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
/** Events that tell how a call goes. */
const TOLD = CALL_NAMES.flatMap((name) => {
  const { tells }: Call<By, unknown, unknown, unknown> = CALLS[name];
  return tells === undefined ? [] : events[tells].method;
});

/** Returns at once; finding or starting the router goes on behind it. Never throws and never rejects: see `clientState`. */
export function connectRouter(options: ClientOptions): RouterClient {
  const onState = createEmitter<RouterState | undefined>();
  const onRequest = createEmitter<RequestRecord>();
  /** How the calls go that tell it. */
  const onTold = createEmitter<{ event: string; value: unknown }>();
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
      for (const event of TOLD) peer.rpc.onNotification(event, (value: unknown) => onTold.fire({ event, value }));
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
    const result = ask(peer, 'pushConfig', push);
    if (resume) void ask(peer, 'resume', undefined).then(setState, () => undefined);
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
    return await within(CALLS.pushConfig.limit + GRACE, say.silent, sent).finally(stop);
  };

  /** Any call, as the table says. */
  const call = async (
    name: CallName,
    request: unknown,
    hear?: (value: unknown) => void,
    signal?: AbortSignal,
  ): Promise<unknown> => {
    const { limit, tells, answers }: Call<By, unknown, unknown, unknown> = CALLS[name];
    const found = unlessAborted(lifeline.connected(), signal);
    const peer = await within(Math.min(limit, CONNECT_LIMIT), say.notReached, found);
    const event = tells && events[tells].method;
    const stop = event === undefined ? undefined : onTold.on((told) => told.event === event && hear?.(told.value));
    const cancel = cancelledBy(signal);
    try {
      const answer = await ask(peer, name, request as never, cancel?.token);
      if (answers === 'state') setState(answer as RouterState);
      return answer;
    } finally {
      cancel?.dispose();
      stop?.();
    }
  };
  // What travels with each name is the table's word; here all go the same way.
  const calls = Object.fromEntries(
    CALL_NAMES.map((name) => [name, (...asked: [unknown]) => call(name, ...asked)]),
  ) as unknown as { [Name in Asked]: CallerOf<Name> };
  /** A person wants it to run. */
  const forgiving = (name: 'start' | 'restart') => async (): Promise<RouterState> => {
    lifeline.forgive();
    return await calls[name]();
  };

  return {
    ...calls,
    get clientState() {
      return lifeline.state;
    },
    get state() {
      return routerState;
    },
    pushConfig,
    start: forgiving('start'),
    restart: forgiving('restart'),
    focus: () => {
      if (lifeline.peer !== undefined) void notify(lifeline.peer);
    },
    onState: onState.on,
    onRequest: onRequest.on,
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

/** Rejects as soon as who asked does not wait any more. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Ends with `signal`; undefined where nobody can end it. */
function cancelledBy(signal: AbortSignal | undefined): Pick<CancellationTokenSource, 'token' | 'dispose'> | undefined {
  if (signal === undefined) return undefined;
  const source = new CancellationTokenSource();
  const abort = (): void => source.cancel();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    token: source.token,
    dispose: () => {
      signal.removeEventListener('abort', abort);
      source.dispose();
    },
  };
}

/** One call with its time limit; failures become sentences. A router that says nothing at all is left, so that it is looked for anew. */
async function ask<Name extends CallName>(
  peer: Peer,
  name: Name,
  request: Parameters<typeof send<Name>>[2],
  token?: CancellationToken,
): ReturnType<typeof send<Name>> {
  let silent = false;
  try {
    // Sending may throw at once when the connection has just ended.
    const answer = Promise.resolve().then(() => send(peer.rpc, name, request, token));
    return await within(CALLS[name].limit + GRACE, say.silent, answer).catch((error: Error) => {
      silent = error.message === say.silent.text;
      throw error;
    });
  } catch (error) {
    if (silent) peer.close();
    const ended =
      error instanceof ConnectionError ||
      (error instanceof ResponseError && error.code === ErrorCodes.PendingResponseRejected);
    if (ended) throw failureOf(say.endedBefore, { cause: error });
    if (!(error instanceof ResponseError)) throw error;
    const data = error.data as FailureData | undefined;
    throw failureOf(data?.says ?? error.message, { cause: error });
  }
}
