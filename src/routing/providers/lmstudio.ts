import type { Preset } from '../preset';
import { EFFORTS } from './common';

// lmstudio.ai/docs (OpenAI compatibility), 2026-11.
export const lmstudio: Preset = {
  title: 'LM Studio',
  baseUrl: 'http://127.0.0.1:1234/v1',
  needsKey: false,
  local: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: [],
  // Its /v1/models tells names alone (lmstudio-bug-tracker#2139).
  loadedPath: '/api/v0/models',
  abilities: { reasoningField: 'none', systemMessages: 'one' },
  families: [{ match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
  liteLlm: {
    names: ['lm_studio'],
    addressEnv: ['LM_STUDIO_API_BASE'],
  },
};
