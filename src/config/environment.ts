/** Zero configuration: settings from what is there already (design §4). Headless only; an editor offers, it does not take. */
import { PRESET_NAMES, PRESETS, type PresetName } from '../routing/presets';
import type { SettingsInput } from '../settings/schema';
import type { Environment } from './formats/loaded';

type BackendInput = NonNullable<SettingsInput['backends']>[number];

/** A server on this machine that answered, as discovery tells it. */
export interface LocalServer {
  preset: string;
}

/**
 * A backend for every provider whose key is in the environment and for every local server that answered, plus the listed demo.
 * The default stays the one it was before, `before`, while that is there; else it is openai, else the only one.
 */
export function settingsFromEnvironment(
  env: Environment,
  localServers: readonly LocalServer[],
  before?: string,
): SettingsInput {
  const remote = PRESET_NAMES.flatMap((preset) => fromEnvironment(preset, env));
  const local = PRESET_NAMES.filter((preset) => localServers.some((server) => server.preset === preset)).map(
    (preset): BackendInput => ({ name: preset, preset }),
  );
  // None is both: a server of one's own needs no key.
  const found = [...remote, ...local];
  const named = (wanted?: string) => found.find(({ name }) => name === wanted);
  const preferred = named(before) ?? named('openai') ?? (found.length === 1 ? found[0] : undefined);
  return {
    backends: [
      ...found.map((backend) => (backend === preferred ? { ...backend, default: true } : backend)),
      { name: 'demo', preset: 'demo', models: [{ id: 'demo/echo' }] },
    ],
  };
}

function fromEnvironment(preset: PresetName, env: Environment): BackendInput[] {
  const { keyEnv, needsKey, fill, addressFrom } = PRESETS[preset];
  const apiKeyEnv = needsKey ? keyEnv.find((name) => env[name]) : undefined;
  if (apiKeyEnv === undefined) return [];
  const baseUrl = addressFrom?.(env) || undefined;
  if (fill !== undefined && baseUrl === undefined) return [];
  return [{ name: preset, preset, apiKeyEnv, ...(baseUrl === undefined ? {} : { baseUrl }) }];
}
