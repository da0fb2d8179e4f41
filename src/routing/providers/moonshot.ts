import { KIMI_FAMILIES } from '../../models/openWeights';
import type { Preset } from '../preset';

// platform.moonshot.ai, 2026-11.
export const moonshot: Preset = {
  title: 'Moonshot AI (Kimi)',
  baseUrl: 'https://api.moonshot.ai/v1',
  needsKey: true,
  keyUrl: 'https://platform.moonshot.ai/console/api-keys',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['MOONSHOT_API_KEY'],
  abilities: { reasoningField: 'none' },
  families: KIMI_FAMILIES,
  billingUrl: 'https://platform.moonshot.ai/console/pay',
  liteLlm: {
    names: ['moonshot'],
    addressEnv: ['MOONSHOT_API_BASE'],
  },
};
