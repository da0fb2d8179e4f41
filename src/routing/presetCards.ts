/**
 * What a person sees of a known provider: title, address, where its key comes from. Apart from presets.ts, because the editor side
 * shows it and must stay small.
 */

export const PRESET_NAMES = [
  'openai',
  'anthropic',
  'openrouter',
  'groq',
  'gemini',
  'azure',
  'azure-deployments',
  'deepseek',
  'moonshot',
  'zai',
  'minimax',
  'dashscope',
  'mistral',
  'xai',
  'together',
  'fireworks',
  'cerebras',
  'bedrock',
  'vertex',
  'litellm',
  'ollama',
  'lmstudio',
  'llamacpp',
  'vllm',
  'localai',
  'demo',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export interface PresetCard {
  title: string;
  /** Complete base URL. `{name}` stands for what the person has to fill in. */
  baseUrl: string;
  /** What to fill in, as a sentence; present exactly when `baseUrl` has a placeholder. */
  fill?: string;
  /** Serves nothing without a key. */
  needsKey: boolean;
  /** A model server on one's own machine, found by asking its address. */
  local?: boolean;
  /** Page where a key is made. */
  keyUrl?: string;
}

export const PRESET_CARDS: Readonly<Record<PresetName, PresetCard>> = {
  openai: {
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    needsKey: true,
    keyUrl: 'https://platform.openai.com/api-keys',
  },
  anthropic: {
    title: 'Anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    needsKey: true,
    keyUrl: 'https://platform.claude.com/settings/keys',
  },
  openrouter: {
    title: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    needsKey: true,
    keyUrl: 'https://openrouter.ai/settings/keys',
  },
  groq: {
    title: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    needsKey: true,
    keyUrl: 'https://console.groq.com/keys',
  },
  gemini: {
    title: 'Google Gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    needsKey: true,
    keyUrl: 'https://aistudio.google.com/apikey',
  },
  azure: {
    title: 'Azure OpenAI',
    baseUrl: 'https://{resource}.openai.azure.com/openai/v1',
    fill: 'Put the name of your Azure OpenAI resource in place of {resource}.',
    needsKey: true,
    keyUrl: 'https://portal.azure.com',
  },
  'azure-deployments': {
    title: 'Azure OpenAI (deployment paths)',
    baseUrl: 'https://{resource}.openai.azure.com/openai',
    fill: 'Put the name of your Azure OpenAI resource in place of {resource}.',
    needsKey: true,
    keyUrl: 'https://portal.azure.com',
  },
  deepseek: {
    title: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com/v1',
    needsKey: true,
    keyUrl: 'https://platform.deepseek.com/api_keys',
  },
  moonshot: {
    title: 'Moonshot AI (Kimi)',
    baseUrl: 'https://api.moonshot.ai/v1',
    needsKey: true,
    keyUrl: 'https://platform.moonshot.ai/console/api-keys',
  },
  zai: {
    title: 'Z.AI (GLM)',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    needsKey: true,
    keyUrl: 'https://z.ai/manage-apikey/apikey-list',
  },
  minimax: {
    title: 'MiniMax',
    baseUrl: 'https://api.minimax.io/v1',
    needsKey: true,
    keyUrl: 'https://platform.minimax.io/user-center/basic-information/interface-key',
  },
  dashscope: {
    title: 'Alibaba Cloud (DashScope, Qwen)',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    needsKey: true,
    keyUrl: 'https://bailian.console.alibabacloud.com/?tab=model#/api-key',
  },
  mistral: {
    title: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    needsKey: true,
    keyUrl: 'https://console.mistral.ai/api-keys',
  },
  xai: { title: 'xAI', baseUrl: 'https://api.x.ai/v1', needsKey: true, keyUrl: 'https://console.x.ai' },
  together: {
    title: 'Together AI',
    baseUrl: 'https://api.together.xyz/v1',
    needsKey: true,
    keyUrl: 'https://api.together.ai/settings/api-keys',
  },
  fireworks: {
    title: 'Fireworks AI',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    needsKey: true,
    keyUrl: 'https://app.fireworks.ai/settings/users/api-keys',
  },
  cerebras: {
    title: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    needsKey: true,
    keyUrl: 'https://cloud.cerebras.ai',
  },
  bedrock: {
    title: 'Amazon Bedrock',
    baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    fill: 'Put your AWS region, such as us-east-1, in place of {region}.',
    needsKey: true,
    keyUrl: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
  },
  vertex: {
    title: 'Google Vertex AI',
    baseUrl: 'https://aiplatform.googleapis.com/v1/projects/{project}/locations/global/endpoints/openapi',
    fill: 'Put your Google Cloud project id in place of {project}, and another location where you need one.',
    needsKey: true,
    keyUrl: 'https://console.cloud.google.com/vertex-ai',
  },
  litellm: { title: 'LiteLLM proxy', baseUrl: 'http://127.0.0.1:4000/v1', needsKey: false },
  ollama: { title: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', needsKey: false, local: true },
  lmstudio: { title: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1', needsKey: false, local: true },
  llamacpp: { title: 'llama.cpp server', baseUrl: 'http://127.0.0.1:8080/v1', needsKey: false, local: true },
  vllm: { title: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1', needsKey: false, local: true },
  localai: { title: 'LocalAI', baseUrl: 'http://127.0.0.1:8080/v1', needsKey: false, local: true },
  demo: { title: 'Demo (built in)', baseUrl: 'http://demo.invalid/v1', needsKey: false, local: true },
};

/** The preset whose own address has this host, as for a base URL from a file that knows no presets. */
export function presetForHost(baseUrl: string): PresetName | undefined {
  const host = hostOf(baseUrl);
  if (host === undefined) return undefined;
  if (/^[\w-]+\.openai\.azure\.com$/.test(host)) return baseUrl.includes('/v1') ? 'azure' : 'azure-deployments';
  if (/^bedrock-runtime\.[\w-]+\.amazonaws\.com$/.test(host)) return 'bedrock';
  if (/^([\w-]+-)?aiplatform\.googleapis\.com$/.test(host)) return 'vertex';
  const names = Object.keys(PRESET_CARDS) as PresetName[];
  return names.find(
    (name) => !PRESET_CARDS[name].local && name !== 'litellm' && hostOf(PRESET_CARDS[name].baseUrl) === host,
  );
}

function hostOf(url: string): string | undefined {
  return /^https?:\/\/([^/:?#]+)/i.exec(url)?.[1]?.toLowerCase();
}
