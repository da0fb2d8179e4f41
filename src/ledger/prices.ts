/** What a request costs: a price table shipped with the product (its source and date stand in it), the user's own prices first. */

import type { Backend, Target } from '../routing/backend';
import { perTarget } from '../routing/perTarget';
import { presetForHost } from '../routing/presetForHost';
import { presetOf } from '../routing/presets';

import type { Price } from '../settings/schema';
import type { Usage } from '../wires/conversation';
import { entryOf } from '../wires/read';
import data from './prices.data.json';

/** US dollars per million tokens. A cache price that is absent is the input price. */
export interface Rates {
  input: number;
  output: number;
  cacheRead?: number;
  cacheWrite?: number;
}
export interface ModelPrice extends Rates {
  /** Long-context prices: with more input than `above` tokens the whole request costs these rates. */
  tiers?: readonly (Rates & { above: number })[];
}
export interface ModelFacts {
  /** Absent when the table has none. */
  price?: ModelPrice;
  contextWindow?: number;
  maxOutput?: number;
}

type Cells = readonly [
  input: number | null,
  output: number | null,
  cacheRead: number | null,
  cacheWrite: number | null,
];
type TableRow = readonly [
  ...Cells,
  contextWindow: number | null,
  maxOutput: number | null,
  tiers?: readonly (readonly [number, ...Cells])[],
];
const table = data.providers as unknown as Readonly<Record<string, Readonly<Record<string, TableRow>>>>;

/** Where the table comes from; a test holds it against the notices. */
export const PRICE_SOURCE = { source: data.source, date: data.date, license: data.license } as const;

const FREE: ModelPrice = { input: 0, output: 0 };

type PricedBackend = Pick<Backend, 'preset'> & { baseUrl?: string };

/** Backends written with a plain base URL are known by its host. */
function providerOf({ preset, baseUrl }: PricedBackend): string | undefined {
  return presetOf(preset ?? (baseUrl === undefined ? undefined : presetForHost(baseUrl)))?.prices;
}

/** Spellings under which a model may stand in the table, most exact first. */
function spellings(model: string): string[] {
  const bare = model.replace(/^(?:models|publishers\/[^/]+\/models|google)\//, '').toLowerCase();
  const undated = bare.replace(/-(?:\d{8}|\d{4}-\d\d-\d\d)$|@\d{8}$/, '');
  return [model, bare, undated];
}

function findRow(provider: string, model: string): TableRow | undefined {
  const models = table[provider];
  if (!models) return undefined;
  for (const name of spellings(model)) {
    const row = entryOf(models, name);
    if (row) return row;
  }
  return undefined;
}

function rates([input, output, cacheRead, cacheWrite]: Cells): Rates | undefined {
  if (input === null || output === null) return undefined;
  return { input, output, cacheRead: cacheRead ?? undefined, cacheWrite: cacheWrite ?? undefined };
}

/** Facts looked up before: a router serves few models, each of them often. */
const known = new Map<string, ModelFacts>();
const MAX_KNOWN = 1_000;

/** What the shipped table knows about an upstream model; empty when it knows nothing. */
export function modelFacts(backend: PricedBackend, upstreamModel: string): ModelFacts {
  const provider = providerOf(backend);
  if (provider === undefined) return {};
  const key = `${provider}\n${upstreamModel}`;
  let facts = known.get(key);
  if (!facts) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(key, (facts = factsOf(findRow(provider, upstreamModel))));
  }
  return facts;
}

function factsOf(row: TableRow | undefined): ModelFacts {
  if (!row) return {};
  const [input, output, cacheRead, cacheWrite, contextWindow, maxOutput, tierRows = []] = row;
  const base = rates([input, output, cacheRead, cacheWrite]);
  const tiers = tierRows.flatMap(([above, ...cells]) => {
    const tier = rates(cells);
    return tier ? [{ above, ...tier }] : [];
  });
  return {
    price: base && (tiers.length > 0 ? { ...base, tiers } : base),
    contextWindow: contextWindow ?? undefined,
    maxOutput: maxOutput ?? undefined,
  };
}

/** Servers that people run themselves. An address says nothing: a paid provider may stand behind a proxy on this machine. */
function isFree(preset: string): boolean {
  return presetOf(preset)?.local === true;
}

/**
 * Price of an upstream model: the user's own, nothing for a local preset, the shipped table, else undefined. An unknown price
 * never blocks a request; it shows as unpriced.
 */
export function priceOf(backend: PricedBackend, upstreamModel: string, override?: Price): ModelPrice | undefined {
  if (override) return override;
  if (backend.preset !== undefined && isFree(backend.preset)) return FREE;
  return modelFacts(backend, upstreamModel).price;
}

/** Price of a resolved target. */
export const targetPrice = perTarget((target: Pick<Target, 'backend' | 'upstreamModel' | 'model'>) =>
  priceOf(target.backend, target.upstreamModel, target.model?.price),
);

/**
 * US dollars for a usage, to 10 decimals; undefined without a price. Counts are inclusive (see Usage): input holds the cached and the
 * cache-write tokens, which are charged at their own rates, output holds reasoning tokens, which cost what output costs.
 */
export function costOf(usage: Usage, price: ModelPrice | undefined): number | undefined {
  if (!price) return undefined;
  let rate: Rates = price;
  let above = -1;
  for (const tier of price.tiers ?? [])
    if (usage.input > tier.above && tier.above > above) [rate, above] = [tier, tier.above];
  const read = Math.min(usage.cacheRead ?? 0, usage.input);
  const write = Math.min(usage.cacheWrite ?? 0, usage.input - read);
  const dollars =
    (usage.input - read - write) * rate.input +
    read * (rate.cacheRead ?? rate.input) +
    write * (rate.cacheWrite ?? rate.input) +
    usage.output * rate.output;
  return Math.round(dollars * 1e4) / 1e10;
}

/** US dollars that caching saved, what writing the cache cost taken off; undefined without a price or a cache. */
export function savedByCache(usage: Usage, price: ModelPrice | undefined): number | undefined {
  if (!usage.cacheRead && !usage.cacheWrite) return undefined;
  const paid = costOf(usage, price);
  const plain = costOf({ input: usage.input, output: usage.output }, price);
  return paid === undefined || plain === undefined ? undefined : Math.round((plain - paid) * 1e10) / 1e10;
}
