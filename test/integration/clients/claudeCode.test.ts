/**
 * Claude Code at this router, by Anthropic's published contract for gateways (code.claude.com/docs/en/llm-gateway-protocol,
 * read 2026-11): which paths it asks, which headers go on unchanged and which end here, how it finds models (issue 24 §4).
 */
import assert from 'node:assert/strict';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { type Answer, json, startUpstream, type Upstream } from '../../support/upstream';

const discovery = { 'anthropic-version': '2023-06-01', 'x-api-key': CLIENT_KEY };
const answer = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-6',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};
const turn = { max_tokens: 16, messages: [{ role: 'user', content: 'hi' }] };

/** What the contract says of each header that Claude Code sends. */
const FORWARDED = {
  'anthropic-version': '2023-06-01',
  'anthropic-beta': 'claude-code-20250219,context-1m-2025-08-07',
  'anthropic-workspace-id': 'wrkspc_1',
};
const CONSUMED = {
  'user-agent': 'claude-cli/2.1.223 (external, cli)',
  'x-app': 'cli',
  'x-claude-code-session-id': '0b7c0c9e-0000-4000-8000-000000000000',
  'x-claude-code-agent-id': 'agent-1',
  'x-claude-code-parent-agent-id': 'agent-0',
  'x-client-request-id': 'client-1',
  'x-stainless-retry-count': '0',
  'x-stainless-lang': 'js',
  'anthropic-dangerous-direct-browser-access': 'true',
};

interface Listed {
  data: { type: string; id: string; display_name: string; created_at: string }[];
  has_more: boolean;
  first_id: string;
  last_id: string;
}

describe('Claude Code', () => {
  let upstream: Upstream;
  let router: TestRouter;
  const listed: Answer = json({ data: [{ id: 'claude-sonnet-4-6' }, { id: 'grok-9' }] });
  const served: Answer = (seen, response) =>
    (seen.path.endsWith('/models') ? listed : json({ ...answer, model: seen.json().model }))(seen, response);

  before(async () => {
    upstream = await startUpstream(served);
    router = await startRouter(
      {
        backends: [
          { name: 'anthropic', preset: 'anthropic', baseUrl: `${upstream.url}/v1`, prefix: '', default: true },
          { name: 'fast', preset: 'anthropic', baseUrl: `${upstream.url}/v1`, models: [{ id: 'fast/qwen' }] },
        ],
      },
      { anthropic: 'sk-upstream', fast: 'sk-upstream' },
    );
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  const list = async (headers: Record<string, string> = discovery): Promise<Listed> =>
    (await (await fetch(`${router.url}/v1/models?limit=1000`, { headers })).json()) as Listed;

  it('is offered every model under a name that it shows, with the name people know beside it', async () => {
    const { data, has_more } = await list();
    const names = data.map(({ id }) => id);
    assert.ok(names.every((name) => /^(claude|anthropic)/.test(name)));
    assert.ok(names.includes('claude-sonnet-4-6') && names.includes('anthropic-router/grok-9'));
    const qwen = data.find(({ id }) => id === 'anthropic-router/fast/qwen');
    assert.deepEqual([qwen?.type, qwen?.display_name, has_more], ['model', 'fast/qwen', false]);
  });

  it('every name that it is offered is served, and told back in the answer', async () => {
    for (const { id } of (await list()).data.filter(({ id }) => !id.includes('demo'))) {
      const made = await router.post('/v1/messages?beta=true', { model: id, ...turn }, discovery);
      assert.equal(made.status, 200);
      assert.equal(((await made.json()) as { model: string }).model, id);
      const one = await fetch(`${router.url}/v1/models/${encodeURIComponent(id)}`, { headers: discovery });
      assert.equal(((await one.json()) as { type: string }).type, 'model');
    }
    assert.equal(upstream.seen.findLast(({ method }) => method === 'POST')?.json().model, 'grok-9');
  });

  it('no other client is offered those names: not Cursor, whatever it sends, nor a client of OpenAI (M1)', async () => {
    const bearer = { authorization: `Bearer ${CLIENT_KEY}` };
    for (const headers of [bearer, { ...discovery, 'user-agent': 'Cursor/1.0' }]) {
      const { data } = await list(headers);
      assert.ok(data.length > 0 && data.every(({ id }) => !id.startsWith('anthropic-router/')));
    }
  });

  it('a limited key is offered its own models alone', async () => {
    await router.configure(
      {
        backends: [{ name: 'fast', preset: 'anthropic', baseUrl: `${upstream.url}/v1`, models: [{ id: 'fast/qwen' }] }],
        clientKeys: [{ name: 'guest', models: ['fast/qwen'] }],
      },
      { fast: 'sk-upstream', 'client:guest': 'sk-guest-0123456789' },
    );
    const { data } = await list({ ...discovery, 'x-api-key': 'sk-guest-0123456789' });
    assert.deepEqual(
      data.map(({ id }) => id),
      ['anthropic-router/fast/qwen'],
    );
  });

  it('is told what is known when a backend does not list its models in time', async () => {
    const silent = await startUpstream(() => {});
    const baseUrl = `${silent.url}/v1`;
    const waiting = await startRouter(
      { backends: [{ name: 'late', preset: 'anthropic', baseUrl, models: [{ id: 'late/one' }] }] },
      { late: 'sk-upstream' },
      {},
      { listMs: 50 },
    );
    const asked = silent.next();
    const order: string[] = [];
    const told = waiting.fetch('/v1/models?limit=1000', { headers: discovery }).then(async (response) => {
      order.push('told');
      const { data } = (await response.json()) as Listed;
      assert.ok(data.some(({ id }) => id === 'anthropic-router/late/one'));
    });
    await (await asked).closed.then(() => order.push('the backend was given up'));
    await told;
    assert.deepEqual(order, ['told', 'the backend was given up']);
    await waiting.stop();
    await silent.stop();
  });

  describe('passed straight on', () => {
    before(async () => {
      await router.configure(
        { backends: [{ name: 'anthropic', preset: 'anthropic', baseUrl: `${upstream.url}/v1`, prefix: '' }] },
        { anthropic: 'sk-upstream' },
      );
      const body = { model: 'claude-sonnet-4-6', ...turn };
      await router.post('/v1/messages?beta=true', body, { ...FORWARDED, ...CONSUMED, 'x-api-key': CLIENT_KEY });
    });
    const sent = () => upstream.seen.at(-1)!.headers;

    for (const [name, value] of Object.entries(FORWARDED))
      it(`header ${name} goes on unchanged`, () => assert.equal(sent()[name], value));
    for (const [name, value] of Object.entries(CONSUMED))
      it(`header ${name} ends here`, () => assert.notEqual(sent()[name], value));
    it('the client key ends here, the backend gets its own', () => {
      assert.equal(sent()['x-api-key'], 'sk-upstream');
      assert.ok(!JSON.stringify(sent()).includes(CLIENT_KEY));
    });

    it('an error keeps its words, status and kind: Claude Code recovers by them', async () => {
      const error = { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' };
      upstream.answers = [json({ type: 'error', error }, 400)];
      const refused = await router.post('/v1/messages?beta=true', { model: 'claude-sonnet-4-6', ...turn }, FORWARDED);
      assert.equal(refused.status, 400);
      assert.deepEqual(((await refused.json()) as { error: unknown }).error, error);
      upstream.answers = [served];
    });
  });
});
