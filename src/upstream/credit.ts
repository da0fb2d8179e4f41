/** What is left of a person's credit at a provider that publishes it, asked with the person's own key (issue 24 §1). */
import type { Backend } from '../routing/backend';
import { presetOf } from '../routing/presets';
import type { JsonObject, JsonValue } from '../wires/conversation';
import { arrayOf, numberOf, objectOf, parseObject } from '../wires/read';
import { ask } from './ask';
import type { Credit } from './creditWords';
import { upstreamHeaders } from './headers';
import type { Send } from './send';

const ASK_MS = 5_000;
const MOST_BYTES = 256 * 1024;
/** Less than this in US dollars (or about as much), or than this share of a key's limit, is little. */
const LITTLE = 2;
const LITTLE_SHARE = 0.1;

interface Question {
  url: URL;
  read(body: JsonObject): Omit<Credit, 'at'> | undefined;
}

export interface AskCredit {
  backend: Backend;
  key: string | undefined;
  send: Send;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Who asks waits no longer. */
  signal?: AbortSignal;
}

/** Undefined where the provider publishes nothing, does not answer in time, or has no limit to tell of. Never rejects. */
export async function askCredit({ backend, key, send, now, signal }: AskCredit): Promise<Credit | undefined> {
  if (key === undefined) return undefined;
  for (const { url, read } of questions(backend)) {
    if (signal?.aborted) return undefined;
    const headers = { ...upstreamHeaders(backend, key), accept: 'application/json' };
    const request = { method: 'GET' as const, url, headers, local: backend.local };
    const answer = await ask({ send, request, ms: ASK_MS, mostBytes: MOST_BYTES, signal });
    const body = 'status' in answer && answer.status === 200 ? parseObject(answer.text) : undefined;
    const credit = body && read(body);
    if (credit) return { ...credit, at: now() };
  }
  return undefined;
}

export const tellsCredit = (backend: Backend): boolean => questions(backend).length > 0;

function questions(backend: Backend): Question[] {
  const root = (path: string): URL => new URL(`${backend.baseUrl.replace(/\/v1$/, '')}${path}`);
  switch (presetOf(backend.preset)?.credit) {
    case 'deepseek':
      return [{ url: root('/user/balance'), read: readDeepSeek }];
    case 'openrouter':
      return [
        { url: new URL(`${backend.baseUrl}/credits`), read: readOpenRouterCredits },
        // An ordinary key may not ask for the account; it may ask for itself.
        { url: new URL(`${backend.baseUrl}/key`), read: readOpenRouterKey },
      ];
    case 'litellm':
      return [{ url: root('/key/info'), read: readLiteLlm }];
    default:
      return [];
  }
}

/** api-docs.deepseek.com/api/get-user-balance (2026-11): amounts are texts, one entry a currency, US dollars first. */
function readDeepSeek(body: JsonObject): Omit<Credit, 'at'> | undefined {
  const infos = arrayOf(body.balance_infos).map(objectOf);
  const info = infos.find((one) => one?.currency === 'USD') ?? infos[0];
  const left = amount(info?.total_balance);
  if (left === undefined) return undefined;
  const currency = info?.currency === 'CNY' ? 'CNY' : 'USD';
  const little = currency === 'CNY' ? LITTLE * 7 : LITTLE;
  return { left, currency, low: body.is_available === false || left < little, of: 'account' };
}

/** openrouter.ai/docs/api/api-reference/credits/get-credits (2026-11): for management keys. */
function readOpenRouterCredits(body: JsonObject): Omit<Credit, 'at'> | undefined {
  const data = objectOf(body.data);
  const [bought, used] = [amount(data?.total_credits), amount(data?.total_usage)];
  if (bought === undefined || used === undefined) return undefined;
  return { left: bought - used, currency: 'USD', low: bought - used < LITTLE, of: 'account' };
}

/** openrouter.ai/docs/api/api-reference/api-keys/get-current-key (2026-11): `limit_remaining` is null without a limit. */
function readOpenRouterKey(body: JsonObject): Omit<Credit, 'at'> | undefined {
  const data = objectOf(body.data);
  return ofLimit(amount(data?.limit_remaining), amount(data?.limit));
}

/** docs.litellm.ai/docs/proxy/virtual_keys (2026-11): spend and `max_budget` of the key that asks; null without a budget. */
function readLiteLlm(body: JsonObject): Omit<Credit, 'at'> | undefined {
  const info = objectOf(body.info);
  const [spent, budget] = [amount(info?.spend), amount(info?.max_budget)];
  return ofLimit(budget === undefined ? undefined : budget - (spent ?? 0), budget);
}

function ofLimit(left: number | undefined, limit: number | undefined): Omit<Credit, 'at'> | undefined {
  if (left === undefined) return undefined;
  const low = left < (limit === undefined ? LITTLE : limit * LITTLE_SHARE);
  return { left, currency: 'USD', low, of: 'key' };
}

function amount(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : numberOf(value);
  return number !== undefined && Number.isFinite(number) && Math.abs(number) < 1e9 ? number : undefined;
}
