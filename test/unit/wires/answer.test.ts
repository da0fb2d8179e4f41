import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { collect, createCollector, replay } from '../../../src/wires/answer';
import type { Answer } from '../../../src/wires/conversation';
import { arbitraryAnswer } from '../../support/wireArbitraries';

describe('answer', () => {
  it('replay and collect are inverse', () => {
    fc.assert(fc.property(arbitraryAnswer, (answer) => assert.deepEqual(collect(replay(answer)), answer)));
  });

  it('numbers replayed blocks from 0 and puts finish before usage before end', () => {
    const answer: Answer = {
      parts: [
        { type: 'text', text: 'a' },
        { type: 'toolCall', id: 'c', name: 'f', arguments: '{}' },
      ],
      finish: { reason: 'toolCalls' },
      usage: { input: 1, output: 2 },
    };
    assert.deepEqual(
      replay(answer).map((event) => [event.type, 'index' in event ? event.index : undefined]),
      [
        ['start', undefined],
        ['text', 0],
        ['toolCallStart', 1],
        ['toolCallDelta', 1],
        ['toolCallEnd', 1],
        ['finish', undefined],
        ['usage', undefined],
        ['end', undefined],
      ],
    );
  });

  it('tells a cut stream from a whole one and keeps the first failure', () => {
    const collector = createCollector();
    collector.push({ type: 'text', index: 0, text: 'a' });
    assert.equal(collector.finished, false);
    collector.push({ type: 'error', failure: { status: 500, message: 'first' } });
    collector.push({ type: 'error', failure: { status: 500, message: 'second' } });
    assert.equal(collector.failure?.message, 'first');
    assert.equal(collector.ended, false);
    collector.push({ type: 'finish', reason: 'stop' });
    collector.push({ type: 'end' });
    assert.deepEqual([collector.finished, collector.ended], [true, true]);
  });

  it('merges usage that comes in pieces and interleaved blocks', () => {
    const answer = collect([
      { type: 'usage', usage: { input: 5, output: 0, cacheRead: 3 } },
      { type: 'toolCallStart', index: 1, id: 'a', name: 'f' },
      { type: 'toolCallStart', index: 2, id: 'b', name: 'g' },
      { type: 'toolCallDelta', index: 1, text: '{"x"' },
      { type: 'toolCallDelta', index: 2, text: '{}' },
      { type: 'toolCallDelta', index: 1, text: ':1}' },
      { type: 'toolCallEnd', index: 1, thoughtSignature: 's' },
      { type: 'usage', usage: { input: 5, output: 9 } },
    ]);
    assert.deepEqual(answer.parts, [
      { type: 'toolCall', id: 'a', name: 'f', arguments: '{"x":1}', thoughtSignature: 's' },
      { type: 'toolCall', id: 'b', name: 'g', arguments: '{}' },
    ]);
    assert.deepEqual(answer.usage, { input: 5, output: 9, cacheRead: 3 });
  });
});
