import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RouterClient } from '../../../src/process/client';
import {
  buildPrograms,
  clientState,
  type Home,
  openHome,
  pidsOf,
  push,
  readStream,
  routerState,
  serving,
  type TestPrograms,
  until,
} from '../../support/process/harness';

describe('an update of the extension', function () {
  this.timeout(60_000);
  let programs: TestPrograms;
  let home: Home;
  before(async () => {
    programs = await buildPrograms();
  });
  after(() => programs.remove());
  beforeEach(() => {
    home = openHome(programs);
  });
  afterEach(() => home.close());

  /** A window of another version; the router it starts is of that version too. */
  const windowOf = (version: string, protocols = '1:1'): RouterClient => {
    const [newest, oldest] = protocols.split(':').map(Number);
    return home.window({
      version,
      protocols: { newest: newest!, oldest: oldest! },
      environment: { TEST_VERSION: version, TEST_PROTOCOLS: protocols, TEST_LINGER: '2' },
    });
  };

  it('hands over under 50 running streams: not a byte is lost, the port stays, the old process ends after its last stream', async () => {
    const old = windowOf('1.0.0');
    await old.pushConfig(push());
    const before = await routerState(old, serving);
    let begun = 0;
    let allBegun = (): void => undefined;
    const running = new Promise<void>((resolve) => {
      allBegun = resolve;
    });
    const streams = Array.from({ length: 50 }, (_, n) =>
      readStream(before.port!, 100 + n, 15, () => {
        if (++begun === 50) allBegun();
      }),
    );
    await running;

    const fresh = windowOf('1.1.0');
    await fresh.pushConfig(push({}, 2));
    const after = await routerState(fresh, (state) => serving(state) && state.windows === 2);
    assert.deepEqual([after.version, after.port], ['1.1.0', before.port]);
    assert.notEqual(after.pid, before.pid);
    const moved = await routerState(old, (state) => state.pid === after.pid);
    assert.equal(moved.version, '1.1.0', 'the older window uses the newer router');
    assert.deepEqual(pidsOf(home.dataDir).sort(), [before.pid, after.pid].sort(), 'both run while streams do');
    assert.equal(await readStream(after.port!, 2, 1), 194, 'new requests go to the new one');

    const bytes = await Promise.all(streams);
    assert.deepEqual(
      bytes,
      streams.map((_, n) => (100 + n) * 97),
    );
    await until(() => !pidsOf(home.dataDir).includes(before.pid), 'the old process has not ended');
    assert.equal(fresh.state?.pid, after.pid);
    assert.equal(home.spawned.length, 2);
  });

  it('is done by one of many windows that come back at once', async () => {
    const old = windowOf('1.0.0');
    await old.pushConfig(push());
    const before = await routerState(old, serving);
    const windows = Array.from({ length: 5 }, () => windowOf('1.1.0'));
    await Promise.all(windows.map((window) => window.pushConfig(push({}, 2))));
    const states = await Promise.all(
      [old, ...windows].map((window) => routerState(window, (state) => serving(state) && state.windows === 6)),
    );
    assert.deepEqual([...new Set(states.map(({ version }) => version))], ['1.1.0']);
    assert.equal(new Set(states.map(({ pid }) => pid)).size, 1);
    assert.equal(states[0]!.port, before.port);
    assert.equal(home.spawned.length, 2);
  });

  it("keeps a person's stop", async () => {
    const old = windowOf('1.0.0');
    await old.pushConfig(push());
    await routerState(old, serving);
    await old.stop();
    const fresh = windowOf('1.1.0');
    await fresh.pushConfig(push({}, 2));
    await routerState(fresh, (state) => state.version === '1.1.0' && state.windows === 2);
    await fresh.models();
    assert.equal(fresh.state?.phase, 'stopped');
    assert.equal((await old.start()).version, '1.1.0');
    assert.match(readFileSync(`${home.dataDir}/logs/router.log`, 'utf8'), /has handed over/);
  });

  it('leaves the older router in service when the newer one does not come up', async () => {
    const old = windowOf('1.0.0');
    await old.pushConfig(push());
    const { pid } = await routerState(old, serving);
    const fresh = home.window({ version: '1.1.0', environment: { TEST_CRASH: '1' } });
    assert.equal((await fresh.pushConfig(push({}, 2))).applied, true);
    assert.deepEqual([(await routerState(fresh, serving)).pid, old.state?.pid], [pid, pid]);
  });

  it('leaves the older router in service when nobody configures the newer one', async () => {
    const old = windowOf('1.0.0');
    await old.pushConfig(push());
    const { pid } = await routerState(old, serving);
    const fresh = home.window({ version: '1.1.0', environment: { TEST_VERSION: '1.1.0', TEST_LINGER: '0.2' } });
    await routerState(fresh, (state) => state.version === '1.1.0');
    fresh.dispose();
    await until(() => pidsOf(home.dataDir).length === 1, 'the unused process has not ended');
    const late = home.window();
    await late.pushConfig(push());
    assert.equal((await routerState(late, serving)).pid, pid);
  });

  it('ends the old process when the new one and all windows are gone, even with a stream that never ends', async () => {
    const old = windowOf('1.0.0');
    await old.pushConfig(push());
    const { port } = await routerState(old, serving);
    await new Promise<void>((resolve) => {
      readStream(port!, 100_000, 50, resolve).catch(() => undefined);
    });
    const fresh = windowOf('1.1.0');
    await fresh.pushConfig(push({}, 2));
    const { pid } = await routerState(fresh, serving);
    process.kill(pid, 'SIGKILL');
    old.dispose();
    fresh.dispose();
    await until(() => pidsOf(home.dataDir).length === 0, 'the old process has not ended');
  });

  it('is used by an older window when it is there first', async () => {
    const fresh = windowOf('2.0.0', '2:1');
    await fresh.pushConfig(push());
    const { pid } = await routerState(fresh, serving);
    const old = windowOf('1.0.0', '1:1');
    assert.equal((await old.pushConfig(push())).applied, true);
    assert.equal((await routerState(old, serving)).pid, pid);
    assert.deepEqual(home.spawned, [pid]);
  });

  it('takes over from the protocol before its own', async () => {
    const old = windowOf('1.0.0', '1:1');
    await old.pushConfig(push());
    await routerState(old, serving);
    const fresh = windowOf('2.0.0', '2:1');
    await fresh.pushConfig(push({}, 2));
    assert.equal((await routerState(fresh, serving)).version, '2.0.0');
    assert.equal((await routerState(old, (state) => state.version === '2.0.0')).phase, 'running');
  });

  it('asks for a reload where the protocols are too far apart, both ways, and goes on by itself', async () => {
    const running = windowOf('2.0.0', '3:2');
    await running.pushConfig(push());
    const { pid } = await routerState(running, serving);
    const old = windowOf('1.0.0', '1:1');
    const newer = windowOf('9.0.0', '9:8');
    const [left, right] = await Promise.all([clientState(old, 'incompatible'), clientState(newer, 'incompatible')]);
    assert.match(
      left.name === 'incompatible' ? left.message : '',
      /LLM Router 2\.0\.0 is running and this window still has 1\.0\.0\. Reload the window\./,
    );
    assert.match(
      right.name === 'incompatible' ? right.message : '',
      /LLM Router 2\.0\.0 is still running for another window\. Reload window there/,
    );
    await assert.rejects(old.start(), /Reload the window/);
    assert.deepEqual(pidsOf(home.dataDir), [pid]);
    running.dispose();
    old.dispose();
    assert.equal((await routerState(newer, () => true)).version, '9.0.0');
    assert.doesNotMatch(readFileSync(`${home.dataDir}/logs/router.log`, 'utf8'), /crashed/);
  });
});
