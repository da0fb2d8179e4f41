import type { Preset } from '../preset';
import { openAiLike } from './common';

// The older Azure form: one path a deployment and a dated api-version (2024-10-21 is the last dated stable one).
export const azureDeployments: Preset = {
  title: 'Azure OpenAI (deployment paths)',
  baseUrl: 'https://{resource}.openai.azure.com/openai',
  fill: 'Put the name of your Azure OpenAI resource in place of {resource}.',
  needsKey: true,
  keyUrl: 'https://portal.azure.com',
  urls: /^https?:\/\/[\w-]+\.openai\.azure\.com(?=[/:?#]|$)/i,
  oneMaker: true,
  hostPath: '/openai',
  wire: 'chat',
  auth: 'api-key',
  keyEnv: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
  query: { 'api-version': '2024-10-21' },
  abilities: { developerRole: true },
  quirks: { ...openAiLike.quirks, deploymentPaths: true },
  billingUrl: 'https://portal.azure.com',
  liteLlm: {
    names: ['azure'],
    addressEnv: ['AZURE_API_BASE'],
    ways: /^(responses|o_series|gpt5_series)\//,
  },
  prices: 'azure',
  metricsName: 'azure.ai.openai',
};
