import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/wires/conversation';
import { formatSchema, toolParameters } from '../../../src/wires/schema';
import { SCHEMA_DIALECTS, type SchemaDialectName, schemaDialectOf } from '../../../src/wires/schemaDialects';
import { repairSchema } from '../../../src/wires/schemaRepair';
import { legalToolNames } from '../../../src/wires/toolNames';

const names = Object.keys(SCHEMA_DIALECTS) as SchemaDialectName[];
const tool = (schemaDialect: SchemaDialectName, parameters: JsonObject) =>
  toolParameters({ kind: 'function', name: 't', parameters }, { schemaDialect, refusedSchemaKeys: [] });
const property = (schemaDialect: SchemaDialectName, x: JsonObject) =>
  (tool(schemaDialect, { type: 'object', properties: { x }, required: ['x'] })?.properties as JsonObject | undefined)
    ?.x;

describe('schema repair', () => {
  it('gives every target arrays with items, tools with properties, and bounds of the current draft', () => {
    for (const dialect of names) {
      assert.deepEqual(tool(dialect, {})?.properties, {}, dialect);
      assert.deepEqual(tool(dialect, { type: 'object' })?.properties, {}, dialect);
      assert.deepEqual(property(dialect, { type: 'array' }), { type: 'array', items: {} }, dialect);
      assert.deepEqual(property(dialect, { type: 'array', items: [{ type: 'string' }] }), {
        type: 'array',
        items: { type: 'string' },
      });
      assert.deepEqual(property(dialect, { type: 'string', required: false }), { type: 'string' }, dialect);
    }
    assert.deepEqual(property('anthropicTools', { type: 'integer', minimum: 0, exclusiveMinimum: true }), {
      type: 'integer',
      exclusiveMinimum: 0,
    });
    const top = tool('openai', {
      type: 'object',
      properties: { a: {} },
      enum: ['x'],
      oneOf: [{ properties: { b: {} } }],
    });
    assert.deepEqual(top, { type: 'object', properties: { a: {}, b: {} } });
  });

  it('says in the description what Gemini does not read', () => {
    const cases: [JsonObject, JsonObject][] = [
      [{ type: ['string', 'null'] }, { type: 'string', nullable: true }],
      [{ const: 'a' }, { enum: ['a'], type: 'string' }],
      [{ oneOf: [{ type: 'string' }] }, { anyOf: [{ type: 'string' }] }],
      [
        { type: 'integer', enum: [1, 2] },
        { type: 'integer', description: '(one of 1,2)' },
      ],
      [
        { type: 'string', enum: ['', 'a'] },
        { type: 'string', enum: ['a'], description: '(may be empty)' },
      ],
      [
        { type: 'string', format: 'uri', description: 'd' },
        { type: 'string', description: 'd (format uri)' },
      ],
      [
        { type: 'number', exclusiveMinimum: 0 },
        { type: 'number', description: '(greater than 0)' },
      ],
      [{ type: 'string', $comment: 'c', deprecated: true }, { type: 'string' }],
      [
        { type: ['string', 'array'], items: { type: 'string' } },
        { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      ],
    ];
    for (const [given, wanted] of cases) assert.deepEqual(property('gemini', given), wanted);
    assert.deepEqual(tool('gemini', { type: 'object', properties: { x: {} }, required: ['x', 'y'] })?.required, ['x']);
    const referring = { type: 'object', properties: { x: { $ref: '#/$defs/X' } }, $defs: { X: { type: 'string' } } };
    assert.deepEqual(tool('geminiNative', referring), { type: 'object', properties: { x: { type: 'string' } } });
  });

  it("writes Moonshot's, llama.cpp's and Anthropic's forms", () => {
    assert.deepEqual(property('moonshot', { type: 'string', anyOf: [{ enum: ['a'] }] }), {
      anyOf: [{ type: 'string', enum: ['a'] }],
    });
    assert.deepEqual(property('llamaCpp', { type: 'string', pattern: 'a+' }), {
      type: 'string',
      description: '(pattern a+)',
    });
    assert.deepEqual(property('llamaCpp', { type: 'string', pattern: '^a$' }), { type: 'string', pattern: '^a$' });
    const limits: JsonObject = {
      type: 'object',
      properties: { l: { type: 'array', items: {}, minItems: 2, maxItems: 4 } },
    };
    assert.deepEqual(formatSchema(limits, true, { schemaDialect: 'anthropicTools', refusedSchemaKeys: [] }), {
      type: 'object',
      properties: {
        l: { type: 'array', items: {}, description: '(minimum number of items 2; maximum number of items 4)' },
      },
      additionalProperties: false,
    });
    const optional = { type: 'object', properties: { a: { type: 'string' } } };
    assert.deepEqual(formatSchema(optional, true, { schemaDialect: 'openai', refusedSchemaKeys: [] }), {
      type: 'object',
      properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
      additionalProperties: false,
      required: ['a'],
    });
  });

  it('is chosen by the model where the backend says nothing, and gives names a letter first', () => {
    const plain = { baseUrl: 'https://relay.example/v1', wire: 'chat' as const };
    assert.equal(schemaDialectOf(plain, 'google/gemini-3.5-flash'), 'geminiNative');
    assert.equal(schemaDialectOf(plain, 'kimi-k2.6'), 'moonshot');
    assert.equal(schemaDialectOf({ ...plain, preset: 'gemini' }, 'gemini-3.5-flash'), 'gemini');
    assert.equal(schemaDialectOf(plain, 'some-model'), 'lenient');
    const conversation = { turns: [], tools: [{ kind: 'function' as const, name: '21st_magic' }] };
    const named = legalToolNames(conversation as never, 'chat', true);
    const [changed] = [...named.originals];
    assert.match(changed![0], /^t_21st_magic_/);
    assert.equal(changed![1], '21st_magic');
    assert.equal(legalToolNames(conversation as never, 'chat').originals.size, 0);
  });

  it('is idempotent and deterministic for any schema, never mutates, and survives a recursive one', () => {
    const leaf = fc.record(
      {
        type: fc.constantFrom<JsonValue>(
          'string',
          'integer',
          'array',
          'object',
          ['string', 'null'],
          ['array', 'number'],
        ),
        enum: fc.constantFrom<JsonValue>([], ['', 'a'], [1, 2], [null], ['a', null]),
        const: fc.constantFrom<JsonValue>('a', 1, null),
        format: fc.constantFrom('uri', 'date-time'),
        pattern: fc.constantFrom('a', '^a$'),
        minimum: fc.integer(),
        exclusiveMinimum: fc.constantFrom<JsonValue>(true, false, 3),
        minItems: fc.nat(4),
        required: fc.constantFrom<JsonValue>(false, ['x'], ['x', 'nowhere']),
        items: fc.constantFrom<JsonValue>([], [{ type: 'string' }, { type: 'array' }], { type: 'array' }),
        additionalProperties: fc.constantFrom<JsonValue>(true, { type: 'array' }),
        description: fc.string(),
        default: fc.string(),
      },
      { requiredKeys: [] },
    );
    const referring = fc.oneof(
      leaf,
      fc.constant({ $ref: '#/$defs/x' }),
      fc.constant({ $ref: '#/$defs/x', title: 't' }),
    );
    const schema = fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('x', '__proto__', 'enum'), referring),
        anyOf: fc.array(leaf, { maxLength: 2 }),
        oneOf: fc.array(leaf, { maxLength: 2 }),
        $defs: fc.record({ x: leaf }),
        required: fc.constantFrom<JsonValue>(['x', 'y']),
      },
      { requiredKeys: [] },
    );
    const recursive: JsonObject = { type: 'object', properties: { x: { $ref: '#', title: 't' } } };
    for (const name of names) assert.ok(repairSchema(recursive, SCHEMA_DIALECTS[name]));
    fc.assert(
      fc.property(schema, fc.constantFrom(...names), (made, name) => {
        const given = JSON.parse(JSON.stringify(made)) as JsonObject;
        const before = structuredClone(given);
        const once = repairSchema(given as JsonObject, SCHEMA_DIALECTS[name]);
        assert.deepEqual(given, before);
        assert.equal(
          JSON.stringify(repairSchema(structuredClone(given) as JsonObject, SCHEMA_DIALECTS[name])),
          JSON.stringify(once),
        );
        assert.deepEqual(repairSchema(once, SCHEMA_DIALECTS[name]), once);
      }),
    );
  });
});
