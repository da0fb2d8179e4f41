/** Each `cursor.*` switch over real sockets: what it turns on or off is seen by Cursor or by the provider. */
import assert from 'node:assert/strict';
import type { SettingsInput } from '../../../src/settings/schema';
import type { JsonObject, StreamEvent } from '../../../src/wires/conversation';
import { readCursorStream } from '../../support/cursorStream';
import { type StrictTrio, startTrio, TRIO } from '../../support/strictTrio';

const PLAIN = { 'user-agent': 'plain/1' };
const THINKS_AND_PATCHES: StreamEvent[] = [
  { type: 'reasoning', index: 0, text: 'hm' },
  { type: 'reasoningEnd', index: 0, wire: 'messages', signature: 'sig' },
  { type: 'toolCallStart', index: 1, id: 'toolu_AbCdEfGh1234', name: 'ApplyPatch' },
  { type: 'toolCallDelta', index: 1, text: '{"input":"*** P"}' },
  { type: 'toolCallEnd', index: 1 },
  { type: 'finish', reason: 'toolCalls' },
  { type: 'usage', usage: { input: 10, output: 5 } },
];
const BODY: JsonObject = {
  stream: true,
  messages: [
    { role: 'system', content: 's' },
    { role: 'user', content: 'x' },
  ],
  tools: [{ type: 'custom', custom: { name: 'ApplyPatch' } }],
  reasoning: { effort: 'low' },
};

describe('cursor switches', () => {
  let trio: StrictTrio;
  before(async () => {
    trio = await startTrio();
  });
  after(() => trio.stop());

  async function ask(cursor: SettingsInput['cursor'], body: JsonObject = BODY, headers?: Record<string, string>) {
    await trio.router.configure(
      {
        backends: [{ name: 'messages', preset: 'anthropic', baseUrl: `${trio.upstream.url}/messages` }],
        cursor,
      },
      { messages: 'k' },
    );
    trio.events = THINKS_AND_PATCHES;
    return trio.ask('messages', body, headers);
  }

  it('thinking: details, think, hide (R23)', async () => {
    const shown = async (thinking: 'details' | 'think' | 'hide') =>
      readCursorStream((await ask({ thinking })).text).content;
    assert.match(await shown('details'), /^<details>\n<summary>Thinking<\/summary>\n\nhm\n<\/details>\n\n$/);
    assert.equal(await shown('think'), '<think>\nhm\n</think>\n\n');
    assert.equal(await shown('hide'), '');
  });
  it('customToolReply: function or custom (R17, R18)', async () => {
    for (const customToolReply of ['function', 'custom'] as const) {
      const [call] = readCursorStream((await ask({ customToolReply })).text).calls;
      assert.deepEqual([call?.type, call?.arguments], [customToolReply, '*** P']);
    }
  });
  it('detect: never takes Cursor for a plain client, always a plain client for Cursor', async () => {
    assert.ok(!(await ask({ detect: 'never' })).text.includes('<details>'));
    assert.ok(!(await ask({ detect: 'auto' }, BODY, PLAIN)).text.includes('<details>'));
    assert.ok((await ask({ detect: 'always' }, BODY, PLAIN)).text.includes('<details>'));
  });
  it('cacheControl: marks are added for clients that send none, and only then', async () => {
    assert.ok(!JSON.stringify((await ask({ cacheControl: false })).sent).includes('cache_control'));
    assert.equal(JSON.stringify((await ask({ cacheControl: true })).sent).split('cache_control').length - 1, 3);
  });
  it('memory: off, the thinking of a call is not put back and this request goes without (S6)', async () => {
    const next: JsonObject = {
      ...BODY,
      messages: [
        ...(BODY.messages as JsonObject[]),
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { id: 'toolu_AbCdEfGh1234', type: 'function', function: { name: 'ApplyPatch', arguments: '*** P' } },
          ],
        },
        { role: 'tool', tool_call_id: 'toolu_AbCdEfGh1234', content: 'Done' },
      ],
    };
    await ask({ memory: true });
    const warm = await ask({ memory: true }, next);
    assert.ok(JSON.stringify(warm.sent).includes('"signature":"sig"'), warm.text);
    const cold = await ask({ memory: false }, next);
    assert.equal(cold.status, 200, cold.text);
    assert.ok(!JSON.stringify(cold.sent).includes('"signature"'));
    assert.equal(cold.sent.thinking, undefined);
  });
  it('contextOverflow: error says so, compact makes Cursor compact; the header tells the true status (E3, E7)', async () => {
    const answers = trio.upstream.answers;
    trio.upstream.answers = [
      (_seen, response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end('{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 2 > 1"}}');
      },
    ];
    const post = async (contextOverflow: 'error' | 'compact') => {
      await ask({ contextOverflow });
      const response = await trio.router.post(
        '/v1/chat/completions',
        { ...BODY, model: `messages/${TRIO.messages.model}` },
        { 'user-agent': 'Cursor/1.0' },
      );
      assert.equal(response.headers.get('x-llm-router-upstream-status'), '400');
      return [response.status, await response.text()] as const;
    };
    const [status, text] = await post('error');
    assert.equal(status, 400);
    assert.match(text, /too long/);
    const [compacted, stream] = await post('compact');
    assert.equal(compacted, 200);
    assert.equal(readCursorStream(stream).usage?.prompt_tokens, 1_000_000);
    trio.upstream.answers = answers;
  });
});
