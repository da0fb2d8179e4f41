/** Usage as a Markdown page: one table with a line of totals, and notes on what the numbers leave out. */

import { type Said, textOf, type Words } from '../said';
import { dollars } from './budgets';
import { SPEED_TITLES, say } from './sentences';
import { hasSpeed, speedCells } from './speed';
import type { Period } from './store';
import { totalOf, type UsageQuery, type UsageRow } from './usage';

const HEADS: Record<UsageQuery['by'], { page: Said; column: Said }> = {
  day: { page: say.usageByDay, column: say.day },
  model: { page: say.usageByModel, column: say.model },
  backend: { page: say.usageByBackend, column: say.backend },
  key: { page: say.usageByKey, column: say.key },
  conversation: { page: say.usageByConversation, column: say.conversationTitle },
};
const number = (value: number): string => value.toLocaleString('en-US');
const requests = (count: number): Said => (count === 1 ? say.oneRequest : say.requests(number(count)));
/** Names come from outside and must not become markup. */
const cell = (text: string): string => text.replace(/[\p{Cc}]+/gu, ' ').replace(/[\\`*_[\]<>#|!&~$]/g, '\\$&');

export const usagePage = (...asked: Parameters<typeof usageLines>): string =>
  `${usageLines(...asked)
    .map(textOf)
    .join('\n')}\n`;

/** Line by line; rows in the order in which they shall stand. */
export function usageLines(rows: readonly UsageRow[], by: UsageQuery['by'], { from, to }: Period): Words[] {
  const head = [HEADS[by].page, '', from ? say.fromTo(from, to) : say.everything, ''];
  if (rows.length === 0) return [...head, say.noRequests];
  const total = totalOf(rows, '');
  const speeds = hasSpeed(rows);
  const cells = (row: UsageRow): string =>
    `| ${number(row.requests)} | ${number(row.failed ?? 0)} | ${number(row.input)} | ${number(row.cacheRead ?? 0)} | ${number(row.output)} | ${dollars(row.cost)}${row.unpriced > 0 ? ' \\*' : ''} |${speeds ? ` ${speedCells(row, dollars).join(' | ')} |` : ''}`;
  const notes = [
    ...(total.unpriced > 0 ? [say.unpricedNote(requests(total.unpriced))] : []),
    ...(total.estimated ? [say.estimatedNote(requests(total.estimated))] : []),
    ...(speeds ? [say.speedNote] : []),
  ];
  return [
    ...head,
    say.usageHead(HEADS[by].column, speeds ? say.speedHead : ''),
    `|---|--:|--:|--:|--:|--:|--:|${speeds ? '--:|'.repeat(SPEED_TITLES.length) : ''}`,
    ...rows.map((row) => (row.group === '' ? say.noneRow(cells(row)) : `| ${cell(row.group)} ${cells(row)}`)),
    say.totalRow(cells(total)),
    ...notes.flatMap((note) => ['', note]),
  ];
}
