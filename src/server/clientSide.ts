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

export function createClientSide(response: ServerResponse, stream: boolean, times: ClientTimes): ClientSide {
  let committed = false;
  let finished = false;
  let bytesOut = 0;
  let blocked = false;
  let goneListener: (() => void) | undefined;
  let drainListener: (() => void) | undefined;
  // It may have left while its request was read.
  let gone = response.destroyed;
  let readTimer: NodeJS.Timeout | undefined;

  let lifeTimer = setTimeout(sign, stream ? times.headHoldMs : times.spaceAfterMs);

  /** Timers and events of the response run in here: what throws ends this response and nothing else. */
  function guarded(run: () => void): void {
    try {
      run();
    } catch {
      response.destroy();
    }
  }

  function sign(): void {
    guarded(giveSign);
  }

  function giveSign(): void {
    if (finished || gone) return;
    if (!response.headersSent) {
      response.writeHead(200, stream ? STREAM_HEAD : { 'content-type': 'application/json' });
      response.flushHeaders();
    }
    if (!blocked) put(stream ? ': waiting for the model\n\n' : ' ');
    lifeTimer = setTimeout(sign, times.pingMs);
  }

  function put(data: string | Buffer): void {
    bytesOut += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    if (!response.write(data)) blocked = true;
  }

  response.on('drain', () => {
    blocked = false;
    guarded(() => drainListener?.());
  });
  response.on('close', () => {
    clearTimeout(lifeTimer);
    clearTimeout(readTimer);
    if (finished && response.writableFinished) return;
    gone = true;
    guarded(() => goneListener?.());
  });
  response.on('error', () => {});
  if (gone) clearTimeout(lifeTimer);

  /** Nothing more comes from us; a reader that has stopped reading must not hold the rest for ever. */
  function close(data: string | Buffer | undefined): void {
    response.end(data);
    if (times.readMs > 0 && !response.writableFinished) readTimer = setTimeout(() => response.destroy(), times.readMs);
  }

  return {
    get gone() {
      return gone;
    },
    get committed() {
      return committed;
    },
    get headSent() {
      return response.headersSent;
    },
    get bytesOut() {
      return bytesOut;
    },
    get blocked() {
      return blocked;
    },
    holdHead(ms) {
      if (!stream || gone || finished || response.headersSent) return;
      clearTimeout(lifeTimer);
      lifeTimer = setTimeout(sign, ms);
    },
    commit(headers) {
      if (committed || gone) return;
      committed = true;
      clearTimeout(lifeTimer);
      if (stream) lifeTimer = setTimeout(sign, times.pingMs);
      if (response.headersSent) {
        // The head went out while we waited: who answers can only be told inside.
        if (stream)
          put(
            `: ${Object.entries(headers)
              .map(([name, value]) => `${name}=${value}`)
              .join(' ')}\n\n`,
          );
      } else {
        response.writeHead(200, stream ? { ...STREAM_HEAD, ...headers } : headers);
      }
    },
    write(data) {
      if (gone || finished || data.length === 0) return;
      lifeTimer.refresh();
      put(data);
    },
    end(data) {
      if (finished) return;
      finished = true;
      clearTimeout(lifeTimer);
      if (gone) return;
      if (data !== undefined && data.length > 0)
        bytesOut += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
      close(data);
    },
    answer(status, headers, body) {
      if (finished) return;
      finished = true;
      clearTimeout(lifeTimer);
      if (gone) return;
      const length = Buffer.byteLength(body);
      bytesOut += length;
      // With its length told, head and body are one write.
      if (!response.headersSent)
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers });
      close(body);
    },
    onGone(listener) {
      goneListener = listener;
      if (gone) listener();
    },
    onDrain(listener) {
      drainListener = listener;
    },
    destroy() {
      finished = true;
      clearTimeout(lifeTimer);
      response.destroy();
    },
  };
}
