import { GLM_FAMILIES } from '../../models/openWeights';
import type { Preset } from '../preset';

// docs.z.ai, 2026-11.
export const zai: Preset = {
  title: 'Z.AI (GLM)',
  baseUrl: 'https://api.z.ai/api/paas/v4',
  needsKey: true,
  keyUrl: 'https://z.ai/manage-apikey/apikey-list',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['ZAI_API_KEY'],
  abilities: { reasoningField: 'none' },
  families: GLM_FAMILIES,
  quirks: { developerAsSystem: true, maxStops: 1 },
  billingUrl: 'https://z.ai/manage-apikey/billing',
  liteLlm: {
    names: ['zai'],
  },
};
