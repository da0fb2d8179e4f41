/** Public URLs that are not Cloudflare's to give: a named tunnel with its own hostname, and a URL of the user's own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { forward } from '../../support/cloud/forward';
import { fastClock } from '../../support/controlledClock';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { failed, type Harness, online, startHarness, type TunnelChange, until } from '../../support/tunnelHarness';

describe('fixed public URLs', () => {
  let cloud: FakeCloud;
  let harness: Harness;

  before(async () => {
    cloud = await startFakeCloud();
  });
  after(() => cloud.stop());
  beforeEach(async () => {
    harness = await startHarness(cloud.internet);
  });
  afterEach(async () => {
    await harness.dispose();
    cloud.behave({});
    Object.assign(cloud.edge.habits, {
      quickService: undefined,
      unauthorized: false,
      bufferPosts: false,
      idleMs: 100_000,
      inFlight: 200,
    });
    cloud.internet.offline = false;
  });

  const make = ({ options, binary = cloud.binPath, ...rest }: TunnelChange & { binary?: string } = {}) =>
    harness.make({ options: { cloudflaredBin: binary, ...options }, ...rest });
  const running = () => openStateFile(harness.dataDir).value.running!;
  const starts = () => harness.spawned.filter(([, command]) => command === 'tunnel');

  describe('named tunnel', () => {
    const named = (token: string | undefined, hostname = 'llm.example.com') =>
      make({ settings: { provider: 'cloudflared-named', hostname }, options: { token } });

    it('comes online at its hostname; the token is in no argument, log or message', async () => {
      const { token } = cloud.edge.addNamed('llm.example.com');
      const made = named(token);
      const { tunnel } = made;
      await tunnel.start();
      assert.equal((await online(tunnel)).publicUrl, 'https://llm.example.com');
      assert.ok(!harness.told(made).includes(token));
      assert.ok(!readFileSync(path.join(harness.dataDir, 'tunnel/cloudflared.yml'), 'utf8').includes(token));
      const { pid } = running();
      await tunnel.stop({ keepRunning: true });
      const second = named(token);
      await second.tunnel.start();
      await online(second.tunnel);
      assert.equal(running().pid, pid, 'adopted');
      cloud.edge.forget('llm.example.com');
    });

    it('a token that cannot be read needs a person', async () => {
      const { tunnel } = named('rubbish');
      await tunnel.start();
      assert.match((await failed(tunnel)).message!, /refuses the tunnel token/);
    });

    it('a refused token: asked twice, then a person is needed; the hostname never changes', async () => {
      const { token } = cloud.edge.addNamed('llm.example.com');
      cloud.edge.habits.unauthorized = true;
      const { tunnel } = make({
        settings: { provider: 'cloudflared-named', hostname: 'llm.example.com' },
        options: { token },
        clock: fastClock(10),
      });
      await tunnel.start();
      assert.match((await failed(tunnel)).message!, /refuses the tunnel token/);
      assert.equal(starts().length, 2);
      await assert.rejects(tunnel.renewUrl(), /fixed/);
      cloud.edge.forget('llm.example.com');
    });

    it('token or hostname missing: says where they belong', async () => {
      const noToken = named(undefined);
      await noToken.tunnel.start();
      assert.match((await failed(noToken.tunnel)).message!, /has no token/);
      const noHost = named('x', '');
      await noHost.tunnel.start();
      assert.match((await failed(noHost.tunnel)).message!, /llmRouter\.tunnel\.hostname/);
    });
  });

  describe('custom URL', () => {
    it('is verified like any other, and told when it leads elsewhere', async () => {
      cloud.dns(() => 'yes');
      cloud.internet.site('*.example.com', (request, response) => {
        request.resume();
        response.writeHead(404).end();
      });
      const { tunnel } = make({
        settings: { provider: 'custom', url: 'https://llm.example.com/v1' },
        clock: fastClock(10),
      });
      await tunnel.start();
      const status = await until(tunnel, ({ state }) => state === 'degraded');
      assert.match(status.message!, /forward to http:\/\/127\.0\.0\.1:\d+/);
      cloud.internet.site('*.example.com', (request, response) => {
        forward(`http://127.0.0.1:${harness.origin.port}`, request, response, () => response.writeHead(502).end());
      });
      assert.equal((await online(tunnel)).publicUrl, 'https://llm.example.com');
      cloud.internet.site('*.example.com', cloud.edge.visit);
      cloud.dns(undefined);
    });

    it('says that another program has the port it leads to, and what mends that', async () => {
      cloud.dns(() => 'yes');
      const wantedPort = harness.origin.port === 65_535 ? 65_534 : harness.origin.port + 1;
      const words = new RegExp(
        `port ${wantedPort} .* another program .*Write ${harness.origin.port} into llmRouter.port`,
      );
      for (const answers of [404, 502, 200]) {
        cloud.internet.site('*.example.com', (request, response) => {
          request.resume();
          response.writeHead(answers).end('{}');
        });
        const { tunnel } = make({
          settings: { provider: 'custom', url: 'https://llm.example.com' },
          options: { wantedPort },
          clock: fastClock(10),
        });
        await tunnel.start();
        assert.match((await until(tunnel, ({ state }) => state === 'degraded')).message!, words, String(answers));
        await tunnel.stop();
      }
      cloud.internet.site('*.example.com', cloud.edge.visit);
      cloud.dns(undefined);
    });

    it('is refused when it is no public https URL', async () => {
      for (const url of ['', 'http://llm.example.com', 'llm.example.com', 'https://llm.example.com/sub/path']) {
        const { tunnel } = make({ settings: { provider: 'custom', url } });
        await tunnel.start();
        assert.match((await failed(tunnel)).message!, /llmRouter\.tunnel\.url/);
      }
    });
  });
});
