/** What is believed of a tunnel that runs: of its program, of a look from outside, of the name; and what cuts it, or does not. */
import assert from 'node:assert/strict';
import { type Launch, type Rig, registers, tunnelRig } from '../../support/tunnelRig';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const URL_1 = 'https://words-1.trycloudflare.com';

describe('a watched tunnel', () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  const state = () => rig.tunnel.status.state;
  const states = () => rig.seen.map((status) => status.state).filter((name, at, all) => name !== all[at - 1]);
  const launch = (at = -1): Launch => rig.launches.at(at)!;
  async function online(): Promise<void> {
    rig = tunnelRig();
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(state(), 'online');
    rig.seen.length = 0;
  }
  /** Its URL worked before. */
  async function startedAgain(name: 'no' | 'unknown'): Promise<void> {
    await online();
    await rig.tunnel.stop();
    rig.outside.name = name;
    await rig.tunnel.start();
  }

  it('is looked at at once after a short sleep, too', async () => {
    await online();
    await rig.clock.pass(5 * SECOND);
    const before = rig.outside.probes.length;
    await rig.clock.sleep(20 * SECOND);
    assert.equal(rig.outside.probes.length, before + 1);
  });

  it('is not proven by a late answer that was meant for the program before', async () => {
    await online();
    let answer = (): void => {};
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    rig.gate = (at) => (at === 'health' ? late : undefined);
    await rig.clock.pass(MINUTE);
    rig.gate = () => {};
    rig.outside.health = { ok: false, kind: 'gone', status: 530 };
    launch().emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
    await rig.clock.pass(2 * SECOND);
    assert.deepEqual([state(), rig.launches.length], ['reconnecting', 2]);
    rig.outside.health = { ok: true };
    answer();
    await rig.clock.pass(10);
    assert.equal(state(), 'reconnecting');
  });

  it('is not cut for a pre-check that comes after its registration', async () => {
    await online();
    launch().emit({ type: 'blocked' });
    await rig.clock.pass(SECOND);
    assert.deepEqual([state(), rig.launches.length], ['online', 1]);
  });

  it('is not taken for registered by a router that could not ask', async () => {
    rig = tunnelRig();
    rig.onLaunch = (started) => {
      started.connected = 'unasked';
    };
    await rig.tunnel.start();
    await rig.clock.pass(9 * SECOND);
    assert.deepEqual([state(), rig.outside.probes.length], ['connecting', 0]);
  });

  it('is told as reconnecting alone while its program has no connection, whatever a look from outside says', async () => {
    for (const health of [{ ok: true }, { ok: false, kind: 'unreachable', why: 'ETIMEDOUT' }] as const) {
      await online();
      await rig.clock.pass(56 * SECOND);
      launch().connected = false;
      rig.outside.health = health;
      const before = rig.outside.probes.length;
      await rig.clock.pass(8.5 * SECOND);
      assert.ok(rig.outside.probes.length > before);
      assert.deepEqual([states(), rig.launches.length], [['reconnecting'], 1]);
      if (health.ok) await rig.dispose();
    }
  });

  it('is back as soon as its program says that it is registered again', async () => {
    await online();
    launch().connected = false;
    await rig.clock.pass(2 * SECOND);
    assert.equal(state(), 'reconnecting');
    launch().emit({ type: 'registered' });
    await rig.clock.pass(SECOND / 10);
    assert.deepEqual([state(), rig.launches.length], ['online', 1]);
  });

  it('over QUIC is not cut for the silence of its service: the program would know', async () => {
    await online();
    rig.outside.health = { ok: false, kind: 'unanswered', why: 'no answer within 10 s.' };
    await rig.clock.pass(5 * MINUTE);
    assert.deepEqual([state(), rig.launches.length], ['degraded', 1]);
  });

  it('with a URL that worked before does not wait for a name that nobody can be asked about', async () => {
    await startedAgain('unknown');
    await rig.clock.pass(SECOND);
    assert.equal(state(), 'online');
  });

  it('that is new keeps its URL however long its name takes to appear', async () => {
    rig = tunnelRig();
    rig.outside.name = 'no';
    await rig.tunnel.start();
    await rig.clock.pass(10 * MINUTE);
    assert.deepEqual([state(), rig.launches.length, rig.posts.length], ['verifying', 1, 1]);
    rig.outside.name = 'yes';
    await rig.clock.pass(5 * SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl], ['online', URL_1]);
  });

  it('whose name is unknown now and then, once each time, keeps its URL', async () => {
    await online();
    for (let minute = 0; minute < 3; minute += 1) {
      rig.outside.name = 'no';
      const before = rig.outside.names;
      while (rig.outside.names === before) await rig.clock.pass(SECOND);
      rig.outside.name = 'yes';
      await rig.clock.pass(6 * SECOND);
    }
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
  });

  it('whose URL worked before is given a minute for its name to be found again', async () => {
    await startedAgain('no');
    await rig.clock.pass(50 * SECOND);
    assert.deepEqual([rig.tunnel.status.publicUrl, rig.posts.length], [URL_1, 1]);
    rig.onLaunch = (started) => {
      rig.outside.name = 'yes';
      registers(started, rig.clock);
    };
    await rig.clock.pass(20 * SECOND);
    assert.deepEqual([state(), rig.tunnel.status.replacedUrl, rig.posts.length], ['online', URL_1, 2]);
  });

  it('that goes on working is noted on disk every ten minutes, not with each look', async () => {
    await online();
    let noted = 0;
    rig.gate = (at) => {
      if (at === 'proven') noted += 1;
    };
    await rig.clock.pass(9 * MINUTE);
    assert.equal(noted, 0);
    await rig.clock.pass(2 * MINUTE);
    assert.equal(noted, 1);
  });

  it('whose program answers slowly and without a word is given up after its time, not a look later', async () => {
    await online();
    launch().connected = undefined;
    rig.gate = (at) =>
      at === 'connected' ? new Promise((resolve) => rig.clock.after(1.5 * SECOND, resolve)) : undefined;
    await rig.clock.pass(12.5 * SECOND);
    assert.equal(rig.launches.length, 2);
  });
});
