/** The question a person asks of the record of requests, and one line of the answer. */

/** Local days as `YYYY-MM-DD`, both inclusive; an empty text leaves that side open. */
export interface UsageQuery {
  from: string;
  to: string;
  by: 'day' | 'model' | 'backend' | 'key' | 'conversation';
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
