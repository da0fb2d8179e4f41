/** The question a person asks of the record of requests, and one line of the answer. */

export const GROUPS = ['day', 'model', 'backend', 'key', 'conversation'] as const;

/** Local days as `YYYY-MM-DD`, both inclusive; an empty text leaves that side open. */
export interface UsageQuery {
  from: string;
  to: string;
  by: (typeof GROUPS)[number];
  /** Speeds too, which only the records have: of all in that time, or of the newest 500. */
  speed?: 'all' | 'recent';
}

export interface UsageRow {
  group: string;
  requests: number;
  input: number;
  output: number;
  cost: number;
  /** Requests without a known price. */
  unpriced: number;
  /** Requests that failed or were cancelled, requests whose tokens we counted ourselves, and the parts of input and output. */
  failed?: number;
  estimated?: number;
  cacheRead?: number;
  cacheWrite?: number;
  reasoning?: number;
  /** Milliseconds of all requests together. */
  ms?: number;
  /** Medians of streamed answers: milliseconds to the first content, output tokens a second. */
  firstMs?: number;
  tokensPerSecond?: number;
  /** US dollars that caching saved, what writing the cache cost taken off. */
  saved?: number;
}

/** Rows as one; medians have no sum. */
export function totalOf(rows: readonly UsageRow[], group: string): UsageRow {
  const sum = (value: (row: UsageRow) => number | undefined): number =>
    rows.reduce((total, row) => total + (value(row) ?? 0), 0);
  return {
    group,
    requests: sum((row) => row.requests),
    input: sum((row) => row.input),
    output: sum((row) => row.output),
    cost: sum((row) => row.cost),
    unpriced: sum((row) => row.unpriced),
    failed: sum((row) => row.failed),
    estimated: sum((row) => row.estimated),
    cacheRead: sum((row) => row.cacheRead),
    saved: sum((row) => row.saved),
  };
}
