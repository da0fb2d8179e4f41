/**
 * The ledger on disk (design §2.8): `<dataDir>/ledger/requests-YYYY-MM.jsonl`, one line a request, and beside each month
 * file a roll-up. Records are the truth; roll-ups follow them by reading on from the byte they cover, so records of
 * another process (hand-over, a second router) are counted too and nothing is counted twice.
 */

import { chmodSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../network/wholeFile';
import type { Said } from '../said';
import { createAppender } from './appender';
import { boundedRecord, readBlocks } from './lines';
import { fillRecent, headOf, loadRollups, monthFile, monthSizes, rollupFile } from './monthFiles';
import { createPending } from './pending';
import { createRecent } from './recent';
import { OWN_CHECKS, type RequestRecord } from './record';
import {
  addRecord,
  addTotals,
  count,
  emptyRollup,
  emptyTotals,
  type Rollup,
  type Row,
  type RowKey,
  rowKeyOf,
  type Totals,
  writeRollup,
} from './rollup';
import { say } from './sentences';
import type { UsageRow } from './usage';
import { localDay } from './windows';

export type GroupBy = 'day' | 'model' | 'backend' | 'key';
/** Local days as `YYYY-MM-DD`, both inclusive; an empty text leaves that side open. */
export interface Period {
  from: string;
  to: string;
}

export interface Ledger {
  /**
   * Appends one record: a single synchronous write of a few microseconds. Call it once a request, before the last bytes of the
   * answer are handed to the socket: then every request whose client saw the end survives kill -9. False: the disk
   * refused (see `problem`); the record is counted, kept in memory and written as soon as the disk takes it.
   */
  append(record: RequestRecord): boolean;
  /** The newest records, newest first; at most 500. */
  recent(limit: number): RequestRecord[];
  /** Sums by group: days in order, everything else by cost, then by number of requests. */
  summary(query: Period & { by: GroupBy }): Promise<UsageRow[]>;
  /** Today's sums (local day), live. */
  today(): Totals;
  /** US dollars a client key has spent from the local day `from` on; an empty text means ever. */
  spentSince(key: string, from: string): number;
  /** Every record of a period, oldest file first, in the order of their end. */
  records(period: Period): AsyncGenerator<RequestRecord>;
  /** Calls back for each record that another process appended from now on. */
  onForeign(listener: (record: RequestRecord) => void): void;
  /**
   * Months of records to keep, the running one included: older files are deleted now and later, their sums stay. Before the first call nothing
   * is deleted, so that nobody's setting comes too late.
   */
  retain(months: number): Promise<void>;
  /** Reads what is new on disk into the roll-ups. Runs by itself every few seconds. */
  sync(): Promise<void>;
  /** Writes the roll-ups and lets go of all files. Records need no closing. */
  close(): Promise<void>;
  /** Sentence for a person while the disk refuses records. */
  readonly problem: string | undefined;
  readonly problemSays: Said | undefined;
  /** Records that the disk refused for so long that they are in no file any more; their sums stay until this process ends. */
  readonly lost: number;
  /** Damaged lines passed over. */
  readonly torn: number;
}

export interface LedgerOptions {
  /** The folder `ledger` is made in it, mode 0700. */
  dataDir: string;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** For a look from outside: nothing is written, created or deleted. */
  readOnly?: boolean;
  /** Milliseconds between two looks at the disk; 0 for none. */
  syncEvery?: number;
  /** Records held in memory while the disk refuses them; 10,000. */
  mostWaiting?: number;
}

/** New bytes after which a roll-up is written although its time has not come. */
const SAVE_BYTES = 4 << 20;
const SAVE_MS = 60_000;
/** Own records after which the roll-ups are brought up to date although their time has not come. */
const MAX_PENDING = 500;

/** Opens (and creates) the ledger of a data directory; resolves when sums and recent requests are known. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { dataDir, now = Date.now, readOnly = false, syncEvery = 10_000, mostWaiting } = options;
  const folder = path.join(dataDir, 'ledger');
  /** Writing and reading fail, and heal, each by itself. */
  let writeProblem = readOnly ? undefined : makeFolder(folder);
  let readProblem: Said | undefined;
  let retained: number | undefined;
  /** Sums of what was lost. */
  const lostRows = new Map<string, Row>();
  let lost = 0;
  const pending = createPending();
  const events = {
    onWritten: pending.written,
    onProblem: (sentence: Said | undefined) => {
      writeProblem = sentence;
    },
    onLost(record: RequestRecord) {
      lost += 1;
      pending.delete(record.id);
      count(lostRows, record);
    },
  };
  const appender = readOnly ? undefined : createAppender(folder, events, mostWaiting);
  const months = new Map<string, Rollup>();
  const saved = new Map<string, { offset: number; at: number }>();
  const recent = createRecent(500);
  const listeners: ((record: RequestRecord) => void)[] = [];
  let opened = false;

  /** Writes a roll-up where it changed; rejects when the disk refuses. */
  async function save(month: string, rollup: Rollup): Promise<void> {
    if (readOnly || saved.get(month)?.offset === rollup.offset) return;
    await writeWhole(rollupFile(folder, month), writeRollup(rollup));
    saved.set(month, { offset: rollup.offset, at: now() });
  }

  /** Sums can be made anew from the records: a refusal is no loss. */
  const trySave = (month: string, rollup: Rollup): Promise<void> => save(month, rollup).catch(() => undefined);

  async function saveWhenDue(month: string, rollup: Rollup): Promise<void> {
    const last = saved.get(month);
    if (!last || rollup.offset - last.offset > SAVE_BYTES || now() - last.at > SAVE_MS) await trySave(month, rollup);
  }

  const countOwn = (): Set<string> => pending.countInto(months, (month) => appender?.size(month));

  function take(record: RequestRecord, rollup: Rollup, known: boolean): void {
    count(rollup.rows, record);
    if (pending.delete(record.id) || known) return;
    recent.add(record);
    for (const listener of listeners) listener(record);
  }

  async function readOn(month: string, size: number): Promise<void> {
    const file = monthFile(folder, month);
    let rollup = months.get(month) ?? emptyRollup();
    const head = await headOf(file);
    const replaced = rollup.head !== '' && !head.startsWith(rollup.head.slice(0, head.length));
    // Somebody put another file there: counted from its beginning, without telling its records as news.
    const again = replaced || size < rollup.offset;
    if (again) rollup = emptyRollup();
    if (head.length > rollup.head.length) rollup.head = head;
    months.set(month, rollup);
    if (size === rollup.offset) return;
    for await (const block of readBlocks(file, rollup.offset)) {
      for (const record of block.records) take(record, rollup, again || !opened);
      rollup.offset = block.offset;
      rollup.torn += block.torn;
      // What came since is for the next look: one that reads on as fast as somebody writes would have no end.
      if (rollup.offset >= size) break;
    }
  }

  async function syncNow(): Promise<void> {
    // First what stands in a file that is gone by now: nobody reads that any more.
    countOwn();
    appender?.check();
    appender?.flush();
    const sizes = new Map(await monthSizes(folder));
    const counted = countOwn();
    for (const [month, size] of sizes)
      if (!counted.has(month) && months.get(month)?.offset !== size) await readOn(month, size);
    for (const [month, rollup] of months) if (sizes.has(month)) await saveWhenDue(month, rollup);
    for (const [month, rollup] of months) if (!sizes.has(month) && rollup.offset > 0) await forget(month, rollup);
    if (!readOnly && retained !== undefined) await dropOld(retained);
  }

  /** The records of a month were deleted: what they add up to stays, a new file is counted from its beginning. */
  async function forget(month: string, rollup: Rollup): Promise<void> {
    rollup.offset = 0;
    rollup.head = '';
    await trySave(month, rollup);
  }

  /** Deletes month files beyond the retention, once their sums are safe. */
  async function dropOld(keep: number): Promise<void> {
    const date = new Date(now());
    const oldest = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - keep + 1, 1))
      .toISOString()
      .slice(0, 7);
    for (const [month, rollup] of months) {
      if (month >= oldest || rollup.offset === 0) continue;
      await save(month, rollup);
      await rm(monthFile(folder, month), { force: true });
    }
  }

  async function syncAndTell(): Promise<void> {
    try {
      await syncNow();
      readProblem = undefined;
    } catch (error) {
      readProblem = say.notRead(folder, (error as Error).message);
      throw error;
    }
  }

  let running: Promise<void> = Promise.resolve();
  /** Those that run or wait: what they read is not counted in another way meanwhile. */
  let syncs = 0;
  const sync = (): Promise<void> => {
    syncs += 1;
    const next = running.then(syncAndTell).finally(() => (syncs -= 1));
    running = next.catch(() => undefined);
    return next;
  };

  function* rows(): Generator<Row> {
    for (const rollup of months.values()) yield* rollup.rows.values();
    yield* lostRows.values();
  }
  /** Rows and own fresh records that `wanted` accepts, added up by `group`. */
  function sums(wanted: (about: RowKey) => boolean, group: (about: RowKey) => string): Map<string, Totals> {
    const found = new Map<string, Totals>();
    const into = (about: RowKey): Totals => {
      const name = group(about);
      let totals = found.get(name);
      if (!totals) found.set(name, (totals = emptyTotals()));
      return totals;
    };
    for (const row of rows()) if (wanted(row)) addTotals(into(row), row);
    for (const record of pending.records()) {
      const about = rowKeyOf(record);
      if (wanted(about)) addRecord(into(about), record);
    }
    return found;
  }

  await loadRollups(folder, months);
  for (const [month, rollup] of months) saved.set(month, { offset: rollup.offset, at: now() });
  await sync().catch(() => undefined);
  await fillRecent(folder, recent.add).catch(() => undefined);
  opened = true;
  const timer = syncEvery > 0 ? setInterval(() => void sync().catch(() => undefined), syncEvery) : undefined;
  timer?.unref();

  return {
    append(record) {
      if (!appender) throw new Error('this ledger was opened for reading only');
      const kept = boundedRecord(record);
      pending.add(kept);
      recent.add(kept);
      const written = appender.append(kept);
      if (pending.size >= MAX_PENDING && syncs === 0 && countOwn().size === 0) void sync().catch(() => undefined);
      return written;
    },
    recent: recent.newest,
    async summary({ from, to, by }) {
      await sync();
      const found = sums(
        (about) => inPeriod(about.day, { from, to }) && (by !== 'day' || about.key !== OWN_CHECKS),
        // What our own probes cost is told, but never as the use of a model.
        (about) => (about.key === OWN_CHECKS ? OWN_CHECKS : about[by]),
      );
      return toUsageRows(found, by);
    },
    today() {
      const today = localDay(now());
      return (
        sums(
          (about) => about.day === today && about.key !== OWN_CHECKS,
          () => '',
        ).get('') ?? emptyTotals()
      );
    },
    spentSince: (key, from) =>
      sums(
        (about) => about.key === key && about.day >= from,
        () => '',
      ).get('')?.cost ?? 0,
    async *records(period) {
      for (const [month] of await monthSizes(folder)) {
        if (!monthTouches(month, period)) continue;
        for await (const block of readBlocks(monthFile(folder, month))) {
          for (const record of block.records) if (inPeriod(rowKeyOf(record).day, period)) yield record;
        }
      }
    },
    retain(count) {
      retained = count;
      return sync();
    },
    onForeign: (listener) => void listeners.push(listener),
    sync,
    async close() {
      clearInterval(timer);
      await sync().catch(() => undefined);
      for (const [month, rollup] of months) await trySave(month, rollup);
      appender?.close();
    },
    get problem() {
      return (writeProblem ?? readProblem)?.text;
    },
    get problemSays() {
      return writeProblem ?? readProblem;
    },
    get lost() {
      return lost;
    },
    get torn() {
      let torn = 0;
      for (const rollup of months.values()) torn += rollup.torn;
      return torn;
    },
  };
}

/** Makes the folder for its owner only; a sentence when that is impossible: the router works without its log, and says so. */
function makeFolder(folder: string): Said | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    return undefined;
  } catch (error) {
    return say.notKept(folder, (error as Error).message);
  }
}

function inPeriod(day: string, { from, to }: Period): boolean {
  return day >= from && (to === '' || day <= to);
}

/** Whether a month file (UTC) can hold records of a period (local days): one day of leeway on both sides. */
function monthTouches(month: string, { from, to }: Period): boolean {
  const start = Date.parse(`${month}-01T00:00:00Z`);
  const next = new Date(start);
  next.setUTCMonth(next.getUTCMonth() + 1);
  const day = 86_400_000;
  return localDay(next.getTime() + day) >= from && (to === '' || localDay(start - day) <= to);
}

function toUsageRows(found: Map<string, Totals>, by: GroupBy): UsageRow[] {
  const result = [...found].map(([group, totals]) => ({ group, ...totals }));
  if (by === 'day') return result.sort((a, b) => (a.group < b.group ? -1 : 1));
  return result.sort((a, b) => b.cost - a.cost || b.requests - a.requests || (a.group < b.group ? -1 : 1));
}
