/**
 * JSON-RPC over a socket that may belong to anybody: the reader of vscode-jsonrpc buffers whatever a peer sends and takes any
 * length, and its writer rejects where nobody listens. These two bound the one and quieten the other.
 * (Classes, because the library's contract for a reader and a writer is its abstract classes.)
 */
import type { Socket } from 'node:net';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc';

/** A header is one short line; ours is `Content-Length: N`. */
const MAX_HEADER = 256;
/** Before the handshake nothing longer than a proof is expected. */
export const MAX_UNPROVEN_MESSAGE = 4 * 1024;
/** Settings, certificates of a company network, a page of request records. */
export const MAX_MESSAGE = 16 * 1024 * 1024;

/** A connection whose longest message can be raised once the other side is known. */
export interface FramedConnection {
  rpc: MessageConnection;
  allow(maxBytes: number): void;
}

/** Anything that is not a well-formed message of an allowed length raises `rpc.onError`; the caller then closes. */
export function frame(socket: Socket, maxBytes: number): FramedConnection {
  const reader = new BoundedReader(socket, maxBytes);
  return { rpc: createMessageConnection(reader, new QuietWriter(socket)), allow: (bytes) => reader.allow(bytes) };
}

class BoundedReader extends AbstractMessageReader implements MessageReader {
  private chunks: Buffer[] = [];
  private size = 0;
  /** Bytes needed before it is worth looking again: a long message in many chunks is joined once. */
  private wanted = 0;
  private broken = false;

  constructor(
    private readonly socket: Socket,
    private maxBytes: number,
  ) {
    super();
    socket.on('error', (error) => this.fireError(error));
    socket.on('close', () => this.fireClose());
  }

  allow(bytes: number): void {
    this.maxBytes = bytes;
  }

  listen(callback: DataCallback): Disposable {
    const onData = (data: Buffer): void => {
      if (this.broken) return;
      this.chunks.push(data);
      this.size += data.length;
      try {
        if (this.size >= this.wanted) this.take(callback);
      } catch (error) {
        this.broken = true;
        this.chunks = [];
        this.fireError(error);
      }
    };
    this.socket.on('data', onData);
    return { dispose: () => void this.socket.off('data', onData) };
  }

  private take(callback: DataCallback): void {
    let rest = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.size);
    this.wanted = 0;
    for (;;) {
      const headEnd = rest.subarray(0, MAX_HEADER).indexOf('\r\n\r\n');
      if (headEnd < 0) {
        if (rest.length >= MAX_HEADER) throw new Error('The peer does not speak our protocol.');
        break;
      }
      const length = /(?:^|\r\n)content-length: *(\d{1,9})(?:\r\n|$)/i.exec(rest.toString('latin1', 0, headEnd))?.[1];
      if (length === undefined) throw new Error('The peer does not speak our protocol.');
      if (Number(length) > this.maxBytes) throw new Error(`The peer sends a message of ${length} bytes.`);
      const end = headEnd + 4 + Number(length);
      if (rest.length < end) {
        this.wanted = end;
        break;
      }
      const message: unknown = JSON.parse(rest.toString('utf8', headEnd + 4, end));
      if (typeof message !== 'object' || message === null || Array.isArray(message))
        throw new Error('The peer sends no JSON-RPC.');
      callback(message as Message);
      rest = rest.subarray(end);
    }
    this.chunks = rest.length === 0 ? [] : [rest];
    this.size = rest.length;
  }
}

/** A write that fails is a connection that closes, and the close is what everybody waits for: nothing rejects here. */
class QuietWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly socket: Socket) {
    super();
    socket.on('close', () => this.fireClose());
  }

  write(message: Message): Promise<void> {
    const body = Buffer.from(JSON.stringify(message));
    if (this.socket.writable) {
      this.socket.cork();
      this.socket.write(`Content-Length: ${body.length}\r\n\r\n`, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
    }
    return Promise.resolve();
  }

  end(): void {
    this.socket.end();
  }

  override dispose(): void {
    super.dispose();
    this.socket.destroy();
  }
}
