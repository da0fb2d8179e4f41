/**
 * Daily roll-ups of one month file: sums by local day, backend, model and client key, with the byte offset they cover.
 * They make summaries and budgets independent of the number of records, and stay when old records are deleted.
 */
import type { RequestRecord } from './record';
import { localDay } from './windows';

export interface Totals {
  requests: number;
  /** Answered with an error, or cancelled before the end. */
  failed: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  /** US dollars, of the requests whose price is known. */
  cost: number;
  /** Requests that used tokens and have no known price. */
  unpriced: number;
  /** Requests whose tokens were counted by us. */
  estimated: number;
  /** Milliseconds of all requests together. */
  ms: number;
}

/** What a row is about. Texts are empty where a request never got that far. */
export interface RowKey {
  day: string;
  backend: string;
  model: string;
  key: string;
}
export type Row = RowKey & Totals;

export interface Rollup {
  /** Bytes of the month file that are counted in `rows`. */
  offset: number;
  /** First bytes of the month file: tells a replaced file from a grown one. */
  head: string;
  /** Damaged lines passed over so far. */
  torn: number;
  rows: Map<string, Row>;
}

const NUMBERS = [
  'requests',
  'failed',
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'reasoning',
  'cost',
  'unpriced',
  'estimated',
  'ms',
] as const satisfies readonly (keyof Totals)[];

export function emptyTotals(): Totals {
  return {
    requests: 0,
    failed: 0,
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    reasoning: 0,
    cost: 0,
    unpriced: 0,
    estimated: 0,
    ms: 0,
  };
}

export function emptyRollup(): Rollup {
  return { offset: 0, head: '', torn: 0, rows: new Map() };
}

/** Adds `more` to `into`. */
export function addTotals(into: Totals, more: Totals): void {
  for (const name of NUMBERS) into[name] += more[name];
}

/** Adds one request to `into`. */
export function addRecord(into: Totals, record: RequestRecord): void {
  const usage = record.usage;
  into.requests += 1;
  into.ms += record.ms;
  if (record.error !== undefined || record.status >= 400) into.failed += 1;
  if (record.cost !== undefined) into.cost += record.cost;
  if (!usage) return;
  into.input += usage.input;
  into.output += usage.output;
  into.cacheRead += usage.cacheRead ?? 0;
  into.cacheWrite += usage.cacheWrite ?? 0;
  into.reasoning += usage.reasoning ?? 0;
  if (usage.estimated) into.estimated += 1;
  if (record.cost === undefined && usage.input + usage.output > 0) into.unpriced += 1;
}

/** What the row of a record is about; its day is the local day of its arrival. */
export function rowKeyOf(record: RequestRecord): RowKey {
  const arrived = Date.parse(record.time);
  return {
    day: Number.isNaN(arrived) ? '' : localDay(arrived),
    backend: record.backend ?? '',
    model: record.upstreamModel ?? '',
    key: record.clientKey,
  };
}

/** Counts one record in its row. */
export function count(rows: Map<string, Row>, record: RequestRecord): void {
  const about = rowKeyOf(record);
  const id = `${about.day}\n${about.backend}\n${about.model}\n${about.key}`;
  let row = rows.get(id);
  if (!row) rows.set(id, (row = { ...about, ...emptyTotals() }));
  addRecord(row, record);
}

/** The roll-up as the text of its file. */
export function writeRollup(rollup: Rollup): string {
  const rows = [...rollup.rows.values()].map((row) => [
    row.day,
    row.backend,
    row.model,
    row.key,
    ...NUMBERS.map((name) => row[name]),
  ]);
  return JSON.stringify({
    version: 1,
    columns: ['day', 'backend', 'model', 'key', ...NUMBERS],
    offset: rollup.offset,
    head: rollup.head,
    torn: rollup.torn,
    rows,
  });
}

/** Reads the text of a roll-up file; undefined when it is not one, so that it is made anew from the records. */
export function readRollup(text: string): Rollup | undefined {
  try {
    const value = JSON.parse(text) as {
      version: number;
      offset: number;
      head: string;
      torn: number;
      rows: (string | number)[][];
    };
    if (value.version !== 1 || !Number.isSafeInteger(value.offset) || !Array.isArray(value.rows)) return undefined;
    const rollup: Rollup = {
      offset: value.offset,
      head: String(value.head),
      torn: Number(value.torn) || 0,
      rows: new Map(),
    };
    for (const cells of value.rows) {
      const [day, backend, model, key] = cells.slice(0, 4).map(String) as [string, string, string, string];
      const row: Row = { day, backend, model, key, ...emptyTotals() };
      NUMBERS.forEach((name, i) => {
        const cell = cells[i + 4];
        if (typeof cell !== 'number') throw new Error('not a number');
        row[name] = cell;
      });
      rollup.rows.set(`${day}\n${backend}\n${model}\n${key}`, row);
    }
    return rollup;
  } catch {
    return undefined;
  }
}
