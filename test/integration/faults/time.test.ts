/**
 * Every time limit on its own, with small values: a request ends by the limit that is set low and by no other. Compared are
 * the limits with each other (all others are far away), never milliseconds with a constant.
 */
import assert from 'node:assert/strict';
import net from 'node:net';
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

/** Seconds. Far limits are this many times the near one; nobody waits for them, so they are as far as a busy machine needs. */
const NEAR = 0.25;
const FAR = NEAR * 120;
const ASK = { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] };

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const silent: Answer = () => {};
const headOnly: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
};
const stalls: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk({ role: 'assistant', content: 'one' }));
};
/** Says a word again and again, never ends. */
const endless: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(chunk({ content: 'on and ' })), (NEAR * 1_000) / 10);
  response.on('close', () => clearInterval(timer));
};
/** Comments keep the line busy, content never comes. */
const commentsOnly: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(': thinking\n\n'), (NEAR * 1_000) / 10);
  response.on('close', () => clearInterval(timer));
};

describe('time limits', () => {
  let upstream: Upstream;
  let spare: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    spare = await startUpstream(sse(...wordStream('spare')));
    router = await startRouter({ backends: [] }, {}, {}, { pingMs: 60, spaceAfterMs: 120 });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
    await spare.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
    spare.seen.length = 0;
  });

  const far = { connect: FAR, firstByte: FAR, firstContent: FAR, idle: FAR, total: FAR, headHold: FAR };
  async function ask(timeouts: object, body: object = ASK, more: object = {}) {
    await router.configure({
      retry: { attemptsPerBackend: 1 },
      backends: [
        { name: 'up', baseUrl: upstream.url, default: true, timeouts: { ...far, ...timeouts }, ...more },
        { name: 'spare', baseUrl: spare.url },
      ],
    });
    const begun = performance.now();
    const response = await router.post('/v1/chat/completions', body);
    const text = await response.text();
    return { status: response.status, text, seconds: (performance.now() - begun) / 1_000, response };
  }
  const byTheNearLimit = (seconds: number) => {
    assert.ok(seconds >= NEAR * 0.9, `after ${seconds} s: too early`);
    assert.ok(seconds < FAR / 2, `after ${seconds} s: another limit`);
  };

  const silences: [string, Answer, object, RegExp][] = [
    ['firstByte', silent, { firstByte: NEAR }, /did not answer within/],
    ['firstContent behind a head', headOnly, { firstContent: NEAR }, /sent no content within/],
    ['firstContent behind comments', commentsOnly, { firstContent: NEAR }, /sent no content within/],
    ['idle before content', headOnly, { idle: NEAR }, /sent nothing more within/],
    ['total', silent, { total: NEAR }, /did not finish within/],
  ];
  for (const [name, answer, timeouts, message] of silences) {
    it(`${name} ends a silent upstream with a 504 and lets it go`, async () => {
      upstream.answers = [answer];
      const { status, text, seconds } = await ask(timeouts);
      assert.equal(status, 504);
      assert.match(text, message);
      byTheNearLimit(seconds);
      await upstream.seen[0]!.closed;
      assert.equal(router.records.at(-1)!.errorKind, 'timeout');
    });
  }

  const endings: [string, Answer, object, RegExp][] = [
    ['idle', stalls, { idle: NEAR }, /sent nothing more within/],
    ['total', endless, { total: NEAR * 2 }, /did not finish within/],
  ];
  for (const [name, answer, timeouts, message] of endings) {
    it(`${name} ends a stream after content with an error in it`, async () => {
      upstream.answers = [answer];
      const { status, text, seconds } = await ask(timeouts);
      assert.equal(status, 200);
      assert.match(text, message);
      assert.ok(!text.includes(DONE));
      byTheNearLimit(seconds);
      await upstream.seen[0]!.closed;
    });
  }

  it('connect covers a proxy that accepts and says nothing', async () => {
    const held: net.Socket[] = [];
    const mute = net.createServer((socket) => void held.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const own = await startRouter(
      { backends: [] },
      {},
      { HTTP_PROXY: `http://127.0.0.1:${(mute.address() as net.AddressInfo).port}` },
    );
    try {
      await own.configure({
        retry: { attempts: 1 },
        backends: [{ name: 'up', baseUrl: 'http://provider.example', timeouts: { ...far, connect: NEAR } }],
      });
      const begun = performance.now();
      const response = await own.post('/v1/chat/completions', ASK);
      assert.match(await response.text(), /up could not be reached within/);
      byTheNearLimit((performance.now() - begun) / 1_000);
    } finally {
      await own.stop();
      for (const socket of held) socket.destroy();
      mute.close();
    }
  });

  it('no limit (0) waits', async () => {
    upstream.answers = [
      (request, response) => void setTimeout(() => sse(...wordStream('late'))(request, response), NEAR * 2_000),
    ];
    const { status } = await ask({ firstByte: 0, firstContent: 0, idle: 0, total: 0, headHold: NEAR });
    assert.equal(status, 200);
  });

  it('fallbackAfter leaves a silent target for the fallback long before its own limits', async () => {
    upstream.answers = [headOnly];
    const { text, seconds, response } = await ask({ fallbackAfter: NEAR }, ASK, { fallbacks: ['spare/m'] });
    assert.match(text, /spare/);
    assert.equal(response.headers.get('x-llm-router-backend'), 'spare');
    byTheNearLimit(seconds);
    await upstream.seen[0]!.closed;
  });

  it('fallbackAfter gives a whole answer more time than the first word of a stream', async () => {
    upstream.answers = [
      (request, response) => void setTimeout(() => json(chatCompletion('slow'))(request, response), 1_500),
    ];
    // Between the two limits, a second and four, with room on the far side: a busy machine makes an answer late, never early.
    const { text } = await ask({ fallbackAfter: 1 }, { ...ASK, stream: false }, { fallbacks: ['spare/m'] });
    assert.match(text, /slow/);
    assert.equal(spare.seen.length, 0);
  });

  it('total covers all attempts together and begins none it has no time for', async () => {
    upstream.answers = [json({ error: { message: 'no' } }, 503)];
    await router.configure({
      retry: { attemptsPerBackend: 10, attempts: 30, waitSeconds: 60 },
      backends: [{ name: 'up', baseUrl: upstream.url, timeouts: { ...far, total: 1 } }],
    });
    const begun = performance.now();
    const response = await router.post('/v1/chat/completions', ASK);
    assert.equal(response.status, 503, 'the true reason, not the lack of time');
    assert.ok((performance.now() - begun) / 1_000 < FAR / 2);
    assert.ok(upstream.seen.length < 10);
  });

  it('headHold of the backend lets the head of a slow stream go, and comments keep it alive', async () => {
    upstream.answers = [
      (request, response) => void setTimeout(() => sse(...wordStream('late'))(request, response), 500),
    ];
    await router.configure({ backends: [{ name: 'up', baseUrl: upstream.url, timeouts: { ...far, headHold: 0.03 } }] });
    const begun = performance.now();
    const response = await router.post('/v1/chat/completions', ASK);
    const head = performance.now() - begun;
    const text = await response.text();
    const whole = performance.now() - begun;
    assert.ok(head < whole / 2, `${head} of ${whole} ms`);
    assert.ok(text.split('\n\n').filter((event) => event.startsWith(': waiting')).length >= 2, text);
    assert.match(text, /: .*x-llm-router-backend=up/);
    assert.match(text, /late/);
    assert.match(text, /\[DONE\]/);
  });

  it('spaces keep a whole answer alive, and it stays valid JSON', async () => {
    upstream.answers = [
      (request, response) => void setTimeout(() => json(chatCompletion('late'))(request, response), 600),
    ];
    const { status, text, response } = await ask({}, { ...ASK, stream: false });
    assert.equal(status, 200);
    assert.match(text, /^ {2,}\{/);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.equal((JSON.parse(text) as { model: string }).model, 'up-model');
    assert.equal(router.records.at(-1)!.bytesOut, Buffer.byteLength(text));
  });

  it('an error behind spaces travels in the 200 and is valid JSON', async () => {
    upstream.answers = [
      (request, response) =>
        void setTimeout(() => json({ error: { message: 'Too late.' } }, 500)(request, response), 400),
    ];
    const { status, text } = await ask({}, { ...ASK, stream: false });
    assert.equal(status, 200);
    assert.match(text, /^ +\{/);
    assert.equal((JSON.parse(text) as { error: { message: string } }).error.message, 'Too late.');
    const record = router.records.at(-1)!;
    assert.deepEqual([record.status, record.upstreamStatus, record.error], [200, 500, 'Too late.']);
  });

  it('a body that does not arrive is a 408', async () => {
    const own = await startRouter({ backends: [] }, {}, {}, { bodyMs: NEAR * 1_000 });
    const socket = net.connect(own.port, '127.0.0.1');
    let got = '';
    socket.on('data', (data) => (got += data));
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${CLIENT_KEY}\r\nContent-Length: 50\r\n\r\n{"model":`,
    );
    try {
      while (!got.includes('\r\n\r\n')) await wait(20);
      assert.match(got, /^HTTP\/1\.1 408/);
      assert.match(got, /did not arrive in time/);
      assert.match(got, /connection: close/i);
    } finally {
      socket.destroy();
      await own.stop();
    }
  });
});
