import assert from 'node:assert/strict';
import { type AnswerPart, createAnswerReader } from '../../../src/chat/answer';

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const piece = (index: number, args: string, id?: string) => ({
  tool_calls: [
    { index, ...(id && { id, type: 'function' }), function: { ...(id && { name: `tool_${id}` }), arguments: args } },
  ],
});
function read(stream: string, size = 7): AnswerPart[] {
  const reader = createAnswerReader();
  const bytes = Buffer.from(stream);
  const parts: AnswerPart[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(...reader.push(bytes.subarray(at, at + size)));
  return [...parts, ...reader.finish()];
}
const DONE = 'data: [DONE]\n\n';

describe('VS Code’s chat: an answer', () => {
  it('text and thinking come as they arrive, whatever the cuts', () =>
    assert.deepEqual(
      read(
        `${chunk({ role: 'assistant', content: '' })}: wait\n\n${chunk({ reasoning_content: 'hm' })}${chunk({ content: 'é1' })}${chunk({ content: '2' }, 'stop')}${DONE}`,
      ),
      [
        { kind: 'thinking', text: 'hm' },
        { kind: 'text', text: 'é1' },
        { kind: 'text', text: '2' },
      ],
    ));

  it('parallel calls come whole and in order, an empty input is an object', () =>
    assert.deepEqual(
      read(
        chunk(piece(0, '', 'a')) +
          chunk(piece(1, '', 'b')) +
          chunk(piece(0, '{"x":')) +
          chunk(piece(0, '1}'), 'tool_calls') +
          DONE,
      ),
      [
        { kind: 'call', id: 'a', name: 'tool_a', input: { x: 1 } },
        { kind: 'call', id: 'b', name: 'tool_b', input: {} },
      ],
    ));

  it('half a call is an error, not a call', () =>
    assert.throws(() => read(chunk(piece(0, '{"x":', 'a'), 'length') + DONE), /in the middle of a tool call/));

  it('a stream that breaks off is an error', () =>
    assert.throws(() => read(chunk({ content: 'half' })), /broke off before its end/));

  it('an error in the stream is told in its own words', () =>
    assert.throws(
      () => read(`data: ${JSON.stringify({ error: { message: 'No credit left.' } })}\n\n`),
      /^Error: No credit left\.$/,
    ));

  it('a finish without [DONE] is whole', () => assert.deepEqual(read(chunk({ content: 'x' }, 'stop')).length, 1));

  it('an error that is null is none', () => {
    const nothing = (delta: object, finish: string | null = null) =>
      chunk(delta, finish).replace('{"choices"', '{"error":null,"choices"');
    assert.deepEqual(read(nothing({ content: 'x' }) + nothing({}, 'stop') + DONE), [{ kind: 'text', text: 'x' }]);
  });

  it('a refusal, content in parts, an image and further choices are shown', () => {
    const thought = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] };
    const two = { choices: [{}, { index: 0, delta: { content: 'second' } }] };
    assert.deepEqual(
      read(
        chunk({ content: [thought, { type: 'text', text: 'listed' }] }) +
          chunk({ images: [{ image_url: { url: 'https://a.example/b.png' } }] }) +
          `data: ${JSON.stringify(two)}\n\n` +
          chunk({ refusal: 'No.' }, 'stop') +
          DONE,
      ),
      [
        { kind: 'thinking', text: 'hm' },
        { kind: 'text', text: 'listed' },
        { kind: 'text', text: '![image](https://a.example/b.png)' },
        { kind: 'text', text: 'second' },
        { kind: 'text', text: 'No.' },
      ],
    );
  });

  const calls = [
    { kind: 'call', id: 'a', name: 'tool_a', input: { x: 1 } },
    { kind: 'call', id: 'b', name: 'tool_b', input: { y: 2 } },
  ];
  for (const [what, index] of [
    ['without an index', undefined],
    ['all of index 0', 0],
  ] as const)
    it(`calls ${what} stay apart, and the pieces of one together`, () => {
      const of = (args: string, id?: string) => chunk(piece(index as number, args, id));
      assert.deepEqual(
        read(of('{"x"', 'a') + of(':1}') + of('{"y"', 'b') + of(':2}') + chunk({}, 'tool_calls') + DONE),
        calls,
      );
    });

  for (const [finish, said] of [
    ['length', /length limit/],
    ['content_filter', /content filter/],
  ] as const)
    it(`an answer that ended with ${finish} is shown, and told to be cut off`, () => {
      const reader = createAnswerReader();
      assert.deepEqual(reader.push(Buffer.from(chunk({ content: 'half' }) + chunk({}, finish) + DONE)), [
        { kind: 'text', text: 'half' },
      ]);
      assert.throws(() => reader.finish(), said);
    });

  it('[DONE] alone ends a text', () => assert.equal(read(chunk({ content: 'x' }) + DONE).length, 1));
});
