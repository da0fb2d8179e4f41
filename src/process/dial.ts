/** Calls a router process and finds out whether it really is one: the socket accepts, and the answer to `hello` proves the secret. */
import { connect, type Socket } from 'node:net';
import { setTimeout as startTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { ErrorCodes, type MessageConnection, ResponseError } from 'vscode-jsonrpc';
import { CALLS, type HelloAnswer, type RouterState, send } from './contract';
import { frame, MAX_MESSAGE, MAX_UNPROVEN_MESSAGE } from './framing';
import { commonProtocol, newNonce, OWN_PROTOCOLS, type ProtocolRange, proofHolds, proofOf, rangeOf } from './handshake';
import { within } from './timeLimit';

export interface DialOptions {
  secret: string;
  version: string;
  protocols?: ProtocolRange;
  /** Milliseconds the other side has to accept and to answer `hello`. */
  timeout?: number;
}

/** A router that has proven itself; it does not know us yet. */
export interface Peer {
  rpc: MessageConnection;
  pid: number;
  version: string;
  leaving: HelloAnswer['leaving'];
  /** The protocol to speak; undefined: none in common. */
  protocol: number | undefined;
  /** Resolves when the connection is gone, whoever ended it. Never rejects. */
  closed: Promise<void>;
  /** Proves that we are ours; from then on this connection is a lease. */
  prove(window: string): Promise<RouterState>;
  close(): void;
}

export type DialResult =
  | { kind: 'live'; peer: Peer }
  /** Nobody listens there. */
  | { kind: 'dead' }
  /** Somebody accepted and said nothing. */
  | { kind: 'silent' }
  /** Somebody who does not know our secret, or does not let us in. */
  | { kind: 'stranger'; reason: string };

/** Never rejects. A result other than `live` leaves nothing open. */
export async function dial(address: string, options: DialOptions): Promise<DialResult> {
  for (let attempt = 1; ; attempt++) {
    const result = await dialOnce(address, options);
    // Accepted and closed at once: it is just ending, and the next try finds out; or it never lets us in.
    if (result.kind !== 'stranger' || result.reason !== CLOSED || attempt === 3) return result;
    await setTimeout(100);
  }
}

async function dialOnce(address: string, options: DialOptions): Promise<DialResult> {
  const timeout = options.timeout ?? CALLS.hello.limit;
  const opened = await open(address, timeout);
  if ('kind' in opened) return opened;
  const { socket } = opened;
  const { rpc: connection, allow } = frame(socket, MAX_UNPROVEN_MESSAGE);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const close = (): void => {
    connection.dispose();
    socket.destroy();
  };
  connection.onClose(close);
  connection.onError(close);
  connection.listen();
  try {
    const own = options.protocols ?? OWN_PROTOCOLS;
    const nonce = newNonce();
    const hello = { protocol: own.newest, oldest: own.oldest, version: options.version, nonce };
    const answer = await within(timeout, SILENT, send(connection, 'hello', hello));
    const theirs = rangeOf(answer);
    if (theirs === undefined || !proofHolds(options.secret, 'router', nonce, answer.proof)) {
      close();
      return { kind: 'stranger', reason: 'it does not know the secret of this installation' };
    }
    allow(MAX_MESSAGE);
    const peer: Peer = {
      rpc: connection,
      pid: answer.pid,
      version: answer.version,
      leaving: answer.leaving,
      protocol: commonProtocol(own, theirs),
      closed,
      close,
      prove: (window) =>
        within(
          CALLS.prove.limit,
          'The router process does not answer.',
          send(connection, 'prove', { proof: proofOf(options.secret, 'window', answer.nonce), window }),
        ),
    };
    return { kind: 'live', peer };
  } catch (error) {
    close();
    if (error instanceof ResponseError && error.code === ErrorCodes.PendingResponseRejected) {
      return { kind: 'stranger', reason: CLOSED };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return reason === SILENT ? { kind: 'silent' } : { kind: 'stranger', reason };
  }
}

const SILENT = 'no answer';
const CLOSED = 'it closed the connection';

function open(address: string, timeout: number): Promise<{ socket: Socket } | DialResult> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const timer = startTimer(() => {
      socket.destroy();
      resolve({ kind: 'silent' });
    }, timeout);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve({ socket });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const reason = error.code ?? error.message;
      // EAGAIN: the queue of a listening socket is full, so somebody is there but does not take anybody in.
      if (reason === 'EAGAIN' || reason === 'EBUSY') resolve({ kind: 'silent' });
      else if (reason === 'EACCES' || reason === 'EPERM') resolve({ kind: 'stranger', reason });
      else resolve({ kind: 'dead' });
    });
  });
}
