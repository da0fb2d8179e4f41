/** Cache marks through the whole router: who is behind a backend decides (N15). */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const CURSOR = { 'user-agent': 'Cursor/2.0' };

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

  async function sent(
    model: string,
    body: object,
    cacheControl: boolean | 'auto' = 'auto',
    headers?: Record<string, string>,
  ): Promise<string> {
    await router.configure(
      { cursor: { cacheControl }, backends: [{ name: 'or', preset: 'openrouter', baseUrl: upstream.url }] },
      { or: 'sk-or-0123456789' },
    );
    const path = headers ? '/v1/chat/completions' : 'input' in body ? '/v1/responses' : '/v1/messages';
    const answer = await router.post(path, { model: `or/${model}`, ...body }, headers);
    assert.equal(answer.status, 200, await answer.text());
    return upstream.seen.at(-1)!.text;
  }
  const text = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } };
  const marked = { max_tokens: 10, messages: [{ role: 'user', content: [text] }] };

  it('of a Messages client reach Claude, with their time to live, and no other model', async () => {
    assert.match(await sent('anthropic/claude-sonnet-5', marked), /"cache_control":\{"type":"ephemeral","ttl":"1h"\}/);
    assert.doesNotMatch(JSON.stringify(router.records.at(-1)!.rules), /cache marks were added/);
    assert.doesNotMatch(await sent('openai/gpt-5.5', marked), /cache_control/);
  });

  it('of the whole body of a Messages client, too; it is told where it is left out, and only there', async () => {
    const whole = { max_tokens: 10, cache_control: text.cache_control, messages: [{ role: 'user', content: 'hi' }] };
    const sentBody = JSON.parse(await sent('anthropic/claude-sonnet-5', whole)) as { messages: { content: unknown }[] };
    assert.deepEqual(sentBody.messages[0]?.content, [text]);
    assert.equal('cache_control' in sentBody, false);
    assert.doesNotMatch(JSON.stringify(router.records.at(-1)!.rules), /cache_control|cache marks were added/);
    assert.doesNotMatch(await sent('openai/gpt-5.5', whole), /cache_control/);
    assert.match(JSON.stringify(router.records.at(-1)!.rules), /left out.*cache_control/);
  });

  it('are added for a client that knows none: to an agent’s turns and conversations that go on; always, or never, where the settings say so', async () => {
    const claude = 'anthropic/claude-sonnet-5';
    const plain = { input: 'hi' };
    const agent = { input: 'hi', tools: [{ type: 'function', name: 'look', parameters: { type: 'object' } }] };
    const goesOn = { input: ['user', 'assistant', 'user'].map((role) => ({ role, content: role })) };
    for (const body of [agent, goesOn]) {
      assert.match(await sent(claude, body), /"cache_control":\{"type":"ephemeral"\}/);
      assert.match(JSON.stringify(router.records.at(-1)!.rules), /cache marks were added/);
      assert.doesNotMatch(await sent(claude, body, false), /cache_control/);
      assert.doesNotMatch(await sent('openai/gpt-5.5', body), /cache_control/);
      assert.doesNotMatch(await sent('anthropic/claude-3-opus', body), /cache_control/);
    }
    assert.doesNotMatch(await sent(claude, plain), /cache_control/);
    assert.match(await sent(claude, plain, true), /cache_control/);
  });

  it('of an agent in Cursor, too, whose body else stays as it lies', async () => {
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
    const body = { messages: [{ role: 'user', content: 'hi' }], tools };
    assert.match(await sent('anthropic/claude-sonnet-5', body, 'auto', CURSOR), /"cache_control"/);
    assert.doesNotMatch(await sent('anthropic/claude-sonnet-5', body, false, CURSOR), /cache_control/);
  });
});
