/** Retry, fallback, cooldown and the record of all that, through the whole router. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { mock } from 'node:test';
import { until } from '../../support/process/harness';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import {
  type Answer,
  chatCompletion,
  chunk,
  DONE,
  json,
  sse,
  startUpstream,
  type Upstream,
  wordStream,
} from '../../support/upstream';

const HI = { messages: [{ role: 'user', content: 'hi' }] };
const error = (status: number, code: string, message = 'no', headers: Record<string, string> = {}): Answer =>
  json({ error: { message, code } }, status, headers);

describe('retries and fallbacks', () => {
  let one: Upstream;
  let two: Upstream;
  let router: TestRouter;
  let round = 0;
  before(async () => {
    one = await startUpstream();
    two = await startUpstream();
    router = await startRouter({ backends: [] });
  });
  after(async () => {
    await router.stop();
    await one.stop();
    await two.stop();
  });
  beforeEach(() => {
    one.seen.length = 0;
    two.seen.length = 0;
    two.answers = [json(chatCompletion('two'))];
  });
  const configure = (backend: object, more: object = {}, secrets?: Record<string, string>) =>
    router.configure(
      {
        ...more,
        backends: [
          // A new value each time: a changed backend starts with closed circuits.
          { name: 'one', baseUrl: one.url, query: { round: String(++round) }, ...backend },
          { name: 'two', baseUrl: two.url },
        ],
      },
      secrets,
    );
  const ask = async (model = 'one/m', body: object = HI, headers: Record<string, string> = {}) => {
    const response = await router.post('/v1/chat/completions', { model, ...body }, headers);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const state = (name: string) => router.core.state.backends.find((backend) => backend.name === name)!;

  it('tries again after each of 408, 409, 429, 500, 502, 503, 529 and serves the answer', async () => {
    for (const status of [408, 409, 429, 500, 502, 503, 529]) {
      await configure({ headers: { 'x-round': String(status) } });
      one.answers = [error(status, 'x'), json(chatCompletion('second'))];
      assert.equal((await ask()).status, 200, String(status));
      const { attempts } = router.records.at(-1)!;
      assert.deepEqual(
        attempts.map(({ outcome, status: seen }) => [outcome, seen]),
        [
          ['retried', status],
          ['ok', 200],
        ],
      );
      assert.ok(
        router.log.some(
          (line) =>
            line.startsWith('warn') &&
            line.includes(router.records.at(-1)!.id) &&
            /one\/m: .* Trying again in/.test(line),
        ),
      );
    }
  });

  it('goes to the fallback, says so in headers, record and log', async () => {
    await configure({ fallbacks: ['two/big'] });
    one.answers = [error(503, 'unavailable', 'Down for repairs.')];
    const { status, headers } = await ask();
    assert.equal(status, 200);
    assert.equal(headers.get('x-llm-router-backend'), 'two');
    assert.equal(headers.get('x-llm-router-model'), 'big');
    const record = router.records.at(-1)!;
    assert.deepEqual([record.backend, record.upstreamModel, record.error], ['two', 'big', undefined]);
    assert.deepEqual(
      record.attempts.map(({ backend, outcome }) => `${backend} ${outcome}`),
      ['one retried', 'one fellBack', 'two ok'],
    );
    assert.ok(
      router.log.some((line) => line.includes(`${record.id} one/m: Down for repairs. Falling back to two/big.`)),
      router.log.join('\n'),
    );
  });

  it('uses the model with the larger window for an input that is too long, and only then', async () => {
    await configure({ models: [{ id: 'one/m', contextFallback: 'two/large' }] });
    one.answers = [error(400, 'context_length_exceeded')];
    const { status, headers } = await ask();
    assert.equal(status, 200);
    assert.equal(headers.get('x-llm-router-model'), 'large');
    assert.equal(one.seen.length, 1, 'not tried again on the same model');
    one.answers = [error(503, 'unavailable')];
    assert.equal((await ask()).status, 503);
  });

  it('asks each of two models that name each other for long inputs once', async () => {
    await configure({
      models: [
        { id: 'one/m', contextFallback: 'one/n' },
        { id: 'one/n', contextFallback: 'one/m' },
      ],
    });
    one.answers = [error(400, 'context_length_exceeded')];
    assert.equal((await ask()).status, 400);
    assert.deepEqual(
      one.seen.map((seen) => seen.json().model),
      ['m', 'n'],
    );
  });

  it('waits no longer in all than a request may wait, however short each wait is', async () => {
    await configure({}, { retry: { attempts: 5, attemptsPerBackend: 5, waitSeconds: 0.5 } });
    one.answers = [error(429, 'rate_limit_exceeded', 'Slow down.', { 'retry-after-ms': '200' })];
    assert.equal((await ask()).status, 429);
    assert.ok(one.seen.length === 2 || one.seen.length === 3, String(one.seen.length));
  });

  it('waits for nobody: a client that leaves ends the wait', async () => {
    await configure({}, { retry: { attempts: 3, waitSeconds: 1_000 } });
    one.answers = [error(429, 'rate_limit_exceeded', 'Slow down.', { 'retry-after': '600' })];
    const finished = router.nextRecord();
    const request = http.request(`${router.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
    });
    request.on('error', () => {});
    request.end(JSON.stringify({ model: 'one/m', ...HI }));
    await until(() => router.log.some((line) => /Trying again in 600/.test(line)), 'it does not wait');
    request.destroy();
    assert.equal((await finished).errorKind, 'cancelled');
    assert.equal(one.seen.length, 1);
  });

  it('keeps its own sentence about what is no answer whole, whatever the request says', async () => {
    await configure({}, { retry: { attempts: 1 } });
    one.answers = [(_seen, response) => void response.end('<html>something that is not an answer</html>')];
    await ask('one/m', { messages: [{ role: 'user', content: 'answered with something that is not an answer' }] });
    assert.match(router.records.at(-1)!.error!, /^one answered with something that is not an answer \(/);
  });

  it('what the router itself is short of, such as a key, is no illness of the backend', async () => {
    await configure({ requireApiKey: true });
    assert.ok((await ask()).status >= 400);
    assert.deepEqual([state('one').health, one.seen.length], ['unknown', 0]);
  });

  it('a request that a recovering target cannot carry leaves the question whether it is back to the next one', async () => {
    await configure({ wire: 'messages', fallbacks: ['two/m'] }, { retry: { attempts: 3, attemptsPerBackend: 1 } });
    one.answers = [error(503, 'unavailable')];
    for (let n = 0; n < 3; n++) await ask();
    assert.equal(state('one').health, 'cooling');
    const seen = one.seen.length;
    const present = performance.now.bind(performance);
    // A minute later.
    mock.method(performance, 'now', () => present() + 60_000);
    try {
      await ask('one/m', { messages: [{ role: 'nobody', content: 'hi' }] });
      assert.equal(one.seen.length, seen, 'this one can be carried');
      await ask();
      assert.equal(one.seen.length, seen + 1);
    } finally {
      mock.restoreAll();
    }
  });

  it('tells a Retry-After that is too long to the client at once', async () => {
    await configure({});
    one.answers = [error(429, 'rate_limit_exceeded', 'Slow down.', { 'retry-after': '25' })];
    const begun = performance.now();
    const { status, headers } = await ask();
    assert.equal(status, 429);
    assert.equal(headers.get('retry-after'), '25');
    assert.equal(one.seen.length, 1);
    assert.ok(performance.now() - begun < 25_000 / 5);
  });

  it('does not route around a refusal of content, nor around a bad request', async () => {
    await configure({ fallbacks: ['two/m'] });
    for (const code of ['content_policy_violation', 'invalid_value']) {
      one.answers = [error(400, code, 'Refused.')];
      const { status, text } = await ask();
      assert.equal(status, 400);
      assert.match(text, /Refused/);
    }
    assert.equal(one.seen.length, 2);
    assert.equal(two.seen.length, 0);
  });

  it('says why when the fallback may not be used and the first target is cooling (no request left without an answer)', async () => {
    await configure(
      { fallbacks: ['two/m'] },
      { clientKeys: [{ name: 'guest', models: ['one/*'] }], retry: { attempts: 1 } },
      { 'client:guest': 'sk-guest-0123456789' },
    );
    const guest = { authorization: 'Bearer sk-guest-0123456789' };
    one.answers = [error(503, 'unavailable', 'Down.')];
    for (let n = 0; n < 3; n++) assert.ok((await ask('one/m', HI, guest)).status >= 400);
    const seen = one.seen.length;
    const { status, text } = await ask('one/m', HI, guest);
    assert.ok(status >= 400 && status < 600, String(status));
    assert.match(text, /"message":"[^"]+"/);
    assert.ok(one.seen.length - seen <= 1);
    assert.equal(two.seen.length, 0);
    await until(() => router.core.state.running === 0, 'a request still counts as running');
  });

  it('asks a cooling target once per request when there is nothing else', async () => {
    await configure({}, { retry: { attempts: 3 } });
    one.answers = [error(503, 'unavailable')];
    await ask();
    const seen = one.seen.length;
    assert.equal(seen, 3);
    await ask();
    assert.equal(one.seen.length, seen + 1);
  });

  it('a probe that is being answered lets the next one go; a request that is no probe gives back nobody else’s', async () => {
    await configure({ models: [{ id: 'both', upstream: 'm', fallbacks: ['two/m'] }] }, { retry: { attempts: 1 } });
    one.answers = [error(503, 'unavailable')];
    for (let n = 0; n < 3; n++) await ask('one/m');
    const served = async () => (await ask('both')).headers.get('x-llm-router-backend');
    assert.equal(await served(), 'two', 'it cools');
    // The cooling is over.
    const now = performance.now.bind(performance);
    performance.now = () => now() + 60_000;
    try {
      let goOn = (): void => undefined;
      let end = (): void => undefined;
      one.answers = [
        (_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          goOn = () => void response.write(chunk({ content: 'word' }));
          end = () => response.end(DONE);
        },
      ];
      const seen = one.seen.length;
      const probe = router.post('/v1/chat/completions', { ...HI, model: 'both', stream: true });
      await until(() => one.seen.length === seen + 1, 'no probe');
      assert.equal(await served(), 'two', 'one probe at a time');
      // Without a fallback a cooling target is asked all the same; its client leaves.
      const leave = new AbortController();
      const beside = router.fetch('/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ ...HI, model: 'one/m' }),
        signal: leave.signal,
      });
      const first = { goOn, end };
      await until(() => one.seen.length === seen + 2, 'not asked');
      leave.abort();
      await assert.rejects(beside);
      await until(() => router.core.state.running === 1, 'the request that was left still runs');
      assert.equal(await served(), 'two', 'the probe is still on its way');
      first.goOn();
      const answer = await probe;
      one.answers = [json(chatCompletion('fine'))];
      assert.equal(await served(), 'one', 'the probe is being answered');
      first.end();
      await answer.text();
    } finally {
      performance.now = now;
    }
  });

  it('a probe that was being answered and is left gives back nobody else’s', async () => {
    await configure({ models: [{ id: 'both', upstream: 'm', fallbacks: ['two/m'] }] }, { retry: { attempts: 1 } });
    one.answers = [error(503, 'unavailable')];
    for (let n = 0; n < 3; n++) await ask('one/m');
    const now = performance.now.bind(performance);
    performance.now = () => now() + 60_000;
    try {
      const starts: (() => void)[] = [];
      one.answers = [
        (_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          starts.push(() => void response.write(chunk({ content: 'word' })));
        },
      ];
      const leave = [new AbortController(), new AbortController()];
      const probe = (at: number) =>
        router.fetch('/v1/chat/completions', {
          method: 'POST',
          body: JSON.stringify({ ...HI, model: 'both', stream: true }),
          signal: leave[at]!.signal,
        });
      const first = probe(0);
      await until(() => starts.length === 1, 'no probe');
      starts[0]!();
      const answer = await first;
      const second = probe(1);
      await until(() => starts.length === 2, 'no second probe');
      leave[0]!.abort();
      await assert.rejects(answer.text());
      await until(() => router.core.state.running === 1, 'the request that was left still runs');
      assert.equal((await ask('both')).headers.get('x-llm-router-backend'), 'two', 'the second is on its way');
      leave[1]!.abort();
      await assert.rejects(second);
    } finally {
      performance.now = now;
    }
  });

  it('shows the health of a backend truthfully, and forgets it with a new key', async () => {
    await configure({}, { retry: { attempts: 1 } });
    assert.equal(state('one').health, 'unknown');
    one.answers = [json(chatCompletion('fine'))];
    await ask();
    assert.equal(state('one').health, 'ok');
    one.answers = [error(400, 'invalid_value', 'Your mistake.')];
    await ask();
    assert.equal(state('one').health, 'ok', 'a client’s mistake is no illness of the backend');
    one.answers = [error(401, 'invalid_api_key', 'Wrong key.')];
    await ask();
    assert.deepEqual([state('one').health, state('one').lastError], ['failing', 'Wrong key.']);
    one.answers = [error(503, 'unavailable', 'Down.')];
    for (let n = 0; n < 3; n++) await ask();
    assert.deepEqual([state('one').health, state('one').lastError], ['cooling', 'Down.']);
    assert.ok(state('one').coolingUntil! > Date.now());
    assert.equal(state('two').health, 'unknown');
    await configure({}, { retry: { attempts: 1 } }, { one: 'sk-another-key-1234' });
    assert.equal(state('one').health, 'unknown');
  });

  it('counts an attempt that the client abandoned neither for nor against the target', async () => {
    await configure({ fallbacks: ['two/m'] }, { retry: { attempts: 1 } });
    one.answers = [() => {}];
    const leaving = new AbortController();
    const arrived = one.next();
    const asked = fetch(`${router.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-test-client-key-0123456789abcdef' },
      body: JSON.stringify({ model: 'one/m', ...HI }),
      signal: leaving.signal,
    }).catch(() => {});
    const seen = await arrived;
    const finished = router.nextRecord();
    leaving.abort();
    await Promise.all([asked, seen.closed]);
    assert.equal((await finished).attempts[0]!.outcome, 'cancelled');
    assert.equal(state('one').health, 'unknown');
  });

  it('masks a provider key that the provider repeats, whatever its form', async () => {
    await configure({}, { retry: { attempts: 1 } }, { one: 'Sesame!Open+2026' });
    one.answers = [error(401, 'invalid_api_key', 'The key Sesame!Open+2026 is unknown.')];
    const { text } = await ask();
    assert.match(text, /The key \[hidden\] is unknown/);
    assert.ok(!router.log.join('\n').includes('Sesame!Open'));
    assert.ok(!JSON.stringify(router.records.at(-1)).includes('Sesame!Open'));
  });

  it('logs one line a failure, whatever line breaks a provider or a client puts into names', async () => {
    await configure({}, { retry: { attempts: 1 } });
    one.answers = [error(500, 'x', 'first\nsecond\r\n\u2028third')];
    const before = router.log.length;
    await ask('one/m\nerror forged line');
    assert.equal(router.log.slice(before).filter((line) => /[\n\r\u2028]/.test(line)).length, 0);
    assert.equal(router.log.length, before + 1);
  });

  it('a model name never becomes another address', async () => {
    await configure({});
    one.answers = [json(chatCompletion('x'))];
    for (const name of [
      'http://evil.example/',
      '../../admin',
      '@evil.example',
      '//evil.example',
      'x?y#z',
      '%2e%2e',
      'a\u0000b',
    ])
      await ask(`one/${name}`);
    assert.deepEqual([...new Set(one.seen.map(({ path }) => path.split('?')[0]))], ['/v1/chat/completions']);
  });

  it('tells the router’s own trouble with a broken body as a 400, quoting nothing of it', async () => {
    const response = await router.post(
      '/v1/chat/completions',
      '{"model":"demo/echo","messages":[{"role":"user","content":"TOP SECRET \\x"}]}',
    );
    assert.equal(response.status, 400);
    assert.ok(!(await response.text()).includes('TOP SECRET'));
    assert.ok(!router.log.join('\n').includes('TOP SECRET'));
  });

  it('counts every byte of an answer in the record', async () => {
    await configure({});
    for (const stream of [true, false]) {
      one.answers = [stream ? sse(...wordStream('a', 'b')) : json(chatCompletion('whole'))];
      const { text } = await ask('one/m', { ...HI, stream });
      assert.equal(router.records.at(-1)!.bytesOut, Buffer.byteLength(text));
    }
  });
});
