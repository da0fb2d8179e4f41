import { DEEPSEEK_FAMILIES, DEEPSEEK_RULES } from '../../models/openWeights';
import type { Preset } from '../preset';

// api-docs.deepseek.com/guides/thinking_mode, 2026-11: reasoning_effort low, high, max (medium is read as high).
export const deepseek: Preset = {
  title: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com/v1',
  needsKey: true,
  keyUrl: 'https://platform.deepseek.com/api_keys',
  oneMaker: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['DEEPSEEK_API_KEY'],
  credit: 'deepseek',
  families: DEEPSEEK_FAMILIES,
  billingUrl: 'https://platform.deepseek.com/top_up',
  quirks: DEEPSEEK_RULES,
  liteLlm: {
    names: ['deepseek'],
    addressEnv: ['DEEPSEEK_API_BASE'],
    bare: /^deepseek-/,
  },
  prices: 'deepseek',
};
