/**
 * What Cursor holds, read from its own file (docs/rules.md M10): never written, never created, never checkpointed. The key is
 * compared here and forgotten. Everything unexpected is a reason to know less, never an error.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Words } from '../said';
import { isObject, parseObject } from '../wires/read';
import { say } from './sentences';

export interface CursorHolds {
  /** The override of the base URL; undefined when it is off or empty. */
  baseUrl?: string;
  /** Its OpenAI key is switched on. */
  switchedOn: boolean;
  /** Names of models that the person added and did not switch off. */
  models: string[];
  /** hidden: it is there, but encrypted. */
  key: 'ours' | 'other' | 'none' | 'hidden';
}

/** absent: there is no such file, or it is not Cursor's. */
export type CursorReading =
  | { kind: 'read'; holds: CursorHolds }
  | { kind: 'absent' }
  | { kind: 'unreadable'; why: Words };

export const ROW =
  'src.vs.platform.reactivestorage.browser.reactiveStorageServiceImpl.persistentStorage.applicationUser';
const PLAIN_KEY = 'cursorAuth/openAIKey';
const HIDDEN_KEY = `secret://${PLAIN_KEY}`;
/** Waiting for a writer stops everything else in this process, milliseconds. */
const BUSY_MS = 100;
const LARGEST = 32 * 1024 * 1024;
const MOST_NAMES = 500;

const unreadable = (why: Words): Exclude<CursorReading, { kind: 'read' }> => ({ kind: 'unreadable', why });

/** Never rejects. `ours`: whether a key opens this router. */
export async function readCursorState(file: string, ours: (key: string) => boolean): Promise<CursorReading> {
  const place = await placeOf(file);
  if (typeof place === 'object' && 'kind' in place) return place;
  const sqlite = await import('node:sqlite').catch(() => undefined);
  if (!sqlite) return unreadable(say.cannotRead(process.versions.node));
  let db: InstanceType<typeof sqlite.DatabaseSync> | undefined;
  try {
    db = new sqlite.DatabaseSync(place, { readOnly: true, timeout: BUSY_MS });
    return read(db, ours);
  } catch (error) {
    // SQLite's own words name no content.
    return unreadable(`${(error as Error).message}.`);
  } finally {
    try {
      db?.close();
    } catch {
      // It was never open.
    }
  }
}

/**
 * How the file may be opened so that nothing appears beside it. A WAL database that nobody has open has no log, and opening it even
 * to read would make one: `immutable` reads the file alone. A log without its index was left by a crash and is its owner's to mend.
 */
async function placeOf(file: string): Promise<string | URL | Exclude<CursorReading, { kind: 'read' }>> {
  const header = await firstBytes(file, 20);
  if (!header) return { kind: 'absent' };
  if (header.toString('latin1', 0, 15) !== 'SQLite format 3') return unreadable(say.noDatabase);
  if (header[18] !== 2) return file;
  const log = await stat(`${file}-wal`).catch(() => undefined);
  if (!log?.size && !(await stat(`${file}-shm`).catch(() => undefined))) {
    const url = pathToFileURL(file);
    url.searchParams.set('immutable', '1');
    return url;
  }
  return (await stat(`${file}-shm`).catch(() => undefined)) ? file : unreadable(say.leftByCrash);
}

async function firstBytes(file: string, size: number): Promise<Buffer | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, 0);
    return bytesRead === size ? buffer : undefined;
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

interface Rows {
  prepare(sql: string): { get(...values: string[]): Record<string, unknown> | undefined };
}

function read(db: Rows, ours: (key: string) => boolean): CursorReading {
  const value = textOf(db, ROW);
  if (value === undefined) return { kind: 'absent' };
  const state = parseObject(value);
  if (!state) return unreadable(say.strangeForm);
  const { useOpenAIKey: on = false, openAIBaseUrl: url = null, aiSettings = {} } = state;
  if (typeof on !== 'boolean' || (url !== null && typeof url !== 'string') || !isObject(aiSettings))
    return unreadable(say.strangeForm);
  const off = new Set(names(aiSettings.modelOverrideDisabled));
  const models = names(aiSettings.userAddedModels).filter((name) => !off.has(name));
  return {
    kind: 'read',
    holds: { ...(url?.trim() && { baseUrl: url.trim() }), switchedOn: on, models, key: keyIn(db, ours) },
  };
}

function keyIn(db: Rows, ours: (key: string) => boolean): CursorHolds['key'] {
  const plain = textOf(db, PLAIN_KEY)?.trim();
  if (plain) return ours(plain) ? 'ours' : 'other';
  return db.prepare('SELECT 1 AS found FROM ItemTable WHERE key = ?').get(HIDDEN_KEY) ? 'hidden' : 'none';
}

/** A value is looked at only when its size can be handled. */
function textOf(db: Rows, key: string): string | undefined {
  const row = db.prepare(`SELECT value FROM ItemTable WHERE key = ? AND length(value) <= ${LARGEST}`).get(key);
  const value = row?.value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' ? value : undefined;
}

function names(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((name): name is string => typeof name === 'string' && name !== '').slice(0, MOST_NAMES);
}
