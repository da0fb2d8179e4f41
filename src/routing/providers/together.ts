import type { Preset } from '../preset';
import { EFFORTS } from './common';

// docs.together.ai, 2026-11.
export const together: Preset = {
  title: 'Together AI',
  baseUrl: 'https://api.together.xyz/v1',
  needsKey: true,
  keyUrl: 'https://api.together.ai/settings/api-keys',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['TOGETHER_API_KEY'],
  abilities: { reasoningField: 'none' },
  families: [{ match: /gpt-oss/i, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
  billingUrl: 'https://api.together.ai/settings/billing',
  liteLlm: {
    names: ['together_ai'],
    addressEnv: ['TOGETHER_AI_API_BASE'],
  },
  prices: 'together',
};
