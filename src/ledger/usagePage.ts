/** Usage as a Markdown page: one table with a line of totals, and notes on what the numbers leave out. */

import { dollars } from './budgets';
import { hasSpeed, SPEED_TITLES, speedCells } from './speed';
import type { Period } from './store';
import { totalOf, type UsageQuery, type UsageRow } from './usage';

const TITLES: Record<UsageQuery['by'], string> = {
  day: 'Day',
  model: 'Model',
  backend: 'Backend',
  key: 'Key',
  conversation: 'Conversation',
};
const number = (value: number): string => value.toLocaleString('en-US');
const requests = (count: number): string => `${number(count)} ${count === 1 ? 'request' : 'requests'}`;
/** Names come from outside and must not become markup. */
const cell = (text: string): string =>
  text.replace(/[\p{Cc}]+/gu, ' ').replace(/[\\`*_[\]<>#|!&~$]/g, '\\$&') || '(none)';

/** Rows in the order in which they shall stand. */
export function usagePage(rows: readonly UsageRow[], by: UsageQuery['by'], { from, to }: Period): string {
  const head = `# Usage by ${by}\n\n${from ? `From ${from} to ${to}` : 'Everything in the usage log'}.\n\n`;
  if (rows.length === 0) return `${head}No requests in this time.\n`;
  const total = totalOf(rows, 'Total');
  const speeds = hasSpeed(rows);
  const line = (row: UsageRow, name: string): string =>
    `| ${name} | ${number(row.requests)} | ${number(row.failed ?? 0)} | ${number(row.input)} | ${number(row.cacheRead ?? 0)} | ${number(row.output)} | ${dollars(row.cost)}${row.unpriced > 0 ? ' \\*' : ''} |${speeds ? ` ${speedCells(row, dollars).join(' | ')} |` : ''}`;
  const notes = [
    total.unpriced > 0 ? `\\* Without ${requests(total.unpriced)} whose model has no known price.` : '',
    total.estimated ? `Tokens of ${requests(total.estimated)} are estimates: their provider sent none.` : '',
    speeds
      ? 'First token and tokens a second are medians of streamed answers; what caching saved is counted after what writing the cache cost.'
      : '',
  ].filter((note) => note !== '');
  return [
    `${head}| ${TITLES[by]} | Requests | Failed | Input tokens | of these cached | Output tokens | Cost |${speeds ? ` ${SPEED_TITLES.join(' | ')} |` : ''}`,
    `|---|--:|--:|--:|--:|--:|--:|${speeds ? '--:|'.repeat(SPEED_TITLES.length) : ''}`,
    ...rows.map((row) => line(row, cell(row.group))),
    line(total, '**Total**'),
    ...notes.map((note) => `\n${note}`),
    '',
  ].join('\n');
}
