import type { Preset } from '../preset';

// localai.io, 2026-11.
export const localai: Preset = {
  title: 'LocalAI',
  baseUrl: 'http://127.0.0.1:8080/v1',
  needsKey: false,
  local: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['LOCALAI_API_KEY'],
  abilities: { reasoningField: 'none' },
};
