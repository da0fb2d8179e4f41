import type { Preset } from '../preset';

// openrouter.ai/docs, 2026-11: one `reasoning` object for every model, ignored where it means nothing. Credit is reserved
// for max_tokens, and without one for the whole window: 402 "can only afford N".
export const openrouter: Preset = {
  title: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  needsKey: true,
  keyUrl: 'https://openrouter.ai/settings/keys',
  ownAuthor: 'openrouter/',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['OPENROUTER_API_KEY'],
  credit: 'openrouter',
  abilities: { reasoningField: 'reasoning' },
  quirks: { maxIdLength: 40, reserveTokens: 16_000, cacheMarks: true },
  billingUrl: 'https://openrouter.ai/settings/credits',
  liteLlm: {
    names: ['openrouter'],
    addressEnv: ['OPENROUTER_API_BASE'],
  },
  prices: 'openrouter',
};
