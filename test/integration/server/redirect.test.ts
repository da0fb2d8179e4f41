/** A provider that redirects (http:// where it wants https://, a missing slash): told as that, never followed with the key. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { startUpstream, type Upstream } from '../../support/upstream';

describe('a provider that redirects', () => {
  let upstream: Upstream;
  let router: TestRouter;
  const TOLD =
    'up sends on to another address (HTTP 301, https://api.example), which is not followed. Check the base URL.';
  beforeEach(async () => {
    upstream = await startUpstream((_request, response) => {
      response.writeHead(301, { location: 'https://api.example/v1/chat?secret=1', 'content-type': 'text/html' });
      response.end('<html>moved</html>');
    });
    router = await startRouter({
      backends: [{ name: 'up', baseUrl: upstream.url, default: true, passThrough: true }],
      retry: { attemptsPerBackend: 1 },
    });
  });
  afterEach(async () => {
    await router.stop();
    await upstream.stop();
  });

  async function told(path: string, agent = 'test'): Promise<{ status: number; message: string }> {
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
    const response = await router.post(path, body, { 'user-agent': agent });
    const { error } = (await response.json()) as { error: { message: string } };
    return { status: response.status, message: error.message };
  }

  it('is named with its own status and where it leads to, as a gateway error', async () => {
    assert.deepEqual(await told('/v1/chat/completions'), { status: 502, message: TOLD });
    const [record] = router.records;
    assert.equal(record!.upstreamStatus, 301);
    assert.equal(record!.says?.code, 'upstream.redirects');
    assert.doesNotMatch(JSON.stringify(record) + router.log.join('\n'), /secret/);
  });

  it('is told to Cursor without a status it never gave', async () => {
    const { message } = await told('/v1/chat/completions', 'Cursor/1.0');
    assert.match(message, /HTTP 301, https:\/\/api\.example/);
    assert.doesNotMatch(message, /HTTP 50|problem of its own/);
  });

  it('is told the same way where bytes pass through', async () => {
    assert.deepEqual(await told('/v1/audio/speech'), { status: 502, message: TOLD });
  });

  it('is the address that the test of a backend names', async () => {
    for (const model of ['m', undefined]) {
      const { fault, says } = await router.core.testBackend({
        backend: { name: 'up', baseUrl: upstream.url },
        key: 'sk-x',
        ...(model !== undefined && { model }),
      });
      assert.deepEqual([fault, says?.message?.code], ['address', 'upstream.redirects']);
    }
  });
});
