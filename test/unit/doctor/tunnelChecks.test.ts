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

describe('doctor: the public URL', () => {
  const URL_ = 'https://llm.example.com';
  type Reply = { status: number; body?: string; headers?: object } | Error;
  /** What the check of this name finds: state, command and argument of its button, and the port it speaks of. */
  const look = async (id: string, provider: string, reply: Reply, listener: object | undefined = { port: 4711 }) => {
    const request = async () => {
      if (reply instanceof Error) throw reply;
      return { body: '', headers: {}, ...reply };
    };
    const network = { request, open: request, proxyFor: () => 'a proxy' };
    const tunnel = {
      status: () => ({ state: 'online', publicUrl: URL_ }),
      onDidChange: () => () => undefined,
      network,
    };
    const given = { settings: { port: 1, tunnel: { provider } }, tunnel, listener, healthProof: () => 'proof' };
    const check = tunnelChecks(given as unknown as DoctorFacts).find((one) => one.id === id);
    const { state, action, fix } = await check!.look(new AbortController().signal);
    return [state, [action?.command, action?.argument].filter(Boolean).join(' '), /\b4711\b/.test(fix ?? '')];
  };
  const [RESTART, SET_UP] = ['llmRouter.restartRouter', 'llmRouter.setUpTunnel'];
  const open = (setting: string) => `workbench.action.openSettings ${setting}`;
  const proof = { status: 200, body: '{"hmac":"proof"}' };

  const health: [what: string, reply: Reply, provider: string, found: unknown[]][] = [
    ['proven', proof, 'cloudflared', ['ok', '', false]],
    ['not reached', new Error('no route'), 'cloudflared', ['failed', RESTART, false]],
    ['gone', { status: 530 }, 'cloudflared', ['failed', 'llmRouter.newTunnelUrl', false]],
    ['gone', { status: 530 }, 'ngrok', ['failed', RESTART, false]],
    ['not led here', { status: 502 }, 'cloudflared', ['failed', RESTART, false]],
    ['not led here', { status: 502 }, 'custom', ['failed', open('tunnel.url'), true]],
    ['somebody else', { status: 200, body: 'hello' }, 'cloudflared', ['failed', RESTART, true]],
    ['somebody else', { status: 200, body: '{"hmac":"other"}' }, 'custom', ['failed', open('tunnel.url'), true]],
    ['busy', { status: 429 }, 'cloudflared', ['warning', '', false]],
    ['silent', { status: 524 }, 'cloudflared', ['failed', RESTART, false]],
    ['another status', { status: 404 }, 'cloudflared', ['failed', SET_UP, false]],
    ['another status', { status: 404 }, 'custom', ['failed', SET_UP, true]],
    [
      'a code of ngrok',
      { status: 403, headers: { 'ngrok-error-code': 'ERR_NGROK_725' } },
      'ngrok',
      ['failed', SET_UP, false],
    ],
  ];
  for (const [what, reply, provider, found] of health)
    it(`${what}, ${provider}: leads to what mends it`, async () =>
      assert.deepEqual(await look('public-url', provider, reply), found));

  it('of a name that the world does not know leads to another URL, to the start, or to the setting it comes from', async () => {
    const nobody = { status: 200, body: '{"Status":3}' };
    assert.deepEqual(await look('public-name', 'cloudflared', nobody), ['failed', 'llmRouter.newTunnelUrl', false]);
    assert.deepEqual((await look('public-name', 'ngrok', nobody))[1], open('tunnel.hostname'));
    const known = { status: 200, body: '{"Status":0,"Answer":[{"data":"1.2.3.4"}]}' };
    assert.deepEqual((await look('public-name', 'cloudflared', known))[0], 'ok');
    assert.deepEqual((await look('public-name', 'cloudflared', new Error('offline')))[0], 'warning');
  });
  it('of no tunnel is not looked at', async () =>
    assert.deepEqual(await look('public-url', 'none', proof), ['skipped', '', false]));
});
