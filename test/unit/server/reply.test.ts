/** What goes on to the client as it came, and what looks at it on the way. */
import assert from 'node:assert/strict';
import { createRawReply, readAnswer, readSameWireAnswer } from '../../../src/server/reply';
import { MOST_CALLS } from '../../../src/wires/callBounds';
import { codecFor } from '../../../src/wires/codecs';
import type { JsonObject, StreamEvent, WireName } from '../../../src/wires/conversation';
import { createSseSplitter } from '../../../src/wires/sse';

const events = (text: string) => {
  const splitter = createSseSplitter();
  return [...splitter.push(Buffer.from(text)), ...splitter.finish()];
};
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}`;
const through = (reply: ReturnType<typeof createRawReply>, text: string) =>
  events(text)
    .map((event) => reply.push(event)?.toString() ?? '')
    .join('');

describe('an answer that keeps its bytes', () => {
  it('gets the blank line that its last event lacks, and the mark of its end where that is missing', () => {
    const whole = `${chunk({ content: 'x' })}\n\n${chunk({}, 'stop')}`;
    const reply = createRawReply(codecFor('chat'), false);
    assert.equal(through(reply, whole), `${whole}\n\n`);
    reply.close();
    assert.equal(reply.end(), 'data: [DONE]\n\n');
    const marked = createRawReply(codecFor('chat'), false);
    through(marked, `${whole}\n\ndata: [DONE]\n\n`);
    marked.close();
    assert.equal(marked.end(), '');
  });

  it('says nothing more behind its end', () => {
    const reply = createRawReply(codecFor('chat'), false);
    const end = `${chunk({}, 'stop')}\n\ndata: [DONE]\n\n`;
    assert.equal(through(reply, `${end}${chunk({ content: 'late' })}\n\n`), end);
  });

  it('numbers the error of a Responses stream behind the events before it', () => {
    const reply = createRawReply(codecFor('responses'), false);
    const event = (type: string) => `event: ${type}\ndata: ${JSON.stringify({ type, response: { id: 'r' } })}\n\n`;
    through(reply, `${event('response.created')}: a comment\n\n${event('response.in_progress')}`);
    const told = reply.fail({ status: 502, kind: 'network', message: 'It broke off.' });
    assert.equal(JSON.parse(/data: (.*)/.exec(told)![1]!).sequence_number, 2);
  });

  it('is seen whole by the memory: what comes at the end of its bytes, and all of one that is no stream', () => {
    const late: StreamEvent = { type: 'finish', reason: 'stop' };
    const parser = { dropped: 0, push: () => [], finish: () => [late] };
    const seen: StreamEvent[] = [];
    const codec = { ...codecFor('chat'), createStreamParser: () => parser };
    createRawReply(codec, false, undefined, (event) => seen.push(event)).close();
    assert.deepEqual(seen, [late]);
    const body = { choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] };
    const all: StreamEvent[] = [];
    readSameWireAnswer(codecFor('chat'), Buffer.from(JSON.stringify(body)), undefined, (event) => all.push(event));
    assert.ok(all.some((event) => event.type === 'text' && event.text === 'hi'));
  });

  it('that is wrong in one thing says that thing, whole as well: too many calls, a call of no tool', () => {
    const calls = Array.from({ length: MOST_CALLS + 1 }, (_, n) => ({ id: `c${n}`, name: 'f' }));
    const wholes: [WireName, (calls: { id: string; name?: string }[]) => JsonObject][] = [
      [
        'chat',
        (all) => ({
          choices: [
            {
              message: {
                role: 'assistant',
                tool_calls: all.map(({ id, ...tool }) => ({
                  id,
                  type: 'function',
                  function: { ...tool, arguments: '{}' },
                })),
              },
              finish_reason: 'tool_calls',
            },
          ],
        }),
      ],
      [
        'responses',
        (all) => ({
          object: 'response',
          status: 'completed',
          output: all.map(({ id, ...tool }) => ({ type: 'function_call', call_id: id, ...tool, arguments: '{}' })),
        }),
      ],
      ['messages', (all) => ({ content: all.map((one) => ({ type: 'tool_use', ...one, input: {} })) })],
    ];
    for (const [wire, body] of wholes)
      for (const [given, says] of [
        [calls, /more than 1,000 tool calls/],
        [[{ id: 'c' }], /names no tool/],
        [calls.slice(1), undefined],
      ] as const) {
        const read = readAnswer(codecFor(wire), Buffer.from(JSON.stringify(body([...given]))));
        if (says) assert.match('failure' in read ? read.failure.message : 'an answer', says, wire);
        else assert.ok('parts' in read, wire);
      }
  });
});
