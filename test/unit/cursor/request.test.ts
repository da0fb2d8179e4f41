import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCursorRequest } from '../../../src/cursor/request';
import { textOf } from '../../../src/said';
import { chatCodec } from '../../../src/wires/chat';
import { RequestProblem } from '../../../src/wires/codec';
import type {
  Conversation,
  JsonObject,
  JsonValue,
  Part,
  ToolCallPart,
  ToolResultPart,
} from '../../../src/wires/conversation';
import { messagesCodec } from '../../../src/wires/messages';
import { responsesCodec } from '../../../src/wires/responses';
import { readTool, readToolChoice } from '../../../src/wires/toolShapes';
import { at, caseOf, casesOf, frozen, openTarget, plain } from '../../support/cursorCases';

const read = (body: JsonObject) => readCursorRequest(frozen(body));
const conversationOf = (messages: JsonValue[], more: JsonObject = {}) =>
  read({ model: 'm', messages, ...more }).conversation;
const toChat = (conversation: Conversation) => chatCodec.emitRequest(conversation, openTarget());
const partsOf = (conversation: Conversation): Part[] => conversation.turns.flatMap((turn) => turn.parts);
const callsOf = (conversation: Conversation) =>
  partsOf(conversation).filter((part): part is ToolCallPart => part.type === 'toolCall');
const resultsOf = (conversation: Conversation) =>
  partsOf(conversation).filter((part): part is ToolResultPart => part.type === 'toolResult');
const textsOf = (conversation: Conversation, role: string) =>
  conversation.turns
    .filter((turn) => turn.role === role)
    .map((turn) => turn.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''));
const nested = (name: string, args = '{}', more: JsonObject = {}): JsonObject => ({
  id: `call_${name}`,
  type: 'function',
  function: { name, arguments: args },
  ...more,
});

describe('cursor request: shared cases', () => {
  it('A1: plain chat with an effort object (N1, N27)', () => {
    const { input, expect } = caseOf('cursor_request_samples', 'A1-plain-chat-gpt5');
    const { conversation, dialect } = read(input.body as JsonObject);
    assert.equal(dialect, expect.dialect);
    assert.equal(conversation.reasoning?.effort, expect.effort);
    assert.equal(conversation.turns.filter(({ role }) => role === 'user').length, expect.user_messages);
    const body = toChat(conversation);
    assert.deepEqual([body.reasoning, body.reasoning_effort, body.user], [undefined, 'minimal', undefined]);
  });
  it('A3: empty tool_calls (N4)', () => {
    const { input, expect } = caseOf('cursor_request_samples', 'A3-empty-tool_calls-array');
    const { conversation, rules } = read(input.body as JsonObject);
    assert.ok(rules.includes('N4'));
    for (const path of expect.upstream_missing as string[]) assert.equal(at(toChat(conversation), path), undefined);
  });
  it('A5: assistant content as an array (N3)', () => {
    const { input, expect } = caseOf('cursor_request_samples', 'A5-array-assistant-content');
    assert.deepEqual(textsOf(read(input.body as JsonObject).conversation, 'assistant'), [expect.assistant_text]);
  });
  it('B2: fields of a Responses body, previous_response_id never (N33)', () => {
    const { input, expect } = caseOf('cursor_request_samples', 'B2-responses-extra-fields');
    const { conversation, rules, customToolNames } = read(input.runnable_body as JsonObject);
    assert.ok(rules.includes('N33'));
    assert.deepEqual([...customToolNames], ['ApplyPatch']);
    const body = responsesCodec.emitRequest(conversation, openTarget({ reasoningField: 'reasoning' }));
    for (const key of expect.not_forwarded_blindly as string[]) assert.equal(body[key], undefined);
    assert.equal(at(body, 'reasoning.effort'), 'medium');
    assert.deepEqual([body.truncation, body.store, body.prompt_cache_retention], ['auto', false, '24h']);
    assert.equal(at(toChat(conversation), 'truncation'), undefined);
    assert.doesNotThrow(() => read(input.body as JsonObject), 'the reported form with its placeholders');
  });
  it('B4: empty messages with input and instructions (D1, N8)', () => {
    const { input, expect } = caseOf('cursor_request_samples', 'B4-empty-messages-with-input');
    const { conversation } = read(input.body as JsonObject);
    assert.deepEqual(textsOf(conversation, 'system'), [expect.instructions]);
    assert.deepEqual(textsOf(conversation, 'user'), [expect.user_text]);
  });
  it('C1: an Anthropic tool_result (N13)', () => {
    const { input, expect } = caseOf('cursor_request_samples', 'C1-anthropic-tool_result');
    assert.equal(resultsOf(read(input.body as JsonObject).conversation)[0]?.id, expect.tool_result_for);
  });
  it('C3: illegal ids become legal on both sides (N25, S9)', () => {
    const { input, expect } = caseOf('cursor_request_samples', 'C3-illegal-tool-ids');
    const { messages } = messagesCodec.emitRequest(
      read(input.body as JsonObject).conversation,
      openTarget({ reasoningField: 'thinking' }),
    );
    const text = JSON.stringify(messages);
    const ids = [...text.matchAll(/"(?:id|tool_use_id)":"([^"]+)"/g)].map((match) => match[1] as string);
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
    assert.match(ids[0] as string, new RegExp(expect.id_pattern as string));
  });
  it('V1: the key check is an ordinary request too (T8)', () => {
    assert.equal(
      read(caseOf('cursor_request_samples', 'V1-verify-2024').input.body as JsonObject).conversation.turns.length,
      2,
    );
  });
  it('bifrost: tool_use and tool_result become call and output (N13, N14)', () => {
    const { input, expect } = caseOf('bifrost_cursor', 'req-tool_use-anthropic-style');
    const body = responsesCodec.emitRequest(read(input.body as JsonObject).conversation, openTarget());
    const items = (body.input as JsonObject[]).map((item) => ({ ...item }));
    const [text, call, output] = expect.responses_items as JsonObject[];
    assert.equal(items[0]?.content, text?.text);
    for (const key of ['type', 'call_id', 'name', 'arguments']) assert.equal(items[1]?.[key], call?.[key]);
    assert.equal(items[2]?.call_id, output?.call_id);
    const joined = JSON.stringify(items[2]?.output);
    assert.ok(joined.includes('line 1') && joined.includes('line 2'));
  });
  it('bifrost: input beside messages with results (D2)', () => {
    const { input, expect } = caseOf('bifrost_cursor', 'req-input-plus-messages-tool-results');
    const { conversation, rules } = read(input.body as JsonObject);
    const result = resultsOf(conversation)[0];
    const { call_id, output } = expect.tool_output as JsonObject;
    assert.deepEqual([result?.id, result?.content], [call_id, [{ type: 'text', text: output }]]);
    assert.ok(rules.includes('D2'));
    assert.deepEqual(textsOf(conversation, 'user'), ['hi']);
  });
  it('routekit: a Responses body as chat messages (N7, N9)', () => {
    const { input, expect } = caseOf('routekit_cursor', 'translate');
    const body = chatCodec.emitRequest(
      read(input.body as JsonObject).conversation,
      openTarget({ model: expect.model as string, developerRole: false }),
    );
    const messages = (body.messages as JsonObject[]).map((message) => ({ ...message, content: message.content ?? '' }));
    assert.deepEqual(plain(messages), expect.messages);
    assert.equal(body.stream, true);
    assert.equal(at(body, 'tools[0].function.name'), expect['tools[0].function.name']);
  });
  it('litellm: multi-turn with tools stays what it is', () => {
    const { input, expect } = caseOf('litellm_e2e', 'chat-multi-turn-tools-untouched');
    const body = toChat(read(input.body as JsonObject).conversation);
    const upstream = expect.upstream as JsonObject;
    assert.deepEqual(plain(body.messages), upstream.messages);
    for (const key of upstream.no_keys as string[]) assert.equal(body[key], undefined);
  });
  it('litellm: nested tools and choice in a Responses body are flattened (N16–N20)', () => {
    const { input, expect } = caseOf('litellm_e2e', 'input-with-nested-tools-flattened');
    const body = responsesCodec.emitRequest(read(input.body as JsonObject).conversation, openTarget());
    const upstream = expect.upstream as JsonObject;
    const tools = (body.tools as JsonObject[]).map(({ strict: _, ...tool }) => tool);
    assert.deepEqual(plain(tools), upstream.tools);
    assert.deepEqual(plain(body.tool_choice), upstream.tool_choice);
  });
  for (const { name, input, expect } of casesOf('litellm_tool_envelope')) {
    it(`litellm: ${name} (N16–N20), twice the same`, () => {
      const isChoice = name.startsWith('tool_choice-') && !name.includes('sentinel');
      const convert = (value: JsonValue): JsonValue => {
        const wire = input.to_chat ? 'chat' : 'responses';
        const codec = input.to_chat ? chatCodec : responsesCodec;
        const conversation: Conversation = {
          model: 'm',
          turns: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }],
          stream: false,
        };
        if (isChoice) {
          conversation.tools = [
            { kind: (value as JsonObject).type === 'custom' ? 'custom' : 'function', name: 'ApplyPatch' },
          ];
          conversation.toolChoice = readToolChoice(value);
          return plain(codec.emitRequest(conversation, openTarget()).tool_choice);
        }
        conversation.tools = [readTool(value, wire)];
        const [tool] = codec.emitRequest(conversation, openTarget()).tools as JsonValue[];
        if (typeof tool !== 'object' || tool === null || Array.isArray(tool)) return tool as JsonValue;
        const { strict: _, ...rest } = tool;
        return plain(rest);
      };
      const once = convert(input.tool as JsonValue);
      assert.deepEqual(once, expect as unknown);
      assert.deepEqual(convert(once), once);
    });
  }
});

describe('cursor request: rules', () => {
  it('N1: several user messages stay apart', () => {
    assert.deepEqual(
      textsOf(
        conversationOf([
          { role: 'user', content: 'a' },
          { role: 'user', content: 'b' },
        ]),
        'user',
      ),
      ['a', 'b'],
    );
  });
  it('N2: index on calls and name on results do no harm', () => {
    const conversation = conversationOf([
      { role: 'assistant', content: '', tool_calls: [nested('Read', '{}', { index: 0 })] },
      { role: 'tool', tool_call_id: 'call_Read', name: 'Read', content: 'x' },
    ]);
    const text = JSON.stringify(toChat(conversation).messages);
    assert.ok(!text.includes('"index"') && !text.includes('"name":"Read","content"'));
    assert.deepEqual(textsOf(conversation, 'assistant'), ['']);
  });
  it('N3: assistant content null, empty, text, parts', () => {
    for (const content of [null, '', 'hi', [{ type: 'text', text: 'hi' }], ['hi']]) {
      const conversation = conversationOf([{ role: 'assistant', content, tool_calls: [nested('Read')] }]);
      assert.equal(callsOf(conversation).length, 1);
      assert.equal(textsOf(conversation, 'assistant')[0], content === null || content === '' ? '' : 'hi');
    }
  });
  it('N5: broken arguments of the history stay the text they are', () => {
    const broken = '{"path": "a';
    const conversation = conversationOf([
      { role: 'user', content: 'x' },
      { role: 'assistant', content: null, tool_calls: [nested('Read', broken)] },
      { role: 'tool', tool_call_id: 'call_Read', content: 'x' },
    ]);
    assert.equal(callsOf(conversation)[0]?.arguments, broken);
    for (const codec of [chatCodec, responsesCodec, messagesCodec])
      assert.doesNotThrow(() => codec.emitRequest(conversation, openTarget()));
  });
  it('N6: calls and results without ids are paired by name, else in order', () => {
    const call = (name: string) => ({ type: 'function', function: { name, arguments: '{}' } });
    const conversation = conversationOf([
      { role: 'assistant', content: null, tool_calls: [call('A'), call('B')] },
      { role: 'tool', name: 'B', content: 'b' },
      { role: 'tool', content: 'a' },
    ]);
    const [a, b] = callsOf(conversation);
    assert.ok(a?.id && b?.id && a.id !== b.id);
    assert.deepEqual(
      resultsOf(conversation).map(({ id }) => id),
      [b.id, a.id],
    );
  });
  it('N6: one side without an id takes the other side’s', () => {
    const half = conversationOf([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ type: 'function', function: { name: 'A', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'x1', content: 'a' },
    ]);
    assert.equal(callsOf(half)[0]?.id, 'x1');
    const other = conversationOf([
      { role: 'assistant', content: null, tool_calls: [nested('A')] },
      { role: 'tool', content: 'a' },
    ]);
    assert.equal(resultsOf(other)[0]?.id, 'call_A');
  });
  it('N6: an orphan result keeps its text', () => {
    const body = toChat(
      conversationOf([
        { role: 'user', content: 'x' },
        { role: 'tool', tool_call_id: 'gone', content: 'KEPT' },
      ]),
    );
    assert.ok(JSON.stringify(body.messages).includes('KEPT'));
    assert.ok((body.messages as JsonObject[]).every(({ role }) => role !== 'tool'));
  });
  it('N7: developer goes to targets that know it, else as system', () => {
    const conversation = conversationOf([
      { role: 'developer', content: 'be kind' },
      { role: 'user', content: 'x' },
    ]);
    const roleIn = (developerRole: boolean) =>
      at(chatCodec.emitRequest(conversation, openTarget({ developerRole })), 'messages[0].role');
    assert.deepEqual([roleIn(true), roleIn(false)], ['developer', 'system']);
  });
  it('N8: top-level system as text or blocks leads', () => {
    for (const system of ['rules', [{ type: 'text', text: 'rules', cache_control: { type: 'ephemeral' } }]]) {
      const { turns } = conversationOf([{ role: 'user', content: 'x' }], { system });
      assert.equal(turns[0]?.role, 'system');
    }
  });
  it('N9: string input, typeless messages, calls and outputs of a B body', () => {
    assert.deepEqual(textsOf(read({ model: 'm', input: 'hi' }).conversation, 'user'), ['hi']);
    const { conversation, rules } = read({
      model: 'm',
      input: [
        { role: 'user', content: 'go' },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'E' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'ok' }] },
        { type: 'function_call', call_id: 'c1', name: 'Read', arguments: '{}' },
        { type: 'custom_tool_call', call_id: 'c2', name: 'ApplyPatch', input: 'raw' },
        { type: 'function_call_output', call_id: 'c1', output: 'one' },
        { type: 'custom_tool_call_output', call_id: 'c2', output: 'two' },
        { type: 'item_reference', id: 'x' },
      ],
    });
    assert.ok(rules.includes('N9'));
    assert.deepEqual(
      conversation.turns.map(({ role }) => role),
      ['user', 'assistant', 'tool'],
    );
    assert.deepEqual(
      conversation.turns[1]?.parts.map(({ type }) => type),
      ['reasoning', 'text', 'toolCall', 'toolCall'],
    );
    assert.deepEqual(
      resultsOf(conversation).map(({ id, custom }) => [id, custom ?? false]),
      [
        ['c1', false],
        ['c2', true],
      ],
    );
  });
  it('N11: our thinking goes, other folds stay', () => {
    const content =
      '<details>\n<summary>Thinking</summary>\n\nhm <details> x\n</details>\n\nAnswer <details><summary>Log</summary>kept</details>';
    const { conversation, rules } = read({
      messages: [
        { role: 'user', content },
        { role: 'assistant', content },
      ],
    });
    assert.deepEqual(textsOf(conversation, 'assistant'), ['Answer <details><summary>Log</summary>kept</details>']);
    assert.deepEqual(textsOf(conversation, 'user'), [content], 'never touched in what the person wrote');
    assert.ok(rules.includes('N11'));
    assert.deepEqual(textsOf(conversationOf([{ role: 'assistant', content: '<think>a</think>b' }]), 'assistant'), [
      'b',
    ]);
    assert.deepEqual(textsOf(conversationOf([{ role: 'assistant', content: 'Use <think> here' }]), 'assistant'), [
      'Use <think> here',
    ]);
  });
  it('N12: legacy functions', () => {
    const conversation = conversationOf(
      [
        { role: 'assistant', content: null, function_call: { name: 'Read', arguments: '{"a":1}' } },
        { role: 'function', name: 'Read', content: 'x' },
      ],
      { functions: [{ name: 'Read', parameters: { type: 'object' } }], function_call: { name: 'Read' } },
    );
    assert.equal(conversation.tools?.[0]?.kind, 'function');
    assert.deepEqual(conversation.toolChoice, { type: 'tool', name: 'Read' });
    assert.equal(callsOf(conversation)[0]?.id, resultsOf(conversation)[0]?.id);
    assert.notEqual(callsOf(conversation)[0]?.id, '');
  });
  it('N13: blocks in either spelling, in messages and bare inside input; text before calls', () => {
    const { turns } = conversationOf([
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 't1', name: 'Read', input: { path: 'a' } },
          { type: 'text', text: 'later' },
          { type: 'tool_use', tool_call_id: 't2', function: { name: 'Grep', arguments: '{"q":1}' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'and' },
          { type: 'tool_result', tool_call_id: 't1', content: 'r1' },
        ],
      },
    ]);
    assert.deepEqual(
      turns[0]?.parts.map(({ type }) => type),
      ['text', 'toolCall', 'toolCall'],
    );
    assert.deepEqual(
      turns.map(({ role }) => role),
      ['assistant', 'tool', 'user'],
    );
    const bare = read({
      input: [
        { type: 'tool_use', id: 't1', name: 'Read', input: {} },
        { type: 'tool_result', tool_use_id: 't1', content: 'x' },
      ],
    });
    assert.deepEqual(
      bare.conversation.turns.map(({ role }) => role),
      ['assistant', 'tool'],
    );
  });
  it('N13: a call that stands both as block and in tool_calls counts once', () => {
    const call = { type: 'tool_use', id: 'call_Read', name: 'Read', input: {} };
    assert.equal(
      callsOf(conversationOf([{ role: 'assistant', content: [call], tool_calls: [nested('Read')] }])).length,
      1,
    );
  });
  it('N15: cache marks stay in place for Anthropic and go elsewhere', () => {
    const mark = { type: 'ephemeral' };
    const conversation = conversationOf(
      [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: mark }] }],
      {
        tools: [{ name: 'Read', input_schema: { type: 'object' }, cache_control: mark }],
      },
    );
    assert.equal(
      JSON.stringify(messagesCodec.emitRequest(conversation, openTarget())).split('cache_control').length - 1,
      2,
    );
    assert.ok(!JSON.stringify(toChat(conversation)).includes('cache_control'));
  });
  it('N19, N24: typeless, flat and nested tools in one list', () => {
    const { tools } = conversationOf([{ role: 'user', content: 'x' }], {
      tools: [
        { name: 'A', input_schema: { type: 'object' } },
        { type: 'function', name: 'B', parameters: { type: 'object' }, strict: true },
        { type: 'function', function: { name: 'C' } },
        { type: 'custom', name: 'D', format: { type: 'grammar', syntax: 'lark', definition: 'start: x' } },
        { name: 'E' },
      ],
    });
    assert.deepEqual(
      tools?.map((tool) => (tool.kind === 'opaque' ? 'opaque' : `${tool.kind} ${tool.name}`)),
      ['function A', 'function B', 'function C', 'custom D', 'opaque'],
    );
    assert.equal(tools?.[1]?.kind === 'function' && tools[1].strict, true);
  });
  it('N21, N22: Anthropic choices; no choice without tools', () => {
    const tools = [nestedTool('Read')];
    const choiceOf = (tool_choice: JsonValue, more: JsonObject = { tools }) =>
      conversationOf([{ role: 'user', content: 'x' }], { tool_choice, ...more }).toolChoice;
    assert.deepEqual(choiceOf({ type: 'any' }), { type: 'required' });
    assert.deepEqual(choiceOf({ type: 'tool', name: 'Read' }), { type: 'tool', name: 'Read' });
    assert.deepEqual(choiceOf({ type: 'auto' }), { type: 'auto' });
    assert.equal(choiceOf('auto', { tools: null }), undefined);
    assert.equal(choiceOf('auto', { tools: [] }), undefined);
  });
  it('N26: pictures inside tool results reach every wire', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const conversation = conversationOf([
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'Shot', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'see' }, image] }],
      },
    ]);
    for (const codec of [chatCodec, responsesCodec, messagesCodec]) {
      assert.ok(JSON.stringify(codec.emitRequest(conversation, openTarget())).includes('AAAA'), codec.wire);
    }
    const messages = toChat(conversation).messages as JsonObject[];
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['assistant', 'tool', 'user'],
    );
  });
  it('N27, N28: effort in any place; an empty object is none', () => {
    const effortOf = (more: JsonObject) => conversationOf([{ role: 'user', content: 'x' }], more).reasoning?.effort;
    assert.equal(effortOf({ reasoning: { effort: 'high' } }), 'high');
    assert.equal(effortOf({ reasoning_effort: 'low' }), 'low');
    assert.equal(effortOf({ output_config: { effort: 'max' } }), 'max');
    assert.equal(conversationOf([{ role: 'user', content: 'x' }], { reasoning: {} }).reasoning, undefined);
    assert.equal(read({ input: 'x', reasoning_effort: 'low' }).conversation.reasoning?.effort, 'low');
  });
  it('N31, N34, N12: parameters in foreign spelling', () => {
    const b = read({
      input: 'x',
      max_tokens: 7,
      stop_sequences: ['s'],
      response_format: { type: 'json_object' },
      stream: true,
      stream_options: { include_usage: true },
      parallel_tool_calls: false,
      tools: [nestedTool('Read')],
    }).conversation;
    assert.deepEqual(
      [b.maxOutputTokens, b.stop, b.responseFormat, b.includeUsage, b.parallelToolCalls],
      [7, ['s'], { type: 'json_object' }, true, false],
    );
    assert.equal(responsesCodec.emitRequest(b, openTarget()).stream_options, undefined);
    const a = conversationOf([{ role: 'user', content: 'x' }], {
      max_output_tokens: 7,
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'n', schema: { type: 'object' } } },
      truncation: 'auto',
      instructions: 'be brief',
    });
    assert.deepEqual([a.maxOutputTokens, a.verbosity, a.responseFormat?.type], [7, 'low', 'json_schema']);
    assert.deepEqual(textsOf(a, 'system'), ['be brief']);
    assert.ok(!('truncation' in toChat(a)) && !('instructions' in toChat(a)) && !('text' in toChat(a)));
  });
  it('N32, S1, S3: metadata gives the conversation, then goes', () => {
    const { conversation, conversationHint } = read({
      messages: [{ role: 'user', content: 'x' }],
      metadata: { cursorConversationId: 'c-1', cursorRequestId: 'r' },
      user: 'hash',
    });
    assert.equal(conversationHint, 'c-1');
    assert.ok(!('metadata' in toChat(conversation)) && !('user' in toChat(conversation)));
    assert.equal(
      read({ messages: [{ role: 'user', content: 'x' }], user: 'hash', metadata: { cursorRequestId: 'r' } })
        .conversationHint,
      undefined,
    );
  });
  it('R19: a custom call comes back as a function with raw text, in every dialect', () => {
    const raw = '*** Begin Patch\n*** End Patch';
    const tools = [{ type: 'custom', name: 'ApplyPatch' }];
    const forms: JsonObject[] = [
      {
        messages: [
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'ApplyPatch', arguments: raw } }],
          },
          { role: 'tool', tool_call_id: 'c', content: 'ok' },
        ],
        tools,
      },
      {
        messages: [
          { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'ApplyPatch', input: { input: raw } }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: 'ok' }] },
        ],
        tools,
      },
      {
        messages: [
          {
            role: 'assistant',
            content: [{ type: 'text', text: 'x' }],
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'ApplyPatch', arguments: raw } }],
          },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: 'ok' }] },
        ],
        tools,
      },
      {
        input: [
          { type: 'function_call', call_id: 'c', name: 'ApplyPatch', arguments: raw },
          { type: 'function_call_output', call_id: 'c', output: 'ok' },
        ],
        tools,
      },
      {
        input: [
          { type: 'custom_tool_call', call_id: 'c', name: 'ApplyPatch', input: raw },
          { type: 'custom_tool_call_output', call_id: 'c', output: 'ok' },
        ],
        tools,
      },
    ];
    for (const body of forms) {
      const { conversation } = read(body);
      assert.deepEqual(
        callsOf(conversation).map((call) => [call.custom, call.arguments]),
        [[true, raw]],
      );
      const items = responsesCodec.emitRequest(conversation, openTarget()).input as JsonObject[];
      assert.deepEqual(
        items.filter(({ call_id }) => call_id === 'c').map(({ type }) => type),
        ['custom_tool_call', 'custom_tool_call_output'],
      );
    }
  });
  it('D4, E8: what nothing can be answered to is a sentence with its place', () => {
    const bodies: [JsonObject, RegExp][] = [
      [{}, /no messages/],
      [{ messages: [7] }, /messages\[0\]/],
      [{ messages: [{ role: 'pope', content: 'x' }] }, /pope/],
      [{ input: [] }, /no text/],
      [{ input: 7 }, /input/],
      [{ reasoning: { effort: 'low' } }, /no text/],
    ];
    for (const [body, sentence] of bodies) {
      assert.throws(
        () => read(body),
        (error) => error instanceof RequestProblem && sentence.test(error.message),
        JSON.stringify(body),
      );
    }
  });

  it('never fails on a request that has any message, never changes it, and keeps ids paired on every wire', () => {
    const id = fc.constantFrom('', 'call_1', 'functions.Read:0', 'x'.repeat(70), 'call_1');
    const text = fc.constantFrom('', 'hi', '<think>a</think>b');
    const args = fc.constantFrom('{}', '{"a":1}', '{"a', '*** patch', '');
    const message = fc.oneof(
      fc.record({ role: fc.constantFrom('user', 'system', 'developer'), content: text }),
      fc.record({
        role: fc.constant('assistant'),
        content: fc.oneof(text, fc.constant(null)),
        tool_calls: fc.array(
          fc.record({
            id,
            type: fc.constant('function'),
            function: fc.record({ name: fc.constantFrom('Read', 'ApplyPatch'), arguments: args }),
          }),
          { maxLength: 3 },
        ),
      }),
      fc.record({ role: fc.constant('tool'), tool_call_id: id, content: text }),
      fc.record({ type: fc.constant('function_call'), call_id: id, name: fc.constant('Read'), arguments: args }),
      fc.record({ type: fc.constant('function_call_output'), call_id: id, output: text }),
      fc.record({
        role: fc.constant('assistant'),
        content: fc.array(
          fc.record({ type: fc.constant('tool_use'), id, name: fc.constant('Read'), input: fc.constant({ a: 1 }) }),
          { maxLength: 2 },
        ),
      }),
      fc.record({
        role: fc.constant('user'),
        content: fc.array(fc.record({ type: fc.constant('tool_result'), tool_use_id: id, content: text }), {
          minLength: 1,
          maxLength: 2,
        }),
      }),
    );
    const key = fc.constantFrom('messages', 'input');
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), key, (messages, field) => {
        const list = [{ role: 'user', content: 'start' }, ...messages] as JsonValue[];
        const { conversation } = read({ model: 'm', [field]: list, tools: [{ type: 'custom', name: 'ApplyPatch' }] });
        for (const codec of [chatCodec, responsesCodec, messagesCodec]) {
          const body = JSON.stringify(codec.emitRequest(conversation, openTarget({ maxIdLength: 40 })));
          const calls = [...body.matchAll(/"(?:call_id|tool_use_id|tool_call_id|id)":"([^"]*)"/g)].map(
            (match) => match[1] as string,
          );
          const counts = new Map<string, number>();
          for (const one of calls) counts.set(one, (counts.get(one) ?? 0) + 1);
          for (const [one, count] of counts) {
            assert.match(one, /^[A-Za-z0-9_-]{1,40}$/);
            assert.equal(count, 2, `${codec.wire}: ${one} in ${body}`);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('cursor request: what nobody knows', () => {
  it('a call without a name stays as text and is told; so is a choice of tools that is left out', () => {
    const messages: JsonValue[] = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'y', tool_calls: [{ id: 'c', function: { arguments: '{"a":1}' } }] },
    ];
    const { conversation, rules } = read({ model: 'm', messages, tools: [nestedTool('f')], tool_choice: 'sometimes' });
    assert.deepEqual(textsOf(conversation, 'assistant'), ['y[Tool call without a name: {"a":1}]']);
    assert.equal(toChat(conversation).tool_choice, undefined);
    const told = rules.map(textOf);
    assert.ok(told.includes('a tool call without a name was kept as text'), told.join());
    assert.ok(told.includes('left out, since this model or provider does not take it: tool_choice'), told.join());
  });
});

function nestedTool(name: string): JsonObject {
  return { type: 'function', function: { name, parameters: { type: 'object' } } };
}
