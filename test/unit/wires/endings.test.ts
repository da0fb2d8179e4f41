/** A finish is final only when the stream ends; what was promised whole is delivered whole. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { collect } from '../../../src/wires/answer';
import { codecFor } from '../../../src/wires/codecs';
import type { Answer, JsonObject, StreamEvent, WireName } from '../../../src/wires/conversation';

function events(wire: WireName, pieces: readonly JsonObject[], done = true): StreamEvent[] {
  const parser = codecFor(wire).createStreamParser();
  const data = [...pieces.map((piece) => JSON.stringify(piece)), ...(done ? ['[DONE]'] : [])];
  return [...data.flatMap((each) => parser.push({ data: each })), ...parser.finish()];
}
const read = (pieces: readonly JsonObject[], done = true): Answer => collect(events('chat', pieces, done));
const piece = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'u1',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const call = (index: number, id: string | undefined, name: string | undefined, args: string): JsonObject => ({
  tool_calls: [{ index, ...(id && { id, type: 'function' }), function: { ...(name && { name }), arguments: args } }],
});
const STOP = piece({}, 'stop');
const callsOf = ({ parts }: Answer) =>
  parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.name, part.arguments]] : []));
const textOf = ({ parts }: Answer) => parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('');
const endedCalls = (of: StreamEvent[]) => of.filter((event) => event.type === 'toolCallEnd').length;

describe('ends of a chat stream', () => {
  it('a stop after every piece ends nothing (text, thinking, calls)', () => {
    const text = read([piece({ content: 'One ' }), STOP, piece({ content: 'two.' }), STOP]);
    assert.deepEqual([textOf(text), text.finish?.reason], ['One two.', 'stop']);
    const thought = read([piece({ reasoning_content: 'Hm' }, 'stop'), piece({ content: 'Answer.' }), STOP]);
    assert.deepEqual(
      thought.parts.map((part) => part.type),
      ['reasoning', 'text'],
    );
    const stream = [piece(call(0, 'c1', 'Shell', '')), STOP, piece(call(0, undefined, undefined, '{"command":'))];
    const called = events('chat', [...stream, STOP, piece(call(0, undefined, undefined, '"ls"}')), STOP]);
    assert.deepEqual(callsOf(collect(called)), [['c1', 'Shell', '{"command":"ls"}']]);
    assert.equal(endedCalls(called), 1);
    assert.equal(collect(called).finish?.reason, 'toolCalls');
  });

  it('a stop behind another reason adds nothing', () => {
    const answer = read([piece({ content: 'x' }), piece({}, 'length'), STOP]);
    assert.equal(answer.finish?.reason, 'length');
  });

  it('whole calls and [DONE] without a finish are calls; half of one, or no [DONE], is not', () => {
    const whole = piece(call(0, 'c1', 'Shell', '{"command":"ls"}'));
    assert.equal(read([whole]).finish?.reason, 'toolCalls');
    assert.equal(endedCalls(events('chat', [whole])), 1);
    assert.equal(read([piece(call(0, 'c1', 'Shell', '{"comm'))]).finish, undefined);
    assert.equal(read([whole], false).finish, undefined);
  });

  it('calls that are told and do not come are no end that clients would wait for, streamed and whole', () => {
    const options = { model: 'm', id: 'u', created: 1, includeUsage: false };
    const said = events('chat', [piece({ content: 'Hi' }), piece({}, 'tool_calls')]);
    for (const [wire, pattern] of [
      ['chat', /"finish_reason":"stop"/],
      ['messages', /"stop_reason":"end_turn"/],
      ['responses', /"status":"completed"/],
    ] as const) {
      const emitter = codecFor(wire).createStreamEmitter(options);
      const streamed = said.map((event) => emitter.push(event)).join('') + emitter.finish();
      const whole = JSON.stringify(codecFor(wire).emitAnswer(collect(said), options));
      for (const text of [streamed, whole]) {
        assert.match(text, pattern);
        assert.doesNotMatch(text, /"tool_calls"|"tool_use"/);
      }
    }
  });

  it('a finish without [DONE] is taken once the bytes end', () => {
    const answer = read([piece(call(0, 'c1', 'A', '{}')), piece({}, 'tool_calls')], false);
    assert.equal(answer.finish?.reason, 'toolCalls');
  });

  it('model_context_window_exceeded is a length', () => {
    assert.equal(read([piece({ content: 'x' }), piece({}, 'model_context_window_exceeded')]).finish?.reason, 'length');
  });

  it('an index that grows with each piece of one call, and calls that grow, are one call', () => {
    const grown = read([
      piece(call(0, 'c1', 'A', '')),
      piece(call(1, undefined, undefined, '{"a":')),
      piece(call(2, undefined, undefined, '1}')),
      piece({}, 'tool_calls'),
    ]);
    assert.deepEqual(callsOf(grown), [['c1', 'A', '{"a":1}']]);
    const repeated = read([
      piece(call(0, 'c1', 'A', '{"a')),
      piece(call(0, 'c1', 'A', '{"a":1}')),
      piece(call(0, 'c1', 'A', '{"a":1}')),
      piece({}, 'tool_calls'),
    ]);
    assert.deepEqual(callsOf(repeated), [['c1', 'A', '{"a":1}']]);
  });

  it('a name in pieces, and a new id for each piece, are one call; another name without arguments is another', () => {
    const calls = (...pieces: JsonObject[]) =>
      callsOf(read([...pieces.map((each) => piece(each)), piece({}, 'tool_calls')]));
    assert.deepEqual(calls(call(0, 'c1', 'Re', ''), call(0, undefined, 'ad', '{"a":1}')), [['c1', 'Read', '{"a":1}']]);
    assert.deepEqual(calls(call(0, 'c1', 'Read', '{"pa'), call(0, 'c2', 'Read', 'th":'), call(0, 'c3', 'Read', '1}')), [
      ['c1', 'Read', '{"path":1}'],
    ]);
    assert.deepEqual(
      calls(call(0, '', 'List', ''), call(0, '', 'Read', '{"b":1}')).map(([, ...rest]) => rest),
      [
        ['List', ''],
        ['Read', '{"b":1}'],
      ],
    );
  });

  it('a call that waits for its first argument keeps its place, and is there when none comes', () => {
    const answer = read([piece(call(0, 'c1', 'List', '')), piece({ content: 'Now.' }), STOP]);
    assert.deepEqual(
      answer.parts.map((part) => part.type),
      ['toolCall', 'text'],
    );
    const two = read([
      piece(call(0, 'c1', 'A', '')),
      piece(call(1, 'c2', 'B', '{}')),
      piece(call(0, '', '', '{"a":1}')),
      STOP,
    ]);
    assert.deepEqual(callsOf(two), [
      ['c1', 'A', '{"a":1}'],
      ['c2', 'B', '{}'],
    ]);
  });

  it('a picture beside the text is named', () => {
    const images = (url: string) =>
      read([piece({ content: '', images: [{ type: 'image_url', image_url: { url } }] }), STOP]);
    assert.equal(textOf(images('data:image/png;base64,AAAA')), '[image]');
    assert.equal(textOf(images('https://a.example/x.png')), '![image](https://a.example/x.png)');
  });

  it('an answer spread over two choices of index 0 is read whole', () => {
    const message = (fields: JsonObject): JsonObject => ({ index: 0, finish_reason: 'tool_calls', message: fields });
    const answer = codecFor('chat').parseAnswer({
      id: 'u1',
      choices: [message({ content: 'Let me look.' }), message({ content: null, ...call(0, 'c1', 'Read', '{}') })],
    });
    assert.deepEqual([textOf(answer), callsOf(answer)], ['Let me look.', [['c1', 'Read', '{}']]]);
  });

  it('wherever finishes stand, all content comes, and the end is one', () => {
    const step = fc.oneof(
      fc.string({ minLength: 1 }).map((text) => piece({ content: `${text}.` })),
      fc.constantFrom(STOP, piece({}, 'length')),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), (steps, done) => {
        const got = events('chat', [piece({ content: 'begin ' }), ...steps], done);
        const sent = steps.map((each) => (each.choices as { delta: { content?: string } }[])[0]?.delta.content ?? '');
        assert.equal(textOf(collect(got)), `begin ${sent.join('')}`);
        const finishes = got.filter((event) => event.type === 'finish').length;
        assert.equal(
          finishes,
          steps.some((each) => (each.choices as { finish_reason: unknown }[])[0]?.finish_reason) ? 1 : 0,
        );
      }),
    );
  });
});

describe('whole texts of a Responses stream', () => {
  it('that do not begin with what was streamed are never cut and appended', () => {
    const got = events('responses', [
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'pong' },
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'REDACTED' },
      { type: 'response.reasoning_summary_text.delta', output_index: 1, summary_index: 0, delta: 'abc' },
      { type: 'response.reasoning_summary_text.done', output_index: 1, summary_index: 0, text: 'WXYZ' },
      { type: 'response.output_item.added', output_index: 2, item: { type: 'function_call', call_id: 'c', name: 'A' } },
      { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{}' },
      { type: 'response.function_call_arguments.done', output_index: 2, arguments: '[1,2,3]' },
      { type: 'response.completed', response: { status: 'completed', output: [] } },
    ]);
    const answer = collect(got);
    assert.deepEqual([textOf(answer), callsOf(answer)], ['pongabc', [['c', 'A', '{}']]]);
  });
});

describe('an answer that ends without saying why', () => {
  const whole = piece(call(0, 'c1', 'Shell', '{"command":"ls"}'));
  const half = piece(call(0, 'c1', 'Shell', '{"comm'));
  const text = piece({ content: 'Hello' });
  const OPTIONS = { model: 'm', id: 'x', created: 1, includeUsage: false };

  /** The end that a client of a wire reads, from a stream and from the same answer whole. */
  function ends(to: 'messages' | 'responses', ...pieces: JsonObject[]): [string | undefined, string | undefined] {
    const got = events('chat', pieces);
    const emitter = codecFor(to).createStreamEmitter(OPTIONS);
    const stream = got.map((event) => emitter.push(event)).join('') + emitter.finish();
    const body = codecFor(to).emitAnswer(collect(got), OPTIONS);
    const told = to === 'messages' ? /"stop_reason":"(\w+)"/ : /"(?:completed|incomplete)"(?=,"error")/;
    return [told.exec(stream)?.[0], told.exec(to === 'messages' ? JSON.stringify(body) : ordered(body))?.[0]];
  }
  const ordered = ({ status, error }: JsonObject) => JSON.stringify({ status, error });

  it('is a whole one with [DONE]: text an end of turn, whole calls calls', () => {
    assert.deepEqual(ends('messages', text), ['"stop_reason":"end_turn"', '"stop_reason":"end_turn"']);
    assert.deepEqual(ends('messages', whole), ['"stop_reason":"tool_use"', '"stop_reason":"tool_use"']);
    assert.deepEqual(ends('responses', text), ['"completed"', '"completed"']);
    assert.deepEqual(ends('responses', text, whole), ['"completed"', '"completed"']);
  });

  it('is a cut one with half a call, also behind text', () => {
    assert.deepEqual(ends('messages', text, half), ['"stop_reason":"max_tokens"', '"stop_reason":"max_tokens"']);
    assert.deepEqual(ends('responses', half), ['"incomplete"', '"incomplete"']);
  });

  it('never has `stop_reason: null` for a Messages client, whatever word the provider used', () => {
    for (const pieces of [[text], [piece({ content: 'x' }, 'moon_phase')], [text, whole], [half]]) {
      for (const end of ends('messages', ...pieces)) assert.match(end ?? '', /"\w+"$/);
    }
  });

  it('an unknown reason is told to chat clients as a limit, since [DONE] alone means a whole answer', () => {
    const body = codecFor('chat').emitAnswer(read([piece({ content: 'x' }, 'moon_phase')]), OPTIONS);
    assert.equal((body.choices as JsonObject[])[0]?.finish_reason, 'length');
  });
});
