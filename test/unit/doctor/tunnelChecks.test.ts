import assert from 'node:assert/strict';
import type { DoctorFacts } from '../../../src/doctor/facts';
import { tunnelChecks } from '../../../src/doctor/tunnelChecks';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';
import { heldTimers } from '../../support/heldTimers';

describe('doctor: the connection of the tunnel', () => {
  const look = async (status: Partial<TunnelStatus>, listener?: object) => {
    const tunnel = { status: () => status, onDidChange: () => () => undefined, network: {} };
    const facts = { settings: { tunnel: { provider: 'cloudflared-named' } }, tunnel, listener };
    const check = tunnelChecks(facts as unknown as DoctorFacts).find(({ id }) => id === 'tunnel-registered');
    const { state, action } = (await check?.look(new AbortController().signal)) ?? {};
    return [state, action?.command];
  };
  it('that is off is wrong where the router listens, and only not looked at where it does not', async () => {
    assert.deepEqual(await look({ state: 'off' }, { port: 1 }), ['failed', 'llmRouter.restartRouter']);
    assert.deepEqual(await look({ state: 'off' }), ['skipped', undefined]);
  });
  it('that failed for its token leads to the token', async () => {
    const error = (message: string) => look({ state: 'error', message });
    assert.deepEqual(await error('The token is refused.'), ['failed', 'llmRouter.setTunnelSecret']);
    assert.deepEqual(await error('It ended.'), ['failed', 'llmRouter.restartRouter']);
  });
  it('that waits for its program is not looked at, and what it says of itself decides the rest', async () => {
    const [SET_UP, RESTART] = ['llmRouter.setUpTunnel', 'llmRouter.restartRouter'];
    assert.deepEqual(await look({ state: 'error', needsBinary: true, message: 'No token.' }), ['skipped', undefined]);
    assert.deepEqual(await look({ state: 'rateLimited' }), ['warning', SET_UP]);
    assert.deepEqual(await look({ state: 'blocked' }), ['failed', SET_UP]);
    for (const state of ['online', 'degraded'] as const)
      assert.deepEqual(await look({ state }), ['ok', undefined], state);
    assert.deepEqual(await look({ state: 'error' }), ['failed', RESTART]);
  });
});

describe('doctor: a tunnel that is coming up', () => {
  const timers = heldTimers();
  const begin = (status: Partial<TunnelStatus>) => {
    const listeners = new Set<() => void>();
    const tunnel = {
      status: () => status,
      onDidChange: (listener: () => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      network: {},
    };
    const facts = { settings: { tunnel: { provider: 'cloudflared-named' } }, tunnel, listener: { port: 1 } };
    const ids = ['tunnel-registered', 'public-url', 'public-stream', 'public-name'];
    const checks = tunnelChecks(facts as unknown as DoctorFacts).filter(({ id }) => ids.includes(id));
    const looks = Promise.all(checks.map(({ look }) => look(new AbortController().signal)));
    return {
      listeners,
      change(next: Partial<TunnelStatus>) {
        status = next;
        for (const listener of [...listeners]) listener();
      },
      states: async () => (await looks).map(({ state }) => state),
    };
  };

  for (const state of ['installing', 'requesting', 'connecting', 'verifying', 'reconnecting'] as const)
    it(`${state}: is waited for once for all that is looked at, until it is up`, async () => {
      const tunnel = begin({ state });
      assert.equal(tunnel.listeners.size, 1);
      tunnel.change({ state });
      assert.equal(tunnel.listeners.size, 1);
      tunnel.change({ state: 'online' });
      assert.deepEqual(await tunnel.states(), ['ok', 'skipped', 'skipped', 'skipped']);
      assert.equal(tunnel.listeners.size, 0);
    });
  it('is waited for eight seconds, then what it says counts', async () => {
    const tunnel = begin({ state: 'connecting', message: 'No answer yet.' });
    timers.stall(7_999);
    assert.equal(tunnel.listeners.size, 1);
    timers.stall(1);
    assert.deepEqual(await tunnel.states(), ['failed', 'skipped', 'skipped', 'skipped']);
    assert.equal(tunnel.listeners.size, 0);
  });
  it('is not waited for once it has said that it will not be', async () => {
    const tunnel = begin({ state: 'blocked' });
    assert.equal(tunnel.listeners.size, 0);
    assert.deepEqual(await tunnel.states(), ['failed', 'skipped', 'skipped', 'skipped']);
  });
});
