/**
 * Providers of LiteLLM that are more than one address and a key: what is their customer's own has to be given, and who has no
 * endpoint in OpenAI's or Anthropic's shape that takes a lasting key says so (source: litellm 1.108.7 and the providers' pages).
 */
import { readBaseUrl } from '../../routing/build';
import type { Said } from '../../said';
import { say } from '../sentences';

interface OwnAddress {
  /** What the address looks like. */
  form: string;
  /** Variable that LiteLLM takes it from. */
  addressEnv?: string;
  keyEnv: string;
  /** What LiteLLM adds to the address before the route; ours has it. */
  path?: string;
}

const OWN_ADDRESS = new Map<string, OwnAddress>([
  [
    'azure_ai',
    {
      form: 'https://RESOURCE.services.ai.azure.com',
      addressEnv: 'AZURE_AI_API_BASE',
      keyEnv: 'AZURE_AI_API_KEY',
    },
  ],
  ['cloudflare', { form: 'https://api.cloudflare.com/client/v4/accounts/ACCOUNT/ai/v1', keyEnv: 'CLOUDFLARE_API_KEY' }],
  [
    'databricks',
    {
      form: 'https://WORKSPACE/serving-endpoints',
      addressEnv: 'DATABRICKS_API_BASE',
      keyEnv: 'DATABRICKS_API_KEY',
    },
  ],
  ['heroku', { form: 'https://us.inference.heroku.com', addressEnv: 'HEROKU_API_BASE', keyEnv: 'HEROKU_API_KEY' }],
  [
    'snowflake',
    {
      form: 'https://ACCOUNT.snowflakecomputing.com/api/v2',
      addressEnv: 'SNOWFLAKE_API_BASE',
      keyEnv: 'SNOWFLAKE_JWT',
      path: '/cortex/v1',
    },
  ],
]);

const WHY_NOT = new Map<string, (provider: string) => Said>([
  ...['replicate', 'nlp_cloud', 'scaledown', 'fal_ai'].map((name) => [name, say.ownApi] as const),
  ...['github_copilot', 'chatgpt', 'microsoft_365_copilot'].map((name) => [name, say.signIn] as const),
  ...['sagemaker', 'sagemaker_chat', 'sagemaker_nova'].map((name) => [name, say.awsKeys] as const),
  ['oci', say.oracleKeys],
  ['watsonx', say.ibmToken],
  ['gigachat', say.shortToken],
  ['cohere', say.cohereChat],
  ['opencode_go', say.addressEachFamily],
]);

export function ownAddress(provider: string): OwnAddress | undefined {
  return OWN_ADDRESS.get(provider);
}

/** Why a provider cannot be served without an address in OpenAI's shape. */
export function whyNot(provider: string | undefined): Said {
  if (provider === undefined) return say.noProvider;
  const form = OWN_ADDRESS.get(provider)?.form;
  if (form !== undefined) return say.needsAddress(provider, form);
  return (WHY_NOT.get(provider) ?? say.unknownProvider)(provider);
}

/** The address in OpenAI's shape behind what LiteLLM is given. */
export function openAiAddress({ path }: OwnAddress, apiBase: string): string {
  const base = apiBase.replace(/\/+$/, '');
  return path === undefined || base.endsWith(path) ? base : `${base}${path}`;
}

/** The root of a resource of Azure AI Foundry, whose models are all reached below it. */
export function foundryOf(apiBase: string): string | undefined {
  const host = readBaseUrl(apiBase)?.host;
  return host?.endsWith('.services.ai.azure.com') ? `https://${host}` : undefined;
}

const OPENAI_PATH = /^(openai\.gpt-(?!oss)|google\.gemma-4|xai\.grok)/;

/** Bedrock's second endpoint: OpenAI's API, newer models below /openai/v1; the name may begin with a region. */
export function mantleOf(model: string, region: string): { baseUrl: string; upstream: string; responses: boolean } {
  const [, written, upstream = model] = /^([a-z]{2}(?:-[a-z]+)+-\d)\/(.+)$/.exec(model) ?? [];
  return {
    baseUrl: `https://bedrock-mantle.${written ?? region}.api.aws/${OPENAI_PATH.test(upstream) ? 'openai/v1' : 'v1'}`,
    upstream,
    responses: /^openai\.gpt-(?!oss)/.test(upstream),
  };
}
