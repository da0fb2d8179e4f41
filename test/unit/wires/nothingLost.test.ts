/** What clients write that no wire means, or that only chat has a place for: carried, told or refused, never dropped. */
import assert from 'node:assert/strict';
import { textOf } from '../../../src/said';
import { codecFor } from '../../../src/wires/codecs';
import type { JsonObject, JsonValue, WireName } from '../../../src/wires/conversation';
import { carryAcross } from '../../../src/wires/foreign';
import { ableTarget } from '../../support/emitTarget';

const WIRES: readonly WireName[] = ['chat', 'messages', 'responses'];
const user: JsonObject = { role: 'user', content: 'x' };
const across = (from: WireName, body: JsonObject, to: WireName) =>
  carryAcross(codecFor(from).parseRequest({ model: 'm', ...body }), to);
const sent = (from: WireName, body: JsonObject, to: WireName) =>
  codecFor(to).emitRequest(across(from, body, to).conversation, ableTarget);

describe('what a request holds is not dropped without a word', () => {
  it('author names are told once where the wire has no field for them', () => {
    const messages: JsonValue[] = [
      { ...user, name: 'ann' },
      { role: 'assistant', content: 'y' },
      { ...user, name: 'bob' },
    ];
    for (const to of ['messages', 'responses'] as const)
      assert.deepEqual(across('chat', { messages }, to).told.map(textOf), [
        'left out, since this provider has no field for it: messages[].name',
      ]);
    assert.deepEqual(across('chat', { messages }, 'chat').told, []);
    assert.match(JSON.stringify(sent('chat', { messages }, 'chat')), /"name":"ann".*"name":"bob"/);
  });

  it('a choice of tools that nobody knows is told, one of a form of its own refused; their own wire gets both', () => {
    const bodies: Record<WireName, JsonObject> = {
      chat: { messages: [user], tools: [{ type: 'function', function: { name: 'f' } }] },
      messages: { max_tokens: 9, messages: [user], tools: [{ name: 'f', input_schema: { type: 'object' } }] },
      responses: { input: 'x', tools: [{ type: 'function', name: 'f' }] },
    };
    for (const from of WIRES) {
      const asked = (tool_choice: JsonValue): JsonObject => ({ ...bodies[from], tool_choice });
      for (const to of WIRES) {
        if (to === from) {
          for (const choice of ['sometimes', { type: 'own_form' }])
            assert.deepEqual(sent(from, asked(choice), to).tool_choice, choice);
          continue;
        }
        assert.throws(() => across(from, asked({ type: 'own_form' }), to), /tool_choice/);
        assert.deepEqual(across(from, asked('sometimes'), to).told.map(textOf), [
          'left out, since this provider has no field for it: tool_choice',
        ]);
        assert.equal(sent(from, asked('sometimes'), to).tool_choice, undefined);
      }
    }
  });

  it('a call of the history that names no tool stands as text', () => {
    const args = '{"path":"a.ts"}';
    const bodies: [WireName, JsonObject][] = [
      ['chat', { messages: [user, { role: 'assistant', tool_calls: [{ id: 'c', function: { arguments: args } }] }] }],
      ['chat', { messages: [user, { role: 'assistant', function_call: { arguments: args } }] }],
      ['responses', { input: [user, { type: 'function_call', call_id: 'c', arguments: args }] }],
    ];
    for (const [from, body] of bodies)
      for (const to of WIRES)
        assert.match(JSON.stringify(sent(from, body, to)), /Tool call without a name: \{\\"path\\":\\"a.ts\\"\}/);
  });

  it('a key named __proto__ stays in arguments, schemas and metadata, on every way', () => {
    const parse = (text: string) => JSON.parse(text) as JsonObject;
    const args = '{"__proto__":{"a":1}}';
    const schema = '{"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}';
    const bodies: Record<WireName, JsonObject> = {
      chat: parse(
        `{"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":${JSON.stringify(args)}}}]},{"role":"tool","tool_call_id":"c","content":"r"}],"metadata":${args},"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]}`,
      ),
      messages: parse(
        `{"max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":${args}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}],"metadata":{"user_id":"u","__proto__":{"a":1}},"tools":[{"name":"f","input_schema":${schema}}]}`,
      ),
      responses: parse(
        `{"input":[{"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","arguments":${JSON.stringify(args)}},{"type":"function_call_output","call_id":"c","output":"r"}],"metadata":${args},"tools":[{"type":"function","name":"f","parameters":${schema}}]}`,
      ),
    };
    for (const from of WIRES)
      for (const to of WIRES) {
        const text = JSON.stringify(sent(from, bodies[from], to)).replaceAll('\\"', '"');
        assert.ok(text.includes(args), `${from} to ${to}: arguments`);
        assert.match(text, /"properties":\{"__proto__":\{"type":"string"\}\}/, `${from} to ${to}: schema`);
        // Messages has no metadata but the user's id.
        if (to !== 'messages') assert.ok(text.includes(`"metadata":${args}`), `${from} to ${to}: metadata`);
      }
    for (const from of WIRES)
      for (const to of WIRES) {
        const options = { model: 'm', id: 'i', created: 1, includeUsage: false };
        const call = { type: 'toolCall', id: 'c', name: 'f', arguments: args } as const;
        const whole = parse(JSON.stringify(codecFor(from).emitAnswer({ parts: [call] }, options)));
        const passed = codecFor(to).emitAnswer(codecFor(from).parseAnswer(whole), options);
        assert.ok(JSON.stringify(passed).replaceAll('\\"', '"').includes(args), `answer ${from} to ${to}`);
      }
  });
});
