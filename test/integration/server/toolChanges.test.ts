/** Tools that stand within a conversation, or in a form that their backend does not know: what Codex and Claude Code send. */
import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/wires/conversation';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const EXEC = { type: 'custom', name: 'exec', description: 'Runs a script.', format: { type: 'text' } };
const WAIT = { type: 'function', name: 'wait', parameters: { type: 'object', properties: {} } };
/** As Codex 0.147 and later sends them for models of gpt-5.6 (cc-switch-cli#466, CLIProxyAPI#4852). */
const ADDITIONAL = {
  type: 'additional_tools',
  role: 'developer',
  id: 'at_1',
  tools: [{ type: 'namespace', name: 'functions', description: '', tools: [EXEC, WAIT] }],
};
const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] };
const called = {
  id: 'call_1',
  type: 'function',
  function: { name: 'functions__exec', arguments: '{"input":"x = 1"}' },
};

describe('tools that come within a conversation', () => {
  let upstream: Upstream;
  let router: TestRouter;
  let answer: JsonObject;
  before(async () => {
    upstream = await startUpstream((seen, response) => json(answer)(seen, response));
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        { name: 'chat', ...at },
        { name: 'res', ...at, wire: 'responses' },
        { name: 'oai', ...at, preset: 'openai' },
        { name: 'ant', ...at, preset: 'anthropic' },
        { name: 'gem', ...at, preset: 'gemini' },
        { name: 'ds', ...at, preset: 'deepseek' },
      ],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  async function ask(path: string, body: object, given: object) {
    answer = given as JsonObject;
    const record = router.nextRecord();
    const response = await router.post(path, body);
    const got = (await response.json()) as JsonObject;
    return { status: response.status, got, sent: upstream.seen.at(-1)!, rules: (await record).rules.map(String) };
  }
  const toolsOf = (sent: { json(): Record<string, unknown> }) => sent.json().tools as JsonObject[];
  const message = { role: 'assistant', content: null, tool_calls: [called] };
  const chatCall = chatCompletion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });

  it('those of an item are the tools of a chat model, and its calls come back in their group', async () => {
    const { got, sent, rules } = await ask('/v1/responses', { model: 'chat/m', input: [ADDITIONAL, user] }, chatCall);
    const names = toolsOf(sent).map((tool) => (tool.function as JsonObject).name);
    assert.deepEqual(names, ['functions__exec', 'functions__wait']);
    assert.deepEqual(sent.json().messages, [{ role: 'user', content: 'hi' }]);
    const [item] = got.output as JsonObject[];
    assert.equal(item?.type, 'custom_tool_call');
    assert.deepEqual([item?.namespace, item?.name, item?.input], ['functions', 'exec', 'x = 1']);
    assert.ok(rules.some((rule) => /list of tools/.test(rule)));
    const output = { type: 'custom_tool_call_output', call_id: 'call_1', output: 'done' };
    const next = await ask(
      '/v1/responses',
      { model: 'chat/m', input: [ADDITIONAL, user, item, output] },
      chatCompletion('ok'),
    );
    const messages = next.sent.json().messages as JsonObject[];
    assert.deepEqual(messages[1]?.tool_calls, [called]);
  });

  it("OpenAI's newest models are asked over Responses for them, and the item stays as it is", async () => {
    const whole = { id: 'resp_1', object: 'response', status: 'completed', output: [] };
    const { sent } = await ask('/v1/responses', { model: 'oai/gpt-5.6-sol', input: [ADDITIONAL, user] }, whole);
    assert.ok(sent.path.endsWith('/responses'));
    assert.deepEqual(sent.json().input, [ADDITIONAL, user]);
  });

  it('a Responses server that knows no custom tools gets functions, and Codex the raw text of their calls', async () => {
    const call = {
      type: 'function_call',
      id: 'fc_1',
      call_id: 'c1',
      name: 'apply_patch',
      arguments: '{"input":"*** Begin"}',
    };
    const whole = { id: 'resp_1', object: 'response', status: 'completed', output: [call] };
    const tools = [{ ...EXEC, name: 'apply_patch' }];
    const { got, sent } = await ask('/v1/responses', { model: 'res/minimax-m3', input: [user], tools }, whole);
    assert.equal(toolsOf(sent)[0]?.type, 'function');
    const [item] = got.output as JsonObject[];
    assert.deepEqual([item?.type, item?.input], ['custom_tool_call', '*** Begin']);
    const kept = await ask('/v1/responses', { model: 'oai/gpt-5.6-sol', input: [user], tools }, whole);
    assert.deepEqual(toolsOf(kept.sent), tools);
    const relayed = await ask('/v1/responses', { model: 'res/gpt-5.6-sol', input: [ADDITIONAL, user], tools }, whole);
    assert.deepEqual([relayed.sent.json().tools, relayed.sent.json().input], [tools, [ADDITIONAL, user]]);
    const stored = { model: 'res/m', input: [user], tools, previous_response_id: 'resp_0' };
    assert.deepEqual((await ask('/v1/responses', stored, whole)).sent.json().tools, tools);
  });

  const late = { name: 'late', input_schema: { type: 'object', properties: {} }, defer_loading: true };
  const first = { name: 'first', input_schema: { type: 'object', properties: {} } };
  const body = {
    max_tokens: 100,
    tools: [first, late],
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'system', content: [{ type: 'tool_addition', tool: { type: 'tool_reference', name: 'late' } }] },
      { role: 'assistant', content: 'x' },
      { role: 'user', content: 'y' },
      {
        role: 'system',
        content: [
          { type: 'tool_removal', tool: { type: 'tool_reference', name: 'first' } },
          { type: 'tool_addition', tool: { type: 'tool_definition', definition: { ...first, name: 'inline' } } },
        ],
      },
    ],
  };
  const said = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
  };

  it('those that Claude Code announces later do not end the chat of another model with a 400', async () => {
    const { status, sent } = await ask('/v1/messages', { model: 'chat/m', ...body }, chatCompletion('ok'));
    assert.equal(status, 200);
    assert.deepEqual(
      toolsOf(sent).map((tool) => (tool.function as JsonObject).name),
      ['late', 'inline'],
    );
    assert.deepEqual(
      (sent.json().messages as JsonObject[]).map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
  });

  it('a model of the same API that takes no system message gets them in its list, and the newest as they came', async () => {
    const older = await ask('/v1/messages', { model: 'ant/claude-sonnet-4-5', ...body }, said);
    assert.deepEqual(
      toolsOf(older.sent).map(({ name, defer_loading }) => [name, defer_loading]),
      [
        ['late', undefined],
        ['inline', undefined],
      ],
    );
    assert.ok(!older.sent.text.includes('tool_addition'));
    const newest = await ask('/v1/messages', { model: 'ant/claude-opus-5', ...body }, said);
    assert.deepEqual(newest.sent.json().messages, body.messages);
    assert.deepEqual(toolsOf(newest.sent), body.tools);
  });

  it("Codex' own search for tools is a function elsewhere, its calls are Codex' item, and what it found is offered", async () => {
    const search = {
      type: 'tool_search',
      execution: 'client',
      description: 'Finds tools.',
      parameters: first.input_schema,
    };
    const ask1 = {
      id: 'call_9',
      type: 'function',
      function: { name: 'tool_search', arguments: '{"query":"calendar"}' },
    };
    const calls = (call: object) =>
      chatCompletion('', {
        choices: [{ index: 0, message: { ...message, tool_calls: [call] }, finish_reason: 'tool_calls' }],
      });
    const request = { model: 'chat/m', input: [user], tools: [search, WAIT] };
    const { got, sent } = await ask('/v1/responses', request, calls(ask1));
    const named = (tools: JsonObject[]) => tools.map((tool) => (tool.function as JsonObject).name);
    assert.deepEqual(named(toolsOf(sent)), ['tool_search', 'wait']);
    assert.ok(!sent.text.includes('not available'));
    const [item] = got.output as JsonObject[];
    const { id: _, ...said } = item!;
    assert.deepEqual(said, {
      type: 'tool_search_call',
      call_id: 'call_9',
      execution: 'client',
      arguments: { query: 'calendar' },
      status: 'completed',
    });
    const found = [
      { type: 'namespace', name: 'mcp__calendar', tools: [{ ...WAIT, name: 'create', defer_loading: true }] },
    ];
    const output = {
      type: 'tool_search_output',
      call_id: 'call_9',
      status: 'completed',
      execution: 'client',
      tools: found,
    };
    const create = { id: 'call_10', type: 'function', function: { name: 'mcp__calendar__create', arguments: '{}' } };
    const next = await ask('/v1/responses', { ...request, input: [user, item, output] }, calls(create));
    assert.deepEqual(named(toolsOf(next.sent)), ['tool_search', 'wait', 'mcp__calendar__create']);
    assert.deepEqual((next.sent.json().messages as JsonObject[])[1]?.tool_calls, [ask1]);
    const [call] = next.got.output as JsonObject[];
    assert.deepEqual([call?.type, call?.namespace, call?.name], ['function_call', 'mcp__calendar', 'create']);
  });

  it('such a search goes back with the signature or the thinking that it came with', async () => {
    const search = { type: 'tool_search', execution: 'client', parameters: first.input_schema };
    for (const [model, ofCall, ofMessage] of [
      ['gem/gemini-3-pro', { extra_content: { google: { thought_signature: 'SIGNED' } } }, {}],
      ['ds/deepseek-v4-pro', {}, { reasoning_content: 'SIGNED' }],
    ] as const) {
      const call = { id: 'call_aB3dE6gH9jK2', type: 'function', ...ofCall };
      const asked = { ...call, function: { name: 'tool_search', arguments: '{"query":"calendar"}' } };
      const message = { role: 'assistant', content: null, ...ofMessage, tool_calls: [asked] };
      const given = chatCompletion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
      const request = { model, input: [user], tools: [search, WAIT] };
      const { got } = await ask('/v1/responses', request, given);
      const item = (got.output as JsonObject[]).find(({ type }) => type === 'tool_search_call');
      const output = { type: 'tool_search_output', call_id: call.id, execution: 'client', tools: [] };
      const next = await ask('/v1/responses', { ...request, input: [user, item, output] }, chatCompletion('ok'));
      const [, back] = next.sent.json().messages as JsonObject[];
      assert.deepEqual(back?.tool_calls, [asked]);
      assert.match(JSON.stringify(back), /SIGNED/, model);
    }
  });

  it('a tool that waits to be looked up on one wire is there at once on the other', async () => {
    const whole = { id: 'resp_1', object: 'response', status: 'completed', output: [] };
    const claude = { ...late, allowed_callers: ['code_execution_20260120'] };
    const up = await ask(
      '/v1/messages',
      { model: 'res/m', max_tokens: 9, tools: [claude], messages: [{ role: 'user', content: 'hi' }] },
      whole,
    );
    assert.deepEqual(Object.keys(toolsOf(up.sent)[0]!), ['type', 'name', 'parameters', 'strict']);
    const tools = [{ ...WAIT, defer_loading: true }];
    const down = await ask('/v1/responses', { model: 'ant/claude-opus-5', input: [user], tools }, said);
    assert.equal(toolsOf(down.sent)[0]?.defer_loading, undefined);
  });
});
