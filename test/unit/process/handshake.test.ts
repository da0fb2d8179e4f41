import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commonProtocol, isNonce, newNonce, proofHolds, proofOf, rangeOf } from '../../../src/process/handshake';
import { compareVersions } from '../../../src/version';

const secret = 'a'.repeat(64);

describe('handshake', () => {
  it('proves a secret for one role and one nonce only', () => {
    const nonce = newNonce();
    const proof = proofOf(secret, 'router', nonce);
    assert.match(proof, /^[0-9a-f]{64}$/);
    assert.equal(proofHolds(secret, 'router', nonce, proof), true);
    assert.equal(proofHolds(secret, 'window', nonce, proof), false);
    assert.equal(proofHolds(secret, 'router', newNonce(), proof), false);
    assert.equal(proofHolds('b'.repeat(64), 'router', nonce, proof), false);
  });

  it('holds nothing that is no proof', () => {
    const nonce = newNonce();
    for (const proof of [undefined, null, 7, {}, '', 'é'.repeat(32), proofOf(secret, 'router', nonce).slice(1)]) {
      assert.equal(proofHolds(secret, 'router', nonce, proof), false);
    }
  });

  it('makes nonces it takes itself, and takes no short or strange ones', () => {
    assert.equal(isNonce(newNonce()), true);
    assert.notEqual(newNonce(), newNonce());
    for (const nonce of ['', 'ab', 'x'.repeat(64), 'A'.repeat(64), 'a'.repeat(129), 7, undefined])
      assert.equal(isNonce(nonce), false);
  });

  it('speaks the highest common protocol, whoever asks', () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }))
      .map(([oldest, more]) => ({ oldest, newest: oldest + more }));
    fc.assert(
      fc.property(range, range, (a, b) => {
        const common = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter(
          (n) => n >= a.oldest && n <= a.newest && n >= b.oldest && n <= b.newest,
        );
        assert.equal(commonProtocol(a, b), common.at(-1));
        assert.equal(commonProtocol(b, a), common.at(-1));
      }),
      { numRuns: 200 },
    );
  });

  it('reads a range, also from a side that names its newest only', () => {
    assert.deepEqual(rangeOf({ protocol: 2, oldest: 1 }), { newest: 2, oldest: 1 });
    assert.deepEqual(rangeOf({ protocol: 2 }), { newest: 2, oldest: 2 });
    assert.equal(rangeOf({ protocol: '2' }), undefined);
    assert.equal(rangeOf({}), undefined);
  });

  it('orders versions', () => {
    const ordered = ['0.9.0', '0.9.1', '0.10.0', '1.0.0-alpha', '1.0.0-beta', '1.0.0', '1.0.1', '2.0.0'];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries())
        assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} ${b}`);
    }
    assert.equal(compareVersions('1.0.0+build', '1.0.0'), 0);
  });
});
