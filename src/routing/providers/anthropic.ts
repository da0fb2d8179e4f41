import type { Preset } from '../preset';

// platform.claude.com, 2026-11. Its OpenAI-compatible endpoint is the same base URL with wire chat and a Bearer key.
export const anthropic: Preset = {
  title: 'Anthropic',
  baseUrl: 'https://api.anthropic.com/v1',
  needsKey: true,
  keyUrl: 'https://platform.claude.com/settings/keys',
  oneMaker: true,
  wire: 'messages',
  auth: 'x-api-key',
  authFor: { chat: 'bearer' },
  keyEnv: ['ANTHROPIC_API_KEY'],
  headers: { 'anthropic-version': '2023-06-01' },
  billingUrl: 'https://platform.claude.com/settings/billing',
  // Anthropic's clients add /v1 to it themselves.
  addressFrom: ({ ANTHROPIC_BASE_URL: url }) => url && `${url.replace(/(\/v1)?\/*$/, '')}/v1`,
  liteLlm: {
    names: ['anthropic'],
    addressEnv: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'],
    bare: /^claude-/,
  },
  prices: 'anthropic',
};
