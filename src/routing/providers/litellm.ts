import type { Preset } from '../preset';

// docs.litellm.ai, 2026-11. What stands behind it is unknown, so the shortest id limit holds.
export const litellm: Preset = {
  title: 'LiteLLM proxy',
  baseUrl: 'http://127.0.0.1:4000/v1',
  needsKey: false,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['LITELLM_API_KEY', 'LITELLM_PROXY_API_KEY', 'LITELLM_MASTER_KEY'],
  credit: 'litellm',
  quirks: { maxIdLength: 40 },
  liteLlm: {
    names: ['litellm_proxy'],
    addressEnv: ['LITELLM_PROXY_API_BASE'],
    ways: /^responses\//,
  },
};
