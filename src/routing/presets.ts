/**
 * Known providers as data: adding one is adding an entry here, and one in presetCards.ts, which holds what a person sees. No
 * code, no zod, no network. The date behind an entry says when its facts were last looked up.
 */
import { EFFORT_PARAMS, modelFamily } from '../models/families';
import type { Family, ModelFamily } from '../models/family';
import {
  DEEPSEEK_FAMILIES,
  DEEPSEEK_RULES,
  GLM_FAMILIES,
  KIMI_FAMILIES,
  MINIMAX_FAMILIES,
} from '../models/openWeights';
import type { Wire } from '../wires/wire';
import type { Abilities, AuthScheme, Quirks } from './abilities';
import { PRESET_CARDS, type PresetCard, type PresetName } from './presetCards';

export interface Preset extends PresetCard {
  /** Path for a base URL written without one, where /v1 would be wrong. */
  hostPath?: string;
  wire: Wire;
  auth: AuthScheme;
  /** Another scheme on another wire of the same provider. */
  authFor?: Partial<Record<Wire, AuthScheme>>;
  /** Environment variables that may hold the key, the usual one first. */
  keyEnv: readonly string[];
  headers?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  /** Top-level parameters the provider answers with an error. */
  unsupportedParams?: readonly string[];
  abilities?: Partial<Abilities>;
  /** What this provider takes of single models where it differs from its general behaviour. */
  families?: readonly Family[];
  quirks?: Partial<Quirks>;
  /** Text before the id in the provider's own model list that is no part of the name. */
  listPrefix?: string;
  /** All its models are its own: no name with the prefix of another provider can be one of them. */
  oneMaker?: true;
  /** What stands before a model of the provider's own in its list, and is part of the name. */
  ownAuthor?: string;
  /** Page where credit is bought or limits are raised. */
  billingUrl?: string;
}

const EFFORTS = ['low', 'medium', 'high'] as const;

const GEMINI_EFFORT = { reasoningField: 'reasoning_effort', efforts: EFFORTS, maxOutputTokens: 65_536 } as const;
// ai.google.dev thinking page, 2026-11: flash thinks as little as minimal, only 2.5 Flash not at all, pro from low on.
const GEMINI_FAMILIES: readonly Family[] = [
  {
    match: /gemini-2\.5-flash/,
    abilities: GEMINI_EFFORT,
    effortWords: ['none', 'minimal', ...EFFORTS],
  },
  { match: /gemini-[3-9].*flash/, abilities: GEMINI_EFFORT, effortWords: ['minimal', ...EFFORTS] },
  { match: /gemini-(2\.5|[3-9])/, abilities: GEMINI_EFFORT },
];

const openAiLike: Pick<Preset, 'abilities' | 'quirks'> = {
  abilities: { developerRole: true, serviceTier: true },
  quirks: { maxIdLength: 40, strictTools: true, maxTokensField: 'max_completion_tokens', maxStops: 4 },
};

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  // platform.openai.com, 2026-11. `metadata` is refused unless `store` is on, so it stays off here.
  openai: {
    ...PRESET_CARDS.openai,
    oneMaker: true,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['OPENAI_API_KEY'],
    ...openAiLike,
    billingUrl: 'https://platform.openai.com/settings/organization/billing/overview',
  },
  // platform.claude.com, 2026-11. Its OpenAI-compatible endpoint is the same base URL with wire chat and a Bearer key.
  anthropic: {
    ...PRESET_CARDS.anthropic,
    oneMaker: true,
    wire: 'messages',
    auth: 'x-api-key',
    authFor: { chat: 'bearer' },
    keyEnv: ['ANTHROPIC_API_KEY'],
    headers: { 'anthropic-version': '2023-06-01' },
    billingUrl: 'https://platform.claude.com/settings/billing',
  },
  // openrouter.ai/docs, 2026-11: one `reasoning` object for every model, ignored where it means nothing. Credit is reserved
  // for max_tokens, and without one for the whole window: 402 "can only afford N".
  openrouter: {
    ...PRESET_CARDS.openrouter,
    ownAuthor: 'openrouter/',
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['OPENROUTER_API_KEY'],
    abilities: { reasoningField: 'reasoning' },
    quirks: { maxIdLength: 40, reserveTokens: 16_000 },
    billingUrl: 'https://openrouter.ai/settings/credits',
  },
  // console.groq.com/docs/openai, 2026-11 (stop: letta#1272): these fields answer 400; reasoning_effort only for models that reason.
  groq: {
    ...PRESET_CARDS.groq,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['GROQ_API_KEY'],
    unsupportedParams: ['logprobs', 'logit_bias', 'top_logprobs', 'store', 'messages[].name'],
    abilities: { reasoningField: 'none' },
    families: [
      { match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } },
      // modelparams#114, pi#1745, Kiln#1728: thinking on or off, nothing between.
      { match: /qwen-?3/, abilities: { reasoningField: 'reasoning_effort' }, effortWords: ['none', 'default'] },
    ],
    quirks: {
      historyRefuses: ['reasoning_content', 'reasoning_details'],
      maxTokensField: 'max_completion_tokens',
      maxStops: 4,
    },
    billingUrl: 'https://console.groq.com/settings/billing',
  },
  // ai.google.dev/gemini-api/docs/openai and issue reports, 2026-11: unknown fields and schema keywords answer 400.
  gemini: {
    ...PRESET_CARDS.gemini,
    oneMaker: true,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    unsupportedParams: [
      'frequency_penalty',
      'presence_penalty',
      'seed',
      'store',
      'logit_bias',
      'logprobs',
      'top_logprobs',
      'top_k',
      'prediction',
      'web_search_options',
      'prompt_cache_key',
      'prompt_cache_retention',
      'safety_identifier',
      'verbosity',
    ],
    abilities: { reasoningField: 'none' },
    families: [...GEMINI_FAMILIES, { match: /gemini-2/, abilities: { maxOutputTokens: 8_192 } }],
    quirks: {
      maxStops: 5,
      refusedSchemaKeys: [
        '$schema',
        '$id',
        'additionalProperties',
        'propertyNames',
        'patternProperties',
        'exclusiveMinimum',
        'exclusiveMaximum',
        'const',
      ],
    },
    listPrefix: 'models/',
    billingUrl: 'https://aistudio.google.com/usage',
  },
  // learn.microsoft.com (v1 API, generally available), 2026-11: the model is the deployment's name; no api-version.
  azure: {
    ...PRESET_CARDS.azure,
    oneMaker: true,
    hostPath: '/openai/v1',
    wire: 'chat',
    auth: 'api-key',
    keyEnv: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    abilities: { developerRole: true },
    quirks: openAiLike.quirks,
    billingUrl: 'https://portal.azure.com',
  },
  // The older Azure form: one path a deployment and a dated api-version (2024-10-21 is the last dated stable one).
  'azure-deployments': {
    ...PRESET_CARDS['azure-deployments'],
    oneMaker: true,
    hostPath: '/openai',
    wire: 'chat',
    auth: 'api-key',
    keyEnv: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    query: { 'api-version': '2024-10-21' },
    abilities: { developerRole: true },
    quirks: { ...openAiLike.quirks, deploymentPaths: true },
    billingUrl: 'https://portal.azure.com',
  },
  // api-docs.deepseek.com/guides/thinking_mode, 2026-11: reasoning_effort low, high, max (medium is read as high).
  deepseek: {
    ...PRESET_CARDS.deepseek,
    oneMaker: true,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['DEEPSEEK_API_KEY'],
    families: DEEPSEEK_FAMILIES,
    billingUrl: 'https://platform.deepseek.com/top_up',
    quirks: DEEPSEEK_RULES,
  },
  // platform.moonshot.ai, 2026-11.
  moonshot: {
    ...PRESET_CARDS.moonshot,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['MOONSHOT_API_KEY'],
    abilities: { reasoningField: 'none' },
    families: KIMI_FAMILIES,
    billingUrl: 'https://platform.moonshot.ai/console/pay',
  },
  // docs.z.ai, 2026-11.
  zai: {
    ...PRESET_CARDS.zai,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['ZAI_API_KEY'],
    abilities: { reasoningField: 'none' },
    families: GLM_FAMILIES,
    quirks: { developerAsSystem: true, maxStops: 1 },
    billingUrl: 'https://z.ai/manage-apikey/billing',
  },
  // platform.minimax.io, 2026-11: thinking comes as tags in the text.
  minimax: {
    ...PRESET_CARDS.minimax,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['MINIMAX_API_KEY'],
    abilities: { reasoningField: 'none', systemMessages: 'one' },
    families: MINIMAX_FAMILIES,
    quirks: { developerAsSystem: true, aboveZero: true },
    billingUrl: 'https://platform.minimax.io/user-center/payment/balance',
  },
  // alibabacloud.com/help/en/model-studio (OpenAI compatibility), 2026-11.
  dashscope: {
    ...PRESET_CARDS.dashscope,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['DASHSCOPE_API_KEY'],
    abilities: { reasoningField: 'none', systemMessages: 'one' },
    quirks: { developerAsSystem: true },
    billingUrl: 'https://usercenter2-intl.aliyun.com/billing/#/overview',
  },
  // docs.mistral.ai and issue reports, 2026-11: "Extra inputs are not permitted" (422) for anything unknown; usage comes
  // unasked in the last chunk; tool-call ids are 9 letters and digits.
  mistral: {
    ...PRESET_CARDS.mistral,
    oneMaker: true,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['MISTRAL_API_KEY'],
    unsupportedParams: [
      ...['stream_options', 'store', 'logit_bias', 'logprobs', 'top_logprobs', 'seed', 'verbosity', 'top_k', 'user'],
      ...['modalities', 'web_search_options', 'prompt_cache_retention', 'safety_identifier', 'service_tier'],
    ],
    abilities: { reasoningField: 'none' },
    quirks: {
      endsWithUser: true,
      developerAsSystem: true,
      historyRefuses: ['reasoning_content', 'reasoning', 'reasoning_details'],
      maxIdLength: 9,
      streamUsage: false,
    },
    billingUrl: 'https://console.mistral.ai/billing',
  },
  // docs.x.ai/developers/model-capabilities/text/reasoning, 2026-11: effort from grok-4.3 on; others refuse the field, and
  // reasoning models refuse penalties and stop.
  xai: {
    ...PRESET_CARDS.xai,
    oneMaker: true,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['XAI_API_KEY'],
    unsupportedParams: ['presence_penalty', 'frequency_penalty', 'logit_bias'],
    abilities: { reasoningField: 'none' },
    families: [
      { match: /^grok-3-mini/, abilities: { reasoningField: 'reasoning_effort', efforts: ['low', 'high'] } },
      // modelparams#330, NativeTavern#83: grok-4.6 knows xhigh.
      {
        match: /^grok-(4\.[6-9](?!\d)|[5-9])/,
        abilities: { reasoningField: 'reasoning_effort', efforts: [...EFFORTS, 'xhigh'] },
        unsupportedParams: ['stop'],
      },
      {
        match: /^grok-4\.[3-5](?!\d)/,
        abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS },
        unsupportedParams: ['stop'],
      },
      { match: /^grok-4/, abilities: {}, unsupportedParams: ['stop'] },
    ],
    billingUrl: 'https://console.x.ai',
  },
  // docs.together.ai, 2026-11.
  together: {
    ...PRESET_CARDS.together,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['TOGETHER_API_KEY'],
    abilities: { reasoningField: 'none' },
    families: [{ match: /gpt-oss/i, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
    billingUrl: 'https://api.together.ai/settings/billing',
  },
  // docs.fireworks.ai (API reference, guides/reasoning), 2026-11.
  fireworks: {
    ...PRESET_CARDS.fireworks,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'],
    billingUrl: 'https://app.fireworks.ai/account/billing',
  },
  // inference-docs.cerebras.ai/resources/openai, 2026-11: these fields answer 400; no developer role.
  cerebras: {
    ...PRESET_CARDS.cerebras,
    oneMaker: true,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['CEREBRAS_API_KEY'],
    unsupportedParams: ['frequency_penalty', 'presence_penalty', 'logit_bias', 'parallel_tool_calls', 'store'],
    abilities: { reasoningField: 'none' },
    families: [
      { match: /gpt-oss|^qwen-3\.[5-9]/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } },
    ],
    quirks: {
      historyRefuses: ['reasoning_content', 'reasoning_details'],
      developerAsSystem: true,
      maxTokensField: 'max_completion_tokens',
    },
    billingUrl: 'https://cloud.cerebras.ai',
  },
  // docs.aws.amazon.com/bedrock (inference-chat-completions), 2026-11: Bedrock API key as Bearer, no signing.
  bedrock: {
    ...PRESET_CARDS.bedrock,
    oneMaker: true,
    hostPath: '/openai/v1',
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['AWS_BEARER_TOKEN_BEDROCK'],
    abilities: { reasoningField: 'none' },
    families: [{ match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
    quirks: { maxTokensField: 'max_completion_tokens' },
    billingUrl: 'https://console.aws.amazon.com/billing',
  },
  // docs.cloud.google.com/vertex-ai (openapi endpoint), 2026-11: an access token (gcloud auth print-access-token) lives an hour.
  vertex: {
    ...PRESET_CARDS.vertex,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['VERTEX_ACCESS_TOKEN'],
    unsupportedParams: ['store', 'logit_bias'],
    abilities: { reasoningField: 'none' },
    families: GEMINI_FAMILIES,
    quirks: {
      maxStops: 5,
      refusedSchemaKeys: ['$schema', '$id', 'additionalProperties', 'propertyNames', 'patternProperties', 'const'],
    },
    billingUrl: 'https://console.cloud.google.com/billing',
  },
  // docs.litellm.ai, 2026-11. What stands behind it is unknown, so the shortest id limit holds.
  litellm: {
    ...PRESET_CARDS.litellm,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['LITELLM_API_KEY', 'LITELLM_PROXY_API_KEY', 'LITELLM_MASTER_KEY'],
    quirks: { maxIdLength: 40 },
  },
  // docs.ollama.com/api/openai-compatibility, 2026-11: models that cannot think refuse an effort.
  ollama: {
    ...PRESET_CARDS.ollama,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: [],
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
  },
  // lmstudio.ai/docs (OpenAI compatibility), 2026-11.
  lmstudio: {
    ...PRESET_CARDS.lmstudio,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: [],
    abilities: { reasoningField: 'none', systemMessages: 'one' },
    families: [{ match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
  },
  // github.com/ggml-org/llama.cpp tools/server, 2026-11; system messages: llama.cpp#20215.
  llamacpp: {
    ...PRESET_CARDS.llamacpp,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['LLAMA_API_KEY'],
    abilities: { reasoningField: 'none', systemMessages: 'one' },
  },
  // docs.vllm.ai (OpenAI-compatible server), 2026-11; system messages and roles: vllm#41114, ogx#6069.
  vllm: {
    ...PRESET_CARDS.vllm,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['VLLM_API_KEY'],
    abilities: { reasoningField: 'none', systemMessages: 'one' },
    families: [{ match: /gpt-oss/, abilities: { reasoningField: 'reasoning_effort', efforts: EFFORTS } }],
    quirks: { endsWithUser: true, developerAsSystem: true },
  },
  // localai.io, 2026-11.
  localai: {
    ...PRESET_CARDS.localai,
    wire: 'chat',
    auth: 'bearer',
    keyEnv: ['LOCALAI_API_KEY'],
    abilities: { reasoningField: 'none' },
  },
  // Built in: answers with what it received. The address is never called; `.invalid` could not be (RFC 2606).
  demo: {
    ...PRESET_CARDS.demo,
    wire: 'chat',
    auth: 'none',
    keyEnv: [],
    abilities: { customTools: 'keep', developerRole: true, metadata: true, serviceTier: true },
  },
};

/**
 * The family of a model: what this provider takes of it comes before what is known of the model itself. Rules of a maker
 * whose weights others serve hold where no preset says who serves, or where the settings name the model (`hinted`).
 */
export function familyOf(preset: Preset | undefined, model: string, hinted = false): Family | ModelFamily | undefined {
  return preset?.families?.find((family) => family.match.test(model)) ?? modelFamily(model, hinted || !preset);
}
