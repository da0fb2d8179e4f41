/** What the log says of a finished request. */
import type { RequestRecord } from './record';

/** One line a person can read: who asked for what, who answered, how long it took. */
export function summaryLine(record: RequestRecord): string {
  const other = record.client === 'vscode' ? 'VS Code' : 'client';
  const who = record.client === 'cursor' ? `Cursor${record.dialect ? ` (${record.dialect})` : ''}` : other;
  const where = record.backend ? ` → ${record.backend}/${record.upstreamModel}` : '';
  const tokens = record.usage ? `, ${record.usage.input}+${record.usage.output} tokens` : '';
  return `${record.id} ${who} ${record.route} ${record.askedModel || '(no model)'}${where}: ${record.status} in ${Math.round(record.ms)} ms${tokens}${record.error ? `. ${record.error} ${endOf(record)}` : ''}`;
}

/** What a failed request came to. */
function endOf(record: RequestRecord): string {
  if (record.errorKind === 'cancelled') return 'The upstream was stopped.';
  const tries = record.attempts.length > 1 ? ` after ${record.attempts.length} attempts` : '';
  return record.status === 200 ? `Told the client inside the answer${tries}.` : `Told the client${tries}.`;
}
