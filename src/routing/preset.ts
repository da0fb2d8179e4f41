import type { Family } from '../models/family';
import type { Wire } from '../wires/wire';
import type { Abilities, AuthScheme, Quirks } from './abilities';

/** What a person sees of it; the editor shows it. */
export interface PresetCard {
  title: string;
  /** Complete base URL. `{name}` stands for what the person has to fill in. */
  baseUrl: string;
  /** What to fill in, as a sentence; present exactly when `baseUrl` has a placeholder. */
  fill?: string;
  /** All its addresses, where they differ from each other. */
  urls?: RegExp;
  /** Serves nothing without a key. */
  needsKey: boolean;
  /** A model server on one's own machine, found by asking its address. */
  local?: boolean;
  /** Page where a key is made. */
  keyUrl?: string;
}

/** How LiteLLM names a provider (docs.litellm.ai/docs/providers, 2026-11). */
interface LiteLlmNames {
  /** Its prefixes there; the first is the one we write. `openai` also stands for every OpenAI-compatible server, by api_base. */
  names: readonly [string, ...string[]];
  /** Where LiteLLM takes an address from when the entry has none: key and prompt must not go elsewhere than there. */
  addressEnv?: readonly string[];
  /** Parts between provider and name that say how to call, not what. */
  ways?: RegExp;
  /** Names that LiteLLM knows without a provider in front. */
  bare?: RegExp;
  /** LiteLLM adds /v1 to its address by itself. */
  addsV1?: true;
}

/** A known provider: everything about it. Data, no zod, no network. */
export interface Preset extends PresetCard {
  /** Path for a base URL written without one, where /v1 would be wrong. */
  hostPath?: string;
  wire: Wire;
  auth: AuthScheme;
  /** Another scheme on another wire of the same provider. */
  authFor?: Partial<Record<Wire, AuthScheme>>;
  /** Environment variables that may hold the key, the usual one first. */
  keyEnv: readonly string[];
  headers?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  /** Top-level parameters the provider answers with an error. */
  unsupportedParams?: readonly string[];
  abilities?: Partial<Abilities>;
  /** What this provider takes of single models where it differs from its general behaviour. */
  families?: readonly Family[];
  quirks?: Partial<Quirks>;
  /** Path on its host that tells the windows of loaded models, where its list does not. */
  loadedPath?: string;
  /** Text before the id in the provider's own model list that is no part of the name. */
  listPrefix?: string;
  /** All its models are its own: no name with the prefix of another provider can be one of them. */
  oneMaker?: true;
  /** What stands before a model of the provider's own in its list, and is part of the name. */
  ownAuthor?: string;
  /** Page where credit is bought or limits are raised. */
  billingUrl?: string;
  /** The published way to ask what is left (upstream/credit.ts). */
  credit?: 'deepseek' | 'openrouter' | 'litellm';
  /** Where the key belongs, when the environment says so as the provider's own clients read it: a key goes nowhere else. */
  addressFrom?: (env: Readonly<Record<string, string | undefined>>) => string | undefined;
  liteLlm?: LiteLlmNames;
  /** Its part of the price table; without one (a proxy, a local server) there are no list prices. */
  prices?: string;
  /** OpenTelemetry's name for it, where it is another. */
  metricsName?: string;
}
