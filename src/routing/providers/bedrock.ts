import type { Preset } from '../preset';
import { EFFORTS } from './common';

const regional = (region: string) => `https://bedrock-runtime.${region}.amazonaws.com/openai/v1`;

// docs.aws.amazon.com/bedrock (inference-chat-completions), 2026-11: Bedrock API key as Bearer, no signing.
/** `vendor.model`, where a region or `global` may stand before. */
const BARE =
  /^(?:[a-z-]{2,6}\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|zai)\.[\w@.:-]+$/;

export const bedrock: Preset = {
  title: 'Amazon Bedrock',
  baseUrl: regional('{region}'),
  fill: 'Put your AWS region, such as us-east-1, in place of {region}.',
  needsKey: true,
  keyUrl: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
  urls: /^https?:\/\/bedrock-runtime\.[\w-]+\.amazonaws\.com(?=[/:?#]|$)/i,
  oneMaker: true,
  hostPath: '/openai/v1',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['AWS_BEARER_TOKEN_BEDROCK'],
  abilities: { reasoningField: 'none' },
  families: [{ match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
  quirks: { maxTokensField: 'max_completion_tokens' },
  billingUrl: 'https://console.aws.amazon.com/billing',
  addressFrom: ({ AWS_REGION, AWS_DEFAULT_REGION }) => {
    const region = AWS_REGION || AWS_DEFAULT_REGION;
    return region && regional(region);
  },
  liteLlm: {
    names: ['bedrock'],
    ways: /^(converse|invoke)\//,
    bare: BARE,
  },
  prices: 'amazon-bedrock',
  metricsName: 'aws.bedrock',
};
