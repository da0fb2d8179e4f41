/** Much of a kind: tool calls in one answer, keys in one body, answers that say nothing. Each ends at a bound or costs in proportion. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMessageEditor } from '../../../src/cursor/messageEdits';
import { MOST_CALLS } from '../../../src/wires/callBounds';
import { codecFor } from '../../../src/wires/codecs';
import { carefulTarget } from '../../support/emitTarget';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, chunk, DONE, json, sse, startUpstream, type Upstream } from '../../support/upstream';

const FLOOD = 20_000;
/** How much of a flood is sent between two looks at the memory: four before the bound. */
const LOOK_BYTES = 4 * 1024 * 1024;
const call = (n: number) => ({ index: n, id: `c${n}`, type: 'function', function: { name: 'f', arguments: '{}' } });
const calls = Array.from({ length: FLOOD }, (_, n) => call(n));
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]));

/** Milliseconds of CPU, this process's own: what else runs on the machine does not count. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** What is held counts, not what nobody holds any more. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** Resolves when there is room again, or nobody reads any more. */
async function drained(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const either = [once(response, 'drain', { signal }), once(response, 'close', { signal })];
  await Promise.race(either).finally(() => over.abort());
  await Promise.allSettled(either);
}

describe('floods', function () {
  this.timeout(240_000);
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hello')));
    router = await startRouter({
      retry: { attempts: 1 },
      backends: [{ name: 'up', baseUrl: upstream.url, default: true }],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  const asks: readonly [string, object][] = [
    ['chat/completions', { messages: [{ role: 'user', content: 'x' }] }],
    ['responses', { input: 'x' }],
    ['messages', { max_tokens: 5, messages: [{ role: 'user', content: 'x' }] }],
  ];

  it('twenty thousand tool calls in one answer end it at a bound, streamed and whole, for every client', async () => {
    const streams = [
      [chunk({ tool_calls: calls }), chunk({}, 'tool_calls'), DONE],
      [
        calls
          .slice(0, 2 * MOST_CALLS)
          .map((one) => chunk({ tool_calls: [one] }))
          .join(''),
        chunk({}, 'tool_calls'),
        DONE,
      ],
    ];
    for (const pieces of streams)
      for (const [path, body] of asks)
        for (const stream of [true, false])
          for (const agent of stream ? ['Cursor/1.0', 'curl'] : ['curl']) {
            upstream.answers = [sse(...pieces)];
            const record = router.nextRecord();
            const response = await router.post(`/v1/${path}`, { model: 'm', stream, ...body }, { 'user-agent': agent });
            await response.text();
            assert.match(
              (await record).error ?? '',
              /tool calls in one answer|not an answer/,
              `${path} ${agent} ${stream}`,
            );
          }
    upstream.answers = [
      json(
        chatCompletion(null as never, {
          choices: [
            { index: 0, message: { role: 'assistant', content: null, tool_calls: calls }, finish_reason: 'tool_calls' },
          ],
        }),
      ),
    ];
    const response = await router.post('/v1/responses', { model: 'm', input: 'x' });
    assert.equal(response.status, 502);
    await response.text();
  });

  it('as many calls as an answer may have are all read, on every wire', () => {
    const whole = chunk({ tool_calls: calls.slice(0, MOST_CALLS) }, 'tool_calls').slice('data: '.length);
    const events = codecFor('chat').createStreamParser().push({ data: whole });
    assert.equal(events.filter(({ type }) => type === 'toolCallStart').length, MOST_CALLS);
    assert.ok(events.every(({ type }) => type !== 'error'));
    for (const [wire, event] of [
      [
        'responses',
        (n: number) => ({
          type: 'response.output_item.added',
          output_index: n,
          item: { type: 'function_call', id: `i${n}`, call_id: `c${n}`, name: 'f', arguments: '' },
        }),
      ],
      [
        'messages',
        (n: number) => ({
          type: 'content_block_start',
          index: n,
          content_block: { type: 'tool_use', id: `c${n}`, name: 'f', input: {} },
        }),
      ],
    ] as const) {
      const parser = codecFor(wire).createStreamParser();
      const read = calls.slice(0, MOST_CALLS + 1).flatMap((_, n) => parser.push({ data: JSON.stringify(event(n)) }));
      assert.equal(read.filter(({ type }) => type === 'toolCallStart').length, MOST_CALLS, wire);
      assert.equal(read.at(-1)?.type, 'error', wire);
    }
  });

  it('one call in very many pieces costs in proportion to its length', () => {
    const parser = codecFor('chat').createStreamParser();
    const first = { index: 0, id: 'a', function: { name: 'f', arguments: '{"a":"' } };
    const piece = (n: number) => chunk({ tool_calls: [{ index: n, function: { arguments: 'x'.repeat(30) } }] });
    const events = [chunk({ tool_calls: [first] }), ...Array.from({ length: FLOOD }, (_, n) => piece(n + 1))];
    const data = events.map((event) => ({ data: event.slice('data: '.length) }));
    const began = cpu();
    for (const one of data) JSON.parse(one.data);
    const parsing = cpu() - began;
    const from = cpu();
    for (const one of data) parser.push(one);
    assert.ok(
      cpu() - from < 30 * Math.max(parsing, 20),
      'reading all again for each piece takes hundreds of times as long',
    );
  });

  it('floods of every kind without content end at a bound: memory and event loop as in an idle run, times a little', async () => {
    const piece = (text: string) => text.repeat(Math.ceil(65_536 / text.length));
    const data = (value: object, event = '') => `${event && `event: ${event}\n`}data: ${JSON.stringify(value)}\n\n`;
    // The smallest events cost the most; some are longer, so that the test does not.
    const long = 'x'.repeat(200);
    const floods: readonly [name: string, model: string, text: string][] = [
      ['comments', 'm', ': ping\n\n'],
      ['blank lines', 'm', '\n'],
      ['empty deltas', 'm', chunk({})],
      ['roles', 'm', chunk({ role: 'assistant', content: '' })],
      ['usage', 'm', data({ id: 'x', choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })],
      ['broken events', 'm', 'data: {"choices":[\n\n'],
      ['events of no kind', 'm', data({ hello: long }, 'unheard')],
      ['pings', 'ms/m', data({ type: 'ping', more: long }, 'ping')],
      ['message starts', 'ms/m', data({ type: 'message_start', message: { id: long } }, 'message_start')],
      ['progress', 'rs/m', data({ type: 'response.in_progress', response: { id: long } }, 'response.in_progress')],
      ['empty text', 'rs/m', data({ type: 'response.output_text.delta', output_index: 0, delta: '' })],
    ];
    await router.configure({
      retry: { attempts: 1 },
      backends: [
        { name: 'up', baseUrl: upstream.url, default: true },
        { name: 'rs', baseUrl: upstream.url, wire: 'responses' },
        { name: 'ms', baseUrl: upstream.url, wire: 'messages' },
      ],
    });
    const collectGarbage = garbageCollector();
    const used = () => {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    let look = (): void => undefined;
    async function measured(model: string): Promise<{ memory: number; delay: number; error: string | undefined }> {
      const before = used();
      let most = 0;
      look = () => {
        most = Math.max(most, used() - before);
      };
      const loop = monitorEventLoopDelay({ resolution: 10 });
      loop.enable();
      const record = router.nextRecord();
      await (
        await router.post('/v1/chat/completions', { model, stream: true, messages: [{ role: 'user', content: 'x' }] })
      ).text();
      loop.disable();
      look();
      return { memory: most, delay: loop.max / 1e6, error: (await record).error };
    }
    upstream.answers = [sse(chunk({ content: 'x' }), chunk({}, 'stop'), DONE)];
    const idle = await measured('m');
    for (const [name, model, text] of floods) {
      const flood = piece(text);
      upstream.answers = [
        async (_request, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          // Far more than any bound, unless somebody hangs up.
          for (let sent = 0, seen = 0; sent < 512 * 1024 * 1024 && !response.destroyed; sent += flood.length) {
            if (!response.write(flood)) await drained(response);
            // By bytes, not by time: each look collects garbage, on a slow machine far more often than in a fast one.
            if (sent - seen < LOOK_BYTES) continue;
            seen = sent;
            look();
          }
          response.end();
        },
      ];
      const { memory, delay, error } = await measured(model);
      const end =
        name === 'broken events' ? /more than 10,000 events that could not be read/ : /too much without an answer/;
      assert.match(error ?? '', end, `${name}: ${error}`);
      assert.ok(memory < idle.memory + 64 * 1024 * 1024, `${name}: ${Math.round(memory / 2 ** 20)} MB`);
      assert.ok(delay < 50 * Math.max(idle.delay, 100), `${name}: ${delay} ms, idle ${idle.delay} ms`);
    }
  });

  it('very many keys are refused at the top of a body, and cost in proportion within', async () => {
    const many = keys(100_000);
    const top = await router.post('/v1/chat/completions', { model: 'm', messages: [], ...many });
    assert.equal(top.status, 400);
    assert.match(await top.text(), /at most 1000 fields/);
    const bytes = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'x', ...many }] }));
    const began = cpu();
    JSON.stringify(JSON.parse(bytes.toString()));
    const reading = cpu() - began;
    const from = cpu();
    createMessageEditor(bytes, carefulTarget).edit(bytes.indexOf('['));
    assert.ok(cpu() - from < 30 * Math.max(reading, 50), `${cpu() - from} ms against ${reading} ms`);
  });
});
