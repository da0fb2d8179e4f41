/** The door: hosts, keys, limits, CORS, health. Written for the public internet. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { quietPort } from '../../support/quietPort';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

/** One raw HTTP/1.1 exchange; resolves with everything the server sent. */
function raw(port: number, text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.on('data', (data) => (got += data.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(got));
  });
}

function request(
  port: number,
  options: http.RequestOptions,
  body?: string,
): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ port, host: '127.0.0.1', ...options }, (response) => {
      let text = '';
      response.on('data', (data) => (text += data));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('door', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hello')));
    router = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url }], limits: { bodyMb: 0.01 } });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  it('accepts the key in each of its three headers and nothing else', async () => {
    const ask = (headers: http.OutgoingHttpHeaders) => request(router.port, { path: '/v1/models', headers });
    assert.equal((await ask({ authorization: `Bearer ${CLIENT_KEY}` })).status, 200);
    assert.equal((await ask({ 'x-api-key': CLIENT_KEY })).status, 200);
    assert.equal((await ask({ 'api-key': CLIENT_KEY })).status, 200);
    assert.equal((await ask({})).status, 401);
    assert.equal((await ask({ authorization: CLIENT_KEY })).status, 401);
    assert.equal((await ask({ authorization: `Bearer ${CLIENT_KEY}x` })).status, 401);
    assert.equal((await request(router.port, { path: `/v1/models?key=${CLIENT_KEY}` })).status, 401);
  });

  it('keeps an idle connection longer than tunnels and web servers do, which would lose a request on it', async () => {
    const { headers } = await router.fetch('/health');
    assert.ok(
      Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1]) > 120,
      headers.get('keep-alive') ?? 'none',
    );
  });

  it('refuses a wrong key before the body is read, in the shape of the API', async () => {
    const answer = await raw(
      router.port,
      `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: wrong\r\nContent-Length: 100000000\r\n\r\n{`,
    );
    assert.match(answer, /^HTTP\/1\.1 401/);
    assert.match(answer, /"type":"error"/);
    assert.match(answer, /connection: close/i);
    // Else Claude Code asks on for minutes.
    assert.match(answer, /x-should-retry: false/i);
  });

  it('answers OPTIONS on every path without a key', async () => {
    const answer = await request(router.port, {
      method: 'OPTIONS',
      path: '/anything/at/all',
      headers: { 'access-control-request-headers': 'authorization' },
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['access-control-allow-credentials'], undefined);
  });

  it('a page may read answers; who asks from elsewhere is told nothing of pages', async () => {
    const from = async (headers: Record<string, string>) =>
      (await request(router.port, { path: '/v1/models', headers })).headers['access-control-allow-origin'];
    assert.equal(await from({ origin: 'https://page.example' }), '*');
    assert.equal(await from({}), undefined);
  });

  it('proves on health with the install secret who answers: nonce, port and door, and says nothing else', async () => {
    const nonce = '0123456789abcdef'.repeat(2);
    const prove = (text: string) => createHmac('sha256', 'test-secret').update(text).digest('hex');
    const answer = await request(router.port, { path: `/cursor/v1/health?nonce=${nonce}` });
    assert.deepEqual(JSON.parse(answer.text), {
      ok: true,
      hmac: prove(`health:${nonce}:loopback:${router.port}`),
    });
  });

  it('signs no question of another form', async () => {
    for (const nonce of ['', 'abc', 'A'.repeat(32), '0'.repeat(33), `${'0'.repeat(31)}:`]) {
      const answer = await request(router.port, { path: `/health?nonce=${encodeURIComponent(nonce)}` });
      assert.deepEqual(JSON.parse(answer.text), { ok: true }, nonce);
    }
  });

  it('refuses foreign hosts (DNS rebinding), with and without a key', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
      const answer = await request(router.port, {
        path: '/v1/models',
        headers: { host, authorization: `Bearer ${CLIENT_KEY}` },
      });
      assert.equal(answer.status, 403, host);
    }
    assert.match(
      await raw(
        router.port,
        `GET /v1/models HTTP/1.1\r\nAuthorization: Bearer ${CLIENT_KEY}\r\nConnection: close\r\n\r\n`,
      ),
      /^HTTP\/1\.1 403/,
    );
    assert.equal(
      (
        await request(router.port, {
          path: '/v1/models',
          headers: { host: `[::1]:${router.port}`, authorization: `Bearer ${CLIENT_KEY}` },
        })
      ).status,
      200,
    );
  });

  it('refuses a body that is too large: announced, counted and chunked', async () => {
    const headers = { authorization: `Bearer ${CLIENT_KEY}` };
    const big = 'x'.repeat(20_000);
    assert.equal(
      (
        await request(
          router.port,
          { method: 'POST', path: '/v1/chat/completions', headers: { ...headers, 'content-length': big.length } },
          big,
        )
      ).status,
      413,
    );
    assert.equal(
      (
        await request(
          router.port,
          { method: 'POST', path: '/v1/chat/completions', headers: { ...headers, 'transfer-encoding': 'chunked' } },
          big,
        )
      ).status,
      413,
    );
  });

  it('who asks before it sends a body that is too large is refused, and not told to send it first', async () => {
    const asks = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${CLIENT_KEY}\r\n`;
    const got = await raw(router.port, `${asks}Expect: 100-continue\r\nContent-Length: 20000\r\n\r\n`);
    assert.match(got, /^HTTP\/1\.1 413/);
  });

  it('survives what is not HTTP, and smuggling shapes', async () => {
    assert.match(await raw(router.port, 'NOT HTTP AT ALL\r\n\r\n'), /^HTTP\/1\.1 400/);
    const both = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    assert.match(await raw(router.port, both), /^HTTP\/1\.1 400/);
    assert.match(
      await raw(router.port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431/,
    );
    assert.equal(
      (await request(router.port, { path: '/v1/models', headers: { authorization: `Bearer ${CLIENT_KEY}` } })).status,
      200,
    );
  });

  it('stays where it is when the settings name the port in use', async () => {
    const own = await startRouter({ backends: [] });
    try {
      const running = {
        port: own.port,
        tunnel: { provider: 'none' },
        backends: [{ name: 'up', baseUrl: upstream.url }],
      };
      const secrets = { 'client:main': CLIENT_KEY };
      assert.ok((await own.core.push({ settings: running, secrets, network: {}, changedAt: 1 })).applied);
      assert.equal(own.core.state.port, own.port);
      assert.equal((await own.fetch('/v1/models')).status, 200);
    } finally {
      await own.stop();
    }
  });

  it('says no more that a port is taken when the settings name the one in use', async () => {
    const taken = net.createServer().listen(await quietPort(), '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const own = await startRouter({ port, backends: [] });
    try {
      assert.match(own.core.state.notice ?? '', new RegExp(`Port ${port} is taken`));
      assert.equal(own.core.state.noticeSays?.code, 'router.portTaken');
      await own.configure({ port: own.port, backends: [] });
      assert.equal(own.core.state.notice, undefined);
      assert.equal(own.core.state.port, own.port);
    } finally {
      await own.stop();
      taken.close();
    }
  });

  it('comes back on the same port after Stop and Start', async () => {
    const own = await startRouter({ backends: [] });
    try {
      await own.core.stop({ drainMs: 0 });
      await own.core.start();
      assert.equal(own.core.state.port, own.port);
    } finally {
      await own.stop();
    }
  });

  it('refuses guesses at the key after a while, without hurting the right key', async () => {
    const own = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url }] });
    try {
      const guesses = await Promise.all(
        Array.from({ length: 40 }, () =>
          request(own.port, { path: '/v1/models', headers: { authorization: 'Bearer nope' } }),
        ),
      );
      assert.equal(guesses.filter((answer) => answer.status === 429).length, 10);
      assert.equal(
        (await request(own.port, { path: '/v1/models', headers: { authorization: `Bearer ${CLIENT_KEY}` } })).status,
        200,
      );
    } finally {
      await own.stop();
    }
  });

  it('lists configured models and what the backend lists, and one model by id with slashes', async () => {
    upstream.answers = [json({ object: 'list', data: [{ id: 'team/model-1' }, { id: 'model-2' }] })];
    const { data } = (await (await router.fetch('/openai/v1/models')).json()) as { data: { id: string }[] };
    assert.deepEqual(
      data.map((model) => model.id).filter((id) => id.startsWith('up/')),
      ['up/team/model-1', 'up/model-2'],
    );
    for (const id of ['up/team/model-1', 'up%2Fteam%2Fmodel-1'])
      assert.equal((await router.fetch(`/v1/models/${id}`)).status, 200);
  });
});
