import assert from 'node:assert/strict';
import { randomHex } from '../../../src/network/randomHex';

describe('randomHex', () => {
  it('gives each random byte out once, whatever lies across the end of the pool', () => {
    const ids = Array.from({ length: 5_000 }, () => randomHex(12));
    assert.ok(ids.every((id) => /^[0-9a-f]{24}$/.test(id)));
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(ids.map((id) => id.slice(0, 12))).size, ids.length);
  });
});
