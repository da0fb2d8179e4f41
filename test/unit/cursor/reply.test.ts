import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type CursorReplyOptions, createCursorEmitter, emitCursorAnswer } from '../../../src/cursor/reply';
import { stripThinking } from '../../../src/cursor/thinking';
import { collect } from '../../../src/wires/answer';
import type { ApiFailure, FinishReason, JsonObject, StreamEvent } from '../../../src/wires/conversation';
import { responsesCodec } from '../../../src/wires/responses';
import { type ReadStream, readCursorStream } from '../../support/cursorStream';

const options = (more: Partial<CursorReplyOptions> = {}): CursorReplyOptions => ({
  model: 'mine/deep',
  id: 'chatcmpl-1',
  created: 1_700_000_000,
  includeUsage: false,
  provider: 'Acme',
  thinking: 'details',
  customToolReply: 'function',
  midStreamError: 'text',
  customToolNames: new Set(),
  ...more,
});
const run = (events: StreamEvent[], more: Partial<CursorReplyOptions> = {}, failure?: ApiFailure): ReadStream => {
  const emitter = createCursorEmitter(options(more));
  return readCursorStream(events.map((event) => emitter.push(event)).join('') + emitter.finish(failure));
};
const text = (value: string, index = 0): StreamEvent => ({ type: 'text', index, text: value });
const thinking = (value: string, index = 0): StreamEvent => ({ type: 'reasoning', index, text: value });
const call = (
  index: number,
  args: string,
  more: Partial<Extract<StreamEvent, { type: 'toolCallStart' }>> = {},
): StreamEvent[] => [
  { type: 'toolCallStart', index, id: `call_${index}`, name: 'Read', ...more },
  ...(args ? [{ type: 'toolCallDelta', index, text: args } as const] : []),
  { type: 'toolCallEnd', index },
];
const done = (reason: FinishReason = 'stop'): StreamEvent[] => [{ type: 'finish', reason }, { type: 'end' }];
const PATCH = '*** Begin Patch\n*** Update File: a\n@@\n-x\n+y "q"\n*** End Patch';
const failure: ApiFailure = { status: 529, kind: 'overloaded', message: 'overloaded_error: Overloaded' };

describe('cursor reply', () => {
  it('R1, R2, R20: skeleton, the model as asked, usage and [DONE] always', () => {
    const read = run([{ type: 'start', id: 'up-1', model: 'upstream' }, text('Hel'), text('lo'), ...done()]);
    assert.deepEqual([read.id, read.model, read.content, read.finish], ['up-1', 'mine/deep', 'Hello', 'stop']);
    assert.ok(read.usage);
  });
  it('R20: inclusive usage with its details, also when it comes after the finish', () => {
    const usage = { input: 10, output: 5, cacheRead: 4, reasoning: 2 };
    const read = run([text('x'), { type: 'finish', reason: 'stop' }, { type: 'usage', usage }, { type: 'end' }]);
    assert.deepEqual(read.usage, {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 },
    });
  });
  it('R20: usage is estimated where the upstream counts none', () => {
    const read = run([thinking('1234'), text('5678', 1), ...done()], { estimatedInput: 10 });
    assert.deepEqual(read.usage, { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 });
  });
  it('R5, R6: parallel calls are numbered from 0 and named once, wherever the upstream counts from', () => {
    const events: StreamEvent[] = [
      { type: 'toolCallStart', index: 3, id: 'a', name: 'Read' },
      { type: 'toolCallStart', index: 7, id: 'b', name: 'Grep' },
      { type: 'toolCallDelta', index: 7, text: '{"q":' },
      { type: 'toolCallDelta', index: 3, text: '{"p":1}' },
      { type: 'toolCallDelta', index: 7, text: '2}' },
      { type: 'toolCallEnd', index: 3 },
      { type: 'toolCallEnd', index: 7 },
    ];
    const read = run([...events, ...done('toolCalls')]);
    assert.deepEqual(read.calls, [
      { id: 'a', type: 'function', name: 'Read', arguments: '{"p":1}' },
      { id: 'b', type: 'function', name: 'Grep', arguments: '{"q":2}' },
    ]);
    assert.equal(read.finish, 'tool_calls');
  });
  it('R12: a call goes out whole, not before its arguments end', () => {
    const emitter = createCursorEmitter(options());
    const [start, delta, end] = call(0, '{"a":1}') as [StreamEvent, StreamEvent, StreamEvent];
    assert.equal(emitter.push(start) + emitter.push(delta) + emitter.push(end), '');
    assert.match(emitter.push({ type: 'finish', reason: 'toolCalls' }), /"name":"Read"/);
  });
  it('R12: a call without arguments has an empty object', () => {
    assert.equal(run([...call(0, ''), ...done('toolCalls')]).calls[0]?.arguments, '{}');
  });
  it('R11: a call that ends half is not shown, and the answer does not look complete', () => {
    for (const reason of ['toolCalls', 'stop', 'length'] as const) {
      const read = run([text('x'), ...call(0, '{"path":"par'), ...done(reason)]);
      assert.deepEqual(read.calls, []);
      assert.equal(read.finish, 'length');
      assert.match(read.content, /left out/);
    }
  });
  it('R11: a call still open at the end, or at a failure, is not shown', () => {
    const start: StreamEvent[] = [
      text('x'),
      { type: 'toolCallStart', index: 1, id: 'a', name: 'Read' },
      { type: 'toolCallDelta', index: 1, text: '{}' },
    ];
    assert.deepEqual(run([...start, ...done('length')]).calls, []);
    assert.deepEqual(run(start, {}, failure).calls, []);
  });
  it('R11: a custom call cut by the output limit is not shown, whole ones before it are', () => {
    const custom = { custom: true, name: 'ApplyPatch' };
    const read = run([...call(0, PATCH, custom), ...call(1, PATCH.slice(0, 20), custom), ...done('length')]);
    assert.deepEqual(
      read.calls.map(({ arguments: raw }) => raw),
      [PATCH],
    );
    assert.equal(read.finish, 'length');
  });
  it('R17: custom calls go out as functions with raw text', () => {
    const read = run([...call(0, PATCH, { custom: true, name: 'ApplyPatch' }), ...done('toolCalls')]);
    assert.deepEqual(read.calls, [{ id: 'call_0', type: 'function', name: 'ApplyPatch', arguments: PATCH }]);
  });
  it('R17: a tool declared custom is raw even where the upstream does not say so', () => {
    const read = run([...call(0, PATCH, { name: 'ApplyPatch' }), ...done('toolCalls')], {
      customToolNames: new Set(['ApplyPatch']),
    });
    assert.equal(read.calls[0]?.arguments, PATCH);
  });
  it('R18: as custom when switched so', () => {
    const read = run([...call(0, PATCH, { custom: true, name: 'ApplyPatch' }), ...done('toolCalls')], {
      customToolReply: 'custom',
    });
    assert.deepEqual(read.calls, [{ id: 'call_0', type: 'custom', name: 'ApplyPatch', arguments: PATCH }]);
  });
  it('byok bridge: custom call (R17)', () => {
    const { cases } = JSON.parse(readFileSync('test/fixtures/cursor/byokbridge_cases.json', 'utf8'));
    const found = cases.find(({ name }: { name: string }) => name === 'custom-call');
    const { item } = found.input;
    const read = run([
      ...call(0, item.input, { id: item.call_id, name: item.name, custom: true }),
      ...done('toolCalls'),
    ]);
    const { id, type, function: fn } = found.expect.tool_call;
    assert.deepEqual(read.calls, [{ id, type, ...fn }]);
  });
  it('R16: cloud_base_branch goes, except for a cloud agent and in other tools', () => {
    const args = (value: object, name = 'Subagent') => {
      const { calls } = run([...call(0, JSON.stringify(value), { name }), ...done('toolCalls')]);
      return JSON.parse(calls[0]?.arguments ?? 'null');
    };
    assert.deepEqual(args({ a: 1, cloud_base_branch: 'x' }), { a: 1 });
    assert.deepEqual(args({ environment: 'cloud', cloud_base_branch: 'x' }), {
      environment: 'cloud',
      cloud_base_branch: 'x',
    });
    assert.deepEqual(args({ cloud_base_branch: 'x' }, 'Other'), { cloud_base_branch: 'x' });
  });

  it('R7, R10: finish reasons', () => {
    const finish = (reason: FinishReason) => run([text('x'), ...done(reason)]).finish;
    assert.equal(finish('length'), 'length');
    assert.equal(finish('contentFilter'), 'content_filter');
    assert.equal(finish('refusal'), 'content_filter');
    assert.equal(finish('pause'), 'length');
    assert.equal(finish('unknown'), null);
    assert.equal(finish('toolCalls'), 'stop', 'no call came');
    assert.equal(run([...call(0, '{}'), ...done('stop')]).finish, 'tool_calls');
  });
  for (const { name, input, expect } of JSON.parse(readFileSync('test/fixtures/cursor/bifrost_cursor.json', 'utf8'))
    .cases) {
    if (!input.event) continue;
    it(`bifrost: ${name} (R10)`, () => {
      const parser = responsesCodec.createStreamParser();
      const events = [...parser.push({ data: JSON.stringify(input.event) }), ...parser.finish()];
      const read = run([text('x'), ...events]);
      assert.equal(read.finish, expect.finish_reason);
      assert.equal(read.usage?.completion_tokens, expect['usage.completion_tokens']);
    });
  }

  it('R23, R24: thinking is shown folded and closed before text, calls and the end', () => {
    const open = '<details>\n<summary>Thinking</summary>\n\n';
    const close = '\n</details>\n\n';
    assert.equal(run([thinking('hm'), thinking(' ok'), text('x', 1), ...done()]).content, `${open}hm ok${close}x`);
    const withCall = run([thinking('hm'), ...call(1, '{}'), ...done('toolCalls')]);
    assert.equal(withCall.content, `${open}hm${close}`);
    const closed = withCall.chunks.findIndex((chunk) => chunk.choices[0]?.delta.content?.includes('</details>'));
    const called = withCall.chunks.findIndex((chunk) => chunk.choices[0]?.delta.tool_calls);
    assert.ok(closed >= 0 && closed < called);
    assert.equal(run([thinking('hm'), ...done('length')]).content, `${open}hm${close}`);
    assert.equal(run([thinking('a', 0), thinking('b', 1), ...done()]).content, `${open}a\n\nb${close}`);
  });
  it('R24: no block without reasoning text; an empty text delta closes nothing', () => {
    assert.equal(
      run([thinking(''), { type: 'reasoningEnd', index: 0, signature: 's' }, text('x', 1), ...done()]).content,
      'x',
    );
    assert.doesNotMatch(run([thinking('a'), text('', 1), thinking('b'), ...done()]).content, /a\n<\/details>/);
  });
  it('R23: think tags and hiding', () => {
    assert.equal(
      run([thinking('hm'), text('x', 1), ...done()], { thinking: 'think' }).content,
      '<think>\nhm\n</think>\n\nx',
    );
    assert.equal(run([thinking('hm'), text('x', 1), ...done()], { thinking: 'hide' }).content, 'x');
    assert.equal(run([thinking('hm'), ...call(1, '{}'), ...done('toolCalls')], { thinking: 'hide' }).content, '');
  });
  it('R13: never empty: hidden thinking, a refusal, a limit, or a sentence', () => {
    assert.match(run([thinking('hm'), ...done()], { thinking: 'hide' }).content, /hm/);
    assert.match(run(done()).content, /Acme sent an empty answer/);
    assert.match(run(done('refusal')).content, /refused/);
    assert.match(run(done('length')).content, /output limit/);
    assert.match(run([...call(0, '{"a'), ...done('length')]).content, /left out/);
  });
  it('R9: refusals are content', () => {
    assert.equal(run([{ type: 'refusal', index: 0, text: 'No.' }, ...done('refusal')]).content, 'No.');
  });
  it('S6: a notice stands before the answer', () => {
    assert.equal(run([text('x'), ...done()], { notice: 'Cold.' }).content, '> Cold.\n\nx');
    assert.match(run([...call(0, '{}'), ...done('toolCalls')], { notice: 'Cold.' }).content, /Cold\./);
  });

  it('E5: a failure after content is a sentence, finish length, no half call, no open thinking', () => {
    const half: StreamEvent[] = [thinking('hm'), ...call(1, '{}').slice(0, 2)];
    const read = run(half, {}, failure);
    assert.match(read.content, /hm\n<\/details>\n\nAcme is at its limit \(HTTP 529\)/);
    assert.doesNotMatch(read.content, /overload/i);
    assert.deepEqual([read.finish, read.calls.length, read.errors.length], ['length', 0, 0]);
  });
  it('E5, U3: as an event when switched so', () => {
    const read = run([text('x')], { midStreamError: 'event' }, failure);
    assert.equal(read.content, 'x');
    assert.equal((read.errors[0] as JsonObject).type, 'invalid_request_error');
    assert.equal(read.finish, 'length');
  });
  it('E5: an error event of the upstream, and an end that nobody announced, count as a cut', () => {
    assert.match(run([text('x'), { type: 'error', failure }]).content, /x\n\nAcme is at its limit/);
    const cut = run([text('x')]);
    assert.deepEqual([cut.finish, /broke off/.test(cut.content)], ['length', true]);
    assert.equal(run([text('x'), { type: 'end' }]).finish, 'stop', '[DONE] alone is an end');
  });
  it('litellm: mid-stream error keeps the chat protocol (R4, R11, E5)', () => {
    const { cases } = JSON.parse(readFileSync('test/fixtures/cursor/litellm_e2e.json', 'utf8'));
    const found = cases.find(({ name }: { name: string }) => name.startsWith('mid-stream'));
    const parser = responsesCodec.createStreamParser();
    const events = found.input.upstream_sse.flatMap((data: JsonObject) => parser.push({ data: JSON.stringify(data) }));
    const emitter = createCursorEmitter(options());
    const sse = events.map((event: StreamEvent) => emitter.push(event)).join('') + emitter.finish();
    const read = readCursorStream(sse);
    assert.equal(read.chunks[0]?.object, found.expect.client.first_event_object);
    assert.ok(!sse.includes(found.expect.client.not_contains));
    assert.ok(sse.includes(found.expect.client.contains));
    assert.deepEqual([read.calls, read.finish], [[], 'length']);
  });

  it('R3: a whole answer follows the same rules', () => {
    const events = [
      thinking('hm'),
      text('x', 1),
      ...call(2, PATCH, { custom: true, name: 'ApplyPatch' }),
      ...done('toolCalls'),
    ];
    const body = emitCursorAnswer(collect(events), options());
    assert.deepEqual([body.object, body.model], ['chat.completion', 'mine/deep']);
    assert.deepEqual(body.choices, [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: '<details>\n<summary>Thinking</summary>\n\nhm\n</details>\n\nx',
          tool_calls: [{ id: 'call_2', type: 'function', function: { name: 'ApplyPatch', arguments: PATCH } }],
        },
        finish_reason: 'tool_calls',
      },
    ]);
    const empty = emitCursorAnswer({ parts: [], finish: { reason: 'stop' } }, options());
    assert.match(JSON.stringify(empty.choices), /empty answer/);
  });

  it('N11 ∘ R23: what we show is what we strip, wherever deltas are cut and whatever the thinking says', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('</details>', '<details>', '</think>', '<think>', '<', '</', '</det'),
    );
    const pieces = fc.array(piece, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(pieces, fc.constantFrom('details', 'think') as fc.Arbitrary<'details' | 'think'>, (parts, form) => {
        const { content } = run([...parts.map((part) => thinking(part)), text('ANSWER', 1), ...done()], {
          thinking: form,
        });
        assert.equal(stripThinking(content), 'ANSWER');
      }),
      { numRuns: 300 },
    );
  });
  it('streams and whole answers agree, wherever deltas are cut', () => {
    const block = fc.oneof(
      fc.record({ kind: fc.constant('text' as const), pieces: fc.array(fc.string(), { maxLength: 4 }) }),
      fc.record({ kind: fc.constant('thinking' as const), pieces: fc.array(fc.string(), { maxLength: 4 }) }),
      fc.record({
        kind: fc.constant('call' as const),
        pieces: fc.constantFrom(['{"a":', '1}'], ['{}'], [], ['{"half']),
      }),
      fc.record({
        kind: fc.constant('custom' as const),
        pieces: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }),
      }),
    );
    const reasons = fc.constantFrom<FinishReason>('stop', 'toolCalls', 'length', 'contentFilter', 'unknown');
    const forms = fc.constantFrom('details', 'think', 'hide') as fc.Arbitrary<'details' | 'think' | 'hide'>;
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), reasons, forms, (blocks, reason, form) => {
        const events = blocks.flatMap(({ kind, pieces }, index): StreamEvent[] => {
          if (kind === 'text' || kind === 'thinking')
            return pieces.map((piece) => (kind === 'text' ? text(piece, index) : thinking(piece, index)));
          const [start, ...rest] = call(index, pieces.join(''), kind === 'custom' ? { custom: true } : {});
          return start ? [start, ...rest] : [];
        });
        const all = [...events, ...done(reason)];
        const read = run(all, { thinking: form });
        const [choice] = emitCursorAnswer(collect(all), options({ thinking: form })).choices as JsonObject[];
        const message = choice?.message as {
          content: string | null;
          tool_calls?: { function: { arguments: string } }[];
        };
        assert.equal(read.content, message.content ?? '');
        assert.equal(read.finish, choice?.finish_reason);
        assert.deepEqual(
          read.calls.map((one) => one.arguments),
          (message.tool_calls ?? []).map((one) => one.function.arguments),
        );
        assert.ok(read.content !== '' || read.calls.length > 0, 'R13');
        for (const one of read.calls)
          if (!one.arguments.startsWith('{')) assert.ok(blocks.some(({ kind }) => kind === 'custom'));
      }),
      { numRuns: 300 },
    );
  });
});

describe('cursor reply: odd answers', () => {
  it('thinking behind text begins a paragraph of its own, or it would not be shown as a block (R23)', () => {
    const { content } = run([text('Looking.'), thinking('hm', 1), ...done()]);
    assert.ok(content.startsWith('Looking.\n\n<details>'), content);
  });
  it('an empty object before the real arguments goes (R12)', () => {
    assert.equal(run([...call(0, '{}{"a":1}'), ...done('toolCalls')]).calls[0]?.arguments, '{"a":1}');
    assert.equal(run([...call(0, '{}'), ...done('toolCalls')]).calls[0]?.arguments, '{}');
  });
});
