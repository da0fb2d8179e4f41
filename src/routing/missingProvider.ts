/** A prefix that names a provider which is no backend: said so, instead of asking somebody who never had that model (design §5). */
import type { Backend } from './backend';
import { presetForHost } from './presetForHost';
import { PRESET_NAMES, PRESETS } from './presets';
import { knownProvider } from './providerTable';

/** The provider that `name` begins with, as `groq/` of `groq/llama`. */
export function providerIn(name: string): string | undefined {
  const word = name.slice(0, Math.max(0, name.indexOf('/')));
  if (word === 'demo' || name.length === word.length + 1) return undefined;
  return PRESET_NAMES.find((preset) => preset === word) ?? knownProvider(word)?.name;
}

/**
 * Whether the default backend may have the model of a name that no prefix matches: a name without a provider always, one with a
 * provider when the list holds it whole, when it is that very provider, or when it serves many makers and does not say which.
 */
export function mayHave(backend: Backend, name: string, list: readonly string[] | undefined): boolean {
  const provider = providerIn(name);
  if (provider === undefined || backend.preset === provider || list?.includes(name)) return true;
  if (onlyItsOwn(backend)) return false;
  // A list with other models of that maker is not complete for sure: variants and wildcards stand in none.
  return list === undefined || list.some((id) => id.startsWith(`${provider}/`));
}

/** Whether all models of a backend are those of one maker: a provider at its own address, no relay. */
function onlyItsOwn({ preset, baseUrl }: Backend): boolean {
  const known = PRESET_NAMES.find((name) => name === preset);
  return known !== undefined && PRESETS[known].oneMaker === true && presetForHost(baseUrl) === known;
}
