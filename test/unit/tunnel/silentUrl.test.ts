/** A URL of the user's own is not being set up: when it answers nothing, that is said soon (issue 20 §6). */
import assert from 'node:assert/strict';
import { custom } from '../../../src/tunnel/kinds/custom';
import { type Rig, tunnelRig } from '../../support/tunnelRig';

type Given = Parameters<typeof custom.driver>[0];

describe('a public URL of the user that answers nothing', () => {
  let rig: Rig;
  beforeEach(() => {
    const settings = { url: 'https://llm.example.com' } as Given['settings'];
    rig = tunnelRig({ driver: () => custom.driver({ settings, localPort: 4141 } as Given) });
  });
  afterEach(() => rig.dispose());

  it('is told within 10 s, and works as soon as it answers', async () => {
    rig.outside.health = { ok: false, kind: 'unreachable', why: 'llm.example.com did not answer within 10 s.' };
    await rig.tunnel.start();
    await rig.clock.pass(10_000);
    assert.equal(rig.tunnel.status.state, 'degraded');
    assert.match(rig.tunnel.status.message ?? '', /^llm\.example\.com does not answer\. .*http:\/\/127\.0\.0\.1:/);
    rig.outside.health = { ok: true };
    await rig.clock.pass(10_000);
    assert.equal(rig.tunnel.status.state, 'online');
  });

  it('is not said of one that works, nor of one that answers something else', async () => {
    await rig.tunnel.start();
    await rig.clock.pass(30_000);
    assert.equal(rig.tunnel.status.state, 'online');
    await rig.tunnel.stop();
    rig.outside.health = { ok: false, kind: 'origin', status: 502 };
    await rig.tunnel.start();
    await rig.clock.pass(9_500);
    assert.match(rig.tunnel.status.message ?? '', /router does not answer on port/);
  });
});
