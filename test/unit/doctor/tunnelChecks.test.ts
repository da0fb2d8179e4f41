import assert from 'node:assert/strict';
import type { DoctorFacts } from '../../../src/doctor/facts';
import { tunnelChecks } from '../../../src/doctor/tunnelChecks';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';

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
});
