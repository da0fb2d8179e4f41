/** Who has no key, and whose key opens nothing (issue 18). */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const ask = (more: object = {}) => ({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more });

describe('a stranger', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hello')));
  });
  after(() => upstream.stop());
  beforeEach(async () => {
    upstream.seen.length = 0;
    router = await startRouter(
      { allowedHosts: ['public.example'], backends: [{ name: 'up', baseUrl: upstream.url, default: true }] },
      {},
      { LITELLM_MASTER_KEY: CLIENT_KEY },
    );
  });
  afterEach(() => router.stop());

  /** What comes back until nothing more does. */
  function exchange(head: string, body = ''): Promise<string> {
    return new Promise((resolve) => {
      const socket = net.connect(router.port, '127.0.0.1', () => socket.write(head));
      let got = '';
      socket.on('data', (data) => {
        got += data.toString('latin1');
        if (got.startsWith('HTTP/1.1 100') && body) socket.write(body);
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(got));
    });
  }

  it('who asks whether to send a body hears it after the key was looked at', async () => {
    const body = JSON.stringify(ask());
    const head = (key: string) =>
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    assert.match(await exchange(head('sk-wrong')), /^HTTP\/1\.1 401/);
    const served = await exchange(head(CLIENT_KEY), body);
    assert.match(served, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
  });

  it('who says to be Cursor without a key is one line in memory, and changes neither host nor file', async () => {
    const call = (key: string) =>
      router.post('/v1/chat/completions', ask(), { 'user-agent': 'Cursor/1.0', authorization: `Bearer ${key}` });
    for (let n = 0; n < 3; n++) assert.equal((await call('sk-wrong')).status, 401);
    assert.deepEqual(
      [router.core.state.cursor?.lastSeen, router.core.state.cursor?.host, router.core.state.cursor?.refused?.count],
      [0, '', 3],
    );
    assert.equal(existsSync(path.join(router.dataDir, 'cursor-seen.json')), false);
    assert.deepEqual(
      router.log.filter((line) => line.includes('Cursor reached')),
      [],
    );
    await (await call(CLIENT_KEY)).text();
    const { host, lastSeen } = router.core.state.cursor!;
    assert.ok(lastSeen > 0);
    assert.equal((await call('sk-wrong')).status, 401);
    assert.deepEqual([router.core.state.cursor?.host, router.core.state.cursor?.lastSeen], [host, lastSeen]);
  });

  it("a client key that is a provider's, too, is told: at the start, and to who calls from this machine", async () => {
    await router.configure(
      {
        allowedHosts: ['public.example'],
        backends: [{ name: 'up', baseUrl: upstream.url, default: true, apiKeyEnv: 'LITELLM_API_KEY' }],
      },
      { up: CLIENT_KEY },
    );
    assert.ok(router.log.some((line) => line.startsWith('error') && line.includes("is a provider's key, too")));
    const here = await router.post('/v1/chat/completions', ask());
    assert.equal(here.status, 401);
    assert.match(await here.text(), /provider's key, too/);
    const away = await exchange(
      `GET /v1/models HTTP/1.1\r\nHost: public.example\r\nAuthorization: Bearer ${CLIENT_KEY}\r\nConnection: close\r\n\r\n`,
    );
    assert.match(away, /^HTTP\/1\.1 401/);
    assert.doesNotMatch(away, /provider/);
  });

  it("LITELLM_MASTER_KEY is no provider's key when clients send it", async () => {
    await router.configure({
      backends: [
        { name: 'up', preset: 'litellm', baseUrl: upstream.url, default: true, apiKeyEnv: 'LITELLM_MASTER_KEY' },
      ],
    });
    assert.equal((await router.post('/v1/chat/completions', ask())).status, 200);
    assert.equal(upstream.seen[0]?.headers.authorization, undefined);
  });
});
