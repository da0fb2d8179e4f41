import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { collect } from '../../../src/wires/answer';
import type { Conversation, StreamEvent } from '../../../src/wires/conversation';
import { customToolNames, unwrapCustomCalls, unwrapInput, wrapCustomTools } from '../../../src/wires/customTools';

const PATCH = '*** Begin Patch\n*** Update File: a.ts\n@@\n-"x"\n+\\"y\\" — ünï 🎉\n*** End Patch';
const conversation: Conversation = {
  model: 'm',
  stream: false,
  tools: [
    {
      kind: 'custom',
      name: 'ApplyPatch',
      description: 'Patches.',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
    },
    { kind: 'function', name: 'Read', parameters: { type: 'object' } },
  ],
  toolChoice: { type: 'tool', name: 'ApplyPatch', custom: true },
  turns: [
    { role: 'assistant', parts: [{ type: 'toolCall', id: 'c1', name: 'ApplyPatch', arguments: PATCH }] },
    {
      role: 'tool',
      parts: [{ type: 'toolResult', id: 'c1', content: [{ type: 'text', text: 'Done' }], custom: true }],
    },
  ],
};

function callEvents(text: string, cuts: readonly number[]): StreamEvent[] {
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const pieces: string[] = [];
  let from = 0;
  for (const end of [...ends, text.length]) {
    pieces.push(text.slice(from, end));
    from = end;
  }
  return [
    { type: 'toolCallStart', index: 0, id: 'c1', name: 'ApplyPatch' },
    ...pieces.map((piece): StreamEvent => ({ type: 'toolCallDelta', index: 0, text: piece })),
    { type: 'toolCallEnd', index: 0 },
    { type: 'finish', reason: 'toolCalls' },
  ];
}

function unwrapped(text: string, cuts: readonly number[] = []) {
  const unwrap = unwrapCustomCalls(new Set(['ApplyPatch']));
  return collect(callEvents(text, cuts).flatMap(unwrap)).parts[0];
}

describe('custom tools as functions', () => {
  it('wraps definition, history and choice, and leaves the original alone (R19)', () => {
    const before = structuredClone(conversation);
    const wrapped = wrapCustomTools(conversation);
    assert.deepEqual(conversation, before);
    const [tool, other] = wrapped.tools ?? [];
    assert.equal(tool?.kind, 'function');
    assert.match(tool?.kind === 'function' ? (tool.description ?? '') : '', /lark grammar:\nstart: "x"/);
    assert.deepEqual(tool?.kind === 'function' && tool.parameters?.required, ['input']);
    assert.equal(other, conversation.tools?.[1]);
    assert.deepEqual(wrapped.toolChoice, { type: 'tool', name: 'ApplyPatch' });
    const call = wrapped.turns[0]?.parts[0];
    assert.deepEqual(call?.type === 'toolCall' && JSON.parse(call.arguments), { input: PATCH });
    assert.equal(call && 'custom' in call, false);
    assert.equal('custom' in (wrapped.turns[1]?.parts[0] ?? {}), false);
  });

  it('gives back the same object when there is nothing to wrap', () => {
    const plain: Conversation = {
      model: 'm',
      stream: false,
      turns: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    };
    assert.equal(wrapCustomTools(plain), plain);
    assert.equal(customToolNames(plain).size, 0);
  });

  it('unwraps arguments cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.array(fc.nat(500), { maxLength: 12 }),
        fc.constantFrom(0, 2),
        (text, cuts, indent) => {
          const part = unwrapped(JSON.stringify({ input: text }, null, indent), cuts);
          assert.deepEqual(part, { type: 'toolCall', id: 'c1', name: 'ApplyPatch', custom: true, arguments: text });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads escapes that JSON.stringify does not write', () => {
    assert.equal(unwrapInput('{"input":"\\u0041\\/\\uD83C\\uDF89\\b"}'), 'A/🎉\b');
  });

  const cases: [name: string, text: string, raw: string][] = [
    ['raw text instead of JSON', PATCH, PATCH],
    ['another key', JSON.stringify({ patch: PATCH }), PATCH],
    ['a JSON string', JSON.stringify(PATCH), PATCH],
    ['further keys', JSON.stringify({ input: PATCH, note: 'n' }), PATCH],
    ['raw line breaks inside the string', '{"input":"a\nb"}', 'a\nb'],
    ['quotes nobody escaped', '{"input":"say "hi" now"}', 'say "hi" now'],
    ['a quote nobody escaped at the end', '{"input":"say "hi""}', 'say "hi"'],
    ['a closing brace that is missing', '{"input":"abc"', 'abc'],
    ['a string that was cut', '{"input":"abc', 'abc'],
    ['a string cut inside an escape', '{"input":"abc\\u00', 'abc'],
    ['nothing', '', ''],
    ['an empty object', '{}', '{}'],
    ['two texts', '{"a":"x","b":"y"}', '{"a":"x","b":"y"}'],
  ];
  for (const [name, text, raw] of cases) {
    it(`tolerates ${name}`, () => {
      for (const cuts of [[], [1], [3, 7], Array.from({ length: text.length }, (_, at) => at)]) {
        const part = unwrapped(text, cuts);
        assert.equal(part?.type === 'toolCall' && part.arguments, raw);
      }
      assert.equal(unwrapInput(text), raw);
    });
  }

  it('leaves other calls and calls that are custom already alone', () => {
    const unwrap = unwrapCustomCalls(new Set(['ApplyPatch']));
    const events: StreamEvent[] = [
      { type: 'toolCallStart', index: 0, id: 'a', name: 'Read' },
      { type: 'toolCallDelta', index: 0, text: '{"input":"x"}' },
      { type: 'toolCallEnd', index: 0 },
      { type: 'toolCallStart', index: 1, id: 'b', name: 'ApplyPatch', custom: true },
      { type: 'toolCallDelta', index: 1, text: '{"input":"x"}' },
      { type: 'toolCallEnd', index: 1 },
    ];
    assert.deepEqual(events.flatMap(unwrap), events);
  });

  it('gives out what it held when the stream finishes without ending the call', () => {
    const unwrap = unwrapCustomCalls(new Set(['ApplyPatch']));
    const events: StreamEvent[] = [
      { type: 'toolCallStart', index: 0, id: 'a', name: 'ApplyPatch' },
      { type: 'toolCallDelta', index: 0, text: 'raw pat' },
      { type: 'finish', reason: 'length' },
    ];
    assert.deepEqual(
      events.flatMap(unwrap).map((event) => event.type),
      ['toolCallStart', 'toolCallDelta', 'finish'],
    );
  });
});
