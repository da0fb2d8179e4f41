import type { Preset } from '../preset';
import { EFFORTS } from './common';

// inference-docs.cerebras.ai/resources/openai, 2026-11: these fields answer 400; no developer role.
export const cerebras: Preset = {
  title: 'Cerebras',
  baseUrl: 'https://api.cerebras.ai/v1',
  needsKey: true,
  keyUrl: 'https://cloud.cerebras.ai',
  oneMaker: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['CEREBRAS_API_KEY'],
  unsupportedParams: ['frequency_penalty', 'presence_penalty', 'logit_bias', 'parallel_tool_calls', 'store'],
  abilities: { reasoningField: 'none' },
  families: [{ match: /gpt-oss|^qwen-3\.[5-9]/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
  quirks: {
    historyRefuses: ['reasoning_content', 'reasoning_details'],
    developerAsSystem: true,
    maxTokensField: 'max_completion_tokens',
  },
  billingUrl: 'https://cloud.cerebras.ai',
  liteLlm: {
    names: ['cerebras'],
    addressEnv: ['CEREBRAS_API_BASE'],
  },
  prices: 'cerebras',
};
