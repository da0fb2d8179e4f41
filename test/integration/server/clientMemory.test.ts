/** What a provider wants back and a client drops is kept for every client, per client key (issue 15 §2). */
import assert from 'node:assert/strict';
import { codecFor } from '../../../src/wires/codecs';
import type { JsonValue } from '../../../src/wires/conversation';
import { startRouter, type TestRouter } from '../../support/router';
import { startTrio } from '../../support/strictTrio';
import {
  chatCompletion,
  chunk,
  DONE,
  json,
  sse,
  startUpstream,
  type Upstream,
  usageChunk,
} from '../../support/upstream';

const GUEST = 'sk-guest-0123456789abcdef';
const ID = 'call_00_abcdefgh12345678';
const wanted = { id: ID, type: 'function', function: { name: 'Read', arguments: '{"path":"a"}' } };
const signature = { extra_content: { google: { thought_signature: 'SIGNED' } } };
const details = [{ type: 'reasoning.encrypted', data: 'SEALED', id: 'r1', format: 'google-gemini-v1', index: 0 }];
const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 'SIG' }];
const tools = [{ type: 'function', function: { name: 'Read', parameters: { type: 'object', properties: {} } } }];

/** What each provider sends beside its call. */
const PROVIDERS: [model: string, message: object, call: object][] = [
  ['g/gemini-3.5-pro', {}, signature],
  ['k/kimi-k2.6', { reasoning_content: 'Hm.' }, {}],
  ['d/deepseek-v4-pro', { reasoning_content: 'Hm.' }, {}],
  ['or/google/gemini-3.5-pro', { reasoning_details: details }, {}],
  ['ll/gemini-3.5-pro', {}, { provider_specific_fields: { thought_signature: 'SIGNED' } }],
  ['ll/claude-sonnet-4-5', { reasoning_content: 'Hm.', thinking_blocks: blocks }, {}],
];

interface Sent {
  messages: { role: string; tool_calls?: object[] }[];
}

describe('what a client drops', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter(
      {
        backends: [
          { name: 'g', preset: 'gemini', ...at },
          { name: 'k', preset: 'moonshot', ...at },
          { name: 'd', preset: 'deepseek', ...at },
          { name: 'or', preset: 'openrouter', ...at },
          { name: 'll', preset: 'litellm', ...at },
        ],
        clientKeys: [{ name: 'guest' }],
      },
      { 'client:guest': GUEST },
    );
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
    upstream.answers.length = 0;
  });

  /** A call with its companions, then an answer. */
  function answers(message: object, call: object, stream: boolean): void {
    const whole = chatCompletion('', {
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, ...message, tool_calls: [{ ...wanted, ...call }] },
          finish_reason: 'tool_calls',
        },
      ],
    });
    const pieces = [
      chunk({ role: 'assistant', ...message }),
      chunk({ tool_calls: [{ index: 0, ...wanted, ...call }] }),
      chunk({}, 'tool_calls'),
      usageChunk(),
      DONE,
    ];
    upstream.answers.push(stream ? sse(...pieces) : json(whole), json(chatCompletion('done')));
  }
  const assistant = (): Record<string, unknown> =>
    (upstream.seen.at(-1)!.json() as unknown as Sent).messages.find(({ role }) => role === 'assistant') as never;
  const carried = (model: string, message: object, call: object): void => {
    const told = assistant();
    for (const [key, value] of Object.entries(message)) assert.deepEqual(told[key], value, `${model} ${key}`);
    assert.deepEqual(told.tool_calls, [{ ...wanted, ...call }], model);
  };
  const told = () => router.records.at(-1)!.rules.join('; ');

  for (const stream of [true, false]) {
    for (const [model, message, call] of PROVIDERS) {
      it(`${model}: a chat SDK that keeps no extra fields (${stream ? 'streamed' : 'whole'})`, async () => {
        const question = { role: 'user', content: `read a (${model} ${stream})` };
        answers(message, call, stream);
        await (await router.post('/v1/chat/completions', { model, messages: [question], tools, stream })).text();
        const history = `[${JSON.stringify(question)}, {"role": "assistant","content":null, "reasoning_content":null,"tool_calls":[${JSON.stringify(wanted)}]},{"role":"tool","tool_call_id":"${ID}","content":"x"}]`;
        const answer = await router.post('/v1/chat/completions', `{"model":"${model}","messages":${history}}`);
        assert.equal(answer.status, 200);
        carried(model, message, call);
        assert.ok(upstream.seen.at(-1)!.text.includes('{"role": "assistant","content":null, '), 'other bytes stay');
        assert.match(told(), /put back from memory/);
      });
    }
  }

  it('OpenRouter gets its sealed details where a client keeps the words of the thinking alone', async () => {
    const model = 'or/google/gemini-3.5-pro';
    const question = { role: 'user', content: 'read a, thinking aloud' };
    answers({ reasoning: 'Hm.', reasoning_details: details }, {}, true);
    await (await router.post('/v1/chat/completions', { model, messages: [question], tools, stream: true })).text();
    const kept = { role: 'assistant', content: '', reasoning_content: 'Hm.', tool_calls: [wanted] };
    const result = { role: 'tool', tool_call_id: ID, content: 'x' };
    await router.post('/v1/chat/completions', { model, messages: [question, kept, result] });
    assert.deepEqual(assistant().reasoning_details, details);
    assert.match(told(), /put back from memory/);
  });

  for (const [model, message, call] of PROVIDERS) {
    it(`${model}: Codex and Claude Code that send no thinking back`, async () => {
      const text = `read b (${model})`;
      answers(message, call, true);
      await (
        await router.post('/v1/responses', {
          model,
          input: [{ role: 'user', content: text }],
          stream: true,
          tools: [{ type: 'function', name: 'Read', parameters: { type: 'object', properties: {} } }],
        })
      ).text();
      await router.post('/v1/responses', {
        model,
        input: [
          { role: 'user', content: text },
          { type: 'function_call', call_id: ID, name: 'Read', arguments: '{"path":"a"}' },
          { type: 'function_call_output', call_id: ID, output: 'x' },
        ],
      });
      carried(model, message, call);
      upstream.answers.length = 0;
      answers(message, call, true);
      const claude = {
        model,
        max_tokens: 100,
        tools: [{ name: 'Read', input_schema: { type: 'object', properties: {} } }],
      };
      const ask = { role: 'user', content: `claude ${text}` };
      await (await router.post('/v1/messages', { ...claude, stream: true, messages: [ask] })).text();
      await router.post('/v1/messages', {
        ...claude,
        messages: [
          ask,
          { role: 'assistant', content: [{ type: 'tool_use', id: ID, name: 'Read', input: { path: 'a' } }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: ID, content: 'x' }] },
        ],
      });
      carried(model, message, call);
    });
  }

  it('stays with the client key it was said to, and calls of unknown thinking go on as text', async () => {
    const messages = [{ role: 'user', content: 'secret' }];
    const history = [
      ...messages,
      { role: 'assistant', content: null, tool_calls: [wanted] },
      { role: 'tool', tool_call_id: ID, content: 'x' },
    ];
    for (const [model, message, call] of PROVIDERS.slice(0, 2)) {
      answers(message, call, false);
      await router.post('/v1/chat/completions', { model, messages, tools });
      const answer = await router.post(
        '/v1/chat/completions',
        { model, messages: history },
        { authorization: `Bearer ${GUEST}` },
      );
      assert.equal(answer.status, 200);
      const { text } = upstream.seen.at(-1)!;
      assert.ok(!text.includes('Hm.') && !text.includes('SIGNED'), text);
      assert.match(
        text,
        model.startsWith('g/') ? /skip_thought_signature_validator/ : /Result of the earlier tool call Read/,
      );
      assert.match(told(), /no longer known/);
      upstream.answers.length = 0;
    }
  });
});

/** Vercel's SDK for chat endpoints, and so opencode, sends the words of thinking back and drops what they were sealed with. */
describe('thinking of which a chat client keeps the words alone', () => {
  const SEALED = { responses: { encrypted: 'enc-0', id: 'rs_0' }, messages: { signature: 'sig-0' } } as const;
  for (const wire of ['responses', 'messages'] as const)
    it(`goes back to a ${wire} backend as it came`, async () => {
      const trio = await startTrio();
      try {
        trio.events = [
          { type: 'reasoning', index: 0, text: 'First.' },
          { type: 'reasoningEnd', index: 0, wire, ...SEALED[wire] },
          { type: 'toolCallStart', index: 1, id: 'call_0', name: 'Read' },
          { type: 'toolCallDelta', index: 1, text: '{"path":"a"}' },
          { type: 'toolCallEnd', index: 1 },
          { type: 'finish', reason: 'toolCalls' },
          { type: 'usage', usage: { input: 5, output: 2 } },
        ];
        const question = { role: 'user', content: 'Do it.' };
        const body = { tools, stream: true, reasoning_effort: 'medium' };
        await trio.ask(wire, { ...body, messages: [question] }, {});
        const call = { ...wanted, id: 'call_0' };
        const messages: JsonValue[] = [
          question,
          { role: 'assistant', content: '', reasoning_content: 'First.', tool_calls: [call] },
          { role: 'tool', tool_call_id: 'call_0', content: 'x' },
        ];
        const { status, sent } = await trio.ask(wire, { ...body, messages }, {});
        assert.equal(status, 200);
        const { turns } = codecFor(wire).parseRequest(sent);
        const thought = turns.flatMap(({ parts }) => parts.filter((part) => part.type === 'reasoning'));
        assert.deepEqual(
          thought.map(({ text, encrypted, signature }) => [text, encrypted ?? signature]),
          [['First.', wire === 'responses' ? 'enc-0' : 'sig-0']],
        );
      } finally {
        await trio.stop();
      }
    });
});
