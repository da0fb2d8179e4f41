/**
 * The router's side of the pipe: handshake first, then JSON-RPC. A peer that is silent, slow, wrong or garbled loses its own
 * connection and nothing else. A proven connection is a lease.
 */
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { type CancellationToken, ErrorCodes, type MessageConnection, ResponseError } from 'vscode-jsonrpc';
import type { RequestRecord } from '../ledger/record';
import { errorWords, scrubSaid, textOf } from '../said';
import { maskKeys } from '../wires/keyShapes';
import type { Commands } from './commands';
import {
  type By,
  CALL_NAMES,
  CALLS,
  type Call,
  type CallName,
  events,
  type FailureData,
  type Hello,
  type HelloAnswer,
  type RouterState,
} from './contract';
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
import { isPipeName } from './runtimeDir';
import { say } from './sentences';
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
      if (!isPipeName(address)) await chmod(address, 0o600);
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
  const limit = options.handshakeTimeout ?? CALLS.hello.limit + CALLS.prove.limit;
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

  framed.rpc.onRequest('hello', (hello: Hello) => {
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
  framed.rpc.onRequest('prove', async ({ proof, window }: { proof?: unknown; window?: unknown }) => {
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
    // The oldest window leads; when it is gone the next one hears of it with the new count of windows.
    const leads = (): boolean => [...connections].find(({ proven }) => proven) === connection;
    const snapshot: Snapshot = () => ({ ...stage.core.state, windows: options.leases.count, leads: leads() });
    ended.push(serve(connection, framed, socket, stage, snapshot));
    return snapshot();
  });
  framed.rpc.onRequest((method) => (connection.proven ? unknown(method) : refuse(`"${method}" before the handshake`)));
  connections.add(connection);
  framed.rpc.listen();
}

function unknown(method: string): ResponseError<FailureData> {
  const says = say.unknownCall(method);
  return new ResponseError(ErrorCodes.MethodNotFound, says.text, { says });
}

/** As one window sees it. */
type Snapshot = () => RouterState;

type Work = (request: unknown, ...watched: unknown[]) => Promise<unknown>;

/** Calls and events of a proven connection; returns what ends them. */
function serve(
  connection: Connection,
  { rpc: peer }: FramedConnection,
  socket: Socket,
  { core, commands }: Backstage,
  snapshot: Snapshot,
): () => void {
  const lost = new AbortController();
  // A window that does not read gets nothing more until it does.
  const ready = (): boolean => !socket.writableNeedDrain;
  const state = createThrottle({
    interval: INTERVAL,
    deliver: () => {
      if (ready()) void peer.sendNotification(events.state, snapshot());
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

  /** For a call that says how it goes and can be ended: by who asked, by the end of the connection, by its limit. */
  const telling = (event: string, limit: number, token: CancellationToken): unknown[] => {
    const cancelled = new AbortController();
    token.onCancellationRequested(() => cancelled.abort());
    const signal = AbortSignal.any([lost.signal, cancelled.signal, AbortSignal.timeout(limit)]);
    const told = (value: unknown): void => {
      if (!signal.aborted) void peer.sendNotification(event, value);
    };
    return [told, signal];
  };
  // Who carries a call out is the table's word, and that its method is there the compiler's.
  const rooms = { core, commands } as unknown as Record<string, Record<string, Work>>;
  const answer = async (name: CallName, given: unknown, token: CancellationToken): Promise<unknown> => {
    const { by, limit, tells, answers }: Call<By, unknown, unknown, unknown> = CALLS[name];
    const watched = tells === undefined ? [] : telling(events[tells].method, limit, token);
    if (name === 'handOver') connection.asksHandOver = true;
    const work = async (): Promise<unknown> => await rooms[by]![name]!(given ?? {}, ...watched);
    // Commands wait for each other and count their time from their turn on.
    const said = await (by === 'core' ? limited(name, work()) : work());
    return answers === 'state' ? snapshot() : said;
  };
  peer.onRequest('state', () => snapshot());
  for (const name of CALL_NAMES.filter((one) => CALLS[one].by !== 'pipe'))
    peer.onRequest(name, (...given: unknown[]) =>
      tell(answer(name, given.length > 1 ? given[0] : undefined, given.at(-1) as CancellationToken)),
    );
  peer.onNotification(events.focus, () => core.focus());
  return () => {
    for (const end of ends) end();
  };
}

function limited<T>(name: CallName, work: Promise<T>): Promise<T> {
  const { limit } = CALLS[name];
  return within(limit, say.unfinished(name, Math.round(limit / 1000)), work);
}

/** A failure reaches the window as its own sentence, without what the library would put around it. */
async function tell<T>(work: Promise<T>): Promise<T | ResponseError<FailureData>> {
  try {
    return await work;
  } catch (error) {
    const words = errorWords(error);
    const message = maskKeys(textOf(words));
    const data = typeof words === 'string' ? undefined : { says: scrubSaid(words, maskKeys) };
    return new ResponseError(ErrorCodes.InternalError, message, data);
  }
}
