import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/wires/conversation';
import { cleanSchema, toolStrict } from '../../../src/wires/schema';

describe('schema', () => {
  it('removes refused keywords at every depth, but not properties or values of that name', () => {
    const schema: JsonObject = {
      $schema: 'x',
      title: 'T',
      type: 'object',
      additionalProperties: false,
      properties: {
        title: { type: 'string', title: 'inner', default: { title: 'kept' } },
        list: {
          type: 'array',
          items: {
            anyOf: [
              { title: 'a', type: 'null' },
              { type: 'object', additionalProperties: { title: 'b', type: 'string' } },
            ],
          },
        },
      },
      required: ['title'],
      enum: ['title', { title: 'kept' }],
      $defs: { title: { title: 'gone', type: 'number' } },
    };
    const before = structuredClone(schema);
    assert.deepEqual(cleanSchema(schema, ['$schema', 'title']), {
      type: 'object',
      additionalProperties: false,
      properties: {
        title: { type: 'string', default: { title: 'kept' } },
        list: {
          type: 'array',
          items: { anyOf: [{ type: 'null' }, { type: 'object', additionalProperties: { type: 'string' } }] },
        },
      },
      required: ['title'],
      enum: ['title', { title: 'kept' }],
      $defs: { title: { type: 'number' } },
    });
    assert.deepEqual(schema, before);
    assert.equal(cleanSchema(schema, ['nowhere']), schema);
    assert.equal(cleanSchema(schema, []), schema);
  });

  it('keeps strict where it is understood, sets an asked-for one false elsewhere', () => {
    assert.equal(toolStrict(true, { strictTools: true }), true);
    assert.equal(toolStrict(null, { strictTools: true }), null);
    assert.equal(toolStrict(true, { strictTools: false }), false);
    assert.equal(toolStrict(undefined, { strictTools: false }), undefined);
  });
});
