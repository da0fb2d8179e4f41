/** What a model refuses is mended on its own wire too, for clients that cannot know it (issue 15 §2, §3): c07, c11. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import {
  type Answer,
  chatCompletion,
  json,
  type Seen,
  sse,
  startUpstream,
  type Upstream,
} from '../../support/upstream';

const messagesAnswer = (content: object[] = [{ type: 'text', text: 'ok' }]) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content,
  stop_reason: content.some((block) => 'input' in block) ? 'tool_use' : 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
});
const taker: Answer = (seen, response) =>
  seen.path.endsWith('/messages')
    ? json(messagesAnswer())(seen, response)
    : json(seen.path.endsWith('/responses') ? responsesAnswer : chatCompletion('ok'))(seen, response);
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
const turns = [{ role: 'user', content: 'hi' }];
const call = (id: string, input: object) => ({ type: 'tool_use', id, name: 'List', input });
const list = {
  name: 'List',
  input_schema: {
    type: 'object',
    properties: {
      'filter[id]': { type: 'string' },
      $top: { type: 'integer' },
      by: { type: 'object', properties: { 'a b': { type: 'string' } } },
    },
    required: ['$top'],
  },
};

interface Sent {
  thinking?: object;
  max_tokens: number;
  output_config?: object;
  temperature?: number;
  tools: { input_schema: { properties: object; required: string[] } }[];
  messages: { content: { input: object }[] }[];
}

describe('a body that stays on its wire', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(taker);
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        { name: 'a', preset: 'anthropic', ...at },
        { name: 'o', preset: 'openai', ...at },
        { name: 'g', preset: 'gemini', ...at },
        { name: 'relay', ...at, wire: 'messages' },
        { name: 'raw', preset: 'anthropic', edits: 'none', ...at },
      ],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
    upstream.answers.splice(0, upstream.answers.length, taker);
  });

  const last = (): Seen => upstream.seen.at(-1)!;
  const sent = (): Sent => last().json() as unknown as Sent;
  const claudeCode = (model: string, more: object = {}) =>
    router.post('/v1/messages', { model, max_tokens: 20_000, messages: turns, ...more });
  const told = () => router.records.at(-1)!.rules.join('; ');

  it('asks a model of adaptive thinking for that, with the effort of the budget', async () => {
    await claudeCode('a/claude-opus-5', { thinking: { type: 'enabled', budget_tokens: 16_000 } });
    assert.deepEqual(sent().thinking, { type: 'adaptive' });
    assert.deepEqual(sent().output_config, { effort: 'high' });
    assert.match(told(), /thinking was asked for in the form/);
    await claudeCode('relay/claude-opus-5', {
      thinking: { type: 'enabled', budget_tokens: 2_000, display: 'omitted' },
      output_config: { effort: 'max' },
    });
    assert.deepEqual(sent().thinking, { type: 'adaptive', display: 'omitted' });
    assert.deepEqual(sent().output_config, { effort: 'max' });
  });

  it('a system message within the conversation stays where the model takes it, and is marked text of the user elsewhere', async () => {
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'Be brief.' },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: 'more' },
    ];
    for (const model of ['a/claude-opus-4-8', 'relay/claude-sonnet-5', 'raw/claude-sonnet-4-6']) {
      await claudeCode(model, { messages });
      assert.deepEqual(sent().messages, messages, model);
    }
    for (const model of ['a/claude-sonnet-4-6', 'a/claude-haiku-4-5', 'relay/kimi-k2']) {
      await claudeCode(model, { messages });
      assert.deepEqual(
        (sent().messages as unknown as { role: string }[]).map(({ role }) => role),
        ['user', 'assistant', 'user'],
        model,
      );
      assert.match(JSON.stringify(sent().messages[0]), /hi.*Be brief\./, model);
      assert.match(told(), /system messages within went on as text of the user/, model);
    }
    await claudeCode('a/claude-sonnet-4-6', { messages: [{ role: 'user', content: 'the word "system"' }] });
    assert.doesNotMatch(told(), /system messages/);
  });

  it('asks a model of budgets for one, and leaves the effort out that it refuses', async () => {
    const answer = await claudeCode('a/claude-haiku-4-5', {
      thinking: { type: 'adaptive' },
      output_config: { effort: 'medium' },
      temperature: 0.3,
      top_k: 4,
    });
    assert.equal(answer.headers.get('x-llm-router-dropped'), 'temperature, top_k, output_config.effort');
    assert.match(told(), /dropped temperature; dropped top_k;/);
    assert.deepEqual(sent().thinking, { type: 'enabled', budget_tokens: 8_192 });
    assert.equal(sent().output_config, undefined);
    assert.equal(sent().temperature, undefined);
    assert.equal(sent().max_tokens, 20_000);
    await claudeCode('a/claude-haiku-4-5', { max_tokens: 4_000, thinking: { type: 'adaptive' } });
    assert.deepEqual([sent().thinking, sent().max_tokens], [{ type: 'enabled', budget_tokens: 16_384 }, 20_480]);
    await claudeCode('a/claude-opus-4-5', { output_config: { effort: 'low' } });
    assert.deepEqual(sent().output_config, { effort: 'low' });
  });

  it('leaves thinking with a budget out where it would be refused', async () => {
    await claudeCode('a/claude-haiku-4-5', {
      thinking: { type: 'adaptive' },
      tools: [list],
      tool_choice: { type: 'any' },
    });
    assert.equal(sent().thinking, undefined);
    const open = [
      ...turns,
      { role: 'assistant', content: [call('t1', {})] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x' }] },
    ];
    const answer = await claudeCode('a/claude-haiku-4-5', { thinking: { type: 'adaptive' }, messages: open });
    assert.equal(sent().thinking, undefined);
    assert.match(answer.headers.get('x-llm-router-dropped') ?? '', /thinking/);
  });

  it('keeps both forms for a model that takes both, an unknown one, and a backend that keeps its bytes', async () => {
    const thinking = { type: 'enabled', budget_tokens: 5_000 };
    for (const model of ['a/claude-opus-4-6', 'relay/own-model', 'raw/claude-opus-5']) {
      await claudeCode(model, { thinking });
      assert.deepEqual(sent().thinking, thinking, model);
    }
  });

  it('repairs the schema of a tool that the provider refuses, and no other byte (c07)', async () => {
    const good = '{"name":"A","input_schema":{"type":"object","properties":{"n":{"maximum":12345678901234567890}}}}';
    const bad =
      '{"name":"B","input_schema":{"type":"object","properties":{"x":{"type":"number","minimum":0,"exclusiveMinimum":true}}}}';
    const body = `{"model":"MODEL","max_tokens":9,"tools":[${good}, ${bad}],"messages":[{"role":"user","content":"hi"}]}`;
    await router.post('/v1/messages', body.replace('MODEL', 'a/claude-opus-5'));
    assert.ok(last().text.includes(good), last().text);
    assert.ok(last().text.includes('"x":{"type":"number","exclusiveMinimum":0}'), last().text);
    assert.match(told(), /schema of a tool/);
    await router.post('/v1/messages', body.replace('MODEL', 'raw/claude-opus-5'));
    assert.equal(last().text, body.replace('MODEL', 'claude-opus-5'));
  });

  it('repairs them on chat and Responses too, in groups of tools as well', async () => {
    const parameters = { type: 'object', properties: { x: { type: 'array' } } };
    const mended = { type: 'object', properties: { x: { type: 'array', items: {} } } };
    const inner = { type: 'function', name: 'B', parameters };
    await router.post('/v1/responses', {
      model: 'o/gpt-5.5',
      input: turns,
      tools: [{ type: 'namespace', name: 'mcp', tools: [inner] }, inner],
    });
    const tools = last().json().tools as { tools: object[] }[];
    assert.deepEqual(
      [tools[0]!.tools[0], tools[1]],
      [
        { ...inner, parameters: mended },
        { ...inner, parameters: mended },
      ],
    );
    await router.post('/v1/chat/completions', {
      model: 'g/gemini-3.5-pro',
      messages: turns,
      tools: [{ type: 'function', function: { name: 'B', parameters } }],
    });
    assert.deepEqual(last().json().tools, [{ type: 'function', function: { name: 'B', parameters: mended } }]);
  });

  it('sends at most four cache marks, the last ones (c11)', async () => {
    const mark = { cache_control: { type: 'ephemeral' } };
    const text = (at: number) => ({ type: 'text', text: `${at}`, ...mark });
    for (const headers of [{}, { 'user-agent': 'Cursor/1.0' }] as Record<string, string>[]) {
      const path = 'user-agent' in headers ? '/v1/chat/completions' : '/v1/messages';
      await router.post(
        path,
        {
          model: 'a/claude-opus-5',
          max_tokens: 9,
          system: [text(1), text(2)],
          messages: [
            { role: 'user', content: [text(3), text(4)] },
            { role: 'assistant', content: 'z' },
            { role: 'user', content: [text(5)] },
          ],
        },
        headers,
      );
      const body = last().json() as { system: object[]; messages: object[] };
      assert.equal(body.system.filter((block) => 'cache_control' in block).length, 1, path);
      assert.ok('cache_control' in body.system[1]!, path);
      assert.equal(JSON.stringify(body.messages).match(/cache_control/g)?.length, 3, path);
      assert.match(told(), /last four cache marks/);
    }
  });

  for (const stream of [true, false]) {
    it(`renames keys that Anthropic refuses and gives the client its own again (${stream ? 'streamed' : 'whole'})`, async () => {
      const history = [
        ...turns,
        {
          role: 'assistant',
          content: [call('t1', { 'filter[id]': 'x', $top: 1, by: { 'a b': 'c' }, free: { $y: 1 } })],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'r' }] },
      ];
      upstream.answers.unshift((seen, response) => {
        const [filter, top] = Object.keys((seen.json() as unknown as Sent).tools[0]!.input_schema.properties);
        const input = { [filter!]: 'q', [top!]: 2 };
        if (!stream) return json(messagesAnswer([call('t2', input)]))(seen, response);
        const text = JSON.stringify(input);
        return sse(
          ...[
            { type: 'message_start', message: { ...messagesAnswer([]), content: [] } },
            { type: 'content_block_start', index: 0, content_block: call('t2', {}) },
            {
              type: 'content_block_delta',
              index: 0,
              delta: { type: 'input_json_delta', partial_json: text.slice(0, 9) },
            },
            { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: text.slice(9) } },
            { type: 'content_block_stop', index: 0 },
            { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } },
            { type: 'message_stop' },
          ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
        )(seen, response);
      });
      const answer = await claudeCode('a/claude-opus-5', { tools: [list], messages: history, stream });
      const legal = /^[a-zA-Z0-9_.-]{1,64}$/;
      const { properties, required } = sent().tools[0]!.input_schema;
      assert.ok([...Object.keys(properties), ...required].every((key) => legal.test(key)));
      const keys = Object.keys(sent().messages[1]!.content[0]!.input);
      assert.deepEqual(keys, [...Object.keys(properties).slice(0, 2), 'by', 'free']);
      const text = await answer.text();
      const input = stream
        ? JSON.parse(
            [...text.matchAll(/"partial_json":("(?:[^"\\]|\\.)*")/g)]
              .map(([, one]) => JSON.parse(one!) as string)
              .join(''),
          )
        : JSON.parse(text).content[0].input;
      assert.deepEqual(input, { 'filter[id]': 'q', $top: 2 });
    });
  }
});
