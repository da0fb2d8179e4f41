/**
 * Cursor's memory on disk, encrypted (design §2.10): one append-only file of records, AES-256-GCM with a random nonce
 * each, 0600. It only exists where a key is given (the editor keeps one in SecretStorage); headless the memory is RAM
 * only. What cannot be read is given up, never an error: the memory then starts cold.
 *
 * File: "LRM1", 16 random bytes naming the file, then records of 4 bytes length, 12 bytes nonce, ciphertext, 16 bytes tag.
 * Name and number of a record are authenticated, so records cannot be reordered, repeated or moved between files.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { steadyNow } from '../network/steadyClock';
import { writeWhole } from '../network/wholeFile';

const MAGIC = Buffer.from('LRM1');
const HEADER = MAGIC.length + 16;
const NONCE = 12;
const TAG = 16;
/** Larger records are not kept: an answer's companions are kilobytes. */
const LONGEST_RECORD = 16 * 1024 * 1024;

export interface MemoryStoreOptions {
  file: string;
  /** 32 bytes, or anything else from which 32 are derived. */
  key: Buffer;
  /** The file is rewritten with the live records once it has grown by this much. */
  rotateBytes?: number;
  /** After a refusal of the disk it is written anew, with everything, no sooner than this; milliseconds. Default 30 s. */
  retryMs?: number;
  /** All live records, oldest first; asked for when the file is rewritten. */
  live(): readonly string[];
  /** Trouble with the file, as a sentence. Nothing stops because of it. */
  warn(sentence: string): void;
}

export interface MemoryStore {
  /** What the file held, oldest first. */
  readonly records: readonly string[];
  /** Queues a record; returns at once. */
  append(record: string): void;
  /** Resolves when everything queued is written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens or creates the file. A wrong key or a foreign file gives no records and a fresh file; a torn end is cut off. */
export async function openMemoryStore(options: MemoryStoreOptions): Promise<MemoryStore> {
  const { file, warn, rotateBytes = 16 * 1024 * 1024, retryMs = 30_000 } = options;
  const key = options.key.length === 32 ? options.key : createHash('sha256').update(options.key).digest();
  const found = readRecords(await readFile(file).catch(() => Buffer.alloc(0)), key);
  let handle: FileHandle | undefined;
  let name = found.name;
  let next = found.records.length;
  let size = found.goodBytes;
  let rotateAt = size + rotateBytes;
  let waiting: string[] = [];
  let working: Promise<void> = Promise.resolve();
  let scheduled = false;
  let closed = false;
  /** Since when the file lacks something that the disk refused. */
  let refusedAt: number | undefined;

  async function start(): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    if (!name) return rewrite([]);
    handle = await open(file, 'r+', 0o600);
    await handle.chmod(0o600);
    await handle.truncate(size);
  }

  /** A fresh file beside the old one, then in its place, so that a kill in between loses nothing. */
  async function rewrite(records: readonly string[]): Promise<void> {
    const fresh = randomBytes(HEADER - MAGIC.length);
    const bytes = Buffer.concat([MAGIC, fresh, ...records.map((record, at) => seal(record, key, fresh, at))]);
    await handle?.close();
    handle = undefined;
    try {
      await writeWhole(file, bytes);
      name = fresh;
      next = records.length;
      size = bytes.length;
      refusedAt = undefined;
    } finally {
      // Where a full disk refused the fresh one, the old one goes on.
      rotateAt = size + rotateBytes;
      if (name) handle = await open(file, 'r+');
    }
  }

  async function writeWaiting(): Promise<void> {
    scheduled = false;
    const records = waiting;
    waiting = [];
    if (records.length === 0) return;
    if (refusedAt !== undefined && steadyNow() - refusedAt >= retryMs) return rewrite(options.live());
    if (!handle || !name) return;
    // Somebody took the file away.
    if ((await handle.stat()).nlink === 0) return rewrite(options.live());
    const id = name;
    const bytes = Buffer.concat(records.map((record, at) => seal(record, key, id, next + at)));
    if (size + bytes.length > rotateAt) return rewrite(options.live());
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, size);
    if (bytesWritten !== bytes.length) throw new Error('the disk is full');
    next += records.length;
    size += bytes.length;
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    working = working.then(writeWaiting).catch((error: Error) => {
      complain('written', error);
    });
  }

  function complain(what: string, error: Error): void {
    const told = refusedAt !== undefined;
    refusedAt = steadyNow();
    if (told) return;
    warn(
      `The memory file ${file} could not be ${what}: ${error.message}. Thinking is remembered in this process until the disk takes it again.`,
    );
  }

  await start().catch((error: Error) => complain('opened', error));
  return {
    records: found.records,
    append(record) {
      if (closed || record.length > LONGEST_RECORD / 4) return;
      waiting.push(record);
      schedule();
    },
    flush: () => working,
    async close() {
      closed = true;
      await working;
      await handle?.close();
      handle = undefined;
    },
  };
}

interface FoundRecords {
  records: string[];
  /** Undefined when this is no file of ours, or of another key. */
  name?: Buffer;
  /** Length of what could be read. */
  goodBytes: number;
}

function readRecords(bytes: Buffer, key: Buffer): FoundRecords {
  const nothing: FoundRecords = { records: [], goodBytes: 0 };
  if (bytes.length < HEADER || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return nothing;
  const name = bytes.subarray(MAGIC.length, HEADER);
  const records: string[] = [];
  let at = HEADER;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const end = at + 4 + length;
    if (length < NONCE + TAG || length > LONGEST_RECORD || end > bytes.length) break;
    const record = unseal(bytes.subarray(at + 4, end), key, name, records.length);
    if (record === undefined) break;
    records.push(record);
    at = end;
  }
  // Whole but unreadable from the first record on: another key. An empty file of ours may be anybody's.
  if (records.length === 0 && bytes.length > HEADER) return nothing;
  return { records, name: Buffer.from(name), goodBytes: at };
}

function associated(name: Buffer, number: number): Buffer {
  const data = Buffer.alloc(name.length + 8);
  name.copy(data);
  data.writeBigUInt64BE(BigInt(number), name.length);
  return data;
}

function seal(record: string, key: Buffer, name: Buffer, number: number): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated(name, number));
  const sealed = Buffer.concat([nonce, cipher.update(record, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(sealed.length);
  return Buffer.concat([length, sealed]);
}

function unseal(sealed: Buffer, key: Buffer, name: Buffer, number: number): string | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
      .setAAD(associated(name, number))
      .setAuthTag(sealed.subarray(sealed.length - TAG));
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE, sealed.length - TAG)), decipher.final()]);
    return text.toString('utf8');
  } catch {
    return undefined;
  }
}
