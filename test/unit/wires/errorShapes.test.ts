/** Errors and ends as the official SDKs type them: whole, inside a stream, for every kind of trouble (issue 16). */
import assert from 'node:assert/strict';
import { refusal } from '../../../src/server/errors';
import { codecFor } from '../../../src/wires/codecs';
import type { ApiFailure, FailureKind, FinishReason, JsonObject, StreamEvent } from '../../../src/wires/conversation';
import { type SdkType, sdkProblems } from '../../support/sdkSchemas';
import { dataOf } from '../../support/streams';

const KINDS: Record<FailureKind, number> = {
  badRequest: 400,
  auth: 401,
  permission: 403,
  notFound: 404,
  notLoaded: 500,
  rateLimit: 429,
  quota: 402,
  overloaded: 529,
  server: 500,
  timeout: 504,
  network: 502,
  contextLength: 400,
  contentPolicy: 400,
  protocol: 502,
  cancelled: 499,
};
const FAILURES: [string, ApiFailure][] = [
  ...(Object.entries(KINDS) as [FailureKind, number][]).map(([kind, status]): [string, ApiFailure] => [
    kind,
    { status, kind, message: 'It went wrong.' },
  ]),
  ['one that the router wrote itself', refusal(503, 'The router is stopping.', { own: true })],
  ['one with code and parameter', refusal(400, 'No.', { code: 'c', param: 'messages', retryAfterSeconds: 2 })],
];
const OPTIONS = { model: 'asked', id: 'gen_1', created: 9, includeUsage: true };
const text: StreamEvent[] = [{ type: 'start' }, { type: 'text', index: 0, text: 'begun' }];

const eventsOf = (stream: string): JsonObject[] =>
  dataOf(stream)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as JsonObject);

/** The error inside `{"error": …}` of OpenAI's wires, the whole body of Anthropic's. */
const shapeOf = (body: JsonObject): [SdkType, unknown] =>
  body.type === 'error' ? ['AnthropicError', { request_id: null, ...body }] : ['OpenAiError', body.error];

/** Codes that OpenAI sends and Codex acts on, although the SDK does not list them (codex-rs, its reader of response.failed). */
const UNLISTED: readonly unknown[] = ['insufficient_quota', 'context_length_exceeded'];

function withListedCode(event: JsonObject): JsonObject {
  const response = event.response as JsonObject | undefined;
  const error = response?.error as JsonObject | undefined;
  if (!error || !UNLISTED.includes(error.code)) return event;
  return { ...event, response: { ...response, error: { ...error, code: 'server_error' } } };
}

describe('errors in the shape of each wire', function () {
  this.timeout(120_000);

  for (const wire of ['chat', 'responses', 'messages'] as const) {
    for (const [what, failure] of FAILURES) {
      it(`${wire}: ${what}, whole`, () => {
        const [type, value] = shapeOf(codecFor(wire).emitError(failure));
        assert.equal(type, wire === 'messages' ? 'AnthropicError' : 'OpenAiError');
        assert.deepEqual(sdkProblems(type, value), []);
      });

      it(`${wire}: ${what}, in a stream that had begun`, () => {
        const emitter = codecFor(wire).createStreamEmitter(OPTIONS);
        const events = eventsOf(text.map((event) => emitter.push(event)).join('') + emitter.finish(failure));
        const last = events.at(-1)!;
        if (wire === 'responses') return assert.deepEqual(sdkProblems('ResponseStreamEvent', withListedCode(last)), []);
        const [type, value] = shapeOf(last);
        assert.equal(type, wire === 'messages' ? 'AnthropicError' : 'OpenAiError');
        assert.deepEqual(sdkProblems(type, value), []);
      });
    }
  }
});

describe('ends in the shape of each wire', function () {
  this.timeout(120_000);
  const REASONS: Record<FinishReason, true> = {
    stop: true,
    length: true,
    toolCalls: true,
    contentFilter: true,
    refusal: true,
    pause: true,
    unknown: true,
  };
  const TYPES = {
    chat: ['ChatCompletionChunk', 'ChatCompletion'],
    responses: ['ResponseStreamEvent', 'Response'],
    messages: ['RawMessageStreamEvent', 'Message'],
  } as const;

  for (const wire of ['chat', 'responses', 'messages'] as const) {
    for (const reason of Object.keys(REASONS) as FinishReason[]) {
      it(`${wire}: ${reason}, streamed and whole`, () => {
        const codec = codecFor(wire);
        const [streamed, whole] = TYPES[wire];
        const emitter = codec.createStreamEmitter(OPTIONS);
        const usage = { input: 5, output: 2 };
        const events: StreamEvent[] = [...text, { type: 'finish', reason }, { type: 'usage', usage }, { type: 'end' }];
        for (const event of eventsOf(events.map((one) => emitter.push(one)).join('') + emitter.finish()))
          assert.deepEqual(sdkProblems(streamed, event), [], JSON.stringify(event));
        const answer = codec.emitAnswer({ parts: [{ type: 'text', text: 'a' }], finish: { reason }, usage }, OPTIONS);
        assert.deepEqual(sdkProblems(whole, answer), []);
      });
    }
  }
});
