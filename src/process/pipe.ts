/**
 * The router's side of the pipe: handshake first, then JSON-RPC. A peer that is silent, slow, wrong or garbled loses its own
 * connection and nothing else. A proven connection is a lease.
 */
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { ErrorCodes, type MessageConnection, ResponseError } from 'vscode-jsonrpc';
import type { RequestRecord } from '../ledger/record';
import { maskKeys } from '../wires/keyShapes';
import type { Commands } from './commands';
import { type DoctorHop, events, type HelloAnswer, type RouterState, rpc, TIME_LIMITS } from './contract';
import type { RouterCore } from './core';
import { type FramedConnection, frame, MAX_MESSAGE, MAX_UNPROVEN_MESSAGE } from './framing';
import {
  commonProtocol,
  isNonce,
  newNonce,
  OWN_PROTOCOLS,
  type ProtocolRange,
  proofHolds,
  proofOf,
  rangeOf,
} from './handshake';
import type { Leases } from './leases';
import type { Log } from './logFile';
import { createThrottle } from './pacer';
import { within } from './timeLimit';

/** At most five states and five request events a second reach a window. */
const INTERVAL = 200;
/** Finished requests kept for a window that does not read. */
const MOST_UNTOLD = 500;
/** Connections that have not proven anything yet. */
const MAX_UNPROVEN = 256;

export interface PipeOptions {
  secret: string;
  version: string;
  protocols?: ProtocolRange;
  leases: Leases;
  log: Log;
  /** Milliseconds a new connection has to prove itself. Default: the limits of hello and prove. */
  handshakeTimeout?: number;
}

/** What is behind the pipe; it may come up a little after the pipe itself. */
export interface Backstage {
  core: RouterCore;
  commands: Commands;
}

export interface PipeServer {
  /** Accepts connections at the address; resolves to the function that stops accepting. */
  listen(address: string): Promise<() => void>;
  /** Told to everybody who calls from now on. */
  leaving: HelloAnswer['leaving'];
  /** Something every window shows has changed. */
  touch(): void;
  /** Sends the windows to the newer router; only the connection that asked for the hand-over stays. */
  sendAway(version: string): void;
  /** Ends every connection. */
  close(): void;
}

interface Connection {
  rpc: MessageConnection;
  asksHandOver: boolean;
  proven: boolean;
  touch?: () => void;
  sendAway?: (version: string) => void;
  drop: () => void;
}

export function servePipe(backstage: Promise<Backstage>, options: PipeOptions): PipeServer {
  const connections = new Set<Connection>();
  const pipe: PipeServer = {
    leaving: undefined,
    listen: async (address) => {
      const server = createServer((socket) => {
        const unproven = [...connections].filter((connection) => !connection.proven).length;
        if (unproven >= MAX_UNPROVEN) socket.destroy();
        else accept(socket, connections, pipe, backstage, options);
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ path: address, readableAll: false, writableAll: false }, resolve);
      });
      server.on('error', (error) => options.log.error(`pipe: ${error.message}`));
      // Its folder keeps other users out already.
      if (process.platform !== 'win32') await chmod(address, 0o600);
      return () => server.close();
    },
    touch: () => {
      for (const connection of connections) connection.touch?.();
    },
    sendAway: (version) => {
      for (const connection of connections) if (!connection.asksHandOver) connection.sendAway?.(version);
    },
    close: () => {
      for (const connection of connections) connection.drop();
    },
  };
  return pipe;
}

/** Handshake of one connection; `serve` takes over once it is proven. */
function accept(
  socket: Socket,
  connections: Set<Connection>,
  pipe: PipeServer,
  backstage: Promise<Backstage>,
  options: PipeOptions,
): void {
  const { secret, version, log } = options;
  const framed = frame(socket, MAX_UNPROVEN_MESSAGE);
  const connection: Connection = { rpc: framed.rpc, asksHandOver: false, proven: false, drop: () => drop('') };
  const ended: (() => void)[] = [];
  let nonce: string | undefined;
  let gone = false;

  const drop = (reason: string): void => {
    if (gone) return;
    gone = true;
    clearTimeout(patience);
    connections.delete(connection);
    framed.rpc.dispose();
    socket.destroy();
    for (const end of ended) end();
    if (reason !== '') log.warn(`connection dropped: ${reason}`);
  };
  const limit = options.handshakeTimeout ?? TIME_LIMITS.hello + TIME_LIMITS.prove;
  const patience = setTimeout(() => drop('it did not prove itself in time'), limit);
  framed.rpc.onClose(() => drop(''));
  framed.rpc.onError(([error]) => drop(gone || socket.destroyed ? '' : error.message));

  const refuse = (reason: string): ResponseError<void> => {
    // The refusal itself is told, nothing else; then the connection ends.
    setImmediate(() => drop(reason));
    return new ResponseError(ErrorCodes.InvalidRequest, 'refused');
  };
  const own = options.protocols ?? OWN_PROTOCOLS;
  let understood = false;

  framed.rpc.onRequest(rpc.hello, (hello) => {
    const theirs = rangeOf(hello);
    if (nonce !== undefined || theirs === undefined || !isNonce(hello.nonce)) return refuse('no proper hello');
    understood = commonProtocol(own, theirs) !== undefined;
    nonce = newNonce();
    return {
      protocol: own.newest,
      oldest: own.oldest,
      version,
      pid: process.pid,
      nonce,
      proof: proofOf(secret, 'router', hello.nonce),
      ...(pipe.leaving === undefined ? {} : { leaving: pipe.leaving }),
    };
  });
  framed.rpc.onRequest(rpc.prove, async ({ proof, window }) => {
    if (nonce === undefined || connection.proven) return refuse('prove out of turn');
    if (!proofHolds(secret, 'window', nonce, proof)) return refuse('it does not know the secret of this installation');
    if (!understood) return refuse('it speaks a protocol this router does not know');
    connection.proven = true;
    clearTimeout(patience);
    framed.allow(MAX_MESSAGE);
    const stage = await backstage;
    if (gone) return refuse('');
    const name = String(window).slice(0, 80);
    log.info(`window ${name} attached`);
    ended.push(options.leases.add(), () => log.info(`window ${name} left`));
    ended.push(serve(connection, framed, socket, stage, options));
    return snapshot(stage.core, options.leases);
  });
  framed.rpc.onRequest((method) => (connection.proven ? unknown(method) : refuse(`"${method}" before the handshake`)));
  connections.add(connection);
  framed.rpc.listen();
}

function unknown(method: string): ResponseError<void> {
  return new ResponseError(ErrorCodes.MethodNotFound, `This version of the router does not know "${method}".`);
}

function snapshot(core: RouterCore, leases: Leases): RouterState {
  return { ...core.state, windows: leases.count };
}

/** Calls and events of a proven connection; returns what ends them. */
function serve(
  connection: Connection,
  { rpc: peer }: FramedConnection,
  socket: Socket,
  { core, commands }: Backstage,
  { leases }: PipeOptions,
): () => void {
  const lost = new AbortController();
  // A window that does not read gets nothing more until it does.
  const ready = (): boolean => !socket.writableNeedDrain;
  const state = createThrottle({
    interval: INTERVAL,
    deliver: () => {
      if (ready()) void peer.sendNotification(events.state, snapshot(core, leases));
      return ready();
    },
  });
  /** Finished requests that the window has not heard of: each is told, for its log says one line a request. */
  let untold: RequestRecord[] = [];
  const requests = createThrottle({
    interval: INTERVAL,
    deliver: () => {
      if (!ready()) return false;
      for (const record of untold) void peer.sendNotification(events.request, record);
      untold = [];
      return true;
    },
  });
  connection.touch = () => state.touch();
  connection.sendAway = (version) => {
    void peer.sendNotification(events.handedOver, { version });
    peer.end();
  };
  const ends = [
    core.onDidChange(() => state.touch()),
    core.onRequest((finished) => {
      // A window that reads nothing for so long asks for the newest ones when it comes back.
      untold = [...untold.slice(1 - MOST_UNTOLD), finished];
      requests.touch();
    }),
    () => state.dispose(),
    () => requests.dispose(),
    () => lost.abort(),
  ];

  const changed = async (work: Promise<void>): Promise<RouterState> => {
    await work;
    return snapshot(core, leases);
  };
  peer.onRequest(rpc.state, () => snapshot(core, leases));
  peer.onRequest(rpc.start, () => tell(changed(commands.start())));
  peer.onRequest(rpc.resume, () => tell(changed(commands.resume())));
  peer.onRequest(rpc.stop, () => tell(changed(commands.stop())));
  peer.onRequest(rpc.restart, () => tell(changed(commands.restart())));
  peer.onRequest(rpc.pushConfig, (push) => {
    const whole = Number.isFinite(push?.changedAt) && isObject(push.secrets) && isObject(push.network);
    return whole
      ? tell(commands.pushConfig(push))
      : new ResponseError(ErrorCodes.InvalidParams, 'These are no settings.');
  });
  peer.onRequest(rpc.handOver, ({ version }) => {
    connection.asksHandOver = true;
    return tell(commands.handOver(String(version)));
  });
  peer.onRequest(rpc.renewUrl, () => tell(limited('renewUrl', changed(core.renewUrl()))));
  peer.onRequest(rpc.models, () => tell(limited('models', core.models())));
  peer.onRequest(rpc.testBackend, (request) => tell(limited('testBackend', core.testBackend(request))));
  peer.onRequest(rpc.discover, () => tell(limited('discover', core.discover())));
  peer.onRequest(rpc.doctor, (request, token) => {
    const cancelled = new AbortController();
    token.onCancellationRequested(() => cancelled.abort());
    const signal = AbortSignal.any([lost.signal, cancelled.signal]);
    const { paid, windowVersion } = request ?? {};
    const told = (hop: DoctorHop): void => {
      if (!signal.aborted) void peer.sendNotification(events.doctorHop, hop);
    };
    return tell(limited('doctor', core.doctor({ paid: paid === true, windowVersion }, told, signal)));
  });
  peer.onRequest(rpc.exportLiteLlm, () => core.exportLiteLlm());
  peer.onRequest(rpc.previewImport, (request) => tell(Promise.resolve().then(() => core.previewImport(request))));
  peer.onRequest(rpc.recentRequests, ({ limit }) => core.recentRequests(limit));
  peer.onRequest(rpc.usage, (query) => tell(limited('usage', core.usage(query))));
  peer.onRequest(rpc.usagePage, (query) => tell(limited('usagePage', core.usagePage(query))));
  peer.onRequest(rpc.requestStory, ({ id }) => tell((async () => core.requestStory(String(id)))()));
  peer.onRequest(rpc.exportUsage, ({ from, to, file }) =>
    tell(
      limited(
        'exportUsage',
        core.exportUsage({ from: String(from), to: String(to), file: String(file) }).then((requests) => ({ requests })),
      ),
    ),
  );
  peer.onRequest(rpc.keyStates, () => core.keyStates());
  peer.onRequest(rpc.logBodies, ({ on }) => {
    core.logBodies(on === true);
    return snapshot(core, leases);
  });
  peer.onRequest(rpc.tunnelHistory, () => core.tunnelHistory());
  peer.onRequest(rpc.installCloudflared, (token) => {
    const cancelled = new AbortController();
    token.onCancellationRequested(() => cancelled.abort());
    const signal = AbortSignal.any([
      lost.signal,
      cancelled.signal,
      AbortSignal.timeout(TIME_LIMITS.installCloudflared),
    ]);
    const progress = (value: Parameters<Parameters<RouterCore['installCloudflared']>[0]>[0]): void => {
      if (!signal.aborted) void peer.sendNotification(events.installProgress, value);
    };
    return tell(limited('installCloudflared', core.installCloudflared(progress, signal)));
  });
  peer.onNotification(events.focus, () => core.focus());
  return () => {
    for (const end of ends) end();
  };
}

function limited<T>(name: keyof typeof TIME_LIMITS, work: Promise<T>): Promise<T> {
  return within(
    TIME_LIMITS[name],
    `The router did not finish "${name}" within ${Math.round(TIME_LIMITS[name] / 1000)} s.`,
    work,
  );
}

/** A failure reaches the window as its own sentence, without what the library would put around it. */
async function tell<T>(work: Promise<T>): Promise<T | ResponseError<void>> {
  try {
    return await work;
  } catch (error) {
    return new ResponseError(
      ErrorCodes.InternalError,
      maskKeys(error instanceof Error ? error.message : String(error)),
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
