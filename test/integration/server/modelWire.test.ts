/** The wire is a fact of the model (issue 15 §1): a provider that refuses over chat what OpenAI refuses there (c01). */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, type Seen, startUpstream, type Upstream } from '../../support/upstream';

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

const refuse = (message: string) =>
  json({ error: { message, type: 'invalid_request_error', param: null, code: null } }, 400);

/** OpenAI's chat address: LiteLLM#34569, crush#2913, tmuxai#82, openai-openapi#541. */
const openAi: Answer = (seen, response) => answerOf(seen)(seen, response);
function answerOf(seen: Seen): Answer {
  if (seen.path.endsWith('/responses')) return json(responsesAnswer);
  const body = seen.json() as { model: string; tools?: unknown[]; reasoning_effort?: string };
  if (/codex|-pro|-only/.test(body.model))
    return refuse('This model is only supported in v1/responses and not in v1/chat/completions.');
  const always = /5\.6/.test(body.model);
  const effort = body.reasoning_effort ?? (always ? 'medium' : 'none');
  if (/gpt-5\.[456]|^prod/.test(body.model) && body.tools?.length && effort !== 'none')
    return refuse(
      `Function tools with reasoning_effort are not supported for ${body.model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
    );
  return json(chatCompletion('ok'));
}

const parameters = { type: 'object', properties: { path: { type: 'string' } } };
const chatTool = { type: 'function', function: { name: 'Read', description: 'x', parameters } };
const responsesTool = { type: 'function', name: 'Read', description: 'x', parameters };
const cursor = { 'user-agent': 'Cursor/1.0' };
const turns = [{ role: 'user', content: 'hi' }];
const think = { effort: 'medium', summary: 'auto' };

type Client = [name: string, path: string, body: object, headers: Record<string, string>];
const CLIENTS: Client[] = [
  [
    'Cursor A',
    '/v1/chat/completions',
    { messages: turns, tools: [chatTool], temperature: 0, reasoning: { effort: 'medium' } },
    cursor,
  ],
  ['Cursor B', '/v1/chat/completions', { input: turns, tools: [responsesTool], reasoning: think }, cursor],
  [
    'a plain chat client',
    '/v1/chat/completions',
    { messages: turns, tools: [chatTool], reasoning_effort: 'medium' },
    { 'user-agent': 'sdk' },
  ],
  [
    'Codex',
    '/v1/responses',
    { input: turns, tools: [responsesTool], reasoning: think, store: false },
    { 'user-agent': 'codex_cli_rs/0.150' },
  ],
  [
    'Claude Code',
    '/v1/messages',
    {
      max_tokens: 100,
      messages: turns,
      tools: [{ name: 'Read', description: 'x', input_schema: parameters }],
      thinking: { type: 'adaptive' },
      output_config: { effort: 'medium' },
    },
    { 'user-agent': 'claude-cli/2.1' },
  ],
];

describe('the wire of a model', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(openAi);
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        { name: 'openai', preset: 'openai', ...at },
        { name: 'az', preset: 'azure', ...at, models: [{ id: 'az/prod', upstream: 'prod', base: 'gpt-5.5' }] },
        { name: 'relay', ...at, models: [{ id: 'relay/told', upstream: 'gpt-5.6', wire: 'responses' }] },
        { name: 'own', preset: 'openai', wire: 'chat', ...at },
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
  const paths = () => upstream.seen.map((seen) => seen.path);

  for (const model of ['openai/gpt-5.4', 'openai/gpt-5.5', 'openai/gpt-5.6', 'openai/gpt-5.2-codex', 'az/prod']) {
    for (const [name, path, body, headers] of CLIENTS) {
      it(`${name} with tools gets its answer from ${model} in one try`, async () => {
        const answer = await router.post(path, { model, stream: false, ...body }, headers);
        assert.equal(answer.status, 200, await answer.clone().text());
        assert.deepEqual(paths(), ['/v1/responses']);
        assert.equal(upstream.seen[0]?.json().store, false);
        assert.equal((upstream.seen[0]?.json().reasoning as { effort: string } | undefined)?.effort, 'medium');
      });
    }
  }

  const chat = (model: string, more: object = {}) =>
    router.post('/v1/chat/completions', { model, messages: turns, ...more });

  it('stays on chat where chat works: no tools, an effort of none, an older model', async () => {
    await chat('openai/gpt-5.5');
    await chat('openai/gpt-5.6', { tools: [chatTool], reasoning_effort: 'none' });
    await chat('openai/gpt-5.1', { tools: [chatTool], reasoning_effort: 'high' });
    await chat('openai/gpt-5.4', { tools: [chatTool] });
    assert.deepEqual([...new Set(paths())], ['/v1/chat/completions']);
  });

  it('keeps the wire for a turn without tools in a conversation that had calls', async () => {
    const calls = [{ id: 'call_1', type: 'function', function: { name: 'Read', arguments: '{}' } }];
    const messages = [
      ...turns,
      { role: 'assistant', tool_calls: calls },
      { role: 'tool', tool_call_id: 'call_1', content: 'x' },
    ];
    await chat('openai/gpt-5.5', { messages });
    assert.deepEqual(paths(), ['/v1/responses']);
  });

  it('sends what only chat carries over chat and tells the refusal', async () => {
    const answer = await chat('openai/gpt-5.2-codex', { logprobs: true });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /only supported in v1\/responses/);
    assert.deepEqual(paths(), ['/v1/chat/completions']);
  });

  it('models[].wire and the wire of the backend win over what is known of the model', async () => {
    await chat('relay/told');
    assert.deepEqual(paths(), ['/v1/responses']);
    upstream.seen.length = 0;
    await chat('own/gpt-5.5', { tools: [chatTool] });
    assert.deepEqual(paths(), ['/v1/chat/completions']);
  });

  it('on "only supported in v1/responses" an unknown model is asked there once more, and at once from then on', async () => {
    assert.equal((await chat('relay/new-only')).status, 200);
    assert.equal((await chat('relay/new-only')).status, 200);
    assert.deepEqual(paths(), ['/v1/chat/completions', '/v1/responses', '/v1/responses']);
  });

  it('forgetting what was learned forgets this, too', async () => {
    await chat('relay/forgotten-only');
    await router.core.forgetLearned();
    upstream.seen.length = 0;
    await chat('relay/forgotten-only');
    assert.deepEqual(paths(), ['/v1/chat/completions', '/v1/responses']);
  });

  it('a switch that did not help is not remembered', async () => {
    upstream.answers = [openAi, refuse('No such model here.'), openAi];
    assert.equal((await chat('relay/other-only')).status, 400);
    await chat('relay/other-only');
    assert.deepEqual(paths().slice(0, 3), ['/v1/chat/completions', '/v1/responses', '/v1/chat/completions']);
  });
});
