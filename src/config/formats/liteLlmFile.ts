/** config.yaml of the LiteLLM proxy (docs.litellm.ai/docs/proxy/configs, 2026-11), as far as design §4 goes. */

import { PRESETS } from '../../routing/presets';
import { CLIENT_KEY } from '../../settings/keyNames';
import type { Found, Segment } from '../../settings/path';
import type { SettingsInput } from '../../settings/schema';
import { isObject } from '../../wires/read';
import { say } from '../sentences';
import { type BackendInput, type Entry, type ModelInput, readCredentials, readModelList } from './liteLlmModels';
import { createReader, plainText, type Reader, section, variableOf } from './liteLlmReader';
import type { Environment, FileContent } from './loaded';

/**
 * Reads the file. Only names in model_list are served: no backend made here has a prefix or is the default. Real environment
 * variables win over `environment_variables`; literal keys become secrets. What has no counterpart here is a warning.
 */
export function readLiteLlmFile(value: unknown, env: Environment): FileContent {
  const file = isObject(value) ? value : {};
  const found: Found[] = [];
  const own = isObject(file.environment_variables) ? file.environment_variables : {};
  const reader = createReader(found, env, own);
  const general = section(file, 'general_settings', GENERAL, reader);
  const litellm = section(file, 'litellm_settings', LITELLM, reader);
  const router = section(file, 'router_settings', ROUTER, reader);
  for (const key of Object.keys(file)) {
    if (!TOP.has(key)) reader.warn([key], say.noCounterpart(key), true);
  }
  const entries = readModelList(
    file.model_list,
    readCredentials(file.credential_list, reader),
    reader.flag(litellm.drop_params, ['litellm_settings', 'drop_params']),
    reader,
  );
  const { backends, places, secrets } = makeBackends(entries, reader);
  addFallbacks(
    backends,
    [
      [['router_settings'], router],
      [['litellm_settings'], litellm],
    ],
    reader,
  );
  fillSecrets(backends, secrets, env, own);
  const master = masterKey(general, litellm, reader);
  const settings: SettingsInput = {
    backends,
    ...aliasesOf(router, reader),
    ...limitsOf(litellm, router, reader),
  };
  return {
    settings,
    secrets: { ...secrets, ...(master === undefined ? {} : { [CLIENT_KEY]: master }) },
    found,
    placeOf: (at) => placeOf(at, places),
  };
}

const TOP = new Set([
  'model_list',
  'credential_list',
  'litellm_settings',
  'general_settings',
  'router_settings',
  'environment_variables',
]);
const GENERAL = new Set(['master_key']);
const FALLBACKS = ['fallbacks', 'default_fallbacks', 'context_window_fallbacks'];
const LITELLM = new Set(['master_key', 'drop_params', 'num_retries', 'request_timeout', ...FALLBACKS]);
const ROUTER = new Set(['model_group_alias', 'num_retries', 'timeout', ...FALLBACKS]);

type Place = readonly Segment[];
interface Made {
  backends: BackendInput[];
  secrets: Record<string, string>;
  /** Dotted place in the settings → place in the file. */
  places: Map<string, Place>;
}

/**
 * One backend for each address (with its headers and dropped parameters), one model for each entry. Entries that share a name
 * are one model with the later ones as hidden fallbacks, in order.
 */
function makeBackends(entries: readonly Entry[], reader: Reader): Made {
  const made: Made = { backends: [], secrets: {}, places: new Map() };
  const groups = new Map<string, number>();
  const seen = new Map<string, { first: ModelInput; count: number }>();
  for (const entry of entries) {
    const same = seen.get(entry.name);
    if (same && entry.name.includes('*')) {
      reader.warn([...entry.at, 'model_name'], say.sameWildcard(entry.name));
      continue;
    }
    const group = JSON.stringify([
      entry.destination.preset,
      entry.destination.baseUrl,
      entry.destination.wire,
      entry.destination.query,
      entry.headers,
      entry.dropped,
      entry.learn,
    ]);
    const index = groups.get(group) ?? made.backends.length;
    if (!groups.has(group)) {
      groups.set(group, index);
      made.backends.push(makeBackend(entry, made.backends));
      placeBackend(made.places, index, entry.at);
    }
    nameKey(made.backends[index]!, entry);
    const id = same ? `${entry.name}#${same.count + 1}` : entry.name;
    const model: ModelInput = {
      id,
      ...entry.model,
      ...(same ? { hidden: true } : {}),
      ...keyOf(entry, id, made.secrets),
    };
    const models = made.backends[index]?.models ?? [];
    placeModel(made.places, `backends.${index}.models.${models.length}`, entry.at);
    models.push(model);
    if (same?.count === 1) reader.warn([...entry.at, 'model_name'], say.sameName(entry.name));
    if (same) {
      same.first.fallbacks = [...(same.first.fallbacks ?? []), id];
      same.count += 1;
    } else {
      seen.set(entry.name, { first: model, count: 1 });
    }
  }
  return made;
}

function makeBackend({ destination, headers, dropped, learn }: Entry, others: readonly BackendInput[]): BackendInput {
  const { preset, baseUrl, query, wire } = destination;
  let name = destination.name;
  for (let number = 2; others.some((other) => other.name === name); number += 1) name = `${destination.name}-${number}`;
  return {
    name,
    ...(preset === undefined ? {} : { preset }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(wire === undefined ? {} : { wire }),
    prefix: '',
    default: false,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(Object.keys(query).length === 0 ? {} : { query }),
    ...(dropped === undefined ? {} : { unsupportedParams: dropped }),
    ...(learn === undefined ? {} : { learn }),
    models: [],
  };
}

/** OPENAI_API_KEY, which LiteLLM falls back to, goes to another server only for an entry without a key: its list is no reason. */
function nameKey(backend: BackendInput, { destination, keyEnv, secret }: Entry): void {
  if (destination.apiKeyEnv === undefined) return;
  if (keyEnv === undefined && secret === undefined) backend.apiKeyEnv = destination.apiKeyEnv;
  else if (keyEnv !== undefined) backend.apiKeyEnv ??= keyEnv;
}

function keyOf(
  { keyEnv, secret }: Entry,
  id: string,
  secrets: Record<string, string>,
): Pick<ModelInput, 'apiKeyEnv' | 'apiKeyName'> {
  if (keyEnv !== undefined) return { apiKeyEnv: keyEnv };
  if (secret === undefined) return {};
  // A name no backend can have, for those have no colons.
  const apiKeyName = `model:${id}`;
  secrets[apiKeyName] = secret;
  return { apiKeyName };
}

function placeBackend(places: Made['places'], index: number, at: Place): void {
  const params = [...at, 'litellm_params'];
  places.set(`backends.${index}`, params);
  places.set(`backends.${index}.baseUrl`, [...params, 'api_base']);
  places.set(`backends.${index}.headers`, [...params, 'extra_headers']);
}

function placeModel(places: Made['places'], path: string, at: Place): void {
  places.set(path, at);
  places.set(`${path}.id`, [...at, 'model_name']);
  places.set(`${path}.upstream`, [...at, 'litellm_params', 'model']);
  places.set(`${path}.apiKeyEnv`, [...at, 'litellm_params', 'api_key']);
}

/** The longest known beginning of a place, translated. */
function placeOf(at: Place, places: Made['places']): Place {
  for (let length = at.length; length > 0; length -= 1) {
    const place = places.get(at.slice(0, length).join('.'));
    if (place) return length === at.length ? place : [...place, ...at.slice(length)];
  }
  return at[0] === 'aliases' ? ['router_settings', 'model_group_alias', ...at.slice(1)] : at;
}

/** Fallbacks stand in litellm_settings or router_settings; both count, the router's first. */
function addFallbacks(
  backends: readonly BackendInput[],
  sections: readonly (readonly [Place, Record<string, unknown>])[],
  reader: Reader,
): void {
  const models = backends.flatMap((backend) => backend.models ?? []);
  for (const [at, values] of sections) {
    for (const { name, targets, place } of pairs(values.fallbacks, [...at, 'fallbacks'], reader)) {
      const model = models.find((one) => one.id === name);
      if (model) appendFallbacks(model, targets);
      else reader.warn(place, say.fallbacksOfNobody(name));
    }
    for (const { name, targets, place } of pairs(
      values.context_window_fallbacks,
      [...at, 'context_window_fallbacks'],
      reader,
    )) {
      const model = models.find((one) => one.id === name);
      if (model) model.contextFallback ??= targets[0];
      else reader.warn(place, say.fallbackOfNobody(name));
      if (targets.length > 1) reader.warn(place, say.onlyFirstFallback);
    }
  }
  for (const [at, values] of sections) {
    const everywhere = names(values.default_fallbacks, [...at, 'default_fallbacks'], reader);
    for (const model of models) if (model.hidden !== true) appendFallbacks(model, everywhere);
  }
}

function appendFallbacks(model: ModelInput, targets: readonly string[]): void {
  const all = [...new Set([...(model.fallbacks ?? []), ...targets])].filter((name) => name !== model.id);
  if (all.length > 0) model.fallbacks = all;
}

/** `[{model: [others]}, …]` one by one. */
function pairs(value: unknown, at: Place, reader: Reader): { name: string; targets: string[]; place: Place }[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    reader.warn(at, say.fallbackForm);
    return [];
  }
  return value.flatMap((item, index) => {
    if (!isObject(item)) {
      reader.warn([...at, index], say.fallbackForm);
      return [];
    }
    return Object.entries(item).map(([name, targets]) => {
      const place = [...at, index, name];
      return { name, targets: names(targets, place, reader), place };
    });
  });
}

function names(value: unknown, at: Place, reader: Reader): string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.flatMap((item, index) => {
    const name = reader.text(item, [...at, index]);
    if (name === undefined && variableOf(item) === undefined) reader.warn([...at, index], say.fallbackNames);
    return name === undefined ? [] : [name];
  });
}

/** Keys from environment_variables, for what the real environment does not have. */
function fillSecrets(
  backends: readonly BackendInput[],
  secrets: Record<string, string>,
  env: Environment,
  own: Record<string, unknown>,
): void {
  const value = (name: string): string | undefined => (env[name] ? undefined : plainText(own[name]));
  for (const backend of backends) {
    const usual =
      backend.apiKeyEnv === undefined ? (backend.preset ? PRESETS[backend.preset].keyEnv : []) : [backend.apiKeyEnv];
    const key = usual.some((name) => env[name]) ? undefined : usual.map(value).find((text) => text !== undefined);
    if (key !== undefined) secrets[backend.name] = key;
    for (const { apiKeyEnv } of backend.models ?? []) {
      const own = apiKeyEnv === undefined ? undefined : value(apiKeyEnv);
      if (apiKeyEnv !== undefined && own !== undefined) secrets[apiKeyEnv] = own;
    }
  }
}

function masterKey(
  general: Record<string, unknown>,
  litellm: Record<string, unknown>,
  reader: Reader,
): string | undefined {
  return (
    reader.text(general.master_key, ['general_settings', 'master_key']) ??
    reader.text(litellm.master_key, ['litellm_settings', 'master_key']) ??
    reader.variable('LITELLM_MASTER_KEY')
  );
}

function aliasesOf(
  { model_group_alias: written }: Record<string, unknown>,
  reader: Reader,
): Pick<SettingsInput, 'aliases'> {
  if (written === undefined || written === null) return {};
  if (!isObject(written)) {
    reader.warn(['router_settings', 'model_group_alias'], say.noMapping('model_group_alias'));
    return {};
  }
  const aliases = Object.entries(written).flatMap(([alias, target]) => {
    const at = ['router_settings', 'model_group_alias', alias];
    const written = isObject(target) ? target.model : target;
    const name = reader.text(written, at);
    if (name === undefined && variableOf(written) === undefined) reader.warn(at, say.aliasForm);
    return name === undefined ? [] : [[alias, name] as const];
  });
  return { aliases: Object.fromEntries(aliases) };
}

/** What the settings allow (schema.ts): ten attempts, a day. */
const MOST_RETRIES = 9;
const DAY = 86_400;

/** Retries come on top of the first attempt; LiteLLM's timeout is one for the whole request. */
function limitsOf(
  litellm: Record<string, unknown>,
  router: Record<string, unknown>,
  reader: Reader,
): Pick<SettingsInput, 'retry' | 'timeouts'> {
  const upTo = (most: number, value: unknown, at: Place): number | undefined => {
    const number = reader.number(value, at);
    if (number === undefined || number <= most) return number;
    reader.warn(at, say.mostHere(most));
    return most;
  };
  const retries =
    upTo(MOST_RETRIES, router.num_retries, ['router_settings', 'num_retries']) ??
    upTo(MOST_RETRIES, litellm.num_retries, ['litellm_settings', 'num_retries']);
  const total =
    upTo(DAY, router.timeout, ['router_settings', 'timeout']) ??
    upTo(DAY, litellm.request_timeout, ['litellm_settings', 'request_timeout']);
  return {
    ...(retries === undefined ? {} : { retry: { attemptsPerBackend: Math.floor(retries) + 1 } }),
    ...(total === undefined || total === 0 ? {} : { timeouts: { total } }),
  };
}
