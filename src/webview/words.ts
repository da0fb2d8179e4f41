/** Numbers and times as words for a person. Pure. */

/** `$4.71`; four decimals below ten cents. */
export const dollars = (amount: number): string => `$${amount.toFixed(amount !== 0 && amount < 0.1 ? 4 : 2)}`;

export const duration = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** `12,345` up to a million, then `1.2 M`. */
export const count = (value: number): string =>
  value < 1_000_000 ? value.toLocaleString('en-US') : `${(value / 1_000_000).toFixed(1)} M`;

export const many = (value: number, word: string): string => `${count(value)} ${word}${value === 1 ? '' : 's'}`;

/** 14:05 in local time. */
export function clock(ms: number): string {
  const time = new Date(ms);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}

/** `2026-11-05` → `5 Nov`. */
export function shortDay(day: string): string {
  const date = new Date(`${day}T00:00:00`);
  return Number.isNaN(date.getTime()) ? day : `${date.getDate()} ${date.toLocaleString('en-US', { month: 'short' })}`;
}
