/** Whether settings make sense: what the schema cannot say (design §4). */

import { nameDoubt } from '../cursor/names';
import { buildBackends } from '../routing/build';
import { KINDS, type KindRoutes } from '../routing/kinds';
import { createRouteTable } from '../routing/resolve';
import type { Said } from '../said';
import { looksLikeKey } from '../wires/keyShapes';
import { checkBackend, checkKeyEnv, error, warning } from './checkBackend';
import { type Found, type Segment, toProblem } from './path';
import type { Problem } from './problem';
import type { Settings } from './schema';
import { type Nowhere, say } from './sentences';
import { readShape } from './shape';
import { neededBy } from './tunnelKinds';

/**
 * Validates settings as a person wrote them. With any error there are no settings and the caller keeps its last good ones;
 * warnings come beside usable settings. Messages never echo a value that could be a key.
 */
export function validateSettings(input: unknown): { settings?: Settings; problems: Problem[] } {
  const { settings, found } = findProblems(input);
  return { ...(settings ? { settings } : {}), problems: found.map(toProblem) };
}

/** The same with places as lists of keys, for readers of files. */
export function findProblems(input: unknown): { settings?: Settings; found: Found[] } {
  const shape = readShape(input);
  if (!shape.settings) return shape;
  const { settings } = shape;
  const found = [
    ...settings.backends.flatMap((backend, index) => checkBackend(backend, index, settings)),
    ...checkTogether(settings),
    ...checkTunnel(settings),
    ...checkClientKeys(settings),
    ...checkAliasLoops(settings),
  ];
  if (found.some((one) => one.severity === 'error')) return { found };
  return { settings, found: [...found, ...checkRoutes(settings), ...checkNames(settings)] };
}

/** What must be unlike among several entries. */
function checkTogether({ backends }: Settings): Found[] {
  const prefixes = backends.map((backend) => backend.prefix ?? `${backend.name}/`);
  const defaults = backends.flatMap((backend, index) => (backend.default === true ? [index] : []));
  const ids = backends.flatMap(({ models = [] }, index) =>
    models.map((model, position) => ({
      name: model.id,
      at: ['backends', index, 'models', position, 'id'] as Segment[],
    })),
  );
  return [
    ...repeated(backends.map(({ name }, index) => ({ name, at: ['backends', index, 'name'] }))).map(({ name, at }) =>
      error(at, say.sameBackend(name)),
    ),
    ...repeated(prefixes.map((name, index) => ({ name, at: ['backends', index, 'prefix'] })))
      .filter(({ name, at }) => name !== '' && backends[Number(at[1])]?.name !== backends[prefixes.indexOf(name)]?.name)
      .map(({ name, at }) => error(at, say.samePrefix(name))),
    ...defaults.slice(1).map((index) => error(['backends', index, 'default'], say.twoDefaults)),
    ...repeated(ids).map(({ name, at }) => error(at, say.sameModel(name))),
  ];
}

/** Every entry whose name stood before. */
function repeated<T extends { name: string; at: readonly Segment[] }>(entries: readonly T[]): T[] {
  return entries.filter(({ name }, index) => entries.findIndex((other) => other.name === name) < index);
}

function checkTunnel({ tunnel, metrics, port }: Settings): Found[] {
  const found: Found[] = [];
  if (metrics.enabled && port !== 0 && metrics.port === port) {
    found.push(error(['metrics', 'port'], say.metricsPort));
  }
  const needed = neededBy(tunnel.provider);
  if (needed && tunnel[needed.setting] === '')
    found.push(error(['tunnel', needed.setting], say.tunnelNeeds(tunnel.provider)));
  if (tunnel.url !== '' && !isPublicUrl(tunnel.url)) found.push(error(['tunnel', 'url'], say.tunnelUrl));
  if (tunnel.hostname !== '' && !/^[a-z\d-]+(\.[a-z\d-]+)+$/i.test(tunnel.hostname))
    found.push(error(['tunnel', 'hostname'], say.tunnelHostname));
  return found;
}

function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' && url.password === '';
}

function checkClientKeys({ clientKeys }: Settings): Found[] {
  return [
    ...clientKeys.flatMap(({ name, apiKeyEnv }, index) => [
      ...(name === 'main' ? [error(['clientKeys', index, 'name'], say.mainKey)] : []),
      ...checkKeyEnv(apiKeyEnv, ['clientKeys', index, 'apiKeyEnv']),
    ]),
    ...repeated(clientKeys.map(({ name }, index) => ({ name, at: ['clientKeys', index, 'name'] }))).map(
      ({ name, at }) => error(at, say.sameClientKey(name)),
    ),
  ];
}

/** One problem a loop, at the alias that comes first. */
function checkAliasLoops({ aliases }: Settings): Found[] {
  const targets = new Map(Object.entries(aliases));
  const told = new Set<string>();
  return [...targets.keys()].flatMap((start) => {
    const chain: string[] = [];
    for (let name: string | undefined = start; name !== undefined && !chain.includes(name); name = targets.get(name))
      chain.push(name);
    const back = targets.get(chain.at(-1) ?? '');
    if (back !== start || told.has(start)) return [];
    for (const name of chain) told.add(name);
    return [error(['aliases', start], say.aliasLoop([...chain, start]))];
  });
}

/** Names that lead nowhere; asked of the very table that will route. */
function checkRoutes(settings: Settings): Found[] {
  const table = createRouteTable({ ...settings, fallbackModel: undefined }, buildBackends(settings));
  const dangling = (name: string, at: readonly Segment[], says: (...where: Nowhere) => Said): Found[] => {
    const target = table.resolve(name);
    if (!('notFound' in target)) return [];
    return [warning(at, says(looksLikeKey(name) ? say.likeAKey : name, target.missing, target.near.slice(0, 3)))];
  };
  const kinds = (routes: KindRoutes | undefined, at: readonly Segment[]): Found[] =>
    KINDS.flatMap((kind) => {
      const name = routes?.[kind];
      return name === undefined
        ? []
        : dangling(name, [...at, 'routes', kind], (...where) => say.routeNowhere(kind, ...where));
    });
  return [
    ...Object.entries(settings.aliases).flatMap(([name, target]) =>
      dangling(target, ['aliases', name], (...where) => say.aliasNowhere(name, ...where)),
    ),
    ...(settings.fallbackModel === undefined
      ? []
      : dangling(settings.fallbackModel, ['fallbackModel'], say.fallbackModelNowhere)),
    ...settings.backends.flatMap((backend, index) => [
      ...(backend.fallbacks ?? []).flatMap((name, position) =>
        dangling(name, ['backends', index, 'fallbacks', position], say.fallbackNowhere),
      ),
      ...kinds(backend.routes, ['backends', index]),
      ...(backend.models ?? []).flatMap((model, position) => {
        const place = ['backends', index, 'models', position];
        return [
          ...kinds(model.routes, place),
          ...(model.fallbacks ?? []).flatMap((name, item) =>
            dangling(name, [...place, 'fallbacks', item], say.fallbackNowhere),
          ),
          ...(model.contextFallback === undefined
            ? []
            : dangling(model.contextFallback, [...place, 'contextFallback'], say.contextFallbackNowhere)),
          ...(model.imagesBy === undefined
            ? []
            : dangling(model.imagesBy, [...place, 'imagesBy'], say.imagesByNowhere)),
        ];
      }),
    ]),
  ];
}

/** Names that hide each other, and names that Cursor would not send here (M1, M2). */
function checkNames({ aliases, backends }: Settings): Found[] {
  const models = backends.flatMap(({ models: entries = [] }, index) =>
    entries.map((model, position) => ({ model, at: ['backends', index, 'models', position] as Segment[] })),
  );
  const ids = new Set(models.map(({ model }) => model.id));
  const modelAliases = models.flatMap(({ model, at }) =>
    (model.aliases ?? []).map((name, position) => ({ name, at: [...at, 'aliases', position] as Segment[] })),
  );
  const ownAliases = Object.keys(aliases).map((name) => ({ name, at: ['aliases', name] as Segment[] }));
  const hidden = ({ name, at }: { name: string; at: Segment[] }): Found[] =>
    ids.has(name) ? [warning(at, say.aliasHidden(name))] : [];
  const cursor = ({ name, at }: { name: string; at: Segment[] }): Found[] => {
    const doubt = nameDoubt(name);
    return doubt?.sure ? [warning(at, doubt.said)] : [];
  };
  const shown = models
    .filter(({ model }) => model.hidden !== true)
    .map(({ model, at }) => ({ name: model.id, at: [...at, 'id'] }));
  return [
    ...[...ownAliases, ...modelAliases].flatMap(hidden),
    ...repeated([...ownAliases, ...modelAliases]).map(({ name, at }) => warning(at, say.aliasTwice(name))),
    ...[...shown, ...ownAliases, ...modelAliases].flatMap(cursor),
  ];
}
