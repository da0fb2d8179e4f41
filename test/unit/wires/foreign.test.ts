/** What one wire has and another has not: text in its place or a refusal; errors in the words of the wire. */
import assert from 'node:assert/strict';
import { textOf } from '../../../src/said';
import { createRawReply, readAnswer } from '../../../src/server/reply';
import { RequestProblem } from '../../../src/wires/codec';
import { codecFor } from '../../../src/wires/codecs';
import type { ApiFailure, JsonObject, JsonValue, WireName } from '../../../src/wires/conversation';
import { classify } from '../../../src/wires/failure';
import { carryAcross, withOneAnswer } from '../../../src/wires/foreign';
import { flattenNamespaces } from '../../../src/wires/namespaces';
import { ableTarget } from '../../support/emitTarget';
import { checkAnthropicRequest } from '../../support/strictProviders';

const messages = codecFor('messages');
const across = (wire: WireName, body: JsonObject, to: WireName = wire === 'messages' ? 'chat' : 'messages') =>
  carryAcross(codecFor(wire).parseRequest({ model: 'm', ...body }), to);
const carry = (wire: WireName, body: JsonObject) => across(wire, body).conversation;
const hello: JsonObject = { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
const errorOf = (failure: ApiFailure) => messages.emitError(failure).error as JsonObject;

describe('what another wire has no form for', () => {
  it('state and tools at the provider are refused by name, empty ones are not', () => {
    for (const [key, value] of Object.entries({
      thread: { type: 'create' },
      container: 'c',
      mcp_servers: [{ name: 'x' }],
    })) {
      assert.throws(
        () => carry('messages', { ...hello, [key]: value }),
        (problem) => problem instanceof RequestProblem && problem.param === key,
      );
    }
    assert.throws(() => carry('responses', { input: 'x', background: true }), /background/);
    carry('messages', { ...hello, mcp_servers: [], container: null });
    carry('responses', { input: 'x', background: false });
  });

  it('a refused thread is told in the word that the SDK looks for', () => {
    const error = errorOf({ status: 400, message: 'no', kind: 'badRequest', code: 'thread_unsupported_request' });
    assert.deepEqual(error.details, { error_code: 'thread_unsupported_request' });
    assert.throws(
      () => carry('messages', { ...hello, thread: { type: 'create' } }),
      (problem) => (problem as RequestProblem).code === 'thread_unsupported_request',
    );
  });

  it("a Messages provider's details of an error stay: SDKs go on by them; not what looks like a key, nor without end", () => {
    const told = (details: unknown) => {
      const body = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'no', details } });
      return errorOf(codecFor('messages').parseError(400, {}, body)).details;
    };
    for (const code of ['thread_unsupported_request', 'thread_not_found'])
      assert.deepEqual(told({ error_code: code, unsupported: ['tools'] }), {
        error_code: code,
        unsupported: ['tools'],
      });
    for (const bad of ['x', [1], { key: `sk-ant-${'a1B2'.repeat(10)}` }, { text: 'x'.repeat(3_000) }])
      assert.equal(told(bad), undefined);
  });

  it('what an agent of Codex says to another is what that one is asked, its words where they are named sealed too', () => {
    const sealed = `gAAAAABqX1a7${'8BDqk_J4'.repeat(8)}`;
    const item = (...parts: string[]): JsonObject => ({
      type: 'agent_message',
      author: '/root',
      recipient: '/root/worker',
      content: [
        { type: 'input_text', text: 'Message Type: NEW_TASK' },
        ...parts.map((part) => ({ type: 'encrypted_content', encrypted_content: part })),
      ],
    });
    const { turns } = carry('responses', { input: ['hi', item('Read NOTES.md, tell what it says.', sealed)] });
    assert.deepEqual(
      turns.map(({ role }) => role),
      ['user', 'user'],
    );
    const [part] = turns[1]!.parts;
    const text = part?.type === 'text' ? part.text : '';
    assert.match(text, /\/root → \/root\/worker.*NEW_TASK.*Read NOTES.md, tell what it says\..*Sealed:/s);
    assert.ok(!text.includes(sealed));
    const same = codecFor('responses').parseRequest({ model: 'm', input: [item('x')] });
    assert.deepEqual(codecFor('responses').emitRequest(same, ableTarget).input, [item('x')]);
  });

  it('what an agent says as a plain text is carried, too', () => {
    for (const content of ['Read NOTES.md.', ['Read NOTES.md.']]) {
      const { turns } = carry('responses', { input: ['hi', { type: 'agent_message', author: '/root', content }] });
      assert.match(JSON.stringify(turns[1]), /Read NOTES\.md\./);
    }
  });

  it('a search for tools is its client’s own where that speaks Responses; of another it is a tool nobody knows', () => {
    const search = { type: 'tool_search', execution: 'client', parameters: { type: 'object' } };
    const own = { name: 'a', input_schema: { type: 'object' } };
    const messages = [{ role: 'user', content: 'hi' }];
    for (const wire of ['chat', 'messages'] as const) {
      const source = codecFor(wire).parseRequest({ model: 'm', max_tokens: 5, messages, tools: [search, own] });
      const to = wire === 'chat' ? 'messages' : 'chat';
      const { conversation, told } = carryAcross(source, to);
      assert.equal(flattenNamespaces(conversation).searches, false);
      assert.match(told.map(textOf).join(), /tool_search/);
    }
  });

  it('reasoning of another model of the provider is none to one that does not reason', () => {
    const input = [
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'S' },
      { role: 'assistant', content: 'x' },
    ];
    const source = codecFor('responses').parseRequest({ model: 'm', input: [...input, 'hi'] } as JsonObject);
    const types = (target: typeof ableTarget) =>
      (codecFor('responses').emitRequest(source, target).input as JsonObject[]).map(({ type }) => type);
    assert.deepEqual(types({ ...ableTarget, reasoningField: 'none' }), [undefined, undefined]);
    assert.deepEqual(types({ ...ableTarget, reasoningField: 'reasoning' }), ['reasoning', undefined, undefined]);
  });

  it('documents of content and search results become text, audio is refused', () => {
    const blocks = [{ type: 'text', text: 'inside' }];
    const { turns } = carry('messages', {
      ...hello,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', title: 'Doc', source: { type: 'content', content: blocks } },
            { type: 'search_result', title: 'Hit', source: 'https://a.example', content: blocks },
          ],
        },
      ],
    });
    assert.deepEqual(turns[0]?.parts, [
      { type: 'text', text: 'Doc\ninside' },
      { type: 'text', text: 'Hit\nhttps://a.example\ninside' },
    ]);
    const audio = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
    assert.throws(() => carry('chat', { messages: [{ role: 'user', content: [audio] }] }), /input_audio/);
  });
});

describe('what is told of a request on another wire', () => {
  const search: JsonObject = { type: 'web_search_20250305', name: 'web_search' };
  const read: JsonObject = { name: 'Read', input_schema: { type: 'object' } };

  it("a provider's own tools are left out, told to the model, and to the person", () => {
    const { conversation, told } = across('messages', { ...hello, system: 'Be brief.', tools: [search, read] });
    assert.deepEqual(
      conversation.tools?.map((tool) => tool.kind),
      ['function'],
    );
    assert.deepEqual(conversation.turns[0], {
      role: 'system',
      parts: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'These tools are not available here: web_search_20250305.' },
      ],
    });
    assert.deepEqual(told.map(textOf), ['tools that only their own provider runs were left out: web_search_20250305']);
    const same = across('messages', { ...hello, tools: [search, read] }, 'messages');
    assert.deepEqual([same.conversation.tools?.length, same.told], [2, []]);
  });

  it('a request for nothing but such a tool, or that forces one, is refused by its name', () => {
    assert.throws(() => across('messages', { ...hello, tools: [search] }), /cannot run web_search_20250305/);
    const forced = { ...hello, tools: [search, read], tool_choice: { type: 'tool', name: 'web_search' } };
    assert.throws(() => across('messages', forced), RequestProblem);
    const choice = { input: 'x', tools: [{ type: 'web_search' }], tool_choice: { type: 'web_search' } };
    assert.throws(() => across('responses', choice), RequestProblem);
  });

  it('steps that a provider took by itself become notes, without what only it can read', () => {
    const { conversation, told } = across('messages', {
      ...hello,
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'weather' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 'srvtoolu_1',
              content: [{ type: 'web_search_result', title: 'Rain', url: 'https://a.example', encrypted_content: 'E' }],
            },
            { type: 'text', text: 'It rains.' },
          ],
        },
        { role: 'user', content: 'more' },
      ],
    });
    const text = JSON.stringify(conversation.turns[1]);
    for (const word of ['weather', 'Rain', 'https://a.example', 'It rains.']) assert.ok(text.includes(word), word);
    assert.ok(!text.includes('encrypted'));
    assert.deepEqual(told.map(textOf), [
      'became text, since this provider has no form for it: server_tool_use, web_search_tool_result',
    ]);
  });

  it('a sealed history is refused, one told in words is carried', () => {
    const sealed: JsonObject = {
      input: [
        { role: 'user', content: 'a' },
        { type: 'compaction', encrypted_content: 'xxx' },
      ],
    };
    assert.throws(() => across('responses', sealed), /compaction/);
    const told = [
      { role: 'assistant', content: [{ type: 'compaction', content: 'What happened so far.' }] },
      { role: 'user', content: 'go on' },
    ];
    assert.match(JSON.stringify(carry('messages', { ...hello, messages: told }).turns), /What happened so far/);
  });

  it('what nobody knows is refused in a question and a note in an answer, never named with strange words', () => {
    const odd = { type: 'hologram', data: 1 };
    const ask = (content: JsonObject) => across('chat', { messages: [{ role: 'user', content: [content] }] });
    assert.throws(() => ask(odd), /hologram/);
    assert.throws(
      () => ask({ type: 'my SECRET text' }),
      (problem) => !/SECRET/.test((problem as Error).message),
    );
    const { told } = across('responses', { input: [{ role: 'user', content: 'a' }, odd] });
    assert.deepEqual(told.map(textOf), ['became text, since this provider has no form for it: hologram']);
  });

  it('fields are told by name; those that bind the answer are refused', () => {
    const body = { messages: [{ role: 'user', content: 'x' }] };
    assert.deepEqual(across('chat', { ...body, logprobs: true, top_logprobs: 2 }).told.map(textOf), [
      'left out, since this provider has no field for it: logprobs, top_logprobs',
    ]);
    assert.throws(() => across('chat', { ...body, response_format: { type: 'grammar' } }), /response_format/);
    assert.throws(() => across('responses', { prompt: { id: 'pmpt_1' } }), /prompt/);
  });

  it('chat and Responses share the cache key and the safety identifier', () => {
    const shared = { prompt_cache_key: 'k', safety_identifier: 's' };
    const asked = across(
      'chat',
      { messages: [{ role: 'user', content: 'x' }], ...shared, logprobs: true },
      'responses',
    );
    assert.deepEqual(asked.conversation.extra, { wire: 'responses', fields: shared });
    assert.deepEqual(asked.told.map(textOf), ['left out, since this provider has no field for it: logprobs']);
    const back = codecFor('responses').parseRequest({ model: 'm', input: 'x', ...shared });
    assert.deepEqual(carryAcross(back, 'chat').conversation.extra, { wire: 'chat', fields: shared });
    assert.deepEqual(carryAcross(back, 'chat', false).told.map(textOf), [
      'left out, since this provider has no field for it: prompt_cache_key, safety_identifier',
    ]);
  });

  it('of several answers one is asked for, said', () => {
    const several = codecFor('chat').parseRequest({ model: 'm', messages: [{ role: 'user', content: 'x' }], n: 2 });
    const { conversation, told } = withOneAnswer(several);
    assert.deepEqual(
      [conversation.extra?.fields.n, told.map(textOf)],
      [undefined, ['one answer was asked for, not several']],
    );
  });

  it('what a tool answered keeps its own form on its own wire only', () => {
    const hit = { type: 'search_result', title: 'T', source: 's', content: [{ type: 'text', text: 'inside' }] };
    const document = { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'in it' }] } };
    const body = {
      ...hello,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'S', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [hit, document] }] },
      ],
    };
    const content = [
      { type: 'text', text: 'T\ns\ninside' },
      { type: 'text', text: 'in it' },
    ];
    assert.deepEqual(carry('messages', body).turns.at(-1)?.parts, [{ type: 'toolResult', id: 't1', content }]);
    assert.match(JSON.stringify(across('messages', body, 'messages').conversation), /"block"/);
  });

  const answered = (content: JsonValue): JsonObject => ({
    messages: [
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 't1', type: 'function', function: { name: 'S', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 't1', content },
    ],
    tools: [{ type: 'function', function: { name: 'S', parameters: { type: 'object' } } }],
  });
  const toldByTool = (content: JsonValue) => {
    const body = messages.emitRequest(carry('chat', answered(content)), { ...ableTarget, customTools: 'function' });
    assert.equal(checkAnthropicRequest(body), undefined);
    const last = (body.messages as { content: JsonObject[] }[]).at(-1);
    return last?.content[0]?.content;
  };

  it('what a tool answered to a chat client in a form that Messages refuses is text there', () => {
    const resource = { type: 'resource', resource: { uri: 'file:///x', text: 'T' } };
    assert.equal(toldByTool([resource]), JSON.stringify(resource));
    const hit = { type: 'search_result', title: 'T', source: 's', content: [{ type: 'text', text: 'inside' }] };
    assert.deepEqual(toldByTool([hit]), [hit]);
  });

  it('what a tool answered as plain JSON is told whole', () => {
    const values: JsonValue[] = [[[1, 2]], [3, 'three'], [{ a: 1 }, { b: [2] }], { c: 3 }];
    for (const value of values) assert.equal(toldByTool(value), JSON.stringify(value));
  });

  it('a choice among tools names only those that are there', () => {
    const allowed = (...names: string[]): JsonObject => ({
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: names.map((name) => ({ type: 'function', function: { name } })) },
    });
    const choiceFor = (to: WireName, ...names: string[]) =>
      codecFor(to).emitRequest(
        across('chat', { ...answered('x'), tool_choice: allowed(...names) }, to).conversation,
        ableTarget,
      ).tool_choice;
    const tools = [{ type: 'function', name: 'S' }];
    assert.deepEqual(choiceFor('responses', 'S', 'gone'), { type: 'allowed_tools', mode: 'auto', tools });
    for (const to of ['chat', 'responses'] as const) assert.equal(choiceFor(to, 'gone'), undefined);
  });

  it('a tool that failed is told as that on each wire', () => {
    const failed = (content: JsonValue): JsonObject => ({
      ...hello,
      tools: [{ name: 'S', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'S', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', is_error: true, content }] },
      ],
    });
    const output = (content: JsonValue) =>
      (
        codecFor('responses').emitRequest(across('messages', failed(content), 'responses').conversation, ableTarget)
          .input as JsonObject[]
      ).at(-1)?.output;
    assert.equal(output('no such file'), 'Error: no such file');
    assert.equal(output('Error: no such file'), 'Error: no such file');
    assert.equal(output(''), 'Error: ');
    const picture = { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } };
    assert.deepEqual((output([picture]) as JsonObject[])[0], { type: 'input_text', text: 'Error: ' });
  });
});

describe('two tools of one name', () => {
  const tool = (description: string, more: JsonObject = {}): JsonObject => ({
    type: 'function',
    function: { name: 'Read', description, parameters: { type: 'object' }, ...more },
  });
  const emitted = (to: WireName, ...tools: JsonObject[]) =>
    codecFor(to).emitRequest(
      codecFor('chat').parseRequest({ model: 'm', messages: [{ role: 'user', content: 'x' }], tools }),
      ableTarget,
    ).tools as JsonValue[];

  it('are one when they say the same, and refused with both places when not', () => {
    for (const to of ['chat', 'responses', 'messages'] as const) {
      assert.equal(emitted(to, tool('a'), tool('a', { strict: false })).length, 1);
      for (const other of [tool('b'), tool('a', { parameters: { type: 'object', properties: { p: {} } } })])
        assert.throws(
          () => emitted(to, tool('a'), other),
          (problem) => problem instanceof RequestProblem && /"Read".* 1 and number 2/.test(problem.message),
        );
    }
  });
});

describe('a backend that is set to the wrong wire', () => {
  it('says so when it answers chat where Responses was asked for', () => {
    const chunk = { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'x' } }] };
    const [event] = codecFor('responses')
      .createStreamParser()
      .push({ data: JSON.stringify(chunk) });
    assert.ok(event?.type === 'error');
    assert.match(event.failure.message, /"wire": "chat"/);
    const whole = readAnswer(
      codecFor('responses'),
      Buffer.from(JSON.stringify({ ...chunk, object: 'chat.completion' })),
    );
    assert.match('failure' in whole ? whole.failure.message : '', /Chat Completions/);
  });
});

describe('failures in the words of the wire', () => {
  it('an overflow anywhere is "prompt is too long" to Messages clients, once', () => {
    const overflow = (message: string) => errorOf({ status: 400, message, kind: 'contextLength' }).message;
    assert.equal(overflow('maximum context length is 9'), 'prompt is too long: maximum context length is 9');
    assert.equal(overflow('prompt is too long: 9 > 8'), 'prompt is too long: 9 > 8');
  });

  it('a wrong key and an unknown model keep their kind whatever type the provider wrote', () => {
    const typeOf = (kind: ApiFailure['kind']) =>
      errorOf({ status: 400, message: 'x', type: 'invalid_request_error', kind }).type;
    assert.deepEqual(
      [typeOf('auth'), typeOf('notFound'), typeOf('badRequest')],
      ['authentication_error', 'not_found_error', 'invalid_request_error'],
    );
  });

  it('a same-wire Responses stream breaks with an event that has type and number', () => {
    const reply = createRawReply(codecFor('responses'), false);
    const data = '{"type":"response.created","response":{"id":"r"}}';
    reply.push({ data, raw: Buffer.from(`data: ${data}\n\n`) } as Parameters<typeof reply.push>[0]);
    const text = reply.fail({ status: 502, message: 'broke off', kind: 'network' });
    assert.match(text, /^event: error\ndata: /);
    const { sequence_number, type, message } = JSON.parse(text.slice(text.indexOf('{'))) as JsonObject;
    assert.deepEqual([type, message, sequence_number], ['error', 'broke off', 1]);
  });

  it("LiteLLM's spent budget and unknown model are understood", () => {
    assert.equal(classify(422, 'budget_exceeded', '422', 'Budget has been exceeded! Current cost: 2'), 'quota');
    assert.equal(classify(400, undefined, '400', 'Invalid model name passed in model=x'), 'notFound');
  });
});
