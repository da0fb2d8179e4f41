/** What one wire has and another has not: text in its place or a refusal; errors in the words of the wire. */
import assert from 'node:assert/strict';
import { createRawReply } from '../../../src/server/reply';
import { RequestProblem } from '../../../src/wires/codec';
import { codecFor } from '../../../src/wires/codecs';
import type { ApiFailure, JsonObject, WireName } from '../../../src/wires/conversation';
import { classify } from '../../../src/wires/failure';
import { carryAcross } from '../../../src/wires/foreign';

const messages = codecFor('messages');
const carry = (wire: WireName, body: JsonObject) => carryAcross(codecFor(wire).parseRequest({ model: 'm', ...body }));
const hello: JsonObject = { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
const errorOf = (failure: ApiFailure) => messages.emitError(failure).error as JsonObject;

describe('what another wire has no form for', () => {
  it('state and tools at the provider are refused by name, empty ones are not', () => {
    for (const [key, value] of Object.entries({
      thread: { type: 'create' },
      container: 'c',
      mcp_servers: [{ name: 'x' }],
    })) {
      assert.throws(
        () => carry('messages', { ...hello, [key]: value }),
        (problem) => problem instanceof RequestProblem && problem.param === key,
      );
    }
    assert.throws(() => carry('responses', { input: 'x', background: true }), /background/);
    carry('messages', { ...hello, mcp_servers: [], container: null });
    carry('responses', { input: 'x', background: false });
  });

  it('a refused thread is told in the word that the SDK looks for', () => {
    const error = errorOf({ status: 400, message: 'no', kind: 'badRequest', code: 'thread_unsupported_request' });
    assert.deepEqual(error.details, { error_code: 'thread_unsupported_request' });
    assert.throws(
      () => carry('messages', { ...hello, thread: { type: 'create' } }),
      (problem) => (problem as RequestProblem).code === 'thread_unsupported_request',
    );
  });

  it('documents of content and search results become text, audio is refused', () => {
    const blocks = [{ type: 'text', text: 'inside' }];
    const { turns } = carry('messages', {
      ...hello,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', title: 'Doc', source: { type: 'content', content: blocks } },
            { type: 'search_result', title: 'Hit', source: 'https://a.example', content: blocks },
          ],
        },
      ],
    });
    assert.deepEqual(turns[0]?.parts, [
      { type: 'text', text: 'Doc\ninside' },
      { type: 'text', text: 'Hit\nhttps://a.example\ninside' },
    ]);
    const audio = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
    assert.throws(() => carry('chat', { messages: [{ role: 'user', content: [audio] }] }), /input_audio/);
  });
});

describe('failures in the words of the wire', () => {
  it('an overflow anywhere is "prompt is too long" to Messages clients, once', () => {
    const overflow = (message: string) => errorOf({ status: 400, message, kind: 'contextLength' }).message;
    assert.equal(overflow('maximum context length is 9'), 'prompt is too long: maximum context length is 9');
    assert.equal(overflow('prompt is too long: 9 > 8'), 'prompt is too long: 9 > 8');
  });

  it('a wrong key and an unknown model keep their kind whatever type the provider wrote', () => {
    const typeOf = (kind: ApiFailure['kind']) =>
      errorOf({ status: 400, message: 'x', type: 'invalid_request_error', kind }).type;
    assert.deepEqual(
      [typeOf('auth'), typeOf('notFound'), typeOf('badRequest')],
      ['authentication_error', 'not_found_error', 'invalid_request_error'],
    );
  });

  it('a same-wire Responses stream breaks with an event that has type and number', () => {
    const reply = createRawReply(codecFor('responses'), false);
    const data = '{"type":"response.created","response":{"id":"r"}}';
    reply.push({ data, raw: Buffer.from(`data: ${data}\n\n`) } as Parameters<typeof reply.push>[0]);
    const text = reply.fail({ status: 502, message: 'broke off', kind: 'network' });
    assert.match(text, /^event: error\ndata: /);
    const { sequence_number, type, message } = JSON.parse(text.slice(text.indexOf('{'))) as JsonObject;
    assert.deepEqual([type, message, sequence_number], ['error', 'broke off', 1]);
  });

  it("LiteLLM's spent budget and unknown model are understood", () => {
    assert.equal(classify(422, 'budget_exceeded', '422', 'Budget has been exceeded! Current cost: 2'), 'quota');
    assert.equal(classify(400, undefined, '400', 'Invalid model name passed in model=x'), 'notFound');
  });
});
