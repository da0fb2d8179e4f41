import assert from 'node:assert/strict';
import { Deadlines } from '../../../src/server/deadlines';
import { heldTimers } from '../../support/heldTimers';

describe('deadlines', () => {
  const { pass, stall } = heldTimers();
  let fired: string[];
  let deadlines: Deadlines;
  const set = (name: string, ms: number) => deadlines.set(name, ms, () => fired.push(name));
  beforeEach(() => {
    fired = [];
    deadlines = new Deadlines();
  });

  it('fire when their time is over, whichever was set first', () => {
    set('late', 20);
    set('soon', 2);
    set('between', 8);
    pass(7);
    assert.deepEqual(fired, ['soon']);
    pass(1);
    assert.deepEqual(fired, ['soon', 'between']);
    pass(11);
    assert.deepEqual(fired, ['soon', 'between']);
    pass(1);
    assert.deepEqual(fired, ['soon', 'between', 'late']);
  });

  it('fire in the order of their time also when several are over at once', () => {
    set('late', 20);
    set('soon', 2);
    set('between', 8);
    stall(50);
    assert.deepEqual(fired, ['soon', 'between', 'late']);
  });

  it('one that is lifted, replaced or without limit does not fire; a later one behind it does', () => {
    set('lifted', 1);
    set('none', 0);
    set('no more', 1);
    set('no more', 0);
    deadlines.set('replaced', 1, () => fired.push('before'));
    deadlines.set('replaced', 4, () => fired.push('after'));
    deadlines.lift('lifted');
    deadlines.refresh('lifted');
    set('last', 10);
    pass(30);
    assert.deepEqual(fired, ['after', 'last']);
  });

  it('one that is refreshed counts from then on', () => {
    set('idle', 20);
    pass(10);
    deadlines.refresh('idle');
    pass(19);
    assert.deepEqual(fired, []);
    pass(1);
    assert.deepEqual(fired, ['idle']);
  });

  it('nothing fires behind the end, and what one ends or lifts does not fire beside it', () => {
    deadlines.set('one', 1, () => {
      fired.push('one');
      deadlines.lift('two');
    });
    set('two', 1);
    deadlines.set('three', 3, () => {
      fired.push('three');
      deadlines.end();
    });
    set('four', 3);
    set('five', 9);
    pass(30);
    assert.deepEqual(fired, ['one', 'three']);
  });
});
