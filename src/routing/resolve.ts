/** Which backend and upstream model a name means (design §5). Pure: no network, no clock; a name never becomes an address. */

import { undecorate as undecorateCursorName } from '../cursor/names';
import type { ModelSettings, Settings } from '../settings/schema';
import type { Backend, Target } from './backend';
import { abilitiesFor, demoBackend } from './build';
import { ownName } from './claudeCodeNames';
import { keyPlaces } from './keyPlaces';
import type { Kind } from './kinds';
import { mayHave, providerIn } from './missingProvider';
import { nearNames } from './nearNames';
import { isPattern, restOf, splitPattern, upstreamOf } from './patterns';
import { PRESET_NAMES, PRESETS } from './presets';

export interface NotFound {
  /** The name as asked. */
  notFound: string;
  /** Servable names that look like it, best first. */
  near: string[];
  /** The provider that its prefix names, when that is no backend. */
  missing?: string;
}

export interface RouteTable {
  /**
   * The target of a name as the client wrote it, in the order of design §5. An empty name is for `fallbackModel` only: whether
   * a request without a model is a 400 is the caller's decision.
   */
  resolve(name: string): Target | NotFound;
  /** Names that are served and known without asking anybody: aliases, configured models and their effort variants. */
  listed(): string[];
  /** Where to go when `target` fails before its first content: its fallback names resolved, one level deep, no target twice. */
  fallbackTargets(target: Target): Target[];
  /** The model that takes the place of `target` for a kind of request, one level deep; undefined where nothing serves its name. */
  kindTarget(target: Target, kind: Kind): Target | undefined;
}

export interface RouteTableOptions {
  /** Model ids that backends themselves list, by backend name; may be filled in later, it is read at each request. */
  lists?: ReadonlyMap<string, readonly string[]>;
  /** Splits Cursor's decorations off a name (M8, M9). */
  undecorate?: typeof undecorateCursorName;
}

/** Names that are kept with their targets; clients send whatever they like. */
const MOST_RESOLVED = 1_000;

interface Match {
  backend: Backend;
  upstreamModel: string;
  clientModel: string;
  via: Target['via'];
  model?: ModelSettings;
  variantEffort?: string;
}

/** Where a family of names goes: a backend's prefix, or a configured model whose id holds one `*`. */
interface Route {
  backend: Backend;
  before: string;
  after: string;
  upstream: (rest: string) => string;
  model?: ModelSettings;
}

/**
 * Builds the table for one configuration. Settings are expected to have passed `validateSettings`; an alias loop that got
 * through resolves to nothing.
 */
export function createRouteTable(
  settings: Settings,
  backends: readonly Backend[],
  { lists = new Map(), undecorate = undecorateCursorName }: RouteTableOptions = {},
): RouteTable {
  const exact = exactNames(settings, backends);
  const modelAliases = aliasesOfModels(backends);
  const aliases = new Map(Object.entries(settings.aliases));
  const variants = effortVariants(backends);
  const routes = sortedRoutes(backends);
  const defaultBackend = backends.find((backend) => backend.isDefault);

  /** A configured id keeps its name, whatever else would have it (M6). */
  const configured = (name: string): Match | undefined =>
    exact.get(name) ?? modelAliases.get(name) ?? variants.get(name);

  function find(name: string, seen: readonly string[] = []): Match | undefined {
    const alias = exact.has(name) ? undefined : aliases.get(name);
    if (alias !== undefined) {
      const match = seen.includes(name) ? undefined : find(alias, [...seen, name]);
      return match && { ...match, via: 'alias' };
    }
    const match = configured(name);
    if (match) return match;
    for (const route of routes) {
      const rest = restOf(route, name);
      if (rest !== undefined) return routed(route, name, rest);
    }
    const backend = name === '' ? undefined : defaultBackend;
    return backend && mayHave(backend, name, lists.get(backend.name))
      ? { backend, upstreamModel: name, clientModel: name, via: 'default' }
      : undefined;
  }

  function routed(route: Route, name: string, rest: string): Match {
    const { backend, model } = route;
    const upstreamModel = wholeName(route, name, lists.get(backend.name)) ?? route.upstream(rest);
    const plain = { backend, upstreamModel, clientModel: name, via: 'prefix' as const, ...(model ? { model } : {}) };
    if (lists.get(backend.name)?.includes(upstreamModel)) return plain;
    const colon = name.lastIndexOf(':');
    const base = colon > 0 ? restOf(route, name.slice(0, colon)) : undefined;
    if (base === undefined) return plain;
    const variantEffort = name.slice(colon + 1);
    const efforts = abilitiesFor(backend, route.upstream(base), model).efforts;
    if (!efforts.includes(variantEffort)) return plain;
    return { ...plain, upstreamModel: route.upstream(base), clientModel: name.slice(0, colon), variantEffort };
  }

  /** Not merely matched by a prefix: configured, or in the list of the backend that it goes to. */
  function known(name: string): boolean {
    const match = find(name);
    if (!match) return false;
    if (match.via === 'exact' || match.via === 'alias') return true;
    return match.variantEffort !== undefined || (lists.get(match.backend.name)?.includes(match.upstreamModel) ?? false);
  }

  /**
   * M8: a decoration goes only when the bare name is servable and the full one is not. A prefix or default backend would take
   * any name, so servable means known first. Where no list tells, an effort or a bracket list is plain enough to go; a bare
   * `-fast` is not, for real models end in it.
   */
  function bareName(name: string): ReturnType<typeof undecorate> {
    if (known(name)) return undefined;
    const certain = undecorate(name, (bare) => bare !== name && known(bare));
    if (certain) return certain;
    const likely = likelyBareName(name);
    return likely && (likely.effort !== undefined || name.endsWith(']')) ? likely : undefined;
  }

  /** The barest name that anything matches: one that still carries an effort is not bare. */
  function likelyBareName(name: string): ReturnType<typeof undecorate> {
    const reachable = (bare: string): boolean => bare !== name && find(bare) !== undefined;
    return undecorate(name, (bare) => reachable(bare) && likelyBareName(bare)?.effort === undefined);
  }

  const resolved = new Map<string, Target>();
  let listsThen: readonly (readonly string[] | undefined)[] = [];

  /** A name that was found is looked up once, until a backend's own list is another one. */
  function resolve(asked: string): Target | NotFound {
    const listsNow = backends.map((backend) => lists.get(backend.name));
    if (listsNow.some((list, at) => list !== listsThen[at])) resolved.clear();
    listsThen = listsNow;
    const before = resolved.get(asked);
    if (before) return before;
    const found = lookUp(asked);
    if (resolved.size >= MOST_RESOLVED) resolved.clear();
    if (!('notFound' in found)) resolved.set(asked, found);
    return found;
  }

  function lookUp(asked: string): Target | NotFound {
    const name = known(asked) ? asked : ownName(asked);
    const bare = bareName(name);
    const match = find(bare?.name ?? name);
    if (match) {
      return {
        ...targetOf(match),
        ...(bare?.effort === undefined ? {} : { suffixEffort: bare.effort }),
        ...(bare?.tier === undefined ? {} : { tier: bare.tier }),
      };
    }
    const last = settings.fallbackModel === undefined ? undefined : find(settings.fallbackModel);
    if (last) return targetOf({ ...last, via: 'fallbackModel' });
    const listed = backends.flatMap((backend) => clientNames(backend, lists.get(backend.name) ?? []));
    const provider = providerIn(name);
    return {
      notFound: name,
      near: nearNames(name, [...names(), ...listed, ...exact.keys()]),
      ...(provider !== undefined && backends.every(({ preset }) => preset !== provider) && { missing: provider }),
    };
  }

  function names(): string[] {
    const served = [...aliases.keys()].filter((name) => find(name) !== undefined);
    return [...new Set([...served, ...backends.flatMap((backend) => configuredNames(backend))])];
  }

  function fallbackTargets(target: Target): Target[] {
    const taken = [target];
    for (const name of target.fallbacks) {
      const found = resolve(name);
      if ('notFound' in found) continue;
      const next = { ...carryWishes(target, found), fallbacks: [] };
      if (!taken.some((other) => sameTarget(other, next))) taken.push(next);
    }
    return taken.slice(1);
  }

  function kindTarget(target: Target, kind: Kind): Target | undefined {
    const name = target.routes?.[kind];
    const found = name === undefined ? undefined : resolve(name);
    if (!found || 'notFound' in found) return undefined;
    const { routes: _ofItsOwn, ...next } = carryWishes(target, found);
    return sameTarget(target, next) ? undefined : next;
  }

  return { resolve, listed: names, fallbackTargets, kindTarget };
}

/**
 * The names under which clients reach what a backend itself lists: its prefix and patterns applied, effort variants where the
 * backend's own settings ask for them. Empty for a backend that serves configured names only.
 */
export function clientNames(backend: Backend, upstreamIds: readonly string[]): string[] {
  const preset = PRESET_NAMES.find((name) => name === backend.preset);
  const listPrefix = (preset && PRESETS[preset].listPrefix) ?? '';
  const ids = upstreamIds.map((id) => (id.startsWith(listPrefix) ? id.slice(listPrefix.length) : id));
  const prefixed = backend.prefix !== '' || backend.isDefault ? ids.map((id) => backend.prefix + id) : [];
  const patterned = backend.models.filter(isPattern).flatMap((model) => {
    const outside = splitPattern(model.id);
    const inside = splitPattern(upstreamOf(model, backend));
    return ids.flatMap((id) => {
      const rest = restOf(inside, id);
      return rest === undefined ? [] : [outside.before + rest + outside.after];
    });
  });
  const names = [...new Set([...prefixed, ...patterned])];
  const efforts = backend.ownAbilities?.efforts ?? [];
  return names.flatMap((name) => [name, ...efforts.map((effort) => `${name}:${effort}`)]);
}

function exactNames(settings: Settings, backends: readonly Backend[]): Map<string, Match> {
  const table = new Map<string, Match>();
  for (const backend of backends) {
    for (const model of backend.models.filter((entry) => !isPattern(entry))) {
      if (!table.has(model.id)) table.set(model.id, exactMatch(backend, model));
    }
  }
  const echo = 'demo/echo';
  const taken = backends.some((backend) => backend.prefix !== '' && echo.startsWith(backend.prefix));
  if (!taken && !table.has(echo) && !Object.hasOwn(settings.aliases, echo)) {
    table.set(echo, {
      backend: demoBackend(settings.timeouts),
      upstreamModel: 'echo',
      clientModel: echo,
      via: 'exact',
    });
  }
  return table;
}

function exactMatch(backend: Backend, model: ModelSettings): Match {
  return { backend, model, upstreamModel: upstreamOf(model, backend), clientModel: model.id, via: 'exact' };
}

function aliasesOfModels(backends: readonly Backend[]): Map<string, Match> {
  const table = new Map<string, Match>();
  for (const backend of backends) {
    for (const model of backend.models.filter((entry) => !isPattern(entry))) {
      for (const alias of model.aliases ?? []) {
        if (!table.has(alias)) table.set(alias, { ...exactMatch(backend, model), via: 'alias' });
      }
    }
  }
  return table;
}

/** `id:low` of every configured model that has efforts. */
function effortVariants(backends: readonly Backend[]): Map<string, Match> {
  const table = new Map<string, Match>();
  for (const backend of backends) {
    for (const model of backend.models) {
      for (const effort of variantEfforts(backend, model)) {
        table.set(`${model.id}:${effort}`, { ...exactMatch(backend, model), variantEffort: effort });
      }
    }
  }
  return table;
}

/** A model has another name for each of its efforts, as `gpt-5:low`. */
export function variantEfforts(backend: Backend, model: ModelSettings): readonly string[] {
  if (model.reasoningEffort !== undefined || isPattern(model)) return [];
  return abilitiesFor(backend, upstreamOf(model, backend), model).efforts;
}

function configuredNames(backend: Backend): string[] {
  return backend.models
    .filter((model) => !isPattern(model) && model.hidden !== true)
    .flatMap((model) => [
      model.id,
      ...(model.aliases ?? []),
      ...variantEfforts(backend, model).map((effort) => `${model.id}:${effort}`),
    ]);
}

/**
 * A name that goes out whole although the prefix of its backend stands before it: the backend lists it so, or it is one of the
 * provider's own models, as `openrouter/auto`.
 */
function wholeName({ backend, model, before }: Route, name: string, list: readonly string[] = []): string | undefined {
  if (model !== undefined) return undefined;
  if (list.includes(name) && !list.includes(name.slice(before.length))) return name;
  const preset = PRESET_NAMES.find((known) => known === backend.preset);
  const author = preset && PRESETS[preset].ownAuthor;
  return author === before && !name.slice(before.length).includes('/') ? name : undefined;
}

/** Longest literal text first; among equals the order of the settings decides, never that of a map. */
function sortedRoutes(backends: readonly Backend[]): Route[] {
  const prefixes = backends
    .filter((backend) => backend.prefix !== '')
    .map((backend): Route => ({ backend, before: backend.prefix, after: '', upstream: (rest) => rest }));
  const patterns = backends.flatMap((backend) =>
    backend.models.filter(isPattern).map((model): Route => {
      const inside = upstreamOf(model, backend);
      return { backend, model, ...splitPattern(model.id), upstream: (rest) => inside.replace('*', () => rest) };
    }),
  );
  const weight = (route: Route): number => route.before.length + route.after.length;
  return [...prefixes, ...patterns].sort((one, other) => weight(other) - weight(one));
}

function targetOf({ backend, upstreamModel, clientModel, via, model, variantEffort }: Match): Target {
  const keys = keyPlaces(backend, model);
  const effort = variantEffort ?? model?.reasoningEffort;
  return {
    backend,
    upstreamModel,
    clientModel,
    ...keys[0],
    ...(keys.length > 1 && { keys }),
    abilities: abilitiesFor(backend, upstreamModel, model),
    ...(model ? { model } : {}),
    fallbacks: [...new Set([...(model?.fallbacks ?? []), ...backend.fallbacks])],
    ...((backend.routes || model?.routes) && { routes: { ...backend.routes, ...model?.routes } }),
    ...(effort === undefined ? {} : { variantEffort: effort }),
    via,
  };
}

function sameTarget(one: Target, other: Target): boolean {
  return (
    one.backend.name === other.backend.name &&
    one.upstreamModel === other.upstreamModel &&
    one.keyName === other.keyName &&
    one.variantEffort === other.variantEffort
  );
}

/** What the asked name said about effort and tier holds for the fallback too, unless its own entry says otherwise. */
function carryWishes(from: Target, to: Target): Target {
  const variantEffort = to.variantEffort ?? from.variantEffort;
  const suffixEffort = to.suffixEffort ?? from.suffixEffort;
  const tier = to.tier ?? from.tier;
  return {
    ...to,
    ...(variantEffort === undefined ? {} : { variantEffort }),
    ...(suffixEffort === undefined ? {} : { suffixEffort }),
    ...(tier === undefined ? {} : { tier }),
  };
}
