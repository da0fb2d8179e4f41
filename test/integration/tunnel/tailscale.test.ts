import assert from 'node:assert/strict';
import { thisSystem } from '../../../src/system/processes';
import { programOnPath } from '../../../src/tunnel/commands';
import { type Internet, startInternet } from '../../support/cloud/internet';
import { resolverSite } from '../../support/cloud/resolver';
import { fastClock } from '../../support/controlledClock';
import { type FakeTailscale, startFakeTailscale, TAILNET_NAME, type TailscaleState } from '../../support/fakeTailscale';
import { failed, type Harness, online, startHarness, type TunnelChange, until } from '../../support/tunnelHarness';

describe('tailscale', () => {
  let internet: Internet;
  let tailscale: FakeTailscale;
  let harness: Harness;
  before(async () => {
    internet = await startInternet();
    resolverSite(internet, () => 'yes');
  });
  after(() => internet.close());
  beforeEach(async () => {
    internet.cuts = undefined;
    tailscale = await startFakeTailscale(internet);
    harness = await startHarness(internet);
  });
  afterEach(async () => {
    await harness.dispose();
    tailscale.stop();
  });

  const make = ({ settings, ...rest }: TunnelChange = {}) =>
    harness.make({ settings: { provider: 'tailscale', binary: tailscale.binPath, ...settings }, ...rest });
  const target = () => `http://127.0.0.1:${harness.origin.port}`;

  it('comes online at the name of the machine, and takes its mapping away at the end', async () => {
    const { tunnel } = make();
    await tunnel.start();
    assert.equal((await online(tunnel)).publicUrl, `https://${TAILNET_NAME}`);
    assert.equal(tailscale.state.serve!.Web![`${TAILNET_NAME}:443`]!.Handlers['/']!.Proxy, target());
    await tunnel.stop();
    assert.deepEqual(tailscale.state.serve, { TCP: {}, Web: {}, AllowFunnel: {} });
  });

  it("leaves the user's own mappings alone and takes another port", async () => {
    const theirs = {
      TCP: { 443: { HTTPS: true } },
      Web: { [`${TAILNET_NAME}:443`]: { Handlers: { '/': { Proxy: 'http://127.0.0.1:3000' } } } },
      AllowFunnel: {},
    };
    tailscale.change({ serve: theirs });
    const { tunnel } = make();
    await tunnel.start();
    assert.equal((await online(tunnel)).publicUrl, `https://${TAILNET_NAME}:8443`);
    await tunnel.stop();
    assert.deepEqual(tailscale.state.serve, theirs);
  });

  it("leaves a port alone that a command in the user's terminal serves", async () => {
    const theirs = {
      Foreground: {
        '7a3f': {
          TCP: { 443: { HTTPS: true } },
          Web: { [`${TAILNET_NAME}:443`]: { Handlers: { '/': { Proxy: 'http://127.0.0.1:3000' } } } },
          AllowFunnel: { [`${TAILNET_NAME}:443`]: true },
        },
      },
    };
    tailscale.change({ serve: theirs });
    const { tunnel } = make();
    await tunnel.start();
    assert.equal((await online(tunnel)).publicUrl, `https://${TAILNET_NAME}:8443`);
  });

  it('no answer is told as such, and not as a service that is not running', async () => {
    tailscale.change({ silent: true });
    const { tunnel } = make({ clock: fastClock(15) });
    await tunnel.start();
    assert.match((await failed(tunnel)).message!, /did not answer in time/);
  });

  it('all ports used: says so', async () => {
    const web = Object.fromEntries(
      [443, 8443, 10_000].map((port) => [`${TAILNET_NAME}:${port}`, { Handlers: { '/': { Text: 'hello' } } }]),
    );
    tailscale.change({ serve: { Web: web } });
    const { tunnel } = make();
    await tunnel.start();
    assert.match((await failed(tunnel)).message!, /443, 8443, 10000/);
    assert.deepEqual(tailscale.state.serve, { Web: web });
  });

  it('a router that steps aside leaves the mapping; the next one on another port takes it over', async () => {
    const first = make();
    await first.tunnel.start();
    await online(first.tunnel);
    await first.tunnel.stop({ keepRunning: true });
    const old = target();
    const second = make({ options: { localPort: harness.origin.port } });
    await second.tunnel.start();
    await online(second.tunnel);
    assert.equal(harness.spawned.filter((command) => command.includes('--bg')).length, 1);
    await second.tunnel.stop({ keepRunning: true });
    const { tunnel } = make({ options: { localPort: 9 }, clock: fastClock(20) });
    await tunnel.start();
    await until(tunnel, ({ state }) => state === 'degraded' || state === 'verifying');
    assert.notEqual(tailscale.state.serve!.Web![`${TAILNET_NAME}:443`]!.Handlers['/']!.Proxy, old);
    assert.equal(Object.keys(tailscale.state.serve!.Web!).length, 1);
  });

  it('Funnel not enabled: gives the link, and follows by itself when somebody enabled it', async () => {
    tailscale.change({ funnel: false });
    const { tunnel } = make({ clock: fastClock(5) });
    await tunnel.start();
    const { message } = await failed(tunnel);
    assert.match(
      message!,
      /Funnel is not enabled for this tailnet\. Enable it here: https:\/\/login\.tailscale\.com\/f\/funnel\?node=nTest11CNTRL/,
    );
    tailscale.change({ funnel: true });
    await online(tunnel);
  });

  const problems: Record<string, { before: Partial<TailscaleState>; words: RegExp }> = {
    'service not running': { before: { backend: undefined }, words: /service is not running\. Start Tailscale/ },
    'signed out': { before: { backend: 'NeedsLogin' }, words: /signed out, or its session expired\. Sign in again/ },
    'key expired': { before: { expired: true }, words: /session expired\. Sign in again/ },
    'switched off': { before: { backend: 'Stopped' }, words: /switched off/ },
    'waiting for approval': { before: { backend: 'NeedsMachineAuth' }, words: /waits for approval/ },
    'certificates off': { before: { https: false }, words: /HTTPS certificates are off/ },
    'not allowed for this user': { before: { denied: true }, words: /sudo tailscale set --operator=\$USER/ },
    'incoming connections blocked': { before: { shields: true }, words: /blocks incoming connections/ },
  };
  for (const [name, { before, words }] of Object.entries(problems)) {
    it(`${name}: says so`, async () => {
      tailscale.change(before);
      const { tunnel } = make({ clock: fastClock(60, 20_000) });
      await tunnel.start();
      assert.match((await failed(tunnel)).message!, words);
    });
  }

  it('session expires while online: told, then back with the same URL', async () => {
    const { tunnel } = make({ clock: fastClock(60, 20_000) });
    await tunnel.start();
    const { publicUrl } = await online(tunnel);
    tailscale.change({ backend: 'NeedsLogin' });
    assert.match((await failed(tunnel)).message!, /session expired/);
    tailscale.change({ backend: 'Running' });
    assert.equal((await online(tunnel)).publicUrl, publicUrl);
  });

  it('a public address that cuts every connection off is told as that, not as trouble of this computer', async () => {
    internet.cuts = TAILNET_NAME;
    const { tunnel } = make({ clock: fastClock(300, 20_000) });
    await tunnel.start();
    const { message } = await until(tunnel, ({ state }) => state === 'degraded');
    assert.match(message!, /ends every connection before it gets to this computer\. Update Tailscale/);
    internet.cuts = undefined;
    await online(tunnel);
  });

  it('not installed: says where to get it', async () => {
    const { tunnel } = make({ settings: { binary: '' }, env: { PATH: '/nowhere' } });
    await tunnel.start();
    const status = await failed(tunnel);
    assert.match(status.message!, /Tailscale is not installed.*tailscale\.com\/download/);
    assert.equal(status.needsBinary, undefined);
  });

  it('switching to another provider takes the mapping away', async () => {
    const first = make();
    await first.tunnel.start();
    await online(first.tunnel);
    await first.tunnel.stop({ keepRunning: true });
    const { tunnel } = harness.make({ settings: { provider: 'none' } });
    await tunnel.start();
    assert.deepEqual(tailscale.state.serve!.Web, {});
  });

  describe('the real command', () => {
    const binary = programOnPath('tailscale', { env: process.env, platform: thisSystem.platform });
    before(function () {
      if (binary && process.env.TAILSCALE_FUNNEL_TEST) return;
      console.log('      skipped: no tailscale on the PATH, or TAILSCALE_FUNNEL_TEST is not set');
      this.skip();
    });
    it('comes online and ends', async () => {
      const real = await startHarness(undefined);
      const { tunnel } = real.make({ settings: { provider: 'tailscale', binary: binary! } });
      await tunnel.start();
      assert.match((await online(tunnel)).publicUrl!, /\.ts\.net/);
      await real.dispose();
    });
  });
});
