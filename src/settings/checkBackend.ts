/** Whether one backend makes sense by itself: its address, its headers, and no key in any of it. */

import { isLocalHost, readBaseUrl } from '../routing/build';
import { isOwnHeader } from '../routing/ownHeaders';
import { PRESETS } from '../routing/presets';
import type { Said } from '../said';
import { looksLikeKey, namesKey } from '../wires/keyShapes';
import { isOwnKey } from './keyNames';
import type { Found, Segment } from './path';
import type { BackendSettings, Settings } from './schema';
import { say } from './sentences';

export function error(at: readonly Segment[], says: Said): Found {
  return { at, message: says.text, says, severity: 'error' };
}
export function warning(at: readonly Segment[], says: Said): Found {
  return { at, message: says.text, says, severity: 'warning' };
}

/** Everything about the backend at `index` that can be told without the others. */
export function checkBackend(backend: BackendSettings, index: number, settings: Settings): Found[] {
  const at = ['backends', index];
  const found = [
    ...checkAddress(backend, at, settings),
    ...checkHeaders(backend, at),
    ...Object.keys(backend.query ?? {})
      .filter((name) => namesKey(name))
      .map((name) => warning([...at, 'query', name], say.queryLooksLikeKey(name))),
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
    if (stars > 1) found.push(error([...place, 'id'], say.severalStars));
    if ((model.upstream?.split('*').length ?? 1) - 1 > stars) {
      found.push(error([...place, 'upstream'], say.starWithoutId));
    }
  }
  return found;
}

/** The name of a key for a provider: no key itself, and none of the router's own. */
function checkKeyName(name: string, setting: string, at: readonly Segment[]): Found[] {
  if (isOwnKey(name)) {
    return [error(at, name.startsWith('memory:') ? say.memoryKeyName(setting) : say.clientKeyName(setting))];
  }
  if (!looksLikeKey(name)) return [];
  return [error(at, say.keyForName(setting))];
}

function checkAddress(backend: BackendSettings, at: readonly Segment[], settings: Settings): Found[] {
  const preset = backend.preset === undefined ? undefined : PRESETS[backend.preset];
  const written = backend.baseUrl;
  if (written === undefined) {
    if (preset === undefined) return [error(at, say.addressMissing(backend.name))];
    if (preset.fill === undefined) return [];
    return [error(at, say.addressIncomplete(backend.name, preset.baseUrl, preset.fill))];
  }
  const place = [...at, 'baseUrl'];
  if (/[{}]/.test(written))
    return [error(place, preset?.fill === undefined ? say.placeholder : say.placeholderOf(preset.fill))];
  const address = readBaseUrl(written, preset?.hostPath);
  if (address === undefined) return [error(place, say.noUrl)];
  const url = new URL(written);
  if (url.username !== '' || url.password !== '') {
    return [error(place, say.urlWithPassword)];
  }
  const found: Found[] = [];
  if (Object.keys(address.query).some((name) => namesKey(name))) {
    found.push(warning(place, say.urlWithKey));
  }
  const route = /\/(chat\/completions|completions|responses|messages|embeddings|models)$/.exec(address.baseUrl)?.[0];
  if (route !== undefined) {
    found.push(warning(place, say.urlWithRoute(route)));
  }
  const local = isLocalHost(url.hostname);
  if (url.protocol === 'http:' && !local) {
    found.push(warning(place, say.unencrypted));
  }
  if (local && settings.port !== 0 && Number(url.port) === settings.port) {
    found.push(warning(place, say.pointsAtRouter(settings.port)));
  }
  return found;
}

function checkHeaders(backend: BackendSettings, at: readonly Segment[]): Found[] {
  return Object.entries(backend.headers ?? {}).flatMap(([name, value]) => {
    const place = [...at, 'headers', name];
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return [error(place, say.noHeaderName)];
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) return [error(place, say.headerCharacters(name))];
    if (isOwnHeader(name)) return [warning(place, say.ownHeader(name))];
    if (namesKey(name) || looksLikeKey(value)) return [warning(place, say.headerLooksLikeKey(name))];
    return [];
  });
}

/** A variable is named, never a key written down. */
export function checkKeyEnv(name: string | undefined, at: readonly Segment[]): Found[] {
  if (name === undefined || (/^[A-Za-z_]\w*$/.test(name) && !looksLikeKey(name))) return [];
  return [error(at, say.noVariable)];
}
