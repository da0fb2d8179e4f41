/**
 * Whether a client key may make a request now: switched on, not expired, model allowed, rate and number of running requests,
 * tokens a minute, budget; all on the resolved target (N29). One admission per request, one settlement at its end.
 */
import type { Target } from '../routing/backend';
import type { Said } from '../said';
import type { ClientKeySettings } from '../settings/schema';
import type { ApiFailure, Usage } from '../wires/conversation';
import { type BudgetWarning, createSpending, type WindowState } from './budgets';
import { createMinuteUse, type MinuteEntry, type MinuteUse } from './limits';
import { costOf, type ModelPrice, modelFacts, targetPrice } from './prices';
import { OWN_CHECKS, type RequestRecord } from './record';
import { say } from './sentences';

export interface AdmissionRequest {
  clientKey: string;
  target: Target;
  /** Estimate of the input; asked only when the key has a limit that needs it. */
  inputTokens: () => number;
  /** The request's own output limit: the largest of those it writes. */
  maxOutputTokens?: number;
  /** How many answers it asks for; each is held. */
  answers?: number;
  within?: boolean; // a running request of the same key, whose place is its own
}

export interface Reservation {
  /** Once, when the request is over (further calls do nothing). No usage: nothing was used, everything is given back. */
  settle(used: { usage?: Usage; cost?: number }): void;
  /** What is held for the request on its present target: input, and the output it may write. */
  reserved(): Usage;
  /** A fallback goes to another target: checks models and budget anew and holds that target's price instead. The old hold stays when refused. */
  move(target: Target): { ok: true } | Refused;
}

type Refused = { ok: false; failure: ApiFailure };
export type Admitted = { ok: true; reservation: Reservation } | Refused;

export interface KeyState {
  name: string;
  /** Why it cannot be used at all. */
  refused?: string;
  /** The same as code and values. */
  refusedSays?: Said;
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
  /** Takes a place under the key's limit of running requests, before the body is read; `leave` gives it back. */
  enter(clientKey: string): { leave(): void } | { failure: ApiFailure };
  /** A request that no model sees (counting tokens): it counts towards the requests a minute. */
  count(clientKey: string): ApiFailure | undefined;
  /** The key is limited to models or money: what would steer the provider past that is taken out of its requests. */
  limited(clientKey: string): boolean;
  /** It has a limit for which it must be known what a request is: models, money or tokens. */
  measured(clientKey: string): boolean;
  /** May the key use this model at all? */
  allows(clientKey: string, target: Target): boolean;
  admit(request: AdmissionRequest): Admitted;
  /** A record of another process (hand-over): counts towards minute and budget. */
  observe(record: RequestRecord): void;
  /** The main key and every configured one, for views. */
  state(): KeyState[];
}

export interface AdmissionWorld {
  /** Milliseconds since the epoch. */
  now(): number;
  /** For distances in time: never goes back. */
  steady(): number;
  /** See Ledger.spentSince. */
  spentSince(key: string, from: string): number;
  /** The newest records, for limits by minute after a restart (see Ledger.recent). */
  recent(): readonly RequestRecord[];
  onWarn(warning: BudgetWarning): void;
  /** A key with a budget uses a model that no price is known of: a sentence, once for each. */
  onUnpriced?(sentence: string, says: Said): void;
}

/** The key that is always there. It has limits only when clientKeys names it. */
export const MAIN_KEY = 'main';

/**
 * Output held for a request that sets no limit itself. Holding the most that a model could write (128,000 tokens and more) would let
 * one request block a small budget; what is used beyond this is charged when the request ends.
 */
export const ASSUMED_OUTPUT = 16_384;

/** So many models without a price are told of; more would only fill the log. */
const MOST_UNPRICED = 200;

interface Key {
  settings?: ClientKeySettings;
  models?: ((name: string) => boolean)[];
  running: number;
  /** Requests from their head to their last byte, those whose body is still being read included. */
  inside: number;
  minute: MinuteUse;
}

/** Every piece between stars is looked for once, from where the last one ended: no name makes it try again (a pattern of `.*` would). */
export function globMatcher(glob: string): (name: string) => boolean {
  const [first = '', ...rest] = glob.toLowerCase().split('*');
  const last = rest.pop();
  return (given) => {
    const name = given.toLowerCase();
    if (last === undefined) return name === first;
    if (!name.startsWith(first)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = name.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  };
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
  says: Said,
  retryAfterSeconds?: number,
): Refused {
  return { ok: false, failure: { status, kind, code, message: says.text, says, retryAfterSeconds, own: true } };
}

function reservedUsage(target: Target, input: number, { maxOutputTokens, answers = 1 }: AdmissionRequest): Usage {
  const most =
    target.abilities.maxOutputTokens ??
    modelFacts(target.backend, target.upstreamModel).maxOutput ??
    Number.POSITIVE_INFINITY;
  return { input, output: Math.min(maxOutputTokens ?? ASSUMED_OUTPUT, most) * answers };
}

function mayUse({ models }: Key, target: Target): boolean {
  return !models || namesOf(target).some((name) => models.some((matches) => matches(name)));
}

function tooMany(name: string, most: number): Refused {
  return refuse(429, 'rateLimit', 'rate_limit_exceeded', say.atTheSameTime(name, most), 1);
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
      // A record from the future (the clock was wrong) is as old as can be told: not at all.
      const age = Math.max(0, now - Date.parse(record.time));
      if (record.clientKey === name && wasSent(record) && age < 60_000)
        minute.add(tokensOf(record), world.steady() - age);
    }
    return minute;
  }

  function configure(settings: readonly ClientKeySettings[]): void {
    for (const key of keys.values()) key.settings = key.models = undefined;
    // Our own probes have no settings and no limits, but a place like everybody.
    const wanted = new Set([MAIN_KEY, OWN_CHECKS, ...settings.map((entry) => entry.name)]);
    for (const name of wanted) if (!keys.has(name)) keys.set(name, { running: 0, inside: 0, minute: lastMinute(name) });
    for (const entry of settings) {
      const key = keys.get(entry.name)!;
      key.settings = entry;
      key.models = entry.models?.map(globMatcher);
    }
    // A key that is gone is refused from now on; its running requests still settle through the closure that holds them.
    for (const name of keys.keys()) if (!wanted.has(name)) keys.delete(name);
  }

  function checkKey(name: string): ApiFailure | undefined {
    const key = keys.get(name);
    const refused = (code: string, says: Said) => refuse(401, 'auth', code, says).failure;
    if (!key) return refused('key_unknown', say.keyUnknown(name));
    if (key.settings?.enabled === false) return refused('key_disabled', say.keyOff(name));
    const expires = key.settings?.expires;
    if (expires && world.now() >= expiryOf(expires)) return refused('key_expired', say.keyExpired(name, expires));
    return undefined;
  }

  function checkModel(name: string, key: Key, target: Target): Refused | undefined {
    if (mayUse(key, target)) return undefined;
    const allowed = key.settings?.models ?? [];
    const { clientModel } = target;
    const says =
      allowed.length > 0 ? say.modelNotAllowed(name, clientModel, allowed) : say.noModelAllowed(name, clientModel);
    return refuse(403, 'permission', 'model_not_allowed', says);
  }

  function enter(name: string): { leave(): void } | { failure: ApiFailure } {
    const key = keys.get(name);
    if (!key) return { failure: checkKey(name)! };
    const most = key.settings?.maxStreams;
    if (most !== undefined && key.inside >= most) return tooMany(name, most);
    key.inside += 1;
    return { leave: () => void (key.inside -= 1) };
  }

  function count(name: string): ApiFailure | undefined {
    const key = keys.get(name);
    const refused = key ? checkRates(name, key, () => 0)?.failure : checkKey(name);
    if (key && !refused) key.minute.add(0, world.steady());
    return refused;
  }

  function checkRates(name: string, key: Key, tokens: () => number, places = 1): Refused | undefined {
    const { maxStreams, requestsPerMinute, tokensPerMinute } = key.settings ?? {};
    const now = world.steady();
    const limited = (limit: typeof say.requestsAMinute, most: number, wait: number): Refused =>
      refuse(429, 'rateLimit', 'rate_limit_exceeded', limit(name, most, wait), wait);
    if (maxStreams !== undefined && key.running + places > maxStreams) return tooMany(name, maxStreams);
    if (requestsPerMinute !== undefined && key.minute.requests(now) >= requestsPerMinute) {
      const wait = key.minute.requestRoomIn(requestsPerMinute, now);
      return limited(say.requestsAMinute, requestsPerMinute, wait);
    }
    if (tokensPerMinute === undefined) return undefined;
    const wanted = tokens();
    if (wanted > tokensPerMinute) {
      return refuse(429, 'rateLimit', 'request_too_large', say.requestTooLarge(name, tokensPerMinute, wanted));
    }
    if (key.minute.tokens(now) + wanted <= tokensPerMinute) return undefined;
    return limited(say.tokensAMinute, tokensPerMinute, key.minute.tokenRoomIn(wanted, tokensPerMinute, now));
  }

  const unpriced = new Set<string>();
  function tellUnpriced(name: string, target: Target): void {
    const model = `${target.backend.name}/${target.upstreamModel}`;
    const once = `${name}\n${model}`;
    if (unpriced.has(once) || unpriced.size >= MOST_UNPRICED) return;
    unpriced.add(once);
    const says = say.unpriced(model, name);
    world.onUnpriced?.(says.text, says);
  }

  function hold(
    request: AdmissionRequest,
    key: Key,
    target: Target,
    input: () => number,
  ): ReturnType<typeof spending.hold> {
    const budget = key.settings?.budget;
    const price: ModelPrice | undefined = budget && targetPrice(target);
    if (budget && !price) tellUnpriced(request.clientKey, target);
    const cost = price && costOf(reservedUsage(target, input(), request), price);
    return spending.hold(request.clientKey, cost, budget);
  }

  /** The failure for a budget: 402, which clients do not repeat by themselves (a 429 they do), with LiteLLM's code. */
  const overBudget = (says: Said): Refused => refuse(402, 'quota', 'budget_exceeded', says);

  function admit(request: AdmissionRequest): Admitted {
    const name = request.clientKey;
    const unusable = checkKey(name);
    if (unusable) return { ok: false, failure: unusable };
    const key = keys.get(name)!;
    let estimate: number | undefined;
    const input = (): number => (estimate ??= Math.max(0, Math.ceil(request.inputTokens())));
    const places = request.within ? 0 : 1;
    const refused = checkModel(name, key, request.target) ?? checkRates(name, key, input, places);
    if (refused) return refused;
    const held = hold(request, key, request.target, input);
    if ('refusal' in held) return overBudget(held.refusal);
    key.running += places;
    const entry = key.minute.add(estimate ?? 0, world.steady());
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
    let { target: held } = request;
    return {
      reserved: () => reservedUsage(held, input(), request),
      settle({ usage, cost }) {
        if (settled) return;
        settled = true;
        key.running -= request.within ? 0 : 1;
        key.minute.settle(entry, usage ? usage.input + usage.output : 0, world.steady());
        spending.release(current, cost ?? 0, key.settings?.budget);
      },
      move(target) {
        const refused = checkModel(request.clientKey, key, target);
        if (refused) return refused;
        const old = current;
        spending.release(old, 0, undefined);
        const next = hold(request, key, target, input);
        if ('hold' in next) {
          current = next.hold;
          held = target;
          return { ok: true };
        }
        const again = spending.hold(request.clientKey, old.cost, undefined);
        if ('hold' in again) current = again.hold;
        return overBudget(next.refusal);
      },
    };
  }

  function limited(name: string): boolean {
    const key = keys.get(name);
    return !key || key.models !== undefined || key.settings?.budget !== undefined;
  }

  configure(configured);

  return {
    configure,
    check: checkKey,
    enter,
    count,
    limited,
    measured: (name) => limited(name) || keys.get(name)?.settings?.tokensPerMinute !== undefined,
    allows(name, target) {
      const key = keys.get(name);
      return key !== undefined && mayUse(key, target);
    },
    admit,
    observe(record) {
      const key = keys.get(record.clientKey);
      if (!key || !wasSent(record)) return;
      key.minute.add(tokensOf(record), world.steady());
      spending.charge(record.clientKey, record.cost ?? 0, Date.parse(record.time), key.settings?.budget);
    },
    state: () =>
      [...keys]
        .filter(([name]) => name !== OWN_CHECKS)
        .map(([name, key]) => {
          const { message: refused, says } = checkKey(name) ?? {};
          return {
            name,
            refused,
            ...(says && { refusedSays: says }),
            running: key.running,
            requestsLastMinute: key.minute.requests(world.steady()),
            tokensLastMinute: key.minute.tokens(world.steady()),
            windows: spending.state(name, key.settings?.budget),
          };
        }),
  };
}
