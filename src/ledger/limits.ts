/** Requests and tokens per minute of one client key, over a sliding window of 60 seconds. */
const MINUTE_MS = 60_000;

interface Entry {
  at: number;
  tokens: number;
}

export interface MinuteUse {
  /** Requests admitted in the last minute. */
  requests(now: number): number;
  /** Tokens of the last minute: estimates of running requests, real numbers of finished ones. */
  tokens(now: number): number;
  /** Seconds, at least 1, until one more request fits under `limit`. */
  requestRoomIn(limit: number, now: number): number;
  /** Seconds, at least 1, until `tokens` more fit under `limit`; they must fit at all. */
  tokenRoomIn(tokens: number, limit: number, now: number): number;
  /** Counts a request; correct the returned entry with `settle`. */
  add(tokens: number, now: number): Entry;
  /** The request used `tokens`: what was too much is given back, what came on top counts from now on. */
  settle(entry: Entry, tokens: number, now: number): void;
}

export type { Entry as MinuteEntry };

export function createMinuteUse(): MinuteUse {
  let arrivals: number[] = [];
  let entries: Entry[] = [];

  /** Forgets what is older than a minute; both lists are in the order of time. */
  function prune(now: number): void {
    const since = now - MINUTE_MS;
    const firstArrival = arrivals.findIndex((at) => at > since);
    if (firstArrival !== 0) arrivals = firstArrival < 0 ? [] : arrivals.slice(firstArrival);
    const firstEntry = entries.findIndex((entry) => entry.at > since);
    if (firstEntry !== 0) entries = firstEntry < 0 ? [] : entries.slice(firstEntry);
  }
  function tokens(now: number): number {
    prune(now);
    let sum = 0;
    for (const entry of entries) sum += entry.tokens;
    return sum;
  }
  const secondsUntilGone = (at: number | undefined, now: number): number =>
    at === undefined ? 1 : Math.max(1, Math.ceil((at + MINUTE_MS - now) / 1_000));

  return {
    requests(now) {
      prune(now);
      return arrivals.length;
    },
    tokens,
    requestRoomIn(limit, now) {
      prune(now);
      return secondsUntilGone(arrivals[arrivals.length - limit], now);
    },
    tokenRoomIn(wanted, limit, now) {
      let excess = tokens(now) + wanted - limit;
      for (const entry of entries) if ((excess -= entry.tokens) <= 0) return secondsUntilGone(entry.at, now);
      return 1;
    },
    add(count, now) {
      const entry = { at: now, tokens: count };
      arrivals.push(now);
      entries.push(entry);
      return entry;
    },
    settle(entry, count, now) {
      if (count <= entry.tokens) entry.tokens = count;
      else entries.push({ at: now, tokens: count - entry.tokens });
    },
  };
}
