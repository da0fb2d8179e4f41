/** Known providers as data: adding one is adding an entry here. */
export const PRESET_NAMES = ['openai','anthropic','openrouter','groq','gemini','azure','azure-deployments','deepseek','mistral','xai','together','fireworks','cerebras','bedrock','vertex','litellm','ollama','lmstudio','llamacpp','vllm','localai','demo'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
