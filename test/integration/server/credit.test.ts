/** Credit left, as each provider publishes it: asked rarely, with the person's own key, told to the main key only (24 §1). */
import assert from 'node:assert/strict';
import { creditWords } from '../../../src/upstream/creditWords';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const GUEST = 'sk-guest-0123456789';
/** api-docs.deepseek.com/api/get-user-balance */
const deepseek = (balance: string, available = true) =>
  json({
    is_available: available,
    balance_infos: [
      { currency: 'CNY', total_balance: '0.00', granted_balance: '0.00', topped_up_balance: '0.00' },
      { currency: 'USD', total_balance: balance, granted_balance: '0.00', topped_up_balance: balance },
    ],
  });
const PAYMENT = json(
  { error: { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' } },
  402,
);

describe('credit left', () => {
  let upstream: Upstream;
  let router: TestRouter;
  /** Strict: any other path is an error of the test. */
  let paths: Record<string, Answer>;
  const asked = (path: string) => upstream.seen.filter((seen) => seen.path === path);

  beforeEach(async () => {
    paths = {};
    upstream = await startUpstream((seen, response) =>
      (paths[seen.path] ?? json({ error: 'no such path' }, 404))(seen, response),
    );
  });
  afterEach(async () => {
    await router.stop();
    await upstream.stop();
  });
  async function start(preset: 'deepseek' | 'openrouter' | 'litellm' | 'openai'): Promise<void> {
    paths['/v1/chat/completions'] = json(chatCompletion('ok'));
    router = await startRouter(
      {
        backends: [{ name: 'up', preset, baseUrl: `${upstream.url}/v1`, prefix: '' }],
        clientKeys: [{ name: 'guest' }],
        retry: { attempts: 1 },
      },
      { up: 'sk-upstream-000', 'client:guest': GUEST },
      {},
      { creditMs: 0 },
    );
  }
  const ask = (headers: Record<string, string> = {}) =>
    router.post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] }, headers);
  /** What a window is told once it is known. */
  const credit = () =>
    new Promise<string>((resolve) => {
      const look = () => {
        const known = router.core.state.backends[0]!.credit;
        if (!known) return;
        stop();
        resolve(`${creditWords(known)}${known.low ? ', low' : ''}`);
      };
      const stop = router.core.onDidChange(look);
      look();
    });

  for (const [preset, path, answer, words] of [
    ['deepseek', '/user/balance', deepseek('4.20'), '$4.20 left'],
    ['deepseek', '/user/balance', deepseek('0.40'), '$0.40 left, low'],
    ['deepseek', '/user/balance', deepseek('9.00', false), '$9.00 left, low'],
    // openrouter.ai/docs/api/api-reference/credits/get-credits
    ['openrouter', '/v1/credits', json({ data: { total_credits: 100.5, total_usage: 25.75 } }), '$74.75 left'],
    // docs.litellm.ai/docs/proxy/virtual_keys
    [
      'litellm',
      '/key/info',
      json({ key: 'hash', info: { spend: 9.5, max_budget: 10 } }),
      '$0.50 left of the limit of the key, low',
    ],
  ] as const)
    it(`${preset}: ${words}, asked with the key of the backend`, async () => {
      await start(preset);
      paths[path] = answer;
      await ask();
      assert.equal(await credit(), words);
      assert.equal(asked(path)[0]!.headers.authorization, 'Bearer sk-upstream-000');
    });

  it('an ordinary key of OpenRouter, which may not ask for the account, tells its own limit', async () => {
    await start('openrouter');
    paths['/v1/credits'] = json(
      { error: { code: 403, message: 'Only management keys can perform this operation' } },
      403,
    );
    // openrouter.ai/docs/api/api-reference/api-keys/get-current-key
    paths['/v1/key'] = json({ data: { label: 'sk-or-v1-au7...890', limit: 100, limit_remaining: 74.5, usage: 25.5 } });
    await ask();
    assert.equal(await credit(), '$74.50 left of the limit of the key');
  });

  it('it is asked once for many requests, and nobody is asked who publishes nothing', async () => {
    await start('deepseek');
    paths['/user/balance'] = deepseek('4.20');
    await ask();
    await credit();
    for (let i = 0; i < 5; i++) await ask();
    assert.equal(asked('/user/balance').length, 1);
    await router.stop();
    await start('openai');
    upstream.seen.length = 0;
    await ask();
    await ask();
    assert.ok(upstream.seen.every(({ path }) => path === '/v1/chat/completions'));
  });

  it('a failure for want of credit names what is left to the main key, plain or Cursor, and to no other key', async () => {
    await start('deepseek');
    paths['/user/balance'] = deepseek('0.01');
    await ask();
    await credit();
    paths['/v1/chat/completions'] = PAYMENT;
    const said = async (headers: Record<string, string>) => await (await ask(headers)).text();
    assert.match(await said({}), /\$0\.01 left/);
    assert.match(await said({ 'user-agent': 'Cursor/1.0' }), /\$0\.01 left/);
    const guest = await said({ authorization: `Bearer ${GUEST}` });
    assert.ok(guest.includes('no credit left') && !guest.includes('0.01'));
    assert.ok(!JSON.stringify(router.records).includes('$0.01'));
  });

  it('no path of the listener tells it, to nobody', async () => {
    await start('deepseek');
    for (const key of [CLIENT_KEY, GUEST])
      for (const path of ['/v1/credits', '/user/balance', '/v1/key', '/key/info', '/v1/usage'])
        assert.equal((await router.fetch(path, { headers: { authorization: `Bearer ${key}` } })).status, 404);
  });

  it('new keys begin anew', async () => {
    await start('deepseek');
    paths['/user/balance'] = deepseek('4.20');
    await ask();
    await credit();
    await router.configure(
      { backends: [{ name: 'up', preset: 'deepseek', baseUrl: `${upstream.url}/v1`, prefix: '' }] },
      { up: 'sk-upstream-111' },
    );
    assert.equal(router.core.state.backends[0]!.credit, undefined);
  });
});
