/**
 * Rules of makers whose weights others serve too: they hold at the maker's own address, at one that no preset knows, and
 * where `models[].base` says so. Resellers have rules of their own.
 */
import type { Quirks } from '../routing/abilities';
import type { ModelFamily } from './family';

// DeepSeek's thinking guide, JohnnyZ93#215 (reasoning_content), DeepSeek-V3#1376 (tool_choice), 9router#773 (developer);
// `json_schema`: "This response_format type is unavailable now".
export const DEEPSEEK_RULES: Partial<Quirks> = {
  thinkingField: 'reasoning_content',
  jsonSchema: 'prompt',
  developerAsSystem: true,
};
const SWITCHED = { thinkingSwitch: true, forcedChoice: 'silent' } as const;

/** The first that matches holds. */
export const DEEPSEEK_FAMILIES: readonly ModelFamily[] = [
  {
    match: /^deepseek-chat/,
    wire: 'chat',
    abilities: { reasoningField: 'none', maxOutputTokens: 8_192 },
    quirks: DEEPSEEK_RULES,
  },
  {
    match: /^deepseek-reasoner/,
    wire: 'chat',
    abilities: { reasoningField: 'none', maxOutputTokens: 65_536 },
    quirks: DEEPSEEK_RULES,
  },
  {
    match: /^deepseek-v([4-9]|\d\d)/,
    wire: 'chat',
    abilities: { efforts: ['low', 'high', 'max'] },
    quirks: { ...DEEPSEEK_RULES, ...SWITCHED },
  },
  { match: /^deepseek-/, wire: 'chat', abilities: { efforts: ['low', 'high', 'max'] }, quirks: DEEPSEEK_RULES },
];

// new-api#3121, openhanako#1667 (reasoning_content), VideoAdGuard#34, nanobot#4967 (sampling), pi#8109 (developer),
// octopus#251 (tool_choice). Ids such as `functions.Read:0` are part of the template and go back exactly.
const KIMI_RULES: Partial<Quirks> = { maxIdLength: Number.POSITIVE_INFINITY, developerAsSystem: true };
export const KIMI_FAMILIES: readonly ModelFamily[] = [
  {
    match: /^kimi-(k2\.\d|k[3-9]|latest|thinking|k2-thinking)/,
    wire: 'chat',
    abilities: { reasoningField: 'none' },
    unsupportedParams: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'],
    quirks: { ...KIMI_RULES, ...SWITCHED, thinkingField: 'reasoning_content' },
  },
  { match: /^(kimi|moonshot)-/, wire: 'chat', abilities: { reasoningField: 'none' }, quirks: KIMI_RULES },
];

// docs.z.ai (stop: one), hermes-agent#97286, catwalk#603 (efforts of 5.3, never silent), pi#547 (developer), aihubmix (limit).
const GLM_RULES: Partial<Quirks> = { developerAsSystem: true, maxStops: 1 };
export const GLM_FAMILIES: readonly ModelFamily[] = [
  {
    match: /^glm-(5\.[3-9]|[6-9])/,
    wire: 'chat',
    abilities: { reasoningField: 'reasoning_effort', efforts: ['low', 'high', 'max'], maxOutputTokens: 131_072 },
    quirks: GLM_RULES,
  },
  {
    match: /^glm-(4\.[5-9]|5)/,
    wire: 'chat',
    abilities: { reasoningField: 'none' },
    quirks: { ...GLM_RULES, thinkingSwitch: true },
  },
  { match: /^glm-/, wire: 'chat', abilities: { reasoningField: 'none' }, quirks: GLM_RULES },
];

// MiniMax-M2#51, CodexPlusPlus#267 (one system message), free-claude-code#156 (temperature above 0).
export const MINIMAX_FAMILIES: readonly ModelFamily[] = [
  {
    match: /^minimax-m\d/,
    wire: 'chat',
    abilities: { reasoningField: 'none', systemMessages: 'one' },
    quirks: { developerAsSystem: true, aboveZero: true },
  },
];

// vllm#41114, opencode#15059: the template of Qwen 3.5 and later.
const QWEN_FAMILIES: readonly ModelFamily[] = [
  { match: /^qwen-?(3\.[5-9]|[4-9])/, wire: 'chat', abilities: { systemMessages: 'one' } },
];

// opencode#1680, hermes-agent#20154, mistral-common validator.py.
const MISTRAL_FAMILIES: readonly ModelFamily[] = [
  {
    match: /^(mistral|ministral|magistral|devstral|codestral|pixtral)-/,
    wire: 'chat',
    abilities: {},
    quirks: { endsWithUser: true, developerAsSystem: true },
  },
];

export const OPEN_WEIGHTS: readonly ModelFamily[] = [
  ...DEEPSEEK_FAMILIES,
  ...KIMI_FAMILIES,
  ...GLM_FAMILIES,
  ...MINIMAX_FAMILIES,
  ...QWEN_FAMILIES,
  ...MISTRAL_FAMILIES,
];
