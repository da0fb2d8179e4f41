/** Several keys of one's own for a backend: failover when one is refused or out of credit, sticky, never rotation (24 §7). */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { requestStory } from '../../../src/ledger/story';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, type Seen, startUpstream, type Upstream } from '../../support/upstream';

/** OpenAI's own words (developers.openai.com/api/docs/guides/error-codes, 2026-11). */
const OUT_OF_CREDIT = json(
  { error: { message: 'You exceeded your current quota, please check your plan.', code: 'insufficient_quota' } },
  429,
);
const REFUSED = json({ error: { message: 'Incorrect API key provided.', code: 'invalid_api_key' } }, 401);
const TOO_MANY = json({ error: { message: 'Rate limit reached for requests.', code: 'rate_limit_exceeded' } }, 429);

describe('several keys of one backend', () => {
  let upstream: Upstream;
  let router: TestRouter;
  /** What the provider says to each key. */
  let says: Record<string, Answer>;
  const keyOf = (seen: Seen) => String(seen.headers.authorization).replace('Bearer ', '');
  const settings = (baseUrl: string) => ({
    backends: [
      { name: 'up', preset: 'openai' as const, baseUrl, prefix: 'up/', apiKeyNames: ['first', 'SECOND_KEY'] },
      { name: 'other', preset: 'openai' as const, baseUrl, prefix: 'other/' },
    ],
    retry: { attemptsPerBackend: 1 },
  });
  const secrets = { first: 'sk-first-000000', other: 'sk-other-000000' };
  const good: Answer = json(chatCompletion('ok'));

  beforeEach(async () => {
    says = { 'sk-first-000000': good, 'sk-second-00000': good, 'sk-other-000000': good };
    upstream = await startUpstream((seen, response) => (says[keyOf(seen)] ?? REFUSED)(seen, response));
    router = await startRouter(settings(upstream.url), secrets, { SECOND_KEY: 'sk-second-00000' });
  });
  afterEach(async () => {
    await router.stop();
    await upstream.stop();
  });
  const ask = (text: string, more: object[] = [], headers: Record<string, string> = {}) =>
    router.post(
      '/v1/chat/completions',
      { model: 'up/gpt-4o', messages: [{ role: 'user', content: text }, ...more] },
      headers,
    );
  const asked = () => upstream.seen.map(keyOf);

  for (const [what, answer] of [
    ['refused', REFUSED],
    ['out of credit', OUT_OF_CREDIT],
  ] as const)
    it(`the second is asked when the first is ${what}, and the story says so`, async () => {
      says['sk-first-000000'] = answer;
      assert.equal((await ask('hi')).status, 200);
      assert.deepEqual(asked(), ['sk-first-000000', 'sk-second-00000']);
      const story = requestStory(router.records[0]!);
      assert.match(story, /with the key `first` failed, went to the next key/);
      assert.match(story, /with the key `SECOND\\_KEY`|with the key `SECOND_KEY` answered/);
    });

  it('a conversation stays with the key that served it, also when the first works again', async () => {
    says['sk-first-000000'] = REFUSED;
    await ask('hi');
    says['sk-first-000000'] = good;
    await ask('hi', [
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: 'more' },
    ]);
    await ask('hi', [{ role: 'assistant', content: 'ok' }]);
    assert.deepEqual(asked().slice(1), ['sk-second-00000', 'sk-second-00000', 'sk-second-00000']);
  });

  it('and does so when the first is not set aside any more, unlike a new one', async () => {
    says['sk-first-000000'] = REFUSED;
    await ask('hi');
    says['sk-first-000000'] = good;
    const present = performance.now.bind(performance);
    // Ten minutes later.
    mock.method(performance, 'now', () => present() + 600_000);
    try {
      await ask('another');
      await ask('hi', [{ role: 'assistant', content: 'ok' }]);
    } finally {
      mock.restoreAll();
    }
    assert.deepEqual(asked().slice(2), ['sk-first-000000', 'sk-second-00000']);
  });

  it('new conversations go on beginning with the first key: nothing rotates', async () => {
    await Promise.all(['a', 'b', 'c'].map((text) => ask(text)));
    await ask('d');
    assert.deepEqual(new Set(asked()), new Set(['sk-first-000000']));
  });

  it('too many requests are no reason: the limit is told, the second key stays out of it', async () => {
    says['sk-first-000000'] = TOO_MANY;
    assert.equal((await ask('hi')).status, 429);
    assert.deepEqual(asked(), ['sk-first-000000']);
  });

  it('when every key is refused the last refusal is told, each key was asked once', async () => {
    says = {};
    assert.equal((await ask('hi')).status, 401);
    assert.deepEqual(asked(), ['sk-first-000000', 'sk-second-00000']);
  });

  it('the model for inputs that are too long begins with the key that is not refused', async () => {
    const [up] = settings(upstream.url).backends;
    await router.configure({
      ...settings(upstream.url),
      backends: [{ ...up!, models: [{ id: 'up/gpt-4o', contextFallback: 'up/gpt-4.1' }] }],
    });
    const tooLong = json({ error: { message: 'Too long.', code: 'context_length_exceeded' } }, 400);
    says['sk-first-000000'] = REFUSED;
    says['sk-second-00000'] = (seen, response) => (seen.json().model === 'gpt-4o' ? tooLong : good)(seen, response);
    assert.equal((await ask('hi')).status, 200);
    assert.deepEqual(asked(), ['sk-first-000000', 'sk-second-00000', 'sk-second-00000']);
  });

  it('a key that is not stored is passed over', async () => {
    await router.configure(settings(upstream.url), { other: 'sk-other-000000' });
    assert.equal((await ask('hi')).status, 200);
    assert.deepEqual(asked(), ['sk-second-00000']);
  });

  it('the key of another backend, and none of these, opens the router', async () => {
    for (const key of ['sk-first-000000', 'sk-second-00000']) {
      const refused = await router.fetch('/v1/models', { headers: { authorization: `Bearer ${key}` } });
      assert.equal(refused.status, 401);
    }
    assert.ok(CLIENT_KEY);
  });

  it('with another address nothing counts that is learnt about the old one, a failure that was on its way included', async () => {
    let refuse: Answer = (_seen, response) => void response.writeHead(503).end();
    const held: (() => void)[] = [];
    says['sk-first-000000'] = (seen, response) => refuse(seen, response);
    const health = () => router.core.state.backends.find(({ name }) => name === 'up')!.health;
    for (const text of ['a', 'b', 'c']) await ask(text);
    assert.equal(health(), 'cooling');
    refuse = (seen, response) => void held.push(() => void REFUSED(seen, response));
    const onItsWay = ['d', 'e', 'f'].map((text) => ask(text));
    while (held.length < 3) await upstream.next();
    says['sk-second-00000'] = REFUSED;
    const other = await startUpstream(good);
    try {
      await router.configure(settings(other.url));
      assert.equal(health(), 'unknown');
      for (const answer of held) answer();
      for (const answer of await Promise.all(onItsWay)) assert.equal(answer.status, 401);
      assert.equal(health(), 'unknown');
      await ask('g');
      assert.deepEqual(other.seen.map(keyOf), ['sk-first-000000']);
    } finally {
      await other.stop();
    }
  });

  it('each client key has conversations of its own', async () => {
    await router.configure(
      { ...settings(upstream.url), clientKeys: [{ name: 'guest' }] },
      { ...secrets, 'client:guest': 'sk-guest-0123456789' },
    );
    says['sk-first-000000'] = REFUSED;
    await ask('hi');
    says['sk-first-000000'] = good;
    // A new key is a fresh start, so that the guest would be given the first one.
    await router.configure(
      { ...settings(upstream.url), clientKeys: [{ name: 'guest' }] },
      { ...secrets, other: 'sk-other-111111', 'client:guest': 'sk-guest-0123456789' },
    );
    await ask('hi', [], { authorization: 'Bearer sk-guest-0123456789' });
    assert.equal(asked().at(-1), 'sk-first-000000');
  });
});

describe("a model of Ollama's cloud", () => {
  /** Ollama's own words (continuedev/continue#11404). */
  const unauthorized = json({ error: { message: 'unauthorized', type: 'api_error', param: null, code: null } }, 401);

  it('where nobody is signed in: says how to sign in, and calls no key refused', async () => {
    const upstream = await startUpstream(unauthorized);
    const router = await startRouter({
      backends: [{ name: 'ollama', preset: 'ollama', baseUrl: `${upstream.url}/v1` }],
    });
    const ask = (model: string) =>
      router.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] });
    const refused = () => router.core.state.backends.find(({ name }) => name === 'ollama')?.keyRefused;
    const answer = await ask('ollama/gpt-oss:120b-cloud');
    assert.match(await answer.text(), /gpt-oss:120b-cloud runs in Ollama's cloud.*ollama signin/);
    assert.equal(answer.status, 403);
    assert.equal(refused(), undefined);
    // A server in front of Ollama may want a key.
    assert.equal((await ask('ollama/gpt-oss:20b')).status, 401);
    assert.equal(refused(), true);
    await router.stop();
    await upstream.stop();
  });
});
