import type { Preset } from '../preset';
import { EFFORTS } from './common';

// docs.vllm.ai (OpenAI-compatible server), 2026-11; system messages and roles: vllm#41114, ogx#6069.
export const vllm: Preset = {
  title: 'vLLM',
  baseUrl: 'http://127.0.0.1:8000/v1',
  needsKey: false,
  local: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['VLLM_API_KEY'],
  abilities: { reasoningField: 'none', systemMessages: 'one' },
  families: [{ match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
  quirks: { endsWithUser: true, developerAsSystem: true },
  liteLlm: {
    names: ['hosted_vllm', 'vllm'],
    addressEnv: ['HOSTED_VLLM_API_BASE'],
  },
};
