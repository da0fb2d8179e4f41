/** A backend ready for use: preset and settings merged, every default filled in (design §4, §5). */

import type { ModelSettings, Timeouts } from '../settings/schema';
import type { Wire } from '../wires/wire';
import type { Abilities, AuthScheme, Quirks } from './abilities';
import type { KeyPlace } from './keyPlaces';
import type { KindRoutes } from './kinds';

export interface Backend {
  name: string;
  preset?: string;
  /** Without trailing slash; a path is always there. */
  baseUrl: string;
  wire: Wire;
  /** The settings of the backend name its wire themselves: it holds for every model without one of its own. */
  ownWire?: boolean;
  prefix: string;
  isDefault: boolean;
  auth: AuthScheme;
  apiKeyEnv?: string;
  /** Keys in the order in which they are asked, instead of the one named after the backend. */
  apiKeyNames?: readonly string[];
  requireApiKey: boolean;
  headers: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  roleRewrites: Readonly<Record<string, string>>;
  unsupportedParams: readonly string[];
  /** Those that the settings wrote themselves. */
  ownUnsupportedParams?: readonly string[];
  /** Bodies of clients that speak its wire keep their bytes but for what the settings themselves ask (`edits: none`). */
  keepsBytes?: true;
  /** Refusals of this backend teach nothing (`learn: false`). */
  learns?: false;
  /** What is no text is passed on to it unread (`passThrough`). */
  passesThrough?: true;
  models: readonly ModelSettings[];
  fallbacks: readonly string[];
  /** Models for kinds of requests. */
  routes?: KindRoutes;
  timeouts: Timeouts;
  /** Of the backend as a whole; for one model ask `abilitiesFor` (build.ts). */
  abilities: Abilities;
  /** What the settings of the backend wrote themselves: it wins over what the preset knows of a model family. */
  ownAbilities?: Partial<Abilities>;
  quirks: Quirks;
  /** Local servers cost nothing and are never reached through a proxy. */
  local: boolean;
}

/** Where one request goes. Policy, budgets and the ledger see this, never the raw name (N29). */
export interface Target {
  backend: Backend;
  /** Name sent upstream. */
  upstreamModel: string;
  /** Configured id the name resolved to (alias followed, decorations stripped); equals the asked name otherwise. */
  clientModel: string;
  /** Entry in the key store: the backend's name or the model's apiKeyName. */
  keyName: string;
  /** Environment variable of the key, model before backend. */
  keyEnv?: string;
  /** All keys of it, where there are several. */
  keys?: readonly KeyPlace[];
  abilities: Abilities;
  /** The model entry that was named, if the model is configured. */
  model?: ModelSettings;
  /** Client-side names to try next, model's before backend's. */
  fallbacks: readonly string[];
  /** Models that take its place for kinds of requests, model's over backend's. */
  routes?: KindRoutes;
  /** Effort of a listed variant: beats the request's. */
  variantEffort?: string;
  /** Effort that Cursor's decoration asked for: the request's own field beats it (N28). */
  suffixEffort?: string;
  /** Service tier from a decoration: 'priority' (fast=true), 'remove' (fast=false). */
  tier?: 'priority' | 'remove';
  /** How the name was matched, for the story of a request. */
  via: 'exact' | 'alias' | 'prefix' | 'default' | 'fallbackModel';
}
