/** Each backend as far as it costs nothing: name, TLS, proxy, key, list of models. */
import { fitsHeader } from '../config/intake';
import { say as config } from '../config/sentences';
import type { Backend } from '../routing/backend';
import { upstreamUrl } from '../routing/build';
import { textOf, type Words } from '../said';
import { type Answer, ask } from '../upstream/ask';
import { askCredit } from '../upstream/credit';
import { creditSaid } from '../upstream/creditWords';
import { upstreamHeaders } from '../upstream/headers';
import { networkSaid } from '../upstream/networkErrors';
import { codecFor } from '../wires/codecs';
import { type Check, type Finding, failed, MANAGE_BACKENDS, ok, openSetting, setKey, warning } from './check';
import type { DoctorFacts } from './facts';
import { say } from './sentences';

const BACKEND_MS = 8_000;

/** What was found out on the way; the paid checks go on from there. */
export type ListedModels = Map<string, readonly string[]>;

export function backendCheck(backend: Backend, facts: DoctorFacts, listed: ListedModels): Check {
  return {
    id: `backend:${backend.name}`,
    title: say.backend(backend.name),
    limitMs: BACKEND_MS,
    look: (signal) => look(backend, facts, listed, signal),
  };
}

async function look(backend: Backend, facts: DoctorFacts, listed: ListedModels, signal: AbortSignal): Promise<Finding> {
  if (backend.preset === 'demo') return ok(say.builtIn);
  const key = facts.keyFor(backend);
  const { host, hostname } = new URL(backend.baseUrl);
  if (key === undefined && backend.requireApiKey)
    return failed(
      say.noKey(backend.name),
      backend.apiKeyEnv ? say.noKeyVariable(backend.apiKeyEnv) : say.noKeyFix,
      setKey(backend.name),
    );
  if (key !== undefined && !fitsHeader(key))
    return failed(config.impossibleKey(backend.name, backend.apiKeyEnv), say.storeAgain, setKey(backend.name));
  const get = (route: string) =>
    ask({
      send: facts.send,
      now: facts.now,
      ms: BACKEND_MS / 2 - 500,
      signal,
      request: {
        method: 'GET',
        url: new URL(upstreamUrl(backend, route)),
        headers: { ...upstreamHeaders(backend, key), accept: 'application/json' },
        local: backend.local,
      },
    });
  const begun = facts.now();
  const answer = await get('models');
  const proxy = backend.local ? undefined : facts.tunnel.network.proxyFor(hostname);
  if ('error' in answer) return unreachable(answer.error, backend, host, proxy);
  const refusal = refused(answer, backend);
  if (refusal) return refusal;
  // This provider lists its models to anybody, so the list says nothing about the key.
  if (backend.preset === 'openrouter' && key !== undefined) {
    const check = await get('key');
    const keyRefusal = 'error' in check ? undefined : refused(check, backend);
    if (keyRefusal) return keyRefusal;
  }
  const way = [
    ...(backend.baseUrl.startsWith('https:') ? [say.tlsVerified] : []),
    ...(proxy ? [say.viaProxy(proxy)] : []),
    `${Math.round(facts.now() - begun)} ms`,
  ];
  const models = modelsIn(answer.text);
  if (answer.status === 200 && models) {
    listed.set(backend.name, models);
    // A bonus: however slow its answer is, the key has been accepted, and the hop says so in time.
    const left = Math.max(0, Math.round(BACKEND_MS - 500 - (facts.now() - begun)));
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(left)]);
    const credit = await askCredit({ backend, key, send: facts.send, now: Date.now, signal: inTime });
    if (credit?.low) return warning(say.creditLow(host, creditSaid(credit)), say.creditLowFix, MANAGE_BACKENDS);
    const count = models.length === 1 ? say.oneModel : say.models(models.length);
    const lists = key === undefined ? say.lists(host, count, way) : say.listsWithKey(host, count, way);
    return ok(credit ? say.listsAndCredit(lists, creditSaid(credit)) : lists);
  }
  if (answer.status === 404 || answer.status === 405 || answer.status === 501) {
    const configured = backend.models.length > 0;
    const why = say.noList(host, answer.status, way);
    return configured ? ok(why) : warning(why, say.noListFix(backend.baseUrl), openSetting('backends'));
  }
  if (answer.status === 200)
    return failed(say.strangeList(host), say.strangeListFix(backend.baseUrl), openSetting('backends'));
  return failed(
    say.providerStatus(host, answer.status, saidBy(answer, backend)),
    say.providerStatusFix,
    MANAGE_BACKENDS,
  );
}

/** What the status says about key, account and rate; undefined where it says nothing of that kind. */
export function refused(answer: Answer, backend: Backend): Finding | undefined {
  const said = saidBy(answer, backend);
  const page = backend.apiKeyEnv ? say.keyFixVariable(backend.apiKeyEnv) : say.keyFix;
  switch (answer.status) {
    case 401:
      return failed(say.keyRefused(backend.name, said), page, setKey(backend.name));
    case 403:
      return /scope|permission/i.test(textOf(said))
        ? warning(say.keyMayNotList(backend.name, said), say.keyMayNotListFix, openSetting('backends'))
        : failed(say.accessRefused(backend.name, said), page, setKey(backend.name));
    case 402:
      return failed(say.wantsPayment(backend.name, said), say.wantsPaymentFix, MANAGE_BACKENDS);
    case 429:
      return warning(say.slowDown(backend.name, said), say.slowDownFix, MANAGE_BACKENDS);
    default:
      return undefined;
  }
}

/** The provider's own words, kept short. */
export function saidBy(answer: Answer, backend: Backend): Words {
  try {
    const { message } = codecFor(backend.wire).parseError(answer.status, answer.headers, answer.text);
    const text = message.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
    return text === '' || text.startsWith('<') ? '' : say.itSays(text);
  } catch {
    return '';
  }
}

export function unreachable(
  error: Error & { code?: string },
  backend: Backend,
  host: string,
  proxy: string | undefined,
): Finding {
  const words = networkSaid(error, host, false);
  const why = proxy ? say.throughProxy(words, proxy) : words;
  const code = error.code ?? (error.cause as { code?: string } | undefined)?.code ?? '';
  if (/CERT|SIGNATURE|ISSUER|SSL|EPROTO/.test(code)) return failed(why, say.certificateFix, openSetting('backends'));
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return failed(why, say.addressFix(backend.baseUrl), openSetting('backends'));
  if (code === 'ECONNREFUSED' && backend.local)
    return failed(why, say.startServer(backend.name), openSetting('backends'));
  return failed(why, proxy ? say.proxyFix : say.networkFix, openSetting('backends'));
}

/** OpenAI's and Anthropic's `{data:[{id}]}`, others' `{models:[{name}]}` or a bare list. */
function modelsIn(text: string): string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const body = value as { data?: unknown; models?: unknown } | null;
  const rows = [value, body?.data, body?.models].find(Array.isArray) as { id?: unknown; name?: unknown }[] | undefined;
  return rows?.map((row) => row?.id ?? row?.name).filter((id): id is string => typeof id === 'string');
}
