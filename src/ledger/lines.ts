/**
 * Request records as lines of JSON. A line always begins with `{"id":"`, which cannot occur inside a JSON string, so a
 * record that was glued behind a torn one (power cut, full disk, kill in the middle of a write) is still found.
 */
import { open } from 'node:fs/promises';
import { saidWithin } from '../said';
import type { Attempt, RequestRecord } from './record';

const START = '{"id":"';
const BLOCK = 256 << 10;
/** Longer than any line we write: what comes in one piece of this size without a line end is not ours. */
const MAX_LINE = 1 << 20;

/** Cuts what came from outside to a bounded length, so that one line stays one small write. */
function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function boundedAttempt(attempt: Attempt): Attempt {
  if (attempt.reason === undefined) return attempt;
  const reason = clip(attempt.reason, 500);
  return { ...attempt, reason, says: attempt.says && saidWithin(attempt.says, reason) };
}

const LONGEST = { id: 64, route: 100, name: 300, rule: 200 } as const;
const MOST_RULES = 60;
const MOST_ATTEMPTS = 30;
const boundedRule = (rule: string): string => clip(rule, LONGEST.rule);

/**
 * The record as it is kept: id first, foreign texts bounded (names 300, sentences 2,000 characters, 30 attempts). The same
 * object where nothing has to be cut, as of nearly every request: a copy costs as much as writing the line twice.
 */
export function boundedRecord(record: RequestRecord): RequestRecord {
  if (isBounded(record)) return record;
  const error = record.error === undefined ? undefined : clip(record.error, 2_000);
  return {
    ...record,
    id: clip(record.id, LONGEST.id),
    route: clip(record.route, LONGEST.route),
    host: clip(record.host, LONGEST.name),
    askedModel: clip(record.askedModel, LONGEST.name),
    upstreamModel: record.upstreamModel === undefined ? undefined : clip(record.upstreamModel, LONGEST.name),
    error,
    says: error === undefined ? undefined : record.says && saidWithin(record.says, error),
    rules: record.rules.slice(0, MOST_RULES).map(boundedRule),
    told: record.told?.slice(0, MOST_RULES).map((said) => saidWithin(said, boundedRule(said.text))),
    attempts: record.attempts.slice(0, MOST_ATTEMPTS).map(boundedAttempt),
  };
}

/** Whether nothing of it failed and nothing is longer than it may be. */
function isBounded({ id, route, host, askedModel, upstreamModel, error, says, rules, told, attempts }: RequestRecord) {
  return (
    (error ?? says ?? told) === undefined &&
    id.length <= LONGEST.id &&
    route.length <= LONGEST.route &&
    [host, askedModel, upstreamModel ?? ''].every((name) => name.length <= LONGEST.name) &&
    rules.length <= MOST_RULES &&
    rules.every((rule) => rule.length <= LONGEST.rule) &&
    attempts.length <= MOST_ATTEMPTS &&
    attempts.every(({ reason }) => reason === undefined)
  );
}

/** The ledger's line of a record and the one for whoever listens (`--json`) follow each other. */
let latest: { record: RequestRecord; line: string } | undefined;

/** One line with its line end. The record is finished: nothing of it changes any more. */
export function encodeLine(record: RequestRecord): string {
  if (latest?.record !== record) latest = { record, line: `${textWithIdFirst(record)}\n` };
  return latest.line;
}

function textWithIdFirst(record: RequestRecord): string {
  const text = JSON.stringify(record);
  if (text.startsWith(START)) return text;
  const { id, ...rest } = record;
  return JSON.stringify({ id, ...rest });
}

/** What everybody who reads records goes by: a line without it would stop the start of the router, not only a view. */
function isRecord({ id, time, ms, rules, attempts }: RequestRecord): boolean {
  return (
    typeof id === 'string' &&
    typeof time === 'string' &&
    typeof ms === 'number' &&
    Array.isArray(rules) &&
    Array.isArray(attempts)
  );
}

function parse(text: string): RequestRecord | undefined {
  try {
    const value = JSON.parse(text) as RequestRecord | null;
    return value && isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Records of one line: normally one; of a damaged line whatever stands whole in it. */
export function decodeLine(line: string): { records: RequestRecord[]; torn: boolean } {
  if (line.length === 0 || line === '\r') return { records: [], torn: false };
  const whole = parse(line);
  if (whole) return { records: [whole], torn: false };
  const records: RequestRecord[] = [];
  const starts: number[] = [];
  for (let at = line.indexOf(START); at >= 0; at = line.indexOf(START, at + START.length)) starts.push(at);
  starts.forEach((start, i) => {
    const record = parse(line.slice(start, starts[i + 1]));
    if (record) records.push(record);
  });
  return { records, torn: true };
}

export interface Block {
  records: RequestRecord[];
  /** Damaged lines in this block. */
  torn: number;
  /** Bytes of the file read up to the last complete line. */
  offset: number;
}

/**
 * Reads complete lines from byte `start` on, a quarter of a megabyte at a time, so that a file of any size needs little memory
 * and never holds the event loop for long. A tail without a line end is left for the next time: it may be half written.
 * A missing file has no lines.
 */
export async function* readBlocks(file: string, start = 0): AsyncGenerator<Block> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return;
  try {
    let offset = start;
    let rest: Buffer = Buffer.alloc(0);
    const chunk = Buffer.allocUnsafe(BLOCK);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, BLOCK, offset + rest.length);
      if (bytesRead === 0) return;
      const data =
        rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const end = data.lastIndexOf(10) + 1;
      if (end === 0 && data.length <= MAX_LINE) {
        rest = Buffer.from(data);
        continue;
      }
      // No line end in more than any line of ours: foreign bytes, passed over.
      const complete = end === 0 ? data.length : end;
      const block: Block = { records: [], torn: 0, offset: offset + complete };
      for (const line of data.toString('utf8', 0, complete).split('\n')) {
        const { records, torn } = decodeLine(line);
        for (const record of records) block.records.push(record);
        if (torn) block.torn += 1;
      }
      rest = Buffer.from(data.subarray(complete));
      offset += complete;
      yield block;
    }
  } finally {
    await handle.close();
  }
}
