import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { collect, replay } from '../../../src/wires/answer';
import { chatCodec } from '../../../src/wires/chat';
import { finishReasonOf, readUsage } from '../../../src/wires/chatUsage';
import type { JsonObject, JsonValue, StreamEvent } from '../../../src/wires/conversation';
import { sseData } from '../../../src/wires/sse';
import { sdkProblems } from '../../support/sdkSchemas';
import { dataOf, joined, readStream, recordedEvents, recordedFile, recordedStreams } from '../../support/streams';
import { arbitraryAnswer } from '../../support/wireArbitraries';

const DONE = 'data: [DONE]\n\n';
const chunk = (delta: JsonObject, finish: string | null = null, more: JsonObject = {}): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 5,
  model: 'up',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const sse = (...chunks: JsonValue[]) => chunks.map((each) => sseData(JSON.stringify(each))).join('');
const read = (stream: string, sizes?: number[]) => readStream(chatCodec.createStreamParser(), stream, sizes);
const events = (...deltas: JsonObject[]) =>
  read(sse(...deltas.map((delta) => chunk(delta)), chunk({}, 'tool_calls')) + DONE);
const calls = (of: StreamEvent[]) =>
  collect(of).parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.name, part.arguments]] : []));
const call = (fields: JsonObject) => ({ tool_calls: [fields] });
const EMIT = { model: 'asked', id: 'gen-1', created: 9, includeUsage: true };
const emit = (of: StreamEvent[], options = EMIT) => {
  const emitter = chatCodec.createStreamEmitter(options);
  return of.map((event) => emitter.push(event)).join('') + emitter.finish();
};

describe('chat: reading streams', () => {
  it('gives text, usage, finish and end in order', () => {
    const usage = {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      prompt_tokens_details: { cached_tokens: 1 },
    };
    assert.deepEqual(
      read(
        sse(
          chunk({ role: 'assistant', content: '' }),
          chunk({ content: 'He' }),
          chunk({ content: 'y' }),
          chunk({}, 'stop'),
          chunk({}, null, { choices: [], usage }),
        ) + DONE,
      ),
      [
        { type: 'start', id: 'chatcmpl-1', model: 'up', created: 5 },
        { type: 'text', index: 0, text: 'He' },
        { type: 'text', index: 0, text: 'y' },
        { type: 'usage', usage: { input: 3, output: 2, cacheRead: 1 } },
        // Final only at the end of the stream.
        { type: 'finish', reason: 'stop', raw: 'stop' },
        { type: 'end' },
      ],
    );
  });

  it('reads tool calls in every odd shape', () => {
    const cases: [string, JsonObject[], string[][]][] = [
      [
        'standard',
        [
          call({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
          call({ index: 0, function: { arguments: '{"x"' } }),
          call({ index: 0, function: { arguments: ':1}' } }),
        ],
        [['a', 'f', '{"x":1}']],
      ],
      [
        'whole in one chunk',
        [call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } })],
        [['a', 'f', '{}']],
      ],
      [
        'several in one delta',
        [
          {
            tool_calls: [
              { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } },
              { index: 1, id: 'b', function: { name: 'g', arguments: '{}' } },
            ],
          },
        ],
        [
          ['a', 'f', '{}'],
          ['b', 'g', '{}'],
        ],
      ],
      [
        'interleaved',
        [
          call({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
          call({ index: 1, id: 'b', function: { name: 'g', arguments: '{"y"' } }),
          call({ index: 0, function: { arguments: '{}' } }),
          call({ index: 1, function: { arguments: ':2}' } }),
        ],
        [
          ['a', 'f', '{}'],
          ['b', 'g', '{"y":2}'],
        ],
      ],
      [
        'every call numbered 0',
        [
          call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
          call({ index: 0, id: 'b', function: { name: 'f', arguments: '{"z":1}' } }),
        ],
        [
          ['a', 'f', '{}'],
          ['b', 'f', '{"z":1}'],
        ],
      ],
      [
        'no index',
        [
          call({ id: 'a', function: { name: 'f', arguments: '{' } }),
          call({ function: { arguments: '}' } }),
          call({ id: 'b', function: { name: 'g', arguments: '{}' } }),
        ],
        [
          ['a', 'f', '{}'],
          ['b', 'g', '{}'],
        ],
      ],
      [
        'no index, id on every delta',
        [
          call({ id: 'a', function: { name: 'f', arguments: '{' } }),
          call({ id: 'a', function: { name: 'f', arguments: '}' } }),
        ],
        [['a', 'f', '{}']],
      ],
      [
        'name and id repeated',
        [
          call({ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }),
          call({ index: 0, id: 'a', function: { name: 'f', arguments: '}' } }),
        ],
        [['a', 'f', '{}']],
      ],
      [
        'empty id and null name later',
        [
          call({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
          call({ index: 0, id: '', function: { name: null, arguments: '{}' } }),
        ],
        [['a', 'f', '{}']],
      ],
      [
        'name after the first arguments',
        [
          call({ index: 0, id: 'a', function: { arguments: '{' } }),
          call({ index: 0, function: { name: 'f', arguments: '}' } }),
        ],
        [['a', 'f', '{}']],
      ],
      [
        'arguments as an object',
        [call({ index: 0, id: 'a', function: { name: 'f', arguments: { x: [1] } } })],
        [['a', 'f', '{"x":[1]}']],
      ],
      [
        'legacy function_call',
        [{ function_call: { name: 'f', arguments: '' } }, { function_call: { arguments: '{}' } }],
        [['call_chatcmpl-1_0', 'f', '{}']],
      ],
      ['starting at 1', [call({ index: 1, id: 'a', function: { name: 'f', arguments: '{}' } })], [['a', 'f', '{}']]],
    ];
    for (const [name, deltas, expected] of cases) {
      const got = events(...deltas);
      assert.deepEqual(calls(got), expected, name);
      assert.equal(got.filter((event) => event.type === 'toolCallStart').length, expected.length, name);
      assert.equal(got.filter((event) => event.type === 'toolCallEnd').length, expected.length, name);
    }
  });

  it('ends custom calls and calls without arguments when the model says that it calls', () => {
    const got = events(
      call({ index: 0, id: 'a', custom: { name: 'Patch', input: '***' } }),
      call({ index: 1, id: 'b', function: { name: 'f' } }),
    );
    assert.deepEqual(
      got.filter((event) => event.type === 'toolCallEnd'),
      [
        { type: 'toolCallEnd', index: 0 },
        { type: 'toolCallEnd', index: 1 },
      ],
    );
  });

  it('gives calls without id an id of their own', () => {
    const got = calls(
      events({
        tool_calls: [
          { index: 0, function: { name: 'f', arguments: '{}' } },
          { index: 1, function: { name: 'f', arguments: '{}' } },
        ],
      }),
    );
    assert.equal(new Set(got.map(([id]) => id)).size, 2);
    for (const [id] of got) assert.match(id!, /^[\w-]{1,40}$/);
  });

  it('reads custom calls and thought signatures', () => {
    const got = events(
      call({ index: 0, id: 'a', type: 'custom', custom: { name: 'Patch', input: '***' } }),
      call({ index: 0, custom: { input: ' Begin' } }),
      call({
        index: 1,
        id: 'b',
        function: { name: 'f', arguments: '{}' },
        extra_content: { google: { thought_signature: 's1' } },
      }),
    );
    assert.deepEqual(collect(got).parts, [
      { type: 'toolCall', id: 'a', name: 'Patch', arguments: '*** Begin', custom: true },
      { type: 'toolCall', id: 'b', name: 'f', arguments: '{}', thoughtSignature: 's1' },
    ]);
  });

  it('reads thinking of every provider', () => {
    const cases: [JsonObject[], JsonObject][] = [
      [[{ reasoning_content: 'a' }, { reasoning_content: 'b' }], { text: 'ab', field: 'reasoning_content' }],
      [[{ reasoning: 'a' }], { text: 'a', field: 'reasoning' }],
      [[{ reasoning: 'a', reasoning_content: 'a' }], { text: 'a', field: 'reasoning_content' }],
      [
        [
          { reasoning: 'a', reasoning_details: [{ type: 'reasoning.text', text: 'a', index: 0 }] },
          { reasoning_details: [{ type: 'reasoning.text', signature: 's', index: 0 }] },
        ],
        {
          text: 'a',
          field: 'reasoning',
          encrypted: '[{"type":"reasoning.text","text":"a","index":0,"signature":"s"}]',
        },
      ],
      [[{ reasoning_details: [{ type: 'reasoning.summary', summary: 'a' }] }], { text: 'a' }],
      [[{ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'a' }] }] }], { text: 'a' }],
    ];
    for (const [deltas, expected] of cases) {
      const parts = collect(
        read(sse(...deltas.map((delta) => chunk(delta)), chunk({ content: 'x' }), chunk({}, 'stop')) + DONE),
      ).parts;
      assert.deepEqual(parts, [
        { type: 'reasoning', ...expected, wire: 'chat' },
        { type: 'text', text: 'x' },
      ]);
    }
  });

  it('numbers blocks anew when the kind changes', () => {
    const got = read(
      sse(
        chunk({ reasoning: 'r' }),
        chunk({ content: 'a' }),
        chunk(call({ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } })),
        chunk({ content: 'b' }),
        chunk({ refusal: 'no' }),
        chunk({}, 'stop'),
      ) + DONE,
    );
    assert.deepEqual(
      got.map((event) => ('index' in event ? `${event.type} ${event.index}` : event.type)),
      [
        'start',
        'reasoning 0',
        'reasoningEnd 0',
        'text 1',
        'toolCallStart 2',
        'toolCallDelta 2',
        'text 3',
        'refusal 4',
        'toolCallEnd 2',
        'finish',
        'end',
      ],
    );
    assert.deepEqual(got.at(-2), { type: 'finish', reason: 'toolCalls', raw: 'stop' });
  });

  it('tells usage once, wherever it stands', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 };
    const streams = [
      sse(chunk({ content: 'a' }), chunk({}, 'stop', { usage })) + DONE,
      sse(chunk({ content: 'a' }), chunk({}, 'stop'), chunk({}, null, { choices: [], usage })) + DONE,
      sse(
        chunk({ content: 'a' }, null, { usage: { prompt_tokens: 1, completion_tokens: 1 } }),
        chunk({}, 'stop', { usage }),
      ) + DONE,
      sse(chunk({ content: 'a' }), chunk({}, 'stop', { x_groq: { usage } })) + DONE,
      sse(
        chunk({ content: 'a' }),
        chunk({}, 'stop', { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] }),
      ) + DONE,
    ];
    for (const stream of streams) {
      const events = read(stream);
      assert.deepEqual(
        events.filter((event) => event.type === 'usage'),
        [{ type: 'usage', usage: { input: 1, output: 2 } }],
      );
      const finish = { type: 'finish', reason: 'stop', raw: 'stop' };
      assert.deepEqual(
        events.slice(-3).filter((event) => event.type !== 'usage'),
        [finish, { type: 'end' }],
      );
    }
  });

  it('counts what some upstreams leave out (thinking, cache reads)', () => {
    assert.deepEqual(
      readUsage({
        prompt_tokens: 307,
        completion_tokens: 26,
        total_tokens: 560,
        completion_tokens_details: { reasoning_tokens: 227 },
      }),
      { input: 307, output: 253, reasoning: 227 },
    );
    assert.deepEqual(readUsage({ prompt_tokens: 5, completion_tokens: 10, total_tokens: 100 }), {
      input: 5,
      output: 95,
      reasoning: 85,
    });
    assert.deepEqual(
      readUsage({
        prompt_tokens: 5,
        completion_tokens: 10,
        total_tokens: 25,
        prompt_tokens_details: { cached_tokens: 10 },
      }),
      { input: 15, output: 10, cacheRead: 10 },
    );
    assert.deepEqual(
      readUsage({ prompt_tokens: 5, completion_tokens: 1, prompt_cache_hit_tokens: 4, total_tokens: 6 }),
      { input: 5, output: 1, cacheRead: 4 },
    );
    assert.equal(readUsage(null), undefined);
    assert.equal(readUsage({}), undefined);
  });

  it('normalises finish reasons and invents none (R7, R10)', () => {
    assert.deepEqual(
      ['stop', 'STOP', 'tool-calls', 'MAX_TOKENS', 'content-filter', 'eos', 'insufficient_system_resource'].map(
        finishReasonOf,
      ),
      ['stop', 'stop', 'toolCalls', 'length', 'contentFilter', 'stop', 'unknown'],
    );
  });

  it('tells a cut stream from a whole one, and never ends half a call (R11)', () => {
    const half = call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x' } });
    const cut = read(sse(chunk(half)));
    assert.ok(!cut.some((event) => event.type === 'toolCallEnd' || event.type === 'finish' || event.type === 'end'));
    const limited = read(sse(chunk(half), chunk({}, 'length')) + DONE);
    assert.ok(!limited.some((event) => event.type === 'toolCallEnd'));
    const patch = (index: number) => call({ index, id: `p${index}`, custom: { name: 'Patch', input: '*** Begin' } });
    const ended = read(sse(chunk(patch(0)), chunk(patch(1)), chunk({}, 'length')) + DONE).filter(
      (event) => event.type === 'toolCallEnd',
    );
    assert.deepEqual(ended, [{ type: 'toolCallEnd', index: 0 }]);
    assert.deepEqual(
      read(sse(chunk({ content: 'a' }))).map((event) => event.type),
      ['start', 'text'],
    );
    assert.deepEqual(
      read(sse(chunk({ content: 'a' })) + DONE).map((event) => event.type),
      ['start', 'text', 'end'],
    );
    assert.deepEqual(
      read(sse(chunk({ reasoning: 'a' }))).map((event) => event.type),
      ['start', 'reasoning', 'reasoningEnd'],
    );
  });

  it('tells errors inside a 200 stream and nothing after them', () => {
    const after = sse(chunk({ content: 'late' })) + DONE;
    for (const stream of [
      sse({ error: { message: 'Overloaded', type: 'overloaded_error' } }),
      sseData('{"error":"Overloaded"}'),
      'event: error\ndata: {"message":"Overloaded","type":"overloaded_error"}\n\n',
      sse({ object: 'error', message: 'Overloaded', type: 'x' }),
      sse(
        chunk({}, 'error', {
          choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { code: 503, message: 'Overloaded' } }],
        }),
      ),
    ]) {
      const got = read(sse(chunk({ content: 'a' })) + stream + after);
      assert.deepEqual(
        got.map((event) => event.type),
        ['start', 'text', 'error'],
      );
      const last = got.at(-1);
      assert.ok(
        last?.type === 'error' && last.failure.kind === 'overloaded' && last.failure.message === 'Overloaded',
        stream,
      );
    }
  });

  it('drops and counts broken events, keeps the rest', () => {
    const parser = chatCodec.createStreamParser();
    const got = readStream(
      parser,
      `${sse(chunk({ content: 'a' }))}data: {"id":"chatcm\n\ndata: 7\n\n${sse(chunk({ content: 'b' }), chunk({}, 'stop'))}${DONE}`,
    );
    assert.equal(parser.dropped, 2);
    assert.deepEqual(collect(got).parts, [{ type: 'text', text: 'ab' }]);
  });

  it('takes of a whole message in the last chunk what was not streamed (R8, R9)', () => {
    const message = {
      role: 'assistant',
      content: 'all',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const closing = { ...chunk({}), choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
    assert.equal(collect(read(sse(closing as JsonObject) + DONE)).parts.length, 2);
    const text = { type: 'text', text: 'all' };
    const call = { type: 'toolCall', id: 'a', name: 'f', arguments: '{}' };
    const behind = (delta: JsonObject, last: JsonValue = closing as JsonObject) =>
      collect(read(sse(chunk(delta), last) + DONE)).parts;
    assert.deepEqual(behind({ content: 'all' }), [text, call]);
    assert.deepEqual(behind({ tool_calls: [{ index: 0, ...message.tool_calls[0] }] }), [call, text]);
    // Beside an empty delta, too; one that brings a piece in each chunk repeats nothing.
    const beside = { ...closing, choices: [{ index: 0, delta: {}, message, finish_reason: 'tool_calls' }] };
    assert.deepEqual(behind({ content: 'all' }, beside as JsonObject), [text, call]);
    assert.deepEqual(behind({ role: 'assistant' }, beside as JsonObject), [text, call]);
  });
});

describe('chat: reading what is nested without end', () => {
  it('breaks nothing', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    for (const inside of [
      `{"tool_calls":[{"id":"a","function":{"name":"f","arguments":${deep}}}]}`,
      `{"content":${deep}}`,
    ]) {
      read(`data: {"id":"x","choices":[{"delta":${inside}}]}\n\n`);
    }
    assert.equal(read(`data: {"error":{"message":${deep}}}\n\n`).at(-1)?.type, 'error');
  });
});

describe('chat: reading whole answers', () => {
  it('refuses what is no answer', () => {
    assert.throws(() => chatCodec.parseAnswer({}), /without any choice/);
    assert.throws(() => chatCodec.parseAnswer({ choices: [] }), /without any choice/);
    assert.throws(() => chatCodec.parseAnswer({ error: { message: 'no credit' } }), /no credit/);
  });

  it('keeps equal calls apart', () => {
    const one = { type: 'function', function: { name: 'f', arguments: '' } };
    const answer = chatCodec.parseAnswer({
      id: 'x',
      choices: [{ message: { content: null, tool_calls: [one, one] }, finish_reason: 'stop' }],
    });
    assert.equal(answer.parts.length, 2);
    assert.equal(answer.finish?.reason, 'toolCalls');
  });
});

/** Fields of other providers that OpenAI's types do not know. */
function standardOnly(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(standardOnly);
  if (typeof value !== 'object' || value === null) return value;
  const skip = new Set(['reasoning_content', 'reasoning_details', 'extra_content']);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (skip.has(key) ? [] : [[key, standardOnly(each)]])),
  );
}

describe('chat: writing answers', () => {
  it('follows the skeleton (R1-R7)', () => {
    const stream = emit([
      { type: 'start', id: 'chatcmpl-X' },
      { type: 'text', index: 0, text: 'Hello' },
      { type: 'toolCallStart', index: 1, id: 'call_D', name: 'Grep' },
      { type: 'toolCallDelta', index: 1, text: '{"pat' },
      { type: 'finish', reason: 'toolCalls' },
      { type: 'usage', usage: { input: 3, output: 2, cacheRead: 1, reasoning: 1 } },
      { type: 'end' },
    ]);
    const base = { id: 'chatcmpl-X', object: 'chat.completion.chunk', created: 9, model: 'asked' };
    const delta = (fields: JsonObject, finish: string | null = null) => ({
      ...base,
      choices: [{ index: 0, delta: fields, finish_reason: finish }],
      usage: null,
    });
    assert.deepEqual(
      dataOf(stream).map((data) => JSON.parse(data)),
      [
        delta({ role: 'assistant', content: 'Hello' }),
        delta({
          tool_calls: [{ index: 0, id: 'call_D', type: 'function', function: { name: 'Grep', arguments: '' } }],
        }),
        delta({ tool_calls: [{ index: 0, function: { arguments: '{"pat' } }] }),
        delta({}, 'tool_calls'),
        {
          ...base,
          choices: [],
          usage: {
            prompt_tokens: 3,
            completion_tokens: 2,
            total_tokens: 5,
            prompt_tokens_details: { cached_tokens: 1 },
            completion_tokens_details: { reasoning_tokens: 1 },
          },
        },
      ],
    );
    assert.ok(stream.endsWith(DONE));
  });

  it('sends the role with whatever comes first', () => {
    const first = (event: StreamEvent) => JSON.parse(dataOf(emit([event]))[0]!).choices[0].delta;
    assert.deepEqual(first({ type: 'reasoning', index: 0, text: 'r' }), {
      role: 'assistant',
      content: '',
      reasoning_content: 'r',
    });
    assert.deepEqual(first({ type: 'toolCallStart', index: 0, id: 'a', name: 'f' }), {
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
    });
    assert.deepEqual(first({ type: 'finish', reason: 'stop' }), { role: 'assistant', content: '' });
  });

  it('leaves usage out unless asked for', () => {
    const stream = emit(
      replay({ parts: [{ type: 'text', text: 'a' }], finish: { reason: 'stop' }, usage: { input: 1, output: 1 } }),
      { ...EMIT, includeUsage: false },
    );
    assert.ok(!stream.includes('usage'));
    assert.ok(stream.endsWith(DONE));
  });

  it('never lets a cut answer look whole', () => {
    const emitter = chatCodec.createStreamEmitter(EMIT);
    const stream =
      emitter.push({ type: 'text', index: 0, text: 'a' }) +
      emitter.finish({ status: 502, message: 'The provider broke off.', kind: 'network' });
    assert.ok(!stream.includes('[DONE]') && !stream.includes('"stop"'));
    assert.deepEqual(JSON.parse(dataOf(stream).at(-1)!), {
      error: { message: 'The provider broke off.', type: 'server_error', param: null, code: null },
    });
    const inside = emit([
      { type: 'error', failure: { status: 429, message: 'm' } },
      { type: 'text', index: 0, text: 'late' },
      { type: 'end' },
    ]);
    assert.equal(dataOf(inside).length, 1);
    assert.ok(!inside.includes('[DONE]'));
    const unknown = emit([
      { type: 'text', index: 0, text: 'a' },
      { type: 'finish', reason: 'unknown', raw: 'x' },
    ]);
    assert.ok(!/"finish_reason":"(?!length)/.test(unknown));
  });

  it('round-trips any answer as a stream cut anywhere, and every chunk is valid', () => {
    fc.assert(
      fc.property(
        arbitraryAnswer,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        (answer, sizes) => {
          const stream = emit(replay(answer), { ...EMIT, model: answer.model ?? 'asked' });
          for (const data of dataOf(stream))
            assert.deepEqual(sdkProblems('ChatCompletionChunk', standardOnly(JSON.parse(data))), []);
          const got = collect(read(stream, sizes));
          assert.deepEqual(
            comparable(got),
            comparable({
              ...answer,
              id: answer.id ?? EMIT.id,
              model: answer.model ?? 'asked',
              created: answer.created ?? EMIT.created,
            }),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('round-trips any whole answer, and it is valid', () => {
    fc.assert(
      fc.property(arbitraryAnswer, (answer) => {
        const body = chatCodec.emitAnswer(answer, { ...EMIT, model: answer.model ?? 'asked' });
        assert.deepEqual(sdkProblems('ChatCompletion', standardOnly(body)), []);
        const merged = (of: typeof answer) => ({ ...comparable(of), parts: byKind(of) });
        assert.deepEqual(
          merged(chatCodec.parseAnswer(body)),
          merged({
            ...answer,
            id: answer.id ?? EMIT.id,
            model: answer.model ?? 'asked',
            created: answer.created ?? EMIT.created,
          }),
        );
      }),
      { numRuns: 150 },
    );
  });
});

/** The wire keeps neither empty deltas nor the border between two text blocks; thinking says which field it came in. */
function comparable(answer: ReturnType<typeof collect>) {
  const parts: JsonObject[] = [];
  for (const part of answer.parts) {
    const { field: _, wire: __, ...plain } = part as unknown as JsonObject;
    const last = parts.at(-1);
    if (last && last.type === plain.type && typeof plain.text === 'string')
      last.text = `${last.text as string}${plain.text}`;
    else parts.push({ ...plain });
  }
  return { ...answer, parts, finish: { reason: answer.finish?.reason } };
}

/** A whole message has one text, one refusal, one thinking and a list of calls. */
function byKind(answer: ReturnType<typeof collect>) {
  const text = (type: string) =>
    answer.parts.flatMap((part) => (part.type === type && 'text' in part ? [part.text] : [])).join('');
  const list = answer.parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.name, part.arguments]] : []));
  return { text: text('text'), refusal: text('refusal'), reasoning: text('reasoning'), calls: list };
}

describe('chat: recorded answers', () => {
  const fallback = recordedFile('anthropic-fallback-tool-call.sse');
  it(fallback ? 'a call numbered 1 with its own framing' : 'skipped: no recordings here', () => {
    if (!fallback) return;
    const answer = collect(read(fallback, [7]));
    assert.deepEqual(byKind(answer), {
      text: 'Reading it.',
      refusal: '',
      reasoning: '',
      calls: [['toolu_sanitized', 'read_file', '{"path": "a.txt"}']],
    });
    assert.equal(answer.finish?.reason, 'toolCalls');
  });

  const names = recordedStreams(/^(openai-text|azure|groq|xai)/);
  for (const name of names) {
    it(name, () => {
      const lines = recordedEvents(name);
      const stream = lines.map((line) => `data: ${line}\n\n`).join('') + DONE;
      const whole = joined(read(stream));
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }), (sizes) =>
          assert.deepEqual(joined(read(stream, sizes)), whole),
        ),
        { numRuns: 10 },
      );
      const answer = collect(whole);
      const deltas = lines.flatMap(
        (line) => JSON.parse(line).choices as { delta: Record<string, string>; finish_reason?: string }[],
      );
      const sum = (key: string) => deltas.map((choice) => choice.delta[key] ?? '').join('');
      assert.deepEqual(byKind(answer).text, sum('content'));
      assert.deepEqual(byKind(answer).reasoning, sum('reasoning_content') + sum('reasoning'));
      const finish = deltas
        .map((choice) => choice.finish_reason)
        .filter(Boolean)
        .at(-1);
      assert.equal(answer.finish?.raw, finish);
      const usage = lines
        .map((line) => JSON.parse(line).usage)
        .filter(Boolean)
        .at(-1);
      assert.equal(answer.usage?.input, usage?.prompt_tokens);
      if (/tool/.test(name)) assert.equal(byKind(answer).calls[0]?.[1], 'weather');
      const whole2 = recordedFile(`${name.replace('.1', '')}.json`);
      if (whole2) assert.ok(chatCodec.parseAnswer(JSON.parse(whole2)).finish);
    });
  }
});
