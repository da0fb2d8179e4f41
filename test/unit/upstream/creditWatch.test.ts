/** When what is left at a provider is asked for, and what is believed of the answers. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { Backend } from '../../../src/routing/backend';
import { createCreditWatch } from '../../../src/upstream/creditWatch';
import type { Credit } from '../../../src/upstream/creditWords';

const backend = { name: 'up' } as Backend;
const credit = (left: number): Credit => ({ left, currency: 'USD', low: false, of: 'account', at: 0 });

describe('the watch over what is left at a provider', () => {
  let now: number;
  let asked: number;
  let answers: (Credit | undefined | Promise<Credit | undefined>)[];
  const make = () =>
    createCreditWatch({
      ask: async () => {
        asked += 1;
        return answers.shift();
      },
      delayMs: 3_000,
      now: () => now,
      onChange: () => {},
    });
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    mock.timers.tick(ms);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
  };
  beforeEach(() => {
    now = 0;
    asked = 0;
    answers = [];
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('asks once behind many requests, then after a quarter of an hour, and after a minute for want of credit', async () => {
    const watch = make();
    answers = [credit(5), credit(4), credit(0)];
    for (let n = 0; n < 10; n += 1) watch.saw(backend, false);
    await pass(3_000);
    assert.deepEqual([asked, watch.of('up')?.left], [1, 5]);
    await pass(890_000);
    watch.saw(backend, false);
    await pass(3_000);
    assert.equal(asked, 1);
    await pass(10_000);
    watch.saw(backend, false);
    await pass(3_000);
    assert.deepEqual([asked, watch.of('up')?.left], [2, 4]);
    await pass(60_000);
    watch.saw(backend, true);
    await pass(3_000);
    assert.deepEqual([asked, watch.of('up')?.left], [3, 0]);
  });

  it('forgets what it knew when the provider tells no more', async () => {
    const watch = make();
    answers = [credit(5), undefined];
    watch.saw(backend, false);
    await pass(3_000);
    await pass(900_000);
    watch.saw(backend, false);
    await pass(3_000);
    assert.deepEqual([asked, watch.of('up')], [2, undefined]);
  });

  it('believes nothing of an account that is another one by now, and asks about the new one at once', async () => {
    const watch = make();
    let tell = (_: Credit): void => {};
    answers = [new Promise((resolve) => (tell = resolve)), credit(7)];
    watch.saw(backend, false);
    await pass(3_000);
    watch.reset();
    tell(credit(5));
    await pass(0);
    assert.equal(watch.of('up'), undefined);
    watch.saw(backend, false);
    watch.reset();
    watch.saw(backend, false);
    await pass(3_000);
    assert.deepEqual([asked, watch.of('up')?.left], [2, 7]);
    watch.close();
  });
});
