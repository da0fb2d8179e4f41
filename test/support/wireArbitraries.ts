/** Arbitrary values of the conversation model for property tests of the wires. */
import * as fc from 'fast-check';
import type { Answer, Part, ToolCallPart } from '../../src/wires/conversation';

const some = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
export const arbitraryName = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength: 1, maxLength: 12 });

/** Function calls with JSON arguments, ids unique within one answer. */
const call = fc.record({
  name: arbitraryName,
  value: fc.dictionary(arbitraryName, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
});

const part: fc.Arbitrary<Part> = fc.oneof(
  some.map((text): Part => ({ type: 'text', text })),
  some.map((text): Part => ({ type: 'reasoning', text })),
  some.map((text): Part => ({ type: 'refusal', text })),
  call.map(({ name, value }): Part => ({ type: 'toolCall', id: '', name, arguments: JSON.stringify(value) })),
);

/** A whole answer: parts in any order, call ids `call_0`…, a finish that fits. */
export const arbitraryAnswer: fc.Arbitrary<Answer> = fc
  .record({
    id: fc.option(arbitraryName, { nil: undefined }),
    parts: fc.array(part, { maxLength: 6 }),
    cut: fc.constantFrom('stop', 'length', 'contentFilter') as fc.Arbitrary<'stop' | 'length' | 'contentFilter'>,
    usage: fc.option(
      fc.tuple(fc.nat(100_000), fc.nat(10_000)).map(([input, output]) => ({ input, output })),
      { nil: undefined },
    ),
  })
  .map(({ id, parts, cut, usage }) => {
    const numbered = parts.map(
      (each, index): Part => (each.type === 'toolCall' ? { ...each, id: `call_${index}` } : each),
    );
    const calls = numbered.some((each): each is ToolCallPart => each.type === 'toolCall');
    return {
      ...(id !== undefined && { id, model: 'some-model', created: 1_700_000_000 }),
      parts: numbered,
      finish: { reason: calls && cut === 'stop' ? 'toolCalls' : cut },
      ...(usage && { usage }),
    };
  });
