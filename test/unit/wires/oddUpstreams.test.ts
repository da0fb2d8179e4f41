/** Streams of servers that bend the format, as the parsers read them; each has been seen in the wild. */
import assert from 'node:assert/strict';
import { readGenericAnswer } from '../../../src/server/genericAnswer';
import { readAnswer } from '../../../src/server/reply';
import { collect, replay } from '../../../src/wires/answer';
import { codecFor } from '../../../src/wires/codecs';
import type { Answer, JsonObject, JsonValue, WireName } from '../../../src/wires/conversation';
import { carefulTarget } from '../../support/emitTarget';
import { readStream } from '../../support/streams';

function read(wire: WireName, events: readonly JsonObject[]): Answer {
  const parser = codecFor(wire).createStreamParser();
  return collect([...events.flatMap((event) => parser.push({ data: JSON.stringify(event) })), ...parser.finish()]);
}
const delta = (fields: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'u1',
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});
const toolCall = (fields: JsonObject, name: string, args: JsonValue): JsonObject => ({
  ...fields,
  function: { name, arguments: args },
});
const callsOf = ({ parts }: Answer) =>
  parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.name, part.arguments]] : []));
const partsOf = ({ parts }: Answer) => parts.map((part) => [part.type, 'text' in part ? part.text : '']);

describe('odd chat upstreams', () => {
  it('whole calls that are all number 0 and have no ids stay several calls', () => {
    const answer = read('chat', [
      delta({ tool_calls: [toolCall({ index: 0 }, 'A', '{"a":1}')] }),
      delta({ tool_calls: [toolCall({ index: 0 }, 'A', '{"a":2}')] }),
      delta({ tool_calls: [toolCall({ index: 0 }, 'B', '{"b":')] }),
      delta({ tool_calls: [toolCall({ index: 0 }, 'B', '3}')] }),
      delta({}, 'tool_calls'),
    ]);
    assert.deepEqual(callsOf(answer), [
      ['call_u1_0', 'A', '{"a":1}'],
      ['call_u1_1', 'A', '{"a":2}'],
      ['call_u1_2', 'B', '{"b":3}'],
    ]);
  });
  it('a call without arguments has an empty object for them in what clients get', () => {
    const options = { model: 'm', id: 'u', created: 1, includeUsage: false };
    const answer = read('chat', [
      delta({ tool_calls: [toolCall({ index: 0, id: 'c' }, 'A', '')] }),
      delta({}, 'tool_calls'),
    ]);
    for (const wire of ['chat', 'responses'] as const) {
      const codec = codecFor(wire);
      assert.deepEqual(callsOf(codec.parseAnswer(codec.emitAnswer(answer, options))), [['c', 'A', '{}']]);
      const emitter = codec.createStreamEmitter(options);
      const text =
        replay(answer)
          .map((event) => emitter.push(event))
          .join('') + emitter.finish();
      const told = collect(readStream(codec.createStreamParser(), text));
      assert.deepEqual(callsOf(told), [['c', 'A', '{}']]);
    }
  });
  it("LiteLLM's thinking blocks are put together, and the text that the signed one says again comes once", () => {
    const block = (thinking: string, signature: string | null): JsonObject => ({
      type: 'thinking',
      thinking,
      signature,
    });
    const redacted = { type: 'redacted_thinking', data: 'SEALED' };
    for (const again of ['', 'Let me see', 'Let me see.'])
      for (const fields of [['reasoning_content'], []]) {
        const piece = (text: string, blocks: JsonObject[]) =>
          delta({ ...Object.fromEntries(fields.map((field) => [field, text])), thinking_blocks: blocks });
        const whole = again || 'Let me see';
        const answer = read('chat', [
          piece('Let me', [block('Let me', null)]),
          piece(' see', [block(' see', '')]),
          piece(whole.slice('Let me see'.length), [block(again, 'SIG==')]),
          delta({ thinking_blocks: [redacted] }),
          delta({ content: 'Hi' }, 'stop'),
        ]);
        const [thought] = answer.parts;
        assert.equal(thought?.type === 'reasoning' && thought.text, whole);
        const sent = codecFor('chat').emitRequest(
          { model: 'm', turns: [{ role: 'assistant', parts: answer.parts }], stream: false },
          carefulTarget,
        );
        const [message] = sent.messages as JsonObject[];
        assert.deepEqual(message?.thinking_blocks, [block(whole, 'SIG=='), redacted]);
        assert.equal(message?.reasoning_details, undefined);
      }
  });
  it("Copilot's thinking and its seal go back in their fields", () => {
    const answer = read('chat', [
      delta({ reasoning_text: 'hm' }),
      delta({ reasoning_opaque: 'SEALED', content: 'Hi' }),
      delta({}, 'stop'),
    ]);
    assert.deepEqual(partsOf(answer), [
      ['reasoning', 'hm'],
      ['text', 'Hi'],
    ]);
    const source = { model: 'm', turns: [{ role: 'assistant' as const, parts: answer.parts }], stream: false };
    const [message] = codecFor('chat').emitRequest(source, carefulTarget).messages as JsonObject[];
    assert.deepEqual(message, { role: 'assistant', content: 'Hi', reasoning_text: 'hm', reasoning_opaque: 'SEALED' });
    const again = codecFor('chat').parseRequest({ model: 'm', messages: [message!] });
    assert.deepEqual(again.turns[0]?.parts, answer.parts);
  });
  it("MiniMax's refusals in a 200 are told in its words; its number for none is no refusal", () => {
    for (const choices of [null, [], undefined]) {
      const refused = {
        id: 'x',
        ...(choices !== undefined && { choices }),
        base_resp: { status_code: 1008, status_msg: 'insufficient balance' },
      };
      const parser = codecFor('chat').createStreamParser();
      const error = parser.push({ data: JSON.stringify(refused) }).find((event) => event.type === 'error');
      assert.deepEqual([error?.failure.kind, error?.failure.message], ['quota', 'insufficient balance']);
      const told = readAnswer(codecFor('chat'), Buffer.from(JSON.stringify(refused)));
      assert.equal('failure' in told && told.failure.message, 'insufficient balance');
      assert.equal(readGenericAnswer(Buffer.from(JSON.stringify(refused))).failure?.message, 'insufficient balance');
    }
    const fine = { ...delta({ content: 'Hi' }, 'stop'), base_resp: { status_code: 0, status_msg: '' } };
    assert.deepEqual(partsOf(read('chat', [fine])), [['text', 'Hi']]);
  });
  it('two calls with one id get two', () => {
    const answer = read('chat', [
      delta({
        tool_calls: [toolCall({ index: 0, id: 'call_0' }, 'A', ''), toolCall({ index: 1, id: 'call_0' }, 'A', '')],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
      delta({ tool_calls: [{ index: 1, id: 'call_0', function: { arguments: '{"a":2}' } }] }),
      delta({}, 'tool_calls'),
    ]);
    assert.deepEqual(callsOf(answer), [
      ['call_0', 'A', '{"a":1}'],
      ['call_u1_1', 'A', '{"a":2}'],
    ]);
  });
  it('thinking in tags behind a call that waits for its arguments comes once, all of it', () => {
    const readParts = (pieces: readonly string[]) =>
      partsOf(
        read('chat', [
          delta({ tool_calls: [toolCall({ index: 0, id: 'c' }, 'A', '')] }),
          ...pieces.map((content) => delta({ content })),
          delta({}, 'tool_calls'),
        ]),
      );
    for (const pieces of [['<think>hm</think>Answer'], ['<think>h', 'm</thi', 'nk>An', 'swer']])
      assert.deepEqual(readParts(pieces), [
        ['toolCall', ''],
        ['reasoning', 'hm'],
        ['text', 'Answer'],
      ]);
  });
  it('thinking in tags at the beginning is thinking, wherever the tags are cut', () => {
    const text = '\n<think>\nhm <b>m</b>\n</think>\n\nAnswer <think>not this</think>';
    for (let size = 1; size <= text.length; size++) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const answer = read('chat', [...pieces.map((content) => delta({ content })), delta({}, 'stop')]);
      assert.deepEqual(partsOf(answer), [
        ['reasoning', 'hm <b>m</b>\n'],
        ['text', 'Answer <think>not this</think>'],
      ]);
    }
  });
  it('thinking in tags that never close is thinking; a cut tag is text; a call may follow', () => {
    assert.deepEqual(partsOf(read('chat', [delta({ content: '<think>hm</th' }), delta({}, 'length')])), [
      ['reasoning', 'hm</th'],
    ]);
    assert.deepEqual(partsOf(read('chat', [delta({ content: ' <thi' }), delta({}, 'stop')])), [['text', ' <thi']]);
    const called = read('chat', [
      delta({ content: '<think>hm</think>\n' }),
      delta({ tool_calls: [toolCall({ index: 0, id: 'c' }, 'A', '{}')] }),
      delta({}, 'tool_calls'),
    ]);
    assert.deepEqual(
      called.parts.map(({ type }) => type),
      ['reasoning', 'toolCall'],
    );
  });
});

describe('odd Responses upstreams', () => {
  const added = (call: string, id?: string): JsonObject => ({
    type: 'response.output_item.added',
    item: { type: 'function_call', call_id: call, name: 'A', arguments: '', ...(id !== undefined && { id }) },
  });
  const done = (call: string, args: string, id?: string): JsonObject => ({
    type: 'response.output_item.done',
    item: { type: 'function_call', call_id: call, name: 'A', arguments: args, ...(id !== undefined && { id }) },
  });
  const end: JsonObject = { type: 'response.completed', response: { status: 'completed' } };

  it('calls without index and id follow one another', () => {
    const answer = read('responses', [
      added('c1'),
      { type: 'response.function_call_arguments.delta', delta: '{"a":1}' },
      done('c1', '{"a":1}'),
      added('c2'),
      { type: 'response.function_call_arguments.delta', delta: '{"a":2}' },
      done('c2', '{"a":2}'),
      end,
    ]);
    assert.deepEqual(callsOf(answer), [
      ['c1', 'A', '{"a":1}'],
      ['c2', 'A', '{"a":2}'],
    ]);
  });
  it('calls without index whose events name the item find it', () => {
    const answer = read('responses', [
      added('c1', 'fc_1'),
      added('c2', 'fc_2'),
      { type: 'response.function_call_arguments.delta', item_id: 'fc_2', delta: '{"a":2}' },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_1', delta: '{"a":1}' },
      done('c1', '{"a":1}', 'fc_1'),
      done('c2', '{"a":2}', 'fc_2'),
      end,
    ]);
    assert.deepEqual(callsOf(answer), [
      ['c1', 'A', '{"a":1}'],
      ['c2', 'A', '{"a":2}'],
    ]);
  });
  it('calls that have neither index nor id and are named by their call come once each, also where all end together', () => {
    const item = (call_id: string, args: string) => ({ type: 'function_call', call_id, name: 'f', arguments: args });
    const begun = (call_id: string, args: string): JsonObject[] => [
      { type: 'response.output_item.added', item: item(call_id, '') },
      { type: 'response.function_call_arguments.delta', item_id: call_id, delta: args },
    ];
    const items = [item('c1', '{"a":1}'), item('c2', '{"b":2}')];
    const answer = read('responses', [
      ...begun('c1', '{"a":1}'),
      ...begun('c2', '{"b":2}'),
      ...items.map((one) => ({ type: 'response.output_item.done', item: one })),
      { type: 'response.completed', response: { status: 'completed', output: items } },
    ]);
    assert.deepEqual(callsOf(answer), [
      ['c1', 'f', '{"a":1}'],
      ['c2', 'f', '{"b":2}'],
    ]);
  });
  it('why an answer failed is what the event behind it says, as Azure does; without one it failed all the same', () => {
    const failed = { type: 'response.failed', response: { status: 'failed', error: null, usage: { input_tokens: 5 } } };
    const why = { type: 'error', error: { code: 'content_filter', message: 'The prompt was filtered.' } };
    for (const [events, kind, message] of [
      [[failed, why], 'contentPolicy', /^The prompt was filtered\.$/],
      [[failed], 'server', /without a reason/],
    ] as const) {
      const parser = codecFor('responses').createStreamParser();
      const told = [...events.flatMap((event) => parser.push({ data: JSON.stringify(event) })), ...parser.finish()];
      const error = told.find((event) => event.type === 'error');
      assert.equal(error?.failure.kind, kind);
      assert.match(error?.failure.message ?? '', message);
      assert.ok(told.some((event) => event.type === 'usage'));
    }
  });
  it('the phase of a message is that of its text, streamed and whole, and goes out again', () => {
    const message = (status: string, content: JsonObject[]): JsonObject => ({
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status,
      phase: 'commentary',
      content,
    });
    const item = message('completed', [{ type: 'output_text', text: 'Hm.', annotations: [], logprobs: [] }]);
    const codec = codecFor('responses');
    const streamed = read('responses', [
      { type: 'response.output_item.added', output_index: 0, item: message('in_progress', []) },
      { type: 'response.output_text.delta', output_index: 0, item_id: 'msg_1', content_index: 0, delta: 'Hm.' },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { status: 'completed', output: [item] } },
    ]);
    const { phase: _, ...unphased } = message('in_progress', []);
    const lateEvents: JsonObject[] = [
      { type: 'response.output_item.added', output_index: 0, item: unphased },
      { type: 'response.output_text.delta', output_index: 0, item_id: 'msg_1', content_index: 0, delta: 'Hm.' },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { status: 'completed', output: [item] } },
    ];
    const late = read('responses', lateEvents);
    const whole = codec.parseAnswer({ status: 'completed', output: [item] });
    const options = { model: 'm', id: 'u', created: 1, includeUsage: false };
    for (const answer of [streamed, late, whole]) {
      assert.deepEqual(answer.parts, [{ type: 'text', text: 'Hm.', extra: { phase: 'commentary' } }]);
      const [out] = codec.emitAnswer(answer, options).output as JsonObject[];
      assert.equal(out?.phase, 'commentary');
      const emitter = codec.createStreamEmitter(options);
      const text =
        replay(answer)
          .map((event) => emitter.push(event))
          .join('') + emitter.finish();
      assert.equal(text.split('"phase":"commentary"').length - 1, 3);
    }
    const parser = codec.createStreamParser();
    const events = lateEvents.flatMap((event) => parser.push({ data: JSON.stringify(event) }));
    for (const [wire, count] of [
      ['responses', 2],
      ['chat', 0],
      ['messages', 0],
    ] as const) {
      const emitter = codecFor(wire).createStreamEmitter(options);
      const text = events.map((event) => emitter.push(event)).join('') + emitter.finish();
      assert.equal(text.split('"phase":"commentary"').length - 1, count, wire);
      assert.ok(!text.includes('"delta":{"content":""}'), 'a chunk that says nothing');
      assert.equal(text.split(/"(?:content|text|delta)":"Hm\."/).length > 1, true, wire);
      assert.deepEqual(
        partsOf(collect(readStream(codecFor(wire).createStreamParser(), text))),
        [['text', 'Hm.']],
        wire,
      );
    }
  });
  it('a final list that leaves an item out repeats nothing (R8, R9)', () => {
    const message: JsonObject = { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'once' }] };
    const answer = read('responses', [
      { type: 'response.output_text.delta', output_index: 1, item_id: 'msg_1', content_index: 0, delta: 'once' },
      { type: 'response.output_item.done', output_index: 1, item: message },
      { type: 'response.completed', response: { status: 'completed', output: [message] } },
    ]);
    assert.deepEqual(partsOf(answer), [['text', 'once']]);
  });
  it('ids that change from event to event do not split an item', () => {
    const answer = read('responses', [
      { type: 'response.output_text.delta', output_index: 0, item_id: 'x1', content_index: 0, delta: 'on' },
      { type: 'response.output_text.delta', output_index: 0, item_id: 'x2', content_index: 0, delta: 'ce' },
      { type: 'response.output_text.done', output_index: 0, item_id: 'x3', content_index: 0, text: 'once' },
      {
        type: 'response.completed',
        response: {
          status: 'completed',
          output: [{ id: 'x4', type: 'message', content: [{ type: 'output_text', text: 'once' }] }],
        },
      },
    ]);
    assert.deepEqual(partsOf(answer), [['text', 'once']]);
  });
  it('items that all have the number 0 come one after the other, each of them', () => {
    const items: JsonObject[] = [
      { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
      { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'once' }] },
      { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'A', arguments: '{"a":1}' },
    ];
    const deltas: Record<string, JsonObject[]> = {
      msg_1: [{ type: 'response.output_text.delta', output_index: 0, item_id: 'msg_1', delta: 'once' }],
      fc_1: [{ type: 'response.function_call_arguments.delta', output_index: 0, item_id: 'fc_1', delta: '{"a":' }],
    };
    const answer = read('responses', [
      ...items.flatMap((item): JsonObject[] => [
        { type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '', content: [] } },
        ...(deltas[String(item.id)] ?? []),
        { type: 'response.output_item.done', output_index: 0, item },
      ]),
      { type: 'response.completed', response: { status: 'completed', output: items } },
    ]);
    assert.deepEqual(partsOf(answer), [
      ['reasoning', 'hm'],
      ['text', 'once'],
      ['toolCall', ''],
    ]);
    assert.deepEqual(callsOf(answer), [['c1', 'A', '{"a":1}']]);
    assert.equal(answer.finish?.reason, 'toolCalls');
  });
  it('arguments that come as an object are those of the call, streamed and whole', () => {
    const call: JsonObject = { type: 'function_call', call_id: 'c1', name: 'A', arguments: { a: 1 } };
    const answer = read('responses', [{ type: 'response.output_item.done', output_index: 0, item: call }, end]);
    assert.deepEqual(callsOf(answer), [['c1', 'A', '{"a":1}']]);
    const whole = codecFor('responses').parseAnswer({ status: 'completed', output: [call] });
    assert.deepEqual(callsOf(whole), [['c1', 'A', '{"a":1}']]);
  });
  it('a message whose content is plain text, or parts of chat, is read, streamed and whole', () => {
    for (const content of ['Hi', [{ type: 'text', text: 'Hi' }]] as JsonValue[]) {
      const item: JsonObject = { type: 'message', id: 'm1', role: 'assistant', content };
      const answer = read('responses', [{ type: 'response.output_item.done', output_index: 0, item }, end]);
      assert.deepEqual(partsOf(answer), [['text', 'Hi']]);
      const whole = codecFor('responses').parseAnswer({ status: 'completed', output: [item] });
      assert.deepEqual(partsOf(whole), [['text', 'Hi']]);
    }
    const part = { type: 'response.content_part.done', output_index: 0, part: { type: 'text', text: 'Hi' } };
    assert.deepEqual(partsOf(read('responses', [part, end])), [['text', 'Hi']]);
  });
  it('a name that comes with the whole call only is its name', () => {
    const added: JsonObject = { type: 'function_call', id: 'f1', call_id: 'c1', arguments: '' };
    const item: JsonObject = { ...added, name: 'A', arguments: '{"a":1}' };
    const answer = read('responses', [
      { type: 'response.output_item.added', output_index: 0, item: added },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a":1}' },
      { type: 'response.output_item.done', output_index: 0, item },
      end,
    ]);
    assert.deepEqual(callsOf(answer), [['c1', 'A', '{"a":1}']]);
  });
});

describe('odd Messages upstreams', () => {
  const stop = [
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
  ] as const satisfies JsonObject[];
  const piece = (fields: JsonObject, index?: number): JsonObject => ({
    type: 'content_block_delta',
    ...(index !== undefined && { index }),
    delta: fields,
  });

  it('text and thinking whose block was never begun are blocks of their own', () => {
    for (const index of [0, undefined]) {
      const answer = read('messages', [
        { type: 'message_start', message: {} },
        piece({ type: 'thinking_delta', thinking: 'hm' }, index),
        piece({ type: 'text_delta', text: 'H' }, index),
        piece({ type: 'text_delta', text: 'i' }, index),
        ...stop,
      ]);
      assert.deepEqual(partsOf(answer), [
        ['reasoning', 'hm'],
        ['text', 'Hi'],
      ]);
    }
  });
  it('what Kimi read from its cache is a part of its input, streamed and whole', () => {
    const usage = { input_tokens: 23, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 };
    const counted = { input: 23, output: 5, cacheRead: 20, cacheWrite: 0 };
    const whole = codecFor('messages').parseAnswer({ content: [], usage: { ...usage, cached_tokens: 20 } });
    assert.deepEqual(whole.usage, counted);
    for (const told of [
      { ...usage, cached_tokens: 20 },
      { output_tokens: 5, cached_tokens: 20 },
    ]) {
      const answer = read('messages', [
        { type: 'message_start', message: { usage } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: told },
        { type: 'message_delta', delta: {}, usage: { output_tokens: 5 } },
        { type: 'message_stop' },
      ]);
      assert.deepEqual(answer.usage, counted);
    }
  });
  it('arguments without an index are those of the call that began last', () => {
    const answer = read('messages', [
      { type: 'content_block_start', content_block: { type: 'tool_use', id: 'c1', name: 'A' } },
      piece({ type: 'input_json_delta', partial_json: '{"a":1}' }),
      { type: 'content_block_stop' },
      ...stop,
    ]);
    assert.deepEqual(callsOf(answer), [['c1', 'A', '{"a":1}']]);
  });
  it('text in a block of a kind that nobody knows stays in it', () => {
    const answer = read('messages', [
      { type: 'content_block_start', index: 0, content_block: { type: 'note' } },
      piece({ type: 'text_delta', text: 'Hi' }, 0),
      { type: 'content_block_stop', index: 0 },
      ...stop,
    ]);
    assert.deepEqual(answer.parts, [{ type: 'opaque', wire: 'messages', value: { type: 'note', text: 'Hi' } }]);
  });
});

describe('calls that name no tool', () => {
  const NAMELESS = /names no tool/;
  const failureIn = (wire: WireName, events: readonly JsonObject[]): string | undefined => {
    const parser = codecFor(wire).createStreamParser();
    const read = [...events.flatMap((event) => parser.push({ data: JSON.stringify(event) })), ...parser.finish()];
    const failure = read.at(-1);
    return failure?.type === 'error' ? failure.failure.message : undefined;
  };

  it('end the answer with a failure that says so, streamed and whole', () => {
    const call = { id: 'c', type: 'function', function: { arguments: '{"a":1}' } };
    const item: JsonObject = { type: 'function_call', call_id: 'c', arguments: '{"a":1}' };
    const block: JsonObject = { type: 'tool_use', id: 'c', input: { a: 1 } };
    const streams: [WireName, JsonObject[]][] = [
      ['chat', [delta({ content: 'Hi', tool_calls: [{ index: 0, ...call }] }), delta({}, 'tool_calls')]],
      ['responses', [{ type: 'response.output_item.done', output_index: 0, item }]],
      ['responses', [{ type: 'response.completed', response: { status: 'completed', output: [item] } }]],
      ['messages', [{ type: 'content_block_start', index: 0, content_block: block }]],
      ['messages', [{ type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{}' } }]],
    ];
    for (const [wire, events] of streams) assert.match(failureIn(wire, events) ?? '', NAMELESS);
    const whole: [WireName, JsonObject][] = [
      ['chat', { choices: [{ message: { tool_calls: [call] } }] }],
      ['responses', { status: 'completed', output: [item] }],
      ['messages', { content: [block] }],
    ];
    for (const [wire, body] of whole) assert.throws(() => codecFor(wire).parseAnswer(body), NAMELESS);
  });
  it('are none where nothing of them comes but a place', () => {
    const answer = read('chat', [delta({ content: 'Hi', tool_calls: [{ index: 0 }] }), delta({}, 'stop')]);
    assert.deepEqual(partsOf(answer), [['text', 'Hi']]);
  });
});
