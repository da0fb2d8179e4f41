import type { Preset } from '../preset';

// github.com/ggml-org/llama.cpp tools/server, 2026-11; system messages: llama.cpp#20215.
export const llamacpp: Preset = {
  title: 'llama.cpp server',
  baseUrl: 'http://127.0.0.1:8080/v1',
  needsKey: false,
  local: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['LLAMA_API_KEY'],
  abilities: { reasoningField: 'none', systemMessages: 'one' },
  liteLlm: {
    names: ['llamafile'],
    addressEnv: ['LLAMAFILE_API_BASE'],
  },
};
