/** A clock that is wrong, or set right again, neither stops the watch over a tunnel nor holds up what was stored. */
import assert from 'node:assert/strict';
import { type Rig, type RigOptions, tunnelRig } from '../../support/tunnelRig';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('a clock that is set back by an hour', () => {
  let rig: Rig;
  afterEach(() => rig.dispose());
  async function online(options?: RigOptions): Promise<void> {
    rig = tunnelRig(options);
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(rig.tunnel.status.state, 'online');
  }

  it('a half-dead tunnel is found and repaired as soon as ever', async () => {
    await online();
    rig.clock.setBack(HOUR);
    rig.outside.health = { ok: false, kind: 'gone', status: 530 };
    await rig.clock.pass(70 * SECOND);
    assert.equal(rig.launches.length, 2);
    rig.outside.health = { ok: true };
    await rig.clock.pass(10 * SECOND);
    assert.equal(rig.tunnel.status.state, 'online');
  });

  it('a wait that is running ends when it would have', async () => {
    rig = tunnelRig();
    rig.service = new Error('no connection');
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    rig.clock.setBack(HOUR);
    rig.service = undefined;
    await rig.clock.pass(30 * SECOND);
    assert.equal(rig.tunnel.status.state, 'online');
  });

  it('a rate limit and requests that were stored before hold up no longer than they could have', async () => {
    rig = tunnelRig();
    const now = rig.clock.now();
    rig.state.update({
      rateLimit: { refusals: 1, until: now + 10 * HOUR },
      requests: [now + HOUR, now + HOUR, now + HOUR],
    });
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(rig.tunnel.status.state, 'rateLimited');
    await rig.clock.pass(31 * MINUTE);
    assert.equal(rig.tunnel.status.state, 'online');
    assert.equal(rig.posts.length, 1);
  });
});

describe('HTTP/2, believed for a day', () => {
  const DAY = 24 * HOUR;
  let rig: Rig;
  afterEach(() => rig.dispose());

  it('is not renewed by merely going on working: after the day QUIC is tried again', async () => {
    rig = tunnelRig();
    rig.onLaunch = (launch) => {
      if (launch.transport === 'http2') rig.clock.after(100, () => launch.emit({ type: 'registered' }));
    };
    await rig.tunnel.start();
    await rig.clock.pass(15 * SECOND);
    assert.equal(rig.tunnel.status.state, 'online');
    assert.equal(rig.launches.at(-1)!.transport, 'http2');
    for (let passed = 0; passed <= DAY; passed += HOUR) await rig.clock.pass(HOUR);
    await rig.tunnel.stop();
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(rig.launches.at(-1)!.transport, 'quic');
    await rig.clock.pass(15 * SECOND);
    const count = rig.launches.length;
    assert.equal(rig.launches.at(-1)!.transport, 'http2');
    await rig.tunnel.stop();
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.deepEqual(
      rig.launches.slice(count).map(({ transport }) => transport),
      ['http2'],
    );
  });
});
