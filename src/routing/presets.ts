/**
 * The known providers: one file each in providers/, with everything that anybody asks about it, and its line here, in the order in
 * which they are shown. The date in a file says when its facts were last looked up.
 */

import { modelFamily } from '../models/families';
import type { Family, ModelFamily } from '../models/family';
import { entryOf } from '../wires/read';
import type { Preset } from './preset';
import { anthropic } from './providers/anthropic';
import { azure } from './providers/azure';
import { azureDeployments } from './providers/azureDeployments';
import { bedrock } from './providers/bedrock';
import { cerebras } from './providers/cerebras';
import { dashscope } from './providers/dashscope';
import { deepseek } from './providers/deepseek';
import { demo } from './providers/demo';
import { fireworks } from './providers/fireworks';
import { gemini } from './providers/gemini';
import { groq } from './providers/groq';
import { litellm } from './providers/litellm';
import { llamacpp } from './providers/llamacpp';
import { lmstudio } from './providers/lmstudio';
import { localai } from './providers/localai';
import { minimax } from './providers/minimax';
import { mistral } from './providers/mistral';
import { moonshot } from './providers/moonshot';
import { ollama } from './providers/ollama';
import { openai } from './providers/openai';
import { openrouter } from './providers/openrouter';
import { together } from './providers/together';
import { vertex } from './providers/vertex';
import { vllm } from './providers/vllm';
import { xai } from './providers/xai';
import { zai } from './providers/zai';

const ENTRIES = {
  openai,
  anthropic,
  openrouter,
  groq,
  gemini,
  azure,
  'azure-deployments': azureDeployments,
  deepseek,
  moonshot,
  zai,
  minimax,
  dashscope,
  mistral,
  xai,
  together,
  fireworks,
  cerebras,
  bedrock,
  vertex,
  litellm,
  ollama,
  lmstudio,
  llamacpp,
  vllm,
  localai,
  demo,
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof ENTRIES;
export const PRESETS: Readonly<Record<PresetName, Preset>> = ENTRIES;
export const PRESET_NAMES = Object.keys(ENTRIES) as PresetName[];

/** Of a name that may be none of ours. */
export const presetOf = (name: string | undefined): Preset | undefined =>
  name === undefined ? undefined : entryOf(PRESETS, name);

/**
 * The family of a model: what this provider takes of it comes before what is known of the model itself. Rules of a maker
 * whose weights others serve hold where no preset says who serves, or where the settings name the model (`hinted`).
 */
export function familyOf(preset: Preset | undefined, model: string, hinted = false): Family | ModelFamily | undefined {
  return preset?.families?.find((family) => family.match.test(model)) ?? modelFamily(model, hinted || !preset);
}
