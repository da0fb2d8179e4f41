import type { Preset } from '../preset';
import { openAiLike } from './common';

// learn.microsoft.com (v1 API, generally available), 2026-11: the model is the deployment's name; no api-version.
export const azure: Preset = {
  title: 'Azure OpenAI',
  baseUrl: 'https://{resource}.openai.azure.com/openai/v1',
  fill: 'Put the name of your Azure OpenAI resource in place of {resource}.',
  needsKey: true,
  keyUrl: 'https://portal.azure.com',
  urls: /^https?:\/\/[\w-]+\.openai\.azure\.com(?=[/:?#]|$).*\/v1/i,
  oneMaker: true,
  hostPath: '/openai/v1',
  wire: 'chat',
  auth: 'api-key',
  keyEnv: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
  abilities: { developerRole: true },
  quirks: openAiLike.quirks,
  billingUrl: 'https://portal.azure.com',
  addressFrom: ({ AZURE_OPENAI_ENDPOINT: url }) => url && `${url.replace(/\/+$/, '')}/openai/v1`,
  prices: 'azure',
  metricsName: 'azure.ai.openai',
};
