/**
 * Whether a client key may make a request now: switched on, not expired, model allowed, rate and number of running requests,
 * tokens a minute, budget; all on the resolved target (N29). One admission per request, one settlement at its end.
 */
import type { Target } from '../routing/backend';
import type { ClientKeySettings } from '../settings/schema';
import type { ApiFailure, Usage } from '../wires/conversation';
import { type BudgetWarning, createSpending, type WindowState } from './budgets';
import { createMinuteUse, type MinuteEntry, type MinuteUse } from './limits';
import { costOf, type ModelPrice, modelFacts, targetPrice } from './prices';
import type { RequestRecord } from './record';

export interface AdmissionRequest {
  clientKey: string;
  target: Target;
  /** Estimate of the input; asked only when the key has a limit that needs it. */
  inputTokens: () => number;
  /** The request's own output limit. */
  maxOutputTokens?: number;
}

export interface Reservation {
  /** Once, when the request is over (further calls do nothing). No usage: nothing was used, everything is given back. */
  settle(used: { usage?: Usage; cost?: number }): void;
  /** A fallback goes to another target: checks models and budget anew and holds that target's price instead. The old hold stays when refused. */
  move(target: Target): { ok: true } | { ok: false; failure: ApiFailure };
}

export type Admitted = { ok: true; reservation: Reservation } | { ok: false; failure: ApiFailure };

export interface KeyState {
  name: string;
  /** Why it cannot be used at all. */
  refused?: string;
  running: number;
  requestsLastMinute: number;
  tokensLastMinute: number;
  windows: WindowState[];
}

export interface Admission {
  /** Keys and limits in force from the next request on; sums and running requests are kept. */
  configure(keys: readonly ClientKeySettings[]): void;
  /** Switched off or expired: 401 with its own sentence. Needs no body. */
  check(clientKey: string): ApiFailure | undefined;
  admit(request: AdmissionRequest): Admitted;
  /** A record of another process (hand-over): counts towards minute and budget. */
  observe(record: RequestRecord): void;
  /** The main key and every configured one, for views. */
  state(): KeyState[];
}

export interface AdmissionWorld {
  /** Milliseconds since the epoch. */
  now(): number;
  /** See Ledger.spentSince. */
  spentSince(key: string, from: string): number;
  /** The newest records, for limits by minute after a restart (see Ledger.recent). */
  recent(): readonly RequestRecord[];
  onWarn(warning: BudgetWarning): void;
}

/** The key that is always there. It has limits only when clientKeys names it. */
export const MAIN_KEY = 'main';

/**
 * Output held for a request that sets no limit itself. Holding the most that a model could write (128,000 tokens and more) would let
 * one request block a small budget; what is used beyond this is charged when the request ends.
 */
export const ASSUMED_OUTPUT = 16_384;

interface Key {
  settings?: ClientKeySettings;
  models?: RegExp[];
  running: number;
  minute: MinuteUse;
}

function globPattern(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split('*')
      .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    'i',
  );
}

/** Names a glob may match: the configured name, and the upstream's name under its backend's prefix. */
function namesOf(target: Target): string[] {
  return [target.clientModel, `${target.backend.prefix}${target.upstreamModel}`];
}

/** Milliseconds since the epoch at which a key stops: the end of its last local day. */
function expiryOf(day: string): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(year, month - 1, date + 1).getTime();
}

function refuse(
  status: number,
  kind: ApiFailure['kind'],
  code: string,
  message: string,
  retryAfterSeconds?: number,
): { ok: false; failure: ApiFailure } {
  return { ok: false, failure: { status, kind, code, message, retryAfterSeconds, own: true } };
}

function reservedUsage(target: Target, input: number, maxOutput: number | undefined): Usage {
  const most =
    target.abilities.maxOutputTokens ??
    modelFacts(target.backend, target.upstreamModel).maxOutput ??
    Number.POSITIVE_INFINITY;
  return { input, output: Math.min(maxOutput ?? ASSUMED_OUTPUT, most) };
}

function tokensOf({ usage }: RequestRecord): number {
  return usage ? usage.input + usage.output : 0;
}

/** Refused requests are records too; they count towards no limit. */
function wasSent(record: RequestRecord): boolean {
  return record.attempts.length > 0;
}

export function createAdmission(world: AdmissionWorld, configured: readonly ClientKeySettings[] = []): Admission {
  const spending = createSpending(world);
  const keys = new Map<string, Key>();

  /** What a key did in the last minute before we knew it: limits hold over a restart. */
  function lastMinute(name: string): MinuteUse {
    const minute = createMinuteUse();
    const now = world.now();
    for (const record of [...world.recent()].reverse()) {
      const at = Date.parse(record.time);
      if (record.clientKey === name && wasSent(record) && at > now - 60_000)
        minute.add(tokensOf(record), Math.min(at, now));
    }
    return minute;
  }

  function configure(settings: readonly ClientKeySettings[]): void {
    for (const key of keys.values()) key.settings = key.models = undefined;
    const wanted = new Set([MAIN_KEY, ...settings.map((entry) => entry.name)]);
    for (const name of wanted) if (!keys.has(name)) keys.set(name, { running: 0, minute: lastMinute(name) });
    for (const entry of settings) {
      const key = keys.get(entry.name)!;
      key.settings = entry;
      key.models = entry.models?.map(globPattern);
    }
    // A key that is gone is refused from now on; its running requests still settle through the closure that holds them.
    for (const name of keys.keys()) if (!wanted.has(name)) keys.delete(name);
  }

  function checkKey(name: string): ApiFailure | undefined {
    const key = keys.get(name);
    const refused = (code: string, message: string): ApiFailure => ({
      status: 401,
      kind: 'auth',
      code,
      message,
      own: true,
    });
    if (!key)
      return refused('key_unknown', `The key "${name}" no longer exists. Use another client key of this router.`);
    if (key.settings?.enabled === false)
      return refused(
        'key_disabled',
        `The key "${name}" is switched off. Switch it on in the router's settings, or use another key.`,
      );
    const expires = key.settings?.expires;
    if (expires && world.now() >= expiryOf(expires))
      return refused(
        'key_expired',
        `The key "${name}" expired after ${expires}. Give it a later day in the router's settings, or use another key.`,
      );
    return undefined;
  }

  function checkModel(name: string, key: Key, target: Target): { ok: false; failure: ApiFailure } | undefined {
    if (!key.models || namesOf(target).some((model) => key.models!.some((pattern) => pattern.test(model))))
      return undefined;
    const allowed = key.settings?.models?.join(', ') || 'none';
    return refuse(
      403,
      'permission',
      'model_not_allowed',
      `The key "${name}" may not use the model ${target.clientModel}. Allowed: ${allowed}.`,
    );
  }

  function checkRates(name: string, key: Key, tokens: () => number): { ok: false; failure: ApiFailure } | undefined {
    const { maxStreams, requestsPerMinute, tokensPerMinute } = key.settings ?? {};
    const now = world.now();
    const limited = (limit: string, wait: number): { ok: false; failure: ApiFailure } =>
      refuse(
        429,
        'rateLimit',
        'rate_limit_exceeded',
        `The key "${name}" is limited to ${limit}. Try again in ${wait} s.`,
        wait,
      );
    if (maxStreams !== undefined && key.running >= maxStreams)
      return limited(`${maxStreams} requests at the same time`, 1);
    if (requestsPerMinute !== undefined && key.minute.requests(now) >= requestsPerMinute) {
      return limited(`${requestsPerMinute} requests a minute`, key.minute.requestRoomIn(requestsPerMinute, now));
    }
    if (tokensPerMinute === undefined) return undefined;
    const wanted = tokens();
    if (wanted > tokensPerMinute) {
      return refuse(
        429,
        'rateLimit',
        'request_too_large',
        `The key "${name}" is limited to ${tokensPerMinute} tokens a minute, and this request alone needs about ${wanted}. Send less, or raise the limit of this key.`,
      );
    }
    if (key.minute.tokens(now) + wanted <= tokensPerMinute) return undefined;
    return limited(`${tokensPerMinute} tokens a minute`, key.minute.tokenRoomIn(wanted, tokensPerMinute, now));
  }

  function hold(
    request: AdmissionRequest,
    key: Key,
    target: Target,
    input: () => number,
  ): ReturnType<typeof spending.hold> {
    const budget = key.settings?.budget;
    const price: ModelPrice | undefined = budget && targetPrice(target);
    const cost = price && costOf(reservedUsage(target, input(), request.maxOutputTokens), price);
    return spending.hold(request.clientKey, budget ? cost : 0, budget);
  }

  /** The failure for a budget: 402, which clients do not repeat by themselves (a 429 they do), with LiteLLM's code. */
  const overBudget = (message: string): { ok: false; failure: ApiFailure } =>
    refuse(402, 'quota', 'budget_exceeded', message);

  function admit(request: AdmissionRequest): Admitted {
    const name = request.clientKey;
    const unusable = checkKey(name);
    if (unusable) return { ok: false, failure: unusable };
    const key = keys.get(name)!;
    let estimate: number | undefined;
    const input = (): number => (estimate ??= Math.max(0, Math.ceil(request.inputTokens())));
    const refused = checkModel(name, key, request.target) ?? checkRates(name, key, input);
    if (refused) return refused;
    const held = hold(request, key, request.target, input);
    if ('refusal' in held) return overBudget(held.refusal);
    key.running += 1;
    const entry = key.minute.add(estimate ?? 0, world.now());
    return { ok: true, reservation: reservation(request, key, entry, held.hold, input) };
  }

  function reservation(
    request: AdmissionRequest,
    key: Key,
    entry: MinuteEntry,
    first: Parameters<typeof spending.release>[0],
    input: () => number,
  ): Reservation {
    let current = first;
    let settled = false;
    return {
      settle({ usage, cost }) {
        if (settled) return;
        settled = true;
        key.running -= 1;
        key.minute.settle(entry, usage ? usage.input + usage.output : 0, world.now());
        spending.release(current, cost ?? 0, key.settings?.budget);
      },
      move(target) {
        const refused = checkModel(request.clientKey, key, target);
        if (refused) return refused;
        const old = current;
        spending.release(old, 0, undefined);
        const held = hold(request, key, target, input);
        if ('hold' in held) {
          current = held.hold;
          return { ok: true };
        }
        const again = spending.hold(request.clientKey, old.cost, undefined);
        if ('hold' in again) current = again.hold;
        return overBudget(held.refusal);
      },
    };
  }

  configure(configured);

  return {
    configure,
    check: checkKey,
    admit,
    observe(record) {
      const key = keys.get(record.clientKey);
      if (!key || !wasSent(record)) return;
      key.minute.add(tokensOf(record), world.now());
      spending.charge(record.clientKey, record.cost ?? 0, Date.parse(record.time), key.settings?.budget);
    },
    state: () =>
      [...keys].map(([name, key]) => ({
        name,
        refused: checkKey(name)?.message,
        running: key.running,
        requestsLastMinute: key.minute.requests(world.now()),
        tokensLastMinute: key.minute.tokens(world.now()),
        windows: spending.state(name, key.settings?.budget),
      })),
  };
}
