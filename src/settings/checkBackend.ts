/** Whether one backend makes sense by itself: its address, its headers, and no key in any of it. */

import { isLocalHost, readBaseUrl } from '../routing/build';
import { PRESETS } from '../routing/presets';
import { looksLikeKey, namesKey } from '../wires/keyShapes';
import { isOwnKey } from './keyNames';
import type { Found, Segment } from './path';
import type { BackendSettings, Settings } from './schema';

export function error(at: readonly Segment[], message: string): Found {
  return { at, message, severity: 'error' };
}
export function warning(at: readonly Segment[], message: string): Found {
  return { at, message, severity: 'warning' };
}

/** Everything about the backend at `index` that can be told without the others. */
export function checkBackend(backend: BackendSettings, index: number, settings: Settings): Found[] {
  const at = ['backends', index];
  const found = [
    ...checkAddress(backend, at, settings),
    ...checkHeaders(backend, at),
    ...Object.keys(backend.query ?? {})
      .filter((name) => namesKey(name))
      .map((name) => warning([...at, 'query', name], `${name} looks like a key. ${WHERE_KEYS_GO}`)),
    ...checkKeyEnv(backend.apiKeyEnv, [...at, 'apiKeyEnv']),
  ];
  for (const [position, name] of (backend.apiKeyNames ?? []).entries())
    found.push(...checkKeyName(name, 'apiKeyNames', [...at, 'apiKeyNames', position]));
  for (const [position, model] of (backend.models ?? []).entries()) {
    const place = [...at, 'models', position];
    found.push(...checkKeyEnv(model.apiKeyEnv, [...place, 'apiKeyEnv']));
    if (model.apiKeyName !== undefined)
      found.push(...checkKeyName(model.apiKeyName, 'apiKeyName', [...place, 'apiKeyName']));
    const stars = model.id.split('*').length - 1;
    if (stars > 1) found.push(error([...place, 'id'], 'id may hold one * only.'));
    if ((model.upstream?.split('*').length ?? 1) - 1 > stars) {
      found.push(error([...place, 'upstream'], 'upstream has a * that the id does not have.'));
    }
  }
  return found;
}

/** The name of a key for a provider: no key itself, and none of the router's own. */
function checkKeyName(name: string, setting: string, at: readonly Segment[]): Found[] {
  if (isOwnKey(name)) {
    const which = name.startsWith('memory:') ? 'memory:, that key is' : 'client: or tunnel:, those keys are';
    return [error(at, `${setting} must not begin with ${which} never sent to a provider.`)];
  }
  if (!looksLikeKey(name)) return [];
  return [error(at, `${setting} holds what looks like a key instead of the name of one. ${WHERE_KEYS_GO}`)];
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
  if (Object.keys(address.query).some((name) => namesKey(name))) {
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
    if (namesKey(name) || looksLikeKey(value))
      return [warning(place, `The header ${name} looks like a key. ${WHERE_KEYS_GO}`)];
    return [];
  });
}

/** A variable is named, never a key written down. */
export function checkKeyEnv(name: string | undefined, at: readonly Segment[]): Found[] {
  if (name === undefined || (/^[A-Za-z_]\w*$/.test(name) && !looksLikeKey(name))) return [];
  return [error(at, 'apiKeyEnv must be the name of an environment variable, such as OPENAI_API_KEY, not a key.')];
}
