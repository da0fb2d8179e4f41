import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { detectDialect, glanceAtBody, isCursorRequest, isKeyCheck } from '../../../src/cursor/detect';
import type { JsonObject, JsonValue } from '../../../src/wires/conversation';
import { scanObject } from '../../../src/wires/jsonText';

interface Case {
  name: string;
  kind: string;
  note: string;
  input: { body: JsonValue };
  expect: Record<string, unknown>;
}
const casesOf = (file: string) =>
  (JSON.parse(readFileSync(`test/fixtures/cursor/${file}.json`, 'utf8')) as { cases: Case[] }).cases;
const dialectOf = (body: JsonValue) => {
  const detected = detectDialect(body);
  return 'dialect' in detected ? detected.dialect : undefined;
};
const path = '/v1/chat/completions';
const chat: JsonObject = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

describe('cursor detection', () => {
  for (const { name, input, expect } of casesOf('litellm_body_detection')) {
    it(`litellm: ${name} (D1, D4)`, () => {
      // Chat without anything to answer is refused before it matters which it is.
      if (name === 'null-messages') assert.ok('problem' in detectDialect(input.body));
      else assert.equal(dialectOf(input.body) !== 'B', expect.chat);
    });
  }
  for (const { name, input, expect } of casesOf('cursor_request_samples')) {
    it(`sample: ${name} (D1, D3)`, () => assert.equal(dialectOf(input.body), expect.dialect));
  }
  it('byok bridge: messages [] with input is B (D1 overrules)', () => {
    const [wins, plain] = casesOf('byokbridge_cases');
    assert.equal(dialectOf(wins?.input.body as JsonObject), 'B');
    assert.ok('problem' in detectDialect(plain?.input.body as JsonObject));
  });
  it('bifrost: messages with results win over input (D2)', () => {
    const found = casesOf('bifrost_cursor').find(({ kind }) => kind === 'request-detection');
    assert.equal(dialectOf(found?.input.body as JsonObject), 'A');
  });
  it('routekit: null and empty bodies are nothing to answer (D4)', () => {
    for (const { kind, input } of casesOf('routekit_cursor')) {
      if (kind === 'request-detection') assert.ok('problem' in detectDialect(input.body));
    }
  });
  it('D4: nothing to converse with is a sentence; marker-only bodies are B', () => {
    for (const body of [{}, { model: 'm' }, null, [], 'text', { messages: [] }, { messages: null, input: null }]) {
      const detected = detectDialect(body as JsonValue);
      assert.ok('problem' in detected && detected.problem.text.endsWith('.'), JSON.stringify(body));
    }
    for (const key of ['previous_response_id', 'instructions', 'reasoning', 'text', 'truncation']) {
      assert.equal(dialectOf({ [key]: 'x' }), 'B');
    }
  });
  it('D3: each C marker labels by itself', () => {
    assert.equal(dialectOf({ ...chat, system: 'x' }), 'C');
    assert.equal(dialectOf({ ...chat, tools: [{ name: 'Read', input_schema: {} }] }), 'C');
    assert.equal(dialectOf({ ...chat, tool_choice: { type: 'any' } }), 'C');
    assert.equal(dialectOf({ ...chat, messages: [{ role: 'assistant', content: [{ type: 'tool_use' }] }] }), 'C');
    assert.equal(dialectOf({ ...chat, tool_choice: { type: 'function', function: { name: 'x' } } }), 'A');
  });

  describe('isCursorRequest (design §2.6)', () => {
    const signs = { headers: {}, path, body: chat };
    it('knows the signs', () => {
      assert.equal(isCursorRequest(signs, 'auto'), false);
      assert.equal(isCursorRequest({ ...signs, headers: { 'user-agent': 'CURSOR/2' } }, 'auto'), true);
      assert.equal(isCursorRequest({ ...signs, headers: { 'user-agent': 'not cursor/1' } }, 'auto'), false);
      assert.equal(isCursorRequest({ ...signs, headers: { 'x-cursor-request-id': '1' } }, 'auto'), true);
      assert.equal(isCursorRequest({ ...signs, path: '/cursor/v1/chat/completions?x=1' }, 'auto'), true);
      assert.equal(isCursorRequest({ ...signs, path: '/v1/chat/completions?x=/cursor' }, 'auto'), false);
      assert.equal(isCursorRequest({ ...signs, body: { ...chat, metadata: { cursorRequestId: 'x' } } }, 'auto'), true);
      assert.equal(isCursorRequest({ ...signs, body: { input: 'hi' } }, 'auto'), true);
      assert.equal(isCursorRequest({ ...signs, body: { ...chat, system: 'x' } }, 'auto'), true);
      assert.equal(isCursorRequest({ ...signs, path: '/openai/deployments/x/chat/completions' }, 'auto'), false);
    });
    it('is settable, and only ever about chat/completions', () => {
      assert.equal(isCursorRequest(signs, 'always'), true);
      assert.equal(isCursorRequest({ ...signs, headers: { 'user-agent': 'Cursor/1.0' } }, 'never'), false);
      assert.equal(isCursorRequest({ ...signs, path: '/v1/responses', body: { input: 'hi' } }, 'always'), false);
    });
  });

  describe('glanceAtBody', () => {
    const glance = (body: JsonObject) => {
      const bytes = Buffer.from(JSON.stringify(body));
      return glanceAtBody(bytes, scanObject(bytes));
    };
    it('leaves long lists out, and gives the same verdict', () => {
      const bodies: JsonObject[] = [
        { ...chat, reasoning: { effort: 'low' } },
        { ...chat, system: 'x' },
        { input: [{ role: 'user', content: 'hi' }] },
        { messages: [], input: 'hi' },
        { ...chat, tools: [{ name: 'Read', input_schema: {} }] },
        { ...chat, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x' }] }] },
        { ...chat, messages: [{ role: 'user', content: 'say {"type":"tool_result"}' }] },
      ];
      for (const body of bodies) {
        assert.equal(dialectOf(glance(body)), dialectOf(body), JSON.stringify(body));
        assert.equal(
          isCursorRequest({ headers: {}, path, body: glance(body) }, 'auto'),
          isCursorRequest({ headers: {}, path, body }, 'auto'),
        );
      }
      assert.deepEqual(glance(chat).messages, [null]);
    });
  });

  describe('isKeyCheck (T8)', () => {
    const check = casesOf('cursor_request_samples').find(({ name }) => name.startsWith('V1'))?.input.body as JsonObject;
    it('recognises it in every form', () => {
      assert.equal(isKeyCheck(check), true);
      assert.equal(isKeyCheck({ model: 'x', input: 'Testing. Just say hi and nothing else.' }), true);
      assert.equal(
        isKeyCheck({
          messages: [{ role: 'user', content: [{ type: 'text', text: 'Testing. Just say hi and nothing else.' }] }],
        }),
        true,
      );
    });
    it('is nothing else', () => {
      assert.equal(isKeyCheck(chat), false);
      assert.equal(isKeyCheck({ ...check, tools: [{ type: 'function', function: { name: 'x' } }] }), false);
      assert.equal(
        isKeyCheck({ messages: [...(check.messages as JsonValue[]), { role: 'user', content: 'and now?' }] }),
        false,
      );
    });
  });
});
