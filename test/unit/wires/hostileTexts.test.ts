/** Texts made to keep a pattern busy: whoever may send a request, or answers one, must not stop the router for everybody else. */
import assert from 'node:assert/strict';
import { failureSentence } from '../../../src/cursor/errors';
import { undecorate } from '../../../src/cursor/names';
import { readCursorRequest } from '../../../src/cursor/request';
import { stripThinking } from '../../../src/cursor/thinking';
import type { Conversation, JsonObject, JsonValue, Part } from '../../../src/wires/conversation';
import { unwrapCustomCalls } from '../../../src/wires/customTools';
import { maskKeys as maskSecrets } from '../../../src/wires/keyShapes';
import { settleTools } from '../../../src/wires/toolChanges';

/** In quadratic time each of these takes minutes. */
const MANY = 200_000;

describe('hostile texts take linear time', function () {
  this.timeout(10_000);

  it('thinking tags that never close, in an assistant message', () => {
    const text = `a${'<think>'.repeat(MANY)}`;
    assert.equal(stripThinking(text), text);
    assert.equal(stripThinking(`a<think>b</think>\n${text}`), `a${text}`);
  });

  it('what looks like the beginning of a secret, in an error or a logged body', () => {
    for (const text of [' ', 'sk-', 'bearer ', ': ', 'eyJ-', 'api_key ', 'api_key = '])
      assert.equal(typeof maskSecrets(text.repeat(MANY)), 'string');
    assert.equal(maskSecrets(`bearer ${' '.repeat(MANY)}x`).length, MANY + 8);
  });

  it('a model name of endless dashes, in an error for Cursor', () => {
    const said = failureSentence(
      { status: 500, message: 'x', kind: 'server' },
      { provider: 'p', model: `${'-'.repeat(MANY)}overloaded` },
    );
    assert.doesNotMatch(said, /overloaded/);
  });

  it('a model name with endless families', () => {
    assert.equal(
      undecorate('/gpt-'.repeat(MANY), () => false),
      undefined,
    );
  });

  it('a wrapped call that begins with blanks', () => {
    const unwrap = unwrapCustomCalls(new Set(['ApplyPatch']));
    unwrap({ type: 'toolCallStart', index: 0, id: 'a', name: 'ApplyPatch' });
    for (let at = 0; at < MANY; at++) unwrap({ type: 'toolCallDelta', index: 0, text: ' ' });
    assert.equal(unwrap({ type: 'toolCallEnd', index: 0 }).length, 2);
  });

  it('calls without ids beside results of other ids (N6)', () => {
    const count = 20_000;
    const calls: JsonObject[] = Array.from({ length: count }, () => ({ function: { name: 'a', arguments: '{}' } }));
    const results = calls.map((_, at): JsonObject => ({ role: 'tool', tool_call_id: `x${at}`, content: 'x' }));
    const { turns } = readCursorRequest({
      model: 'm',
      messages: [{ role: 'assistant', tool_calls: calls }, ...results],
    }).conversation;
    assert.deepEqual(
      turns[0]?.parts.map((part) => (part.type === 'toolCall' ? part.id : '')),
      results.map((result) => result.tool_call_id),
    );
  });

  it('tools that come, join one group and go within a conversation', () => {
    const opaque = (value: JsonObject): Part => ({ type: 'opaque', wire: 'responses', value });
    const parts = Array.from({ length: MANY / 4 }, (_, at): Part[] => {
      const name = `t${at}`;
      const tools: JsonValue[] = [
        { type: 'function', name },
        { type: 'namespace', name: 'g', tools: [{ type: 'function', name }] },
      ];
      return [
        opaque({ type: 'additional_tools', tools }),
        ...['g', name].map((gone) => opaque({ type: 'tool_removal', tool: { name: gone } })),
        opaque({ type: 'tool_addition', tool: { name: 'g' } }),
      ];
    }).flat();
    const { tools } = settleTools({ model: 'm', turns: [{ role: 'user', parts }] } as Conversation);
    const [group] = (tools ?? []).map((tool) => (tool.kind === 'opaque' ? (tool.value as JsonObject).tools : tool));
    assert.equal((group as unknown[]).length, MANY / 4);
  });
});
