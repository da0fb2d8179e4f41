/** Requests and tokens per minute of one client key, over a sliding window of 60 seconds. */
const MINUTE_MS = 60_000;
/**
 * What came in the same tenth of a second leaves together, at its end: a key is 600 numbers at most however busy it is,
 * where a list of its requests grew by 100,000 objects at full load. A request counts for 60.0 to 60.1 seconds.
 */
const SLICE_MS = 100;

interface Slice {
  /** From then on it is older than a minute. */
  until: number;
  requests: number;
  tokens: number;
}

/** What one request counts now: correct it with `settle`. */
export interface MinuteEntry {
  tokens: number;
  readonly slice: Slice;
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
  add(tokens: number, now: number): MinuteEntry;
  /** The request used `tokens`: what was too much is given back, what came on top counts from now on. */
  settle(entry: MinuteEntry, tokens: number, now: number): void;
}

export function createMinuteUse(): MinuteUse {
  /** The oldest first. */
  const slices: Slice[] = [];
  const sum = { requests: 0, tokens: 0 };

  /** Forgets what is older than a minute. */
  function forget(now: number): void {
    while (slices.length > 0 && slices[0]!.until <= now) {
      const old = slices.shift()!;
      sum.requests -= old.requests;
      sum.tokens -= old.tokens;
    }
  }
  function count(requests: number, tokens: number, now: number): Slice {
    const until = Math.ceil(now / SLICE_MS) * SLICE_MS + MINUTE_MS;
    let slice = slices.at(-1);
    if (slice === undefined || slice.until < until) {
      slice = { until, requests: 0, tokens: 0 };
      slices.push(slice);
    }
    slice.requests += requests;
    slice.tokens += tokens;
    sum.requests += requests;
    sum.tokens += tokens;
    return slice;
  }
  /** Seconds, at least 1, until the slices that have left held `excess` of what is counted. */
  function secondsUntil(excess: number, what: 'requests' | 'tokens', now: number): number {
    let left = excess;
    for (const slice of slices) {
      left -= slice[what];
      if (left <= 0) return Math.max(1, Math.ceil((slice.until - now) / 1_000));
    }
    return 1;
  }

  return {
    requests(now) {
      forget(now);
      return sum.requests;
    },
    tokens(now) {
      forget(now);
      return sum.tokens;
    },
    requestRoomIn(limit, now) {
      forget(now);
      return secondsUntil(sum.requests + 1 - limit, 'requests', now);
    },
    tokenRoomIn(wanted, limit, now) {
      forget(now);
      return secondsUntil(sum.tokens + wanted - limit, 'tokens', now);
    },
    add(tokens, now) {
      forget(now);
      return { tokens, slice: count(1, tokens, now) };
    },
    settle(entry, tokens, now) {
      forget(now);
      const more = tokens - entry.tokens;
      if (more > 0) {
        count(0, more, now);
        return;
      }
      // A slice that has left the sum is not given back a second time.
      if (entry.slice.until > now) sum.tokens += more;
      entry.slice.tokens += more;
      entry.tokens = tokens;
    },
  };
}
