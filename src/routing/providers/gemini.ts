import type { Preset } from '../preset';
import { GEMINI_FAMILIES } from './common';

// ai.google.dev/gemini-api/docs/openai and issue reports, 2026-11: unknown fields and schema keywords answer 400.
export const gemini: Preset = {
  title: 'Google Gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  needsKey: true,
  keyUrl: 'https://aistudio.google.com/apikey',
  oneMaker: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  unsupportedParams: [
    'frequency_penalty',
    'presence_penalty',
    'seed',
    'store',
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'top_k',
    'prediction',
    'web_search_options',
    'prompt_cache_key',
    'prompt_cache_retention',
    'safety_identifier',
    'verbosity',
  ],
  abilities: { reasoningField: 'none' },
  families: [...GEMINI_FAMILIES, { match: /gemini-2/, abilities: { maxOutputTokens: 8_192 } }],
  quirks: {
    maxStops: 5,
    refusedSchemaKeys: [
      '$schema',
      '$id',
      'additionalProperties',
      'propertyNames',
      'patternProperties',
      'exclusiveMinimum',
      'exclusiveMaximum',
      'const',
    ],
  },
  listPrefix: 'models/',
  billingUrl: 'https://aistudio.google.com/usage',
  liteLlm: {
    names: ['gemini'],
    addressEnv: ['GEMINI_API_BASE'],
    bare: /^gemini[-/]/,
  },
  prices: 'google',
  metricsName: 'gcp.gemini',
};
