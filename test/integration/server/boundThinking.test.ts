/**
 * Claude models from Fable 5.1 on bind their thinking to what stood before it (platform.claude.com, "Prefix checks on thinking
 * blocks", 2026-11), and Cursor writes another system text every turn.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../src/wires/conversation';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, json, type Seen, startUpstream, type Upstream } from '../../support/upstream';

const BETA = 'thinking-binding-controls-2026-08-01';
const BOUND =
  'Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".';

interface Block {
  type: string;
  signature?: string;
}
interface Body {
  system?: unknown;
  tools?: unknown;
  messages: { role: string; content: string | (Block & JsonObject)[] }[];
  thinking?: { type: string; block_binding?: { prefix_mismatch_behavior: string } };
}

/** Signs what stands before message `at`; cache marks are no part of it. */
function seal({ system = null, tools = null, messages }: Body, at: number): string {
  const prefix = JSON.stringify([system, tools, messages.slice(0, at)], (key, value) =>
    key === 'cache_control' ? undefined : (value as unknown),
  );
  return createHash('sha256').update(prefix).digest('base64');
}

/** What the model got to read of its earlier thinking, a number a request. */
const read: number[] = [];

/** How providers refuse that the field is asked for: one that does not know it, one that does not know its beta (Bedrock). */
const REFUSALS = {
  field: 'thinking.adaptive.block_binding: Extra inputs are not permitted',
  beta: 'invalid beta flag',
};

/** Thinks before a call, then answers. `old`: what of it this provider does not know. */
const provider =
  (old?: keyof typeof REFUSALS): Answer =>
  (seen: Seen, response) => {
    const body = seen.json() as unknown as Body;
    const refuse = (message: string) =>
      json({ type: 'error', error: { type: 'invalid_request_error', message } }, 400)(seen, response);
    const binding = body.thinking?.block_binding;
    const betas = String(seen.headers['anthropic-beta'] ?? '').split(',');
    if (old === 'beta' && betas.includes(BETA)) return refuse(REFUSALS.beta);
    if (binding && (old === 'field' || !betas.includes(BETA))) return refuse(REFUSALS.field);
    let valid = 0;
    for (const [at, { content }] of body.messages.entries()) {
      for (const block of typeof content === 'string' ? [] : content) {
        if (block.type !== 'thinking') continue;
        if (block.signature === seal(body, at)) valid += 1;
        else if (binding?.prefix_mismatch_behavior !== 'drop_block')
          return refuse(`messages.${at}.content.0: ${BOUND}`);
      }
    }
    read.push(valid);
    const called = body.messages.some(
      ({ content }) => typeof content !== 'string' && content.some(({ type }) => type === 'tool_result'),
    );
    const content = called
      ? [{ type: 'text', text: 'Done.' }]
      : [
          { type: 'thinking', thinking: '', signature: seal(body, body.messages.length) },
          { type: 'tool_use', id: 'toolu_01AbCdEfGhIjKlMn', name: 'Read', input: { path: 'a' } },
        ];
    return json({
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_sequence: null, content },
      ...{ stop_reason: called ? 'end_turn' : 'tool_use', usage: { input_tokens: 9, output_tokens: 2 } },
    })(seen, response);
  };

describe('thinking that is bound to what stood before it', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false, wire: 'messages' as const };
    router = await startRouter({
      backends: [
        { name: 'a', ...at },
        { name: 'relay', ...at },
      ],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    read.length = 0;
    upstream.seen.length = 0;
  });

  const parameters = { type: 'object', properties: { path: { type: 'string' } } };
  /** Two turns of a chat client with a tool; what the second one brought. */
  async function chat(model: string, systems: [string, string]) {
    const messages: JsonObject[] = [{ role: 'user', content: 'Read a.' }];
    const tools = [{ type: 'function', function: { name: 'Read', parameters } }];
    const ask = (system: string) =>
      router.post('/v1/chat/completions', {
        model,
        tools,
        messages: [{ role: 'system', content: system }, ...messages],
      });
    const first = (await (await ask(systems[0])).json()) as {
      choices: { message: JsonObject & { tool_calls: { id: string }[] } }[];
    };
    const { message } = first.choices[0]!;
    // As clients do that know nothing of thinking.
    messages.push({ role: 'assistant', content: null, tool_calls: message.tool_calls });
    messages.push({ role: 'tool', tool_call_id: message.tool_calls[0]!.id, content: 'text of a' });
    return await ask(systems[1]);
  }

  it('goes back where nothing has changed, unasked', async () => {
    upstream.answers = [provider()];
    assert.equal((await chat('a/claude-opus-5-5', ['You help.', 'You help.'])).status, 200);
    assert.deepEqual(read, [0, 1]);
  });
  it('is left out by the provider where the system text has changed: no refusal, no second try', async () => {
    upstream.answers = [provider()];
    assert.equal((await chat('a/claude-opus-5-5', ['It is 10:00.', 'It is 10:01.'])).status, 200);
    assert.deepEqual([read, upstream.seen.length], [[0, 0], 2]);
  });
  // A lesson is kept for the address and the model.
  for (const [old, model] of [
    ['field', 'claude-opus-5-5'],
    ['beta', 'claude-sonnet-5-5'],
  ] as const)
    it(`is left out by us where a relay does not know that ${old}, which is asked once`, async () => {
      upstream.answers = [provider(old)];
      assert.equal((await chat(`relay/${model}`, ['It is 10:00.', 'It is 10:01.'])).status, 200);
      assert.deepEqual([read, upstream.seen.length], [[0, 0], 4]);
      assert.equal((await chat(`relay/${model}`, ['It is 10:02.', 'It is 10:03.'])).status, 200);
      assert.equal(upstream.seen.length, 7, 'the field is remembered, the thinking of one request is not');
    });
  it('is left out of what a Messages client sends itself, once it was refused', async () => {
    upstream.answers = [provider()];
    const tools = [{ name: 'Read', input_schema: parameters }];
    const ask = (system: string, messages: JsonObject[]) =>
      router.post('/v1/messages', { model: 'a/claude-opus-5-5', max_tokens: 99, system, tools, messages });
    const asked = { role: 'user', content: 'Read a.' };
    const { content } = (await (await ask('It is 10:00.', [asked])).json()) as { content: JsonObject[] };
    const result = { type: 'tool_result', tool_use_id: 'toolu_01AbCdEfGhIjKlMn', content: 'text of a' };
    const answer = await ask('It is 10:01.', [
      asked,
      { role: 'assistant', content },
      { role: 'user', content: [result] },
    ]);
    assert.equal(answer.status, 200, await answer.text());
    assert.deepEqual([read, upstream.seen.length], [[0, 0], 3]);
    assert.match(router.records.at(-1)!.rules.join(), /earlier thinking left out/);
  });
  it('a wish for no thinking is told where the model always thinks', async () => {
    upstream.answers = [provider()];
    const body = { reasoning_effort: 'none', messages: [{ role: 'user', content: 'Hi.' }] };
    for (const [model, told] of [
      ['a/claude-opus-5-5', true],
      ['a/claude-opus-5', false],
    ] as const) {
      assert.equal((await router.post('/v1/chat/completions', { model, ...body })).status, 200);
      const { rules } = router.records.at(-1)!;
      assert.equal(/which this model cannot do without/.test(rules.join()), told, model);
    }
  });
});
