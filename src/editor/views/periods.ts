/** The times a person can ask for. Pure. */

import type { Period } from '../../ledger/store';
import { localDay, windowAt } from '../../ledger/windows';
import { t } from '../words';

export const GROUPS = ['day', 'model', 'backend', 'key', 'conversation'] as const;
export type Group = (typeof GROUPS)[number];

/** The local day `days` before a moment, by the calendar. */
export function dayBefore(now: number, days: number): string {
  const date = new Date(now);
  return localDay(new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime());
}

/** Times to choose from, in local days. `now`: milliseconds since the epoch. */
export function periods(now: number): { label: string; period: Period }[] {
  const today = localDay(now);
  const date = new Date(now);
  const lastMonth = new Date(date.getFullYear(), date.getMonth(), 0);
  return [
    { label: t`This month`, period: { from: windowAt('month', now).from, to: today } },
    { label: t`Today`, period: { from: today, to: today } },
    { label: t`Last 7 days`, period: { from: dayBefore(now, 6), to: today } },
    { label: t`Last 30 days`, period: { from: dayBefore(now, 29), to: today } },
    {
      label: t`Last month`,
      period: { from: windowAt('month', lastMonth.getTime()).from, to: localDay(lastMonth.getTime()) },
    },
    { label: t`Everything`, period: { from: '', to: '' } },
  ];
}
