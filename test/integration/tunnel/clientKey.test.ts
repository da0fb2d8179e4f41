import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';

describe('a changed client key', () => {
  let router: TestRouter;
  afterEach(() => router.stop());

  it('does not restart the tunnel', async () => {
    const settings = { tunnel: { provider: 'custom', url: 'https://127.0.0.1:9' } } as const;
    router = await startRouter(settings);
    await router.configure(settings, { 'client:main': 'sk-another-client-key-0123456789abcdef' });
    assert.ok((await router.core.tunnelHistory()).every(({ state }) => state !== 'off'));
    await router.configure({ tunnel: { provider: 'custom', url: 'https://127.0.0.1:10' } });
    assert.ok(
      (await router.core.tunnelHistory()).some(({ state }) => state === 'off'),
      'another URL does',
    );
  });
});
