import assert from 'node:assert/strict';
import { createKeyKeeper, MOST_TOGGLES, switchPlan, VERIFY_MS } from '../../../src/editor/connect/keepKeyOn';
import type { SwitchMemory, SwitchStore } from '../../../src/editor/connect/switchMemory';

const HOUR = 3_600_000;

function memory(): SwitchStore {
  let held: SwitchMemory = {};
  return {
    read: () => held,
    change: (changes) => {
      held = JSON.parse(JSON.stringify({ ...held, ...changes })) as SwitchMemory;
    },
  };
}

/** A Cursor whose file is behind what it holds, a clock that stands, a person who answers. */
function rig(store = memory(), cursor = { live: true, file: true, flips: 0 }) {
  const told: string[] = [];
  const held = {
    now: 1_000_000,
    acts: true,
    override: 'ours' as 'ours' | 'other' | 'off' | 'unknown',
    key: 'ours' as 'ours' | 'none',
    command: true,
    answer: 'switchOn' as 'keepOff' | 'switchOn' | undefined | Promise<undefined>,
    asked: 0,
  };
  const keeper = createKeyKeeper({
    now: () => held.now,
    acts: () => held.acts,
    reading: () => ({ override: held.override, switchedOn: cursor.file, key: held.key }),
    store,
    async toggle() {
      if (!held.command) return false;
      cursor.live = !cursor.live;
      cursor.flips++;
      return true;
    },
    async ask() {
      held.asked++;
      return held.answer;
    },
    log: (_, line) => void told.push(line),
  });
  return {
    cursor,
    held,
    store,
    told,
    look: keeper.look,
    /** Cursor switches itself off and writes it. */
    async goesOff() {
      cursor.live = false;
      await this.flush();
    },
    /** Cursor writes what it holds. */
    async flush() {
      cursor.file = cursor.live;
      await keeper.look();
    },
    async pass(ms: number) {
      held.now += ms;
      await keeper.look();
    },
  };
}

describe("keeping Cursor's key on", () => {
  it('asks the first time within an hour; Switch On flips once and is seen in the file', async () => {
    const r = rig();
    await r.look();
    assert.deepEqual([r.held.asked, r.cursor.flips], [0, 0]);
    await r.goesOff();
    assert.deepEqual([r.held.asked, r.cursor.flips, r.cursor.live], [1, 1, true]);
    await r.flush();
    assert.match(r.told.at(-1)!, /is on again/);
    assert.equal(r.store.read().pending, undefined);
  });

  it('a value read before Cursor’s flush never causes a second flip, however often it is read', async () => {
    const r = rig();
    await r.goesOff();
    for (let n = 0; n < 20; n++) await r.pass(10_000);
    assert.deepEqual([r.cursor.flips, r.cursor.live], [1, true]);
    assert.equal(r.told.filter((line) => /still say off/.test(line)).length, 1, r.told.join('\n'));
    await r.flush();
    assert.deepEqual([r.cursor.flips, r.cursor.live], [1, true]);
  });

  it('does the following ones by itself, a few within an hour, each told in the log', async () => {
    const r = rig();
    for (let n = 0; n < MOST_TOGGLES + 2; n++) {
      await r.goesOff();
      await r.flush();
      await r.pass(60_000);
    }
    assert.deepEqual([r.held.asked, r.cursor.flips, r.cursor.live], [1, MOST_TOGGLES, false]);
    assert.equal(r.told.filter((line) => /is switched on/.test(line)).length, MOST_TOGGLES);
    assert.equal(r.told.filter((line) => /it is left off/.test(line)).length, 1);
    await r.pass(2 * HOUR);
    assert.equal(r.held.asked, 2, 'an hour later it is the first again');
  });

  for (const answer of ['keepOff', undefined] as const)
    it(`stays off until it is seen on again when the answer is ${answer ?? 'none'}`, async () => {
      const r = rig();
      r.held.answer = answer;
      await r.goesOff();
      for (let n = 0; n < 5; n++) await r.pass(HOUR);
      assert.deepEqual([r.held.asked, r.cursor.flips], [1, 0]);
      r.cursor.live = true;
      await r.flush();
      r.held.answer = 'switchOn';
      await r.goesOff();
      assert.deepEqual([r.held.asked, r.cursor.flips], [2, 1]);
    });

  it('a question whose window went away without an answer is asked again, and nothing is switched before that', async () => {
    const first = rig();
    first.held.answer = new Promise(() => undefined);
    void first.goesOff();
    assert.deepEqual([first.held.asked, first.cursor.flips], [1, 0]);
    const next = rig(first.store, first.cursor);
    next.held.answer = 'keepOff';
    await next.look();
    assert.deepEqual([next.held.asked, next.cursor.flips], [1, 0]);
  });

  it('Keep Off is no leave for the next time within the hour', async () => {
    const r = rig();
    r.held.answer = 'keepOff';
    await r.goesOff();
    r.cursor.live = true;
    await r.flush();
    await r.goesOff();
    assert.deepEqual([r.held.asked, r.cursor.flips], [2, 0]);
  });

  it('acts in one window only, only with our URL and a key there, and where the setting says so', async () => {
    for (const change of [{ acts: false }, { override: 'other' }, { override: 'unknown' }, { key: 'none' }] as const) {
      const r = rig();
      Object.assign(r.held, change);
      await r.goesOff();
      assert.deepEqual([r.held.asked, r.cursor.flips], [0, 0], JSON.stringify(change));
    }
  });

  it('never acts after Use Cursor’s Own Models', async () => {
    const r = rig();
    r.store.change({ ownModels: true });
    await r.goesOff();
    for (let n = 0; n < 5; n++) await r.pass(HOUR);
    assert.deepEqual([r.held.asked, r.cursor.flips], [0, 0]);
  });

  it('what was done while the question stood open is not done again', async () => {
    const r = rig();
    const other = rig();
    const keeper = createKeyKeeper({
      now: () => r.held.now,
      acts: () => true,
      reading: () => ({ override: 'ours', switchedOn: false, key: 'ours' }),
      store: r.store,
      toggle: async () => assert.fail('a second flip'),
      async ask() {
        r.store.change({ pending: { to: true, at: r.held.now } });
        return 'switchOn';
      },
      log: () => undefined,
    });
    await keeper.look();
    assert.equal(other.cursor.flips, 0);
  });

  it('an editor without the command is told once and nothing waits for it', async () => {
    const r = rig();
    r.held.command = false;
    await r.goesOff();
    for (let n = 0; n < 3; n++) await r.pass(1_000);
    assert.equal(r.told.filter((line) => /no command/.test(line)).length, 1);
    assert.equal(r.store.read().pending, undefined);
  });
});

describe('a person’s own switch', () => {
  it('flips what stands the other way, and nothing else', () => {
    const store = memory();
    assert.equal(switchPlan(true, false, store, 0), 'toggle');
    assert.equal(switchPlan(true, true, store, 0), 'already');
    assert.equal(switchPlan(false, undefined, store, 0), 'unknown');
  });
  it('knows better than the file for as long as Cursor may take to write it', () => {
    const store = memory();
    store.change({ pending: { to: true, at: 0 } });
    assert.equal(switchPlan(true, false, store, 1_000), 'justDone');
    assert.equal(switchPlan(false, false, store, 1_000), 'toggle', 'the person changes their mind');
    assert.equal(switchPlan(true, false, store, VERIFY_MS + 1), 'toggle');
    assert.equal(switchPlan(true, true, store, 1_000), 'already');
  });
});
