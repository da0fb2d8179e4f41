import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { thisSystem } from '../../../src/system/processes';
import { programOnPath } from '../../../src/tunnel/commands';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { type Internet, startInternet } from '../../support/cloud/internet';
import { resolverSite } from '../../support/cloud/resolver';
import { fastClock } from '../../support/controlledClock';
import { ACCOUNT_DOMAIN, type FakeNgrok, NGROK_ERRORS, NGROK_TOKEN, startFakeNgrok } from '../../support/fakeNgrok';
import { assertPrivate, itOutsideWine } from '../../support/platform';
import {
  assertEnded,
  failed,
  type Harness,
  online,
  startHarness,
  type TunnelChange,
  until,
} from '../../support/tunnelHarness';

describe('ngrok', () => {
  let internet: Internet;
  let ngrok: FakeNgrok;
  let harness: Harness;
  before(async () => {
    internet = await startInternet();
    ngrok = await startFakeNgrok(internet);
    resolverSite(internet, () => 'yes');
  });
  after(async () => {
    await ngrok.stop();
    await internet.close();
  });
  beforeEach(async () => {
    harness = await startHarness(internet);
  });
  afterEach(async () => {
    ngrok.habits.refusal = undefined;
    ngrok.habits.page = undefined;
    await harness.dispose();
  });

  const make = ({ settings, options, ...rest }: TunnelChange = {}) =>
    harness.make({
      settings: { provider: 'ngrok', binary: ngrok.binPath, ...settings },
      options: { token: NGROK_TOKEN, ...options },
      ...rest,
    });
  const running = () => openStateFile(harness.dataDir).value.running!;

  it('comes online at the domain of the account; the token is in no argument, log, message or readable file', async () => {
    const made = make();
    await made.tunnel.start();
    const status = await online(made.tunnel);
    assert.equal(status.publicUrl, `https://${ACCOUNT_DOMAIN}`);
    assert.equal(status.provider, 'ngrok');
    const start = harness.spawned.find(([, command]) => command === 'http')!;
    assert.deepEqual(start.slice(1, 3), ['http', `http://127.0.0.1:${harness.origin.port}`]);
    assert.ok(!start.includes('--url'));
    assert.ok(!harness.told(made).includes(NGROK_TOKEN));
    const folder = path.join(harness.dataDir, 'tunnel');
    for (const file of readdirSync(folder)) {
      assertPrivate(path.join(folder, file), 0o600);
      assert.ok(!readFileSync(path.join(folder, file), 'utf8').includes(NGROK_TOKEN), file);
    }
    assert.match(readFileSync(path.join(folder, 'ngrok.yml'), 'utf8'), /inspect_db_size: -1/);
    const { pid } = running();
    await made.tunnel.stop();
    await assertEnded(pid);
    // The service hears of the closed connection a moment after we hear of the ended process.
    await ngrok.left();
  });

  it('uses a reserved domain', async () => {
    const { tunnel } = make({ settings: { hostname: 'https://Team.ngrok.app/' } });
    await tunnel.start();
    assert.equal((await online(tunnel)).publicUrl, 'https://team.ngrok.app');
  });

  it('killed: back with the same URL', async () => {
    const { tunnel, seen } = make();
    await tunnel.start();
    await online(tunnel);
    seen.length = 0;
    process.kill(running().pid, 'SIGKILL');
    await until(tunnel, ({ state }) => state === 'reconnecting');
    await online(tunnel);
    assert.ok(seen.every(({ publicUrl }) => publicUrl === `https://${ACCOUNT_DOMAIN}`));
  });

  it('the next router adopts it', async () => {
    const first = make();
    await first.tunnel.start();
    await online(first.tunnel);
    const { pid } = running();
    await first.tunnel.stop({ keepRunning: true });
    const second = make();
    await second.tunnel.start();
    await online(second.tunnel);
    assert.equal(running().pid, pid);
  });

  it('one whose router was killed before its domain was told is not adopted without a URL, but started anew', async () => {
    const first = make();
    await first.tunnel.start();
    await online(first.tunnel);
    const before = running();
    await first.tunnel.stop({ keepRunning: true });
    openStateFile(harness.dataDir).update({ running: { ...before, host: '' } });
    const second = make();
    await second.tunnel.start();
    assert.equal((await online(second.tunnel)).publicUrl, `https://${ACCOUNT_DOMAIN}`);
    assert.notEqual(running().pid, before.pid);
  });

  it('session expired: started again, the same URL', async () => {
    const { tunnel, seen } = make();
    await tunnel.start();
    await online(tunnel);
    const { pid } = running();
    seen.length = 0;
    ngrok.expire();
    await until(tunnel, ({ state }) => state === 'reconnecting');
    await online(tunnel);
    assert.notEqual(running().pid, pid);
    assert.ok(seen.every(({ publicUrl }) => publicUrl === `https://${ACCOUNT_DOMAIN}`));
  });

  it('connection lost while its API still lists the tunnel: the public probe notices, started again', async () => {
    const { tunnel } = make({ clock: fastClock(40) });
    await tunnel.start();
    await online(tunnel);
    const { pid } = running();
    ngrok.drop();
    await until(tunnel, ({ state }) => state === 'reconnecting');
    await online(tunnel);
    assert.notEqual(running().pid, pid);
  });

  for (const [name, { refusal, words, again }] of Object.entries({
    'wrong token': {
      refusal: NGROK_ERRORS.wrongToken,
      words: /refuses the authtoken \(ERR_NGROK_105\).*your-authtoken/,
      again: false,
    },
    'token that was reset': {
      refusal: NGROK_ERRORS.resetToken,
      words: /refuses the authtoken \(ERR_NGROK_107\)/,
      again: false,
    },
    'account not verified': {
      refusal: NGROK_ERRORS.noAccount,
      words: /refuses the authtoken \(ERR_NGROK_4018\)/,
      again: false,
    },
    'agent limit reached': {
      refusal: NGROK_ERRORS.agentLimit,
      words: /as many agents as its plan allows \(ERR_NGROK_108\).*dashboard\.ngrok\.com\/agents/,
      again: true,
    },
    'domain of somebody else': {
      refusal: NGROK_ERRORS.domainTaken,
      words: /does not belong to the ngrok account \(ERR_NGROK_320\).*llmRouter\.tunnel\.hostname/,
      again: false,
    },
    'domain served by another agent': {
      refusal: NGROK_ERRORS.domainOnline,
      words: /Another ngrok agent already serves this domain \(ERR_NGROK_334\)/,
      again: true,
    },
    'agent too old': { refusal: NGROK_ERRORS.tooOld, words: /too old.*ngrok update/, again: false },
  })) {
    it(`${name}: says so, ${again ? 'tries again' : 'waits for a person'}, no process is left`, async () => {
      ngrok.habits.refusal = refusal;
      const made = make({ clock: fastClock(60) });
      await made.tunnel.start();
      assert.match((await failed(made.tunnel)).message!, words);
      assert.ok(!harness.told(made).includes(NGROK_TOKEN));
      if (again) {
        ngrok.habits.refusal = undefined;
        await online(made.tunnel);
      } else {
        assert.equal(openStateFile(harness.dataDir).value.running, undefined);
        assert.equal(harness.spawned.filter(([, command]) => command === 'http').length, 1);
      }
    });
  }

  it('no token: says where it comes from', async () => {
    const { tunnel } = make({ options: { token: undefined } });
    await tunnel.start();
    assert.match((await failed(tunnel)).message!, /no authtoken.*dashboard\.ngrok\.com/);
  });

  it('not installed and no token: the program is said first, since a token alone is of no use', async () => {
    const { tunnel } = make({ settings: { binary: '' }, options: { token: undefined }, env: { PATH: '/nowhere' } });
    await tunnel.start();
    assert.match((await failed(tunnel)).message!, /ngrok is not installed/);
  });

  it('version 2: too old, with the way to a newer one, instead of its help text', async () => {
    const old = path.join(harness.dataDir, 'ngrok');
    const says = "process.argv[2] === 'version' ? 'ngrok version 2.3.41' : 'NAME: http - ...'";
    writeFileSync(old, `#!${process.execPath}\nconsole.log(${says});\n`, { mode: 0o755 });
    const { tunnel } = make({ settings: { binary: old } });
    await tunnel.start();
    assert.match((await failed(tunnel)).message!, /version 2\.3\.41, which is too old.*ngrok update/);
    assert.ok(!harness.spawned.some(([, command]) => command === 'http'));
  });

  it('not installed: says where to get it, and offers no cloudflared', async () => {
    const { tunnel } = make({ settings: { binary: '' }, env: { PATH: '/nowhere' } });
    await tunnel.start();
    const status = await failed(tunnel);
    assert.match(status.message!, /ngrok is not installed.*ngrok\.com\/download/);
    assert.equal(status.needsBinary, undefined);
  });

  it('a used-up limit at the public side is told with its code', async () => {
    ngrok.habits.page = { status: 403, code: 'ERR_NGROK_725' };
    const { tunnel } = make({ clock: fastClock(20) });
    await tunnel.start();
    const status = await until(tunnel, ({ state }) => state === 'degraded');
    assert.match(status.message!, /ERR_NGROK_725.*monthly limit/);
  });

  itOutsideWine('switching to another provider ends it', 'PowerShell tells whose a number is', async () => {
    const first = make();
    await first.tunnel.start();
    await online(first.tunnel);
    const { pid } = running();
    await first.tunnel.stop({ keepRunning: true });
    const { tunnel } = harness.make({ settings: { provider: 'none' } });
    await tunnel.start();
    await assertEnded(pid);
  });

  describe('the real agent', () => {
    const binary = programOnPath('ngrok', { env: process.env, platform: thisSystem.platform });
    const token = process.env.NGROK_AUTHTOKEN;
    before(function () {
      if (binary && token) return;
      console.log('      skipped: no ngrok on the PATH, or no NGROK_AUTHTOKEN');
      this.skip();
    });
    it('comes online and ends', async () => {
      const real = await startHarness(undefined);
      const { tunnel } = real.make({ settings: { provider: 'ngrok', binary: binary! }, options: { token: token! } });
      await tunnel.start();
      assert.match((await online(tunnel)).publicUrl!, /^https:\/\//);
      await real.dispose();
    });
  });
});
