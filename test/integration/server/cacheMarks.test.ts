/** Cache marks through the whole router: who is behind a backend decides (N15). */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

describe('cache marks towards OpenRouter', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hello')));
    router = await startRouter({ backends: [] });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  async function sent(model: string, body: object, cacheControl = false): Promise<string> {
    await router.configure(
      { cursor: { cacheControl }, backends: [{ name: 'or', preset: 'openrouter', baseUrl: upstream.url }] },
      { or: 'sk-or-0123456789' },
    );
    const path = 'input' in body ? '/v1/responses' : '/v1/messages';
    const answer = await router.post(path, { model: `or/${model}`, ...body });
    assert.equal(answer.status, 200, await answer.text());
    return upstream.seen.at(-1)!.text;
  }
  const text = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } };
  const marked = { max_tokens: 10, messages: [{ role: 'user', content: [text] }] };

  it('of a Messages client reach Claude, with their time to live, and no other model', async () => {
    assert.match(await sent('anthropic/claude-sonnet-5', marked), /"cache_control":\{"type":"ephemeral","ttl":"1h"\}/);
    assert.doesNotMatch(await sent('openai/gpt-5.5', marked), /cache_control/);
  });

  it('are added for a client that knows none where cursor.cacheControl says so', async () => {
    const plain = { input: 'hi' };
    assert.match(await sent('anthropic/claude-sonnet-5', plain, true), /"cache_control":\{"type":"ephemeral"\}/);
    assert.doesNotMatch(await sent('anthropic/claude-sonnet-5', plain), /cache_control/);
  });
});
