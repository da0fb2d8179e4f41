/** What the supervisor keeps in mind from one start of the program to the next, and what it does when asked meanwhile. */
import assert from 'node:assert/strict';
import { TunnelProblem } from '../../../src/tunnel/driver';
import { say } from '../../../src/tunnel/sentences';
import { type Launch, type Rig, type RigOptions, registers, tunnelRig } from '../../support/tunnelRig';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const URL_1 = 'https://words-1.trycloudflare.com';
const URL_2 = 'https://words-2.trycloudflare.com';

describe('the supervisor of a tunnel', () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  const state = () => rig.tunnel.status.state;
  const launch = (at = -1): Launch => rig.launches.at(at)!;
  const works = (started: Launch) => registers(started, rig.clock);
  const refuses = (started: Launch) => rig.clock.after(100, () => started.emit({ type: 'refused' }));
  const dies = (started: Launch) =>
    rig.clock.after(10, () => started.emit({ type: 'exited', code: 'exit code 1', lines: [] }));
  async function online(options?: RigOptions): Promise<void> {
    rig = tunnelRig(options);
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(state(), 'online');
    rig.seen.length = 0;
  }

  it('that stays online says so once', async () => {
    await online();
    await rig.clock.pass(5 * MINUTE);
    assert.ok(rig.outside.probes.length > 4);
    assert.deepEqual(rig.seen, []);
  });

  it('forgets refusals and failed starts of before with each time that it was online', async () => {
    await online();
    for (let round = 0; round < 4; round += 1) {
      rig.onLaunch = refuses;
      launch().emit({ type: 'refused' });
      await rig.clock.pass(16 * SECOND);
      rig.onLaunch = works;
      await rig.clock.pass(MINUTE);
      assert.deepEqual([state(), rig.tunnel.status.publicUrl], ['online', URL_1]);
    }
    for (let round = 0; round < 3; round += 1) {
      rig.onLaunch = (started) => {
        rig.onLaunch = works;
        dies(started);
      };
      launch().emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
      await rig.clock.pass(10 * SECOND);
      assert.equal(state(), 'online');
      await rig.clock.pass(2 * MINUTE);
    }
    assert.deepEqual(new Set(rig.seen.map(({ state }) => state)), new Set(['reconnecting', 'online']));
    assert.equal(rig.posts.length, 1);
  });

  it('does not take one refusal and an unknown name for the end of a URL, nor the name of one that never worked', async () => {
    await online();
    rig.outside.name = 'no';
    rig.onLaunch = (started) => {
      rig.outside.name = 'yes';
      works(started);
    };
    launch().emit({ type: 'refused' });
    await rig.clock.pass(10 * SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl], ['online', URL_1]);
    await rig.dispose();

    rig = tunnelRig();
    rig.outside.name = 'no';
    rig.onLaunch = refuses;
    await rig.tunnel.start();
    await rig.clock.pass(MINUTE);
    assert.equal(rig.posts.length, 1);
  });

  it('waits half an hour at most for a date that another clock wrote down', async () => {
    let dated = true;
    rig = tunnelRig({
      find: async () => {
        if (dated) throw new TunnelProblem('blocked', say.blocked, { retryAt: rig.clock.now() + 100 * 60 * MINUTE });
        return { path: '/opt/cloudflared', version: '2026.8.2' };
      },
    });
    await rig.tunnel.start();
    await rig.clock.pass(MINUTE);
    assert.equal(state(), 'blocked');
    dated = false;
    await rig.clock.pass(30 * MINUTE);
    assert.equal(state(), 'online');
  });

  it('lets nobody in by a name that is checked no longer', async () => {
    rig = tunnelRig();
    rig.outside.health = { ok: false, kind: 'gone', status: 530 };
    await rig.tunnel.start();
    await rig.clock.pass(5 * SECOND);
    assert.equal(rig.tunnel.status.checkingUrl, URL_1);
    await rig.tunnel.renewUrl();
    rig.onLaunch = () => {};
    await rig.clock.pass(SECOND);
    assert.deepEqual([rig.launches.length, rig.tunnel.status.checkingUrl], [2, undefined]);
  });

  it('started twice has one program, and a look of before its stop is not its first after the next start', async () => {
    await online();
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(rig.launches.length, 1);
    const stopping = rig.tunnel.stop();
    void rig.tunnel.renewUrl();
    await stopping;
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
  });

  it('gets the new URL that somebody asks for while it waits to try again, and tells the last one that worked', async () => {
    await online();
    rig.onLaunch = () => {
      throw Object.assign(new Error('spawn EMFILE'), { code: 'EMFILE' });
    };
    launch().emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
    await rig.clock.pass(SECOND);
    assert.equal(state(), 'error');
    rig.onLaunch = works;
    await rig.tunnel.renewUrl();
    await rig.clock.pass(SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.tunnel.status.replacedUrl], ['online', URL_2, URL_1]);
  });

  it('goes on telling which URL Cursor still has when the next one never worked', async () => {
    await online();
    rig.outside.health = { ok: false, kind: 'gone', status: 530 };
    await rig.tunnel.renewUrl();
    await rig.clock.pass(SECOND);
    rig.outside.health = { ok: true };
    await rig.tunnel.renewUrl();
    await rig.clock.pass(SECOND);
    assert.deepEqual([state(), rig.tunnel.status.replacedUrl], ['online', URL_1]);
  });

  it('tells a missing program without the time of a next try, which helps nobody', async () => {
    rig = tunnelRig({
      find: async () => {
        throw new TunnelProblem('error', say.notInstalled, { missingBinary: true });
      },
    });
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(rig.tunnel.status.message, say.notInstalled.text);
  });

  it('tells nothing again and again', async () => {
    await online();
    await rig.clock.pass(2 * MINUTE);
    rig.seen.length = 0;
    await rig.clock.pass(10 * MINUTE);
    assert.deepEqual(rig.seen, []);
  });
});
