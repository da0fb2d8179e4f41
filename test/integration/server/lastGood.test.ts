/** Settings that are wrong change nothing; keys that come with them are in force all the same. */
import assert from 'node:assert/strict';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

describe('settings that are wrong', () => {
  let router: TestRouter;
  let upstream: Upstream;
  const NEW_KEY = 'sk-new-0123456789abcdef0123456789abcdef';
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hi')));
    router = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url }] }, { up: 'sk-old' });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  const ask = async (key: string) => {
    const body = { model: 'up/a', messages: [{ role: 'user', content: 'x' }] };
    const answer = await router.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` });
    await answer.text();
    return answer.status;
  };

  it('do not hold up a new API key: the old one opens nothing any more; a new provider key goes out', async () => {
    assert.equal(await ask(CLIENT_KEY), 200);
    const pushed = await router.core.push({
      changedAt: 1,
      settings: { port: 'wrong' },
      secrets: { 'client:main': NEW_KEY, up: 'sk-new' },
      network: {},
    });
    assert.equal(pushed.applied, false);
    assert.equal(await ask(CLIENT_KEY), 401);
    assert.equal(await ask(NEW_KEY), 200);
    assert.equal(upstream.seen.at(-1)?.headers.authorization, 'Bearer sk-new');
    assert.equal(router.core.state.problems.length, 1);
  });
});
