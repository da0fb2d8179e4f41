/**
 * Usage with what sums cannot say: median time to the first token, tokens a second, and sums by conversation. Read from the
 * records themselves, as far as they are kept; own checks have no speed.
 */
import { tokensPerSecond } from './csv';
import { OWN_CHECKS, type RequestRecord } from './record';
import { addRecord, emptyTotals, rowKeyOf, type Totals } from './rollup';
import type { Ledger } from './store';
import { totalOf, type UsageQuery, type UsageRow } from './usage';
import { localDay } from './windows';

/** Conversations told one by one, the dearest first; the others are one row. */
const MOST_CONVERSATIONS = 200;

interface Group {
  name: string;
  totals: Totals;
  firstMs: number[];
  perSecond: number[];
  saved: number;
}

type Asked = Pick<Ledger, 'summary' | 'records' | 'recent'>;

/** Rows of a query: sums, and where it asks for them the speeds of all its records or of the newest. */
export async function usageRows(ledger: Asked, { from, to, by, speed }: UsageQuery): Promise<UsageRow[]> {
  if (by === 'conversation')
    return conversations([...(await gathered(ledger.records({ from, to }), conversationOf)).values()]);
  const rows = await ledger.summary({ from, to, by });
  if (!speed || by === 'day') return rows;
  const records = speed === 'all' ? ledger.records({ from, to }) : ledger.recent(500);
  const groups = await gathered(records, (record) => rowKeyOf(record)[by]);
  return rows.map((row) => {
    const found = row.group === OWN_CHECKS ? undefined : groups.get(row.group);
    return found ? { ...row, ...speedOf(found) } : row;
  });
}

async function gathered(
  records: AsyncIterable<RequestRecord> | Iterable<RequestRecord>,
  groupOf: (record: RequestRecord) => string,
): Promise<Map<string, Group>> {
  const groups = new Map<string, Group>();
  for await (const record of records) {
    if (record.clientKey === OWN_CHECKS) continue;
    const id = groupOf(record);
    let group = groups.get(id);
    if (!group) {
      group = { name: nameOf(record), totals: emptyTotals(), firstMs: [], perSecond: [], saved: 0 };
      groups.set(id, group);
    }
    addRecord(group.totals, record);
    group.saved += record.saved ?? 0;
    const perSecond = record.usage?.estimated ? undefined : tokensPerSecond(record);
    if (record.stream && record.firstMs !== undefined && record.error === undefined) group.firstMs.push(record.firstMs);
    if (perSecond !== undefined && record.stream && record.error === undefined) group.perSecond.push(perSecond);
  }
  return groups;
}

const conversationOf = ({ conversation, clientKey }: RequestRecord): string =>
  conversation === undefined ? '' : `${clientKey}\n${conversation}`;

/** How a person finds a conversation again: when it began and with which model; its hash tells equal ones apart. */
function nameOf({ conversation, time, askedModel }: RequestRecord): string {
  if (conversation === undefined) return '';
  const began = new Date(time);
  const clock = [began.getHours(), began.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
  return `${localDay(began.getTime())} ${clock} ${askedModel} ${conversation.slice(0, 8)}`;
}

function conversations(groups: readonly Group[]): UsageRow[] {
  const rows = groups
    .map((group): UsageRow => ({ group: group.name, ...group.totals, ...speedOf(group) }))
    .sort((a, b) => b.cost - a.cost || b.requests - a.requests || (a.group < b.group ? -1 : 1));
  const others = rows.slice(MOST_CONVERSATIONS);
  return others.length === 0
    ? rows
    : [...rows.slice(0, MOST_CONVERSATIONS), totalOf(others, `${others.length.toLocaleString('en-US')} more`)];
}

function speedOf({ firstMs, perSecond, saved }: Group): Pick<UsageRow, 'firstMs' | 'tokensPerSecond' | 'saved'> {
  return {
    ...(firstMs.length > 0 && { firstMs: Math.round(median(firstMs)) }),
    ...(perSecond.length > 0 && { tokensPerSecond: Math.round(median(perSecond) * 10) / 10 }),
    ...(saved !== 0 && { saved }),
  };
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** First token, speed, cache and what caching saved, for a table; a dash where it is not known. */
export function speedCells(row: UsageRow, money: (amount: number) => string): string[] {
  const { firstMs, tokensPerSecond: speed, saved, input, cacheRead = 0 } = row;
  return [
    firstMs === undefined ? '–' : `${(firstMs / 1_000).toFixed(firstMs < 10_000 ? 2 : 1)} s`,
    speed === undefined ? '–' : speed.toFixed(speed < 10 ? 1 : 0),
    input > 0 ? `${Math.round((100 * Math.min(cacheRead, input)) / input)} %` : '–',
    saved === undefined ? '–' : money(saved),
  ];
}

/** Whether any row has them. */
export const hasSpeed = (rows: readonly UsageRow[]): boolean =>
  rows.some(
    ({ firstMs, tokensPerSecond: speed, saved }) => firstMs !== undefined || speed !== undefined || saved !== undefined,
  );
