/** What the router itself refuses is told so that Cursor shows it: no status and no word that it replaces by its own text. */
import assert from 'node:assert/strict';
import { type StrictTrio, startTrio } from '../../support/strictTrio';

const CURSOR = { 'user-agent': 'Cursor/1.0' };
const MISREAD = /overloaded|rate_limit_error|upstream_failed|server_error/i;
const HELLO = [{ role: 'user', content: 'x' }];

describe('errors of the router itself, for Cursor', () => {
  let trio: StrictTrio;
  before(async () => {
    trio = await startTrio();
  });
  after(() => trio.stop());

  const wrong: [string, unknown, number][] = [
    ['a model nobody serves', { model: 'my-overloaded-server_error', messages: HELLO }, 404],
    ['a role nobody knows', { model: 'chat/x', messages: [{ role: 'server_error', content: 'x' }] }, 400],
    ['nothing to converse with (D4)', { model: 'chat/upstream_failed' }, 400],
    ['no model', { messages: HELLO }, 400],
  ];
  for (const [what, body, status] of wrong) {
    it(`${what}: ${status}, a sentence, no word it classifies (E2, E8)`, async () => {
      const seen = trio.upstream.seen.length;
      const response = await trio.router.post('/v1/chat/completions', body, CURSOR);
      const text = await response.text();
      assert.equal(response.status, status, text);
      assert.equal(JSON.parse(text).error.type, 'invalid_request_error');
      assert.doesNotMatch(text, MISREAD);
      assert.equal(trio.upstream.seen.length, seen, 'no upstream call');
    });
  }

  it('a body beyond the limit is a 400 that says so, a wrong key stays a 401 (E4)', async () => {
    await trio.router.configure({
      backends: [{ name: 'chat', preset: 'openai', baseUrl: `${trio.upstream.url}/chat` }],
      limits: { bodyMb: 1 },
    });
    const big = JSON.stringify({ model: 'chat/x', messages: [{ role: 'user', content: 'x'.repeat(1_100_000) }] });
    const cursor = await trio.router.post('/v1/chat/completions', big, CURSOR);
    assert.equal(cursor.status, 400, await cursor.text());
    const other = await trio.router.post('/v1/chat/completions', big);
    assert.equal(other.status, 413);
    await other.text();
    const refused = await trio.router.post(
      '/v1/chat/completions',
      { model: 'chat/x', messages: HELLO },
      { ...CURSOR, authorization: 'Bearer wrong' },
    );
    assert.equal(refused.status, 401);
    await refused.text();
  });

  it('on the Azure path the deployment is the model that was asked for (R2)', async () => {
    const response = await trio.router.post(
      '/openai/deployments/chat%2Fgpt-5.2/chat/completions?api-version=2024-10-21',
      { messages: HELLO },
      CURSOR,
    );
    assert.equal(((await response.json()) as { model: string }).model, 'chat/gpt-5.2');
  });
});
