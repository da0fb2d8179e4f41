/** Requests and tokens per minute of one client key, over a sliding window of 60 seconds. */
const MINUTE_MS = 60_000;

interface Entry {
  at: number;
  tokens: number;
  /** Older than a minute: no longer in the sum. */
  gone?: boolean;
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

/** A list in the order of time whose old end is passed over and now and then cut off: constant work a request. */
function createQueue<T>(): { items: T[]; first: number; passed(): void } {
  const queue = {
    items: [] as T[],
    first: 0,
    passed() {
      queue.first += 1;
      if (queue.first < 1_000 || queue.first * 2 < queue.items.length) return;
      queue.items = queue.items.slice(queue.first);
      queue.first = 0;
    },
  };
  return queue;
}

export function createMinuteUse(): MinuteUse {
  const arrivals = createQueue<number>();
  const entries = createQueue<Entry>();
  let sum = 0;

  /** Forgets what is older than a minute. */
  function forget(now: number): void {
    const since = now - MINUTE_MS;
    while (arrivals.first < arrivals.items.length && arrivals.items[arrivals.first]! <= since) arrivals.passed();
    for (let entry = entries.items[entries.first]; entry && entry.at <= since; entry = entries.items[entries.first]) {
      entry.gone = true;
      sum -= entry.tokens;
      entries.passed();
    }
  }
  function push(tokens: number, at: number): Entry {
    const entry: Entry = { at, tokens };
    entries.items.push(entry);
    sum += tokens;
    return entry;
  }
  const secondsUntilGone = (at: number | undefined, now: number): number =>
    at === undefined ? 1 : Math.max(1, Math.ceil((at + MINUTE_MS - now) / 1_000));

  return {
    requests(now) {
      forget(now);
      return arrivals.items.length - arrivals.first;
    },
    tokens(now) {
      forget(now);
      return sum;
    },
    requestRoomIn: (limit, now) => secondsUntilGone(arrivals.items[arrivals.items.length - limit], now),
    tokenRoomIn(wanted, limit, now) {
      forget(now);
      let excess = sum + wanted - limit;
      for (let i = entries.first; i < entries.items.length; i++) {
        excess -= entries.items[i]!.tokens;
        if (excess <= 0) return secondsUntilGone(entries.items[i]!.at, now);
      }
      return 1;
    },
    add(count, now) {
      forget(now);
      arrivals.items.push(now);
      return push(count, now);
    },
    settle(entry, count, now) {
      forget(now);
      if (count > entry.tokens) push(count - entry.tokens, now);
      else {
        if (!entry.gone) sum -= entry.tokens - count;
        entry.tokens = count;
      }
    },
  };
}
