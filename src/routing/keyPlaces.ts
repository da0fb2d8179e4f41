/** Where the keys of a backend are found: entries of the key store, or environment variables. Pure. */
import type { ModelSettings } from '../settings/schema';

export interface KeyPlace {
  /** Entry in the key store. */
  keyName: string;
  /** Environment variable, where the key store has none. */
  keyEnv?: string;
}

interface Keyed {
  name: string;
  apiKeyEnv?: string;
  apiKeyNames?: readonly string[];
}

/** The first is asked first; the others are for when it is refused or out of credit. */
export function keyPlaces(backend: Keyed, model?: ModelSettings): [KeyPlace, ...KeyPlace[]] {
  // A model with a key variable of its own must not be given the stored key of its backend instead.
  const own = model?.apiKeyName ?? model?.apiKeyEnv;
  if (own !== undefined) return [{ keyName: own, ...(model?.apiKeyEnv !== undefined && { keyEnv: model.apiKeyEnv }) }];
  const [first = backend.name, ...others] = backend.apiKeyNames ?? [];
  return [placeOf(backend, first), ...others.map((name) => placeOf(backend, name))];
}

/** Those of a backend and of all its models. */
export function allKeyPlaces(backend: Keyed & { models?: readonly ModelSettings[] }): KeyPlace[] {
  return [undefined, ...(backend.models ?? [])].flatMap((model) => keyPlaces(backend, model));
}

/** A name is a stored key, or without one the environment variable of that name. */
function placeOf({ name, apiKeyEnv }: Keyed, keyName: string): KeyPlace {
  const keyEnv = keyName === name ? apiKeyEnv : keyName;
  return { keyName, ...(keyEnv !== undefined && { keyEnv }) };
}
