/**
 * Facts of models, keyed by the model's own name: they hold under any backend, for a relay or an Azure deployment as for the
 * maker itself (issue 15 §2). Pure data with its sources; adding a model is adding a line.
 */
import type { ModelFamily } from './family';
import { OPEN_WEIGHTS } from './openWeights';

/** Where chat and Responses carry an effort. */
export const EFFORT_PARAMS: readonly string[] = ['reasoning_effort', 'reasoning'];
const EFFORTS = ['low', 'medium', 'high'] as const;
const SAMPLING = [
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
];

// openai/openai-openapi#541, Portkey gateway#1445, tmuxai#82: "only supported in v1/responses and not in v1/chat/completions".
const RESPONSES_ONLY = { wire: 'chat', chatRefuses: 'always' } as const;

// OpenAI model pages and the reasoning guide, 2026-11: gpt-5.1 knows none, not minimal; xhigh came after gpt-5.1-codex-max;
// reasoning models answer 400 to sampling parameters; custom tools came with gpt-5; gpt-4 and chat models refuse reasoning_effort.
const OPENAI_FAMILIES: readonly ModelFamily[] = [
  {
    match: /^gpt-5(\.\d+)?-chat|^chatgpt-|^gpt-4o/,
    wire: 'chat',
    abilities: { reasoningField: 'none', maxOutputTokens: 16_384 },
    unsupportedParams: [...EFFORT_PARAMS, 'verbosity'],
  },
  // baml#2708, LiteLLM#38842: "Unrecognized request argument"; big-AGI#947: verbosity is medium.
  {
    match: /^gpt-4\.1/,
    wire: 'chat',
    abilities: { reasoningField: 'none', maxOutputTokens: 32_768 },
    unsupportedParams: [...EFFORT_PARAMS, 'verbosity'],
  },
  {
    match: /^gpt-(3|4)/,
    wire: 'chat',
    abilities: { reasoningField: 'none' },
    unsupportedParams: [...EFFORT_PARAMS, 'verbosity'],
  },
  // o3-pro and deep research: efforts low, medium, high; verbosity is medium (big-AGI#944, #947).
  {
    match: /^o\d(-mini)?-(pro|deep-research)/,
    ...RESPONSES_ONLY,
    abilities: { efforts: EFFORTS, maxOutputTokens: 100_000 },
    unsupportedParams: [...SAMPLING, 'stop', 'verbosity'],
  },
  // openai/codex#19188, #9035: verbosity is medium for codex models; big-AGI#944: gpt-5.1-codex knows neither none nor xhigh; the pro models think at high and above only.
  {
    match: /^gpt-5(\.1)?-codex(?!-max)/,
    ...RESPONSES_ONLY,
    abilities: { customTools: 'keep', efforts: EFFORTS, maxOutputTokens: 128_000 },
    unsupportedParams: [...SAMPLING, 'verbosity'],
  },
  {
    match: /^gpt-5-pro/,
    ...RESPONSES_ONLY,
    abilities: { customTools: 'keep', efforts: ['high'], maxOutputTokens: 272_000 },
    unsupportedParams: SAMPLING,
  },
  {
    match: /^gpt-\d+(\.\d+)?-pro/,
    ...RESPONSES_ONLY,
    abilities: { customTools: 'keep', efforts: ['medium', 'high', 'xhigh'], maxOutputTokens: 128_000 },
    unsupportedParams: SAMPLING,
  },
  {
    match: /^gpt-5\.1-codex-max/,
    ...RESPONSES_ONLY,
    abilities: { customTools: 'keep', efforts: ['none', ...EFFORTS, 'xhigh'], maxOutputTokens: 128_000 },
    unsupportedParams: [...SAMPLING, 'verbosity'],
  },
  {
    match: /^gpt-\d+(\.\d+)?-codex/,
    ...RESPONSES_ONLY,
    abilities: { customTools: 'keep', efforts: [...EFFORTS, 'xhigh'], maxOutputTokens: 128_000 },
    unsupportedParams: [...SAMPLING, 'verbosity'],
  },
  {
    match: /^gpt-5\.1/,
    wire: 'chat',
    abilities: { customTools: 'keep', efforts: ['none', ...EFFORTS], maxOutputTokens: 128_000 },
    unsupportedParams: SAMPLING,
    silentTakesSampling: 'byDefault',
  },
  {
    match: /^gpt-5\.[23]/,
    wire: 'chat',
    abilities: { customTools: 'keep', efforts: ['none', ...EFFORTS, 'xhigh'], maxOutputTokens: 128_000 },
    unsupportedParams: SAMPLING,
    silentTakesSampling: 'byDefault',
  },
  // crush#2913, opencode#24568: with tools and an effort "Please use /v1/responses instead."
  {
    match: /^gpt-5\.4/,
    wire: 'chat',
    chatRefuses: 'toolsWithEffort',
    abilities: { customTools: 'keep', efforts: ['none', ...EFFORTS, 'xhigh'], maxOutputTokens: 128_000 },
    unsupportedParams: SAMPLING,
    silentTakesSampling: 'byDefault',
  },
  // Its default effort is medium: whether an absent one is refused too is contested (llm-memory-api#178), Responses takes both.
  {
    match: /^gpt-5\.5/,
    wire: 'chat',
    chatRefuses: 'tools',
    abilities: { customTools: 'keep', efforts: ['none', ...EFFORTS, 'xhigh'], maxOutputTokens: 128_000 },
    unsupportedParams: SAMPLING,
    silentTakesSampling: 'asked',
  },
  // LiteLLM#34569, leviath#333: refused without the field as well; max came with 5.6 (big-AGI#1159).
  {
    match: /^gpt-(5\.\d|[6-9]|\d\d)/,
    wire: 'chat',
    chatRefuses: 'tools',
    abilities: { customTools: 'keep', efforts: ['none', ...EFFORTS, 'xhigh', 'max'], maxOutputTokens: 128_000 },
    unsupportedParams: SAMPLING,
    silentTakesSampling: 'asked',
  },
  {
    match: /^gpt-5/,
    wire: 'chat',
    abilities: { customTools: 'keep', efforts: ['minimal', ...EFFORTS], maxOutputTokens: 128_000 },
    unsupportedParams: [...SAMPLING, 'stop'],
  },
  { match: /^codex-mini/, ...RESPONSES_ONLY, abilities: { efforts: EFFORTS, maxOutputTokens: 100_000 } },
  {
    match: /^o[134]/,
    wire: 'chat',
    abilities: { efforts: EFFORTS, maxOutputTokens: 100_000 },
    unsupportedParams: [...SAMPLING, 'stop', 'verbosity'],
  },
];

// kilocode#12526, llmberjack#14: "use adaptive thinking"; promptfoo#9500, sim#5925: sampling is deprecated.
const CLAUDE = {
  wire: 'messages',
  abilities: { reasoningField: 'adaptive', efforts: [...EFFORTS, 'xhigh', 'max'], maxOutputTokens: 128_000 },
  unsupportedParams: ['temperature', 'top_p', 'top_k'],
} as const;
const UNASKED = { thinksUnasked: true } as const;
const BOUND = { bindsThinking: true } as const;

// platform.claude.com model pages, 2026-11: adaptive thinking from 4.6 on (N35), 128k output from 4.6 on, xhigh and no sampling
// parameters from Opus 4.7 on; 4.5 and older take budget_tokens.
const ANTHROPIC_FAMILIES: readonly ModelFamily[] = [
  {
    match: /claude-(2|instant|3-(opus|sonnet|haiku))/,
    wire: 'messages',
    abilities: { reasoningField: 'none', maxOutputTokens: 4_096 },
  },
  { match: /claude-3-5/, wire: 'messages', abilities: { reasoningField: 'none', maxOutputTokens: 8_192 } },
  {
    match: /claude-opus-4(-[01](?!\d)|-2025|[@:]|$)/,
    wire: 'messages',
    abilities: { reasoningField: 'thinking', efforts: EFFORTS, maxOutputTokens: 32_000 },
  },
  // platform.claude.com effort page: of the models with a budget only Opus 4.5 takes an effort; eliza#16175, OmniRoute#4713.
  {
    match: /claude-opus-4-5/,
    wire: 'messages',
    abilities: { reasoningField: 'thinking', efforts: EFFORTS, maxOutputTokens: 64_000 },
    takesEffort: true,
  },
  {
    match: /claude-3-7|claude-sonnet-4(-0|-2025|[@:]|$)|-4-5(?!\d)/,
    wire: 'messages',
    abilities: { reasoningField: 'thinking', efforts: EFFORTS, maxOutputTokens: 64_000 },
  },
  {
    match: /-4-6/,
    wire: 'messages',
    abilities: { reasoningField: 'adaptive', efforts: [...EFFORTS, 'max'], maxOutputTokens: 128_000 },
    takesBudget: true,
  },
  // platform.claude.com, "Thinking", "Preserved thinking" and what is new in 5.5, 2026-11: from 5 on thinking is on by default;
  // Fable, Mythos and Opus 5.5 refuse `disabled`, Sonnet 5.5 has `between_tools` for it; from Fable 5.1 on thinking is bound to
  // what stood before it.
  { ...CLAUDE, match: /^claude-(fable|mythos)-5-[1-9](?!\d)/, quirks: { ...UNASKED, ...BOUND, thinkingOff: 'never' } },
  { ...CLAUDE, match: /^claude-(fable|mythos)-/, quirks: { ...UNASKED, thinkingOff: 'never' } },
  { ...CLAUDE, match: /^claude-opus-5-5/, quirks: { ...UNASKED, ...BOUND, thinkingOff: 'never' } },
  { ...CLAUDE, match: /^claude-sonnet-5-5/, quirks: { ...UNASKED, ...BOUND, thinkingOff: 'between_tools' } },
  { ...CLAUDE, match: /^claude-haiku-5-5/, quirks: { ...UNASKED, ...BOUND } },
  { ...CLAUDE, match: /^claude-(opus|sonnet|haiku)-([5-9]|\d\d)(?!\d)/, quirks: UNASKED },
  { ...CLAUDE, match: /^claude-/ },
];

// ai.google.dev API reference and thinking page: the words hold at a relay too, where nothing else is known.
const GEMINI_FAMILIES: readonly ModelFamily[] = [
  { match: /^gemini-2\.5-flash/, effortWords: ['none', 'minimal', ...EFFORTS] },
  { match: /^gemini-[3-9].*flash/, effortWords: ['minimal', ...EFFORTS] },
  { match: /^gemini-(2\.5|[3-9])/, effortWords: EFFORTS },
].map((family) => ({ ...family, wire: 'chat', abilities: {}, quirks: { maxStops: 5 } }));

const FAMILIES: readonly ModelFamily[] = [
  // Qwen-Agent#228: "Expected an array with maximum length 4".
  ...OPENAI_FAMILIES.map((family) => ({ ...family, quirks: { maxStops: 4, ...family.quirks } })),
  ...ANTHROPIC_FAMILIES,
  ...GEMINI_FAMILIES,
];

/** What a model takes in besides text; undefined where nobody says. */
export interface Senses {
  tools?: boolean;
  images?: boolean;
}

// "Supported features" and "Modalities" of the model pages at developers.openai.com, the vision and tool-use pages of
// platform.claude.com, the models page of ai.google.dev, 2026-11. The first pattern that matches wins.
const SENSES: readonly (readonly [RegExp, Senses])[] = [
  [/^chatgpt-|^o1-(mini|preview)|deep-research|^gpt-4o.*(audio|realtime|search|transcribe|tts)/, {}],
  [/^gpt-5(\.\d+)?-chat|^chat-latest/, { images: true }],
  [/^gpt-(3\.5-turbo|4$|4-0)|^o3-mini|codex-spark/, { tools: true, images: false }],
  [/^gpt-(4o|4\.1|4-turbo|[5-9]|\d\d)|^o[134]|^codex-mini/, { tools: true, images: true }],
  [/^claude-(2|instant)/, { tools: false, images: false }],
  [/^claude-3-5-haiku/, { tools: true }],
  [/^claude-/, { tools: true, images: true }],
  [/^gemini-.*(embedding|image|tts|audio|live)/, {}],
  [/^gemini-(2\.5|[3-9])/, { tools: true, images: true }],
];

// platform.claude.com, "Mid-conversation system messages" and "What's new in Claude Opus 4.8": Opus 4.8 and what came after it.
const SYSTEM_WITHIN = /^claude-(opus-4-[89]|(opus|sonnet|haiku|fable|mythos)-([5-9]|\d\d))/;

/** Whether a Messages body for this model may have a system message behind one of the user. Older ones and others refuse it. */
export const takesSystemWithin = (name: string): boolean => SYSTEM_WITHIN.test(bareName(name));

/** Whether a name speaks of a model of Anthropic's that has a prompt cache on every cloud: not the first ones. */
export const cachesPrompts = (name: string): boolean =>
  /^claude-(?!2|instant|3-(opus|sonnet|haiku))/.test(bareName(name));

/** What is documented of the model that a name speaks of. */
export function modelSenses(name: string): Senses {
  const bare = bareName(name);
  return SENSES.find(([match]) => match.test(bare))?.[1] ?? {};
}

/**
 * The family a name speaks of: `openai/gpt-5.5` at a relay and `us.anthropic.claude-opus-5-v1:0` at Bedrock are known too.
 * `openWeights`: rules of makers whose weights others serve as well.
 */
export function modelFamily(name: string, openWeights = false): ModelFamily | undefined {
  const bare = bareName(name);
  const matches = (family: ModelFamily): boolean => family.match.test(bare);
  return FAMILIES.find(matches) ?? (openWeights ? OPEN_WEIGHTS.find(matches) : undefined);
}

/**
 * Relays write Claude's versions with dots (`anthropic/claude-sonnet-4.5`), Anthropic with dashes; some, and an alias of Anthropic's,
 * put them first (`claude-4-sonnet`), as all did before version 4.
 */
function bareName(name: string): string {
  const own = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  const bare = own.replace(/^.*?(?=claude-)/, '');
  if (!bare.startsWith('claude-')) return bare;
  const dashed = bare.replace(/(?<=\d)\.(?=\d)/g, '-');
  return dashed.replace(/^claude-([4-9](?:-\d)?)-(opus|sonnet|haiku)/, 'claude-$2-$1');
}
