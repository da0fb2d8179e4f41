/**
 * The quick tunnel with real processes and sockets. The program is a fake that speaks the real protocol; with CLOUDFLARED_BIN
 * it is the real one against our edge, and with CLOUDFLARED_EXTRA_ARGS as well it runs against whatever edge those name.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { isAlive } from '../../../src/system/processes';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { fastClock } from '../../support/controlledClock';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { assertPrivate, itOnPosix, programFile } from '../../support/platform';
import {
  assertEnded,
  failed,
  type Harness,
  online,
  startHarness,
  type TunnelChange,
  until,
} from '../../support/tunnelHarness';
import { CLIENT_KEY, startOrigin } from '../../support/tunnelOrigin';

const REAL = process.env.CLOUDFLARED_BIN;
const EXTRA = process.env.CLOUDFLARED_EXTRA_ARGS;

describe('quick tunnel with processes', () => {
  let cloud: FakeCloud;
  let harness: Harness;

  before(async () => {
    cloud = await startFakeCloud();
  });
  after(() => cloud.stop());
  beforeEach(async () => {
    harness = await startHarness(EXTRA ? undefined : cloud.internet);
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

  /** A visitor: dials the apex and asks for the tunnel's name, as Cursor's servers end up doing. */
  async function visit(
    publicUrl: string,
    route: string,
    method = 'GET',
  ): Promise<{ status: number; chunks: { text: string; at: number }[] }> {
    const host = new URL(publicUrl).hostname;
    const proxy = new URL(cloud.internet.proxyUrl);
    const plain = net.connect(Number(proxy.port), '127.0.0.1');
    plain.write('CONNECT trycloudflare.com:443 HTTP/1.1\r\nHost: trycloudflare.com:443\r\n\r\n');
    await new Promise((resolve) => plain.once('data', resolve));
    const socket = tls.connect({ socket: plain, servername: host, ca: cloud.internet.certificates.ca });
    return new Promise((resolve, reject) => {
      const request = https.request(
        { createConnection: () => socket, method, path: route, headers: { host } },
        (response) => {
          const chunks: { text: string; at: number }[] = [];
          response.on('data', (chunk: Buffer) => chunks.push({ text: chunk.toString(), at: performance.now() }));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, chunks }));
          response.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end();
    });
  }

  /** Suites that need nothing but a well-behaved cloudflared: run with the fake and, when given, the real one. */
  function worksWith(name: string, binary: () => string): void {
    describe(name, () => {
      it('comes online, carries requests with the public host, and leaves nothing behind', async () => {
        const made = make({ binary: binary() });
        const { tunnel, seen } = made;
        await tunnel.start();
        const { publicUrl } = await online(tunnel);
        const host = new URL(publicUrl!).hostname;
        assert.match(host, /^[a-z0-9-]+\.trycloudflare\.com$/);
        assert.equal(harness.origin.requests.find(({ path }) => path === '/health')!.headers.host, host);
        assert.deepEqual(
          [...new Set(seen.map(({ state }) => state))],
          ['connecting', 'requesting', 'verifying', 'online'],
        );
        const { pid } = running();
        assert.ok(isAlive(pid));
        await tunnel.stop();
        await assertEnded(pid);
        assert.equal(openStateFile(harness.dataDir).value.running, undefined);

        const folder = path.join(harness.dataDir, 'tunnel');
        for (const file of readdirSync(folder)) assertPrivate(path.join(folder, file), 0o600);
        const { secret, hostname } = openStateFile(harness.dataDir).value.credentials!;
        assert.equal(hostname, host);
        const told = harness.told(made);
        for (const private_ of [secret, CLIENT_KEY]) assert.ok(!told.includes(private_));
        const start = starts()[0]!;
        assert.deepEqual(start.slice(1, -1), ['tunnel', '--config', path.join(folder, 'cloudflared.yml')]);
      });

      it('killed: back online with the same URL', async () => {
        const { tunnel, seen } = make({ binary: binary() });
        await tunnel.start();
        const { publicUrl } = await online(tunnel);
        seen.length = 0;
        process.kill(running().pid, 'SIGKILL');
        await until(tunnel, ({ state }) => state === 'reconnecting');
        await online(tunnel);
        assert.ok(seen.every((status) => status.publicUrl === publicUrl));
      });

      it('a router that steps aside leaves it running; the next one adopts it, and a stream goes on', async () => {
        const first = make({ binary: binary() });
        await first.tunnel.start();
        const { publicUrl } = await online(first.tunnel);
        const { pid } = running();
        let go = () => {};
        harness.origin.handle = (_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write('data: before\n\n');
          go = () => response.end('data: after\n\n');
        };
        const stream = EXTRA ? undefined : visit(publicUrl!, '/slow', 'POST');
        await first.tunnel.stop({ keepRunning: true });
        assert.ok(isAlive(pid));

        const second = make({ binary: binary() });
        await second.tunnel.start();
        assert.equal((await online(second.tunnel)).publicUrl, publicUrl);
        assert.equal(running().pid, pid);
        assert.ok(!second.seen.some(({ state }) => state === 'requesting'));
        go();
        const answer = await stream;
        if (answer) assert.match(answer.chunks.map(({ text }) => text).join(''), /before[\s\S]*after/);
        await second.tunnel.stop();
        await assertEnded(pid);
      });

      it('another port of ours: the same URL, a new program', async () => {
        const first = make({ binary: binary() });
        await first.tunnel.start();
        const { publicUrl } = await online(first.tunnel);
        const { pid } = running();
        await first.tunnel.stop({ keepRunning: true });
        await harness.origin.close();
        harness.origin = await startOrigin();
        const second = make({ binary: binary() });
        await second.tunnel.start();
        assert.equal((await online(second.tunnel)).publicUrl, publicUrl);
        assert.notEqual(running().pid, pid);
        await assertEnded(pid);
      });
    });
  }

  worksWith('the fake cloudflared', () => cloud.binPath);
  describe('the real cloudflared', function () {
    // It asks the network for its edge first, which may take a while.
    this.timeout(90_000);
    before(function () {
      if (REAL) return;
      console.log('      skipped: CLOUDFLARED_BIN names no cloudflared');
      this.skip();
    });
    it('is there', () => assert.ok(statSync(REAL!).isFile()));
    worksWith('does the same', () => {
      const wrapper = path.join(harness.dataDir, 'cloudflared-with-edge');
      const own = `--edge 127.0.0.1:${cloud.edge.port} --cacert ${cloud.caFile} --protocol http2 --no-prechecks`;
      writeFileSync(
        wrapper,
        `#!/bin/sh\nif [ "$1" = tunnel ]; then shift; set -- tunnel ${EXTRA ?? own} "$@"; fi\nexec "${REAL}" "$@"\n`,
        { mode: 0o755 },
      );
      return wrapper;
    });
  });

  describe('when things go wrong', () => {
    it('the edge drops the connection: repaired with the same URL', async () => {
      cloud.behave({ quicBlocked: true, precheckHttp2: true });
      const { tunnel, seen } = make({ clock: fastClock(4) });
      await tunnel.start();
      const { publicUrl, protocol } = await online(tunnel);
      assert.equal(protocol, 'http2');
      seen.length = 0;
      const { created } = cloud.edge;
      cloud.edge.drop();
      await until(tunnel, ({ state }) => state === 'reconnecting');
      await online(tunnel);
      assert.ok(seen.every((status) => status.publicUrl === publicUrl));
      assert.equal(cloud.edge.created, created);
    });

    it('UDP is dropped without a pre-check: HTTP/2 after 10 s with the same credentials', async () => {
      cloud.behave({ quicBlocked: true });
      const { tunnel } = make({ clock: fastClock(20) });
      const { created } = cloud.edge;
      await tunnel.start();
      assert.equal((await online(tunnel)).protocol, 'http2');
      assert.equal(cloud.edge.created, created + 1);
    });

    it('saved credentials are refused: a new URL, told with the old one', async () => {
      const first = make();
      await first.tunnel.start();
      const old = (await online(first.tunnel)).publicUrl!;
      await first.tunnel.stop();
      cloud.edge.forget(new URL(old).hostname);
      const second = make({ clock: fastClock(10) });
      await second.tunnel.start();
      const status = await online(second.tunnel);
      assert.notEqual(status.publicUrl, old);
      assert.equal(status.replacedUrl, old);
      assert.match(status.message!, /The URL changed/);
    });

    it('half-dead: the process says connected, visitors get 530; respawned', async () => {
      const { tunnel } = make({ clock: fastClock(40) });
      await tunnel.start();
      const { publicUrl } = await online(tunnel);
      const host = new URL(publicUrl!).hostname;
      cloud.edge.mute(host, true);
      await until(tunnel, ({ state }) => state === 'reconnecting');
      cloud.edge.mute(host, false);
      assert.equal((await online(tunnel)).publicUrl, publicUrl);
    });

    it('429 from the quick service: rateLimited, no program is started', async () => {
      cloud.edge.habits.quickService = { status: 429, body: 'error code: 1015' };
      const { tunnel } = make();
      await tunnel.start();
      const status = await until(tunnel, ({ state }) => state === 'rateLimited');
      assert.ok(status.until! > Date.now() + 60_000);
      assert.equal(starts().length, 0);
    });

    it('no network: names the proxy', async () => {
      cloud.internet.offline = true;
      const { tunnel } = make();
      await tunnel.start();
      const { message } = await failed(tunnel);
      assert.match(message!, /the proxy 127\.0\.0\.1:\d+ answered 502.*check http\.proxy/);
      cloud.internet.offline = false;
      tunnel.check();
      await online(tunnel);
    });

    it('event streams arrive in one piece: degraded', async () => {
      cloud.edge.habits.bufferPosts = true;
      const { tunnel } = make();
      await tunnel.start();
      const { message } = await until(tunnel, ({ state }) => state === 'degraded');
      assert.match(message!, /arrive in one piece/);
    });

    for (const [name, plan] of Object.entries({
      'rubbish first, then lines cut at odd places': { garbage: true, oddChunks: true, twoRegistered: true },
      'a slow start of an older build with text logs': { text: true, oddChunks: true, slowStartMs: 700 },
    })) {
      it(`${name}: online all the same`, async () => {
        cloud.behave(plan);
        const { tunnel } = make();
        await tunnel.start();
        await online(tunnel);
      });
    }

    it('exit at the start: the last lines, without the path of the relay', async () => {
      cloud.behave({ exitAtStart: 1 });
      const { tunnel } = make();
      await tunnel.start();
      const { message } = await failed(tunnel);
      assert.match(message!, /exit code 1.*something is wrong/);
    });

    it('hangs at the start: tried over HTTP/2, then blocked, and no process is left', async () => {
      cloud.behave({ hang: true });
      const { tunnel } = make({ clock: fastClock(40) });
      await tunnel.start();
      await until(tunnel, ({ state }) => state === 'blocked');
      assert.equal(starts().length, 2);
      assert.equal(openStateFile(harness.dataDir).value.running, undefined);
    });

    it('ignores SIGINT: killed', async () => {
      cloud.behave({ ignoreSigint: true });
      const { tunnel } = make({ clock: fastClock(10) });
      await tunnel.start();
      await online(tunnel);
      const { pid } = running();
      await tunnel.stop();
      await assertEnded(pid);
    });

    it('crashes again and again: keeps the URL and comes back', async () => {
      const { tunnel, seen } = make({ clock: fastClock(10) });
      await tunnel.start();
      const { publicUrl } = await online(tunnel);
      // Bounded by what happens: three starts that crash, however long this machine takes for them.
      cloud.behave({ crashAfterMs: 1 });
      const startedBy = starts().length + 3;
      process.kill(running().pid, 'SIGKILL');
      while (starts().length < startedBy) await sleep(20);
      cloud.behave({});
      await online(tunnel);
      assert.equal(tunnel.status.publicUrl, publicUrl);
      assert.ok(!seen.some(({ replacedUrl }) => replacedUrl));
    });

    itOnPosix('stands still without an end: respawned', 'nothing is stopped there', async () => {
      const { tunnel } = make({ clock: fastClock(20) });
      await tunnel.start();
      await online(tunnel);
      const { pid } = running();
      process.kill(pid, 'SIGSTOP');
      await until(tunnel, ({ state }) => state === 'reconnecting');
      await online(tunnel);
      await assertEnded(pid);
    });
  });

  describe('isolation', () => {
    it("the user's TUNNEL_* variables and keys do not reach the program", async () => {
      const { tunnel } = make({
        env: {
          TUNNEL_URL: 'http://127.0.0.1:9',
          TUNNEL_TOKEN: 'theirs',
          OPENAI_API_KEY: 'sk-openai',
          TUNNEL_LOGLEVEL: 'fatal',
        },
      });
      await tunnel.start();
      await online(tunnel);
      for (const command of harness.spawned)
        assert.doesNotMatch(command.at(-1)!, /TUNNEL_URL|theirs|sk-openai|LOGLEVEL/);
    });

    it('a process that only has the remembered number is not touched', async () => {
      openStateFile(harness.dataDir).update({
        running: {
          provider: 'cloudflared',
          pid: process.pid,
          pidStart: 'of another one',
          metricsPort: 9,
          host: 'x.trycloudflare.com',
          localPort: harness.origin.port,
          transport: 'quic',
        },
      });
      const { tunnel } = make();
      await tunnel.start();
      await online(tunnel);
      assert.notEqual(running().pid, process.pid);
    });

    it('the provider none ends what an earlier router left running', async () => {
      const first = make();
      await first.tunnel.start();
      await online(first.tunnel);
      const { pid } = running();
      await first.tunnel.stop({ keepRunning: true });
      const second = make({ settings: { provider: 'none' } });
      await second.tunnel.start();
      await assertEnded(pid);
      assert.equal(second.tunnel.status.state, 'off');
    });

    it('a broken state file costs the URL, not the start', async () => {
      const folder = path.dirname(path.join(harness.dataDir, 'tunnel', 'state.json'));
      openStateFile(harness.dataDir);
      writeFileSync(path.join(folder, 'state.json'), '{"credentials":');
      const { tunnel } = make();
      await tunnel.start();
      await online(tunnel);
      assert.ok(JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8')).credentials);
    });
  });

  describe('no usable program', () => {
    it('the chosen one is missing: says which setting to correct', async () => {
      const { tunnel } = make({ settings: { binary: '/nowhere/cloudflared' } });
      await tunnel.start();
      const status = await failed(tunnel);
      assert.match(status.message!, /no program at \/nowhere\/cloudflared\. Correct llmRouter\.tunnel\.binary/);
      assert.equal(status.needsBinary, true);
    });

    it('nothing is installed: says how to get it', async () => {
      const { tunnel } = make({ binary: '', env: { PATH: '/nowhere' } });
      await tunnel.start();
      const status = await failed(tunnel);
      assert.match(status.message!, /cloudflared is not installed/);
      assert.equal(status.needsBinary, true);
    });

    it('on the PATH it is used, unless it is too old', async () => {
      const { tunnel } = make({ binary: '', env: { PATH: path.dirname(cloud.binPath) } });
      await tunnel.start();
      await online(tunnel);
      await tunnel.stop();
      cloud.behave({ version: '2024.1.1' });
      await tunnel.start();
      const status = await failed(tunnel);
      assert.match(status.message!, /2024\.1\.1 is older than 2025\.6\.1/);
    });

    it('something else that is no cloudflared: says so', async () => {
      const binary = path.join(harness.dataDir, programFile('other'));
      writeFileSync(binary, `#!${process.execPath}\n`, { mode: 0o755 });
      const { tunnel } = make({ settings: { binary } });
      await tunnel.start();
      assert.match((await failed(tunnel)).message!, /does not start \(it is not cloudflared\)/);
    });
  });
});
