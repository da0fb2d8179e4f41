/** Histories and tools as they really come, sent to providers that refuse what the real ones refuse. */
import assert from 'node:assert/strict';
import type { JsonObject, JsonValue } from '../../../src/wires/conversation';
import { type StrictTrio, startTrio, TRIO } from '../../support/strictTrio';

const PICTURE: JsonObject = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
};
const USER: JsonObject = { role: 'user', content: 'x' };

function call(id: string, name: string, args: string): JsonObject {
  return { id, type: 'function', function: { name, arguments: args } };
}
function tool(name: string, parameters: JsonObject = { type: 'object', properties: {} }): JsonObject {
  return { type: 'function', function: { name, parameters } };
}

describe('odd requests of Cursor', () => {
  let trio: StrictTrio;
  before(async () => {
    trio = await startTrio();
  });
  after(() => trio.stop());

  async function passes(provider: string, body: JsonObject): Promise<JsonObject> {
    const { status, text, sent } = await trio.ask(provider, { stream: true, ...body });
    assert.equal(status, 200, text);
    assert.match(text, /"content":"ok"/);
    return sent;
  }

  for (const provider of Object.keys(TRIO)) {
    it(`parallel calls with the same id both reach ${provider}, each with its result`, async () => {
      const sent = JSON.stringify(
        await passes(provider, {
          messages: [
            USER,
            {
              role: 'assistant',
              content: null,
              tool_calls: [call('call_0', 'Read', '{"n":1}'), call('call_0', 'Read', '{"n":2}')],
            },
            { role: 'tool', tool_call_id: 'call_0', content: 'first' },
            { role: 'tool', tool_call_id: 'call_0', content: 'second' },
          ],
          tools: [tool('Read')],
        }),
      );
      assert.ok(!sent.includes('no longer part'), sent);
      assert.ok(sent.indexOf('first') < sent.indexOf('second'));
      for (const said of ['call_0', 'call_0_2']) assert.equal(sent.split(`"${said}"`).length, 3, `${said}: ${sent}`);
    });

    it(`a picture in an assistant message is named to ${provider}, not sent and not lost`, async () => {
      const sent = await passes(provider, {
        messages: [USER, { role: 'assistant', content: [PICTURE] }, { role: 'user', content: 'again' }],
      });
      const text = JSON.stringify(sent);
      assert.ok(text.includes('[image]') && !text.includes('iVBOR'), text);
    });

    it(`a choice of a tool that is not there leaves ${provider} free`, async () => {
      const sent = await passes(provider, {
        messages: [USER],
        tools: [tool('Read')],
        tool_choice: { type: 'function', function: { name: 'Gone' } },
      });
      assert.equal(sent.tool_choice, undefined);
    });

    it(`answers that say nothing are left out for ${provider}`, async () => {
      const sent = await passes(provider, {
        messages: [
          USER,
          { role: 'assistant', content: '' },
          { role: 'assistant', content: null },
          { role: 'user', content: 'y' },
        ],
      });
      assert.ok(!JSON.stringify(sent).includes('"assistant"'), JSON.stringify(sent));
    });

    it(`a tool listed twice, and parameters that are no plain object, suit ${provider}`, async () => {
      const sent = await passes(provider, {
        messages: [USER],
        tools: [
          tool('Read'),
          { name: 'Read', input_schema: { type: 'object' } },
          tool('Pick', {
            anyOf: [
              { properties: { a: { type: 'string' } }, required: ['a'] },
              { properties: { b: { type: 'string' } }, required: ['b'] },
            ],
          }),
          tool('None', {}),
        ],
      });
      const tools = (sent.tools as JsonObject[]).map((each) => (each.function ?? each) as JsonObject);
      assert.deepEqual(
        tools.map(({ name }) => name),
        ['Read', 'Pick', 'None'],
      );
      const schemas = tools.map(({ parameters, input_schema }) => (parameters ?? input_schema) as JsonValue);
      assert.deepEqual(schemas.slice(1), [
        { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
        { type: 'object', properties: {} },
      ]);
    });
  }
});

describe('an answer to be continued', () => {
  let trio: StrictTrio;
  before(async () => {
    trio = await startTrio({ newest: { ...TRIO.messages, model: 'claude-opus-4-7' }, older: TRIO.messages });
  });
  after(() => trio.stop());
  const roles = (body: JsonObject) => (body.messages as JsonObject[]).map(({ role }) => role);
  const messages = [USER, { role: 'assistant', content: 'One two' }];

  it('is asked for where the provider refuses it: by newer models and beside thinking', async () => {
    const { sent } = await trio.ask('newest', { messages });
    assert.deepEqual(roles(sent), ['user', 'assistant', 'user']);
    const thinking = await trio.ask('older', { messages, reasoning: { effort: 'high' } });
    assert.deepEqual(roles(thinking.sent), ['user', 'assistant', 'user']);
  });
  it('stays the beginning of the answer elsewhere', async () => {
    const { sent } = await trio.ask('older', { messages });
    assert.deepEqual(roles(sent), ['user', 'assistant']);
  });
});

describe('tool names that providers refuse', () => {
  let trio: StrictTrio;
  before(async () => {
    trio = await startTrio();
  });
  after(() => trio.stop());
  const DOTTED = 'mcp.files.read file';
  const LONG = 'n'.repeat(140);

  for (const provider of Object.keys(TRIO)) {
    for (const client of ['Cursor/1.0', 'plain/1']) {
      it(`become legal for ${provider} and come back as ${client} wrote them`, async () => {
        const path = client === 'plain/1' && provider === 'chat' ? '/v1/responses' : '/v1/chat/completions';
        const isChat = path === '/v1/chat/completions';
        trio.events = undefined;
        const body: JsonObject = isChat
          ? {
              messages: [
                USER,
                { role: 'assistant', content: null, tool_calls: [call('c1', DOTTED, '{}')] },
                { role: 'tool', tool_call_id: 'c1', content: 'r' },
              ],
              tools: [tool(DOTTED), tool(LONG), tool('Read')],
              tool_choice: { type: 'function', function: { name: LONG } },
            }
          : {
              input: [
                USER,
                { type: 'function_call', call_id: 'c1', name: DOTTED, arguments: '{}' },
                { type: 'function_call_output', call_id: 'c1', output: 'r' },
              ],
              tools: [DOTTED, LONG, 'Read'].map((name) => ({ type: 'function', name, parameters: { type: 'object' } })),
              tool_choice: { type: 'function', name: LONG },
            };
        const first = await trio.ask(provider, { stream: true, ...body }, { 'user-agent': client }, path);
        assert.equal(first.status, 200, first.text);
        const names = (first.sent.tools as JsonObject[]).map((each) => ((each.function ?? each) as JsonObject).name);
        assert.equal(new Set(names).size, 3);
        for (const name of names) assert.match(name as string, /^[a-zA-Z0-9_-]{1,128}$/);
        assert.ok(JSON.stringify(first.sent.tool_choice).includes(names[1] as string));
        trio.events = [
          { type: 'toolCallStart', index: 0, id: 'c2', name: names[0] as string },
          { type: 'toolCallDelta', index: 0, text: '{}' },
          { type: 'toolCallEnd', index: 0 },
          { type: 'finish', reason: 'toolCalls' },
        ];
        const { text } = await trio.ask(provider, { stream: true, ...body }, { 'user-agent': client }, path);
        assert.ok(text.includes(`"name":"${DOTTED}"`) && !text.includes(names[0] as string), text);
      });
    }
  }
});

describe('a person who interrupts a tool turn', () => {
  let trio: StrictTrio;
  before(async () => {
    trio = await startTrio({
      mistral: {
        preset: 'mistral',
        wire: 'chat',
        model: 'devstral-medium-latest',
        check(body) {
          const roles = (body.messages as JsonObject[]).map(({ role }) => role);
          return roles.some((role, at) => role === 'user' && roles[at - 1] === 'tool')
            ? "Unexpected role 'user' after role 'tool'"
            : undefined;
        },
      },
    });
  });
  after(() => trio.stop());

  it('and pictures of results leave Mistral the order of roles it insists on', async () => {
    const { status, text } = await trio.ask('mistral', {
      messages: [
        USER,
        { role: 'assistant', content: null, tool_calls: [call('c1', 'Read', '{}'), call('c2', 'Look', '{}')] },
        { role: 'tool', tool_call_id: 'c1', content: 'r' },
        { role: 'tool', tool_call_id: 'c2', content: [PICTURE] },
        { role: 'user', content: 'stop' },
      ],
      tools: [tool('Read'), tool('Look')],
    });
    assert.equal(status, 200, text);
  });
});

describe('author names in messages', () => {
  let trio: StrictTrio;
  before(async () => {
    const check = (body: JsonObject) =>
      (body.messages as JsonObject[]).some(({ name }) => name !== undefined)
        ? "property 'name' is unsupported"
        : undefined;
    trio = await startTrio({ groq: { preset: 'groq', wire: 'chat', model: 'openai/gpt-oss-120b', check } });
  });
  after(() => trio.stop());

  it('stay away from a provider that refuses them, on the short path and the long one', async () => {
    const named = { role: 'user', content: 'x', name: 'Ann' };
    for (const more of [[], [{ role: 'assistant', content: '<think>hm</think>y', name: 'Bot' }, USER]]) {
      const { status, text } = await trio.ask('groq', { messages: [named, ...more] });
      assert.equal(status, 200, text);
    }
  });
});
