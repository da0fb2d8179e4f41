/** What a client sends is carried, or refused, or told in the record: for plain clients and for Cursor alike. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const CURSOR = { 'user-agent': 'Cursor/1.0' };
const user = { role: 'user', content: 'x' };

describe('what another wire has no form for', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream((seen, response) => {
      const whole = seen.path.endsWith('/messages')
        ? {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            content: [{ type: 'text', text: 'ok' }],
            stop_reason: 'end_turn',
          }
        : seen.path.endsWith('/responses')
          ? { id: 'resp_1', object: 'response', status: 'completed', output: [] }
          : chatCompletion('ok');
      return json(whole)(seen, response);
    });
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        { name: 'chat', ...at, preset: 'openai', wire: 'chat' },
        { name: 'res', ...at, preset: 'openai', wire: 'responses' },
        { name: 'ant', ...at, preset: 'anthropic' },
      ],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  async function ask(path: string, body: object, headers = {}) {
    const record = router.nextRecord();
    const response = await router.post(path, body, headers);
    const text = await response.text();
    const { rules } = await record;
    return { status: response.status, text, rules, sent: upstream.seen.at(-1)?.json() ?? {} };
  }

  it('Cursor is refused foreign state and content as plain clients are', async () => {
    const asked = upstream.seen.length;
    const audio = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } };
    const bodies = [
      { model: 'chat/m', system: 'S', messages: [user], thread: { type: 'create' } },
      { model: 'chat/m', system: 'S', messages: [user], container: 'c1' },
      { model: 'ant/m', messages: [{ role: 'user', content: [audio] }] },
      { model: 'chat/m', input: [user], background: true },
    ];
    for (const body of bodies) {
      const { status, text } = await ask('/v1/chat/completions', body, CURSOR);
      assert.equal(status, 400, text);
      assert.match(text, /thread|container|input_audio|background/);
    }
    assert.equal(upstream.seen.length, asked);
  });

  for (const [who, headers] of [
    ['Cursor', CURSOR],
    ['a plain client', {}],
  ] as const) {
    it(`${who} that wants several answers gets one that was asked for alone, said`, async () => {
      for (const model of ['chat/m', 'ant/m']) {
        if (who !== 'Cursor' && model === 'chat/m') continue;
        const { sent, rules } = await ask('/v1/chat/completions', { model, n: 2, messages: [user] }, headers);
        assert.equal(sent.n, undefined);
        assert.ok(rules.includes('one answer was asked for, not several'), rules.join());
      }
    });
  }

  it('chat and Responses carry the cache key and the safety identifier both ways', async () => {
    const shared = { prompt_cache_key: 'k', safety_identifier: 's' };
    const to = await ask('/v1/chat/completions', { model: 'res/m', messages: [user], ...shared, logprobs: true });
    const back = await ask('/v1/responses', { model: 'chat/m', input: 'x', ...shared });
    for (const { sent } of [to, back]) assert.deepEqual([sent.prompt_cache_key, sent.safety_identifier], ['k', 's']);
    assert.ok(
      to.rules.some((rule) => rule.includes('logprobs')),
      to.rules.join(),
    );
  });
});
