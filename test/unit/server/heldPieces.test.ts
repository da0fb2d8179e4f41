import assert from 'node:assert/strict';
import { createHeldPieces } from '../../../src/server/heldPieces';

describe('pieces held until there is something to say', () => {
  it('come out whole and in order, very many small ones as few', () => {
    const held = createHeldPieces();
    const given = Array.from({ length: 20_000 }, (_, at) => (at % 2 ? `${at};` : Buffer.from(`${at};`)));
    for (const piece of given) held.add(piece);
    const taken = held.take();
    assert.equal(taken.join(''), given.join(''));
    assert.ok(taken.length < 5_000);
    assert.deepEqual(held.take(), []);
  });
});
