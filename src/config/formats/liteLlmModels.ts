/** model_list of a LiteLLM file. */
import { PRESETS } from '../../routing/presets';
import type { Said } from '../../said';
import { error } from '../../settings/checkBackend';
import type { Segment } from '../../settings/path';
import type { SettingsInput } from '../../settings/schema';
import { isObject } from '../../wires/read';
import { say } from '../sentences';
import { addressVariables, type Destination, destinationOf } from './liteLlmProviders';
import { plainText, present, type Reader, variableOf } from './liteLlmReader';

export type BackendInput = NonNullable<SettingsInput['backends']>[number];
export type ModelInput = NonNullable<BackendInput['models']>[number];

/** One entry of model_list, understood. */
export interface Entry {
  name: string;
  at: readonly Segment[];
  destination: Destination;
  model: Omit<ModelInput, 'id'>;
  headers: Record<string, string>;
  /** Parameters to drop; undefined leaves it to the preset (drop_params). */
  dropped?: string[];
  /** A written drop_params: false wants every refusal told. */
  learn?: false;
  /** Name of the variable that holds the key, or the key itself. */
  keyEnv?: string;
  secret?: string;
}

/** Names the credential of an entry. */
const CREDENTIAL = 'litellm_credential_name';
const PARAMS = new Set([
  'model',
  'custom_llm_provider',
  'api_base',
  'base_url',
  'api_key',
  'api_version',
  'headers',
  'extra_headers',
  'drop_params',
  'additional_drop_params',
  'reasoning_effort',
  'base_model',
  'aws_region_name',
  'vertex_project',
  'vertex_location',
  'input_cost_per_token',
  'output_cost_per_token',
  'cache_read_input_token_cost',
  'cache_creation_input_token_cost',
  CREDENTIAL,
]);

/** Parameters that several entries share, by the name under which `credential_list` has them. */
export function readCredentials(list: unknown, reader: Reader): ReadonlyMap<string, Record<string, unknown>> {
  const credentials = new Map<string, Record<string, unknown>>();
  if (list === undefined || list === null) return credentials;
  if (!Array.isArray(list)) reader.warn(['credential_list'], say.listExpected);
  for (const [index, item] of Array.isArray(list) ? list.entries() : []) {
    const { credential_name: named, credential_values: values } = isObject(item) ? item : {};
    const name = reader.text(named, ['credential_list', index, 'credential_name']);
    if (name === undefined || !isObject(values)) reader.warn(['credential_list', index], say.credentialForm);
    else credentials.set(name, values);
  }
  return credentials;
}

/** Every entry that can be served; what is wrong with the others goes to `reader`. */
export function readModelList(
  list: unknown,
  credentials: ReturnType<typeof readCredentials>,
  dropParams: boolean | undefined,
  reader: Reader,
): Entry[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) {
    reader.found.push(error(['model_list'], say.noModelList));
    return [];
  }
  return list.flatMap((item, index) => {
    const entry = readEntry(item, ['model_list', index], credentials, dropParams, reader);
    return entry ? [entry] : [];
  });
}

function readEntry(
  item: unknown,
  at: readonly Segment[],
  credentials: ReturnType<typeof readCredentials>,
  dropParams: boolean | undefined,
  reader: Reader,
): Entry | undefined {
  const wrong = (place: readonly Segment[], said: Said): undefined => {
    reader.found.push(error(place, said));
  };
  if (!isObject(item)) return wrong(at, say.entryIncomplete);
  const own = item.litellm_params;
  if (!isObject(own)) return wrong(at, say.noParams);
  const inParams = [...at, 'litellm_params'];
  const credential = reader.text(own[CREDENTIAL], [...inParams, CREDENTIAL]);
  // Without it key and prompt would go to the provider's own address, wherever the credential leads.
  if (credential !== undefined && !credentials.has(credential))
    return wrong([...inParams, CREDENTIAL], say.noCredential(credential));
  const params = { ...(credential === undefined ? {} : credentials.get(credential)), ...own };
  const get = (key: string): string | undefined => reader.text(params[key], [...inParams, key]);
  const model = get('model');
  if (model === undefined) return wrong(inParams, say.noModel);
  const name = reader.text(item.model_name, [...at, 'model_name']);
  if (name === undefined) return wrong(at, say.noModelName);
  for (const key of Object.keys(params)) {
    if (!PARAMS.has(key)) reader.warn([...inParams, key], say.noCounterpart(key), true);
  }
  const base = params.api_base === undefined || params.api_base === null ? 'base_url' : 'api_base';
  const provider = get('custom_llm_provider');
  const destination = destinationOf({
    model,
    ...present({
      provider,
      apiBase: get(base) ?? firstOf(addressVariables({ model, ...present({ provider }) }), reader),
    }),
    ...present({ apiVersion: get('api_version') ?? reader.variable('AZURE_API_VERSION') }),
    ...present({
      region: get('aws_region_name') ?? reader.variable('AWS_REGION') ?? reader.variable('AWS_REGION_NAME'),
    }),
    ...present({ project: get('vertex_project'), location: get('vertex_location') }),
  });
  if ('problem' in destination) {
    reader.warn([...inParams, 'model'], destination.problem);
    return undefined;
  }
  const { keyEnv } = destination;
  if (keyEnv) destination.apiKeyEnv ??= keyEnv.find((variable) => reader.variable(variable)) ?? keyEnv[0] ?? '';
  if (destination.note !== undefined) reader.warn([...inParams, 'model'], destination.note);
  return {
    name,
    at,
    destination,
    headers: readHeaders(params, inParams, reader),
    model: {
      upstream: destination.upstream,
      ...present({ reasoningEffort: get('reasoning_effort') }),
      ...readInfo(item.model_info, params, at, reader),
    },
    ...readKey(params.api_key, [...inParams, 'api_key'], reader),
    ...readDropped(
      params,
      reader.flag(params.drop_params, [...inParams, 'drop_params']) ?? dropParams,
      destination,
      inParams,
      reader,
    ),
  };
}

/** The first of these variables that is set. */
function firstOf(names: readonly string[], reader: Reader): string | undefined {
  return names.map((name) => reader.variable(name)).find((value) => value !== undefined && value !== '');
}

/** A key by variable stays a name; a literal one is set aside. */
function readKey(value: unknown, at: readonly Segment[], reader: Reader): Pick<Entry, 'secret' | 'keyEnv'> {
  const keyEnv = variableOf(value);
  if (keyEnv !== undefined) {
    reader.text(value, at);
    return { keyEnv };
  }
  const secret = plainText(value);
  return secret === undefined ? {} : { secret };
}

function readHeaders(params: Record<string, unknown>, at: readonly Segment[], reader: Reader): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const key of ['headers', 'extra_headers']) {
    const written = params[key];
    if (written === undefined || written === null) continue;
    if (!isObject(written)) {
      reader.warn([...at, key], say.noMapping(key));
      continue;
    }
    for (const [name, value] of Object.entries(written)) {
      const text = reader.text(value, [...at, key, name]);
      if (text !== undefined) headers[name] = text;
    }
  }
  return headers;
}

/** Without drop_params everything is passed on; with it, what the preset knows to be refused goes, nothing guessed. */
function readDropped(
  params: Record<string, unknown>,
  drops: boolean | undefined,
  { preset }: Destination,
  at: readonly Segment[],
  reader: Reader,
): Pick<Entry, 'dropped' | 'learn'> {
  const list = params.additional_drop_params ?? [];
  if (!Array.isArray(list)) reader.warn([...at, 'additional_drop_params'], say.listExpected);
  const extra = Array.isArray(list) ? list.map(String) : [];
  if (!drops) return { dropped: extra, ...(drops === false && { learn: false }) };
  const refused = (preset && PRESETS[preset].unsupportedParams) ?? [];
  return extra.length === 0 ? {} : { dropped: [...new Set([...refused, ...extra])] };
}

const PRICES = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cacheRead: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
} as const;
const INFO = new Set<string>([...Object.values(PRICES), 'max_output_tokens', 'base_model']);
/** What models are for here; `mode: image_generation` and the like are told. */
const MODES = new Set<unknown>(['chat', 'responses', 'completion', 'embedding']);
/** For LiteLLM's own views only: a person loses nothing without them. */
const SILENT_INFO = new Set(['id', 'db_model', 'description']);

/** Prices per token become prices per million; the name behind a deployment tells what it can take. */
function readInfo(
  info: unknown,
  params: Record<string, unknown>,
  at: readonly Segment[],
  reader: Reader,
): Pick<ModelInput, 'price' | 'maxOutputTokens' | 'base'> {
  const known = isObject(info) ? info : {};
  for (const key of Object.keys(known)) {
    if (!INFO.has(key) && !SILENT_INFO.has(key) && !(key === 'mode' && MODES.has(known.mode)))
      reader.warn([...at, 'model_info', key], say.noCounterpart(key), true);
  }
  const placeOf = (key: string): readonly Segment[] => [...at, key in params ? 'litellm_params' : 'model_info', key];
  const perMillion = (key: string): number | undefined => {
    const value = reader.number(key in params ? params[key] : known[key], placeOf(key));
    return value === undefined ? undefined : Number((value * 1e6).toPrecision(12));
  };
  const input = perMillion(PRICES.input);
  // What embeds has no output to pay for.
  const output = perMillion(PRICES.output) ?? (known.mode === 'embedding' ? 0 : undefined);
  const [cacheRead, cacheWrite] = [perMillion(PRICES.cacheRead), perMillion(PRICES.cacheWrite)];
  const isWritten = (key: string): boolean => key in params || key in known;
  if (isWritten(PRICES.input) !== isWritten(PRICES.output) && (input === undefined || output === undefined))
    reader.warn(placeOf(isWritten(PRICES.input) ? PRICES.input : PRICES.output), say.halfPrice);
  const most = reader.number(known.max_output_tokens, [...at, 'model_info', 'max_output_tokens']);
  const base = reader.text(known.base_model ?? params.base_model, [...at, 'model_info', 'base_model']);
  return {
    ...(Number.isInteger(most) && most !== undefined && most > 0 ? { maxOutputTokens: most } : {}),
    ...(base === undefined ? {} : { base: base.slice(base.lastIndexOf('/') + 1) }),
    ...(input === undefined || output === undefined
      ? {}
      : {
          price: {
            input,
            output,
            ...(cacheRead === undefined ? {} : { cacheRead }),
            ...(cacheWrite === undefined ? {} : { cacheWrite }),
          },
        }),
  };
}
