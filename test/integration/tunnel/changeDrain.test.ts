/** Every change of the tunnel is a drain: a real stream through the public side of the made-up cloud ends whole. */
import assert from 'node:assert/strict';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { validateSettings } from '../../../src/settings/check';
import type { SettingsInput } from '../../../src/settings/schema';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chunk, DONE, startUpstream, type Upstream } from '../../support/upstream';

describe('an answer runs through the tunnel while', function () {
  this.timeout(120_000);
  let cloud: FakeCloud;
  let upstream: Upstream;
  let router: TestRouter;
  /** Lets the upstream finish its answer. */
  let finish: () => void;

  before(async () => {
    cloud = await startFakeCloud();
    upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'before ' }));
      finish = () => response.end(chunk({ content: 'after' }) + chunk({}, 'stop') + DONE);
    });
  });
  after(async () => {
    await cloud.stop();
    await upstream.stop();
  });
  beforeEach(async () => {
    router = await startRouter({}, {}, { CLOUDFLARED_BIN: cloud.binPath });
    await use({});
  });
  afterEach(() => router.stop());

  async function use(change: SettingsInput, noProxy: string[] = []): Promise<void> {
    const backends = [{ name: 'lab', baseUrl: `${upstream.url}/v1` }];
    const { settings } = validateSettings({ port: 0, tunnel: { provider: 'cloudflared' }, backends, ...change });
    const { proxyUrl, certificates } = cloud.internet;
    const network = { proxy: proxyUrl, ca: [certificates.ca], noProxy: ['127.0.0.1', ...noProxy] };
    await router.core.configure({ settings: settings!, secrets: { 'client:main': CLIENT_KEY }, network, problems: [] });
  }
  const tunnelIs = (holds: (tunnel: TestRouter['core']['state']['tunnel']) => boolean) =>
    new Promise<void>((resolve) => {
      if (holds(router.core.state.tunnel)) return resolve();
      const stop = router.core.onDidChange(({ tunnel }) => {
        if (!holds(tunnel)) return;
        stop();
        resolve();
      });
    });

  async function freePort(): Promise<number> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  /** As Cursor's servers ask; resolves when the first words are there, with the whole text to come. */
  async function stream(): Promise<{ whole: Promise<string> }> {
    const { hostname } = new URL(router.core.state.publicUrl!);
    const proxy = net.connect(Number(new URL(cloud.internet.proxyUrl).port), '127.0.0.1');
    proxy.write('CONNECT trycloudflare.com:443 HTTP/1.1\r\nHost: trycloudflare.com:443\r\n\r\n');
    await new Promise((resolve) => proxy.once('data', resolve));
    const socket = tls.connect({ socket: proxy, servername: hostname, ca: cloud.internet.certificates.ca });
    const headers = { host: hostname, authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' };
    const options = { createConnection: () => socket, method: 'POST', path: '/v1/chat/completions', headers };
    let whole: Promise<string> | undefined;
    await new Promise<void>((resolve, reject) => {
      const request = https.request(options, (response) => {
        let text = '';
        whole = new Promise((end) => {
          response.on('data', (data: Buffer) => {
            text += data;
            resolve();
          });
          response.on('close', () => end(text));
          response.on('error', () => undefined);
        });
      });
      request.on('error', reject);
      request.end(JSON.stringify({ model: 'lab/m', stream: true, messages: [{ role: 'user', content: 'x' }] }));
    });
    return { whole: whole! };
  }

  for (const [what, change, after] of [
    ['a new URL is asked for', () => router.core.renewUrl(), 'other URL'],
    ['the provider changes', () => use({ tunnel: { provider: 'none' } }), 'off'],
    ['the proxy changes', () => use({}, ['elsewhere.example']), 'same URL'],
    ['the port changes', async () => use({ port: await freePort() }), 'same URL'],
  ] as const)
    it(`${what}: it ends whole, then the change is there`, async () => {
      await tunnelIs(({ state }) => state === 'online');
      const url = router.core.state.publicUrl;
      const { whole } = await stream();
      const changed = Promise.resolve(change());
      // The change is under way, and must not touch what runs.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      finish();
      assert.match(await whole, /before[\s\S]*after[\s\S]*\[DONE\]/);
      await changed;
      if (after === 'off') return void (await tunnelIs(({ state }) => state === 'off'));
      await tunnelIs(({ state, publicUrl }) => state === 'online' && (after === 'same URL' || publicUrl !== url));
      if (after === 'same URL') assert.equal(router.core.state.publicUrl, url);
      const record = router.records.at(-1);
      assert.equal(record?.error, undefined, 'the ledger blames nobody');
    });
});
