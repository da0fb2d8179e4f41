/** OpenAI-compatible providers that need no preset: an address and the variable of a key (test/tools/makeLiteLlmProviders.mjs). */
import data from './providers.data.json';

export interface KnownProvider {
  /** As LiteLLM's prefix names it. */
  name: string;
  baseUrl: string;
  /** Variables that may hold the key, the usual one first. */
  keyEnv: readonly string[];
  /** Variable that LiteLLM takes another address from. */
  addressEnv?: string;
}

const TABLE = new Map(
  Object.entries<Omit<KnownProvider, 'name'>>(data.providers).map(([name, facts]) => [name, { name, ...facts }]),
);
/** Addresses that end with their host: the usual /v1 would be wrong there. */
const WITHOUT_PATH = new Set(
  [...TABLE.values()]
    .filter(({ baseUrl }) => new URL(baseUrl).pathname === '/')
    .map(({ baseUrl }) => new URL(baseUrl).host),
);

export function knownProviders(): KnownProvider[] {
  return [...TABLE.values()];
}

export function knownProvider(name: string): KnownProvider | undefined {
  return TABLE.get(name);
}

/** Whether this provider's paths begin right behind its host. */
export function hasNoPath(baseUrl: string | undefined): boolean {
  return baseUrl !== undefined && URL.canParse(baseUrl) && WITHOUT_PATH.has(new URL(baseUrl).host);
}
