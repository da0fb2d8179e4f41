/** What a configuration that was read from a file would become in the editor: settings, keys, and what stays behind. Pure. */

import type { Backend } from '../../routing/backend';
import { buildBackends, isLocalHost, readBaseUrl } from '../../routing/build';
import { allKeyPlaces, type KeyPlace, keyPlaces } from '../../routing/keyPlaces';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../routing/presets';
import { type Said, spoken, type Words, wordsOf } from '../../said';
import { CLIENT_KEY, clientKeyName, clientOf } from '../../settings/keyNames';
import { isOwnMachine } from '../../settings/ownMachine';
import type { Problem } from '../../settings/problem';
import { type BackendSettings, type Settings, settingsSchema } from '../../settings/schema';
import { isObject } from '../../wires/read';
import { say } from '../sentences';
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
  const left = loaded.problems.map((problem) => spoken({ place: placeOf(problem), why: wordsOf(problem) }));
  if (!settings) return { format, usable: false, items: [], left };
  const keys = keyItems(loaded, settings, context);
  const missing = missingKeys(settings, keys, context);
  const built = buildBackends(settings);
  return {
    format,
    usable: true,
    items: [
      ...settings.backends.map((backend, index) => backendItem(backend, built[index]!, context)),
      ...Object.entries(settings.aliases).map(([name, value]) => aliasItem(name, value, context.present)),
      ...settingItems(settings, context.present),
      ...keys,
    ],
    left: [...left, ...missing, ...machineSettings(settings)],
  };
}

function backendItem(backend: BackendSettings, built: Backend, context: ImportContext): ImportItem {
  const careful = strangerWithKey(built, context);
  const models = backend.models?.length ?? 0;
  const what = say.backendItem(
    backend.baseUrl ?? say.preset(String(backend.preset)),
    models === 0 ? undefined : models === 1 ? say.oneModel : say.models(models),
    backend.default ? say.standard : undefined,
  );
  return {
    kind: 'backend',
    name: backend.name,
    value: plain(backend),
    ...spoken({ what, ...(careful && { careful }) }),
    replaces: context.present.backends.some((other) => other.name === backend.name),
  };
}

/** A key of one provider's, or one that is stored here, that would go to somebody else: the file's author chose both. */
function strangerWithKey(backend: Backend, { present, storedKeys }: ImportContext): Said | undefined {
  const { baseUrl } = backend;
  const host = hostOf(baseUrl);
  if (/^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host)) return undefined;
  const sentThere = buildBackends(present)
    .filter((own) => hostOf(own.baseUrl) === host)
    .flatMap(allKeyPlaces);
  for (const { keyName, keyEnv } of allKeyPlaces(backend)) {
    const known = sentThere.some((place) => place.keyName === keyName) || isAtHome(baseUrl, ownersOf(keyName));
    if (storedKeys.has(keyName) && !known) return say.sendsStoredKey(keyName, host);
    if (keyEnv === undefined) continue;
    const owners = ownersOf(keyEnv);
    if (owners.length > 0 && !isAtHome(baseUrl, owners)) return say.sendsForeignKey(keyEnv, host, owners);
  }
  return undefined;
}

/** Whose a key is by its name or variable. What runs on this machine is nobody's: it is at home wherever the person says. */
function ownersOf(key: string): PresetName[] {
  return PRESET_NAMES.filter(
    (name) => (name === key || PRESETS[name].keyEnv.includes(key)) && !isLocalHost(hostOf(PRESETS[name].baseUrl)),
  );
}

function isAtHome(baseUrl: string, owners: readonly PresetName[]): boolean {
  return owners.some((name) => {
    const { urls, baseUrl: usual } = PRESETS[name];
    if (urls) return urls.test(baseUrl);
    const [host, own] = [hostOf(baseUrl), hostOf(usual)];
    return host === own || sharesDomain(host, own);
  });
}

/** `eu.api.openai.com` belongs to whom `api.openai.com` belongs. */
function sharesDomain(host: string, own: string): boolean {
  return host.endsWith(`.${own.split('.').slice(-2).join('.')}`);
}

const hostOf = (baseUrl: string): string => readBaseUrl(baseUrl)?.host ?? baseUrl;

function aliasItem(name: string, value: string, present: Settings): ImportItem {
  const what = say.means(value);
  return { kind: 'alias', name, value, ...spoken({ what }), replaces: Object.hasOwn(present.aliases, name) };
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
      ...spoken({ what: say.becomes(JSON.stringify(value)) }),
      replaces: !same(now.get(name), usual.get(name)) && !same(now.get(name), value),
    }));
}

/** Keys that stand in the file or in its .env, under the names that the router looks for. */
function keyItems(
  { secrets, clientKeyEnv }: LoadedConfig,
  settings: Settings,
  { env, storedKeys }: ImportContext,
): ImportItem[] {
  const found = new Map<string, { value: string; from: Said }>();
  const add = (name: string, value: string | undefined, from: Said): void => {
    if (value && !found.has(name)) found.set(name, { value, from });
  };
  // As headless: a variable of the environment wins over what stands in the file.
  const main = clientKeyEnv ?? 'LLMROUTER_API_KEY';
  add(CLIENT_KEY, env[main], say.envFile(main));
  for (const { keyName, keyEnv } of settings.backends.flatMap(allKeyPlaces))
    if (keyEnv !== undefined) add(keyName, env[keyEnv], say.envFile(keyEnv));
  for (const { name, apiKeyEnv } of settings.clientKeys)
    if (apiKeyEnv) add(clientKeyName(name), env[apiKeyEnv], say.envFile(apiKeyEnv));
  for (const [name, value] of Object.entries(secrets)) add(name, value, say.theFile);
  return [...found].map(([name, { value, from }]) => ({
    kind: 'key' as const,
    name,
    value,
    ...spoken({ what: say.keyItem(wordsFor(name), from) }),
    replaces: storedKeys.has(name),
  }));
}

function wordsFor(name: string): Said {
  if (name === CLIENT_KEY) return say.mainKey;
  const client = clientOf(name);
  return client === undefined ? say.providerKey : say.clientKey(client);
}

/** Backends that need a key which is nowhere: a person sets it afterwards. */
function missingKeys(
  settings: Settings,
  keys: readonly ImportItem[],
  { storedKeys, ownEnv }: ImportContext,
): ImportPreview['left'] {
  const known = new Set([...storedKeys, ...keys.map(({ name }) => name)]);
  const isThere = ({ keyName, keyEnv }: KeyPlace) =>
    known.has(keyName) || (keyEnv !== undefined && Boolean(ownEnv[keyEnv]));
  return settings.backends.flatMap((backend) => {
    const { name, models = [] } = backend;
    const places = keyPlaces(backend);
    const variables = places.flatMap(({ keyEnv = [] }) => keyEnv);
    const own = models.length > 0 && models.every((model) => keyPlaces(backend, model).some(isThere));
    if (variables.length === 0 || places.some(isThere) || own) return [];
    const why = variables.length === 1 ? say.keyInVariable(variables[0]!) : say.keyInVariables(variables);
    return [spoken({ place: name, why })];
  });
}

function machineSettings(settings: Settings): ImportPreview['left'] {
  const usual = flat(settingsSchema.parse({}));
  return [...flat(settings)]
    .filter(([key, value]) => isOwnMachine(key) && !same(value, usual.get(key)))
    .map(([key]) => spoken({ place: key, why: say.ownMachine }));
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

function placeOf({ path, line }: Problem): Words {
  if (line === undefined) return path;
  return path === '' ? say.line(line) : say.atLine(path, line);
}
