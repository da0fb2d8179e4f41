/** Zero configuration: settings from what is there already (design §4). Headless only; an editor offers, it does not take. */
import { PRESET_NAMES, type PresetName } from '../routing/presetCards';
import { PRESETS } from '../routing/presets';
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
  const found = [...remote, ...local.filter(({ name }) => !remote.some((other) => other.name === name))];
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
  const { keyEnv, needsKey, fill } = PRESETS[preset];
  const apiKeyEnv = needsKey ? keyEnv.find((name) => env[name]) : undefined;
  if (apiKeyEnv === undefined) return [];
  const baseUrl = addressFor(preset, env);
  if (fill !== undefined && baseUrl === undefined) return [];
  return [{ name: preset, preset, apiKeyEnv, ...(baseUrl === undefined ? {} : { baseUrl }) }];
}

/** Where the key belongs, when the environment says so as the providers' own clients read it: a key goes nowhere else. */
function addressFor(preset: PresetName, env: Environment): string | undefined {
  switch (preset) {
    case 'openai':
      return env.OPENAI_BASE_URL || env.OPENAI_API_BASE || undefined;
    case 'anthropic':
      // Anthropic's clients add /v1 to it themselves.
      return env.ANTHROPIC_BASE_URL ? `${env.ANTHROPIC_BASE_URL.replace(/(\/v1)?\/*$/, '')}/v1` : undefined;
    case 'azure':
      return env.AZURE_OPENAI_ENDPOINT ? `${env.AZURE_OPENAI_ENDPOINT.replace(/\/+$/, '')}/openai/v1` : undefined;
    case 'bedrock': {
      const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
      return region ? PRESETS.bedrock.baseUrl.replace('{region}', region) : undefined;
    }
    default:
      return undefined;
  }
}
