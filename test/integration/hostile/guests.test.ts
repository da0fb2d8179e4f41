/** What a guest's key and a provider may not do (issue 18). */
import assert from 'node:assert/strict';
import net from 'node:net';
import { createBodyBudget } from '../../../src/server/body';
import { startRouter, type TestRouter } from '../../support/router';
import {
  type Answer,
  chatCompletion,
  chunk,
  json,
  sse,
  startUpstream,
  type Upstream,
  usageChunk,
} from '../../support/upstream';

const GUEST = 'sk-guest-0123456789abcdef';
const AS_GUEST = { authorization: `Bearer ${GUEST}` };
const ask = (more: object = {}) => ({ model: 'up/a', messages: [{ role: 'user', content: 'hi' }], ...more });

describe('a guest, a provider', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hello')));
    router = await startRouter({ backends: [] }, { 'client:guest': GUEST });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.answers = [json(chatCompletion('hello'))];
    upstream.seen.length = 0;
    router.records.length = 0;
  });
  const configure = (guest: object) =>
    router.configure({
      backends: [
        {
          name: 'up',
          baseUrl: upstream.url,
          models: ['a', 'b'].map((id) => ({ id: `up/${id}`, upstream: id, price: { input: 10, output: 1_000 } })),
        },
      ],
      retry: { attempts: 1 },
      clientKeys: [{ name: 'guest', ...guest }],
    });
  const post = (body: object) => router.post('/v1/chat/completions', body, AS_GUEST);

  it('a name of more than 256 characters is refused at once, and stands in no record whole', async () => {
    await configure({ models: ['up/*-mini-*'] });
    const response = await post(ask({ model: `up/${'-mini-'.repeat(60_000)}` }));
    assert.equal(response.status, 400);
    assert.match(await response.text(), /at most 256 characters/);
    assert.equal(upstream.seen.length, 0);
    assert.ok(router.records[0]!.askedModel.length <= 500);
  });

  it('routing fields of a limited key are not sent; a free key keeps them', async () => {
    await configure({ models: ['up/a'] });
    const providerOptions = { gateway: { models: ['b'] } };
    const more = { fallbacks: ['b'], mock_testing_fallbacks: true, models: ['b'], route: 'fallback', providerOptions };
    assert.equal((await post(ask(more))).status, 200);
    assert.deepEqual(Object.keys(upstream.seen[0]!.json()).sort(), ['messages', 'model']);
    assert.equal((await post(ask({ MODEL: 'b' }))).status, 400);
    await (await router.post('/v1/chat/completions', ask(more))).text();
    assert.deepEqual(upstream.seen[1]!.json().fallbacks, ['b']);
  });

  it('a budget is held by the largest limit and by every answer, and that limit alone is sent', async () => {
    await configure({ budget: { day: 1 } });
    // 20,000 tokens at $1,000 a million are $20.
    const over = await post(ask({ max_completion_tokens: 1, max_tokens: 20_000 }));
    assert.equal(over.status, 402);
    assert.equal((await post(ask({ max_tokens: 300, n: 4 }))).status, 402);
    assert.equal(upstream.seen.length, 0);
    assert.equal((await post(ask({ max_completion_tokens: 1, max_tokens: 300 }))).status, 200);
    const { max_tokens, max_completion_tokens } = upstream.seen[0]!.json();
    assert.deepEqual([max_tokens, max_completion_tokens], [300, undefined]);
  });

  it("a provider's numbers give nothing back", async () => {
    await configure({ budget: { day: 1 } });
    upstream.answers = [
      json(chatCompletion('x', { usage: { prompt_tokens: -1e9, completion_tokens: -5, total_tokens: -1e9 } })),
    ];
    await (await post(ask({ max_tokens: 10 }))).text();
    assert.ok((router.records[0]!.cost ?? 0) >= 0);
    assert.ok(router.records[0]!.usage!.input >= 0);
  });

  /** Asks, leaves as soon as `left` resolves, and gives the record. */
  async function abort(body: object, left: () => Promise<unknown>) {
    const record = router.nextRecord();
    const controller = new AbortController();
    const asked = router.fetch('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { ...AS_GUEST, 'content-type': 'application/json' },
      signal: controller.signal,
    });
    const read = asked.then((response) => response.text()).catch(() => {});
    await left();
    controller.abort();
    await read;
    return record;
  }

  it('a whole answer that is aborted is settled at its reserve, marked as an estimate', async () => {
    await configure({ budget: { day: 1 } });
    upstream.answers = [() => {}];
    const seen = upstream.next();
    const record = await abort(ask({ max_tokens: 500 }), () => seen);
    assert.equal(record.usage?.output, 500);
    assert.equal(record.usage?.estimated, true);
    assert.ok(record.cost! >= 0.5);
    assert.equal((await post(ask({ max_tokens: 600 }))).status, 402);
  });

  it('an aborted stream is settled at its input and what came', async () => {
    await configure({ budget: { day: 5 } });
    let arrived = () => {};
    const came = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const answer: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // The first numbers of a stream are not its last: one token is not what it wrote.
      response.write(usageChunk(9, 1));
      response.write(chunk({ content: 'word '.repeat(80) }), () => arrived());
    };
    upstream.answers = [answer];
    const record = await abort(ask({ stream: true, max_tokens: 500 }), async () => {
      await came;
      // Until the router has read it: its record tells the first content.
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    assert.equal(record.usage?.output, 100);
    assert.ok(record.usage!.input > 0);
    assert.equal(record.usage?.estimated, true);
  });

  it('a budget holds against any mix of parallel, aborted, failed and strange requests', async () => {
    const price = { input: 10, output: 1_000 };
    const streams = 4;
    await router.configure(
      {
        backends: [{ name: 'up', baseUrl: upstream.url, models: [{ id: 'up/a', upstream: 'a', price }] }],
        retry: { attempts: 1 },
        clientKeys: [{ name: 'mixed', budget: { total: 1 }, maxStreams: streams }],
      },
      { 'client:mixed': GUEST },
    );
    // Of every answer at most 300 tokens are written or told: $0.30.
    const usage = { prompt_tokens: 10, completion_tokens: 300, total_tokens: 310 };
    const answers: Answer[] = [
      json(chatCompletion('x', { usage })),
      json(chatCompletion('x', { usage: { prompt_tokens: -1e9, completion_tokens: Number.MAX_VALUE } })),
      json({ error: { message: 'no' } }, 500),
      sse(chunk({ content: 'word '.repeat(100) })),
      sse(chunk({ content: 'x' }), usageChunk(10, 300), chunk({}, 'stop')),
      () => {},
    ];
    const limits = [
      { max_tokens: 100 },
      { max_completion_tokens: 1, max_tokens: 100 },
      { max_tokens: '100', n: 2 },
      {},
    ];
    // Each request meets the answer of its turn, whatever runs beside it.
    upstream.answers = [
      (seen, response) => {
        const [first] = seen.json().messages as { content: string }[];
        return answers[Number(first?.content) % answers.length]!(seen, response);
      },
    ];
    let n = 0;
    async function one(): Promise<void> {
      const turn = n++;
      const messages = [{ role: 'user', content: String(turn) }];
      const body = JSON.stringify(ask({ messages, stream: turn % 2 === 0, ...limits[turn % limits.length] }));
      const signal = AbortSignal.timeout(turn % answers.length === 5 ? 150 : 5_000);
      await router
        .fetch('/v1/chat/completions', { method: 'POST', body, headers: AS_GUEST, signal })
        .then((response) => response.text())
        .catch(() => {});
    }
    for (let wave = 0; wave < 12; wave++) await Promise.all([one(), one(), one(), one(), one(), one()]);
    const booked = router.records.reduce((sum, { cost = 0 }) => sum + cost, 0);
    // Bounded numbers of a provider that lies count as what the request may have written at most.
    const dearest = Math.max(...router.records.map(({ cost = 0 }) => cost));
    assert.ok(booked > 0.5 && booked <= 1 + streams * dearest, `$${booked}, dearest $${dearest}`);
    assert.equal((await post(ask({ max_tokens: 1_000 }))).status, 402);
  });

  it('hidden thinking of an aborted stream is paid by the time it took, within what was held', async () => {
    await configure({ budget: { day: 5 } });
    const thinks = [{ id: 'up/a', upstream: 'gpt-5.2', wire: 'chat' as const, price: { input: 10, output: 1_000 } }];
    await router.configure({
      backends: [{ name: 'up', baseUrl: upstream.url, models: thinks }],
      clientKeys: [{ name: 'guest', budget: { day: 5 } }],
    });
    upstream.answers = [() => {}];
    const seen = upstream.next();
    const record = await abort(ask({ stream: true, max_tokens: 500 }), async () => {
      await seen;
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    assert.ok(record.usage!.output >= 12 && record.usage!.output <= 500, `${record.usage?.output}`);
  });

  it('a dearer tier is not for a key with limits, in the body or in the name', async () => {
    await configure({ budget: { day: 5 } });
    assert.equal((await post(ask({ service_tier: 'priority' }))).status, 400);
    assert.equal((await post(ask({ background: true }))).status, 400);
    const named = await router.post('/v1/chat/completions', ask({ model: 'up/a[fast=true]' }), {
      ...AS_GUEST,
      'user-agent': 'Cursor/1.0',
    });
    assert.equal(named.status, 400);
    assert.match(await named.text(), /fast tier/);
    assert.equal(upstream.seen.length, 0);
  });

  it('each text of a list to complete is an answer, and is held', async () => {
    await configure({ budget: { day: 1 } });
    const complete = (prompt: unknown) =>
      router.post('/v1/completions', { model: 'up/a', prompt, max_tokens: 300 }, AS_GUEST);
    assert.equal((await complete(['x', 'x', 'x', 'x'])).status, 402);
    assert.equal(upstream.seen.length, 0);
    assert.equal((await complete([11, 12, 13, 14])).status, 200);
  });

  it('what a limit rests on stands once in a request, and a tier is read in any letters', async () => {
    await configure({ budget: { day: 1 } });
    const raw = (fields: string) =>
      router.post('/v1/chat/completions', `{"model":"up/a",${fields},"messages":[]}`, AS_GUEST);
    for (const fields of ['"n":9999,"n":1', '"service_tier":"priority","service_tier":"auto"']) {
      const refused = await raw(fields);
      assert.equal(refused.status, 400);
      assert.match(await refused.text(), /twice/);
    }
    assert.equal((await post(ask({ service_tier: 'Priority' }))).status, 400);
    assert.equal(upstream.seen.length, 0);
  });

  it('counting tokens stays within the limits of a key', async () => {
    // A name of its own: what other tests asked in this minute counts for theirs.
    await router.configure(
      {
        backends: [{ name: 'up', baseUrl: upstream.url }],
        clientKeys: [{ name: 'counter', requestsPerMinute: 2, maxStreams: 1 }],
      },
      { 'client:counter': GUEST },
    );
    const count = () => router.post('/v1/messages/count_tokens', ask(), AS_GUEST);
    const answers = [await count(), await count(), await count()];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 429],
    );
    assert.equal((await post(ask())).status, 429, 'they count as requests');
  });

  it('a redirect of a provider is not followed: neither key nor prompt goes where it points', async () => {
    const elsewhere = await startUpstream(json(chatCompletion('caught')));
    await router.configure({
      backends: [{ name: 'up', baseUrl: upstream.url, models: [{ id: 'up/a', upstream: 'a' }] }],
      retry: { attempts: 1 },
    });
    for (const status of [301, 302, 303, 307, 308]) {
      upstream.answers = [json({}, status, { location: `${elsewhere.url}/v1/chat/completions` })];
      const answer = await router.post('/v1/chat/completions', ask());
      assert.ok(answer.status >= 400, String(status));
      await answer.text();
    }
    assert.equal(elsewhere.seen.length, 0);
    await elsewhere.stop();
  });

  it('what the provider refused costs nothing', async () => {
    await configure({ budget: { day: 100 } });
    upstream.answers = [json({ error: { message: 'no' } }, 400)];
    assert.equal((await post(ask({ max_tokens: 500 }))).status, 400);
    assert.equal(router.records[0]!.cost, undefined);
  });

  it('the limit of running requests counts before a body is read', async () => {
    await configure({ maxStreams: 1 });
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${GUEST}\r\nContent-Length: 1000\r\n\r\n{`;
    const socket = net.connect(router.port, '127.0.0.1', () => socket.write(head));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const second = await post(ask());
    assert.equal(second.status, 429);
    assert.match(await second.text(), /1 requests at the same time/);
    const own = await router.post('/v1/chat/completions', ask());
    assert.equal(own.status, 200, 'the owner is served');
    await own.text();
    const gone = new Promise((resolve) => socket.on('close', resolve));
    socket.destroy();
    await gone;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await post(ask())).status, 200, 'the place is free again');
  });

  it('/models shows a limited key its own models alone', async () => {
    await configure({ models: ['up/a'] });
    const list = await (await router.fetch('/v1/models', { headers: AS_GUEST })).json();
    assert.deepEqual(
      (list as { data: { id: string }[] }).data.map(({ id }) => id),
      ['up/a'],
    );
    assert.equal((await router.fetch('/v1/models/up/b', { headers: AS_GUEST })).status, 404);
    assert.equal((await router.fetch('/v1/models/up/b')).status, 200);
  });

  it('no page may read the proof of /health', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const response = await fetch(`${router.url}/health?nonce=1`, { method });
      assert.equal(response.headers.get('access-control-allow-origin'), null);
      await response.text();
    }
  });

  it('comments without end are cut before they fill the memory', async () => {
    await configure({});
    const comment = `:${'x'.repeat(1024 * 1024)}\n\n`;
    upstream.answers = [sse(...Array.from({ length: 40 }, () => comment), chunk({ content: 'late' }, 'stop'))];
    const response = await post(ask({ stream: true }));
    assert.equal(response.status, 502);
    assert.match(await response.text(), /too much without an answer/);
  });

  it('a body that does not move gives its place back early', async () => {
    const bodies = createBodyBudget(20);
    const { PassThrough } = await import('node:stream');
    const request = Object.assign(new PassThrough(), { headers: {} });
    request.write('{');
    const read = await bodies.read(request as never, { bodyMb: 1, totalBodyMb: 1 }, 600_000);
    assert.equal(!read.ok && read.status, 408);
    assert.equal(bodies.held, 0);
  });
});
