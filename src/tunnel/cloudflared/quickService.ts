/** Asking Cloudflare for a quick tunnel: the one request, its refusals, and the budget that keeps us polite. */

import type { Network, NetworkAnswer } from '../../network/httpsClient';
import { errorWords, type Said } from '../../said';
import { TunnelProblem } from '../driver';
import { say } from '../sentences';
import type { QuickCredentials, StateFile } from '../stateFile';
import type { Clock } from '../world';

const SERVICE = 'https://api.trycloudflare.com/tunnel';
const MINUTE = 60_000;
/** Waits after the first, second, … refusal by the rate limit. */
const RATE_WAITS = [2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE];
const BUDGET = { requests: 3, within: 10 * MINUTE };
const RETRY_WAIT = 10_000;
const OFFLINE_WAIT = 10_000;

export interface QuickServiceOptions {
  network: Network;
  state: StateFile;
  clock: Clock;
  /** Version of the binary that will use the answer. */
  version: string;
  /** A person asked for a new URL: the budget does not apply. */
  asked: boolean;
  signal: AbortSignal;
}

/** New credentials, saved already. Throws a TunnelProblem that says when to try again. */
export async function requestQuickTunnel({
  network,
  state,
  clock,
  version,
  asked,
  signal,
}: QuickServiceOptions): Promise<QuickCredentials> {
  const now = clock.now();
  const { recent, limitedUntil } = bounded(state, now);
  if (!asked && limitedUntil > now)
    throw new TunnelProblem('rateLimited', say.rateLimited(limitedUntil), { retryAt: limitedUntil });
  if (!asked && recent.length >= BUDGET.requests) {
    const until = recent[0]! + BUDGET.within;
    throw new TunnelProblem('error', say.requestFailed(say.severalTries, until), { retryAt: until });
  }

  let answer: NetworkAnswer;
  try {
    answer = await network.request({
      url: SERVICE,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': `cloudflared/${version}`,
      },
      timeoutMs: 15_000,
      signal,
    });
  } catch (error) {
    const proxy = network.proxyFor(new URL(SERVICE).hostname);
    const why = errorWords(error);
    const said = proxy ? say.requestUnreachableThrough(why, proxy) : say.requestUnreachable(why);
    throw new TunnelProblem('error', said, { retryAt: clock.now() + OFFLINE_WAIT });
  }

  if (answer.status === 429 || /error code: 1015/.test(answer.body)) {
    const refusals = (state.value.rateLimit?.refusals ?? 0) + 1;
    const until = clock.now() + RATE_WAITS[Math.min(refusals, RATE_WAITS.length) - 1]!;
    state.update({ rateLimit: { refusals, until } });
    throw new TunnelProblem('rateLimited', say.rateLimited(until), { retryAt: until });
  }
  const requests = [...recent, clock.now()];
  const credentials = parseAnswer(answer, clock.now());
  if (!('secret' in credentials)) {
    state.update({ requests });
    const until = requests.length < BUDGET.requests ? clock.now() + RETRY_WAIT : requests[0]! + BUDGET.within;
    throw new TunnelProblem('error', say.requestFailed(credentials, until), { retryAt: until });
  }
  state.update({ credentials, requests, rateLimit: undefined });
  return credentials;
}

/** Times that were stored while the clock was ahead count as now, once: they hold nothing up for longer than they could have. */
function bounded(state: StateFile, now: number): { recent: number[]; limitedUntil: number } {
  const { requests = [], rateLimit } = state.value;
  const latest = now + RATE_WAITS.at(-1)!;
  if (requests.some((time) => time > now) || (rateLimit && rateLimit.until > latest))
    state.update({
      requests: requests.map((time) => Math.min(time, now)),
      rateLimit: rateLimit && { ...rateLimit, until: Math.min(rateLimit.until, latest) },
    });
  const recent = (state.value.requests ?? []).filter((time) => time > now - BUDGET.within);
  return { recent, limitedUntil: state.value.rateLimit?.until ?? 0 };
}

/** The credentials, or why there are none. The answer's own text is not repeated: it may be a page of HTML, or a secret. */
function parseAnswer(answer: NetworkAnswer, createdAt: number): QuickCredentials | Said {
  const code = /error code: (\d{3,4})/.exec(answer.body)?.[1];
  if (code) return say.serviceError(code);
  try {
    const { success, result, errors } = JSON.parse(answer.body) as {
      success?: boolean;
      result?: Partial<QuickCredentials>;
      errors?: { code?: number; message?: string }[];
    };
    const { id, account_tag, secret, hostname } = result ?? {};
    if (success && id && account_tag && secret && hostname && /^[a-z0-9-]+\.trycloudflare\.com$/.test(hostname))
      return { id, account_tag, secret, hostname, createdAt };
    const reason = errors?.[0];
    if (!reason?.message) return say.noCredentials;
    const code = String(reason.code ?? '').slice(0, 20);
    return say.serviceErrorSaid(code, reason.message.slice(0, 200 - say.serviceErrorSaid(code, '').text.length));
  } catch {
    return say.other(`HTTP ${answer.status}`);
  }
}
