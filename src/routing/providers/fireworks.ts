import type { Preset } from '../preset';

// docs.fireworks.ai (API reference, guides/reasoning), 2026-11.
export const fireworks: Preset = {
  title: 'Fireworks AI',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  needsKey: true,
  keyUrl: 'https://app.fireworks.ai/settings/users/api-keys',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'],
  billingUrl: 'https://app.fireworks.ai/account/billing',
  liteLlm: {
    names: ['fireworks_ai'],
    addressEnv: ['FIREWORKS_API_BASE'],
  },
  prices: 'fireworks',
};
