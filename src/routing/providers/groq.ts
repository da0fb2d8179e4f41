import type { Preset } from '../preset';
import { EFFORTS } from './common';

// console.groq.com/docs/openai, 2026-11 (stop: letta#1272): these fields answer 400; reasoning_effort only for models that reason.
export const groq: Preset = {
  title: 'Groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  needsKey: true,
  keyUrl: 'https://console.groq.com/keys',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['GROQ_API_KEY'],
  unsupportedParams: ['logprobs', 'logit_bias', 'top_logprobs', 'store', 'messages[].name'],
  abilities: { reasoningField: 'none' },
  families: [
    { match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } },
    // modelparams#114, pi#1745, Kiln#1728: thinking on or off, nothing between.
    { match: /qwen-?3/, abilities: { reasoningField: 'reasoning_effort' }, effortWords: ['none', 'default'] },
  ],
  quirks: {
    historyRefuses: ['reasoning_content', 'reasoning_details'],
    maxTokensField: 'max_completion_tokens',
    maxStops: 4,
  },
  billingUrl: 'https://console.groq.com/settings/billing',
  liteLlm: {
    names: ['groq'],
    addressEnv: ['GROQ_API_BASE'],
  },
  prices: 'groq',
};
