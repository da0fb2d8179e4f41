/**
 * Server-sent events as bytes. Our own splitter instead of eventsource-parser because a same-wire answer is passed on
 * byte for byte (design §2.4): it needs each event's raw bytes, and text only of the events somebody looks at.
 */

/** One event as it came in. `event` and `data` are decoded when first read. */
export interface RawSseEvent {
  /** Exact bytes, the closing blank line included. All `raw` one after the other are the stream. */
  readonly raw: Buffer;
  readonly event?: string;
  /** Data lines joined by line feeds; '' when there are none. */
  readonly data: string;
  /** Nothing a client would dispatch: comments, blank lines, fields without data. */
  readonly comment: boolean;
}

/** An event grew beyond the limit; the rest of the stream is not read any more. */
export interface SseOverflow {
  code: 'sseEventTooLarge';
  limit: number;
  message: string;
}

export interface SseSplitter {
  /** Complete events in this chunk and what was left of earlier ones. */
  push(chunk: Buffer): RawSseEvent[];
  /** End of input: a last event without its blank line still counts (R14). */
  finish(): RawSseEvent[];
  /** Set once an event was too large; push and finish then return nothing more. */
  readonly overflow: SseOverflow | undefined;
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const DEFAULT_MAX_EVENT_BYTES = 32 * 1024 * 1024;

/**
 * Splits a stream at its blank lines, whatever the chunks: LF, CRLF or CR, byte order mark, cuts inside a character or
 * between CR and LF. Time is linear in the bytes, memory bounded by `maxEventBytes` (default 32 MiB).
 */
export function createSseSplitter(options: { maxEventBytes?: number } = {}): SseSplitter {
  const limit = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES;
  const held = new HeldBytes();
  let first = true;
  let lines = 0;
  let lineEmpty = true;
  /** The last byte was a CR: a LF right behind it is part of the same line end. */
  let afterCr = false;
  /** The line before the current one ended in a CR alone. */
  let loneCr = false;
  /** A CR ended the event; it is given out once it is known whether a LF belongs to it. */
  let blankCr = false;

  function take(events: RawSseEvent[], chunk: Buffer, from: number, to: number): boolean {
    if (held.length + to - from > limit) {
      splitter.overflow = {
        code: 'sseEventTooLarge',
        limit,
        message: `The provider sent a stream event larger than ${Math.floor(limit / 1024)} KiB. The answer was stopped there.`,
      };
      held.clear();
      return false;
    }
    // Copied out of the socket's chunk only where it was cut; a whole event stays a view.
    const raw = held.length === 0 ? chunk.subarray(from, to) : held.takeWith(chunk, from, to);
    events.push(new LazyEvent(raw, first, lines === 1));
    first = false;
    lines = 0;
    lineEmpty = true;
    return true;
  }

  function push(chunk: Buffer): RawSseEvent[] {
    const events: RawSseEvent[] = [];
    if (splitter.overflow || chunk.length === 0) return events;
    let start = 0;
    let at = 0;
    let nextLf = chunk.indexOf(LF);
    let nextCr = chunk.indexOf(CR);
    while (at < chunk.length) {
      if (afterCr || blankCr) {
        const joined = chunk[at] === LF;
        if (joined) at++;
        if (blankCr) {
          blankCr = false;
          if (!take(events, chunk, start, at)) return events;
          start = at;
        } else loneCr = !joined;
        afterCr = false;
        if (joined && nextLf < at) nextLf = chunk.indexOf(LF, at);
        continue;
      }
      if (nextLf !== -1 && nextLf < at) nextLf = chunk.indexOf(LF, at);
      if (nextCr !== -1 && nextCr < at) nextCr = chunk.indexOf(CR, at);
      const end = nextLf === -1 ? nextCr : nextCr === -1 ? nextLf : Math.min(nextLf, nextCr);
      if (end === -1) {
        lineEmpty = false;
        break;
      }
      if (end > at) lineEmpty = false;
      at = end + 1;
      const cr = chunk[end] === CR;
      if (!lineEmpty) {
        lines++;
        lineEmpty = true;
        afterCr = cr;
        loneCr = false;
      } else if (cr && !loneCr) blankCr = true;
      else {
        // A stream that ends lines with CR alone must not wait for a LF that never comes; should one come all the
        // same it is the first byte of the next event.
        afterCr = cr;
        if (!take(events, chunk, start, at)) return events;
        start = at;
      }
    }
    if (start < chunk.length && held.length + chunk.length - start > limit) take(events, chunk, start, chunk.length);
    else held.add(chunk, start);
    return events;
  }

  const splitter = {
    overflow: undefined as SseOverflow | undefined,
    push,
    finish() {
      const events: RawSseEvent[] = [];
      if (!splitter.overflow && held.length > 0) {
        take(events, EMPTY, 0, 0);
      }
      return events;
    },
  };
  return splitter;
}

const EMPTY = Buffer.alloc(0);

/** Bytes of an unfinished event in one growing block, so that tiny chunks cost no object each. */
class HeldBytes {
  length = 0;
  private block = EMPTY;

  add(chunk: Buffer, from: number): void {
    if (from >= chunk.length) return;
    this.reserve(chunk.length - from);
    this.length += chunk.copy(this.block, this.length, from);
  }

  takeWith(chunk: Buffer, from: number, to: number): Buffer {
    const raw = Buffer.allocUnsafe(this.length + to - from);
    this.block.copy(raw, 0, 0, this.length);
    chunk.copy(raw, this.length, from, to);
    this.length = 0;
    if (this.block.length > 1024 * 1024) this.block = EMPTY;
    return raw;
  }

  clear(): void {
    this.block = EMPTY;
    this.length = 0;
  }

  private reserve(more: number): void {
    const { length, block } = this;
    if (length + more <= block.length) return;
    this.block = Buffer.allocUnsafeSlow(Math.max(length + more, block.length * 2, 1024));
    block.copy(this.block, 0, 0, length);
  }
}

/** A class because three getters share one decoding, made only when one of them is read. */
class LazyEvent implements RawSseEvent {
  #decoded: DecodedEvent | undefined;

  constructor(
    readonly raw: Buffer,
    private readonly atStart: boolean,
    private readonly singleLine: boolean,
  ) {}

  get event(): string | undefined {
    return this.#read().event;
  }
  get data(): string {
    return this.#read().data;
  }
  get comment(): boolean {
    return this.#read().comment;
  }

  #read() {
    return (this.#decoded ??= decodeEvent(this.raw, this.atStart, this.singleLine));
  }
}

interface DecodedEvent {
  event: string | undefined;
  data: string;
  comment: boolean;
}

const NOTHING: DecodedEvent = { event: undefined, data: '', comment: true };

function decodeEvent(raw: Buffer, atStart: boolean, singleLine: boolean): DecodedEvent {
  // By far the most frequent form: `data: …` and LF LF.
  if (singleLine && raw.length > 8 && startsWithData(raw) && raw.at(-2) === LF && raw.at(-3) !== CR) {
    return { event: undefined, data: raw.toString('utf8', 6, raw.length - 2), comment: false };
  }
  // What only keeps a connection open, or floods it: a comment of one line, or a blank line alone.
  if (raw[0] === COLON ? singleLine && raw.at(-2) === LF : raw.length === 1) return NOTHING;
  const mark = atStart && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf;
  return fieldsOf(raw.toString('utf8', mark ? 3 : 0));
}

/** Goes from line end to line end: splitting at an expression costs ten times as much, for each event of a named stream. */
function fieldsOf(text: string): DecodedEvent {
  if (text.includes('\r')) return fieldsOf(text.replace(/\r\n?/g, '\n'));
  let event: string | undefined;
  let data: string | undefined;
  for (let at = 0; at < text.length; ) {
    const lf = text.indexOf('\n', at);
    const end = lf === -1 ? text.length : lf;
    if (isField(text, 'data', at, end)) {
      const value = fieldValue(text, at + 4, end);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (isField(text, 'event', at, end)) event = fieldValue(text, at + 5, end);
    at = end + 1;
  }
  return { event: event || undefined, data: data ?? '', comment: data === undefined };
}

/** Whether the line from `at` to `end` is of that field: its name, then a colon or nothing. */
function isField(text: string, name: string, at: number, end: number): boolean {
  const behind = at + name.length;
  return text.startsWith(name, at) && (behind === end || text[behind] === ':');
}

/** What stands behind the colon at `colon`, without one blank; nothing where the line ends there. */
function fieldValue(text: string, colon: number, end: number): string {
  return colon >= end ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, end);
}

/** Whether the bytes begin with `data: `. */
function startsWithData(raw: Buffer): boolean {
  return raw.readUInt32BE(0) === 0x64617461 && raw[4] === 0x3a && raw[5] === 0x20;
}

/** Last event of a chat stream. */
export const SSE_DONE = 'data: [DONE]\n\n';
/** SSE text of one unnamed event. Line ends inside the text become further data lines. */
export function sseData(json: string): string {
  return `data: ${dataLines(json)}\n\n`;
}

function dataLines(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/\r\n|\n|\r/g, '\ndata: ') : text;
}
