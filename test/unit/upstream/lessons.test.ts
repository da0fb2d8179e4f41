/** Learning from refusals (issue 15 §4): the forms in which providers say what they do not take, and what is done about it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Target } from '../../../src/routing/backend';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import { textOf } from '../../../src/said';
import { settingsSchema } from '../../../src/settings/schema';
import { applyLessons } from '../../../src/upstream/lessonEdits';
import { type LessonStore, openLessonStore } from '../../../src/upstream/lessonStore';
import { LEAVE_OUT_PICTURES, type Lesson, lessonsOf } from '../../../src/upstream/lessons';
import { say } from '../../../src/upstream/sentences';
import type { JsonObject } from '../../../src/wires/conversation';
import { readFailure } from '../../../src/wires/failure';
import { assertPrivate } from '../../support/platform';

const openAi = (message: string, param: string | null = null, code: string | null = null) => ({
  error: { message, type: 'invalid_request_error', param, code },
});

const CHAT: JsonObject = {
  model: 'm',
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
    { role: 'assistant', content: 'yo', reasoning_content: 'hm', id: 'msg_1', tool_calls: [{ id: 'c', index: 0 }] },
  ],
  temperature: 0.2,
  top_p: 0.5,
  top_k: 4,
  presence_penalty: 1,
  reasoning_effort: 'low',
  verbosity: 'low',
  max_tokens: 50,
  stream: true,
  stream_options: { include_usage: true },
  stop: ['x'],
  n: 2,
  store: false,
  seed: 3,
  user: 'u',
  tools: [{ type: 'function', function: { name: 'f', parameters: {} }, cache_control: { type: 'ephemeral' } }],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  response_format: { type: 'json_object' },
};
const RESPONSES: JsonObject = {
  model: 'm',
  input: [{ type: 'message', role: 'user', id: 'i', content: 'hi' }],
  reasoning: { effort: 'high', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  text: { verbosity: 'low', format: { type: 'text' } },
  max_output_tokens: 50,
  temperature: 0.2,
};
const MESSAGES: JsonObject = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] }],
  system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
  thinking: { type: 'enabled', budget_tokens: 2_000 },
  output_config: { effort: 'high' },
  context_management: { edits: [] },
  temperature: 0.2,
  top_k: 4,
  max_tokens: 50,
};

const told = (lessons: readonly Lesson[]) =>
  lessons.map(({ field, do: what, to, lasting }) =>
    [...(what === 'drop' ? ['-', field] : [field, what === 'set' ? '=' : '>', to]), ...(lasting ? [] : ['once'])].join(
      ' ',
    ),
  );
const learned = (answer: unknown, body = CHAT, status = 400) =>
  told(lessonsOf(readFailure(status, {}, typeof answer === 'string' ? answer : JSON.stringify(answer), 0), () => body));

const drop = (field: string): Lesson => ({ field, do: 'drop', lasting: true });

describe('reading refusals', () => {
  const forms: [who: string, answer: unknown, lessons: string[], body?: JsonObject, status?: number][] = [
    [
      'OpenAI, unsupported_parameter',
      openAi(
        "Unsupported parameter: 'temperature' is not supported with this model.",
        'temperature',
        'unsupported_parameter',
      ),
      ['- temperature'],
    ],
    [
      'OpenAI, only the default',
      openAi(
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        'temperature',
        'unsupported_value',
      ),
      ['- temperature'],
    ],
    [
      'the same through a relay that keeps the words alone',
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      ['- temperature'],
    ],
    [
      'OpenAI, one value',
      openAi(
        "Unsupported value: 'low' is not supported with this model. 'verbosity' does not support 'low' with this model. Supported values are: 'medium'.",
        'verbosity',
        'unsupported_value',
      ),
      ['verbosity = medium'],
    ],
    ['OpenAI, unknown parameter', openAi("Unknown parameter: 'top_k'.", 'top_k', 'unknown_parameter'), ['- top_k']],
    ['OpenAI, old', openAi('Unrecognized request argument supplied: top_k'), ['- top_k']],
    [
      'OpenAI, in the history',
      openAi(
        "Unknown parameter: 'messages[1].reasoning_content'.",
        'messages[1].reasoning_content',
        'unknown_parameter',
      ),
      ['- messages[].reasoning_content'],
    ],
    [
      'OpenAI, another name of the limit',
      openAi(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'max_tokens',
        'unsupported_parameter',
      ),
      ['max_tokens > max_completion_tokens'],
    ],
    [
      'OpenAI Responses, encrypted content',
      openAi('Encrypted content is not supported with this model.', 'include', 'unsupported_value'),
      ['- include'],
      RESPONSES,
    ],
    [
      'OpenAI Responses, organisation not verified',
      openAi(
        'Your organization must be verified to generate reasoning summaries.',
        'reasoning.summary',
        'unsupported_value',
      ),
      ['- reasoning.summary'],
      RESPONSES,
    ],
    [
      'OpenAI Responses, an id in the history',
      openAi("Unknown parameter: 'input[0].id'.", 'input[0].id', 'unknown_parameter'),
      ['- input[].id'],
      RESPONSES,
    ],
    ['a relay of Responses', { detail: 'Unsupported parameter: text.verbosity' }, ['- text.verbosity'], RESPONSES],
    ['Groq, top level', openAi("property 'store' is unsupported"), []],
    ['Groq, a parameter', openAi("'top_k' : property 'top_k' is unsupported"), ['- top_k']],
    [
      'Groq, the history',
      openAi(
        "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
      ),
      ['- messages[].reasoning_content'],
    ],
    [
      'Cerebras',
      {
        message:
          "body.messages.1.assistant.reasoning_content: property 'messages.1.assistant.reasoning_content' is unsupported",
        code: 'wrong_api_format',
      },
      ['- messages[].reasoning_content'],
    ],
    ['Groq, with this model', openAi('`verbosity` is not supported with this model', 'verbosity'), ['- verbosity']],
    [
      'Mistral',
      {
        detail: [
          { type: 'extra_forbidden', loc: ['body', 'user'], msg: 'Extra inputs are not permitted', input: 'u' },
          {
            type: 'extra_forbidden',
            loc: ['body', 'messages', 1, 'assistant', 'reasoning_content'],
            msg: 'Extra inputs are not permitted',
          },
        ],
      },
      ['- user', '- messages[].reasoning_content'],
      CHAT,
      422,
    ],
    [
      'vLLM',
      {
        object: 'error',
        message:
          "[{'type': 'extra_forbidden', 'loc': ('body', 'verbosity'), 'msg': 'Extra inputs are not permitted', 'input': 'low'}]",
        code: 400,
      },
      ['- verbosity'],
    ],
    ['Fireworks', openAi("Extra inputs are not permitted, field: 'messages[1].id', value: 'x'"), ['- messages[].id']],
    [
      'Gemini',
      [
        {
          error: {
            code: 400,
            message: 'Invalid JSON payload received. Unknown name "presence_penalty": Cannot find field.',
            status: 'INVALID_ARGUMENT',
          },
        },
      ],
      ['- presence_penalty'],
    ],
    [
      'Gemini, the history',
      [{ error: { code: 400, message: 'Unknown name "reasoning_content" at \'messages[1]\': Cannot find field.' } }],
      ['- messages[].reasoning_content'],
    ],
    [
      'Gemini, where our form differs',
      'Unknown name "top_k" at \'generation_config\': Cannot find field.',
      ['- top_k'],
    ],
    ['Kimi', openAi('invalid temperature: only 1 is allowed for this model'), ['temperature = 1']],
    ['xAI', openAi('Argument not supported on this model: presencePenalty'), ['- presence_penalty']],
    ['xAI, another', openAi('Model grok-4 does not support parameter presencePenalty.'), ['- presence_penalty']],
    [
      'LiteLLM',
      openAi("litellm.UnsupportedParamsError: x does not support parameters: ['seed'], for model=y"),
      ['- seed'],
    ],
    ['Ollama', openAi('"qwen2.5:7b" does not support thinking'), ['- reasoning_effort']],
    ['Go servers', openAi('json: unknown field "top_k"'), ['- top_k']],
    ['Rust servers', 'unknown field `top_k`, expected one of `model`, `messages`', ['- top_k'], CHAT, 422],
    ['JSON schema', openAi("Additional properties are not allowed ('seed' was unexpected)"), ['- seed']],
    [
      'Anthropic, unknown',
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'context_management: Extra inputs are not permitted' },
      },
      ['- context_management'],
      MESSAGES,
    ],
    [
      'Anthropic, cache mark',
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'messages.0.content.0.text.cache_control: Extra inputs are not permitted',
        },
      },
      ['- messages[].content[].cache_control'],
      MESSAGES,
    ],
    [
      'Anthropic, deprecated',
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: '`temperature` is deprecated for this model.' },
      },
      ['- temperature'],
      MESSAGES,
    ],
    [
      'Anthropic, a kind of thinking',
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" instead.',
        },
      },
      ['- thinking'],
      MESSAGES,
    ],
    [
      'Anthropic, effort',
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'This model does not support the effort parameter.' },
      },
      ['- output_config.effort'],
      MESSAGES,
    ],
    [
      'Anthropic, a rule between two parameters',
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: '`temperature` may only be set to 1 when thinking is enabled.',
        },
      },
      ['temperature = 1 once'],
      MESSAGES,
    ],
    [
      'OpenAI, a rule between two parameters',
      openAi(
        "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
      ),
      ['- parallel_tool_calls once'],
    ],
  ];
  for (const [who, answer, lessons, body = CHAT, status = 400] of forms)
    it(who, () => assert.deepEqual(learned(answer, body, status), lessons));

  it('a value out of range is the client’s own error', () => {
    for (const words of [
      openAi(
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 7 instead.",
        'temperature',
        'decimal_above_max_value',
      ),
      openAi('temperature must be between 0 and 2', 'temperature'),
      openAi(
        "Unsupported value: 'reasoning_effort' does not support 'low' with this model. Supported values are: 'medium', and 'high'.",
        'reasoning_effort',
        'unsupported_value',
      ),
      openAi('temperature 7 is not supported, it must be between 0 and 2'),
      openAi(
        'max_tokens is too large: 50. This model supports at most 10 completion tokens',
        'max_tokens',
        'invalid_value',
      ),
    ])
      assert.deepEqual(learned(words), []);
  });

  for (const about of [
    ...['unsupported value', 'invalid value', 'must be 1', 'between 0 and 2', 'out of range', 'less than 2'],
    ...['greater than 2', 'more than 2', 'at most 2', 'at least 0', 'the maximum is 2', 'the minimum is 0'],
    ...['supported values: 1', 'one of 0 and 1'],
  ])
    it(`"${about}" speaks of a value`, () => {
      assert.deepEqual(learned(openAi(`temperature is not supported here: ${about}`)), []);
      assert.deepEqual(learned(openAi(`Not supported: ${about}`, 'temperature')), []);
    });
  it('a value of which only the default is taken goes, whatever else the words say of it', () => {
    const words = 'temperature is not supported here: it must be 1, only the default';
    assert.deepEqual(learned(openAi(words)), ['- temperature']);
    assert.deepEqual(learned(openAi('Only the default is supported.', 'temperature', 'unsupported_value')), [
      '- temperature',
    ]);
  });

  it('what `param` names is left out by the code, or by words that say that it is not taken', () => {
    for (const code of ['unsupported_parameter', 'unknown_parameter'])
      assert.deepEqual(learned(openAi('No.', 'top_k', code)), ['- top_k'], code);
    for (const words of [
      ...['Unsupported.', 'Not supported.', 'Not yet supported.', 'Unknown.', 'Unrecognized.', 'Unexpected.'],
      ...['The model does not support it.', 'Not permitted.', 'Not allowed.', 'Deprecated.', 'Extraneous.'],
    ])
      assert.deepEqual(learned(openAi(words, 'top_k')), ['- top_k'], words);
    assert.deepEqual(learned(openAi('Wrong.', 'top_k')), []);
    assert.deepEqual(
      learned(openAi("'low' is not a word that is supported: unsupported.", 'verbosity', 'unsupported_value')),
      [],
    );
  });

  it('a refusal with a condition speaks of this request, one of the model or the account of all', () => {
    for (const condition of [
      ...['when tools are sent', 'while streaming', 'unless n is 1', 'together', 'as both are set'],
      ...['in this combination', 'in combined requests', 'without seed', 'as it conflicts', 'as it would conflict'],
      ...['as they are mutually exclusive', 'if tools are sent', 'with tools'],
    ])
      assert.deepEqual(learned(openAi(`top_k is not supported ${condition}`)), ['- top_k once'], condition);
    for (const fact of [
      ...['with this model', 'with the selected model', 'with the current model', 'with the requested model'],
      ...['with the given model', 'with model m', 'at all'],
    ])
      assert.deepEqual(learned(openAi(`top_k is not supported ${fact}`)), ['- top_k'], fact);
    const notVerified =
      'Your organization must be verified to generate reasoning summaries. Please go to the settings and click on Verify Organization. If you just verified, it can take up to 15 minutes for access to propagate.';
    assert.deepEqual(learned(openAi(notVerified, 'reasoning.summary', 'unsupported_value'), RESPONSES), [
      '- reasoning.summary',
    ]);
  });

  it('a word for what has several names is the name that was sent', () => {
    const refused = (word: string) => openAi(`This model does not support ${word}`);
    assert.deepEqual(learned(refused('reasoning')), ['- reasoning_effort']);
    assert.deepEqual(learned(refused('Thinking.'), MESSAGES), ['- thinking']);
    assert.deepEqual(learned(refused('think'), MESSAGES), ['- thinking']);
    assert.deepEqual(learned(refused('verbosity'), RESPONSES), ['- text.verbosity']);
  });

  it('cache marks of system and tools go', () => {
    const extra = (place: string) => openAi(`${place}.cache_control: Extra inputs are not permitted`);
    assert.deepEqual(learned(extra('system.0'), MESSAGES), ['- system[].cache_control']);
    assert.deepEqual(learned(extra('tools.0')), ['- tools[].cache_control']);
  });

  it('eight changes at most come of one refusal, each once, from what stands at its beginning', () => {
    const names = Array.from({ length: 9 }, (_, at) => `extra_${at}`);
    const body = { ...CHAT, ...Object.fromEntries(names.map((name) => [name, 1])) };
    const list = (given: string[]) =>
      openAi(given.map((name) => `{'type': 'extra_forbidden', 'loc': ('body', '${name}')}`).join(', '));
    const first = names.slice(0, 8).map((name) => `- ${name}`);
    assert.deepEqual(learned(list(names), body), first);
    assert.deepEqual(learned(list(['extra_1', 'extra_1']), body), ['- extra_1']);
    assert.deepEqual(learned(openAi(`${'far '.repeat(500)}Unknown parameter: 'top_k'.`)), []);
  });

  it('what lies deeper than three names is told, not left out', () => {
    const body = { ...CHAT, a: { b: { c: { d: 1 } } } };
    assert.deepEqual(learned(openAi("Unknown parameter: 'a.b.c'."), body), ['- a.b.c']);
    assert.deepEqual(learned(openAi("Unknown parameter: 'a.b.c.d'."), body), []);
  });

  it('a name that no header and no file could hold is told, not left out', () => {
    for (const name of ['schöne_farbe', 'x'.repeat(65)]) {
      const refusal = openAi(`Unknown parameter: '${name}'.`, name, 'unknown_parameter');
      assert.deepEqual(learned(refusal, { ...CHAT, [name]: 1 }), [], name);
    }
  });

  it('an output limit goes on under the name that is asked for, else under the other one of chat, and is never lost', () => {
    const refused = (name: string, more = '') => openAi(`Unsupported parameter: '${name}'.${more}`, name);
    const { max_tokens: limit, ...rest } = CHAT;
    const newer: JsonObject = { ...rest, max_completion_tokens: limit! };
    assert.deepEqual(learned(refused('max_tokens')), ['max_tokens > max_completion_tokens']);
    assert.deepEqual(learned(refused('max_completion_tokens'), newer), ['max_completion_tokens > max_tokens']);
    assert.deepEqual(learned(refused('max_tokens', ' Use max_output_tokens.')), ['max_tokens > max_output_tokens']);
    assert.deepEqual(learned(refused('max_output_tokens', ' Use max_tokens.'), RESPONSES), [
      'max_output_tokens > max_tokens',
    ]);
    assert.deepEqual(learned(refused('max_output_tokens'), RESPONSES), []);
    assert.deepEqual(learned(refused('max_tokens', ' It must be a number.')), []);
  });

  it('one value that is taken is set where it is of the kind that was sent', () => {
    const only = (value: string) => openAi(`invalid temperature: only ${value} is allowed for this model`);
    assert.deepEqual(learned(only('0.6')), ['temperature = 0.6']);
    assert.deepEqual(learned(only('1.2.3')), []);
    assert.deepEqual(learned(only('1'), { ...CHAT, temperature: 1 }), []);
    assert.deepEqual(learned(only('1'), { ...CHAT, temperature: null }), []);
  });

  const PICTURE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
  const FILE = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } };
  const withPart = (part: JsonObject): JsonObject => ({ ...CHAT, messages: [{ role: 'user', content: [part] }] });
  const blind = [
    ...['image', 'image_url', 'input_image'].map(
      (kind) => `messages[0]: unknown variant \`${kind}\`, expected \`text\``,
    ),
    ...['does not', "doesn't", 'do not', 'cannot'].map((no) => `this model ${no} support images`),
    ...['image input', 'image inputs', 'vision', 'vision.', 'image understanding', 'image!', 'image, sorry'].map(
      (what) => `Model m does not support ${what}`,
    ),
    'image inputs are not available',
  ];
  for (const words of blind)
    it(`a model that cannot see says "${words}"`, () => {
      for (const status of [400, 404, 415, 422, 500, 501])
        assert.deepEqual(learned(openAi(words), withPart(PICTURE), status), ['- pictures'], String(status));
      for (const status of [401, 402, 429, 503])
        assert.deepEqual(learned(openAi(words), withPart(PICTURE), status), [], String(status));
      assert.deepEqual(learned(openAi(words)), []);
    });
  it('a format of a picture or file that is refused says nothing of the model', () => {
    for (const words of ['this model does not support image format webp', 'image is not supported: too large'])
      assert.deepEqual(learned(openAi(words), withPart(PICTURE)), [], words);
    assert.deepEqual(learned(openAi('this model does not support file type xlsx'), withPart(FILE)), []);
  });
  const unread = [
    ...['file', 'input_file', 'document'].flatMap((kind) => [
      `messages[0]: unknown variant \`${kind}\`, expected \`text\``,
      `Unknown part type: ${kind}`,
      `Invalid value: '${kind}'. Supported values are: 'text', 'image_url'`,
    ]),
    ...['does not', "doesn't", 'do not', 'cannot'].map((no) => `this model ${no} support files`),
    ...['pdf', 'pdf files', 'documents', 'document inputs', 'file.', 'file, sorry'].map(
      (what) => `Model m does not support ${what}`,
    ),
    ...["unknown content part type: 'file'", 'unsupported content[].type'],
    ...['No endpoints found that support file input', 'No endpoints found that support PDFs'],
  ];
  for (const words of unread)
    it(`a model that takes no files says "${words}"`, () => {
      assert.deepEqual(learned(openAi(words), withPart(FILE)), ['- files']);
      assert.deepEqual(learned(openAi(words), withPart(FILE), 429), []);
      assert.deepEqual(learned(openAi(words)), []);
    });
  it('the field of a beta goes with a flag that is not known, where it was sent', () => {
    const bound = {
      ...MESSAGES,
      thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
    };
    for (const words of ['invalid beta flag', 'Unexpected value(s) `x` for the `anthropic-beta` header']) {
      assert.deepEqual(learned(openAi(words), bound), ['- thinking.block_binding'], words);
      assert.deepEqual(learned(openAi(words), MESSAGES), [], words);
    }
  });
  it('a refusal of our own teaches nothing', () => {
    for (const words of ["Unknown parameter: 'top_k'.", 'this model does not support images'])
      assert.deepEqual(
        lessonsOf({ status: 400, message: words, own: true }, () => ({ ...withPart(PICTURE), top_k: 1 })),
        [],
      );
  });

  it('a type goes with what it is the type of; a place that the body does not have is told', () => {
    assert.deepEqual(learned(openAi("Unknown parameter: 'thinking.type'."), MESSAGES), ['- thinking']);
    assert.deepEqual(learned(openAi("Unknown parameter: 'foo.type.bar'."), MESSAGES), []);
    assert.deepEqual(learned(openAi("Unknown parameter: 'messages.0.id'."), { ...CHAT, messages: [null] }), []);
    assert.deepEqual(learned(openAi("Unknown parameter: 'messages.7.id'.")), []);
  });

  it('`store: false` is a wish for privacy; any other switch goes', () => {
    assert.deepEqual(learned(openAi("Unknown parameter: 'store'.")), []);
    assert.deepEqual(learned(openAi("Unknown parameter: 'store'."), { ...CHAT, store: true }), ['- store']);
    const body = { ...CHAT, parallel_tool_calls: false };
    assert.deepEqual(learned(openAi("Unknown parameter: 'parallel_tool_calls'."), body), ['- parallel_tool_calls']);
  });

  it('content, tools, form and number of the answer never go', () => {
    const never = ['model', 'messages', 'tools', 'response_format', 'stop', 'n', 'stream', 'store'];
    for (const name of never) {
      assert.deepEqual(learned(openAi(`Unsupported parameter: '${name}'.`, name, 'unsupported_parameter')), [], name);
      assert.deepEqual(learned(openAi(`Unknown name "${name}": Cannot find field.`)), [], name);
    }
    const sources = ['data_sources', 'documents', 'search_parameters', 'enable_search', 'max_tool_calls'];
    for (const name of sources)
      assert.deepEqual(learned(openAi(`Unknown parameter: '${name}'.`), { ...CHAT, [name]: 1 }), [], name);
    assert.deepEqual(learned(openAi('this model does not support tools')), []);
    assert.deepEqual(
      learned(openAi("Unknown parameter: 'messages[0].content'.", 'messages[0].content', 'unknown_parameter')),
      [],
    );
    assert.deepEqual(
      learned(openAi("Unknown parameter: 'tools[0].function'.", 'tools[0].function', 'unknown_parameter')),
      [],
    );
    assert.deepEqual(learned(openAi("Unknown parameter: 'messages[1].tool_calls[0].id'.")), []);
    assert.deepEqual(
      learned(openAi("Unknown parameter: 'text.format'.", 'text.format', 'unknown_parameter'), RESPONSES),
      [],
    );
    for (const choice of ['required', 'none', { type: 'function', function: { name: 'f' } }])
      assert.deepEqual(
        learned(openAi("Unknown parameter: 'tool_choice'."), { ...CHAT, tool_choice: choice as string }),
        [],
      );
    assert.deepEqual(learned(openAi("Unknown parameter: 'tool_choice'.")), ['- tool_choice']);
  });

  it('only a 400 or 422 about the request teaches', () => {
    const words = openAi("Unknown parameter: 'top_k'.");
    for (const status of [401, 403, 404, 429, 500, 503]) assert.deepEqual(learned(words, CHAT, status), []);
    assert.deepEqual(learned(openAi("Unknown parameter: 'not_in_the_body'.")), []);
    assert.deepEqual(learned(openAi('This was flagged: content policy. top_k is not supported')), []);
  });
});

describe('changing a body as it was taught', () => {
  const applied = (text: string, ...lessons: Lesson[]) => {
    const { body, rules, dropped } = applyLessons(Buffer.from(text), lessons);
    return { body: Buffer.concat([body as Buffer]).toString(), rules, dropped };
  };

  it('keeps every other byte', () => {
    const text =
      '{ "a": 12345678901234567890, "top_k":4 , "messages":[{"id":"x","content":"h\\u0069","reasoning_content":"t"}, {"content":"y"}]}';
    const { body, rules, dropped } = applied(text, drop('top_k'), drop('messages[].reasoning_content'));
    assert.equal(body, '{ "a": 12345678901234567890 , "messages":[{"id":"x","content":"h\\u0069"}, {"content":"y"}]}');
    assert.deepEqual(dropped, ['top_k', 'messages[].reasoning_content']);
    assert.equal(rules.length, 2);
  });

  it('says what it did', () => {
    const { rules } = applied(
      '{"top_k":4,"temperature":0.2,"max_tokens":5}',
      drop('top_k'),
      { field: 'temperature', do: 'set', to: 1, lasting: true },
      { field: 'max_tokens', do: 'rename', to: 'max_completion_tokens', lasting: true },
    );
    assert.deepEqual(rules.map(textOf), [
      say.dropped('top_k').text,
      say.set('temperature', '1').text,
      say.renamed('max_tokens', 'max_completion_tokens').text,
    ]);
  });

  it('joins a body of pieces once, however many lessons do not concern it', () => {
    const pieces = ['{"model":"m",', '"n":1}'].map((text) => Buffer.from(text));
    const join = Buffer.concat;
    let joined = 0;
    Buffer.concat = (...given) => {
      joined += 1;
      return join(...given);
    };
    try {
      assert.equal(applyLessons(pieces, ['seed', 'user', 'top_k'].map(drop)).body, pieces);
      assert.equal(joined, 1);
    } finally {
      Buffer.concat = join;
    }
  });
  it('sets, renames, and looks inside', () => {
    const text = '{"temperature":0.2,"max_tokens":5,"reasoning":{"effort":"low","summary":"auto"}}';
    const { body, dropped } = applied(
      text,
      { field: 'temperature', do: 'set', to: 1, lasting: true },
      { field: 'max_tokens', do: 'rename', to: 'max_completion_tokens', lasting: true },
      drop('reasoning.summary'),
    );
    assert.equal(body, '{"temperature":1,"max_completion_tokens":5,"reasoning":{"effort":"low"}}');
    assert.deepEqual(dropped, ['reasoning.summary']);
  });

  it('what a later request binds stays, whatever was learned', () => {
    const text = '{"tool_choice":"required","store":false,"tools":[],"stop":"x"}';
    const lessons = ['tool_choice', 'store', 'tools', 'stop', 'messages[].content'].map(drop);
    assert.deepEqual(applied(text, ...lessons), { body: text, rules: [], dropped: [] });
    assert.equal(applied('{"tool_choice":"auto","a":1}', drop('tool_choice')).body, '{"a":1}');
  });
});

describe('what was learned', () => {
  let dataDir: string;
  let now = 0;
  const warnings: string[] = [];
  const open = (): LessonStore =>
    openLessonStore({ dataDir, now: () => now, warn: (line) => void warnings.push(line) });
  const settings = settingsSchema.parse({
    backends: [
      { name: 'relay', baseUrl: 'http://user:pass@relay.test/v1' },
      { name: 'twin', baseUrl: 'http://user:pass@relay.test/v1' },
      { name: 'other', baseUrl: 'http://other.test/v1' },
    ],
  });
  const routes = createRouteTable(settings, buildBackends(settings), { lists: new Map() });
  const target = (name: string): Target => routes.resolve(name) as Target;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-lessons-'));
    now = Date.parse('2026-11-29T00:00:00Z');
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is kept by what answers, over a restart, as names and a date', async () => {
    const store = open();
    store.remember(target('relay/m'), [drop('temperature'), { ...drop('seed'), lasting: false }]);
    const fields = (store: LessonStore, name: string) => store.known(target(name)).map(({ field }) => field);
    assert.deepEqual(fields(store, 'twin/m'), ['temperature']);
    assert.deepEqual([...fields(store, 'relay/n'), ...fields(store, 'other/m')], []);
    await store.close();
    assert.deepEqual(fields(open(), 'relay/m'), ['temperature']);
    const text = readFileSync(path.join(dataDir, 'lessons.json'), 'utf8');
    assert.doesNotMatch(text, /pass|relay\.test/);
    assert.deepEqual(open().at(target('relay/m').backend.baseUrl), [
      { model: 'm', lessons: [{ field: 'temperature', do: 'drop', at: now }] },
    ]);
    assert.deepEqual(warnings, []);
  });

  it('is kept with its value and its other name, over a restart', async () => {
    const lessons: Lesson[] = [
      { field: 'temperature', do: 'set', to: 1, lasting: true },
      { field: 'verbosity', do: 'set', to: 'medium', lasting: true },
      { field: 'max_tokens', do: 'rename', to: 'max_completion_tokens', lasting: true },
      drop('messages[].reasoning_content'),
      drop('schema.$ref-like_Name'),
    ];
    const store = open();
    store.remember(target('relay/m'), lessons);
    await store.close();
    assert.deepEqual(
      open().known(target('relay/m')),
      lessons.map((lesson) => ({ ...lesson, at: now })),
    );
  });

  it('that cannot be written is told, holds for this run, and is written once there is a place for it', async () => {
    const place = path.join(dataDir, 'data');
    writeFileSync(place, 'a file where the folder should be');
    const warned: string[] = [];
    const openThere = () => openLessonStore({ dataDir: place, now: () => now, warn: (line) => void warned.push(line) });
    const store = openThere();
    store.remember(target('relay/m'), [drop('temperature')]);
    await store.close();
    assert.match(warned[0] ?? '', /could not be written down/);
    assert.equal(store.known(target('relay/m')).length, 1);
    rmSync(place);
    warned.length = 0;
    await store.close();
    assert.deepEqual([warned, openThere().known(target('relay/m')).length], [[], 1]);
    assertPrivate(place, 0o700);
  });

  it('is not read from a file of another version, or with what no body could have', async () => {
    const store = open();
    store.remember(target('relay/m'), [drop('temperature')]);
    await store.close();
    const file = path.join(dataDir, 'lessons.json');
    const good = readFileSync(file, 'utf8');
    for (const [part, other] of [
      ['"version":1', '"version":2'],
      ['"temperature"', '"temper\\r\\nature"'],
      ['"drop"', '"add"'],
    ] as const) {
      const bad = good.replace(part, other);
      assert.notEqual(bad, good);
      writeFileSync(file, bad);
      assert.deepEqual(open().known(target('relay/m')), [], other);
    }
    writeFileSync(file, good);
    assert.equal(open().known(target('relay/m')).length, 1);
  });

  it('is forgotten after thirty days', async () => {
    const store = open();
    store.remember(target('relay/m'), [drop('temperature')]);
    now += 30 * 86_400_000 - 1;
    assert.equal(store.known(target('relay/m')).length, 1);
    now += 1;
    assert.equal(store.known(target('relay/m')).length, 0);
    await store.close();
  });

  it('stays within its bounds, and the newest word counts', async () => {
    const store = open();
    for (let n = 0; n < 300; n++) store.remember(target(`relay/m${n}`), [drop('temperature')]);
    for (let n = 0; n < 30; n++) store.remember(target('relay/m299'), [drop(`p${n}`)]);
    store.remember(target('relay/m298'), [
      { field: 'max_tokens', do: 'rename', to: 'max_completion_tokens', lasting: true },
    ]);
    store.remember(target('relay/m298'), [
      { field: 'max_completion_tokens', do: 'rename', to: 'max_tokens', lasting: true },
    ]);
    assert.equal(store.at(target('relay/m').backend.baseUrl).length, 200);
    assert.equal(store.known(target('relay/m299')).length, 12);
    assert.deepEqual(
      store.known(target('relay/m298')).flatMap(({ do: what, field }) => (what === 'rename' ? [field] : [])),
      ['max_completion_tokens'],
    );
    store.remember(target(`relay/${'x'.repeat(300)}`), [drop('temperature')]);
    assert.equal(store.at(target('relay/m').backend.baseUrl).length, 200);
    await store.close();
  });

  it('an unreadable file, or one of another form, counts as empty', () => {
    for (const text of [
      '{',
      '{"version":2,"models":[]}',
      '{"version":1,"models":[{"place":"x"}]}',
      'x'.repeat(2_000_000),
    ]) {
      writeFileSync(path.join(dataDir, 'lessons.json'), text);
      assert.deepEqual(open().known(target('relay/m')), []);
    }
  });
});

describe('reading that a model cannot see', () => {
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
  const seen: JsonObject = { model: 'm', messages: [{ role: 'user', content: [picture] }] };
  const said: [who: string, message: string, status: number][] = [
    ['DeepSeek', 'messages[3]: unknown variant `image_url`, expected `text` at line 1 column 143', 400],
    ['Ollama', 'this model does not support image input (ref: b8bd630e)', 400],
    ['LM Studio', 'Model does not support images. Please use a model that does.', 400],
    ['OpenRouter', 'No endpoints found that support image input', 404],
    ['llama.cpp', 'image input is not supported - hint: you may need to provide the mmproj', 500],
    ['Mistral', 'Image input is not enabled for this model', 400],
    ['OpenAI', 'Invalid content type. image_url is only supported by certain models.', 400],
    ['vLLM', 'Qwen3-32B is not a multimodal model', 400],
  ];
  for (const [who, message, status] of said) {
    it(`${who}: pictures become words`, () => {
      assert.deepEqual(learned(openAi(message), seen, status), ['- pictures']);
    });
    it(`${who}: nothing is learned where no picture was sent`, () => {
      assert.deepEqual(
        learned(openAi(message), { model: 'm', messages: [{ role: 'user', content: 'hi' }] }, status),
        [],
      );
    });
  }
  for (const message of [
    'unsupported image format: image/bmp',
    'This model does not support image sizes above 8000 pixels',
    'Image exceeds 5 MB maximum',
    'The image media type image/tiff is not supported',
    'Could not process image',
  ]) {
    it(`a model that sees, and refuses this picture: ${message}`, () => {
      assert.ok(!learned(openAi(message), seen).includes('- pictures'));
    });
  }

  it('words take the place of every picture, all other bytes stay', () => {
    const text = { type: 'text', text: 'image_url' };
    const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: {} }, text] };
    const body = { messages: [{ role: 'user', content: [text, picture, result] }], tools: [{ content: [picture] }] };
    const made = applyLessons(Buffer.from(JSON.stringify(body)), [LEAVE_OUT_PICTURES]);
    const words = {
      type: 'text',
      text: '[A picture stood here. This model cannot see pictures: say so where it matters.]',
    };
    assert.deepEqual(JSON.parse(made.body.toString()), {
      messages: [{ role: 'user', content: [text, words, { ...result, content: [words, text] }] }],
      tools: body.tools,
    });
    assert.deepEqual(made.rules.map(textOf), ['pictures left out, which the model cannot see']);
  });
});
