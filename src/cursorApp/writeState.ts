/**
 * Writes Cursor's own settings (docs/rules.md M10): only when a person asks, only while no Cursor has the file open, in one
 * transaction, read back, with what was replaced kept in a 0600 file until it is put back. Never a key. Everything unexpected
 * leaves the file as it is and is said in a sentence.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeWholeSync } from '../network/wholeFile';
import { errorWords, type Said, SaidError, spoken, type Told, textOf, type Words } from '../said';
import { putIn, type Replaced, takeOut, type Wanted } from './editState';
import { ROW } from './readState';
import { say } from './sentences';

/** Where the row as it was is kept. */
export const keptFile = (dataDir: string): string => path.join(dataDir, 'cursor-before.json');

export const isKept = (dataDir: string): boolean => existsSync(keptFile(dataDir));

interface Kept {
  /** The database. */
  file: string;
  /** The whole row before we wrote, base64. */
  row: string;
  /** SHA-256 of what we wrote: the same means nobody touched it since. */
  after: string;
  replaced: Replaced;
  /** The connection before, until the database holds this one: a crash in between leaves that one there. */
  earlier?: Kept;
}

export interface WriteResult extends Told<'text'> {
  ok: boolean;
}

const result = (ok: boolean, text: Words): WriteResult => ({ ok, ...spoken({ text }) });
export const notWritten = (why: Words): WriteResult => result(false, say.nothingWritten(why));

const BUSY_MS = 1_000;

/** Puts URL, switch and model names in. A connection made before is undone first, so that what is kept is always what was there before us. */
export async function connectState(file: string, dataDir: string, wanted: Wanted): Promise<WriteResult> {
  return await inTransaction(file, async (row) => {
    const before = readKept(dataDir);
    if (before && before.file !== file && existsSync(before.file)) throw new SaidError(say.otherKept(before.file));
    const base = before?.file === file ? restored(row, before) : row;
    const { row: next, replaced } = putIn(base, wanted);
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const kept: Kept = { file, row: base.toString('base64'), after: hashOf(next), replaced };
    const earlier = before?.file === file ? { earlier: before } : {};
    // Before the database: what was there must never be known to it alone.
    keep(dataDir, { ...kept, ...earlier });
    return {
      next,
      said: say.connected(wanted.baseUrl),
      done: () => keep(dataDir, kept),
      undo: () => keep(dataDir, before),
    };
  });
}

/** Takes out what was put in, field by field, or the whole row where nobody has touched it. */
export async function disconnectState(file: string, dataDir: string): Promise<WriteResult> {
  return await inTransaction(file, async (row) => {
    const kept = readKept(dataDir);
    if (kept?.file !== file) throw new SaidError(say.nothingToPutBack);
    return {
      next: restored(row, kept),
      said: say.putBack,
      done: () => keep(dataDir, undefined),
    };
  });
}

/** The row as it was before the connection that it holds: the last one, or the one before that was never replaced. */
function restored(row: Buffer, kept: Kept): Buffer {
  const written = hashOf(row);
  const all = connections(kept);
  const untouched = all.find(({ after }) => after === written);
  if (untouched) return Buffer.from(untouched.row, 'base64');
  return all.reduce((left, { replaced }) => takeOut(left, replaced), row);
}

const connections = (kept: Kept): Kept[] => [kept, ...(kept.earlier ? connections(kept.earlier) : [])];

interface Change {
  next: Buffer;
  said: Said;
  /** The database holds it. */
  done(): void;
  /** The database did not take it. */
  undo?(): void;
}

async function inTransaction(file: string, change: (row: Buffer) => Promise<Change>): Promise<WriteResult> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) return notWritten(say.noFile(file));
  // A log that nobody has open was left by a crash, and is its owner's to mend.
  for (const end of ['-wal', '-journal'])
    if ((await stat(`${file}${end}`).catch(() => undefined))?.size) return notWritten(say.runsOrCrashed);
  const sqlite = await import('node:sqlite').catch(() => undefined);
  if (!sqlite) return notWritten(say.cannotWrite(process.versions.node));
  let db: InstanceType<typeof sqlite.DatabaseSync> | undefined;
  let undo: (() => void) | undefined;
  try {
    db = new sqlite.DatabaseSync(file, { timeout: BUSY_MS });
    // Whoever else has it open, even idle, makes this fail: a running Cursor always has.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    const { bytes, type } = readRow(db);
    const made = await change(bytes);
    undo = made.undo;
    const value = type === 'text' ? made.next.toString('utf8') : made.next;
    db.prepare('UPDATE ItemTable SET value = ? WHERE key = ?').run(value, ROW);
    if (!readRow(db).bytes.equals(made.next)) throw new SaidError(say.notReadBack);
    db.exec('COMMIT');
    undo = undefined;
    if (!readRow(db).bytes.equals(made.next)) return result(false, say.unknownOutcome);
    bestEffort(made.done);
    return result(true, made.said);
  } catch (error) {
    if (undo) bestEffort(undo);
    const why = errorWords(error);
    if (/locked|busy/i.test(textOf(why))) return notWritten(say.stillOpen);
    return notWritten(typeof why === 'string' ? sentence(why) : why);
  } finally {
    try {
      // What is not committed is rolled back.
      db?.close();
    } catch {
      // It was never open.
    }
  }
}

interface Rows {
  prepare(sql: string): { get(...values: string[]): Record<string, unknown> | undefined };
}

function readRow(db: Rows): { bytes: Buffer; type: 'text' | 'blob' } {
  const row = db.prepare('SELECT value, typeof(value) AS type FROM ItemTable WHERE key = ?').get(ROW);
  const value = row?.value;
  if (typeof value === 'string' && row?.type === 'text') {
    const bytes = Buffer.from(value, 'utf8');
    // Half a character would not survive.
    if (bytes.toString('utf8') === value) return { bytes, type: 'text' };
  }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value), type: 'blob' };
  throw new SaidError(say.strangeFile);
}

/** @throws Error where there is one that cannot be read: what it kept must not be lost by writing over it. */
function readKept(dataDir: string): Kept | undefined {
  const file = keptFile(dataDir);
  if (!existsSync(file)) return undefined;
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
    if (connections(kept).every(isWhole)) return kept;
  } catch {}
  throw new SaidError(say.keptDamaged(file));
}

const isWhole = ({ file, row, after, replaced }: Kept): boolean =>
  [file, row, after].every((field) => typeof field === 'string') && typeof replaced === 'object';

function keep(dataDir: string, kept: Kept | undefined): void {
  if (kept) writeWholeSync(keptFile(dataDir), JSON.stringify(kept));
  else rmSync(keptFile(dataDir), { force: true });
}

/** A note that stays as it is after this names one connection too many, which is looked at by what the database holds. */
function bestEffort(work: () => void): void {
  try {
    work();
  } catch {}
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
