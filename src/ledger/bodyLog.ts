/**
 * Bodies of requests and answers for debugging: off unless a person switches it on, and the switch lives in memory, so it is off
 * again after a restart. Known keys and whatever looks like one are hidden, images and long texts are cut, the file is bounded and for
 * its owner only. Everything else in the ledger holds no prompt and no answer.
 */
import { createWriteStream, rmSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { maskKeys } from '../wires/keyShapes';

/** Characters kept of one body: its beginning and its end. */
const HEAD = 48 * 1_024;
const TAIL = 16 * 1_024;
/** Longer than any key. */
const MARGIN = 4 * 1_024;
const MAX_FILE = 32_000_000;
/** Bytes gathered of a body that comes in pieces. */
const MAX_GATHERED = 1_000_000;

export type BodyPart = 'request' | 'upstreamRequest' | 'answer';

export interface Gathering {
  take(piece: string | Buffer): void;
  /** Writes what was gathered; call it once. */
  end(): void;
}

export interface BodyLog {
  readonly on: boolean;
  /** Where it writes; a file of an earlier time stays until it is switched on again. */
  readonly file: string;
  /** Switching on begins a new file. */
  switch(on: boolean): void;
  /** Takes one body of a request; does nothing while off. */
  write(id: string, part: BodyPart, body: string | Buffer): void;
  /** Gathers a body that comes in pieces; undefined while off. */
  gather(id: string, part: BodyPart): Gathering | undefined;
  /** Switches off; resolves when everything is in the file. */
  close(): Promise<void>;
}

export interface BodyLogWorld {
  dataDir: string;
  now(): number;
  /** Every key known now, of providers and clients: hidden letter by letter. */
  secrets(): readonly string[];
  /** It was switched on or off, also by itself: then with the reason as a sentence. */
  onChange(on: boolean, reason?: string): void;
  /** Default 32 MB. */
  maxFileBytes?: number;
}

function masked(text: string, secrets: readonly string[]): string {
  let safe = text;
  // Longest first, so that a key which begins another one does not leave its end behind.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= 4) safe = safe.replaceAll(secret, '[hidden]');
  }
  return maskKeys(safe);
}

/** The text as it may be kept. */
export function redactBody(text: string, secrets: readonly string[]): string {
  const short = text
    .replace(/[A-Za-z0-9+/]{1024,}={0,2}/g, (data) => `[${data.length} characters of base64]`)
    .replace(/\s{200,}/g, (blanks) => ` [${blanks.length} blanks] `);
  if (short.length <= HEAD + TAIL) return masked(short, secrets);
  // What is left out goes first (hiding is slow), and a margin at the cut goes afterwards: a key may have been cut in two there.
  const head = masked(short.slice(0, HEAD + MARGIN), secrets).slice(0, -MARGIN);
  const tail = masked(short.slice(-TAIL - MARGIN), secrets).slice(MARGIN);
  return `${head} [… ${short.length - HEAD - TAIL} characters left out …] ${tail}`;
}

export function createBodyLog(world: BodyLogWorld): BodyLog {
  const file = path.join(world.dataDir, 'bodies.jsonl');
  const maxBytes = world.maxFileBytes ?? MAX_FILE;
  let stream: WriteStream | undefined;
  let bytes = 0;
  /** The newest stream has written everything and let go of its file. */
  let closed: Promise<void> = Promise.resolve();

  function end(reason?: string): void {
    if (!stream) return;
    stream.end();
    stream = undefined;
    world.onChange(false, reason);
  }
  function begin(): void {
    bytes = 0;
    // Not emptied but replaced: what an earlier stream still has to write stays out of the new file.
    rmSync(file, { force: true });
    const opened = createWriteStream(file, { mode: 0o600, flags: 'wx' });
    opened.on('error', (error) => {
      if (stream === opened) end(`Body logging is off: ${file} cannot be written (${error.message}).`);
    });
    closed = new Promise((resolve) => opened.once('close', () => resolve()));
    stream = opened;
    world.onChange(true);
  }

  function write(id: string, part: BodyPart, body: string | Buffer): void {
    if (!stream) return;
    const text = redactBody(body.toString(), world.secrets());
    const line = Buffer.from(`${JSON.stringify({ id, time: new Date(world.now()).toISOString(), part, text })}\n`);
    if (bytes + line.length > maxBytes) {
      end(`Body logging is off: ${file} has reached ${Math.round(maxBytes / 1e6)} MB.`);
      return;
    }
    bytes += line.length;
    stream.write(line);
  }

  return {
    get on() {
      return stream !== undefined;
    },
    file,
    switch(on) {
      if (!on) end();
      else if (!stream) begin();
    },
    write,
    gather(id, part) {
      if (!stream) return undefined;
      const pieces: Buffer[] = [];
      let size = 0;
      return {
        take(piece) {
          const data = Buffer.from(piece);
          size += data.length;
          if (size <= MAX_GATHERED) pieces.push(data);
        },
        end() {
          const more = size > MAX_GATHERED ? ' [… the rest of a long answer is left out …]' : '';
          write(id, part, Buffer.concat(pieces).toString() + more);
        },
      };
    },
    close() {
      end();
      return closed;
    },
  };
}
