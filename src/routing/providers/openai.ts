import type { Preset } from '../preset';
import { openAiLike } from './common';

// platform.openai.com, 2026-11. `metadata` is refused unless `store` is on, so it stays off here.
export const openai: Preset = {
  title: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  needsKey: true,
  keyUrl: 'https://platform.openai.com/api-keys',
  oneMaker: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['OPENAI_API_KEY'],
  ...openAiLike,
  billingUrl: 'https://platform.openai.com/settings/organization/billing/overview',
  addressFrom: ({ OPENAI_BASE_URL, OPENAI_API_BASE }) => OPENAI_BASE_URL || OPENAI_API_BASE,
  liteLlm: {
    names: ['openai', 'custom_openai', 'openai_like', 'text_completion_openai', 'text-completion-openai'],
    addressEnv: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    ways: /^responses\//,
    bare: /^(gpt-|o[134](-|$)|chatgpt-|text-embedding-|ft:)/,
  },
  prices: 'openai',
};
