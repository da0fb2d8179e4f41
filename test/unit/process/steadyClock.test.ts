import assert from 'node:assert/strict';
import { createSteadyClock } from '../../../src/network/steadyClock';

describe('steady clock', () => {
  it('begins at the present time, goes on over a clock that is set back, and counts a sleep', () => {
    let wall = 1_000_000;
    let monotonic = 5;
    const steady = createSteadyClock(
      () => wall,
      () => monotonic,
    );
    const pass = (ms: number): void => {
      wall += ms;
      monotonic += ms;
    };
    assert.equal(steady(), 1_000_000);
    pass(100);
    assert.equal(steady(), 1_000_100);
    wall -= 3_600_000;
    pass(100);
    assert.equal(steady(), 1_000_200);
    // Asleep: the monotonic clock stands still.
    wall += 60_000;
    assert.equal(steady(), 1_060_200);
    pass(0.4);
    assert.equal(steady(), 1_060_200);
  });
  it('takes a process that is held up between its looks at both clocks for no sleep', () => {
    let passed = 5;
    let holdUp = 0;
    const steady = createSteadyClock(
      () => 1_000_000 + (passed += holdUp),
      () => passed,
    );
    const begun = steady();
    holdUp = 30_000;
    assert.equal(steady() - begun, 30_000);
    holdUp = 0;
    assert.equal(steady() - begun, 30_000);
  });
});
