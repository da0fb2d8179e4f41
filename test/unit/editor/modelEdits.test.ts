import assert from 'node:assert/strict';
import {
  aliasProblem,
  modelEntry,
  withAlias,
  withModelValue,
  withoutAlias,
  withoutModel,
} from '../../../src/editor/modelEdits';

describe('models and aliases edited without JSON', () => {
  const backend = {
    name: 'lab',
    models: [
      { id: 'lab/a', efforts: ['low'] },
      { id: 'lab/b', price: 0 },
    ],
  };

  it('an alias is added, changed and taken away; the last one takes the setting with it', () => {
    assert.deepEqual(withAlias(undefined, 'sol', 'lab/a'), { sol: 'lab/a' });
    assert.deepEqual(withAlias({ sol: 'lab/a', luna: 'x' }, 'sol', 'lab/b'), { sol: 'lab/b', luna: 'x' });
    assert.deepEqual(withoutAlias({ sol: 'a', luna: 'b' }, 'sol'), { luna: 'b' });
    assert.equal(withoutAlias({ sol: 'a' }, 'sol'), undefined);
    assert.deepEqual(withAlias({}, '__proto__', 'x'), JSON.parse('{"__proto__":"x"}'));
  });

  it('an alias has a name without spaces that no model has', () => {
    assert.equal(aliasProblem('sol', ['lab/a']), undefined);
    assert.match(aliasProblem(' ', []) ?? '', /without spaces/);
    assert.match(aliasProblem('my model', []) ?? '', /without spaces/);
    assert.match(aliasProblem('lab/a', ['lab/a']) ?? '', /already/);
  });

  it('a value of a model stands where its entry stood, and everything else stays', () => {
    assert.deepEqual(withModelValue(backend, 'lab/a', 'efforts', ['high']), {
      name: 'lab',
      models: [
        { id: 'lab/a', efforts: ['high'] },
        { id: 'lab/b', price: 0 },
      ],
    });
    assert.deepEqual(withModelValue(backend, 'lab/a', 'efforts', undefined).models, [
      { id: 'lab/a' },
      { id: 'lab/b', price: 0 },
    ]);
    assert.deepEqual(backend.models[0], { id: 'lab/a', efforts: ['low'] });
  });

  it('a model that is only listed gets an entry', () => {
    assert.deepEqual(withModelValue({ name: 'lab' }, 'lab/c', 'upstream', 'c-2'), {
      name: 'lab',
      models: [{ id: 'lab/c', upstream: 'c-2' }],
    });
    assert.equal(modelEntry({ name: 'lab', models: 'odd' }, 'lab/c'), undefined);
  });

  it('the last entry takes the list with it', () => {
    assert.deepEqual(withoutModel(withoutModel(backend, 'lab/a'), 'lab/b'), { name: 'lab' });
  });
});
