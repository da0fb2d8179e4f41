/** config.json of llm-router (github.com/kcolemangt/llm-router), the Go program this format comes from. */

import { isLocalHost, readBaseUrl } from '../../routing/build';
import { presetForHost } from '../../routing/presetForHost';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../routing/presets';
import { warning } from '../../settings/checkBackend';
import { CLIENT_KEY } from '../../settings/keyNames';
import type { Found, Segment } from '../../settings/path';
import { entryOf, isObject } from '../../wires/read';
import { say } from '../sentences';
import type { FileContent } from './loaded';

/** Its keys and ours. Go reads keys without regard to case, so do we. */
const BACKEND_KEYS: Readonly<Record<string, string>> = {
  name: 'name',
  base_url: 'baseUrl',
  prefix: 'prefix',
  default: 'default',
  require_api_key: 'requireApiKey',
  key_env_var: 'apiKeyEnv',
  role_rewrites: 'roleRewrites',
  unsupported_params: 'unsupportedParams',
};
const KEY_OF_BACKEND = ['api_key', 'key'];
const LEVELS: Readonly<Record<string, string>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  dpanic: 'error',
  panic: 'error',
  fatal: 'error',
};

/** Whether a JSON object is such a file: by keys that our own settings do not have. */
export function isLlmRouterFile(value: Record<string, unknown>): boolean {
  const keys = Object.keys(value).map((key) => key.toLowerCase());
  if (['listening_port', 'llmrouter_api_key_env', 'llmrouter_api_key'].some((key) => keys.includes(key))) return true;
  const backends = Array.isArray(value.backends) ? value.backends : [];
  return backends.some(
    (backend) => isObject(backend) && Object.keys(backend).some((key) => key.toLowerCase() === 'base_url'),
  );
}

/** Reads the file. Keys that it does not know are warnings, for llm-router itself passes over them. */
export function readLlmRouterFile(value: unknown): FileContent {
  const settings: Record<string, unknown> = {};
  const secrets: Record<string, string> = {};
  const found: Found[] = [];
  const places = new Map<string, readonly Segment[]>();
  const content: FileContent = { settings, secrets, found, placeOf: (at) => placeOf(at, places) };
  const take = (ours: string, item: unknown, at: readonly Segment[]): void => {
    settings[ours] = item;
    places.set(ours, at);
  };
  for (const [key, item] of Object.entries(isObject(value) ? value : {})) {
    const at = [key];
    switch (key.toLowerCase()) {
      case 'listening_port':
        take('port', item, at);
        break;
      case 'aliases':
        take('aliases', item ?? {}, at);
        break;
      case 'backends':
        take(
          'backends',
          Array.isArray(item) ? item.map((entry, index) => readBackend(entry, index, at)) : (item ?? []),
          at,
        );
        break;
      case 'llmrouter_api_key_env':
        if (typeof item === 'string' && item !== '') content.clientKeyEnv = item;
        break;
      case 'llmrouter_api_key':
        if (typeof item === 'string' && item !== '') secrets[CLIENT_KEY] = item;
        break;
      case 'log_level':
      case 'logging':
        readLevel(isObject(item) ? item.level : item, at);
        break;
      default:
        if (key !== '$schema') found.push(unknown(key, at));
    }
  }
  return content;

  function readLevel(level: unknown, at: readonly Segment[]): void {
    const ours = typeof level === 'string' ? entryOf(LEVELS, level.toLowerCase()) : undefined;
    if (ours !== undefined) take('log', { level: ours }, at);
    else found.push(warning(at, say.unknownLevel));
  }

  function readBackend(entry: unknown, index: number, list: readonly Segment[]): unknown {
    if (!isObject(entry)) return entry;
    const backend: Record<string, unknown> = {};
    let key: string | undefined;
    for (const [name, item] of Object.entries(entry)) {
      const at = [...list, index, name];
      const ours = entryOf(BACKEND_KEYS, name.toLowerCase());
      if (ours !== undefined) {
        if (item !== null && item !== '') backend[ours] = item;
        places.set(`backends.${index}.${ours}`, at);
      } else if (KEY_OF_BACKEND.includes(name.toLowerCase())) {
        if (typeof item === 'string' && item !== '') key = item;
      } else {
        found.push(unknown(name, at));
      }
    }
    if (key !== undefined) secrets[String(backend.name)] = key;
    // Its `default: false` says nothing more than its absence.
    if (backend.default === false) delete backend.default;
    // llm-router takes nothing off a name for a default backend without prefix: `openrouter/auto` is that model's name there.
    if (backend.default === true && !('prefix' in backend)) backend.prefix = '';
    const preset = presetAt(backend);
    if (wantsOpenAiKey(backend) && preset !== 'openai')
      found.push(warning([...list, index, 'base_url'], say.foreignOpenAiKey));
    return { requireApiKey: false, ...(preset === undefined ? {} : { preset }), ...backend };
  }
}

/** llm-router gives the backend of that name OPENAI_API_KEY wherever it stands; a key goes to no host that nobody named it for. */
const wantsOpenAiKey = ({ name, requireApiKey, apiKeyEnv }: Record<string, unknown>): boolean =>
  name === 'openai' && requireApiKey === true && apiKeyEnv === undefined;

/** The preset behind an address: what a provider takes is known by its host, or by the name of a local server. */
function presetAt({ name, baseUrl }: Record<string, unknown>): PresetName | undefined {
  if (typeof baseUrl !== 'string') return undefined;
  const local = PRESET_NAMES.find((preset) => preset === name && PRESETS[preset].local && preset !== 'demo');
  const host = readBaseUrl(baseUrl)?.host;
  return local !== undefined && host !== undefined && isLocalHost(host) ? local : presetForHost(baseUrl);
}

function unknown(key: string, at: readonly Segment[]): Found {
  return { ...warning(at, say.noEffect(key)), key: true };
}

/** The longest known beginning of a place, translated. */
function placeOf(at: readonly Segment[], places: ReadonlyMap<string, readonly Segment[]>): readonly Segment[] {
  for (let length = at.length; length > 0; length -= 1) {
    const place = places.get(at.slice(0, length).join('.'));
    if (place) return [...place, ...at.slice(length)];
  }
  return at;
}
