/** A bug of our own in the middle of a request: told, recorded under the id in the answer, and nobody else's trouble. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { startRouter } from '../../support/router';
import { chatCompletion, json, startUpstream } from '../../support/upstream';

describe('a bug inside the router', () => {
  it('is a 500 with the id of its record, and the next request is answered', async () => {
    let broken = true;
    const upstream = await startUpstream(json({ error: { message: 'busy' } }, 503), json(chatCompletion('hello')));
    const { random } = Math;
    // What a retry asks for, and nothing before it.
    const chance = mock.method(Math, 'random', () => {
      if (broken && /\brunCandidates\b/.test(new Error().stack ?? '')) throw new TypeError('made for this test');
      return random();
    });
    const router = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url }] });
    try {
      const ask = () =>
        router.post('/v1/chat/completions', { model: 'up/m', messages: [{ role: 'user', content: 'x' }] });
      const record = router.nextRecord();
      const failed = await ask();
      assert.equal(failed.status, 500);
      assert.match(await failed.text(), /The router failed to handle this request/);
      assert.equal(failed.headers.get('x-llm-router-request'), (await record).id);
      assert.ok(router.log.some((line) => line.includes('TypeError: made for this test')));
      broken = false;
      assert.equal((await ask()).status, 200);
    } finally {
      chance.mock.restore();
      await router.stop();
      await upstream.stop();
    }
  });

  it('in what is told of a request is in the log, and the request is answered', async () => {
    const upstream = await startUpstream(json(chatCompletion('hello')));
    const router = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url }] });
    try {
      router.core.onRequest(() => {
        throw new TypeError('made for this test');
      });
      const asked = { model: 'up/m', messages: [{ role: 'user', content: 'x' }] };
      assert.equal((await router.post('/v1/chat/completions', asked)).status, 200);
      assert.ok(router.log.some((line) => line.startsWith('error') && line.includes('made for this test')));
    } finally {
      await router.stop();
      await upstream.stop();
    }
  });
});
