import assert from 'node:assert/strict';
import { Deadlines } from '../../../src/server/deadlines';

const until = (deadlines: Deadlines, name: string, ms: number) =>
  new Promise<void>((resolve) => deadlines.set(name, ms, resolve));

describe('deadlines', () => {
  it('fire in the order of their time, whichever was set first', async () => {
    const deadlines = new Deadlines();
    const fired: string[] = [];
    const both = Promise.all(
      [
        ['late', 20],
        ['soon', 2],
        ['between', 8],
      ].map(([name, ms]) => until(deadlines, name as string, ms as number).then(() => fired.push(name as string))),
    );
    await both;
    assert.deepEqual(fired, ['soon', 'between', 'late']);
  });

  it('one that is lifted, replaced or without limit does not fire; a later one behind it does', async () => {
    const deadlines = new Deadlines();
    const fired: string[] = [];
    deadlines.set('lifted', 1, () => fired.push('lifted'));
    deadlines.set('none', 0, () => fired.push('none'));
    deadlines.set('replaced', 1, () => fired.push('before'));
    deadlines.set('replaced', 4, () => fired.push('after'));
    deadlines.lift('lifted');
    deadlines.refresh('lifted');
    await until(deadlines, 'last', 10);
    assert.deepEqual(fired, ['after']);
  });

  it('one that is refreshed counts from then on', async () => {
    const deadlines = new Deadlines();
    const fired: string[] = [];
    deadlines.set('idle', 20, () => fired.push('idle'));
    await until(deadlines, 'half', 10);
    deadlines.refresh('idle');
    await until(deadlines, 'first end', 15);
    fired.push('first end');
    await until(deadlines, 'second end', 30);
    assert.deepEqual(fired, ['first end', 'idle']);
  });

  it('nothing fires behind the end, and what one ends of its neighbours does not fire beside it', async () => {
    const deadlines = new Deadlines();
    const fired: string[] = [];
    deadlines.set('one', 1, () => {
      fired.push('one');
      deadlines.end();
    });
    deadlines.set('two', 1, () => fired.push('two'));
    deadlines.set('three', 3, () => fired.push('three'));
    await until(new Deadlines(), 'elsewhere', 15);
    assert.deepEqual(fired, ['one']);
  });
});
