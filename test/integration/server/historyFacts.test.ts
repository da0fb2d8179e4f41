/** What providers refuse in a history: thinking of others, second system messages, an answer at the end (c02, c04, c13). */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import {
  type Answer,
  chatCompletion,
  chunk,
  DONE,
  json,
  sse,
  startUpstream,
  type Upstream,
} from '../../support/upstream';

interface Message {
  role: string;
  content: unknown;
  [field: string]: unknown;
}

const refuse = (message: string) =>
  json({ error: { message, type: 'invalid_request_error', param: null, code: null } }, 400);

/** Groq (jan#8136), Cerebras (qwen-code#11045), templates of local servers (vllm#41114, ogx#6069), Mistral (3230). */
const strict: Answer = (seen, response) => {
  const { messages, stream } = seen.json() as { messages: Message[]; stream?: boolean };
  const answer = (): Answer => {
    for (const message of messages)
      if ('reasoning_content' in message && !seen.path.includes('/deepseek'))
        return refuse(`property 'reasoning_content' is unsupported`);
    const roles = messages.map(({ role }) => role);
    if (roles.includes('developer')) return refuse('Unexpected message role.');
    if (seen.path.includes('/one')) {
      if (roles.slice(1).includes('system')) return refuse('System message must be at the beginning.');
      if (roles.at(-1) === 'assistant') return refuse('Expected last role User or Tool');
    }
    if (roles.at(-1) === 'tool' || roles.includes('assistant')) return json(chatCompletion('second'));
    const call = {
      index: 0,
      id: 'call_abc123def',
      type: 'function',
      function: { name: 'Read', arguments: '{"path":"a"}' },
    };
    const thought = seen.path.includes('/deepseek')
      ? { role: 'assistant', reasoning_content: 'Hm.' }
      : seen.path.includes('/tags')
        ? { role: 'assistant', content: '<think>Let me look.</think>\n\n' }
        : { role: 'assistant', reasoning: 'Let me look.' };
    if (!stream) {
      const message = { content: null, ...thought, tool_calls: [call] };
      return json(chatCompletion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }));
    }
    return sse(chunk(thought), chunk({ tool_calls: [call] }), chunk({}, 'tool_calls'), DONE);
  };
  return answer()(seen, response);
};

const cursor = { 'user-agent': 'Cursor/1.0' };
const parameters = { type: 'object', properties: { path: { type: 'string' } } };

describe('histories that a provider takes', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(strict);
    const at = (path: string) => ({ baseUrl: `${upstream.url}/${path}`, requireApiKey: false });
    router = await startRouter({
      backends: [
        { name: 'tags', preset: 'groq', ...at('tags') },
        { name: 'cerebras', preset: 'cerebras', ...at('tags') },
        { name: 'field', preset: 'groq', ...at('field') },
        { name: 'ds', preset: 'deepseek', ...at('deepseek') },
        { name: 'vllm', preset: 'vllm', ...at('one') },
        { name: 'llamacpp', preset: 'llamacpp', ...at('one') },
        { name: 'lmstudio', preset: 'lmstudio', ...at('one') },
        { name: 'own', systemMessages: 'one', ...at('one') },
        { name: 'mistral', preset: 'mistral', ...at('one') },
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
  const sent = (): Message[] => upstream.seen.at(-1)!.json().messages as Message[];
  const ok = async (answer: Response): Promise<Response> => {
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer;
  };
  const roles = (): string =>
    sent()
      .map(({ role }) => role)
      .join();

  async function cursorTurns(model: string): Promise<void> {
    const tools = [{ type: 'function', function: { name: 'Read', parameters } }];
    const first = [{ role: 'user', content: `hi ${model}` }];
    const ask = (messages: object[]) =>
      router.post('/v1/chat/completions', { model, stream: false, messages, tools }, cursor).then(ok);
    const { choices } = (await (await ask(first)).json()) as {
      choices: { message: { tool_calls: { id: string }[] } }[];
    };
    const calls = choices[0]!.message.tool_calls;
    const result = { role: 'tool', tool_call_id: calls[0]!.id, content: 'text' };
    await ask([...first, { role: 'assistant', content: '', tool_calls: calls }, result]);
  }
  async function claudeTurns(first: string, second: string): Promise<void> {
    const ask = (model: string, messages: object[]) =>
      router
        .post('/v1/messages', {
          model,
          max_tokens: 8_000,
          messages,
          tools: [{ name: 'Read', input_schema: parameters }],
        })
        .then(ok);
    const asked = [{ role: 'user', content: 'hi' }];
    const { content } = (await (await ask(first, asked)).json()) as { content: { type: string; id: string }[] };
    const call = content.find(({ type }) => type === 'tool_use')!;
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'text' }] };
    await ask(second, [...asked, { role: 'assistant', content }, result]);
  }
  async function codexTurns(first: string, second: string): Promise<void> {
    const tools = [{ type: 'function', name: 'Read', parameters }];
    const ask = (model: string, input: object[]) =>
      router.post('/v1/responses', { model, input, tools, store: false }).then(ok);
    const asked = [{ role: 'user', content: 'hi' }];
    const { output } = (await (await ask(first, asked)).json()) as { output: { type: string; call_id: string }[] };
    const call = output.find(({ type }) => type === 'function_call')!;
    await ask(second, [...asked, ...output, { type: 'function_call_output', call_id: call.call_id, output: 'text' }]);
  }
  const assistant = (): Message => sent().find(({ role }) => role === 'assistant')!;

  for (const model of ['tags/qwen3-32b', 'cerebras/qwen-3-thinking']) {
    it(`thinking that came as tags does not go back to ${model} (c02)`, async () => {
      for (const turns of [
        cursorTurns,
        (one: string) => claudeTurns(one, one),
        (one: string) => codexTurns(one, one),
      ]) {
        await turns(model);
        assert.deepEqual(Object.keys(assistant()).sort(), ['content', 'role', 'tool_calls']);
      }
    });
  }
  it('thinking goes back in the field it came in, to the backend it came from', async () => {
    await cursorTurns('field/gpt-oss');
    assert.equal(assistant().reasoning, 'Let me look.');
    await claudeTurns('field/gpt-oss', 'field/gpt-oss');
    assert.equal(assistant().reasoning, 'Let me look.');
    await codexTurns('field/gpt-oss', 'field/gpt-oss');
    assert.equal(assistant().reasoning, 'Let me look.');
    await claudeTurns('ds/deepseek-v4-pro', 'ds/deepseek-v4-pro');
    assert.equal(assistant().reasoning_content, 'Hm.');
  });
  it('thinking of one backend does not reach another', async () => {
    for (const turns of [claudeTurns, codexTurns]) {
      await turns('ds/deepseek-v4-pro', 'field/gpt-oss');
      assert.deepEqual(Object.keys(assistant()).sort(), ['content', 'role', 'tool_calls']);
    }
  });
  it('a field that a provider refuses leaves the history of a plain chat client too', async () => {
    const history = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'yo', reasoning_content: 'Hm.' },
      { role: 'user', content: 'go' },
    ];
    await ok(await router.post('/v1/chat/completions', { model: 'field/gpt-oss', messages: history }));
    assert.deepEqual(sent()[1], { role: 'assistant', content: 'yo' });
  });

  const developer = { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'permissions' }] };
  const user = { role: 'user', content: 'hi' };
  const SYSTEM: [name: string, path: string, body: object, headers: Record<string, string>, roles: string][] = [
    [
      'Codex: instructions and a developer item',
      '/v1/responses',
      { instructions: 'I', input: [developer, user] },
      {},
      'system,user',
    ],
    [
      'Codex: developer in the middle',
      '/v1/responses',
      { instructions: 'I', input: [user, { role: 'assistant', content: 'yo' }, developer, user] },
      {},
      'system,user,assistant,user,user',
    ],
    [
      'Claude Code: system inside messages',
      '/v1/messages',
      { max_tokens: 9, system: 'S', messages: [user, { role: 'system', content: 'r' }, user] },
      {},
      'system,user,user,user',
    ],
    [
      'Cursor A: two system messages',
      '/v1/chat/completions',
      { messages: [{ role: 'system', content: 'a' }, { role: 'system', content: 'b' }, user] },
      cursor,
      'system,user',
    ],
    [
      'Cursor A: system in the middle',
      '/v1/chat/completions',
      {
        messages: [
          { role: 'system', content: 'a' },
          user,
          { role: 'assistant', content: 'x' },
          { role: 'system', content: 'Plan mode is on.' },
          user,
        ],
      },
      cursor,
      'system,user,assistant,user,user',
    ],
    [
      'Cursor B: developer and system items',
      '/v1/chat/completions',
      { instructions: 'top', input: [{ role: 'system', content: 'a' }, user, { role: 'developer', content: 'd' }] },
      cursor,
      'system,user,user',
    ],
    [
      'Cursor C: system and a system message',
      '/v1/chat/completions',
      { system: 'top', messages: [{ role: 'system', content: 'a' }, user] },
      cursor,
      'system,user',
    ],
    [
      'a chat SDK',
      '/v1/chat/completions',
      {
        messages: [
          { role: 'system', content: 'a' },
          { role: 'developer', content: [{ type: 'text', text: 'b' }] },
          user,
          { role: 'developer', content: 'c' },
        ],
      },
      {},
      'system,user,user',
    ],
  ];
  for (const [name, path, body, headers, expected] of SYSTEM) {
    it(`one system message for template servers: ${name} (c04)`, async () => {
      for (const model of ['vllm/qwen3.6', 'llamacpp/m', 'lmstudio/m', 'own/m']) {
        await ok(await router.post(path, { model, ...body }, headers));
        assert.equal(roles(), expected, model);
      }
    });
  }
  it('a joined system message holds every text, in order, and the rest keeps its bytes', async () => {
    const tail = '{"role":"user","content":"\\u0068i"},{"content":"x", "role":"user"}';
    const head = '{"role":"system","content":"a"},{"role":"system","content":"b"}';
    await ok(await router.post('/v1/chat/completions', `{"model":"own/m","messages":[${head},${tail}]}`));
    assert.equal(upstream.seen[0]?.text, `{"model":"m","messages":[{"role":"system","content":"a\\n\\nb"},${tail}]}`);
    assert.deepEqual(router.records.at(-1)?.rules, ['system messages were joined, later ones became user messages']);
  });

  it('an answer at the end gets a user message to vLLM and Mistral (c13)', async () => {
    const messages = [user, { role: 'assistant', content: '{' }];
    for (const model of ['vllm/m', 'mistral/mistral-large']) {
      for (const [path, headers] of [
        ['/v1/chat/completions', {}],
        ['/v1/chat/completions', cursor],
        ['/v1/messages', {}],
      ] as const) {
        await ok(await router.post(path, { model, max_tokens: 9, messages }, headers));
        assert.deepEqual(sent().at(-1), { role: 'user', content: 'Continue.' });
      }
    }
  });
  it('an answer that a feature of the provider continues stays last', async () => {
    const answer = { role: 'assistant', content: '{', prefix: true };
    await router.post('/v1/chat/completions', { model: 'mistral/m', messages: [user, answer] });
    assert.deepEqual(sent().at(-1), answer);
    const body = {
      model: 'vllm/m',
      messages: [user, { role: 'assistant', content: '{' }],
      continue_final_message: true,
    };
    await router.post('/v1/chat/completions', body);
    assert.equal(roles(), 'user,assistant');
  });
});
