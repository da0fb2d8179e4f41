/** Clients that read slowly, stop reading, leave, or send more than they should: the upstream follows, nothing is left behind. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, chunk, DONE, json, startUpstream, type Upstream } from '../../support/upstream';

const BODY = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] });
const HEAD = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${CLIENT_KEY}\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n`;
const EVENT = chunk({ content: 'x'.repeat(64 * 1024) });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: () => boolean, why: string): Promise<void> {
  for (let n = 0; n < 2_000; n++) {
    if (what()) return;
    await wait(10);
  }
  assert.fail(why);
}

describe('readers', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    router = await startRouter({ backends: [] });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  const configure = (timeouts: object = {}, more: object = {}) =>
    router.configure({
      retry: { attempts: 3 },
      ...more,
      timeouts,
      backends: [{ name: 'up', baseUrl: upstream.url, default: true }],
    });
  beforeEach(async () => {
    upstream.seen.length = 0;
    await configure();
  });

  /** As much as the router takes, at most `megabytes`; then the end. */
  const flood =
    (megabytes: number, written: { bytes: number; done: boolean }): Answer =>
    async (_request, response) => {
      let goOn = () => {};
      response.on('drain', () => goOn());
      response.on('close', () => goOn());
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      while (written.bytes < megabytes * 1024 * 1024 && !response.destroyed) {
        written.bytes += EVENT.length;
        if (!response.write(EVENT)) await new Promise<void>((resolve) => (goOn = resolve));
      }
      written.done = true;
      response.end(chunk({}, 'stop') + DONE);
    };

  it('a slow reader slows the upstream, is not timed out while it blocks, and gets everything', async () => {
    await configure({ idle: 0.3 });
    const written = { bytes: 0, done: false };
    upstream.answers = [flood(48, written)];
    const socket = net.connect(router.port, '127.0.0.1');
    socket.pause();
    socket.write(HEAD + BODY);
    await until(() => written.bytes > 0, 'nothing began');
    let before = -1;
    await until(() => {
      const still = before === written.bytes;
      before = written.bytes;
      return still;
    }, 'the upstream is not slowed');
    // Longer than the idle limit: it is our reader that is idle, not the provider.
    await wait(700);
    assert.ok(
      !written.done && written.bytes < 40 * 1024 * 1024,
      `${written.bytes} bytes were taken for a reader that reads nothing`,
    );
    let got = 0;
    let tail = '';
    socket.on('data', (data: Buffer) => {
      got += data.length;
      tail = (tail + data.toString('latin1')).slice(-200);
    });
    socket.resume();
    await until(() => tail.includes('[DONE]'), `the rest did not come: ${got} of ${written.bytes}`);
    assert.ok(got >= written.bytes);
    socket.destroy();
  });

  it('a reader that never reads again is ended by timeouts.total', async () => {
    await configure({ total: 0.5 });
    const written = { bytes: 0, done: false };
    upstream.answers = [flood(48, written)];
    const socket = net.connect(router.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    const finished = router.nextRecord();
    socket.write(HEAD + BODY);
    const record = await finished;
    assert.equal(record.errorKind, 'timeout');
    await upstream.seen[0]!.closed;
    await until(() => router.core.state.running === 0, 'still running');
    socket.destroy();
  });

  it('a reader of a finished answer may not hold it for ever', async () => {
    // The answer has to come in whole within the limit, and to be more than the sockets between hold.
    await configure({ total: 4 });
    upstream.answers = [json(chatCompletion('y'.repeat(16 * 1024 * 1024)))];
    const socket = net.connect(router.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    const body = BODY.replace('true', 'false');
    const finished = router.nextRecord();
    socket.write(HEAD.replace(/Content-Length: \d+/, `Content-Length: ${body.length}`) + body);
    assert.equal((await finished).status, 200);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    // The limit runs in this process and began earlier: it fires first however busy the machine is.
    await wait(4_200);
    socket.resume();
    await ended;
    assert.ok(socket.bytesRead < 16 * 1024 * 1024, `${socket.bytesRead}`);
  });

  const leave = (path = '/v1/chat/completions', body = BODY) => {
    const request = http.request({
      port: router.port,
      method: 'POST',
      path,
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
    });
    request.on('error', () => {});
    request.end(body);
    return request;
  };

  it('a client that leaves before the head takes the upstream with it', async () => {
    upstream.answers = [() => {}];
    const arrived = upstream.next();
    const finished = router.nextRecord();
    const request = leave();
    const seen = await arrived;
    request.destroy();
    await seen.closed;
    const record = await finished;
    assert.deepEqual([record.status, record.errorKind, record.attempts[0]!.outcome], [499, 'cancelled', 'cancelled']);
  });

  it('a client that leaves while the router waits between attempts causes no further attempt', async () => {
    upstream.answers = [json({ error: { message: 'wait' } }, 429, { 'retry-after': '5' })];
    const arrived = upstream.next();
    const request = leave();
    await arrived;
    await until(() => router.log.some((line) => line.includes('Trying again in 5')), 'no wait began');
    const finished = router.nextRecord();
    request.destroy();
    const record = await finished;
    assert.equal(record.errorKind, 'cancelled');
    assert.ok(record.ms < 4_000, 'the wait was cut short');
    assert.equal(upstream.seen.length, 1);
  });

  it('a client that leaves while it sends its body leaves nothing behind', async () => {
    const socket = net.connect(router.port, '127.0.0.1');
    socket.write(HEAD.replace(/Content-Length: \d+/, 'Content-Length: 1000') + BODY);
    await until(() => router.core.state.running === 1, 'not begun');
    socket.destroy();
    await until(() => router.core.state.running === 0, 'still running');
    assert.equal(upstream.seen.length, 0);
  });

  it('writes one record a request, however it ends', async () => {
    upstream.answers = [json({ error: { message: 'no' } }, 503), json(chatCompletion('a'))];
    const before = router.records.length;
    const response = await router.post('/v1/chat/completions', BODY.replace('true', 'false'));
    await response.text();
    upstream.answers = [() => {}];
    const arrived = upstream.next();
    const finished = router.nextRecord();
    const request = leave();
    await arrived;
    request.destroy();
    await finished;
    await wait(50);
    assert.equal(router.records.length, before + 2);
    assert.equal(new Set(router.records.map(({ id }) => id)).size, router.records.length);
  });

  it('garbage behind a running request does not land in its answer', async () => {
    upstream.answers = [
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ role: 'assistant', content: 'begun' }));
      },
    ];
    const socket = net.connect(router.port, '127.0.0.1');
    let got = '';
    socket.on('data', (data) => (got += data));
    socket.on('error', () => {});
    socket.write(HEAD + BODY);
    await until(() => got.includes('begun'), 'no answer');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('\u0001\u0002 this is not HTTP\r\n\r\n');
    await closed;
    assert.equal(got.split('HTTP/1.1').length, 2, got);
    await upstream.seen.at(-1)!.closed;
  });

  it('HEAD gets the head and no body', async () => {
    const socket = net.connect(router.port, '127.0.0.1');
    let got = '';
    socket.on('data', (data) => (got += data));
    socket.write(
      `HEAD /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${CLIENT_KEY}\r\nConnection: close\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    assert.match(got, /^HTTP\/1\.1 200/);
    assert.ok(got.endsWith('\r\n\r\n'), got);
  });

  it('a connection stays usable after refusals that left nothing unread', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (method: string, path: string, key = CLIENT_KEY) =>
      new Promise<{ status: number; port?: number }>((resolve, reject) => {
        const request = http.request(
          { agent, port: router.port, method, path, headers: { authorization: `Bearer ${key}` } },
          (response) => {
            response
              .resume()
              .on('end', () => resolve({ status: response.statusCode!, port: request.socket?.localPort }));
          },
        );
        request.on('error', reject);
        request.end();
      });
    const answers = [
      await ask('GET', '/nothing'),
      await ask('GET', '/v1/models', 'wrong'),
      await ask('DELETE', '/v1/models'),
      await ask('GET', '/v1/models'),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 401, 405, 200],
    );
    assert.equal(new Set(answers.map(({ port }) => port)).size, 1);
    agent.destroy();
  });

  it('stopping ends idle connections at once and busy ones with their answer, long before the time it would wait', async () => {
    const own = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url, default: true }] });
    let open: http.ServerResponse | undefined;
    upstream.answers = [
      (_request, response) => {
        open = response;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ role: 'assistant', content: 'begun' }));
      },
    ];
    const idle = net.connect(own.port, '127.0.0.1');
    idle.on('error', () => {});
    const response = await own.post('/v1/chat/completions', BODY);
    const begun = performance.now();
    const stopped = own.core.stop({ drainMs: 20_000 });
    await new Promise((resolve) => idle.once('close', resolve));
    open!.end(chunk({}, 'stop') + DONE);
    assert.match(await response.text(), /\[DONE\]/);
    await stopped;
    assert.ok(performance.now() - begun < 20_000 / 4);
    await own.stop();
  });

  it('an answer whose head comes while the router stops says that its connection ends', async () => {
    const own = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url, default: true }] });
    let open: http.ServerResponse | undefined;
    upstream.answers = [(_request, response) => void (open = response)];
    const asked = upstream.next();
    const idle = net.connect(own.port, '127.0.0.1');
    idle.on('error', () => {});
    const response = own.post('/v1/chat/completions', BODY.replace('true', 'false'));
    await asked;
    const stopped = own.core.stop({ drainMs: 20_000 });
    await new Promise((resolve) => idle.once('close', resolve));
    json(chatCompletion('ok'))({} as never, open!);
    assert.equal((await response).headers.get('connection'), 'close');
    await stopped;
    await own.stop();
  });
});
