/** Whether settings make sense: what the schema cannot say (design §4, peers.md §4). */
import { buildBackends, isLocalHost, readBaseUrl } from '../backends/build';
import { PRESETS } from '../backends/presets';
import { createRouteTable } from '../backends/resolve';
import { clientSlotWarning } from '../cursor/names';
import type { Problem } from '../process/contract';
import { type Found, type Segment, toProblem } from './path';
import type { BackendSettings, Settings } from './schema';
import { readShape } from './shape';

/**
 * Validates settings as a person wrote them. With any error there are no settings and the caller keeps its last good ones;
 * warnings come beside usable settings. Messages never echo a value that could be a key.
 */
export function validateSettings(input: unknown): { settings?: Settings; problems: Problem[] } {
  const { settings, found } = findProblems(input);
  return { ...(settings ? { settings } : {}), problems: found.map(toProblem) };
}

/** The same with places as lists of keys, for readers of files. */
export function findProblems(input: unknown): { settings?: Settings; found: Found[] } {
  const shape = readShape(input);
  if (!shape.settings) return shape;
  const { settings } = shape;
  const found = [
    ...settings.backends.flatMap((backend, index) => checkBackend(backend, index, settings)),
    ...checkTogether(settings),
    ...checkTunnel(settings),
    ...checkClientKeys(settings),
    ...checkAliasLoops(settings),
  ];
  if (found.some((one) => one.severity === 'error')) return { found };
  return { settings, found: [...found, ...checkRoutes(settings), ...checkNames(settings)] };
}

function error(at: readonly Segment[], message: string): Found {
  return { at, message, severity: 'error' };
}
function warning(at: readonly Segment[], message: string): Found {
  return { at, message, severity: 'warning' };
}

function checkBackend(backend: BackendSettings, index: number, settings: Settings): Found[] {
  const at = ['backends', index];
  const found = [
    ...checkAddress(backend, at, settings),
    ...checkHeaders(backend, at),
    ...Object.keys(backend.query ?? {})
      .filter((name) => KEY_LIKE.test(name))
      .map((name) => warning([...at, 'query', name], `${name} looks like a key. ${WHERE_KEYS_GO}`)),
    ...checkKeyEnv(backend.apiKeyEnv, [...at, 'apiKeyEnv']),
  ];
  for (const [position, model] of (backend.models ?? []).entries()) {
    const place = [...at, 'models', position];
    found.push(...checkKeyEnv(model.apiKeyEnv, [...place, 'apiKeyEnv']));
    if (model.apiKeyName !== undefined && /^(client|tunnel):/.test(model.apiKeyName)) {
      found.push(
        error(
          [...place, 'apiKeyName'],
          'apiKeyName must not begin with client: or tunnel:, those keys are never sent to a provider.',
        ),
      );
    } else if (model.apiKeyName !== undefined && looksLikeKey(model.apiKeyName)) {
      found.push(
        error(
          [...place, 'apiKeyName'],
          `apiKeyName holds what looks like a key instead of the name of one. ${WHERE_KEYS_GO}`,
        ),
      );
    }
    const stars = model.id.split('*').length - 1;
    if (stars > 1) found.push(error([...place, 'id'], 'id may hold one * only.'));
    if ((model.upstream?.split('*').length ?? 1) - 1 > stars) {
      found.push(error([...place, 'upstream'], 'upstream has a * that the id does not have.'));
    }
  }
  return found;
}

function checkAddress(backend: BackendSettings, at: readonly Segment[], settings: Settings): Found[] {
  const preset = backend.preset === undefined ? undefined : PRESETS[backend.preset];
  const written = backend.baseUrl;
  if (written === undefined) {
    if (preset === undefined) return [error(at, `The backend ${backend.name} needs a preset or a baseUrl.`)];
    if (preset.fill === undefined) return [];
    return [error(at, `The backend ${backend.name} needs a baseUrl such as ${preset.baseUrl}. ${preset.fill}`)];
  }
  const place = [...at, 'baseUrl'];
  if (/[{}]/.test(written))
    return [error(place, preset?.fill ?? 'baseUrl has a placeholder in braces that has to be filled in.')];
  const address = readBaseUrl(written, preset?.hostPath);
  if (address === undefined) return [error(place, 'baseUrl is not a URL.')];
  const url = new URL(written);
  if (url.username !== '' || url.password !== '') {
    return [error(place, `baseUrl has a user name or password in it. ${WHERE_KEYS_GO}`)];
  }
  const found: Found[] = [];
  if (Object.keys(address.query).some((name) => KEY_LIKE.test(name))) {
    found.push(warning(place, `baseUrl has what looks like a key in it. ${WHERE_KEYS_GO}`));
  }
  const route = /\/(chat\/completions|completions|responses|messages|embeddings|models)$/.exec(address.baseUrl)?.[0];
  if (route !== undefined) {
    found.push(warning(place, `baseUrl ends in ${route}. The router adds that itself; leave it out.`));
  }
  const local = isLocalHost(url.hostname);
  if (url.protocol === 'http:' && !local) {
    found.push(
      warning(
        place,
        'baseUrl begins with http://, so keys and prompts travel unencrypted. Use https:// if the provider has it.',
      ),
    );
  }
  if (local && settings.port !== 0 && Number(url.port) === settings.port) {
    found.push(warning(place, `baseUrl points at port ${settings.port}, which is the port of this router itself.`));
  }
  return found;
}

const WHERE_KEYS_GO =
  'Keys are never settings: store the key with the command Set API Key…, or name an environment variable in apiKeyEnv.';
const KEY_LIKE = /^(proxy-)?authorization$|^(set-)?cookie$|api[-_]?key|^key$|token|secret|password/i;
/** Headers that the router writes itself or that belong to one connection only. */
const OWN_HEADERS = new Set([
  'host',
  'content-length',
  'content-type',
  'connection',
  'transfer-encoding',
  'accept-encoding',
  'te',
  'upgrade',
]);

function checkHeaders(backend: BackendSettings, at: readonly Segment[]): Found[] {
  return Object.entries(backend.headers ?? {}).flatMap(([name, value]) => {
    const place = [...at, 'headers', name];
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return [error(place, 'This is not the name of a header.')];
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      return [error(place, `The header ${name} has characters that no header may have.`)];
    if (OWN_HEADERS.has(name.toLowerCase()))
      return [warning(place, `The router sets the header ${name} itself; this one is not sent.`)];
    if (KEY_LIKE.test(name) || looksLikeKey(value))
      return [warning(place, `The header ${name} looks like a key. ${WHERE_KEYS_GO}`)];
    return [];
  });
}

/** The shapes that keys of known providers have. */
function looksLikeKey(value: string): boolean {
  return (
    /^(bearer\s|(sk|gsk|xai|pk|csk|fw|tgp|key|nvapi)[-_]\w|AIza|AKIA|ya29\.|eyJ)/i.test(value) && value.length >= 16
  );
}

function checkKeyEnv(name: string | undefined, at: readonly Segment[]): Found[] {
  if (name === undefined || (/^[A-Za-z_]\w*$/.test(name) && !looksLikeKey(name))) return [];
  return [error(at, 'apiKeyEnv must be the name of an environment variable, such as OPENAI_API_KEY, not a key.')];
}

/** What must be unlike among several entries. */
function checkTogether({ backends }: Settings): Found[] {
  const prefixes = backends.map((backend) => backend.prefix ?? `${backend.name}/`);
  const defaults = backends.flatMap((backend, index) => (backend.default === true ? [index] : []));
  const ids = backends.flatMap(({ models = [] }, index) =>
    models.map((model, position) => ({
      name: model.id,
      at: ['backends', index, 'models', position, 'id'] as Segment[],
    })),
  );
  return [
    ...repeated(backends.map(({ name }, index) => ({ name, at: ['backends', index, 'name'] }))).map(({ name, at }) =>
      error(at, `Two backends have the name ${name}.`),
    ),
    ...repeated(prefixes.map((name, index) => ({ name, at: ['backends', index, 'prefix'] })))
      .filter(({ name, at }) => name !== '' && backends[Number(at[1])]?.name !== backends[prefixes.indexOf(name)]?.name)
      .map(({ name, at }) => error(at, `Two backends have the prefix ${name}; a model name must lead to one of them.`)),
    ...defaults.slice(1).map((index) => error(['backends', index, 'default'], 'Only one backend can be the default.')),
    ...repeated(ids).map(({ name, at }) => error(at, `Two models have the id ${name}.`)),
  ];
}

/** Every entry whose name stood before. */
function repeated<T extends { name: string; at: readonly Segment[] }>(entries: readonly T[]): T[] {
  return entries.filter(({ name }, index) => entries.findIndex((other) => other.name === name) < index);
}

function checkTunnel({ tunnel, metrics, port }: Settings): Found[] {
  const found: Found[] = [];
  if (metrics.enabled && port !== 0 && metrics.port === port) {
    found.push(error(['metrics', 'port'], 'The metrics need a port of their own, but this is the port of the router.'));
  }
  if (tunnel.provider === 'custom' && tunnel.url.trim() === '') {
    found.push(
      error(
        ['tunnel', 'url'],
        'The tunnel provider custom needs the public URL in tunnel.url, as https://llm.example.com.',
      ),
    );
  } else if (tunnel.url.trim() !== '' && !isPublicUrl(tunnel.url.trim())) {
    found.push(
      error(
        ['tunnel', 'url'],
        'tunnel.url must be a public URL that begins with https://, as https://llm.example.com.',
      ),
    );
  }
  if (tunnel.provider === 'cloudflared-named' && tunnel.hostname.trim() === '') {
    found.push(
      error(
        ['tunnel', 'hostname'],
        'A named Cloudflare tunnel needs its public hostname in tunnel.hostname, as llm.example.com.',
      ),
    );
  } else if (tunnel.hostname.trim() !== '' && !/^[a-z\d-]+(\.[a-z\d-]+)+$/i.test(tunnel.hostname.trim())) {
    found.push(error(['tunnel', 'hostname'], 'tunnel.hostname must be a host name only, as llm.example.com.'));
  }
  return found;
}

function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' && url.password === '';
}

function checkClientKeys({ clientKeys }: Settings): Found[] {
  return [
    ...clientKeys.flatMap(({ name, apiKeyEnv }, index) => [
      ...(name === 'main'
        ? [error(['clientKeys', index, 'name'], 'main is the name of the main key; choose another one.')]
        : []),
      ...checkKeyEnv(apiKeyEnv, ['clientKeys', index, 'apiKeyEnv']),
    ]),
    ...repeated(clientKeys.map(({ name }, index) => ({ name, at: ['clientKeys', index, 'name'] }))).map(
      ({ name, at }) => error(at, `Two client keys have the name ${name}.`),
    ),
  ];
}

/** One problem a loop, at the alias that comes first. */
function checkAliasLoops({ aliases }: Settings): Found[] {
  const targets = new Map(Object.entries(aliases));
  const told = new Set<string>();
  return [...targets.keys()].flatMap((start) => {
    const chain: string[] = [];
    for (let name: string | undefined = start; name !== undefined && !chain.includes(name); name = targets.get(name))
      chain.push(name);
    const back = targets.get(chain.at(-1) ?? '');
    if (back !== start || told.has(start)) return [];
    for (const name of chain) told.add(name);
    return [error(['aliases', start], `This alias leads back to itself: ${[...chain, start].join(' → ')}.`)];
  });
}

/** Names that lead nowhere; asked of the very table that will route. */
function checkRoutes(settings: Settings): Found[] {
  const table = createRouteTable({ ...settings, fallbackModel: undefined }, buildBackends(settings));
  const dangling = (name: string, at: readonly Segment[], what: string): Found[] => {
    const target = table.resolve(name);
    if (!('notFound' in target)) return [];
    const near = target.near.length > 0 ? ` Did you mean ${target.near.slice(0, 3).join(' or ')}?` : '';
    const shown = looksLikeKey(name) ? 'what looks like a key' : name;
    return [warning(at, `${what} ${shown}, but no backend serves that name.${near}`)];
  };
  return [
    ...Object.entries(settings.aliases).flatMap(([name, target]) =>
      dangling(target, ['aliases', name], `The alias ${name} means`),
    ),
    ...(settings.fallbackModel === undefined
      ? []
      : dangling(settings.fallbackModel, ['fallbackModel'], 'fallbackModel is')),
    ...settings.backends.flatMap((backend, index) => [
      ...(backend.fallbacks ?? []).flatMap((name, position) =>
        dangling(name, ['backends', index, 'fallbacks', position], 'This fallback is'),
      ),
      ...(backend.models ?? []).flatMap((model, position) => {
        const place = ['backends', index, 'models', position];
        return [
          ...(model.fallbacks ?? []).flatMap((name, item) =>
            dangling(name, [...place, 'fallbacks', item], 'This fallback is'),
          ),
          ...(model.contextFallback === undefined
            ? []
            : dangling(model.contextFallback, [...place, 'contextFallback'], 'contextFallback is')),
        ];
      }),
    ]),
  ];
}

/** Names that hide each other, and names that Cursor would not send here (M1, M2). */
function checkNames({ aliases, backends }: Settings): Found[] {
  const models = backends.flatMap(({ models: entries = [] }, index) =>
    entries.map((model, position) => ({ model, at: ['backends', index, 'models', position] as Segment[] })),
  );
  const ids = new Set(models.map(({ model }) => model.id));
  const modelAliases = models.flatMap(({ model, at }) =>
    (model.aliases ?? []).map((name, position) => ({ name, at: [...at, 'aliases', position] as Segment[] })),
  );
  const ownAliases = Object.keys(aliases).map((name) => ({ name, at: ['aliases', name] as Segment[] }));
  const hidden = ({ name, at }: { name: string; at: Segment[] }): Found[] =>
    ids.has(name) ? [warning(at, `The alias ${name} is never used, because a model has that id.`)] : [];
  const cursor = ({ name, at }: { name: string; at: Segment[] }): Found[] => {
    const text = clientSlotWarning(name);
    return text === undefined ? [] : [warning(at, text)];
  };
  const shown = models
    .filter(({ model }) => model.hidden !== true)
    .map(({ model, at }) => ({ name: model.id, at: [...at, 'id'] }));
  return [
    ...[...ownAliases, ...modelAliases].flatMap(hidden),
    ...repeated([...ownAliases, ...modelAliases]).map(({ name, at }) =>
      warning(at, `The alias ${name} is never used, because it stands elsewhere too.`),
    ),
    ...[...shown, ...ownAliases, ...modelAliases].flatMap(cursor),
  ];
}
