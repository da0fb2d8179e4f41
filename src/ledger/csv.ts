/** Request records as a table for spreadsheets. */
import type { RequestRecord } from './record';

type Cell = string | number | boolean | undefined;

const COLUMNS: readonly (readonly [name: string, value: (record: RequestRecord) => Cell])[] = [
  ['time', (r) => r.time],
  ['id', (r) => r.id],
  ['client', (r) => r.client],
  ['key', (r) => r.clientKey],
  ['asked_model', (r) => r.askedModel],
  ['backend', (r) => r.backend],
  ['model', (r) => r.upstreamModel],
  ['route', (r) => r.route],
  ['stream', (r) => r.stream],
  ['status', (r) => r.status],
  ['finish', (r) => r.finish],
  ['error_kind', (r) => r.errorKind],
  ['error', (r) => r.error],
  ['input_tokens', (r) => r.usage?.input],
  ['output_tokens', (r) => r.usage?.output],
  ['cache_read_tokens', (r) => r.usage?.cacheRead],
  ['cache_write_tokens', (r) => r.usage?.cacheWrite],
  ['reasoning_tokens', (r) => r.usage?.reasoning],
  ['tokens_estimated', (r) => r.usage && r.usage.estimated === true],
  ['cost_usd', (r) => r.cost],
  ['first_token_ms', (r) => r.firstMs],
  ['duration_ms', (r) => r.ms],
  ['tokens_per_second', (r) => round(tokensPerSecond(r))],
  ['attempts', (r) => r.attempts.length],
  ['retries', (r) => r.attempts.filter((attempt) => attempt.outcome === 'retried').length],
  ['fallbacks', (r) => r.attempts.filter((attempt) => attempt.outcome === 'fellBack').length],
  ['conversation', (r) => r.conversation],
];

/** Output tokens a second from the first content to the end; undefined where it cannot be told. */
export function tokensPerSecond(record: RequestRecord): number | undefined {
  const ms = record.ms - (record.stream ? (record.firstMs ?? 0) : 0);
  return record.usage && record.usage.output > 0 && ms > 0 ? (record.usage.output * 1_000) / ms : undefined;
}

function round(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}

/**
 * One cell. Text that a spreadsheet would run as a formula (it begins with = + - @, also of full width, a tab or a line end) gets an apostrophe
 * in front: model names and error texts come from outside.
 */
function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  // Where the semicolon separates cells, a spreadsheet cuts there, quotes or not.
  const safe = cell.replace(/(^|;)(?=\s*[=+\-@＝＋－＠\t\r\n])/g, "$1'");
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Header and one line a record, CRLF line ends (RFC 4180). */
export async function* csvLines(records: AsyncIterable<RequestRecord>): AsyncGenerator<string> {
  yield `${COLUMNS.map(([name]) => name).join(',')}\r\n`;
  for await (const record of records) yield `${COLUMNS.map(([, value]) => cellText(value(record))).join(',')}\r\n`;
}
