import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { collect } from '../../../src/wires/answer';
import { type EmitTarget, RequestProblem } from '../../../src/wires/codec';
import type { ApiFailure, Conversation, JsonObject, StreamEvent, Turn } from '../../../src/wires/conversation';
import { messagesCodec } from '../../../src/wires/messages';
import { arrayOf, objectOf } from '../../../src/wires/read';
import { ableTarget, carefulTarget } from '../../support/emitTarget';
import { sdkProblems } from '../../support/sdkSchemas';
import { dataOf, readStream } from '../../support/streams';
import { checkAnthropicRequest } from '../../support/strictProviders';
import { PNG } from '../../support/wireConversations';

const OPTIONS = { model: 'shown', id: 'gen-1', created: 1_700_000_000, includeUsage: true };
const THINKS: EmitTarget = { ...ableTarget, reasoningField: 'thinking', maxIdLength: 64 };
const ADAPTS: EmitTarget = { ...THINKS, reasoningField: 'adaptive' };
const MARK = { type: 'ephemeral' };

const text = (value: string) => ({ type: 'text' as const, text: value });
const user = (value: string): Turn => ({ role: 'user', parts: [text(value)] });
const called = (id: string, changes: object = {}): Turn => ({
  role: 'assistant',
  parts: [{ type: 'toolCall', id, name: 'Read', arguments: '{"a":1}', ...changes }],
});
const result = (id: string, value = 'ok'): Turn => ({
  role: 'tool',
  parts: [{ type: 'toolResult', id, content: [text(value)] }],
});

function emit(turns: Turn[], changes: Partial<Conversation> = {}, target = THINKS): JsonObject {
  const body = messagesCodec.emitRequest({ model: 'm', stream: false, turns, ...changes }, target);
  assert.equal(checkAnthropicRequest(body), undefined, JSON.stringify(body, null, 1));
  return body;
}

/** Content blocks of one message. */
function blocksOf(body: JsonObject, at: number): JsonObject[] {
  return arrayOf(objectOf(arrayOf(body.messages)[at])?.content) as JsonObject[];
}

const CLAUDE_CODE: JsonObject = {
  model: 'm',
  max_tokens: 32_000,
  system: [text('You are Claude Code.'), { ...text('Rules.'), cache_control: MARK }],
  messages: [
    {
      role: 'user',
      content: [text('Look'), { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 'sig-1' },
        { type: 'redacted_thinking', data: 'sig-2' },
        text('Reading'),
        { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'a' }, cache_control: MARK },
        { type: 'tool_use', id: 'toolu_2', name: 'Read', input: { path: 'b' } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [text('one'), { type: 'image', source: { type: 'url', url: 'https://e.com/a.png' } }],
        },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: 'no such file', is_error: true, cache_control: MARK },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          title: 'a.pdf',
          citations: { enabled: true },
        },
      ],
    },
  ],
  tools: [
    { name: 'Read', description: 'd', input_schema: { type: 'object', properties: {} }, cache_control: MARK },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
  ],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  thinking: { type: 'enabled', budget_tokens: 10_000 },
  stop_sequences: ['END'],
  metadata: { user_id: 'u1' },
  stream: true,
  context_management: { edits: [] },
};

describe('Messages requests', () => {
  it('come out as they came in, unknown fields, cache marks and blocks included (N15)', () => {
    const before = structuredClone(CLAUDE_CODE);
    const body = messagesCodec.emitRequest(messagesCodec.parseRequest(CLAUDE_CODE), { ...THINKS, model: 'm' });
    assert.deepEqual(CLAUDE_CODE, before);
    assert.deepEqual(body, CLAUDE_CODE);
  });

  it('give results their own turns and keep the order', () => {
    const { turns } = messagesCodec.parseRequest(CLAUDE_CODE);
    assert.deepEqual(
      turns.map((turn) => [turn.role, turn.parts.map((part) => part.type).join()]),
      [
        ['system', 'text,text'],
        ['user', 'text,image'],
        ['assistant', 'reasoning,reasoning,text,toolCall,toolCall'],
        ['tool', 'toolResult,toolResult'],
        ['user', 'file'],
      ],
    );
  });

  it('refuse what is no request', () => {
    for (const body of [
      { model: 'm' },
      { messages: [] },
      { messages: [7] },
      { messages: [{ role: 'wizard', content: 'x' }] },
    ]) {
      assert.throws(() => messagesCodec.parseRequest(body as unknown as JsonObject), RequestProblem);
    }
  });

  it('put results right behind their calls, whatever stands between, and merge equal roles', () => {
    const body = emit([
      user('a'),
      user('b'),
      called('call_1'),
      user('c'),
      result('call_1'),
      { role: 'assistant', parts: [text('d')] },
      user('e'),
    ]);
    assert.deepEqual(body.messages, [
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'Read', input: { a: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'ok' }, text('c')] },
      { role: 'assistant', content: [text('d')] },
      { role: 'user', content: [text('e')] },
    ]);
  });

  it('repair what is not paired, repeated, illegal or without id (N6, N25)', () => {
    const long = `functions.Ask:1${'x'.repeat(70)}`;
    const body = emit([
      user('a'),
      called(long),
      result(long),
      called('same'),
      result('same', 'first'),
      called('same'),
      result('same', 'second'),
      called(''),
      result('gone'),
    ]);
    const blocks = (body.messages as JsonObject[]).flatMap((message) => message.content as JsonObject[]);
    const ids = blocks.flatMap((block) => block.id ?? []);
    assert.equal(new Set(ids).size, 4);
    assert.deepEqual(
      blocks.flatMap((block) => block.tool_use_id ?? []),
      ids,
    );
    const results = blocks.filter((block) => block.type === 'tool_result');
    assert.deepEqual(
      results.slice(1, 3).map((block) => block.content),
      ['first', 'second'],
    );
    assert.match(String(results[3]?.content), /result of this tool call is missing/);
    assert.equal(results[3]?.is_error, true);
    assert.match(String(blocks.at(-2)?.text), /no longer part of this conversation/);
    assert.equal(blocks.at(-1)?.text, 'ok');
  });

  it('do not give the result of a later call to an aborted one of the same id', () => {
    const blocks = blocksOf(
      emit([user('a'), called('call_0'), user('again'), called('call_0'), result('call_0', 'late')]),
      4,
    );
    assert.equal(blocks[0]?.content, 'late');
  });

  it('have no empty blocks or messages and begin with the user (N10)', () => {
    const body = emit([
      { role: 'assistant', parts: [text('Hello')] },
      { role: 'user', parts: [text(''), text('  ')] },
      { role: 'assistant', parts: [text(' '), { type: 'reasoning', text: 'foreign', wire: 'chat' }] },
      { role: 'user', parts: [] },
      { role: 'assistant', parts: [text('Sure: \n')] },
    ]);
    assert.deepEqual(body.messages, [
      { role: 'user', content: [text('...')] },
      { role: 'assistant', content: [text('Hello')] },
      { role: 'user', content: [text('...')] },
      { role: 'assistant', content: [text('Sure:')] },
    ]);
  });

  it('keep broken arguments as text, and arguments that are none as an empty object (N5)', () => {
    for (const [given, input] of [
      ['{"cut', { raw_arguments: '{"cut' }],
      ['', {}],
      ['[1]', { raw_arguments: '[1]' }],
    ] as const) {
      const body = emit([user('a'), called('c', { arguments: given }), result('c')]);
      assert.deepEqual(blocksOf(body, 1)[0]?.input, input);
    }
  });

  it('always say how long the answer may be', () => {
    const limitOf = (changes: Partial<Conversation>, target: Partial<EmitTarget> = {}) =>
      emit([user('x')], changes, { ...THINKS, ...target }).max_tokens;
    assert.equal(limitOf({}), 8192);
    assert.equal(limitOf({}, { maxOutputTokens: 64_000 }), 64_000);
    assert.equal(limitOf({ maxOutputTokens: 500 }), 500);
    assert.equal(limitOf({ maxOutputTokens: 99_000 }, { maxOutputTokens: 64_000 }), 64_000);
    // A budget raises it as far as the model goes, else it shrinks (N35).
    assert.equal(limitOf({ maxOutputTokens: 4096, reasoning: { effort: 'high' } }), 20_480);
    const small = emit(
      [user('x')],
      { maxOutputTokens: 4096, reasoning: { effort: 'high' } },
      { ...THINKS, maxOutputTokens: 8192 },
    );
    assert.deepEqual([small.max_tokens, small.thinking], [8192, { type: 'enabled', budget_tokens: 4096 }]);
    assert.equal(
      emit([user('x')], { reasoning: { effort: 'high' } }, { ...THINKS, maxOutputTokens: 1000 }).thinking,
      undefined,
    );
  });

  it('think in the form the model takes (N35), without what thinking forbids (N36)', () => {
    const sampling = { temperature: 0.2, topP: 0.5, topK: 5 };
    const enabled = emit([user('x')], { reasoning: { budgetTokens: 2000 }, ...sampling });
    assert.deepEqual(enabled.thinking, { type: 'enabled', budget_tokens: 2000 });
    for (const key of ['temperature', 'top_p', 'top_k']) assert.equal(enabled[key], undefined);
    const adaptive = emit([user('x')], { reasoning: { effort: 'minimal', summary: 'auto' } }, ADAPTS);
    assert.deepEqual(adaptive.thinking, { type: 'adaptive', display: 'summarized' });
    assert.deepEqual(adaptive.output_config, { effort: 'low' });
    assert.deepEqual(emit([user('x')], { reasoning: { budgetTokens: 20_000 } }, ADAPTS).output_config, {
      effort: 'high',
    });
    const tools: Conversation['tools'] = [{ kind: 'function', name: 'Read' }];
    const forced = emit([user('x')], {
      tools,
      toolChoice: { type: 'required' },
      reasoning: { effort: 'high' },
      temperature: 1.5,
    });
    assert.equal(forced.thinking, undefined);
    assert.equal(forced.temperature, 1);
    assert.deepEqual(forced.tool_choice, { type: 'any' });
    for (const reasoning of [{ effort: 'none' }, { disabled: true }]) {
      assert.notEqual((emit([user('x')], { reasoning }).thinking as JsonObject | undefined)?.type, 'enabled');
    }
    assert.equal(emit([user('x')], { reasoning: { effort: 'high' } }, carefulTarget).thinking, undefined);
  });

  it('rest from thinking in a tool turn whose thinking was lost (S6)', () => {
    const reasoning = { effort: 'low' };
    const signed: Turn = {
      role: 'assistant',
      parts: [{ type: 'reasoning', text: 't', signature: 'sig-1', wire: 'messages' }, ...called('a').parts],
    };
    assert.equal(emit([user('x'), called('a'), result('a')], { reasoning }).thinking, undefined);
    assert.ok(emit([user('x'), signed, result('a')], { reasoning }).thinking);
    assert.ok(emit([user('x'), signed, result('a'), called('b'), result('b')], { reasoning }).thinking);
    assert.ok(
      emit([user('x'), called('a'), result('a'), { role: 'assistant', parts: [text('done')] }, user('y')], {
        reasoning,
      }).thinking,
    );
    assert.ok(emit([user('x'), called('a'), result('a')], { reasoning }, ADAPTS).thinking);
  });

  it('send thinking only to whom it belongs (S7)', () => {
    const parts: Turn['parts'] = [
      { type: 'reasoning', text: 'r', encrypted: 'enc-1', id: 'rs_1', wire: 'responses' },
      { type: 'reasoning', text: 'c', wire: 'chat' },
      { type: 'reasoning', text: 'u', wire: 'messages' },
      { type: 'reasoning', text: 'm', signature: 'sig-1', wire: 'messages' },
      text('Hi'),
    ];
    const body = emit([user('x'), { role: 'assistant', parts }, user('y')]);
    assert.deepEqual((body.messages as JsonObject[])[1]?.content, [
      { type: 'thinking', thinking: 'm', signature: 'sig-1' },
      text('Hi'),
    ]);
  });

  it('map choices, one call at a time and allowed tools', () => {
    const tools: Conversation['tools'] = [
      { kind: 'function', name: 'Read' },
      { kind: 'custom', name: 'ApplyPatch', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
    ];
    const choice = (changes: Partial<Conversation>) => emit([user('x')], { tools, ...changes }).tool_choice;
    assert.equal(choice({}), undefined);
    assert.deepEqual(choice({ toolChoice: { type: 'none' } }), { type: 'none' });
    assert.deepEqual(choice({ toolChoice: { type: 'tool', name: 'ApplyPatch', custom: true } }), {
      type: 'tool',
      name: 'ApplyPatch',
    });
    assert.deepEqual(choice({ parallelToolCalls: false }), { type: 'auto', disable_parallel_tool_use: true });
    assert.deepEqual(choice({ toolChoice: { type: 'required' }, parallelToolCalls: false }), {
      type: 'any',
      disable_parallel_tool_use: true,
    });
    const allowed = emit([user('x')], { tools, toolChoice: { type: 'allowed', mode: 'required', names: ['Read'] } });
    assert.deepEqual(allowed.tool_choice, { type: 'tool', name: 'Read' });
    assert.deepEqual(
      (allowed.tools as JsonObject[]).map((tool) => tool.name),
      ['Read'],
    );
    assert.equal(emit([user('x')], { toolChoice: { type: 'auto' } }).tool_choice, undefined);
  });

  it('keep the choice of a tool that the provider runs itself', () => {
    const body: JsonObject = {
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'x' }],
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'tool', name: 'web_search' },
    };
    const choiceOf = (name: string) =>
      messagesCodec.emitRequest(
        messagesCodec.parseRequest({ ...body, tool_choice: { type: 'tool', name } }),
        carefulTarget,
      ).tool_choice;
    assert.deepEqual(choiceOf('web_search'), { type: 'tool', name: 'web_search' });
    assert.equal(choiceOf('gone'), undefined);
  });

  it('declare the tools of a history whose client sends none any more', () => {
    const body = emit([user('x'), called('a'), result('a')]);
    assert.deepEqual(body.tools, [{ name: 'Read', input_schema: { type: 'object' } }]);
    assert.deepEqual(body.tool_choice, { type: 'none' });
  });

  it('ask for structured output with closed objects', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'object', properties: { default: { type: 'object' } } } } },
    };
    const body = emit([user('x')], { responseFormat: { type: 'json_schema', name: 'out', schema } });
    assert.deepEqual(body.output_config, {
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          additionalProperties: false,
          properties: {
            a: {
              type: 'array',
              items: {
                type: 'object',
                additionalProperties: false,
                properties: { default: { type: 'object', additionalProperties: false } },
              },
            },
          },
        },
      },
    });
    const plain = emit([user('x')], { responseFormat: { type: 'json_object' } });
    assert.match(JSON.stringify(plain.system), /one valid JSON object/);
  });

  it('read pictures and files as far as the model does', () => {
    const part = (value: Turn['parts'][number]) => blocksOf(emit([{ role: 'user', parts: [value] }]), 0)[0];
    assert.deepEqual(
      part({ type: 'image', source: { kind: 'base64', mediaType: 'image/jpg', data: 'AA==' } })?.source,
      { type: 'base64', media_type: 'image/jpeg', data: 'AA==' },
    );
    assert.match(
      String(part({ type: 'image', source: { kind: 'base64', mediaType: 'image/bmp', data: 'AA==' } })?.text),
      /image\/bmp/,
    );
    assert.match(
      String(part({ type: 'image', source: { kind: 'file', fileId: 'file-openai' } })?.text),
      /another provider/,
    );
    assert.deepEqual(part({ type: 'file', source: { kind: 'base64', mediaType: 'text/csv', data: 'YSxi' } })?.source, {
      type: 'text',
      media_type: 'text/plain',
      data: 'a,b',
    });
    assert.match(
      String(
        part({
          type: 'file',
          source: { kind: 'base64', mediaType: 'application/zip', data: 'AA==' },
          filename: 'a.zip',
        })?.text,
      ),
      /a\.zip/,
    );
  });
});

describe('prompt caching on the Messages wire', () => {
  const tools: Conversation['tools'] = [
    { kind: 'function', name: 'Read' },
    { kind: 'function', name: 'Shell' },
  ];
  const agent: Turn[] = [
    { role: 'system', parts: [text('a'), text('b')] },
    user('go'),
    called('a'),
    result('a'),
    called('b'),
    result('b'),
    { role: 'assistant', parts: [text('done')] },
    user('more'),
  ];

  it('keeps the beginning of a longer conversation byte for byte', () => {
    for (const end of [2, 4, 6, 7]) {
      const shorter = emit(agent.slice(0, end), { tools });
      const whole = emit(agent, { tools });
      assert.equal(JSON.stringify(whole.system), JSON.stringify(shorter.system));
      assert.equal(JSON.stringify(whole.tools), JSON.stringify(shorter.tools));
      const beginning = JSON.stringify(shorter.messages).slice(0, -1);
      assert.ok(JSON.stringify(whole.messages).startsWith(beginning), `${end}`);
    }
  });

  it('keeps the mark of the whole body, whatever it is, and adds none beside it', () => {
    for (const mark of [{ type: 'ephemeral', ttl: '1h' }, null]) {
      const asked = messagesCodec.parseRequest({
        model: 'm',
        cache_control: mark,
        messages: [{ role: 'user', content: 'x' }],
      });
      const body = messagesCodec.emitRequest(asked, { ...THINKS, addCacheControl: true });
      assert.deepEqual(body.cache_control, mark);
      assert.equal(JSON.stringify(body).split('cache_control').length, 2);
    }
  });

  it('marks the last tool, the last system block and the last two user turns', () => {
    const body = emit(agent, { tools }, { ...THINKS, addCacheControl: true });
    const marks = JSON.stringify(body).split('"cache_control":{"type":"ephemeral"}').length - 1;
    assert.equal(marks, 4);
    assert.deepEqual(
      (body.tools as JsonObject[]).map((tool) => tool.cache_control !== undefined),
      [false, true],
    );
    assert.deepEqual(
      (body.system as JsonObject[]).map((block) => block.cache_control !== undefined),
      [false, true],
    );
    const users = (body.messages as JsonObject[]).filter((message) => message.role === 'user');
    assert.deepEqual(
      users.map((message) => (message.content as JsonObject[]).at(-1)?.cache_control !== undefined),
      [false, false, true, true],
    );
  });

  it('adds nothing when the client marked anything itself', () => {
    for (const marked of [
      [{ role: 'user', parts: [{ ...text('x'), cacheControl: MARK }] }],
      [
        user('x'),
        called('a'),
        { role: 'tool', parts: [{ type: 'toolResult', id: 'a', content: [{ ...text('x'), cacheControl: MARK }] }] },
      ],
    ] as Turn[][]) {
      const body: string = JSON.stringify(emit(marked, { tools }, { ...THINKS, addCacheControl: true }));
      assert.equal(body.split('cache_control').length, 2);
    }
  });
});

function sse(events: JsonObject[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

function parse(...events: JsonObject[]): StreamEvent[] {
  return readStream(messagesCodec.createStreamParser(), sse(events));
}

const START = (usage: JsonObject = { input_tokens: 10, output_tokens: 1 }): JsonObject => ({
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude', type: 'message', role: 'assistant', content: [], usage },
});
const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]): JsonObject[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta): JsonObject => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const STOP = (stop_reason: string | null, usage: JsonObject = { output_tokens: 5 }): JsonObject[] => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
  { type: 'message_stop' },
];

describe('Messages streams from a provider', () => {
  it('bring text, thinking, redacted thinking, calls and unknown blocks', () => {
    const { parts, finish } = collect(
      parse(
        START(),
        { type: 'ping' },
        ...block(
          0,
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: 'Hm' },
          { type: 'signature_delta', signature: 'sig-1' },
        ),
        ...block(1, { type: 'redacted_thinking', data: 'sig-2' }),
        ...block(
          2,
          { type: 'text', text: 'A' },
          { type: 'text_delta', text: 'B' },
          { type: 'citations_delta', citation: {} },
        ),
        ...block(
          3,
          { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} },
          { type: 'input_json_delta', partial_json: '' },
          { type: 'input_json_delta', partial_json: '{"a"' },
          { type: 'input_json_delta', partial_json: ':1}' },
        ),
        ...block(
          4,
          { type: 'tool_use', id: 'toolu_2', name: 'Now', input: {} },
          { type: 'input_json_delta', partial_json: '' },
        ),
        ...block(5, { type: 'tool_use', id: 'toolu_3', name: 'Whole', input: { b: 2 } }),
        ...block(
          6,
          { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} },
          { type: 'input_json_delta', partial_json: '{"query":"x"}' },
        ),
        ...STOP('tool_use'),
      ),
    );
    assert.deepEqual(parts, [
      { type: 'reasoning', text: 'Hm', signature: 'sig-1', wire: 'messages' },
      { type: 'reasoning', text: '', encrypted: 'sig-2', wire: 'messages' },
      { type: 'text', text: 'AB' },
      { type: 'toolCall', id: 'toolu_1', name: 'Read', arguments: '{"a":1}' },
      { type: 'toolCall', id: 'toolu_2', name: 'Now', arguments: '{}' },
      { type: 'toolCall', id: 'toolu_3', name: 'Whole', arguments: '{"b":2}' },
      {
        type: 'opaque',
        wire: 'messages',
        value: { type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'x' } },
      },
    ]);
    assert.deepEqual(finish, { reason: 'toolCalls', raw: 'tool_use' });
  });

  it('count cached tokens into the input (R20)', () => {
    const start = START({
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 20,
      output_tokens: 1,
    });
    const { usage } = collect(
      parse(start, ...STOP('end_turn', { output_tokens: 7, output_tokens_details: { thinking_tokens: 3 } })),
    );
    assert.deepEqual(usage, { input: 130, output: 7, cacheRead: 100, cacheWrite: 20, reasoning: 3 });
    const late = collect(
      parse(
        START({ input_tokens: 0, output_tokens: 0 }),
        ...STOP('end_turn', { input_tokens: 9, cache_read_input_tokens: 1, output_tokens: 2 }),
      ),
    );
    assert.deepEqual(late.usage, { input: 10, output: 2, cacheRead: 1 });
  });

  it('finish by the provider own word (R10)', () => {
    for (const [raw, reason] of [
      ['end_turn', 'stop'],
      ['max_tokens', 'length'],
      ['model_context_window_exceeded', 'length'],
      ['pause_turn', 'pause'],
      ['refusal', 'refusal'],
      ['moon_phase', 'unknown'],
    ]) {
      assert.deepEqual(collect(parse(START(), ...STOP(raw as string))).finish, { reason, raw });
    }
    const cut = parse(START(), {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 'a', name: 'Read', input: {} },
    });
    assert.ok(!cut.some((event) => event.type === 'toolCallEnd' || event.type === 'finish' || event.type === 'end'));
  });

  it('tell an error inside the stream', () => {
    const failure = parse(START(), { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }).at(
      -1,
    );
    assert.equal(failure?.type === 'error' && failure.failure.kind, 'overloaded');
  });

  it('tell an error object that a proxy sends without a type', () => {
    const untyped = `data: ${JSON.stringify({ error: { message: 'Slow down', code: 429 } })}\n\n`;
    const failure = readStream(messagesCodec.createStreamParser(), sse([START()]) + untyped).at(-1);
    assert.equal(failure?.type === 'error' && failure.failure.message, 'Slow down');
  });

  it('abandon what a second message in the same stream replaces', () => {
    const half = [
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'a', name: 'Read', input: {} } },
    ];
    const events = parse(
      START(),
      ...half,
      START(),
      ...block(0, { type: 'tool_use', id: 'b', name: 'Read', input: {} }),
      ...STOP('tool_use'),
    );
    const indexOf = (id: string) =>
      events.flatMap((event) => (event.type === 'toolCallStart' && event.id === id ? event.index : []))[0];
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'toolCallEnd' ? event.index : [])),
      [indexOf('b')],
    );
    assert.notEqual(indexOf('a'), indexOf('b'));
  });
});

const INTERLEAVED: StreamEvent[] = [
  { type: 'start', id: 'chatcmpl-1', model: 'up' },
  { type: 'reasoning', index: 0, text: 'Think' },
  { type: 'reasoningEnd', index: 0, encrypted: 'enc-1', id: 'rs_1', wire: 'responses' },
  { type: 'text', index: 1, text: 'Hel' },
  { type: 'text', index: 1, text: 'lo' },
  { type: 'toolCallStart', index: 2, id: 'call_1', name: 'Read' },
  { type: 'toolCallStart', index: 3, id: 'call_2', name: 'Shell' },
  { type: 'toolCallDelta', index: 3, text: '{"b":' },
  { type: 'toolCallDelta', index: 2, text: '{"a":' },
  { type: 'toolCallDelta', index: 3, text: '2}' },
  { type: 'toolCallDelta', index: 2, text: '1}' },
  { type: 'text', index: 4, text: 'Late' },
  { type: 'toolCallEnd', index: 3 },
  { type: 'toolCallEnd', index: 2 },
  { type: 'usage', usage: { input: 20, output: 5, cacheRead: 4, cacheWrite: 6, reasoning: 2 } },
  { type: 'finish', reason: 'toolCalls' },
  { type: 'end' },
];

function written(events: readonly StreamEvent[], failure?: ApiFailure): string {
  const emitter = messagesCodec.createStreamEmitter(OPTIONS);
  return events.map((event) => emitter.push(event)).join('') + emitter.finish(failure);
}

describe('Messages streams for a client', () => {
  it('have blocks one after the other and are valid by the SDK types', () => {
    const events = dataOf(written(INTERLEAVED)).map((data) => JSON.parse(data) as JsonObject);
    for (const event of events)
      assert.deepEqual(sdkProblems('RawMessageStreamEvent', event), [], JSON.stringify(event));
    let open: unknown;
    let blocks = 0;
    for (const event of events) {
      if (event.type === 'content_block_start') {
        assert.equal(open, undefined);
        assert.equal(event.index, blocks++);
        open = event.index;
      } else if (event.type === 'content_block_delta') assert.equal(event.index, open);
      else if (event.type === 'content_block_stop') {
        assert.equal(event.index, open);
        open = undefined;
      }
    }
    assert.equal(open, undefined);
    assert.equal(blocks, 5);
  });

  it('are read by the SDK helper as one message', async () => {
    const client = new Anthropic({
      apiKey: 'k',
      maxRetries: 0,
      fetch: async () => new Response(written(INTERLEAVED), { headers: { 'content-type': 'text/event-stream' } }),
    });
    const message = await client.messages
      .stream({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'x' }] })
      .finalMessage();
    // Not the upstream's: Claude Code takes two answers of one id for one, and Ollama's come again after a thousand.
    assert.equal(message.id, 'msg_gen-1');
    assert.equal(message.model, 'shown');
    assert.equal(message.stop_reason, 'tool_use');
    assert.deepEqual(
      message.content.map((each) => each.type),
      ['thinking', 'text', 'tool_use', 'tool_use', 'text'],
    );
    assert.deepEqual(
      message.content.flatMap((each) => (each.type === 'tool_use' ? [each.input] : [])),
      [{ a: 1 }, { b: 2 }],
    );
    assert.equal(message.usage.input_tokens, 10);
    assert.equal(message.usage.cache_read_input_tokens, 4);
    // What the client sends back next turn brings OpenAI's encrypted reasoning home.
    const { turns } = messagesCodec.parseRequest({
      messages: [{ role: 'assistant', content: message.content.slice(0, 1) as unknown as JsonObject[] }],
    });
    assert.deepEqual(turns[0]?.parts, [
      { type: 'reasoning', text: 'Think', encrypted: 'enc-1', id: 'rs_1', wire: 'responses' },
    ]);
  });

  it('say how an answer ended (R10)', () => {
    const stopOf = (...events: StreamEvent[]) => {
      const all = dataOf(written([{ type: 'start' }, { type: 'text', index: 0, text: 'x' }, ...events])).map(
        (data) => JSON.parse(data) as JsonObject,
      );
      return (all.find((event) => event.type === 'message_delta')?.delta as JsonObject | undefined)?.stop_reason;
    };
    assert.equal(stopOf({ type: 'finish', reason: 'stop' }), 'end_turn');
    assert.equal(stopOf({ type: 'finish', reason: 'stop', stopSequence: 'END' }), 'stop_sequence');
    assert.equal(stopOf({ type: 'finish', reason: 'length' }), 'max_tokens');
    assert.equal(stopOf({ type: 'finish', reason: 'contentFilter' }), 'refusal');
    assert.equal(
      stopOf(
        { type: 'toolCallStart', index: 1, id: 'a', name: 'R' },
        { type: 'toolCallEnd', index: 1 },
        { type: 'finish', reason: 'stop' },
      ),
      'tool_use',
    );
    assert.equal(stopOf({ type: 'finish', reason: 'unknown', raw: 'x' }), 'max_tokens');
    assert.equal(stopOf(), 'max_tokens');
  });

  it('end in an error event after a failure, with nothing closed (R11)', () => {
    const events = dataOf(
      written(INTERLEAVED.slice(0, 9), { status: 529, message: 'Too busy.', kind: 'overloaded' }),
    ).map((data) => JSON.parse(data) as JsonObject);
    assert.deepEqual(events.at(-1), { type: 'error', error: { type: 'overloaded_error', message: 'Too busy.' } });
    assert.ok(!events.some((event) => event.type === 'message_stop' || event.type === 'message_delta'));
  });
});

describe('Messages answers and errors', () => {
  it('are valid by the SDK types and read back', () => {
    const answer = collect(INTERLEAVED);
    const body = messagesCodec.emitAnswer(answer, OPTIONS);
    assert.deepEqual(sdkProblems('Message', body), []);
    const again = messagesCodec.parseAnswer(body);
    assert.deepEqual(again.parts, answer.parts);
    assert.deepEqual(again.usage, answer.usage);
    assert.throws(() => messagesCodec.parseAnswer({ choices: [] }), /no Messages object/);
  });

  it('have the type that fits the failure', () => {
    const typeOf = (failure: ApiFailure) => (messagesCodec.emitError(failure).error as JsonObject).type;
    assert.equal(typeOf({ status: 401, message: 'x' }), 'authentication_error');
    assert.equal(typeOf({ status: 429, message: 'x', type: 'tokens' }), 'rate_limit_error');
    assert.equal(typeOf({ status: 413, message: 'x' }), 'request_too_large');
    assert.equal(typeOf({ status: 500, message: 'x', kind: 'notLoaded' }), 'api_error');
    assert.equal(
      typeOf({ status: 500, message: 'x', type: 'overloaded_error', kind: 'overloaded' }),
      'overloaded_error',
    );
    assert.equal(
      messagesCodec.parseError(529, {}, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')
        .kind,
      'overloaded',
    );
  });
});
