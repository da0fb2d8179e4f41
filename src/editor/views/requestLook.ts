/** How a finished request looks in a list. Pure. */

import { dollars } from '../../ledger/budgets';
import type { RequestRecord } from '../../ledger/record';
import { clock } from '../../said';
import { inWords, t } from '../words';

const CLIENTS: Record<RequestRecord['client'], string> = {
  cursor: 'Cursor',
  vscode: 'VS Code',
  other: t`API client`,
};

export type Outcome = 'ok' | 'cancelled' | 'failed';

export interface RequestLook {
  outcome: Outcome;
  /** Model name as asked for. */
  model: string;
  /** Backend, time to the first token, tokens, cost, for one line. */
  facts: string;
  /** Lines with everything that fits under a pointer. */
  lines: string[];
}

export function outcomeOf(record: RequestRecord): Outcome {
  if (record.errorKind === 'cancelled' || record.status === 499) return 'cancelled';
  return record.error || record.status >= 400 ? 'failed' : 'ok';
}

export const duration = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

export function requestLook(record: RequestRecord): RequestLook {
  const { usage, cost, firstMs, error, says, backend } = record;
  const outcome = outcomeOf(record);
  const tokens = usage && t`${(usage.input + usage.output).toLocaleString('en-US')} tokens`;
  const price = cost === undefined || cost === 0 ? undefined : dollars(cost);
  const facts = [
    outcome === 'failed' ? String(record.status) : outcome === 'cancelled' ? t`cancelled` : undefined,
    // Where the name begins with the backend it is not told twice.
    backend && record.askedModel.startsWith(`${backend}/`) ? undefined : backend,
    firstMs === undefined ? undefined : duration(firstMs),
    tokens,
    price,
  ];
  const lines = [
    t`${clock(Date.parse(record.time))} ${CLIENTS[record.client]}, key ${record.clientKey}, status ${record.status}`,
    record.upstreamModel ? t`Sent to ${record.backend ?? ''}: ${record.upstreamModel}` : t`Sent nowhere`,
    firstMs === undefined
      ? t`${duration(record.ms)} in all`
      : t`First token after ${duration(firstMs)}, ${duration(record.ms)} in all`,
    ...(usage
      ? [
          t`${usage.input.toLocaleString('en-US')} tokens in, ${usage.output.toLocaleString('en-US')} out${usage.estimated ? ` (${t`estimated`})` : ''}`,
        ]
      : []),
    ...(price ? [price] : []),
    ...(error ? [inWords(says ?? error)] : []),
  ];
  return { outcome, model: record.askedModel || t`(no model)`, facts: facts.filter(Boolean).join(' · '), lines };
}

/** What the tab of a story is called: the model without its prefix; a client may write anything there. */
export function tabName(model: string, id: string): string {
  const last = model.split('/').findLast((part) => part.trim() !== '') ?? '';
  return (
    last
      .replace(/[^\p{L}\p{N}._:@-]+/gu, ' ')
      .trim()
      .slice(0, 60) || id
  );
}
