import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { chatCodec } from '../../../src/wires/chat';
import { RequestProblem } from '../../../src/wires/codec';
import type { JsonObject, JsonValue } from '../../../src/wires/conversation';
import { ableTarget, carefulTarget } from '../../support/emitTarget';

/** Replaces one value somewhere inside by another. */
function damage(value: JsonValue, path: number[], replacement: JsonValue): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return replacement;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(keys.length, 1)];
  if (key === undefined) return replacement;
  const inner = (value as JsonObject)[key] as JsonValue;
  if (Array.isArray(value))
    return value.map((each, at) => (String(at) === key ? damage(inner, rest, replacement) : each));
  return { ...value, [key]: damage(inner, rest, replacement) };
}

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
  fc.constantFrom<JsonValue>(
    null,
    {},
    [],
    '',
    0,
    [null],
    [[]],
    { type: 'function' },
    { type: 'text' },
    { error: {} },
    'tool_calls',
  ),
);
const path = fc.array(fc.nat(12), { minLength: 1, maxLength: 7 });

const REQUEST: JsonObject = {
  model: 'm',
  messages: [
    { role: 'system', content: 's' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
        { type: 'file', file: { file_data: 'x' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      reasoning_details: [{ type: 'reasoning.text', text: 'x' }],
      tool_calls: [
        { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } },
        { id: 'd', type: 'custom', custom: { name: 'g', input: 'x' } },
      ],
    },
    {
      role: 'tool',
      tool_call_id: 'c',
      content: [
        { type: 'text', text: 'r' },
        { type: 'image_url', image_url: { url: 'https://x/y' } },
      ],
    },
    { role: 'tool', tool_call_id: 'd', content: 'r' },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'e', content: 'r' }] },
  ],
  system: [{ type: 'text', text: 's' }],
  tools: [
    {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } } },
    },
    {
      type: 'custom',
      custom: { name: 'g', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
    },
  ],
  tool_choice: {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
  },
  functions: [{ name: 'h' }],
  function_call: { name: 'h' },
  reasoning: { effort: 'low', max_tokens: 5 },
  thinking: { type: 'enabled', budget_tokens: 1 },
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
  stop: ['x'],
  metadata: { a: 'b' },
  stream_options: { include_usage: true },
  stream: true,
};

const CHUNK: JsonObject = {
  id: 'x',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      finish_reason: null,
      delta: {
        role: 'assistant',
        content: [{ type: 'thinking', thinking: [{ type: 'text', text: 't' }] }],
        reasoning: 'r',
        reasoning_details: [{ type: 'reasoning.text', text: 'a', index: 0 }],
        refusal: 'n',
        tool_calls: [
          {
            index: 0,
            id: 'c',
            function: { name: 'f', arguments: '{}' },
            extra_content: { google: { thought_signature: 's' } },
          },
        ],
        function_call: { name: 'g', arguments: '{' },
      },
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 1 } },
};

describe('chat: hostile input', () => {
  it('a damaged request is read or refused with a sentence, never more', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(path, junk), { minLength: 1, maxLength: 3 }), (damages) => {
        const body = damages.reduce<JsonValue>(
          (value, [where, what]) => damage(value, where, what),
          REQUEST,
        ) as JsonObject;
        try {
          const conversation = chatCodec.parseRequest(body);
          for (const target of [ableTarget, { ...carefulTarget, refusedSchemaKeys: ['title'] }])
            chatCodec.emitRequest(conversation, target);
        } catch (error) {
          assert.ok(error instanceof RequestProblem, String((error as Error).stack));
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('damaged chunks and answers break nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(path, junk), { minLength: 1, maxLength: 4 }), (damages) => {
        const parser = chatCodec.createStreamParser();
        const emitter = chatCodec.createStreamEmitter({ model: 'm', id: 'i', created: 1, includeUsage: true });
        for (const [where, what] of damages) {
          const data = JSON.stringify(damage(CHUNK, where, what));
          for (const event of parser.push({ data })) emitter.push(event);
          try {
            const answer = chatCodec.parseAnswer(JSON.parse(data.replace('"delta"', '"message"')));
            chatCodec.emitAnswer(answer, { model: 'm', id: 'i', created: 1, includeUsage: true });
          } catch (error) {
            assert.match(String(error), /^Error: /);
          }
        }
        for (const event of parser.finish()) emitter.push(event);
        emitter.finish();
      }),
      { numRuns: 1000 },
    );
  });
});
