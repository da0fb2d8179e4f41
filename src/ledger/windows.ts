/**
 * Days and budget windows, in the local time of the machine: a day runs from local midnight to local midnight (23 or
 * 25 hours at a clock change), a week from Monday (ISO 8601), a month from its first day.
 */
import { clock, type Said } from '../said';
import { say } from './sentences';

export const WINDOWS = ['day', 'week', 'month', 'total'] as const;
export type WindowKind = (typeof WINDOWS)[number];

export interface BudgetWindow {
  /** First local day, `YYYY-MM-DD`; empty for `total`. Names the window: two moments share it when they share this. */
  from: string;
  /** Milliseconds since the epoch when it began; absent for `total`. */
  begins?: number;
  /** Milliseconds since the epoch when the next one begins; absent for `total`. */
  ends?: number;
}

function twoDigits(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function dayText(date: Date): string {
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}

/** The local day of a moment, `YYYY-MM-DD`. */
export function localDay(ms: number): string {
  return dayText(new Date(ms));
}

/** The window of that kind that holds the moment `ms`. */
export function windowAt(kind: WindowKind, ms: number): BudgetWindow {
  if (kind === 'total') return { from: '' };
  const now = new Date(ms);
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  if (kind === 'day') return between(new Date(year, month, day), new Date(year, month, day + 1));
  if (kind === 'month') return between(new Date(year, month, 1), new Date(year, month + 1, 1));
  const monday = day - ((now.getDay() + 6) % 7);
  return between(new Date(year, month, monday), new Date(year, month, monday + 7));
}

function between(first: Date, next: Date): BudgetWindow {
  return { from: dayText(first), begins: first.getTime(), ends: next.getTime() };
}

/** A moment for a person, local: `today at 14:05`, `tomorrow at 00:00`, `on 2026-12-01 at 00:00`. */
export function whenSaid(ms: number, now: number): Said {
  const time = clock(ms);
  const day = localDay(ms);
  if (day === localDay(now)) return say.today(time);
  const next = new Date(now);
  next.setDate(next.getDate() + 1);
  return day === dayText(next) ? say.tomorrow(time) : say.onDay(day, time);
}
