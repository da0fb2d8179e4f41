/** What is known of a model by its name alone: which names belong together is a rule, and each line names where it ends. */
import assert from 'node:assert/strict';
import { cachesPrompts, modelFamily, modelSenses, takesSystemWithin } from '../../../src/models/families';

const LOW = 'low medium high';
/** Efforts, output limit and what else differs, in words. */
function facts(name: string, openWeights = false): string {
  const family = modelFamily(name, openWeights);
  if (!family) return 'nothing';
  const { abilities, quirks = {}, unsupportedParams = [] } = family;
  return [
    family.wire,
    family.chatRefuses && `chat refuses ${family.chatRefuses}`,
    abilities.reasoningField,
    abilities.customTools && 'custom tools',
    abilities.systemMessages && `${abilities.systemMessages} system message`,
    (family.effortWords ?? abilities.efforts)?.join(' '),
    abilities.maxOutputTokens,
    unsupportedParams.includes('temperature') && 'no sampling',
    unsupportedParams.includes('stop') && 'no stop',
    unsupportedParams.includes('verbosity') && 'no verbosity',
    unsupportedParams.includes('reasoning_effort') && 'no effort',
    family.silentTakesSampling && `silent samples ${family.silentTakesSampling}`,
    family.takesBudget && 'or a budget',
    family.takesEffort && 'and an effort',
    ...Object.entries(quirks).map(([quirk, value]) => `${quirk}=${value}`),
  ]
    .filter(Boolean)
    .join(', ');
}

const CLAUDE = `messages, adaptive, ${LOW} xhigh max, 128000, no sampling`;
const UNASKED = 'thinksUnasked=true';
const BOUND = `${UNASKED}, bindsThinking=true`;
const SILENT = 'no sampling, silent samples';
const NONE = `none ${LOW}`;

const ROWS: [names: string, facts: string][] = [
  // OpenAI
  [
    'gpt-4o gpt-4o-mini chatgpt-4o-latest gpt-5-chat-latest gpt-5.2-chat-latest openai/gpt-4o',
    'chat, none, 16384, no verbosity, no effort, maxStops=4',
  ],
  ['gpt-4.1 gpt-4.1-mini', 'chat, none, 32768, no verbosity, no effort, maxStops=4'],
  ['gpt-4 gpt-4-turbo gpt-3.5-turbo', 'chat, none, no verbosity, no effort, maxStops=4'],
  ['o1 o3 o3-mini o4-mini', `chat, ${LOW}, 100000, no sampling, no stop, no verbosity, maxStops=4`],
  [
    'o1-pro o3-pro o3-deep-research o4-mini-deep-research',
    `chat, chat refuses always, ${LOW}, 100000, no sampling, no stop, no verbosity, maxStops=4`,
  ],
  [
    'gpt-5-codex gpt-5.1-codex gpt-5.1-codex-mini',
    `chat, chat refuses always, custom tools, ${LOW}, 128000, no sampling, no verbosity, maxStops=4`,
  ],
  [
    'gpt-5.1-codex-max',
    `chat, chat refuses always, custom tools, ${NONE} xhigh, 128000, no sampling, no verbosity, maxStops=4`,
  ],
  [
    'gpt-5.2-codex gpt-5.3-codex gpt-6-codex',
    `chat, chat refuses always, custom tools, ${LOW} xhigh, 128000, no sampling, no verbosity, maxStops=4`,
  ],
  ['gpt-5-pro', 'chat, chat refuses always, custom tools, high, 272000, no sampling, maxStops=4'],
  [
    'gpt-5.2-pro gpt-5.4-pro gpt-6-pro',
    'chat, chat refuses always, custom tools, medium high xhigh, 128000, no sampling, maxStops=4',
  ],
  ['gpt-5 gpt-5-mini gpt-5-nano', `chat, custom tools, minimal ${LOW}, 128000, no sampling, no stop, maxStops=4`],
  ['gpt-5.1', `chat, custom tools, ${NONE}, 128000, ${SILENT} byDefault, maxStops=4`],
  ['gpt-5.2 gpt-5.3', `chat, custom tools, ${NONE} xhigh, 128000, ${SILENT} byDefault, maxStops=4`],
  [
    'gpt-5.4 gpt-5.4-mini',
    `chat, chat refuses toolsWithEffort, custom tools, ${NONE} xhigh, 128000, ${SILENT} byDefault, maxStops=4`,
  ],
  ['gpt-5.5', `chat, chat refuses tools, custom tools, ${NONE} xhigh, 128000, ${SILENT} asked, maxStops=4`],
  [
    'gpt-5.6 gpt-6 gpt-6.1-mini gpt-10',
    `chat, chat refuses tools, custom tools, ${NONE} xhigh max, 128000, ${SILENT} asked, maxStops=4`,
  ],
  ['codex-mini-latest', `chat, chat refuses always, ${LOW}, 100000, maxStops=4`],
  [
    'gpt-oss-120b mine-gpt-5 mine-gpt-4o mine-gpt-4 mine-gpt-5-chat mine-gpt-4.1 mine-gpt-5.1 mine-gpt-5.2-codex my-chatgpt-4o my-o3 my-o3-pro my-codex-mini embedding-3',
    'nothing',
  ],
  // Anthropic
  ['claude-2.1 claude-instant-1.2 claude-3-opus-20240229 claude-3-haiku-20240307', 'messages, none, 4096'],
  ['claude-3-5-sonnet-20241022 anthropic/claude-3.5-sonnet claude-3-5-haiku-latest', 'messages, none, 8192'],
  [
    'claude-opus-4 claude-opus-4-0 claude-opus-4-20250514 claude-opus-4@20250514 anthropic/claude-opus-4:nitro anthropic/claude-4-opus claude-4.1-opus claude-opus-4-1-20250805 anthropic/claude-opus-4.1',
    `messages, thinking, ${LOW}, 32000`,
  ],
  [
    'claude-opus-4-5 claude-opus-4-5-20251101 anthropic/claude-opus-4.5',
    `messages, thinking, ${LOW}, 64000, and an effort`,
  ],
  [
    'claude-3-7-sonnet-20250219 anthropic/claude-3.7-sonnet claude-sonnet-4 claude-sonnet-4-0 claude-sonnet-4-20250514 claude-sonnet-4@20250514 anthropic/claude-sonnet-4:floor claude-4-sonnet claude-4-sonnet-20250514 anthropic--claude-4.5-sonnet claude-sonnet-4-5 claude-sonnet-4.5 claude-haiku-4-5-20251001 anthropic/claude-haiku-4.5',
    `messages, thinking, ${LOW}, 64000`,
  ],
  [
    'claude-opus-4-6 anthropic/claude-opus-4.6 claude-sonnet-4-6',
    `messages, adaptive, ${LOW} max, 128000, or a budget`,
  ],
  ['claude-opus-4-7 claude-opus-4.8 claude-newthing', CLAUDE],
  [
    'claude-opus-5 claude-sonnet-5 claude-haiku-5 claude-opus-5-20261001 claude-opus-10 us.anthropic.claude-opus-5-v1:0',
    `${CLAUDE}, ${UNASKED}`,
  ],
  ['claude-haiku-5-5 anthropic/claude-haiku-5.5', `${CLAUDE}, ${BOUND}`],
  ['claude-sonnet-5-5 claude-sonnet-5.5', `${CLAUDE}, ${BOUND}, thinkingOff=between_tools`],
  [
    'claude-opus-5-5 anthropic/claude-opus-5.5 claude-5.5-opus claude-fable-5-1 claude-fable-5.1 claude-mythos-5-2',
    `${CLAUDE}, ${BOUND}, thinkingOff=never`,
  ],
  ['claude-fable-5 claude-mythos-5 claude-fable-5-20261001', `${CLAUDE}, ${UNASKED}, thinkingOff=never`],
  // Gemini
  ['gemini-2.5-flash google/gemini-2.5-flash-lite', `chat, none minimal ${LOW}, maxStops=5`],
  ['gemini-3-flash-preview gemini-3.1-flash', `chat, minimal ${LOW}, maxStops=5`],
  ['gemini-2.5-pro gemini-3-pro-preview', `chat, ${LOW}, maxStops=5`],
  ['gemini-2.0-flash my-gemini-3 my-gemini-2.5-flash my-gemini-3-flash', 'nothing'],
];

/** Those that others serve, too, where that is asked for. */
const OPEN: [names: string, facts: string][] = [
  ['deepseek-chat', 'chat, none, 8192, thinkingField=reasoning_content, jsonSchema=prompt, developerAsSystem=true'],
  [
    'deepseek-reasoner',
    'chat, none, 65536, thinkingField=reasoning_content, jsonSchema=prompt, developerAsSystem=true',
  ],
  [
    'deepseek-v4 deepseek/deepseek-v4.1 deepseek-v10',
    'chat, low high max, thinkingField=reasoning_content, jsonSchema=prompt, developerAsSystem=true, thinkingSwitch=true, forcedChoice=silent',
  ],
  [
    'deepseek-v3.2 deepseek-r1',
    'chat, low high max, thinkingField=reasoning_content, jsonSchema=prompt, developerAsSystem=true',
  ],
  [
    'kimi-k2.5 kimi-k3 kimi-latest kimi-thinking-preview kimi-k2-thinking moonshotai/kimi-k2-thinking',
    'chat, none, no sampling, maxIdLength=Infinity, developerAsSystem=true, thinkingSwitch=true, forcedChoice=silent, thinkingField=reasoning_content',
  ],
  ['kimi-k2 moonshot-v1-8k', 'chat, none, maxIdLength=Infinity, developerAsSystem=true'],
  ['glm-5.3 glm-6 zai/glm-5.4', 'chat, reasoning_effort, low high max, 131072, developerAsSystem=true, maxStops=1'],
  ['glm-4.5 glm-4.6-air glm-5 glm-5.1', 'chat, none, developerAsSystem=true, maxStops=1, thinkingSwitch=true'],
  ['glm-4 glm-4.1v-thinking', 'chat, none, developerAsSystem=true, maxStops=1'],
  ['minimax-m2 MiniMaxAI/MiniMax-M2.1', 'chat, none, one system message, developerAsSystem=true, aboveZero=true'],
  ['qwen3.5-9b qwen-3.6 qwen4', 'chat, one system message'],
  [
    'mistral-large-2 ministral-8b magistral-small devstral-2 codestral-25 pixtral-12b',
    'chat, endsWithUser=true, developerAsSystem=true',
  ],
  ['qwen3-32b llama-3.3 my-deepseek-v4 abab-7', 'nothing'],
];

describe('what is known of a model by its name', () => {
  for (const [names, expected] of ROWS)
    for (const name of names.split(' ')) it(name, () => assert.equal(facts(name), expected));
  for (const [names, expected] of OPEN)
    for (const name of names.split(' '))
      it(`${name}, where others serve it`, () => {
        assert.equal(facts(name, true), expected);
        assert.equal(facts(name), 'nothing');
      });

  const senses: [names: string, tools: boolean | undefined, images: boolean | undefined][] = [
    [
      'chatgpt-4o-latest o1-mini o1-preview o3-deep-research gpt-4o-audio-preview gpt-4o-mini-tts gpt-4o-search-preview gpt-4o-realtime-preview gpt-4o-transcribe gemini-2.5-flash-image gemini-2.5-flash-preview-tts gemini-2.5-flash-native-audio gemini-2.5-flash-live gemini-3-embedding my-gpt-4o my-gpt-5-chat my-gpt-4 my-gemini-2.5-pro gemini-2.0-flash unknown',
      undefined,
      undefined,
    ],
    ['gpt-5-chat-latest gpt-5.2-chat chat-latest', undefined, true],
    ['gpt-3.5-turbo gpt-4 gpt-4-0613 o3-mini gpt-5.3-codex-spark', true, false],
    ['gpt-4o gpt-4.1-mini gpt-4-turbo gpt-5 gpt-5.5 gpt-10 o1 o3 o4-mini codex-mini-latest', true, true],
    ['claude-2.1 claude-instant-1.2', false, false],
    ['claude-3-5-haiku-20241022 anthropic/claude-3.5-haiku', true, undefined],
    ['claude-3-haiku claude-3.5-sonnet claude-sonnet-5 gemini-2.5-pro gemini-3-flash', true, true],
  ];
  for (const [names, tools, images] of senses)
    for (const name of names.split(' '))
      it(`${name}: tools ${tools ?? 'unknown'}, pictures ${images ?? 'unknown'}`, () => {
        const known = modelSenses(name);
        assert.deepEqual([known.tools, known.images], [tools, images]);
      });

  it('a system message behind one of the user is taken from Opus 4.8 on', () => {
    for (const name of 'claude-opus-4-8 anthropic/claude-opus-4.8 claude-opus-4-9 claude-sonnet-5 claude-haiku-5-5 claude-fable-5 claude-mythos-5 claude-opus-10 us.anthropic.claude-opus-5-v1:0'.split(
      ' ',
    ))
      assert.equal(takesSystemWithin(name), true, name);
    for (const name of 'claude-opus-4-7 claude-opus-4.7 claude-sonnet-4-8 claude-3-5-sonnet gpt-5'.split(' '))
      assert.equal(takesSystemWithin(name), false, name);
  });
  it('prompts are cached from Claude 3.5 on, on every cloud', () => {
    for (const name of 'claude-3-5-sonnet anthropic/claude-3.7-sonnet claude-opus-4 eu.anthropic.claude-sonnet-5'.split(
      ' ',
    ))
      assert.equal(cachesPrompts(name), true, name);
    for (const name of 'claude-2.1 claude-instant-1.2 claude-3-opus claude-3-sonnet anthropic/claude-3-haiku gpt-5'.split(
      ' ',
    ))
      assert.equal(cachesPrompts(name), false, name);
  });
});
