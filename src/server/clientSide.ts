/**
 * The client's end of one exchange (design §6): the head is held until there is something to say, silence is filled with
 * comments (streams) or spaces (whole answers) so that no edge gives up, a slow reader slows the upstream.
 */
import type { ServerResponse } from 'node:http';

export interface ClientTimes {
  /** Milliseconds without content before a stream gets its head. */
  headHoldMs: number;
  /** Milliseconds between signs of life afterwards. */
  pingMs: number;
  /** Milliseconds before a whole answer gets its head and the first space. */
  spaceAfterMs: number;
  /** Milliseconds the client may take to read what is left once everything is said; 0 is no limit. */
  readMs: number;
}

export interface ClientSide {
  /** Closed before we were done with it. */
  readonly gone: boolean;
  /** Content has been written: no retry, no fallback, no HTTP error any more. */
  readonly committed: boolean;
  readonly headSent: boolean;
  readonly bytesOut: number;
  /** The reader is slow: nothing should be read from the upstream until `onDrain`. */
  readonly blocked: boolean;
  /** The target is known, and with it how long a stream's head may wait for content; counted from now. */
  holdHead(ms: number): void;
  commit(headers: Record<string, string>): void;
  write(data: string | Buffer): void;
  end(data?: string | Buffer): void;
  /** A whole response, or, when the head is out already, just its body. */
  answer(status: number, headers: Record<string, string>, body: string | Buffer): void;
  onGone(listener: () => void): void;
  onDrain(listener: () => void): void;
  /** Ends the connection without a clean end: a cut answer must look cut. */
  destroy(): void;
}

const STREAM_HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;
const JSON_HEAD = { 'content-type': 'application/json' } as const;

/** @param own headers of every answer, whichever way it begins. */
export function createClientSide(
  response: ServerResponse,
  stream: boolean,
  times: ClientTimes,
  own: Readonly<Record<string, string>> = {},
): ClientSide {
  return new Client(response, stream, times, own);
}

/** Nothing more comes from us; a reader that has stopped reading must not hold the rest for ever. 0 is no limit. */
export function endWithin(response: ServerResponse, readMs: number, data?: string | Buffer): void {
  response.end(data);
  // What the system has taken needs no reader of ours any more.
  if (readMs <= 0 || response.writableLength === 0) return;
  const timer = setTimeout(() => response.destroy(), readMs);
  response.once('close', () => clearTimeout(timer));
}

/** A class, for its getters stand on one prototype: in an object made for each request they cost more than all its fields. */
class Client implements ClientSide {
  committed = false;
  bytesOut = 0;
  blocked = false;
  gone: boolean;
  private finished = false;
  private goneListener: (() => void) | undefined;
  private drainListener: (() => void) | undefined;
  private lifeTimer: NodeJS.Timeout;

  constructor(
    private readonly response: ServerResponse,
    private readonly stream: boolean,
    private readonly times: ClientTimes,
    private readonly own: Readonly<Record<string, string>>,
  ) {
    // It may have left while its request was read.
    this.gone = response.destroyed;
    this.lifeTimer = setTimeout(this.sign, stream ? times.headHoldMs : times.spaceAfterMs);
    response.on('drain', () => {
      this.blocked = false;
      this.guarded(() => this.drainListener?.());
    });
    response.on('close', () => {
      clearTimeout(this.lifeTimer);
      if (this.finished && response.writableFinished) return;
      this.gone = true;
      this.guarded(() => this.goneListener?.());
    });
    response.on('error', () => {});
    if (this.gone) clearTimeout(this.lifeTimer);
  }

  get headSent(): boolean {
    return this.response.headersSent;
  }

  /** Timers and events of the response run in here: what throws ends this response and nothing else. */
  private guarded(run: () => void): void {
    try {
      run();
    } catch {
      this.response.destroy();
    }
  }

  private readonly sign = (): void => this.guarded(() => this.giveSign());

  private giveSign(): void {
    const { response, stream, times } = this;
    if (this.finished || this.gone) return;
    if (!response.headersSent) {
      this.head(200, stream ? STREAM_HEAD : JSON_HEAD);
      response.flushHeaders();
    }
    if (!this.blocked) this.put(stream ? ': waiting for the model\n\n' : ' ');
    this.lifeTimer = setTimeout(this.sign, times.pingMs);
  }

  /** Put together by assigning: as one literal it would be a new kind of object to the engine with each answer. */
  private head(status: number, ...parts: (Readonly<Record<string, string>> | undefined)[]): void {
    this.response.writeHead(status, Object.assign({}, this.own, ...parts) as Record<string, string>);
  }

  private put(data: string | Buffer): void {
    this.bytesOut += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    if (!this.response.write(data)) this.blocked = true;
  }

  holdHead(ms: number): void {
    if (!this.stream || this.gone || this.finished || this.headSent) return;
    clearTimeout(this.lifeTimer);
    this.lifeTimer = setTimeout(this.sign, ms);
  }

  commit(headers: Record<string, string>): void {
    if (this.committed || this.gone) return;
    this.committed = true;
    clearTimeout(this.lifeTimer);
    if (this.stream) this.lifeTimer = setTimeout(this.sign, this.times.pingMs);
    if (this.headSent) {
      // The head went out while we waited: who answers can only be told inside.
      if (this.stream)
        this.put(
          `: ${Object.entries(headers)
            .map(([name, value]) => `${name}=${value}`)
            .join(' ')}\n\n`,
        );
    } else {
      this.head(200, this.stream ? STREAM_HEAD : undefined, headers);
    }
  }

  write(data: string | Buffer): void {
    if (this.gone || this.finished || data.length === 0) return;
    this.lifeTimer.refresh();
    this.put(data);
  }

  end(data?: string | Buffer): void {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.lifeTimer);
    if (this.gone) return;
    if (data !== undefined && data.length > 0)
      this.bytesOut += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    endWithin(this.response, this.times.readMs, data);
  }

  answer(status: number, headers: Record<string, string>, body: string | Buffer): void {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.lifeTimer);
    if (this.gone) return;
    const length = Buffer.byteLength(body);
    this.bytesOut += length;
    // With its length told, head and body are one write.
    if (!this.headSent) this.head(status, JSON_HEAD, { 'content-length': String(length) }, headers);
    endWithin(this.response, this.times.readMs, body);
  }

  onGone(listener: () => void): void {
    this.goneListener = listener;
    if (this.gone) listener();
  }

  onDrain(listener: () => void): void {
    this.drainListener = listener;
  }

  destroy(): void {
    this.finished = true;
    clearTimeout(this.lifeTimer);
    this.response.destroy();
  }
}
