/** The files of the ledger folder: records and roll-up of each month. */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readBlocks } from './lines';
import type { RequestRecord } from './record';
import { type Rollup, readRollup } from './rollup';

const MONTH_FILE = /^requests-(\d{4}-\d\d)\.jsonl$/;
const ROLLUP_FILE = /^rollup-(\d{4}-\d\d)\.json$/;
const HEAD_BYTES = 64;

/** Name of the month file that holds a record: by the UTC month of its arrival. */
export function monthOf(record: RequestRecord): string {
  return /^\d{4}-\d\d/.test(record.time) ? record.time.slice(0, 7) : new Date().toISOString().slice(0, 7);
}

export function monthFile(folder: string, month: string): string {
  return path.join(folder, `requests-${month}.jsonl`);
}

export function rollupFile(folder: string, month: string): string {
  return path.join(folder, `rollup-${month}.json`);
}

/** What is not there; what cannot be looked at just now is another matter, since files that are gone are counted anew. */
const absent =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value;
    throw error;
  };

/** Month files with their sizes, oldest first; none when there is no folder yet. */
export async function monthSizes(folder: string): Promise<[month: string, size: number][]> {
  const names = await readdir(folder).catch(absent<string[]>([]));
  const found: [string, number][] = [];
  for (const name of names.sort()) {
    const month = MONTH_FILE.exec(name)?.[1];
    if (!month) continue;
    const size = await stat(path.join(folder, name)).then((info) => info.size, absent(undefined));
    if (size !== undefined) found.push([month, size]);
  }
  return found;
}

/** The first bytes of a month file: they hold the id of its first record. */
export async function headOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Reads all usable roll-ups into `months`. */
export async function loadRollups(folder: string, months: Map<string, Rollup>): Promise<void> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const month = ROLLUP_FILE.exec(name)?.[1];
    const rollup = month && readRollup(await readFile(path.join(folder, name), 'utf8').catch(() => ''));
    if (month && rollup) months.set(month, rollup);
  }
}

/** The last records of the two newest month files. */
export async function fillRecent(folder: string, add: (record: RequestRecord) => void): Promise<void> {
  for (const [month, size] of (await monthSizes(folder)).slice(-2)) {
    for await (const block of readBlocks(monthFile(folder, month), Math.max(0, size - (1 << 20))))
      block.records.forEach(add);
  }
}
