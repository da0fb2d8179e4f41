/** What the model names of LiteLLM mean: `provider/model` and an address to a backend (docs.litellm.ai/docs/providers, 2026-11). */

import { isLocalHost, readBaseUrl } from '../../routing/build';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../routing/presets';
import { type KnownProvider, knownProvider } from '../../routing/providerTable';
import type { Said } from '../../said';
import { say } from '../sentences';
import { foundryOf, mantleOf, openAiAddress, ownAddress, whyNot } from './liteLlmOthers';

/** LiteLLM's provider prefixes and our presets. */
const PROVIDERS: ReadonlyMap<string, PresetName> = new Map(
  PRESET_NAMES.flatMap((preset) => PRESETS[preset].liteLlm?.names.map((name) => [name, preset] as const) ?? []),
);

/** Variables that may hold the address of an entry without one, best first. */
export function addressVariables(where: Pick<Where, 'model' | 'provider'>): readonly string[] {
  const parts = splitModel(where);
  const preset = presetFor(parts);
  if (preset !== undefined) return PRESETS[preset].liteLlm?.addressEnv ?? [];
  const { addressEnv } = knownProvider(parts.provider ?? '') ?? ownAddress(parts.provider ?? '') ?? {};
  return addressEnv === undefined ? [] : [addressEnv];
}

function presetFor({ provider, model }: { provider?: string; model: string }): PresetName | undefined {
  if (provider !== undefined) return PROVIDERS.get(provider);
  return PRESET_NAMES.find((preset) => PRESETS[preset].liteLlm?.bare?.test(model));
}

export interface Destination {
  /** Name of the backend to make, before it is made unique. */
  name: string;
  preset?: PresetName;
  baseUrl?: string;
  query: Record<string, string>;
  /** Where the key is when the entry names none. */
  apiKeyEnv?: string;
  /** Variables that may hold it, best first, where there are several. */
  keyEnv?: readonly string[];
  /** The way, where the name says it (`openai/responses/…`). */
  wire?: 'responses';
  /** Name sent upstream. */
  upstream: string;
  /** Something a person should know about this reading. */
  note?: Said;
}

/** The parts of `litellm_params` that decide where a model is; already freed of `os.environ/…`. */
export interface Where {
  model: string;
  provider?: string;
  apiBase?: string;
  apiVersion?: string;
  region?: string;
  project?: string;
  location?: string;
}

/** Where a LiteLLM model goes, or a sentence why we cannot send it anywhere. */
export function destinationOf(where: Where): Destination | { problem: Said } {
  const { apiBase } = where;
  const { provider, model } = splitModel(where);
  const preset = presetFor({ ...(provider === undefined ? {} : { provider }), model });
  if (preset === undefined) {
    const known = knownProvider(provider ?? '');
    if (known) return tableProvider(known, model, apiBase);
    if (provider === 'bedrock_mantle') return mantle(model, where);
    if (apiBase === undefined) return { problem: say.leftOut(whyNot(provider)) };
    if (provider !== undefined && ownAddress(provider)) return withOwnAddress(provider, model, apiBase);
    return {
      name: provider ?? 'openai',
      baseUrl: apiBase,
      query: {},
      upstream: model,
      note: provider === undefined ? say.namelessAsOpenAi : say.spokenToAsOpenAi(provider),
    };
  }
  const way = PRESETS[preset].liteLlm?.ways?.exec(model)?.[0] ?? '';
  const destination: Plain = {
    ...{ name: preset, preset, query: {}, upstream: model.slice(way.length) },
    ...(way === 'responses/' ? { wire: 'responses' as const } : {}),
  };
  switch (preset) {
    case 'openai':
      return openAi(destination, apiBase);
    case 'anthropic':
      return { ...destination, ...(apiBase === undefined ? {} : { baseUrl: withVersion(apiBase, '/messages') }) };
    case 'azure-deployments':
      return azure(destination, where);
    case 'bedrock':
      return bedrock(destination, where);
    case 'vertex':
      return vertex(destination, where);
    default:
      return { ...destination, ...(apiBase === undefined ? {} : { baseUrl: apiBase }) };
  }
}

/** A provider that is an address and a key. A server on this machine is not given the key. */
function tableProvider({ name, baseUrl, keyEnv }: KnownProvider, model: string, apiBase = baseUrl): Destination {
  const local = apiBase !== baseUrl && isLocalHost(readBaseUrl(apiBase)?.host ?? '');
  return { name, baseUrl: apiBase, query: {}, upstream: model, ...(local ? {} : { keyEnv }) };
}

/** A provider where each customer has an address. */
function withOwnAddress(name: string, upstream: string, apiBase: string): Destination {
  const own = ownAddress(name)!;
  const plain = { name, query: {}, upstream, apiKeyEnv: own.keyEnv };
  const foundry = name === 'azure_ai' ? foundryOf(apiBase) : undefined;
  if (foundry === undefined) return { ...plain, baseUrl: openAiAddress(own, apiBase) };
  return /^claude/.test(upstream)
    ? { ...plain, preset: 'anthropic', baseUrl: `${foundry}/anthropic/v1` }
    : { ...plain, preset: 'azure', baseUrl: `${foundry}/openai/v1` };
}

function mantle(model: string, { apiBase, region = 'us-east-1' }: Where): Destination | { problem: Said } {
  const { upstream, baseUrl, responses } = mantleOf(model, region);
  if (upstream.startsWith('anthropic.')) return { problem: say.mantleClaude };
  return {
    ...{ name: 'bedrock_mantle', baseUrl: apiBase ?? baseUrl, query: {}, upstream },
    keyEnv: ['BEDROCK_MANTLE_API_KEY', 'AWS_BEARER_TOKEN_BEDROCK'],
    ...(responses && { wire: 'responses' as const }),
  };
}

function splitModel({ model, provider }: Pick<Where, 'model' | 'provider'>): { provider?: string; model: string } {
  const slash = model.indexOf('/');
  const front = slash > 0 ? model.slice(0, slash) : undefined;
  if (provider !== undefined) return { provider, model: front === provider ? model.slice(slash + 1) : model };
  if (front === undefined) return { model };
  return { provider: front, model: model.slice(slash + 1) };
}

type Plain = Destination & { preset: PresetName };

/** Another server that speaks OpenAI's API is no OpenAI: nothing is assumed about it, and its name says so. */
function openAi(destination: Plain, apiBase: string | undefined): Destination {
  if (apiBase === undefined || readBaseUrl(apiBase)?.host === 'api.openai.com') {
    return { ...destination, ...(apiBase === undefined ? {} : { baseUrl: apiBase }) };
  }
  const host = readBaseUrl(apiBase)?.host ?? '';
  const { preset: _openai, ...rest } = destination;
  // LiteLLM falls back to OPENAI_API_KEY here as well; a server on this machine is not given it.
  const key = isLocalHost(host) ? {} : { apiKeyEnv: PRESETS.openai.keyEnv[0] ?? '' };
  return { ...rest, ...key, name: host.replaceAll(/[^\w.-]/g, '') || 'server', baseUrl: apiBase };
}

/** LiteLLM adds /v1/… to Anthropic's base by itself. */
function withVersion(apiBase: string, route: string): string {
  const base = apiBase.replace(/\/+$/, '');
  const bare = base.endsWith(route) ? base.slice(0, -route.length) : base;
  return bare.endsWith('/v1') ? bare : `${bare}/v1`;
}

function azure(destination: Plain, { apiBase, apiVersion }: Where): Destination | { problem: Said } {
  if (apiBase === undefined) return { problem: say.azureAddress };
  const base = apiBase.replace(/\/openai\/deployments(\/.*)?$/, '/openai').replace(/\/+$/, '');
  const query: Record<string, string> = apiVersion === undefined ? {} : { 'api-version': apiVersion };
  // Azure has no deployment path for Responses.
  if (destination.wire === 'responses' && !base.endsWith('/v1'))
    return {
      ...destination,
      name: 'azure',
      preset: 'azure',
      baseUrl: `${base.replace(/\/openai$/, '')}/openai/v1`,
      query: {},
    };
  if (base.endsWith('/openai/v1')) return { ...destination, name: 'azure', preset: 'azure', baseUrl: base, query };
  return { ...destination, name: 'azure', baseUrl: base, query };
}

function bedrock(destination: Plain, { apiBase, region }: Where): Destination | { problem: Said } {
  if (apiBase !== undefined) return { ...destination, baseUrl: apiBase };
  if (region === undefined) return { problem: say.bedrockRegion };
  return {
    ...destination,
    baseUrl: PRESETS.bedrock.baseUrl.replace('{region}', region),
    note: say.bedrockWay,
  };
}

function vertex(destination: Plain, { apiBase, project, location }: Where): Destination | { problem: Said } {
  const upstream = /^gemini-/.test(destination.upstream) ? `google/${destination.upstream}` : destination.upstream;
  if (apiBase !== undefined) return { ...destination, upstream, baseUrl: apiBase };
  if (project === undefined) return { problem: say.vertexProject };
  const place = location ?? 'global';
  const host = place === 'global' ? 'aiplatform.googleapis.com' : `${place}-aiplatform.googleapis.com`;
  return {
    ...destination,
    upstream,
    baseUrl: `https://${host}/v1/projects/${project}/locations/${place}/endpoints/openapi`,
    note: say.vertexWay,
  };
}
