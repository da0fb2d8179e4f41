import type { Preset } from '../preset';

// docs.mistral.ai and issue reports, 2026-11: "Extra inputs are not permitted" (422) for anything unknown; usage comes
// unasked in the last chunk; tool-call ids are 9 letters and digits.
export const mistral: Preset = {
  title: 'Mistral',
  baseUrl: 'https://api.mistral.ai/v1',
  needsKey: true,
  keyUrl: 'https://console.mistral.ai/api-keys',
  oneMaker: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['MISTRAL_API_KEY'],
  unsupportedParams: [
    ...['stream_options', 'store', 'logit_bias', 'logprobs', 'top_logprobs', 'seed', 'verbosity', 'top_k', 'user'],
    ...['modalities', 'web_search_options', 'prompt_cache_retention', 'safety_identifier', 'service_tier'],
  ],
  abilities: { reasoningField: 'none' },
  quirks: {
    endsWithUser: true,
    developerAsSystem: true,
    historyRefuses: ['reasoning_content', 'reasoning', 'reasoning_details'],
    maxIdLength: 9,
    streamUsage: false,
  },
  billingUrl: 'https://console.mistral.ai/billing',
  liteLlm: {
    names: ['mistral'],
    addressEnv: ['MISTRAL_API_BASE'],
    bare: /^(mistral|codestral|devstral|magistral|ministral)-/,
  },
  prices: 'mistral',
  metricsName: 'mistral_ai',
};
