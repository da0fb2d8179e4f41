/** Usage told as a Markdown table, and the times a person can ask for. Pure. */
import { dollars } from '../../ledger/budgets';
import type { Period } from '../../ledger/store';
import { localDay, windowAt } from '../../ledger/windows';
import type { UsageRow } from '../../process/contract';

export const GROUPS = ['day', 'model', 'backend', 'key'] as const;
export type Group = (typeof GROUPS)[number];

/** Times to choose from, in local days. `now`: milliseconds since the epoch. */
export function periods(now: number): { label: string; period: Period }[] {
  const today = localDay(now);
  const date = new Date(now);
  const daysBack = (days: number): string =>
    localDay(new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime());
  const lastMonth = new Date(date.getFullYear(), date.getMonth(), 0);
  return [
    { label: 'This month', period: { from: windowAt('month', now).from, to: today } },
    { label: 'Today', period: { from: today, to: today } },
    { label: 'Last 7 days', period: { from: daysBack(6), to: today } },
    { label: 'Last 30 days', period: { from: daysBack(29), to: today } },
    {
      label: 'Last month',
      period: { from: windowAt('month', lastMonth.getTime()).from, to: localDay(lastMonth.getTime()) },
    },
    { label: 'Everything', period: { from: '', to: '' } },
  ];
}

const TITLES: Record<Group, string> = { day: 'Day', model: 'Model', backend: 'Backend', key: 'Key' };
const number = (value: number): string => value.toLocaleString('en-US');
const requests = (count: number): string => `${number(count)} ${count === 1 ? 'request' : 'requests'}`;
/** Names come from outside and must not become markup. */
const cell = (text: string): string =>
  text.replace(/[\p{Cc}]+/gu, ' ').replace(/[\\`*_[\]<>#|!&~$]/g, '\\$&') || '(none)';

/** A document of one table with a line of totals and notes on what the numbers leave out. */
export function usageDocument(rows: readonly UsageRow[], by: Group, { from, to }: Period): string {
  const head = `# Usage by ${by}\n\n${from ? `From ${from} to ${to}` : 'Everything in the usage log'}.\n\n`;
  if (rows.length === 0) return `${head}No requests in this time.\n`;
  const sum = (value: (row: UsageRow) => number | undefined): number =>
    rows.reduce((total, row) => total + (value(row) ?? 0), 0);
  const total: UsageRow = {
    group: 'Total',
    requests: sum((row) => row.requests),
    failed: sum((row) => row.failed),
    input: sum((row) => row.input),
    cacheRead: sum((row) => row.cacheRead),
    output: sum((row) => row.output),
    cost: sum((row) => row.cost),
    unpriced: sum((row) => row.unpriced),
  };
  const line = (row: UsageRow, name: string): string =>
    `| ${name} | ${number(row.requests)} | ${number(row.failed ?? 0)} | ${number(row.input)} | ${number(row.cacheRead ?? 0)} | ${number(row.output)} | ${dollars(row.cost)}${row.unpriced > 0 ? ' \\*' : ''} |`;
  const estimated = sum((row) => row.estimated);
  const notes = [
    total.unpriced > 0 ? `\\* Without ${requests(total.unpriced)} whose model has no known price.` : '',
    estimated > 0 ? `Tokens of ${requests(estimated)} are estimates: their provider sent none.` : '',
  ].filter((note) => note !== '');
  return [
    `${head}| ${TITLES[by]} | Requests | Failed | Input tokens | of these cached | Output tokens | Cost |`,
    '|---|--:|--:|--:|--:|--:|--:|',
    ...rows.map((row) => line(row, cell(row.group))),
    line(total, '**Total**'),
    ...notes.map((note) => `\n${note}`),
    '',
  ].join('\n');
}
