/** Each backend as far as it costs nothing: name, TLS, proxy, key, list of models. */
import { fitsHeader, impossibleKeyText } from '../config/intake';
import type { Backend } from '../routing/backend';
import { upstreamUrl } from '../routing/build';
import { type Answer, ask } from '../upstream/ask';
import { askCredit } from '../upstream/credit';
import { creditWords } from '../upstream/creditWords';
import { upstreamHeaders } from '../upstream/headers';
import { describeNetworkError } from '../upstream/networkErrors';
import { codecFor } from '../wires/codecs';
import { type Check, type Finding, failed, MANAGE_BACKENDS, ok, openSetting, setKey, warning } from './check';
import type { DoctorFacts } from './facts';

const BACKEND_MS = 8_000;

/** What was found out on the way; the paid checks go on from there. */
export type ListedModels = Map<string, readonly string[]>;

export function backendCheck(backend: Backend, facts: DoctorFacts, listed: ListedModels): Check {
  return {
    id: `backend:${backend.name}`,
    title: `Backend ${backend.name}`,
    limitMs: BACKEND_MS,
    look: (signal) => look(backend, facts, listed, signal),
  };
}

async function look(backend: Backend, facts: DoctorFacts, listed: ListedModels, signal: AbortSignal): Promise<Finding> {
  if (backend.preset === 'demo') return ok('Built in: it needs no network.');
  const key = facts.keyFor(backend);
  const { host, hostname } = new URL(backend.baseUrl);
  if (key === undefined && backend.requireApiKey)
    return failed(
      `There is no key for ${backend.name}.`,
      `Store one with Set Backend Key…${backend.apiKeyEnv ? `, or set the variable ${backend.apiKeyEnv}` : ''}.`,
      setKey(backend.name),
    );
  if (key !== undefined && !fitsHeader(key))
    return failed(impossibleKeyText(backend.name, backend.apiKeyEnv), 'Store it again.', setKey(backend.name));
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
    ...(backend.baseUrl.startsWith('https:') ? ['TLS verified'] : []),
    ...(proxy ? [`through the proxy ${proxy}`] : []),
    `${Math.round(facts.now() - begun)} ms`,
  ].join(', ');
  const models = modelsIn(answer.text);
  if (answer.status === 200 && models) {
    listed.set(backend.name, models);
    const accepted = key === undefined ? '' : ', key accepted';
    // A bonus: however slow its answer is, the key has been accepted, and the hop says so in time.
    const left = Math.max(0, Math.round(BACKEND_MS - 500 - (facts.now() - begun)));
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(left)]);
    const credit = await askCredit({ backend, key, send: facts.send, now: Date.now, signal: inTime });
    if (credit?.low)
      return warning(
        `${host} accepts the key, but little credit is there: ${creditWords(credit)}.`,
        'Top it up at the provider.',
        MANAGE_BACKENDS,
      );
    const tells = credit ? ` Credit: ${creditWords(credit)}.` : '';
    return ok(
      `${host} lists ${models.length} ${models.length === 1 ? 'model' : 'models'}${accepted} (${way}).${tells}`,
    );
  }
  if (answer.status === 404 || answer.status === 405 || answer.status === 501) {
    const configured = backend.models.length > 0;
    const why = `${host} answers but lists no models (HTTP ${answer.status}; ${way}), so its key was not tried.`;
    return configured
      ? ok(why)
      : warning(
          why,
          `If requests fail too, check the path of the base URL ${backend.baseUrl}.`,
          openSetting('backends'),
        );
  }
  if (answer.status === 200)
    return failed(
      `${host} answered with something that is no list of models.`,
      `Check the base URL ${backend.baseUrl}; a sign-in page of the network answers like this too.`,
      openSetting('backends'),
    );
  return failed(
    `${host} answered with HTTP ${answer.status}.${saidBy(answer, backend)}`,
    'The provider has trouble of its own: look at its status page, or let a fallback take over.',
    MANAGE_BACKENDS,
  );
}

/** What the status says about key, account and rate; undefined where it says nothing of that kind. */
export function refused(answer: Answer, backend: Backend): Finding | undefined {
  const said = saidBy(answer, backend);
  const page = `Store a valid key with Set Backend Key…${backend.apiKeyEnv ? `, or correct ${backend.apiKeyEnv}` : ''}.`;
  switch (answer.status) {
    case 401:
      return failed(`${backend.name} does not accept the key (HTTP 401).${said}`, page, setKey(backend.name));
    case 403:
      return /scope|permission/i.test(said)
        ? warning(
            `${backend.name} accepts the key, but does not let it list models.${said}`,
            'Give the key that right at the provider, or write the models into the settings.',
            openSetting('backends'),
          )
        : failed(`${backend.name} refuses access (HTTP 403).${said}`, page, setKey(backend.name));
    case 402:
      return failed(
        `${backend.name} wants payment first (HTTP 402).${said}`,
        'Add credit at the provider.',
        MANAGE_BACKENDS,
      );
    case 429:
      return warning(
        `${backend.name} asks to slow down (HTTP 429).${said}`,
        'Wait a little; if it stays, raise the limit or add credit at the provider.',
        MANAGE_BACKENDS,
      );
    default:
      return undefined;
  }
}

/** The provider's own words, kept short. */
export function saidBy(answer: Answer, backend: Backend): string {
  try {
    const { message } = codecFor(backend.wire).parseError(answer.status, answer.headers, answer.text);
    const text = message.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
    return text === '' || text.startsWith('<') ? '' : ` It says: ${text}`;
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
  const why = describeNetworkError(error, host, false) + (proxy ? ` The request went through the proxy ${proxy}.` : '');
  const code = error.code ?? (error.cause as { code?: string } | undefined)?.code ?? '';
  if (/CERT|SIGNATURE|ISSUER|SSL|EPROTO/.test(code))
    return failed(
      why,
      'If you trust its authority, name its certificate in NODE_EXTRA_CA_CERTS (or add it to the system) and restart the editor; a company proxy that opens TLS needs the same.',
      openSetting('backends'),
    );
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return failed(why, `Correct the base URL ${backend.baseUrl}, or check the network.`, openSetting('backends'));
  if (code === 'ECONNREFUSED' && backend.local)
    return failed(why, `Start ${backend.name} on this machine, or correct its base URL.`, openSetting('backends'));
  return failed(
    why,
    proxy
      ? 'Check the proxy settings (http.proxy, http.noProxy, or HTTPS_PROXY and NO_PROXY).'
      : 'Check the base URL and the network; if the network needs a proxy, set http.proxy or HTTPS_PROXY.',
    openSetting('backends'),
  );
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
