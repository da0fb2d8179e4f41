import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { collect } from '../../../src/wires/answer';
import type { StreamEvent } from '../../../src/wires/conversation';
import { cutAtStop } from '../../../src/wires/stopSequences';

function run(pieces: readonly string[], stop: readonly string[]) {
  const cut = cutAtStop(stop);
  const events: StreamEvent[] = [
    ...pieces.map((text): StreamEvent => ({ type: 'text', index: 0, text })),
    { type: 'finish', reason: 'stop', raw: 'completed' },
    { type: 'usage', usage: { input: 1, output: 2 } },
    { type: 'end' },
  ];
  const out = events.flatMap(cut);
  const text = out.map((event) => (event.type === 'text' ? event.text : '')).join('');
  return { text, out };
}

describe('stop sequences', () => {
  it('cut the text wherever the chunks end', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 }),
        fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.integer({ min: 1, max: 5 }),
        (text, stop, size) => {
          const pieces = text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
          const first = Math.min(...stop.map((each) => text.indexOf(each)).filter((at) => at >= 0));
          // In a stream the sequence that is complete first counts, so what comes before it is at most that long.
          const got = run(pieces, stop);
          const hit = got.out.find((event) => event.type === 'finish' && event.stopSequence !== undefined);
          assert.equal(hit !== undefined, Number.isFinite(first));
          assert.ok(text.startsWith(got.text));
          if (!hit) assert.equal(got.text, text);
          assert.ok(!stop.some((each) => got.text.includes(each)));
          assert.deepEqual(
            got.out.slice(-2).map((event) => event.type),
            ['usage', 'end'],
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('say which one it was and let nothing but usage follow', () => {
    const { out, text } = run(['one EN', 'D two', ' three'], ['END']);
    assert.equal(text, 'one ');
    assert.deepEqual(out[1], { type: 'finish', reason: 'stop', stopSequence: 'END' });
    assert.equal(out.length, 4);
  });

  it('keep the phase of a text, also where its first piece is held back', () => {
    const pieces: StreamEvent[] = [
      { type: 'text', index: 0, text: 'E', phase: 'commentary' },
      { type: 'text', index: 0, text: 'nd.' },
    ];
    const [said] = collect(pieces.flatMap(cutAtStop(['END']))).parts;
    assert.deepEqual(said, { type: 'text', text: 'End.', extra: { phase: 'commentary' } });
  });

  it('release held text before something else begins', () => {
    const cut = cutAtStop(['END']);
    const events: StreamEvent[] = [
      { type: 'text', index: 0, text: 'the EN' },
      { type: 'toolCallStart', index: 1, id: 'a', name: 'Read' },
    ];
    assert.deepEqual(
      events.flatMap(cut).map((event) => ('text' in event ? event.text : event.type)),
      ['the ', 'EN', 'toolCallStart'],
    );
  });
});
