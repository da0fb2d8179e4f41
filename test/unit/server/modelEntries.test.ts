import assert from 'node:assert/strict';
import { anthropicModelList, modelEntry } from '../../../src/server/modelEntries';

const ids = ['a', 'b', 'c'];
const list = (query: string) => anthropicModelList(ids, new URLSearchParams(query)) as Record<string, unknown>;

describe('model list', () => {
  it('OpenAI: id, object, created, owned_by', () =>
    assert.deepEqual(modelEntry('a'), { id: 'a', object: 'model', created: 0, owned_by: 'llm-router' }));

  it('Anthropic: data with display names, first and last id', () => {
    assert.deepEqual(list(''), {
      data: ids.map((id) => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' })),
      has_more: false,
      first_id: 'a',
      last_id: 'c',
    });
  });

  it('Anthropic: limit and after_id page through everything exactly once', () => {
    const first = list('limit=2');
    assert.deepEqual([first.has_more, first.last_id], [true, 'b']);
    const second = list('limit=2&after_id=b');
    assert.deepEqual([second.has_more, second.first_id, second.last_id], [false, 'c', 'c']);
  });

  it('Anthropic: an odd limit is the usual page, nothing is an empty page', () => {
    assert.equal((list('limit=-1').data as unknown[]).length, 3);
    assert.deepEqual(anthropicModelList([], new URLSearchParams()), {
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
  });
});
