/** Numbers, times and the page's words for a person, in the language of the editor. */

let dictionary: Readonly<Record<string, string>> = {};

/** What the editor's language calls the texts of the page; the extension writes it into the page. */
export function speak(words: Readonly<Record<string, string>>): void {
  dictionary = words;
}

/** As `t` of the extension (editor/words.ts): t`Copied ${url}.` is looked up as "Copied {0}." */
export function t(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  const english = parts.map((part, index) => (index === 0 ? part : `{${index - 1}}${part}`)).join('');
  return (dictionary[english] ?? english).replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)]));
}

/** `$4.71`; four decimals below ten cents. */
export const dollars = (amount: number): string => `$${amount.toFixed(amount !== 0 && amount < 0.1 ? 4 : 2)}`;

export const duration = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** `12,345` up to a million, then `1.2 M`. */
export const count = (value: number): string =>
  value < 1_000_000 ? value.toLocaleString('en-US') : `${(value / 1_000_000).toFixed(1)} M`;

/** Number and noun. */
export const many = (value: number, of: 'request' | 'token'): string =>
  of === 'request'
    ? value === 1
      ? t`${count(value)} request`
      : t`${count(value)} requests`
    : value === 1
      ? t`${count(value)} token`
      : t`${count(value)} tokens`;

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

/** Labels of an axis: what stands there already is not said again. */
export const eachOnce = (labels: readonly string[]): string[] =>
  labels.map((label, index) => (label === labels[index - 1] ? '' : label));

/** One of each state, in the order of their coming: what the colours of a strip mean. */
export const legendOf = <Step extends { words: string }>(steps: readonly Step[]): Step[] =>
  steps.filter((step, index) => steps.findIndex(({ words }) => words === step.words) === index);
