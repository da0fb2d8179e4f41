import assert from 'node:assert/strict';
import { mergeBackends } from '../../../src/config/formats/importApply';
import type { ImportItem } from '../../../src/config/formats/importItems';
import { defaultOf, keepDefault, makeDefault } from '../../../src/routing/implicitDefault';

interface Entry {
  name: string;
  preset?: string;
  default?: boolean;
}

/** `name!` has the default written. */
const shown = (backends: readonly Entry[]): string =>
  backends.map((backend) => `${backend.name}${backend.default ? '!' : ''}`).join(' ');

describe('a second backend', () => {
  const a: Entry = { name: 'a' };
  const b: Entry = { name: 'b' };
  const demo: Entry = { name: 'demo', preset: 'demo' };
  const rows: [string, Entry[], Entry[], string][] = [
    ['the first keeps what it was', [a], [a, b], 'a! b'],
    ['the demo does not count', [a, demo], [a, demo, b], 'a! demo b'],
    ['nothing is written while one is alone', [], [a], 'a'],
    ['nor for the demo beside it', [a], [a, demo], 'a demo'],
    ['a written default stays', [{ ...a, default: true }], [{ ...a, default: true }, b], 'a! b'],
    ['who said no stays without', [{ ...a, default: false }], [{ ...a, default: false }, b], 'a b'],
    ['nor is one made among several', [a, b], [a, b, { name: 'c' }], 'a b c'],
    ['a default that comes along wins where the first is gone', [a], [b, { name: 'c', default: true }], 'b c!'],
  ];
  for (const [what, present, next, expected] of rows) {
    it(`${what}: ${expected}`, () => assert.equal(shown(keepDefault(present, next)), expected));
  }

  const item = (value: Entry): ImportItem => ({
    kind: 'backend',
    name: value.name,
    value: { ...value },
    what: '',
    replaces: false,
  });
  it('keeps the first as the default when it is imported, whatever the file says', () => {
    const names = (present: Entry[], items: Entry[]) =>
      mergeBackends(
        present.map((one) => ({ ...one })),
        items.map(item),
      ).map((one) => `${one.name}${one.default === true ? '!' : ''}`);
    assert.deepEqual(names([a], [b]), ['a!', 'b']);
    assert.deepEqual(names([a], [{ ...b, default: true }]), ['a!', 'b']);
    assert.deepEqual(names([a], [a, b]), ['a!', 'b']);
    assert.deepEqual(names([], [a, { ...b, default: true }]), ['a', 'b!']);
  });
  it('Make Default moves it, and leaves a written no of others', () => {
    const next = makeDefault<Entry>([{ ...a, default: true }, b, { name: 'c', default: false }], 'b');
    assert.deepEqual(next, [{ name: 'a' }, { name: 'b', default: true }, { name: 'c', default: false }]);
    assert.equal(defaultOf(next)?.name, 'b');
    assert.equal(defaultOf([a])?.name, 'a');
    assert.equal(defaultOf([a, b]), undefined);
  });
});
