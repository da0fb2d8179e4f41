/** What a configuration that was read from a file would become in the editor: settings, keys, and what stays behind. Pure. */

import { PRESET_NAMES, PRESETS, type PresetName } from '../../routing/presets';
import { CLIENT_KEY, clientKeyName, clientOf } from '../../settings/keyNames';
import { isOwnMachine } from '../../settings/ownMachine';
import { isObject } from '../../settings/path';
import type { Problem } from '../../settings/problem';
import { type BackendSettings, type Settings, settingsSchema } from '../../settings/schema';
import type { ImportItem, ImportPreview } from './importItems';
import { previewText } from './importText';
import type { Environment, LoadedConfig } from './loaded';

export interface ImportContext {
  /** Path of the file, for the page. */
  file: string;
  /** Settings that are in force, to tell what would be replaced. */
  present: Settings;
  /** Names of keys that are stored. */
  storedKeys: ReadonlySet<string>;
  /** Variables of the .env file beside the configuration: their keys are offered for the secret storage. */
  env: Environment;
  /** Variables of the router process, which it reads by itself. */
  ownEnv: Environment;
}

export function previewImport(loaded: LoadedConfig, context: ImportContext): ImportPreview {
  const preview = withoutPage(loaded, context);
  return { ...preview, page: previewText(preview, context.file) };
}

function withoutPage(loaded: LoadedConfig, context: ImportContext): Omit<ImportPreview, 'page'> {
  const { settings, kind: format } = loaded;
  const left = loaded.problems.map((problem) => ({ place: placeOf(problem), why: problem.message }));
  if (!settings) return { format, usable: false, items: [], left };
  const keys = keyItems(loaded, settings, context);
  const missing = missingKeys(settings, keys, context.ownEnv);
  return {
    format,
    usable: true,
    items: [
      ...settings.backends.map((backend) => backendItem(backend, context.present)),
      ...Object.entries(settings.aliases).map(([name, value]) => aliasItem(name, value, context.present)),
      ...settingItems(settings, context.present),
      ...keys,
    ],
    left: [...left, ...missing, ...machineSettings(settings)],
  };
}

function backendItem(backend: BackendSettings, present: Settings): ImportItem {
  const careful = strangerWithKey(backend);
  const models = backend.models?.length ?? 0;
  const where = backend.baseUrl ?? `preset ${backend.preset}`;
  return {
    kind: 'backend',
    name: backend.name,
    value: plain(backend),
    what: `${where}${models > 0 ? `, ${models} ${models === 1 ? 'model' : 'models'}` : ''}${backend.default ? ', default' : ''}`,
    replaces: present.backends.some((other) => other.name === backend.name),
    ...(careful && { careful }),
  };
}

/** A variable of one provider's whose key would go to an address that is another's: the file's author chose both. */
function strangerWithKey({ baseUrl, apiKeyEnv, models = [] }: BackendSettings): string | undefined {
  if (baseUrl === undefined || /^(localhost|127\.|\[::1\])/.test(hostOf(baseUrl) ?? '')) return undefined;
  for (const variable of [apiKeyEnv, ...models.map((model) => model.apiKeyEnv)]) {
    const owners = PRESET_NAMES.filter((name) => variable !== undefined && PRESETS[name].keyEnv.includes(variable));
    if (owners.length === 0 || owners.some((name) => isHostOf(baseUrl, name))) continue;
    return `It sends the key in ${variable} to ${hostOf(baseUrl) ?? baseUrl}, which is not ${owners.join(' or ')}.`;
  }
  return undefined;
}

/** Presets without a host of their own (a placeholder, this machine) are at home wherever the person says. */
function isHostOf(baseUrl: string, preset: PresetName): boolean {
  const own = hostOf(PRESETS[preset].baseUrl);
  if (own === undefined || PRESETS[preset].fill !== undefined || /^(localhost|127\.)/.test(own)) return true;
  const host = hostOf(baseUrl);
  return host === own || (host !== undefined && sharesDomain(host, own));
}

/** `eu.api.openai.com` belongs to whom `api.openai.com` belongs. */
function sharesDomain(host: string, own: string): boolean {
  return host.endsWith(`.${own.split('.').slice(-2).join('.')}`);
}

function hostOf(url: string): string | undefined {
  return (URL.canParse(url) && new URL(url).hostname) || undefined;
}

function aliasItem(name: string, value: string, present: Settings): ImportItem {
  return { kind: 'alias', name, value, what: `means ${value}`, replaces: Object.hasOwn(present.aliases, name) };
}

/** Every other setting that differs from its default, by its dotted key. */
function settingItems(settings: Settings, present: Settings): ImportItem[] {
  const usual = flat(settingsSchema.parse({}));
  const now = flat(present);
  return [...flat(settings)]
    .filter(([key, value]) => !isOwnMachine(key) && !same(value, usual.get(key)))
    .map(([name, value]) => ({
      kind: 'setting' as const,
      name,
      value,
      what: `becomes ${JSON.stringify(value)}`,
      replaces: !same(now.get(name), usual.get(name)) && !same(now.get(name), value),
    }));
}

/** Keys that stand in the file or in its .env, under the names that the router looks for. */
function keyItems(
  { secrets, clientKeyEnv }: LoadedConfig,
  settings: Settings,
  { env, storedKeys }: ImportContext,
): ImportItem[] {
  const found = new Map<string, { value: string; from: string }>();
  const add = (name: string, value: string | undefined, from: string): void => {
    if (value && !found.has(name)) found.set(name, { value, from });
  };
  // As headless: a variable of the environment wins over what stands in the file.
  add(CLIENT_KEY, env[clientKeyEnv ?? 'LLMROUTER_API_KEY'], `${clientKeyEnv ?? 'LLMROUTER_API_KEY'} of the .env file`);
  for (const backend of settings.backends) {
    if (backend.apiKeyEnv) add(backend.name, env[backend.apiKeyEnv], `${backend.apiKeyEnv} of the .env file`);
    for (const { apiKeyEnv, apiKeyName } of backend.models ?? [])
      if (apiKeyEnv && !apiKeyName) add(apiKeyEnv, env[apiKeyEnv], `${apiKeyEnv} of the .env file`);
  }
  for (const { name, apiKeyEnv } of settings.clientKeys)
    if (apiKeyEnv) add(clientKeyName(name), env[apiKeyEnv], `${apiKeyEnv} of the .env file`);
  for (const [name, value] of Object.entries(secrets)) add(name, value, 'the file');
  return [...found].map(([name, { value, from }]) => ({
    kind: 'key' as const,
    name,
    value,
    what: `${wordsFor(name)}, from ${from}, into the secret storage`,
    replaces: storedKeys.has(name),
  }));
}

function wordsFor(name: string): string {
  if (name === CLIENT_KEY) return 'the key that Cursor shows; every client has to use it from then on';
  const client = clientOf(name);
  return client === undefined ? 'the key for the provider' : `the client key ${client}`;
}

/** Backends that need a key which is nowhere: a person sets it afterwards. */
function missingKeys(settings: Settings, keys: readonly ImportItem[], env: Environment): ImportPreview['left'] {
  const known = new Set(keys.map(({ name }) => name));
  return settings.backends
    .filter(({ name, apiKeyEnv, models = [] }) => {
      const own = models.length > 0 && models.every((model) => known.has(model.apiKeyName ?? model.apiKeyEnv ?? ''));
      return apiKeyEnv !== undefined && !env[apiKeyEnv] && !known.has(name) && !own;
    })
    .map(({ name, apiKeyEnv }) => ({
      place: name,
      why: `Its key is in the variable ${apiKeyEnv}, which has no value here. Store it with the command Set Backend Key…`,
    }));
}

function machineSettings(settings: Settings): ImportPreview['left'] {
  const usual = flat(settingsSchema.parse({}));
  return [...flat(settings)]
    .filter(([key, value]) => isOwnMachine(key) && !same(value, usual.get(key)))
    .map(([key]) => ({ place: key, why: 'It says how one machine runs, so it is left as it is here.' }));
}

/** Settings by dotted key, one group deep, without the lists and maps that have items of their own. */
function flat(settings: Settings): Map<string, unknown> {
  const pairs = Object.entries(settings).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'backends' || key === 'aliases') return [];
    return isObject(value) ? Object.entries(value).map(([inner, item]) => [`${key}.${inner}`, item]) : [[key, value]];
  });
  return new Map(pairs.filter(([, value]) => value !== undefined));
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

function placeOf({ path, line }: Problem): string {
  return [path, ...(line === undefined ? [] : [`line ${line}`])].filter((part) => part !== '').join(', ');
}
