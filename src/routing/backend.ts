/** A backend ready for use: preset and settings merged, every default filled in (design §4, §5). */
import type { ModelSettings, Timeouts, Wire } from '../settings/schema';

export type ReasoningField = 'reasoning_effort' | 'reasoning' | 'thinking' | 'adaptive' | 'none';

/** What an upstream can take. Careful values where neither preset nor settings say more. */
export interface Abilities {
  customTools: 'keep' | 'function';
  reasoningField: ReasoningField;
  /** Efforts listed as `id:low` variants; empty lists none. */
  efforts: readonly string[];
  serviceTier: boolean;
  developerRole: boolean;
  metadata: boolean;
  maxOutputTokens?: number;
}

/** How the key travels: `Authorization: Bearer K`, `api-key: K`, `x-api-key: K`, or not at all. */
export type AuthScheme = 'bearer' | 'api-key' | 'x-api-key' | 'none';

/** Facts of a provider that are not settings: they live in the preset. */
export interface Quirks {
  /** Longest tool-call id. */
  maxIdLength: number;
  /** Schema keywords the provider refuses in tool parameters. */
  refusedSchemaKeys: readonly string[];
  /** Whether `strict: true` on tools is understood. */
  strictTools: boolean;
  /** Field of the output limit on the chat wire. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** `stream_options.include_usage` is understood (chat wire). */
  streamUsage: boolean;
  /** The provider reserves credit for max_tokens, so a request without one gets this. */
  reserveTokens?: number;
  /** Requests go to `{baseUrl}/deployments/{model}/…` (Azure deployment style). */
  deploymentPaths: boolean;
}

export interface Backend {
  name: string;
  preset?: string;
  /** Without trailing slash; a path is always there. */
  baseUrl: string;
  wire: Wire;
  prefix: string;
  isDefault: boolean;
  auth: AuthScheme;
  apiKeyEnv?: string;
  requireApiKey: boolean;
  headers: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  roleRewrites: Readonly<Record<string, string>>;
  unsupportedParams: readonly string[];
  models: readonly ModelSettings[];
  fallbacks: readonly string[];
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
  abilities: Abilities;
  /** The model entry that was named, if the model is configured. */
  model?: ModelSettings;
  /** Client-side names to try next, model's before backend's. */
  fallbacks: readonly string[];
  /** Effort of a listed variant: beats the request's. */
  variantEffort?: string;
  /** Effort that Cursor's decoration asked for: the request's own field beats it (N28). */
  suffixEffort?: string;
  /** Service tier from a decoration: 'priority' (fast=true), 'remove' (fast=false). */
  tier?: 'priority' | 'remove';
  /** How the name was matched, for the story of a request. */
  via: 'exact' | 'alias' | 'prefix' | 'default' | 'fallbackModel';
}
