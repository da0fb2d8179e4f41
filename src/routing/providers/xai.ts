import type { Preset } from '../preset';
import { EFFORTS } from './common';

// docs.x.ai/developers/model-capabilities/text/reasoning, 2026-11: effort from grok-4.3 on; others refuse the field, and
// reasoning models refuse penalties and stop.
export const xai: Preset = {
  title: 'xAI',
  baseUrl: 'https://api.x.ai/v1',
  needsKey: true,
  keyUrl: 'https://console.x.ai',
  oneMaker: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['XAI_API_KEY'],
  unsupportedParams: ['presence_penalty', 'frequency_penalty', 'logit_bias'],
  abilities: { reasoningField: 'none' },
  families: [
    { match: /^grok-3-mini/, abilities: { reasoningField: 'reasoning_effort', efforts: ['low', 'high'] } },
    // modelparams#330, NativeTavern#83: grok-4.6 knows xhigh.
    {
      match: /^grok-(4\.[6-9](?!\d)|[5-9])/,
      abilities: { reasoningField: 'reasoning_effort', efforts: [...EFFORTS, 'xhigh'] },
      unsupportedParams: ['stop'],
    },
    {
      match: /^grok-4\.[3-5](?!\d)/,
      abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS },
      unsupportedParams: ['stop'],
    },
    { match: /^grok-4/, abilities: {}, unsupportedParams: ['stop'] },
  ],
  billingUrl: 'https://console.x.ai',
  liteLlm: {
    names: ['xai'],
    addressEnv: ['XAI_API_BASE'],
    bare: /^grok-/,
  },
  prices: 'xai',
  metricsName: 'x_ai',
};
