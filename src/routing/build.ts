/** From settings to backends that are ready for use: preset and settings merged, addresses made whole (design §4). */

import { cachesPrompts, EFFORT_PARAMS } from '../models/families';
import type { BackendSettings, ModelSettings, Settings, Timeouts } from '../settings/schema';
import type { EmitTarget } from '../wires/codec';
import { schemaDialectOf } from '../wires/schemaDialects';
import type { ReasoningField, Wire } from '../wires/wire';
import type { Abilities, AuthScheme, Quirks } from './abilities';
import type { Backend, Target } from './backend';
import { implicitDefault } from './implicitDefault';
import { isOwnHeader } from './ownHeaders';
import { perTarget } from './perTarget';
import type { Preset } from './preset';
import { familyOf, PRESETS, presetOf } from './presets';
import { hasNoPath } from './providerTable';

type Environment = Readonly<Record<string, string | undefined>>;

const REASONING_OF_WIRE: Record<Wire, ReasoningField> = {
  chat: 'reasoning_effort',
  responses: 'reasoning',
  messages: 'thinking',
};
const AUTH_OF_WIRE: Record<Wire, AuthScheme> = { chat: 'bearer', responses: 'bearer', messages: 'x-api-key' };

/** What holds for an upstream nobody knows anything about. */
const CAREFUL_QUIRKS: Quirks = {
  maxIdLength: 64,
  refusedSchemaKeys: [],
  strictTools: false,
  maxTokensField: 'max_tokens',
  streamUsage: true,
  deploymentPaths: false,
};

/**
 * Every backend of validated settings, in their order. Among several presets' key variables the one that is set in `env` is
 * taken. Throws a sentence for a base URL that is missing or no URL, which `validateSettings` reports before it comes to that.
 */
export function buildBackends(settings: Settings, env: Environment = {}): Backend[] {
  const onlyOne = implicitDefault(settings.backends);
  return settings.backends.map((backend) =>
    buildBackend(backend, {
      timeouts: settings.timeouts,
      env,
      isDefault: backend.default === true || backend === onlyOne,
    }),
  );
}

function buildBackend(
  written: BackendSettings,
  { timeouts, env, isDefault }: { timeouts: Timeouts; env: Environment; isDefault: boolean },
): Backend {
  const preset = written.preset === undefined ? undefined : PRESETS[written.preset];
  const wire = written.wire ?? preset?.wire ?? 'chat';
  const address = readBaseUrl(
    written.baseUrl ?? preset?.baseUrl,
    preset?.hostPath ?? (hasNoPath(written.baseUrl) ? '' : undefined),
  );
  if (address === undefined) throw new Error(`The backend ${written.name} has no usable base URL.`);
  const local = written.preset === 'demo' || isLocalHost(address.host);
  const apiKeyEnv = written.apiKeyEnv ?? preset?.keyEnv.find((name) => env[name]) ?? preset?.keyEnv[0];
  const ownAbilities = writtenAbilities(written);
  return {
    name: written.name,
    ...(written.preset === undefined ? {} : { preset: written.preset }),
    baseUrl: address.baseUrl,
    wire,
    ...(written.wire !== undefined && { ownWire: true }),
    prefix: written.prefix ?? `${written.name}/`,
    isDefault,
    auth: authOf(preset, wire),
    ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }),
    ...(written.apiKeyNames?.length && { apiKeyNames: written.apiKeyNames }),
    requireApiKey: written.requireApiKey ?? (preset?.needsKey === true && !local),
    headers: { ...lowerKeys(preset?.headers), ...withoutOwn(lowerKeys(written.headers)) },
    query: { ...preset?.query, ...address.query, ...written.query },
    roleRewrites: written.roleRewrites ?? {},
    unsupportedParams: written.unsupportedParams ?? preset?.unsupportedParams ?? [],
    ...(written.unsupportedParams && { ownUnsupportedParams: written.unsupportedParams }),
    ...(written.edits === 'none' && { keepsBytes: true }),
    ...(written.learn === false && { learns: false }),
    ...(written.passThrough && written.preset !== 'demo' && { passesThrough: true }),
    models: written.models ?? [],
    fallbacks: written.fallbacks ?? [],
    ...(written.routes && { routes: written.routes }),
    timeouts: { ...timeouts, ...defined(written.timeouts ?? {}) },
    abilities: { ...presetAbilities(preset, wire), ...ownAbilities },
    ownAbilities,
    quirks: quirksOf(preset, wire),
    local,
  };
}

/**
 * The built-in model `demo/echo`, servable under every configuration without being part of it: it is listed only where the
 * settings name it. Its address is never called.
 */
export function demoBackend(timeouts: Timeouts): Backend {
  return buildBackend({ name: 'demo', preset: 'demo' }, { timeouts, env: {}, isDefault: false });
}

/**
 * What a model can take: careful value < preset < model family < backend settings < model settings.
 * `entry` is the configured model, where there is one.
 */
export function abilitiesFor(backend: Backend, upstreamModel: string, entry?: ModelSettings): Abilities {
  const preset = presetOf(backend.preset);
  const family = familyOf(preset, modelNameOf(upstreamModel, entry), entry?.base !== undefined);
  const written = { ...backend.ownAbilities, ...(entry ? writtenAbilities(entry) : {}) };
  const words = family?.effortWords ?? family?.abilities.efforts;
  return {
    ...presetAbilities(preset, backend.wire),
    ...familyAbilities(backend, preset, family, entry),
    ...written,
    ...(family?.quirks?.thinkingSwitch && { thinkingSwitch: true }),
    ...(words && { effortWords: [...words, ...(written.efforts ?? [])] }),
  };
}

/** Whose facts hold: the model named by `base` where its own name says nothing. */
export function modelNameOf(upstreamModel: string, entry?: ModelSettings): string {
  return entry?.base ?? upstreamModel;
}

function familyAbilities(
  backend: Backend,
  preset: Preset | undefined,
  family: ReturnType<typeof familyOf>,
  entry: ModelSettings | undefined,
): Partial<Abilities> {
  if (!family) return {};
  const wire = 'wire' in family ? family.wire : preset?.wire;
  const fields: Partial<Abilities> = { ...onWire(wire === backend.wire, family.abilities) };
  // Where an output limit reserves credit, the model's own maximum would reserve all of it (402).
  if (backend.quirks.reserveTokens !== undefined) delete fields.maxOutputTokens;
  // A relay may not know custom tools, whatever the model knows.
  if (preset?.abilities?.developerRole || entry?.base !== undefined) return fields;
  const { customTools: _ofTheMaker, ...rest } = fields;
  return rest;
}

/**
 * The same target on another wire of its provider (issue 15 §1): address and key stay, what depends on the wire follows.
 */
export function targetOnWire(target: Target, wire: Wire): Target {
  return target.backend.wire === wire ? target : onOtherWire[wire](target);
}

const onOtherWire: Readonly<Record<Wire, (target: Target) => Target>> = {
  chat: perTarget((target: Target) => withWire(target, 'chat')),
  responses: perTarget((target: Target) => withWire(target, 'responses')),
  messages: perTarget((target: Target) => withWire(target, 'messages')),
};

function withWire(target: Target, wire: Wire): Target {
  const preset = presetOf(target.backend.preset);
  const backend: Backend = {
    ...target.backend,
    wire,
    auth: authOf(preset, wire),
    quirks: quirksOf(preset, wire),
  };
  backend.abilities = { ...presetAbilities(preset, wire), ...backend.ownAbilities };
  return { ...target, backend, abilities: abilitiesFor(backend, target.upstreamModel, target.model) };
}

/** What is known of the model a target asks, whatever serves it. */
export const knownFamily = perTarget(({ backend, upstreamModel, model }: Target) =>
  familyOf(presetOf(backend.preset), modelNameOf(upstreamModel, model), model?.base !== undefined),
);

/** Parameters that the model refuses whatever serves it; an effort is one only where the settings say nothing else. */
export const documentedRefusals = perTarget((target: Target): readonly string[] => {
  const refused = knownFamily(target)?.unsupportedParams ?? [];
  return target.abilities.reasoningField === 'none' ? refused : refused.filter((name) => !EFFORT_PARAMS.includes(name));
});

/** Facts of what serves the model, and of the model where it differs. */
export const quirksFor = perTarget(
  (target: Target): Quirks => ({ ...target.backend.quirks, ...knownFamily(target)?.quirks }),
);

/** What an emitter has to know about a target (wires/codec.ts). `addCacheControl` is the setting `cursor.cacheControl`. */
export function emitTargetFor(target: Target, options: { addCacheControl?: boolean } = {}): EmitTarget {
  return options.addCacheControl ? withCacheControl(target) : withoutCacheControl(target);
}
const withCacheControl = perTarget((target: Target) => makeEmitTarget(target, true));
const withoutCacheControl = perTarget((target: Target) => makeEmitTarget(target, false));

function makeEmitTarget(target: Target, addCacheControl: boolean): EmitTarget {
  const { backend, abilities } = target;
  const quirks = quirksFor(target);
  const refused = documentedRefusals(target);
  return {
    model: target.upstreamModel,
    customTools: abilities.customTools,
    reasoningField: abilities.reasoningField,
    serviceTier: abilities.serviceTier,
    developerRole: abilities.developerRole,
    metadata: abilities.metadata,
    ...(abilities.maxOutputTokens === undefined ? {} : { maxOutputTokens: abilities.maxOutputTokens }),
    maxIdLength: quirks.maxIdLength,
    unsupportedParams: [...new Set([...backend.unsupportedParams, ...refused])],
    refusedSchemaKeys: quirks.refusedSchemaKeys,
    schemaDialect: schemaDialectOf(backend, target.upstreamModel),
    roleRewrites: backend.roleRewrites,
    strictTools: quirks.strictTools,
    ...defined({
      maxStops: quirks.maxStops,
      endsWithUser: quirks.endsWithUser,
      thinkingField: quirks.thinkingField,
      historyRefuses: quirks.historyRefuses,
      thinkingSwitch: quirks.thinkingSwitch,
      forcedChoice: quirks.forcedChoice,
      thinksUnasked: quirks.thinksUnasked,
      thinkingOff: quirks.thinkingOff,
      bindsThinking: quirks.bindsThinking,
      jsonSchema: quirks.jsonSchema,
      aboveZero: quirks.aboveZero,
    }),
    ...(abilities.systemMessages === 'one' && { systemMessages: 'one' }),
    addCacheControl,
    ...(quirks.cacheMarks &&
      cachesPrompts(modelNameOf(target.upstreamModel, target.model)) && { cacheMarks: true as const }),
    maxTokensField: quirks.maxTokensField,
  };
}

/**
 * Where a request goes. `route` is the part behind the base URL, as `chat/completions`; one that begins with `v1/` is not
 * doubled. The model name never decides on host or base path; in Azure's deployment form it is one escaped path segment.
 */
export function upstreamUrl(backend: Backend, route: string, upstreamModel = ''): string {
  const suffix = route.replace(/^\/+/, '').replace(/^v1\/+/, '');
  const deployment =
    backend.quirks.deploymentPaths && upstreamModel !== '' ? `deployments/${pathSegment(upstreamModel)}/` : '';
  const query = new URLSearchParams(backend.query).toString();
  return `${backend.baseUrl}/${deployment}${suffix}${query === '' ? '' : `?${query}`}`;
}

/** Dots alone would climb the path, escaped once they still do (WHATWG URL), so they are escaped twice; half a surrogate pair would throw. */
function pathSegment(text: string): string {
  return encodeURIComponent(
    text.replace(/\p{Surrogate}/gu, '\ufffd').replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E')),
  );
}

/**
 * A base URL made whole: no trailing slash, `/v1` (or `hostPath`) where no path is written, a query taken apart.
 * Undefined for what is no http URL or still has a placeholder.
 */
export function readBaseUrl(
  text: string | undefined,
  hostPath = '/v1',
): { baseUrl: string; host: string; query: Record<string, string> } | undefined {
  if (text === undefined || /[{}]/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  return {
    baseUrl: url.origin + (path === '' ? hostPath : path),
    host: url.hostname,
    query: Object.fromEntries(url.searchParams),
  };
}

/** Loopback, private and link-local addresses and the names that only mean such: never behind a proxy. */
export function isLocalHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === 'host.docker.internal' || /\.(localhost|local|lan)$/.test(name)) return true;
  if (name.includes(':')) return name === '::1' || /^(f[cd]|fe[89ab])/.test(name) || /^::ffff:7f/.test(name);
  const octets = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(name);
  if (!octets) return false;
  const [first, second] = [Number(octets[1]), Number(octets[2])];
  return (
    first === 127 ||
    first === 10 ||
    name === '0.0.0.0' ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 172 && second >= 16 && second <= 31)
  );
}

function authOf(preset: Preset | undefined, wire: Wire): AuthScheme {
  if (preset === undefined) return AUTH_OF_WIRE[wire];
  return (wire === preset.wire ? undefined : preset.authFor?.[wire]) ?? preset.auth;
}

function presetAbilities(preset: Preset | undefined, wire: Wire): Abilities {
  return {
    customTools: 'function',
    reasoningField: REASONING_OF_WIRE[wire],
    efforts: [],
    serviceTier: false,
    developerRole: false,
    metadata: false,
    ...forWire(preset, wire, preset?.abilities),
  };
}

/** On another wire than the preset's own an effort has that wire's form; that a model takes none stays true. */
function forWire(preset: Preset | undefined, wire: Wire, abilities: Partial<Abilities> = {}): Partial<Abilities> {
  return onWire(preset === undefined || wire === preset.wire, abilities);
}

function onWire(own: boolean, abilities: Partial<Abilities>): Partial<Abilities> {
  if (own || abilities.reasoningField === 'none') return abilities;
  const { reasoningField: _otherForm, ...rest } = abilities;
  return rest;
}

function quirksOf(preset: Preset | undefined, wire: Wire): Quirks {
  // OpenAI's chat API takes 40, and so may whatever stands behind a chat address; the other APIs take 64 (N25, S9).
  const careful = wire === 'chat' ? 40 : 64;
  const own = wire === preset?.wire ? preset.quirks?.maxIdLength : undefined;
  return { ...CAREFUL_QUIRKS, ...preset?.quirks, maxIdLength: own ?? careful };
}

function writtenAbilities(written: BackendSettings | ModelSettings): Partial<Abilities> {
  const { customTools, reasoningField, efforts, serviceTier, developerRole, metadata, maxOutputTokens } = written;
  const { systemMessages } = written;
  return defined({
    customTools,
    reasoningField,
    efforts,
    serviceTier,
    developerRole,
    metadata,
    systemMessages,
    maxOutputTokens,
  });
}

/** The same object without the keys whose value is undefined, so that spreading it overrides nothing by accident. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function lowerKeys(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutOwn(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isOwnHeader(name)));
}
