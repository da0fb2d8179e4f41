/** Whatever a provider says about whatever body (issue 15 §4): what is asked, and what binds the answer, goes on as it was. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyLessons } from '../../../src/upstream/lessonEdits';
import { lessonsOf } from '../../../src/upstream/lessons';
import type { ApiFailure, JsonObject, JsonValue } from '../../../src/wires/conversation';
import { isObject } from '../../../src/wires/read';

const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];
const BINDING = [
  ...['model', 'messages', 'input', 'system', 'instructions', 'tools', 'response_format', 'text', 'output_config'],
  ...['stop', 'stop_sequences', 'n', 'stream', 'store', 'tool_choice', 'logprobs', 'modalities'],
];
const TUNING = [
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'user',
  'reasoning',
  'reasoning_effort',
  'include',
  'metadata',
];
const OF_HISTORY = ['reasoning_content', 'thought_signature', 'cache_control', 'id', 'signature'];
const KEYWORDS = ['format', 'pattern', 'minimum', 'title', 'default', 'additionalProperties', '$schema', 'not'];
const SHAPES = ['type', 'properties', 'items', 'required', 'enum', 'description', 'anyOf'];
const CONTENT = ['content', 'role', 'name', 'arguments', 'parameters', 'function', 'tool_calls', 'image_url', 'text'];
const names = fc.constantFrom(...LIMITS, ...BINDING, ...TUNING, ...OF_HISTORY, ...KEYWORDS, ...SHAPES, ...CONTENT);

const text = fc.constantFrom('hi', 'Unknown parameter', 'format', '');
const schema = (depth: number): fc.Arbitrary<JsonObject> => {
  const lesser = fc.dictionary(fc.constantFrom(...KEYWORDS), fc.constantFrom<JsonValue>(1, 'uri', false, {}), {
    maxKeys: 3,
  });
  const leaf = fc.constantFrom<JsonObject>({ type: 'string' }, { type: 'integer' }, { type: 'string', enum: ['a'] });
  const inner = depth === 0 ? leaf : schema(depth - 1);
  const shape = fc.oneof(
    leaf,
    inner.map((items): JsonObject => ({ type: 'array', items })),
    fc
      .dictionary(names, inner, { maxKeys: 3 })
      .map((properties): JsonObject => ({ type: 'object', properties, required: Object.keys(properties) })),
  );
  return fc.tuple(shape, lesser).map(([one, more]) => ({ ...more, ...one }));
};
const part = fc.record(
  { type: fc.constant('text'), text, cache_control: fc.constant({ type: 'ephemeral' }), signature: text },
  { requiredKeys: ['type', 'text'] },
);
const message = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'tool'),
    content: fc.oneof(text, fc.array(part, { maxLength: 2 })),
    name: text,
    id: text,
    reasoning_content: text,
    tool_call_id: text,
    tool_calls: fc.constant([
      { id: 'c', type: 'function', thought_signature: 's', function: { name: 'f', arguments: '{}' } },
    ]),
  },
  { requiredKeys: ['role', 'content'] },
);
const tool = fc.oneof(
  schema(2).map((parameters) => ({ type: 'function', function: { name: 'f', parameters } })),
  schema(2).map((parameters) => ({ type: 'function', name: 'f', parameters })),
  schema(2).map((input_schema) => ({ name: 'f', input_schema })),
);
const body = fc.record(
  {
    model: fc.constant('m'),
    messages: fc.array(message, { maxLength: 3 }),
    input: fc.array(message, { maxLength: 2 }),
    tools: fc.array(tool, { maxLength: 2 }),
    tool_choice: fc.constantFrom<JsonValue>('required', 'none', { type: 'function', function: { name: 'f' } }),
    response_format: schema(1).map((one) => ({ type: 'json_schema', json_schema: { name: 'n', schema: one } })),
    text: schema(1).map((one) => ({ verbosity: 'low', format: { type: 'json_schema', schema: one } })),
    output_config: schema(1).map((one) => ({ effort: 'low', format: { type: 'json_schema', schema: one } })),
    stop: fc.constant(['x']),
    n: fc.constant(2),
    stream: fc.boolean(),
    store: fc.constant(false),
    logprobs: fc.constant(true),
    max_tokens: fc.constant(5),
    temperature: fc.constant(0.2),
    top_k: fc.constant(4),
    reasoning: fc.constant({ effort: 'high', summary: 'auto' }),
    metadata: fc.dictionary(names, text, { maxKeys: 2 }),
  },
  { requiredKeys: ['model'] },
) as fc.Arbitrary<unknown> as fc.Arbitrary<JsonObject>;

const said = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...TUNING, ...KEYWORDS, ...OF_HISTORY, 'max_tokens') },
  { weight: 1, arbitrary: names },
);
const place = fc.oneof(
  { weight: 3, arbitrary: said },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('messages', 'input', 'tools', 'response_format', 'text', 'body'), fc.nat(1), said)
      .map(([list, at, name]) => `${list}[${at}].${name}`),
  },
  { weight: 1, arbitrary: fc.tuple(names, said).map((steps) => steps.join('.')) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('messages', 'tools'), fc.nat(1), names, said).map((steps) => steps.join('.')),
  },
);
const SAYINGS: readonly ((path: string, other: string) => string)[] = [
  (path) => `Unsupported parameter: '${path}' is not supported with this model.`,
  (path) => `Unknown parameter: '${path}'.`,
  (path, other) => `Unknown name "${path}" at '${other}': Cannot find field.`,
  (path, other) => `'${other}' : property '${path}' is unsupported`,
  (path) => `${path}: Extra inputs are not permitted`,
  (path) => `Invalid schema for function 'f': In context=(), '${path}' is not permitted.`,
  (path, other) => `Unsupported JSON schema fields: {'${path}', '${other}'}`,
  (path, other) => `tools.0.function.parameters: properties ${path}, ${other} are not supported`,
  (path) => `invalid ${path}: only 1 is allowed for this model`,
  (path) => `Unsupported value: '${path}' does not support 'x' with this model. Supported values are: 'medium'.`,
  (path, other) => `'${path}' is not supported with this model. Use '${other}' instead.`,
];
const refusal: fc.Arbitrary<ApiFailure> = fc
  .record({
    status: fc.constantFrom(400, 400, 400, 422, 422, 500),
    messages: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...SAYINGS), place, place).map(([say, a, b]) => say(a, b)) },
        { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    param: fc.option(place, { nil: null }),
    code: fc.constantFrom(null, 'unsupported_parameter', 'unknown_parameter', 'unsupported_value'),
  })
  .map(({ messages, ...rest }) => ({ ...rest, message: messages.join('\n') }));

/** What has to be the same in a body, thinking, ids, cache marks and the lesser keywords of schemas left aside. */
function binding(value: JsonObject): JsonObject {
  const limit = LIMITS.map((name) => value[name]).find((one) => one !== undefined);
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => BINDING.includes(key)));
  return { ...(bare(rest) as JsonObject), limit: limit ?? null };
}

function bare(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(bare);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (OF_HISTORY.includes(key) || key === 'verbosity' || key === 'effort') return [];
      const isSchema = ['parameters', 'input_schema', 'schema'].includes(key) && isObject(inner);
      return [[key, isSchema ? shapeOf(inner) : bare(inner)]];
    }),
  );
}

function shapeOf({ type, properties, items, required, enum: values }: JsonObject): JsonObject {
  return {
    type: type ?? null,
    items: isObject(items) ? shapeOf(items) : null,
    values: values ?? null,
    // A repaired schema of tools has a list of properties, an empty one included.
    ...(isObject(properties) &&
      Object.keys(properties).length > 0 && {
        required: required ?? null,
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, one]) => [name, shapeOf(one as JsonObject)]),
        ),
      }),
  };
}

describe('any refusal of any body', () => {
  it('changes no content, no tool and nothing that binds the answer, and teaches nothing twice', () => {
    let taught = 0;
    fc.assert(
      fc.property(body, refusal, (sent, failure) => {
        const lessons = lessonsOf(failure, () => sent);
        const bytes = Buffer.from(JSON.stringify(sent));
        const next = applyLessons(bytes, lessons).body as Buffer;
        if (lessons.length === 0) return assert.deepEqual(next, bytes);
        taught += 1;
        assert.ok(lessons.length <= 8);
        const after = JSON.parse(next.toString()) as JsonObject;
        assert.deepEqual(binding(after), binding(sent));
        assert.deepEqual(applyLessons(next, lessons).body, next);
        const known = new Set(lessons.map(({ field }) => field));
        const again = lessonsOf(failure, () => after).filter(({ field }) => known.has(field));
        assert.deepEqual(again, []);
      }),
      { numRuns: 800 },
    );
    assert.ok(taught > 60, `only ${taught} refusals taught something`);
  });
});
