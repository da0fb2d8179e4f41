/** model_list of an exported LiteLLM configuration: every name that is served, as LiteLLM would write it. */

import type { Backend, Target } from '../../routing/backend';
import { abilitiesFor, readBaseUrl } from '../../routing/build';
import { isPattern, upstreamOf } from '../../routing/patterns';
import { PRESETS, type PresetName, presetOf } from '../../routing/presets';
import { type RouteTable, variantEfforts } from '../../routing/resolve';
import { chatRefusal } from '../../routing/wireChoice';
import type { ModelSettings, Settings } from '../../settings/schema';
import { looksLikeKey, namesKey } from '../../wires/keyShapes';

export interface LiteLlmEntry {
  name: string;
  params: Record<string, unknown>;
  info?: Record<string, unknown>;
}

export interface ExportedModels {
  entries: LiteLlmEntry[];
  /** Alias → model name, chains followed to their end. */
  aliases: Record<string, string>;
  fallbacks: [string, string[]][];
  contextFallbacks: [string, string][];
  /** Names of the variables that hold provider keys. */
  variables: string[];
  /** What LiteLLM has no place for, as half sentences. */
  notes: string[];
}

interface Collector extends ExportedModels {
  served: Set<string>;
  /** Names of configured models, which win over the effort variants of others. */
  ids: ReadonlySet<string>;
  /** `timeouts.total` of all backends; only another value is worth a line in an entry. */
  total: number;
  use(variable: string): string;
  note(text: string): void;
}

/** @param routes the table that routes here, so that the exported names lead where they lead now */
export function exportModels(settings: Settings, backends: readonly Backend[], routes: RouteTable): ExportedModels {
  const variables = new Set<string>();
  const notes = new Set<string>();
  const out: Collector = {
    entries: [],
    // Without what every object inherits: an alias may be called `constructor`.
    aliases: Object.create(null),
    fallbacks: [],
    contextFallbacks: [],
    variables: [],
    notes: [],
    served: new Set(),
    ids: new Set(backends.flatMap(({ models }) => models.map(({ id }) => id))),
    total: settings.timeouts.total,
    use: (variable) => {
      variables.add(variable);
      return `os.environ/${variable}`;
    },
    note: (text) => void notes.add(text),
  };
  for (const backend of backends) if (carried(backend, out)) exportBackend(backend, out);
  for (const backend of backends) if (carried(backend, out)) exportRules(backend, out);
  exportAliases(settings, routes, out);
  exportLastResort(settings, backends, routes, out);
  const { entries, aliases, fallbacks, contextFallbacks } = out;
  return { entries, aliases, fallbacks, contextFallbacks, variables: [...variables].sort(), notes: [...notes] };
}

/** Backends that LiteLLM can speak to. */
function carried(backend: Backend, out: Collector): boolean {
  if (backend.preset === 'demo') {
    out.note('the built-in model demo/echo.');
    return false;
  }
  if (providerOf(backend)) return true;
  out.note(
    `the backend ${backend.name}. LiteLLM adds /v1/messages to an Anthropic address, which does not lead to this one.`,
  );
  return false;
}

/** Exact names, aliases of models, effort variants that the settings ask for. */
function exportBackend(backend: Backend, out: Collector): void {
  for (const model of backend.models.filter((entry) => !isPattern(entry))) {
    const fallbacks = [...new Set([...(model.fallbacks ?? []), ...backend.fallbacks])];
    for (const effort of [undefined, ...variantEfforts(backend, model)]) {
      const name = effort === undefined ? model.id : `${model.id}:${effort}`;
      if (effort !== undefined && out.ids.has(name)) continue;
      addEntry(out, backend, { name, upstream: upstreamOf(model, backend), model, ...(effort && { effort }) });
      if (fallbacks.length > 0) out.fallbacks.push([name, fallbacks]);
      if (model.contextFallback !== undefined) out.contextFallbacks.push([name, model.contextFallback]);
    }
    for (const alias of model.aliases ?? []) out.aliases[alias] ??= model.id;
    if (model.imagesBy !== undefined) out.note(`that pictures for ${model.id} are described by ${model.imagesBy}.`);
    if (model.hidden) out.note(`that ${model.id} is not listed.`);
    if (model.buffered) out.note(`that answers of ${model.id} are held until they are whole.`);
  }
  if (backend.apiKeyNames?.[1])
    out.note(`the keys of ${backend.name} behind the first. There several keys of a model share its requests.`);
  if (backend.routes || backend.models.some(({ routes }) => routes))
    out.note(`the routes of ${backend.name} for kinds of requests.`);
  if (backend.preset === 'vertex')
    out.note(
      `a key of ${backend.name} that lasts: an access token of Google's ends after an hour. LiteLLM's own way, vertex_ai/…, takes the credentials of a service account.`,
    );
  if (Object.keys(backend.roleRewrites).length > 0) out.note(`the role rewrites of the backend ${backend.name}.`);
  for (const name of Object.keys(backend.query).filter((query) => query !== 'api-version'))
    out.note(`the query parameter ${name} of the backend ${backend.name}.`);
}

/** Names by rule: ids with a *, the prefix of a backend, the default backend. */
function exportRules(backend: Backend, out: Collector): void {
  for (const model of backend.models.filter(isPattern))
    addEntry(out, backend, { name: model.id, upstream: upstreamOf(model, backend), model });
  tellForeignList(backend, out);
  if (backend.prefix !== '') addEntry(out, backend, { name: `${backend.prefix}*`, upstream: '*' });
  if (backend.isDefault) addEntry(out, backend, { name: '*', upstream: '*' });
  if (backend.fallbacks.length > 0 && (backend.prefix !== '' || backend.isDefault))
    out.note(`the fallbacks of ${backend.name} for models that are not listed by name.`);
}

/** LiteLLM speaks the Messages API only under names of makers whose models it knows. */
function tellForeignList(backend: Backend, out: Collector): void {
  const { prefix, base } = providerOf(backend) ?? {};
  if (prefix === 'anthropic' && base !== undefined && (backend.prefix !== '' || backend.isDefault))
    out.note(`the list of ${backend.name}. LiteLLM lists the models of Anthropic that it knows in its place.`);
}

/** Aliases of configured models stay aliases; those of a name that only a rule serves become models of their own. */
function exportAliases(settings: Settings, routes: RouteTable, out: Collector): void {
  for (const alias of Object.keys(settings.aliases)) {
    const target = routes.resolve(alias);
    if ('notFound' in target || target.backend.preset === 'demo' || !providerOf(target.backend)) {
      out.note(`the alias ${alias}. What it means is not served there.`);
    } else if (out.served.has(alias)) {
      // A model of that very name hides the alias, here as there.
    } else if (alias.includes('*')) {
      out.note(`the alias ${alias}. There a * stands for anything.`);
    } else if (
      target.suffixEffort === undefined &&
      target.model &&
      !isPattern(target.model) &&
      target.variantEffort === target.model.reasoningEffort
    ) {
      out.aliases[alias] = target.model.id;
    } else {
      addTarget(out, alias, target);
    }
  }
}

/** `fallbackModel` answers for names that nothing else serves: a rule for everything with one model behind it. */
function exportLastResort(settings: Settings, backends: readonly Backend[], routes: RouteTable, out: Collector): void {
  const name = settings.fallbackModel;
  if (name === undefined || backends.some((backend) => backend.isDefault)) return;
  const target = routes.resolve(name);
  if (!('notFound' in target) && target.backend.preset !== 'demo' && providerOf(target.backend))
    addTarget(out, '*', target);
}

function addTarget(out: Collector, name: string, target: Target): void {
  const { backend, upstreamModel: upstream, model } = target;
  const effort = target.variantEffort ?? target.suffixEffort;
  if (target.fallbacks.length > 0 && name !== '*') out.fallbacks.push([name, [...target.fallbacks]]);
  addEntry(out, backend, { name, upstream, ...(model && { model }), ...(effort !== undefined && { effort }) });
}

interface LiteLlmProvider {
  prefix: string;
  base?: string;
}

interface Wanted {
  name: string;
  upstream: string;
  model?: ModelSettings;
  effort?: string;
}

function addEntry(out: Collector, backend: Backend, { name, upstream, model, effort }: Wanted): void {
  const provider = providerOf(backend);
  if (!provider || out.served.has(name)) return;
  out.served.add(name);
  const variable = keyVariable(backend, model);
  const way = responsesWay(backend, provider.prefix, upstream, model);
  const reasoning = effort ?? model?.reasoningEffort;
  const version = backend.query['api-version'];
  const info = infoOf(model, abilitiesFor(backend, upstream, model).maxOutputTokens, provider.prefix);
  out.entries.push({
    name,
    params: {
      model: `${nameOf(provider, upstream)}/${way}${upstream}`,
      ...(provider.base !== undefined && { api_base: provider.base }),
      ...(provider.prefix === 'azure' && version !== undefined && { api_version: version }),
      // With an empty key real LiteLLM would send OPENAI_API_KEY to that server; `hosted_vllm` needs none.
      ...(provider.prefix === 'openai' && keyless(backend, model)
        ? { api_key: 'none' }
        : variable !== undefined && { api_key: out.use(variable) }),
      ...(reasoning !== undefined && { reasoning_effort: reasoning }),
      ...headersOf(backend, out),
      ...droppedOf(backend, provider.prefix),
      ...(backend.timeouts.total > 0 && backend.timeouts.total !== out.total && { timeout: backend.timeouts.total }),
    },
    ...(info && { info }),
  });
}

/**
 * For a rule LiteLLM lists every model that it knows of the provider: `openai/*` at another address would list about 180 of
 * OpenAI's. `litellm_proxy` has none of its own, and sends what it gets to any server of OpenAI's shape, over both wires.
 */
function nameOf({ prefix, base }: LiteLlmProvider, upstream: string): string {
  return prefix === 'openai' && base !== undefined && upstream.includes('*') ? 'litellm_proxy' : prefix;
}

/** Where LiteLLM has a way for the Responses wire, its names say so: for models that chat refuses too (routing/wireChoice.ts). */
function responsesWay(backend: Backend, prefix: string, upstream: string, model: ModelSettings | undefined): string {
  if (prefix !== 'openai') return '';
  const known = backend.preset === 'openai' && !backend.ownWire;
  const needed = known && chatRefusal(upstream, model) !== undefined;
  const wire = model?.wire ?? (needed ? 'responses' : backend.wire);
  return wire === 'responses' ? 'responses/' : '';
}

/** LiteLLM's provider and address for a backend; undefined where it cannot reach that address. */
function providerOf(backend: Backend): LiteLlmProvider | undefined {
  const { wire, baseUrl } = backend;
  const preset = presetOf(backend.preset);
  const own = preset !== undefined && baseUrl === readBaseUrl(preset.baseUrl)?.baseUrl;
  if (wire === 'messages') {
    const name = own && preset.wire === 'messages' ? preset.liteLlm?.names[0] : undefined;
    if (name !== undefined) return { prefix: name };
    return baseUrl.endsWith('/v1') ? { prefix: 'anthropic', base: baseUrl.slice(0, -'/v1'.length) } : undefined;
  }
  if (backend.preset === 'azure-deployments') return { prefix: 'azure', base: baseUrl.replace(/\/openai$/, '') };
  const {
    names: [name],
    addsV1,
  } = preset?.liteLlm ?? { names: [] };
  if (addsV1 && name) {
    if (baseUrl.endsWith('/v1')) return { prefix: name, base: baseUrl.slice(0, -3) };
  } else if (name && preset && !preset.fill && preset.wire === 'chat') {
    // A provider is known by its name; a server of one's own has its address written beside it.
    if (!preset.needsKey) return { prefix: name, base: baseUrl };
    if (own) return { prefix: name };
  }
  return { prefix: keyless(backend) && wire === 'chat' ? 'hosted_vllm' : 'openai', base: baseUrl };
}

/** A server of one's own for which nobody has named a key. */
function keyless({ local, apiKeyEnv, requireApiKey, auth }: Backend, model?: ModelSettings): boolean {
  if (model?.apiKeyEnv !== undefined || model?.apiKeyName !== undefined) return false;
  return auth === 'none' || (local && apiKeyEnv === undefined && !requireApiKey);
}

/** Where the key is read from; undefined where the server wants none. */
function keyVariable(backend: Backend, model: ModelSettings | undefined): string | undefined {
  if (model?.apiKeyEnv !== undefined) return model.apiKeyEnv;
  if (model?.apiKeyName !== undefined) return variableName(model.apiKeyName);
  const named = backend.apiKeyNames?.[0];
  if (named !== undefined) return /^[A-Z_][A-Z0-9_]*$/.test(named) ? named : variableName(named);
  if (backend.apiKeyEnv !== undefined) return backend.apiKeyEnv;
  if (providerOf(backend)?.prefix === 'ollama_chat') return undefined;
  return variableName(backend.name);
}

/** `my-server` → `MY_SERVER_API_KEY`. */
export function variableName(name: string): string {
  const words = name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return `${/^\d/.test(words) || words === '' ? 'KEY_' : ''}${words}_API_KEY`;
}

/** Headers that could hold a key become variables, for no key may stand in the file. */
function headersOf(backend: Backend, out: Collector): { extra_headers?: Record<string, string> } {
  const preset = backend.preset as PresetName | undefined;
  const usual = new Set(Object.keys((preset && PRESETS[preset].headers) ?? {}));
  const written = Object.entries(backend.headers).filter(([name]) => !usual.has(name));
  if (written.length === 0) return {};
  return {
    extra_headers: Object.fromEntries(
      written.map(([name, value]) => [
        name,
        namesKey(name) || looksLikeKey(value) || /(?<!https?:\/\/\S*)[^\s/]{24,}/.test(value)
          ? out.use(variableName(`${backend.name} ${name}`).replace(/_API_KEY$/, ''))
          : value,
      ]),
    ),
  };
}

/** What is dropped here; drop_params does the rest where LiteLLM knows the provider, which behind another name it does not. */
function droppedOf(backend: Backend, prefix: string): { additional_drop_params?: string[] } {
  const preset = presetOf(backend.preset);
  const usual = (preset?.liteLlm?.names.includes(prefix) && preset.unsupportedParams) || [];
  const more = backend.unsupportedParams.filter((name) => !usual.includes(name));
  return more.length > 0 ? { additional_drop_params: more } : {};
}

/** Prices per million become prices per token. */
function infoOf(
  model: ModelSettings | undefined,
  maxOutput: number | undefined,
  prefix: string,
): Record<string, unknown> | undefined {
  const perToken = (price: number) => Number((price / 1e6).toPrecision(12));
  const { price } = model ?? {};
  const info = {
    // Azure's models stand in LiteLLM's table under its own name.
    ...(model?.base !== undefined && { base_model: prefix === 'azure' ? `azure/${model.base}` : model.base }),
    ...(model?.maxOutputTokens !== undefined && { max_output_tokens: maxOutput }),
    ...(price && {
      input_cost_per_token: perToken(price.input),
      output_cost_per_token: perToken(price.output),
      ...(price.cacheRead !== undefined && { cache_read_input_token_cost: perToken(price.cacheRead) }),
      ...(price.cacheWrite !== undefined && { cache_creation_input_token_cost: perToken(price.cacheWrite) }),
    }),
  };
  return Object.keys(info).length > 0 ? info : undefined;
}
