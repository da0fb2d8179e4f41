/** Thinking in the history of a Messages body, and what the Claude models of 2026 take of it (platform.claude.com, "Preserved thinking"). */
import assert from 'node:assert/strict';
import { buildBackends, emitTargetFor } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import { textOf } from '../../../src/said';
import { settingsSchema } from '../../../src/settings/schema';
import { applyLessons } from '../../../src/upstream/lessonEdits';
import { lessonsOf } from '../../../src/upstream/lessons';
import { codecFor } from '../../../src/wires/codecs';
import type { Conversation, JsonObject, Part, ReasoningRequest } from '../../../src/wires/conversation';
import { readFailure } from '../../../src/wires/failure';
import { splice } from '../../../src/wires/jsonText';
import { withoutThinking } from '../../../src/wires/thinkingBlocks';

const without = (text: string): string => splice(Buffer.from(text), withoutThinking(Buffer.from(text))).toString();

/** What goes out to this model of Anthropic's. */
function sentTo(model: string, reasoning: ReasoningRequest | undefined, thought: Part[] = []): JsonObject {
  const settings = settingsSchema.parse({ backends: [{ name: 'a', preset: 'anthropic' }] });
  const target = createRouteTable(settings, buildBackends(settings)).resolve(`a/${model}`);
  assert.ok(!('notFound' in target));
  const conversation: Conversation = {
    model,
    stream: false,
    turns: [
      { role: 'user', parts: [{ type: 'text', text: 'go' }] },
      { role: 'assistant', parts: [...thought, { type: 'text', text: 'Gone.' }] },
      { role: 'user', parts: [{ type: 'text', text: 'on' }] },
    ],
    ...(reasoning && { reasoning }),
  };
  return codecFor('messages').emitRequest(conversation, emitTargetFor(target)) as JsonObject;
}
const THOUGHT: Part[] = [{ type: 'reasoning', text: 'Hm.', signature: 'SIG', wire: 'messages' }];
const DROP = { prefix_mismatch_behavior: 'drop_block' };

describe('thinking in the history of a Messages body', () => {
  it('goes whole, and every other byte stays', () => {
    assert.equal(
      without(
        '{"a": 1.0, "messages": [ {"role":"user","content":"thinking"}, {"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"s"}, {"type":"tool_use","id":"t","input":{"n":12345678901234567890}} ,{"type":"redacted_thinking","data":"x"}]} ]}',
      ),
      '{"a": 1.0, "messages": [ {"role":"user","content":"thinking"}, {"role":"assistant","content":[{"type":"tool_use","id":"t","input":{"n":12345678901234567890}}]} ]}',
    );
  });
  it('leaves no message without content', () => {
    assert.equal(
      without('{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"s"}]}]}'),
      '{"messages":[{"role":"assistant","content":[{"type":"text","text":"..."}]}]}',
    );
  });
  it('is looked for in a history only', () => {
    for (const text of ['{}', '{"messages":1}', '{"messages":[1,{"content":"x"},{"content":[2,{"type":3}]}]}'])
      assert.equal(without(text), text);
  });
});

describe('a refusal of earlier thinking', () => {
  const SENT: JsonObject = {
    messages: [
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: [...[{ type: 'thinking', thinking: '', signature: 's' }], { type: 'text', text: 'a' }],
      },
    ],
  };
  const refused = (message: string, sent: JsonObject) =>
    lessonsOf(
      readFailure(400, {}, JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }), 0),
      () => sent,
    );
  const BOUND =
    'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".';

  for (const message of [
    BOUND,
    'messages.1.content.0: Invalid `signature` in `thinking` block',
    'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.',
  ])
    it(`"${message.slice(23, 90)}…": the next try goes without it, and nothing is remembered of the model`, () => {
      const lessons = refused(message, SENT);
      assert.deepEqual(
        lessons.map(({ lasting }) => lasting),
        [false],
      );
      const taught = applyLessons(Buffer.from(JSON.stringify(SENT)), lessons);
      assert.ok(!String(taught.body).includes('"thinking"'));
      assert.match(taught.rules.map(textOf).join(), /earlier thinking left out/);
    });
  it('is told where there was none', () => assert.deepEqual(refused(BOUND, { messages: [] }), []));
  it('the field that asks for it to be left out goes where a provider does not know it', () => {
    const sent = { ...SENT, thinking: { type: 'adaptive', block_binding: DROP } };
    const lessons = refused('thinking.adaptive.block_binding: Extra inputs are not permitted', sent);
    assert.deepEqual(lessons, [{ field: 'thinking.block_binding', do: 'drop', lasting: true }]);
  });
});

describe('Claude models of 2026', () => {
  it('that bind their thinking are asked to leave out what no longer fits, and only where some goes back', () => {
    for (const model of [
      'claude-opus-5-5',
      'claude-sonnet-5-5',
      'claude-haiku-5-5',
      'claude-fable-5-1',
      'claude-mythos-5-2',
    ]) {
      assert.deepEqual(sentTo(model, undefined, THOUGHT).thinking, { type: 'adaptive', block_binding: DROP }, model);
      assert.deepEqual(
        sentTo(model, { effort: 'high', summary: 'auto' }, THOUGHT).thinking,
        { type: 'adaptive', display: 'summarized', block_binding: DROP },
        model,
      );
      assert.equal(sentTo(model, undefined).thinking, undefined, model);
    }
    for (const model of ['claude-opus-5', 'claude-fable-5', 'claude-opus-4-8', 'claude-sonnet-5'])
      assert.equal(sentTo(model, undefined, THOUGHT).thinking, undefined, model);
  });
  it('take a wish for no thinking in their own way, or always think', () => {
    const wishes: ReasoningRequest[] = [{ disabled: true }, { effort: 'none' }];
    for (const wish of wishes) {
      for (const model of ['claude-opus-5', 'claude-sonnet-5', 'claude-haiku-5-5'])
        assert.deepEqual(sentTo(model, wish).thinking, { type: 'disabled' }, model);
      assert.deepEqual(sentTo('claude-sonnet-5-5', wish).thinking, { type: 'between_tools' });
      for (const model of ['claude-opus-5-5', 'claude-fable-5', 'claude-fable-5-1', 'claude-mythos-preview'])
        assert.equal(sentTo(model, wish).thinking, undefined, model);
    }
    assert.equal(sentTo('claude-opus-4-8', { effort: 'none' }).thinking, undefined, 'off by default');
    assert.deepEqual(sentTo('claude-opus-4-8', { disabled: true }).thinking, { type: 'disabled' });
  });
});
