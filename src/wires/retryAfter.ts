/** When a provider says to come back: headers of every dialect, or its words. */

type Headers = Readonly<Record<string, string | undefined>>;

const DAY = 86_400;

/**
 * Seconds to wait before another try, as the answer's headers say (names in lower case); undefined when they say
 * nothing usable. `now` is milliseconds since 1970; the answer's own `date` is preferred to it, so that a wrong local
 * clock does no harm.
 */
export function retryAfterOfHeaders(headers: Headers, now: number): number | undefined {
  const ms = Number(headers['retry-after-ms'] || Number.NaN);
  if (Number.isFinite(ms)) return bounded(ms / 1000);
  const plain = headers['retry-after'];
  if (plain) {
    const seconds = Number(plain);
    return bounded(Number.isFinite(seconds) ? seconds : secondsUntil(plain, headers, now));
  }
  return bounded(resetOf(headers, now));
}

/** Seconds named in a message, as `Please try again in 6m0.5s` or a RetryInfo's `34s`. */
export function retryAfterOfText(text: string): number | undefined {
  const match =
    /(?:try again|retry)\D{0,20}?\b(?:in|after)\s+((?:[\d.]+\s*(?:ms|milliseconds?|h|m|s|hours?|minutes?|seconds?)\s*)+)/i.exec(
      text,
    );
  return match?.[1] ? bounded(duration(match[1])) : undefined;
}

/** `1.5s`, `20ms`, `6m0s`, `2 minutes` as seconds; undefined for anything else. */
export function duration(text: string): number | undefined {
  let seconds = 0;
  const left = text.replace(
    /([\d.]+)\s*(milliseconds?|ms|hours?|h|minutes?|m|seconds?|s)/gi,
    (_, amount: string, unit: string) => {
      const kind = unit.toLowerCase();
      const scale =
        kind.startsWith('mil') || kind === 'ms' ? 0.001 : kind.startsWith('h') ? 3600 : kind.startsWith('m') ? 60 : 1;
      seconds += Number(amount) * scale;
      return '';
    },
  );
  return text !== '' && left.trim() === '' ? seconds : undefined;
}

/**
 * Rate-limit windows (`x-ratelimit-reset…`, `anthropic-ratelimit-…-reset`). The window that is used up counts; when
 * none says so, the one that opens first.
 */
function resetOf(headers: Headers, now: number): number | undefined {
  const all: number[] = [];
  const usedUp: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!value || !/^(x-ratelimit-reset|anthropic-ratelimit-.*-reset$)/.test(name)) continue;
    const seconds = resetValue(value, headers, now);
    if (seconds === undefined || !Number.isFinite(seconds)) continue;
    all.push(seconds);
    const remaining = headers[name.replace(/reset/, 'remaining')];
    if (remaining !== undefined && Number(remaining) === 0) usedUp.push(seconds);
  }
  if (usedUp.length > 0) return Math.max(...usedUp);
  return all.length > 0 ? Math.min(...all) : undefined;
}

/** A duration, an epoch in seconds or milliseconds, small plain seconds, or a date. */
function resetValue(value: string, headers: Headers, now: number): number | undefined {
  const number = Number(value);
  if (Number.isFinite(number)) {
    if (number > 1e11) return (number - now) / 1000;
    return number > 1e9 ? number - now / 1000 : number;
  }
  return duration(value) ?? secondsUntil(value, headers, now);
}

function secondsUntil(date: string, headers: Headers, now: number): number {
  const sent = Date.parse(headers.date ?? '');
  return (Date.parse(date) - (Number.isNaN(sent) ? now : sent)) / 1000;
}

/** A day at most, and nothing that is no time to wait. */
export function bounded(seconds: number | undefined): number | undefined {
  if (seconds === undefined || !Number.isFinite(seconds)) return undefined;
  return Math.min(Math.max(seconds, 0), DAY);
}
