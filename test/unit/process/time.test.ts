import assert from 'node:assert/strict';
import { createLeases } from '../../../src/process/leases';
import { createThrottle } from '../../../src/process/pacer';
import { createQueue, within } from '../../../src/process/timeLimit';

/** A clock that moves by hand. */
function handClock() {
  let now = 0;
  const timers = new Map<number, { at: number; callback: () => void }>();
  let next = 1;
  return {
    timer: {
      set: (callback: () => void, ms: number): unknown => {
        timers.set(next, { at: now + ms, callback });
        return next++;
      },
      clear: (handle: unknown): void => void timers.delete(handle as number),
    },
    pass: (ms: number): void => {
      for (const end = now + ms; ; ) {
        const due = [...timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
        if (due === undefined) {
          now = end;
          return;
        }
        timers.delete(due[0]);
        now = due[1].at;
        due[1].callback();
      }
    },
    pending: () => timers.size,
  };
}

describe('leases', () => {
  it('end the process when nobody ever comes, once', () => {
    const { timer, pass } = handClock();
    let ends = 0;
    createLeases({ linger: () => 10_000, onEnd: () => ends++, timer }).update();
    pass(9_999);
    assert.equal(ends, 0);
    pass(100_000);
    assert.equal(ends, 1);
  });

  it('end it after the last one, counting from the last', () => {
    const { timer, pass } = handClock();
    let ends = 0;
    const leases = createLeases({ linger: () => 10_000, onEnd: () => ends++, timer });
    const [first, second] = [leases.add(), leases.add()];
    pass(60_000);
    first();
    first();
    assert.equal(leases.count, 1, 'given back once');
    pass(60_000);
    second();
    pass(9_000);
    const back = leases.add();
    pass(60_000);
    back();
    assert.equal(ends, 0);
    pass(10_000);
    assert.equal(ends, 1);
  });

  it('use a new time to linger at once', () => {
    const { timer, pass } = handClock();
    let [ends, linger] = [0, 60_000];
    const leases = createLeases({ linger: () => linger, onEnd: () => ends++, timer });
    pass(600_000);
    assert.equal(ends, 0, 'counting has not begun');
    leases.update();
    pass(5_000);
    linger = 1_000;
    leases.update();
    pass(1_000);
    assert.equal(ends, 1);
  });

  it('end nothing while there is no end to linger, and count again once there is', () => {
    const { timer, pass, pending } = handClock();
    let [ends, linger] = [0, Infinity];
    const leases = createLeases({ linger: () => linger, onEnd: () => ends++, timer });
    leases.add()();
    pass(86_400_000);
    assert.deepEqual([ends, pending()], [0, 0]);
    linger = 1_000;
    leases.update();
    pass(1_000);
    assert.equal(ends, 1);
  });

  it('end nothing once disposed', () => {
    const { timer, pass, pending } = handClock();
    const leases = createLeases({ linger: () => 1_000, onEnd: () => assert.fail(), timer });
    leases.update();
    leases.dispose();
    leases.add()();
    pass(5_000);
    assert.equal(pending(), 0);
  });
});

describe('throttle', () => {
  it('delivers the first at once, few in between, and the last', () => {
    const { timer, pass, pending } = handClock();
    let value = 0;
    const seen: number[] = [];
    const throttle = createThrottle({ interval: 200, deliver: () => seen.push(value) > 0, timer });
    for (value = 1; value <= 100; value++) {
      throttle.touch();
      pass(10);
    }
    value = 100;
    pass(1_000);
    assert.equal(seen[0], 1);
    assert.equal(seen.at(-1), 100);
    assert.equal(seen.length, 6);
    assert.equal(pending(), 0, 'no timer runs while nothing happens');
  });

  it('tries again while the receiver is not ready, with the newest value', () => {
    const { timer, pass } = handClock();
    let [ready, value] = [false, 'old'];
    const seen: string[] = [];
    const throttle = createThrottle({ interval: 200, deliver: () => ready && seen.push(value) > 0, timer });
    throttle.touch();
    pass(1_000);
    value = 'new';
    ready = true;
    pass(1_000);
    assert.deepEqual(seen, ['new']);
  });

  it('is silent once disposed', () => {
    const { timer, pass } = handClock();
    let seen = 0;
    const throttle = createThrottle({ interval: 200, deliver: () => ++seen > 0, timer });
    throttle.touch();
    throttle.touch();
    throttle.dispose();
    throttle.touch();
    pass(1_000);
    assert.equal(seen, 1);
  });
});

describe('time limits', () => {
  it('reject with their sentence, and not when the work is in time', async () => {
    await assert.rejects(within(1, 'too late', new Promise(() => undefined)), /^Error: too late$/);
    assert.equal(await within(60_000, 'too late', Promise.resolve(7)), 7);
    await assert.rejects(within(60_000, 'too late', Promise.reject(new Error('own'))), /own/);
  });

  it('run queued work in order, past a failure', async () => {
    const queue = createQueue();
    const order: number[] = [];
    const work = (n: number, fails: boolean) =>
      queue(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push(n);
        if (fails) throw new Error(String(n));
      }).catch(() => undefined);
    await Promise.all([work(1, false), work(2, true), work(3, false)]);
    assert.deepEqual(order, [1, 2, 3]);
  });
});
