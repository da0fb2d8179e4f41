import { EFFORT_PARAMS } from '../../models/families';
import type { Preset } from '../preset';
import { EFFORTS } from './common';

// docs.ollama.com/api/openai-compatibility, 2026-11: models that cannot think refuse an effort.
export const ollama: Preset = {
  title: 'Ollama',
  baseUrl: 'http://127.0.0.1:11434/v1',
  needsKey: false,
  local: true,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: [],
  loadedPath: '/api/ps',
  abilities: { reasoningField: 'none' },
  families: [
    { match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } },
    // ollama.com/search?c=thinking; the words: openai.go of ollama ("invalid reasoning value").
    {
      match:
        /deepseek-(r1|v3\.1|v[4-9])|qwen3(?!.*(coder|instruct))|qwq|magistral|glm-[4-9]|kimi|minimax|nemotron-3|gemma4/,
      abilities: { reasoningField: 'reasoning_effort' },
      effortWords: ['none', ...EFFORTS, 'max'],
    },
    // llm-ollama#54, asyar#618: `"m" does not support thinking`.
    { match: /./, abilities: {}, unsupportedParams: EFFORT_PARAMS },
  ],
  liteLlm: {
    names: ['ollama_chat', 'ollama'],
    addressEnv: ['OLLAMA_API_BASE'],
    addsV1: true,
  },
};
