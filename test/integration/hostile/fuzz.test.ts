/** Random input everywhere: nothing throws but RequestProblem, the router stays alive. FUZZ_SECONDS sets the time for each part. */
import assert from 'node:assert/strict';
import net from 'node:net';
import * as fc from 'fast-check';
import { readClientRequest } from '../../../src/server/clientRequest';
import { RequestProblem } from '../../../src/wires/codec';
import { codecFor } from '../../../src/wires/codecs';
import type { JsonObject, WireName } from '../../../src/wires/conversation';
import { createSseSplitter } from '../../../src/wires/sse';
import { ableTarget } from '../../support/emitTarget';
import { until } from '../../support/process/harness';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, startUpstream, type Upstream, wordStream } from '../../support/upstream';

const seconds = Number(process.env.FUZZ_SECONDS ?? 1);
const bounded = {
  numRuns: seconds > 1 ? 1_000_000 : 400,
  interruptAfterTimeLimit: seconds * 1_000,
  markInterruptAsFailure: false,
};
const WIRES: readonly WireName[] = ['chat', 'responses', 'messages'];

/** Words that lead deep into the parsers. */
const words = fc.constantFrom(
  'model',
  'messages',
  'input',
  'system',
  'role',
  'user',
  'assistant',
  'tool',
  'content',
  'type',
  'text',
  'tool_calls',
  'tool_use',
  'tool_result',
  'function',
  'function_call',
  'arguments',
  'name',
  'id',
  'call_id',
  'index',
  'delta',
  'choices',
  'usage',
  'output',
  'item',
  'finish_reason',
  'stop_reason',
  'error',
  'message',
  'event',
  'stream',
  'tools',
  'thinking',
  'reasoning',
  'image_url',
  'response.created',
  'response.output_item.added',
  'response.output_text.delta',
  'response.completed',
  'response.function_call_arguments.delta',
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'text_delta',
  'input_json_delta',
  'thinking_delta',
  'content_block',
  'response',
  'output_index',
  'content_index',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  '[DONE]',
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    words,
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(null, true, false, 0, -1, 1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, ''),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(words, tie('any'), { maxKeys: 6 }),
  ),
})).any;
const object = fc.dictionary(words, value, { maxKeys: 8 }) as fc.Arbitrary<JsonObject>;

/** What no reader expects, in the place of whatever stands in a good body. */
const odd = fc.constantFrom<unknown>(
  null,
  true,
  7,
  -1,
  1e308,
  '',
  '\u0000',
  [],
  {},
  [[]],
  [null],
  { toString: 0 },
  { valueOf: null, length: -1 },
  { type: {} },
  JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}'),
);
const tool = { name: 'f', description: 'd', parameters: { type: 'object', properties: { a: { type: 'string' } } } };
const GOOD_BODIES: Readonly<Record<string, object>> = {
  'chat/completions': {
    stream: true,
    stream_options: { include_usage: true },
    reasoning_effort: 'low',
    metadata: { cursorConversationId: 'c' },
    tools: [{ type: 'function', function: tool }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    messages: [
      { role: 'system', content: 's' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'x' },
          { type: 'image_url', image_url: { url: 'data:,' } },
        ],
      },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', name: 'f', content: 'r' },
    ],
  },
  responses: {
    instructions: 'i',
    reasoning: { effort: 'low', summary: 'auto' },
    text: { format: { type: 'json_schema', name: 'n', schema: {} } },
    tools: [
      { type: 'function', ...tool },
      { type: 'custom', name: 'g', format: { type: 'grammar', definition: 'x' } },
    ],
    input: [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] },
      { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 't' }], encrypted_content: 'e' },
      { type: 'function_call', id: 'i', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'r' },
    ],
  },
  messages: {
    max_tokens: 5,
    system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
    thinking: { type: 'enabled', budget_tokens: 1024 },
    tools: [{ name: 'f', input_schema: { type: 'object' } }],
    tool_choice: { type: 'auto' },
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'x' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 't', signature: 's' },
          { type: 'tool_use', id: 'c', name: 'f', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'r' }] }] },
    ],
  },
};

/** Every place of a body, as the keys that lead there. */
function placesIn(value: unknown, at: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...at]];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [...(at.length > 0 ? [[...at]] : []), ...inner.flatMap(([key, each]) => placesIn(each, [...at, key]))];
}

function withOdd(body: object, place: readonly (string | number)[], value: unknown): object {
  const copy = structuredClone(body) as Record<string | number, unknown>;
  const last = place.at(-1)!;
  let holder = copy;
  for (const key of place.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  holder[last] = value;
  return copy;
}

const oddBody = fc
  .constantFrom(...Object.keys(GOOD_BODIES))
  .chain((route) =>
    fc.record({ route: fc.constant(route), place: fc.constantFrom(...placesIn(GOOD_BODIES[route])), value: odd }),
  )
  .map(({ route, place, value }) => ({ route, body: withOdd(GOOD_BODIES[route]!, place, value) }));

describe('fuzz', function () {
  this.timeout((seconds + 30) * 1_000);

  it('odd types at every place of a good body: read or refused, and written to every wire', () => {
    fc.assert(
      fc.property(oddBody, fc.constantFrom(...WIRES), ({ route, body }, to) => {
        const wire = route === 'chat/completions' ? 'chat' : (route as WireName);
        try {
          codecFor(to).emitRequest(codecFor(wire).parseRequest({ model: 'm', ...body } as JsonObject), ableTarget);
        } catch (error) {
          assert.ok(error instanceof RequestProblem, `${(error as Error).stack}\n${JSON.stringify(body)}`);
        }
      }),
      { ...bounded, numRuns: seconds > 1 ? 1_000_000 : 2_000 },
    );
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  for (const wire of WIRES) {
    it(`${wire}: requests, answers and errors of any shape throw nothing but what is promised`, () => {
      const codec = codecFor(wire);
      fc.assert(
        fc.property(object, fc.integer({ min: 200, max: 599 }), (body, status) => {
          try {
            codec.parseRequest(body);
          } catch (error) {
            assert.ok(error instanceof RequestProblem, `${(error as Error).stack}\n${JSON.stringify(body)}`);
          }
          try {
            codec.parseAnswer(body);
          } catch (error) {
            assert.ok(error instanceof Error && !(error instanceof RangeError), String(error));
          }
          assert.ok(codec.parseError(status, {}, JSON.stringify(body)).message.length > 0);
        }),
        bounded,
      );
    });

    it(`${wire}: streams of any events never throw, nor do the emitters behind them`, () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.oneof(
              fc.record({ event: words, data: object.map((data) => JSON.stringify(data)) }),
              fc.record({
                data: fc.oneof(
                  fc.string(),
                  object.map((data) => JSON.stringify(data)),
                ),
              }),
            ),
            { maxLength: 12 },
          ),
          (events) => {
            const parser = codecFor(wire).createStreamParser();
            const emitters = WIRES.map((to) =>
              codecFor(to).createStreamEmitter({ model: 'm', id: 'x', created: 1, includeUsage: true }),
            );
            for (const event of [...events.flatMap((raw) => parser.push(raw)), ...parser.finish()])
              for (const emitter of emitters) emitter.push(event);
            for (const emitter of emitters) emitter.finish();
          },
        ),
        bounded,
      );
    });
  }

  it('any bytes, cut anywhere, go through the splitter without loss', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (data, cuts) => {
          const bytes = Buffer.from(data.map((byte) => (byte % 3 === 0 ? 10 : byte % 7 === 0 ? 13 : byte)));
          const splitter = createSseSplitter();
          const out: Buffer[] = [];
          for (let at = 0, n = 0; at < bytes.length; n++) {
            const size = cuts[n % cuts.length]!;
            for (const event of splitter.push(bytes.subarray(at, at + size)))
              out.push(event.raw, Buffer.from(event.data).subarray(0, 0));
            at += size;
          }
          for (const event of splitter.finish()) out.push(event.raw);
          assert.ok(Buffer.concat(out).equals(bytes));
        },
      ),
      bounded,
    );
  });

  it('any bytes as a request body are read or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map((data) => Buffer.from(data)),
          object.map((data) => Buffer.from(JSON.stringify(data))),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            readClientRequest(bytes).body();
          } catch (error) {
            assert.ok(error instanceof RequestProblem, String(error));
          }
        },
      ),
      bounded,
    );
  });

  describe('over sockets', () => {
    let upstream: Upstream;
    let router: TestRouter;
    let answer = Buffer.alloc(0);
    let type = '';
    before(async () => {
      upstream = await startUpstream((_request, response) => {
        response.writeHead(200, { 'content-type': type });
        response.end(answer);
      });
      router = await startRouter({
        retry: { attempts: 1 },
        backends: [
          { name: 'up', baseUrl: upstream.url, default: true },
          { name: 'rs', baseUrl: upstream.url, wire: 'responses' },
          { name: 'ms', baseUrl: upstream.url, wire: 'messages' },
        ],
      });
    });
    after(async () => {
      await router.stop();
      await upstream.stop();
    });
    afterEach(async () => {
      [type, answer] = ['application/json', Buffer.from(JSON.stringify(chatCompletion('alive')))];
      assert.match(await (await router.post('/v1/chat/completions', { model: 'm', messages: [] })).text(), /alive/);
      // The last bytes come a moment before the place is free.
      await until(() => router.core.state.running === 0, 'a request still counts as running');
      assert.deepEqual(
        router.log.filter((line) => line.includes('failed inside the router')),
        [],
      );
    });
    const overSockets = { ...bounded, numRuns: seconds > 1 ? 1_000_000 : 150 };

    it('raw bytes at the listener', async () => {
      const piece = fc.oneof(
        fc.constantFrom(
          'GET /v1/models HTTP/1.1\r\n',
          'POST /v1/chat/completions HTTP/1.1\r\n',
          'Host: localhost\r\n',
          `Authorization: Bearer ${CLIENT_KEY}\r\n`,
          '\r\n',
          'Content-Length: 5\r\n',
          'Transfer-Encoding: chunked\r\n',
          '5\r\nhello\r\n0\r\n\r\n',
          'Expect: 100-continue\r\n',
          'Upgrade: websocket\r\nConnection: Upgrade\r\n',
          '{"model":"m"}',
        ),
        fc.string({ unit: 'binary' }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
          await new Promise<void>((resolve) => {
            const socket = net.connect(router.port, '127.0.0.1', () => socket.end(pieces.join('')));
            socket.on('error', () => {}).resume();
            socket.on('close', () => resolve());
          });
        }),
        overSockets,
      );
    });

    it('bodies of any shape at every route, as Cursor and as anybody', async () => {
      await fc.assert(
        fc.asyncProperty(
          object,
          fc.constantFrom(
            'chat/completions',
            'responses',
            'messages',
            'completions',
            'embeddings',
            'messages/count_tokens',
          ),
          fc.constantFrom('Cursor/1.0', 'curl'),
          fc.boolean(),
          async (body, path, agent, demo) => {
            [type, answer] = ['text/event-stream', Buffer.from(wordStream('x').join(''))];
            const response = await router.post(
              `/v1/${path}`,
              JSON.stringify({ ...body, model: demo ? 'demo/echo' : 'm' }),
              { 'user-agent': agent },
            );
            const text = await response.text();
            assert.ok(response.status !== 500, `${path} ${agent} ${JSON.stringify(body)} → ${text}`);
          },
        ),
        overSockets,
      );
    });

    it('odd types at every place of a good body, at every route and wire, as Cursor and as anybody', async () => {
      await fc.assert(
        fc.asyncProperty(
          oddBody,
          fc.constantFrom('Cursor/1.0', 'curl'),
          fc.constantFrom('m', 'rs/m', 'ms/m', 'demo/echo'),
          async ({ route, body }, agent, model) => {
            [type, answer] = ['text/event-stream', Buffer.from(wordStream('x').join(''))];
            const response = await router.post(`/v1/${route}`, { ...body, model }, { 'user-agent': agent });
            const text = await response.text();
            assert.ok(response.status !== 500, `${route} ${agent} ${model} ${JSON.stringify(body)} → ${text}`);
          },
        ),
        overSockets,
      );
    });

    it('upstream answers of any bytes and shapes, for every client', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.uint8Array().map((data) => Buffer.from(data)),
            object.map((data) => Buffer.from(JSON.stringify(data))),
            fc
              .array(object, { maxLength: 4 })
              .map((list) => Buffer.from(list.map((data) => `data: ${JSON.stringify(data)}\n\n`).join(''))),
          ),
          fc.constantFrom('text/event-stream', 'application/json', 'text/html', ''),
          fc.constantFrom('chat/completions', 'responses', 'messages'),
          fc.constantFrom('Cursor/1.0', 'curl'),
          fc.boolean(),
          async (bytes, contentType, path, agent, stream) => {
            [answer, type] = [bytes, contentType];
            const body = { model: 'm', stream, max_tokens: 5, messages: [{ role: 'user', content: 'x' }], input: 'x' };
            const response = await router.post(`/v1/${path}`, body, { 'user-agent': agent });
            await response.text();
          },
        ),
        overSockets,
      );
    });
  });
});
