/** What a model is documented to take and refuse holds for every client (issue 15 §2): c08, c09, c11, c14. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const responsesAnswer = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'm',
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'ok', annotations: [] }],
    },
  ],
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
};
const messagesAnswer = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};

/** Takes everything; what it was sent is looked at. */
const taker: Answer = (seen, response) => {
  if (seen.path.endsWith('/responses')) return json(responsesAnswer)(seen, response);
  if (seen.path.endsWith('/messages')) return json(messagesAnswer)(seen, response);
  return json(chatCompletion('one STOP two'))(seen, response);
};

const cursor = { 'user-agent': 'Cursor/1.0' };
const turns = [{ role: 'user', content: 'hi' }];

describe('facts of a model, for every client', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(taker);
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        { name: 'r', preset: 'openai', wire: 'responses', ...at },
        { name: 'o', preset: 'openai', ...at },
        { name: 'a', preset: 'anthropic', ...at },
        { name: 'q', preset: 'groq', ...at },
        { name: 'x', preset: 'xai', ...at },
        { name: 'g', preset: 'gemini', ...at },
        { name: 'd', preset: 'deepseek', ...at },
        { name: 'az', preset: 'azure', ...at, models: [{ id: 'az/prod', upstream: 'prod', base: 'gpt-5.1' }] },
        { name: 'raw', preset: 'openai', edits: 'none', ...at },
        { name: 'relay', ...at },
      ],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
  });

  const sent = (): Record<string, unknown> => upstream.seen.at(-1)!.json();
  const sentEffort = (): unknown => {
    const body = sent() as {
      reasoning_effort?: string;
      reasoning?: { effort: string };
      output_config?: { effort: string };
    };
    return body.reasoning_effort ?? body.reasoning?.effort ?? body.output_config?.effort;
  };
  const chat = (model: string, more: object = {}) =>
    router.post('/v1/chat/completions', { model, messages: turns, ...more }, { 'user-agent': 'sdk' });
  const codex = (model: string, more: object = {}) => router.post('/v1/responses', { model, input: turns, ...more });
  const claudeCode = (model: string, more: object = {}) =>
    router.post('/v1/messages', { model, max_tokens: 9_000, messages: turns, ...more });

  const EFFORTS: [model: string, asked: string, word: string][] = [
    ['r/gpt-5.5', 'minimal', 'low'],
    ['r/gpt-5.5', 'max', 'xhigh'],
    ['r/gpt-5.1', 'xhigh', 'high'],
    ['r/gpt-5', 'none', 'minimal'],
    ['o/gpt-5', 'max', 'high'],
    ['a/claude-opus-4-6', 'xhigh', 'max'],
    ['a/claude-opus-5', 'minimal', 'low'],
    ['q/openai/gpt-oss-120b', 'none', 'low'],
    ['q/openai/gpt-oss-120b', 'max', 'high'],
    ['q/qwen/qwen3-32b', 'high', 'default'],
    ['x/grok-4.3', 'xhigh', 'high'],
    ['x/grok-4.3', 'none', 'low'],
    ['g/gemini-3.5-flash', 'none', 'minimal'],
    ['g/gemini-3.5-pro', 'minimal', 'low'],
    ['relay/gpt-5.1', 'xhigh', 'high'],
    ['az/prod', 'max', 'high'],
    ['d/deepseek-v4-pro', 'medium', 'high'],
  ];
  for (const [model, asked, word] of EFFORTS) {
    it(`the effort ${asked} reaches ${model} as ${word} from every client (c09)`, async () => {
      await router.post('/v1/chat/completions', { model, input: turns, reasoning: { effort: asked } }, cursor);
      assert.equal(sentEffort(), word, 'Cursor');
      await chat(model, { reasoning_effort: asked });
      assert.equal(sentEffort(), word, 'a chat client');
      await codex(model, { reasoning: { effort: asked, summary: 'auto' } });
      assert.equal(sentEffort(), word, 'Codex');
      const told = router.records.at(-1)?.rules ?? [];
      assert.ok(
        told.some((rule) => rule.includes(`the effort ${asked} became ${word}`)),
        told.join(),
      );
      if (asked === 'none') return;
      await claudeCode(model, { thinking: { type: 'adaptive' }, output_config: { effort: asked } });
      assert.equal(sentEffort(), word, 'Claude Code');
    });
  }

  it('an effort that a model takes, and one for a model nobody knows, arrive as they are', async () => {
    await chat('o/gpt-5.2', { reasoning_effort: 'xhigh' });
    assert.equal(sentEffort(), 'xhigh');
    await chat('relay/unknown', { reasoning_effort: 'ultra' });
    assert.equal(sentEffort(), 'ultra');
  });

  it('what a model refuses is left out of a plain body and told by a header and the story (c14)', async () => {
    const answer = await chat('o/gpt-5.5', { temperature: 0.2, top_p: 0.5, seed: 1 });
    assert.equal(answer.headers.get('x-llm-router-dropped'), 'temperature, top_p');
    assert.deepEqual(Object.keys(sent()), ['model', 'messages', 'seed']);
    assert.deepEqual(router.records.at(-1)?.rules, ['dropped temperature', 'dropped top_p']);
    await chat('o/gpt-4.1', { verbosity: 'low', reasoning_effort: 'high', temperature: 0.2 });
    assert.deepEqual(Object.keys(sent()), ['model', 'messages', 'temperature']);
    const text = await codex('r/gpt-5.3-codex', { text: { verbosity: 'low', format: { type: 'text' } } });
    assert.deepEqual(sent().text, { format: { type: 'text' } });
    assert.equal(text.headers.get('x-llm-router-dropped'), 'text.verbosity');
    await claudeCode('a/claude-opus-5', { temperature: 0, top_k: 4 });
    assert.deepEqual(Object.keys(sent()), ['model', 'max_tokens', 'messages']);
    const relayed = await claudeCode('o/gpt-5.5', { temperature: 0 });
    assert.equal(relayed.headers.get('x-llm-router-dropped'), 'temperature');
  });

  it('encrypted thinking is not asked of a model that does not think (c14)', async () => {
    const body = { model: 'r/gpt-4.1', input: turns, include: ['reasoning.encrypted_content'] };
    await router.post('/v1/chat/completions', body, cursor);
    assert.equal(sent().include, undefined);
  });

  it('sampling stays where a model takes it while it is silent', async () => {
    await chat('o/gpt-5.1', { temperature: 0.2 });
    assert.equal(sent().temperature, 0.2);
    await chat('o/gpt-5.5', { temperature: 0.2, reasoning_effort: 'none' });
    assert.equal(sent().temperature, 0.2);
    await chat('o/gpt-5.1', { temperature: 0.2, reasoning_effort: 'low' });
    assert.equal(sent().temperature, undefined);
  });

  it('log probabilities that were asked for are never left out silently', async () => {
    await chat('o/gpt-5.2', { logprobs: true });
    assert.equal(sent().logprobs, true);
  });

  it('`edits: none` keeps the bytes', async () => {
    const body =
      '{"model":"raw/gpt-5.5","messages":[{"role":"user","content":"hi"}],"temperature":0.2,"reasoning_effort":"max"}';
    const answer = await router.post('/v1/chat/completions', body);
    assert.equal(upstream.seen[0]?.text, body.replace('raw/', ''));
    assert.equal(answer.headers.get('x-llm-router-dropped'), null);
  });

  const STOPS: [model: string, stop: string[], up: unknown][] = [
    ['o/gpt-4.1', ['a-', 'b-', 'c-', 'd-', 'STOP'], ['a-', 'b-', 'c-', 'd-']],
    ['g/gemini-3.5-flash', ['a-', 'b-', 'c-', 'd-', 'e-', 'STOP'], ['a-', 'b-', 'c-', 'd-', 'e-']],
    ['x/grok-4.3', ['STOP'], undefined],
    ['o/gpt-5', ['STOP'], undefined],
  ];
  for (const [model, stop, up] of STOPS) {
    it(`stop sequences that ${model} does not take cut the text here (c11)`, async () => {
      const plain = (await (await chat(model, { stop })).json()) as { choices: { message: { content: string } }[] };
      assert.deepEqual(sent().stop, up);
      assert.equal(plain.choices[0]?.message.content, 'one ');
      const anthropic = (await (await claudeCode(model, { stop_sequences: stop })).json()) as Record<string, unknown>;
      assert.deepEqual(anthropic.content, [{ type: 'text', text: 'one ' }]);
      assert.deepEqual([anthropic.stop_reason, anthropic.stop_sequence], ['stop_sequence', 'STOP']);
      await router.post('/v1/chat/completions', { model, messages: turns, stop }, cursor);
      assert.deepEqual(sent().stop, up);
    });
  }
});
