/** One test per row of the failure table: when it is noticed, the state, the words, what is done, and the URL. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { NetworkError } from '../../../src/network/httpsClient';
import { TunnelProblem } from '../../../src/tunnel/driver';
import { say } from '../../../src/tunnel/sentences';
import { type Launch, type Rig, type RigOptions, registers, tunnelRig } from '../../support/tunnelRig';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const URL_1 = 'https://words-1.trycloudflare.com';
const URL_2 = 'https://words-2.trycloudflare.com';

describe('tunnel failure table', () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  const make = (options?: RigOptions) => {
    rig = tunnelRig(options);
  };
  const state = () => rig.tunnel.status.state;
  const message = () => rig.tunnel.status.message ?? '';
  const states = () => rig.seen.map((status) => status.state).filter((name, at, all) => name !== all[at - 1]);
  const launch = (at = -1): Launch => rig.launches.at(at)!;
  async function online(options?: RigOptions): Promise<void> {
    make(options);
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(state(), 'online');
    rig.seen.length = 0;
  }

  describe('start', () => {
    it('goes through its states and gives the URL only when it works', async () => {
      make();
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.deepEqual(states(), ['connecting', 'requesting', 'connecting', 'verifying', 'online']);
      assert.ok(rig.seen.slice(0, -1).every((status) => status.publicUrl === undefined));
      const checked = rig.seen
        .filter(({ checkingUrl }) => checkingUrl)
        .map(({ state, checkingUrl }) => [state, checkingUrl]);
      assert.deepEqual(checked, [['verifying', URL_1]], 'the server has to know the host before a person sees it');
      assert.deepEqual(
        { ...rig.tunnel.status, since: 0 },
        {
          state: 'online',
          provider: 'cloudflared',
          publicUrl: URL_1,
          since: 0,
          message: 'Reachable from the internet.',
          says: say.online,
          protocol: 'quic',
          location: 'lis01',
        },
      );
      assert.equal(rig.posts.length, 1);
    });

    it('keeps the URL over a restart of the router, without another request', async () => {
      await online();
      await rig.tunnel.stop();
      assert.equal(state(), 'off');
      assert.equal(launch().ended, true);
      await rig.tunnel.start();
      assert.equal(rig.tunnel.status.publicUrl, URL_1);
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.tunnel.status.publicUrl, URL_1);
      assert.equal(rig.posts.length, 1);
      assert.equal(rig.tunnel.status.replacedUrl, undefined);
    });

    it('does not call for a name before requests come through, and waits until the name exists', async () => {
      make();
      rig.outside.health = { ok: false, kind: 'gone', status: 530 };
      rig.outside.name = 'no';
      await rig.tunnel.start();
      await rig.clock.pass(20 * SECOND);
      assert.equal(state(), 'verifying');
      assert.equal(rig.outside.names, 0);
      rig.outside.health = { ok: true };
      await rig.clock.pass(10 * SECOND);
      assert.equal(state(), 'verifying');
      assert.match(message(), /do not paste the URL yet/);
      assert.equal(rig.tunnel.status.publicUrl, undefined);
      rig.outside.name = 'yes';
      await rig.clock.pass(5 * SECOND);
      assert.equal(state(), 'online');
    });

    it('does not wait for ever for a name that nobody can be asked about', async () => {
      make();
      rig.outside.name = 'unknown';
      await rig.tunnel.start();
      await rig.clock.pass(4 * SECOND);
      assert.equal(state(), 'verifying');
      await rig.clock.pass(5 * SECOND);
      assert.equal(state(), 'online');
    });
  });

  describe('asking for a tunnel', () => {
    it('429 or 1015: rateLimited, waits 2, 5, 10, 20 and again 20 minutes, says until when', async () => {
      make();
      rig.service = { status: 429, headers: {}, body: 'error code: 1015' };
      await rig.tunnel.start();
      const waits: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        await rig.clock.pass(SECOND);
        assert.equal(state(), 'rateLimited');
        const { until } = rig.tunnel.status;
        assert.deepEqual(rig.tunnel.status.says?.code, 'tunnel.rateLimited');
        assert.deepEqual(rig.tunnel.status.says?.values, [until]);
        assert.match(message(), /no more new tunnels .* Next try at \d\d:\d\d/);
        waits.push((until! - rig.posts.at(-1)!) / MINUTE);
        rig.tunnel.check();
        await rig.clock.pass(until! - rig.clock.now() - SECOND);
        assert.equal(rig.posts.length, round + 1, 'looking does not ask earlier');
        await rig.clock.pass(SECOND);
      }
      assert.deepEqual(waits, [2, 5, 10, 20, 20]);
      rig.service = undefined;
      await rig.clock.pass(21 * MINUTE);
      assert.equal(state(), 'online');
      assert.equal(rig.tunnel.status.until, undefined);
    });

    it('429: the wait holds over a restart of the router', async () => {
      make();
      rig.service = { status: 429, headers: {}, body: '' };
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      await rig.tunnel.stop();
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'rateLimited');
      assert.equal(rig.posts.length, 1);
    });

    for (const [name, answer] of Object.entries({
      'HTTP 500': { status: 500, headers: {}, body: 'oops' },
      'error 1101': { status: 500, headers: {}, body: 'error code: 1101' },
      'not JSON': { status: 200, headers: {}, body: '<html>' },
      'success:false': {
        status: 200,
        headers: {},
        body: '{"success":false,"result":null,"errors":[{"code":1,"message":"try later"}]}',
      },
    })) {
      it(`${name}: tries again, at most 3 requests in 10 minutes`, async () => {
        make();
        rig.service = answer;
        await rig.tunnel.start();
        await rig.clock.pass(9 * MINUTE);
        assert.equal(rig.posts.length, 3);
        assert.equal(state(), 'error');
        assert.match(message(), /Cloudflare did not create a tunnel .* Next try at/);
        rig.service = undefined;
        await rig.clock.pass(2 * MINUTE);
        assert.equal(state(), 'online');
        assert.equal(rig.posts.length, 4);
      });
    }

    it('no connection: names the network and the proxy, and comes back by itself or on a look', async () => {
      make();
      rig.service = new NetworkError('api.trycloudflare.com could not be reached: ECONNREFUSED.');
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'error');
      assert.match(message(), /could not be reached.*set http\.proxy/);
      rig.proxy = 'proxy.local:3128';
      await rig.clock.pass(10 * SECOND);
      assert.match(message(), /went through the proxy proxy\.local:3128: check http\.proxy/);
      rig.service = undefined;
      rig.tunnel.check();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.posts.length, 3);
    });
  });

  describe('connecting', () => {
    it('no registration in 10 s over QUIC: HTTP/2 with the same credentials, remembered for this network', async () => {
      make();
      rig.onLaunch = (started) => started.transport === 'http2' && registers(started, rig.clock);
      await rig.tunnel.start();
      await rig.clock.pass(9.9 * SECOND);
      assert.equal(rig.launches.length, 1);
      assert.equal(state(), 'connecting');
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
      assert.deepEqual(
        rig.launches.map(({ transport }) => transport),
        ['quic', 'http2'],
      );
      assert.equal(launch(0).ended, true);
      assert.equal(launch(0).secret, launch(1).secret);
      assert.ok(rig.logs.some((line) => /UDP port 7844 seems blocked/.test(line)));
      assert.equal(rig.posts.length, 1);

      const { dataDir, clock } = rig;
      await rig.tunnel.stop();
      make({ dataDir, clock });
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(launch().transport, 'http2', 'the same network');
      await rig.tunnel.stop();
      make({ dataDir, clock });
      rig.address = '10.0.0.7';
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(launch().transport, 'quic', 'another network');
      await rig.tunnel.stop();
      await rig.clock.pass(25 * 60 * MINUTE);
      make({ dataDir, clock });
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(launch().transport, 'quic', 'a day later');
    });

    it('pre-check says that UDP is dropped: HTTP/2 at once', async () => {
      make();
      rig.onLaunch = (started) => {
        if (started.transport === 'quic') rig.clock.after(300, () => started.emit({ type: 'blocked' }));
        else registers(started, rig.clock);
      };
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.tunnel.status.protocol, 'http2');
    });

    it('neither within 40 s: blocked, offers other providers, keeps the credentials and tries again later', async () => {
      make();
      rig.onLaunch = () => {};
      await rig.tunnel.start();
      await rig.clock.pass(39 * SECOND);
      assert.equal(state(), 'connecting');
      await rig.clock.pass(2 * SECOND);
      assert.equal(state(), 'blocked');
      assert.match(message(), /7844 .* choose ngrok or Tailscale .*Next try at \d\d:\d\d\.$/);
      assert.ok(rig.launches.every(({ ended }) => ended));
      await rig.clock.pass(5 * MINUTE);
      assert.equal(rig.launches.length, 3);
      rig.onLaunch = (started) => registers(started, rig.clock);
      await rig.clock.pass(MINUTE);
      assert.equal(state(), 'online');
      assert.equal(rig.posts.length, 1);
    });

    it('no network at all: says so, keeps QUIC, and is back soon after the network', async () => {
      await online();
      rig.outside.health = { ok: false, kind: 'unreachable', why: 'offline' };
      rig.onLaunch = () => {};
      launch().connected = false;
      await rig.clock.pass(30 * SECOND);
      assert.equal(state(), 'reconnecting');
      assert.match(message(), /no connection to the internet/);
      rig.outside.health = { ok: true };
      launch().emit({ type: 'registered' });
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
      assert.ok(rig.launches.length > 2);
      assert.ok(rig.launches.every(({ transport }) => transport === 'quic'));
      assert.deepEqual([rig.tunnel.status.publicUrl, rig.posts.length], [URL_1, 1]);
    });

    it('Unauthorized once: the same credentials again after 5 s', async () => {
      make();
      rig.onLaunch = (started) => {
        if (rig.launches.length === 1) rig.clock.after(100, () => started.emit({ type: 'refused' }));
        else registers(started, rig.clock);
      };
      await rig.tunnel.start();
      await rig.clock.pass(5 * SECOND);
      assert.equal(rig.launches.length, 1);
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.tunnel.status.publicUrl, URL_1);
      assert.equal(rig.posts.length, 1);
    });

    it('Unauthorized at a tunnel whose URL is fixed: no word of a new one', async () => {
      make({ named: { hostname: 'llm.example.com', token: 'x' } });
      rig.onLaunch = (started) => rig.clock.after(100, () => started.emit({ type: 'refused' }));
      await rig.tunnel.start();
      await rig.clock.pass(2 * SECOND);
      assert.equal(message(), 'The tunnel service refused the tunnel. Asking once more.');
    });

    it('looks from outside leave nothing behind at the signal of the stop', async () => {
      let signal: AbortSignal | undefined;
      make({
        find: async () => ({ path: '/opt/cloudflared', version: '2026.8.2' }),
        driver: (_, { outside }) => {
          outside.health = { ok: false, kind: 'unreachable', why: 'no network' };
          const link = { publicUrl: URL_1, pollMs: 2_000, lostAfterMs: 0, honest: true, registered: false };
          return {
            ...{ provider: 'cloudflared', program: 'cloudflared', renewable: true, knownUrl: () => URL_1 },
            adopt: async () => undefined,
            open: async (options) => {
              signal = options.signal;
              const quiet = { onEvent: () => {}, connected: async () => false, close: async () => {}, leave: () => {} };
              return { ...link, ...quiet };
            },
            connectMs: () => SECOND,
            fallBack: () => false,
            nothingConnects: () => new TunnelProblem('error', say.offline),
            refused: () => new TunnelProblem('error', say.offline),
            forget: async () => {},
            proven: () => {},
            explainStatus: () => say.offline,
          };
        },
      });
      await rig.tunnel.start();
      await rig.clock.pass(MINUTE);
      assert.ok(rig.outside.probes.length > 3);
      assert.equal(getEventListeners(signal!, 'abort').length, 0);
    });

    it('Unauthorized for less than two minutes: the URL is not given up', async () => {
      await online();
      await rig.tunnel.stop();
      rig.onLaunch = (started) => rig.clock.after(100, () => started.emit({ type: 'refused' }));
      await rig.tunnel.start();
      await rig.clock.pass(110 * SECOND);
      assert.deepEqual([rig.launches.at(-1)!.host, rig.posts.length], ['words-1.trycloudflare.com', 1]);
      rig.onLaunch = (started) => registers(started, rig.clock);
      await rig.clock.pass(60 * SECOND);
      assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
    });

    it('Unauthorized twice, and the name is unknown to the world: a new tunnel at once', async () => {
      await online();
      rig.outside.name = 'no';
      rig.onLaunch = (started) => {
        if (started.host === 'words-1.trycloudflare.com') rig.clock.after(100, () => started.emit({ type: 'refused' }));
        else {
          rig.outside.name = 'yes';
          registers(started, rig.clock);
        }
      };
      launch().emit({ type: 'refused' });
      await rig.clock.pass(7 * SECOND);
      assert.deepEqual([state(), rig.tunnel.status.publicUrl], ['online', URL_2]);
    });

    it('Unauthorized again and again: a new tunnel, and an unmistakable message with both URLs', async () => {
      await online();
      await rig.tunnel.stop();
      rig.seen.length = 0;
      rig.onLaunch = (started) => {
        if (started.host === 'words-1.trycloudflare.com') rig.clock.after(100, () => started.emit({ type: 'refused' }));
        else registers(started, rig.clock);
      };
      await rig.tunnel.start();
      await rig.clock.pass(137 * SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.tunnel.status.publicUrl, URL_2);
      assert.equal(rig.tunnel.status.replacedUrl, URL_1);
      assert.equal(message(), `The URL changed. Cursor still has ${URL_1}: paste ${URL_2}/v1 into Cursor's settings.`);
      assert.equal(rig.posts.length, 2);
      assert.ok(
        rig.seen.some(
          (status) => /no longer accepts the tunnel/.test(status.message ?? '') && status.publicUrl === undefined,
        ),
      );
    });

    it('exit at the start: shows the last lines, tries again with growing waits', async () => {
      make();
      rig.onLaunch = (started) =>
        rig.clock.after(100, () =>
          started.emit({ type: 'exited', code: 'exit code 1', lines: ['first line', 'second line'] }),
        );
      await rig.tunnel.start();
      await rig.clock.pass(30 * MINUTE);
      assert.equal(state(), 'error');
      assert.match(
        message(),
        /cloudflared ended at its start \(exit code 1\)\. Its last lines: first line \| second line/,
      );
      assert.ok(rig.launches.length < 12, `${rig.launches.length} starts in 30 minutes`);
      rig.onLaunch = (started) => registers(started, rig.clock);
      rig.tunnel.check();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
    });

    it('exit 0 before the registration is a failure too (unknown flag)', async () => {
      make();
      rig.onLaunch = (started) =>
        rig.clock.after(100, () => started.emit({ type: 'exited', code: 'exit code 0', lines: [] }));
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'error');
    });

    it('no program: says how to get one and that it is needed', async () => {
      make({
        find: () => {
          throw new TunnelProblem('error', say.notInstalled, { missingBinary: true });
        },
      });
      await rig.tunnel.start();
      await rig.clock.pass(MINUTE);
      assert.equal(state(), 'error');
      assert.equal(rig.tunnel.status.needsBinary, true);
      assert.equal(rig.launches.length, 0);
    });
  });

  describe('watching', () => {
    it('not ready for 8 s over QUIC: reconnecting, respawned with the same credentials and URL', async () => {
      await online();
      launch().connected = false;
      await rig.clock.pass(3 * SECOND);
      assert.equal(state(), 'reconnecting');
      assert.equal(rig.tunnel.status.publicUrl, URL_1);
      assert.equal(rig.launches.length, 1);
      await rig.clock.pass(8 * SECOND);
      assert.equal(rig.launches.length, 2);
      assert.equal(launch(1).again, true, 'no pre-checks on a respawn');
      assert.equal(state(), 'online');
      assert.deepEqual(states(), ['reconnecting', 'online']);
      assert.ok(rig.seen.every((status) => status.publicUrl === URL_1));
      assert.equal(rig.posts.length, 1);
    });

    it('QUIC that recovers by itself within 8 s is left alone, and looked at before it is called online', async () => {
      await online();
      launch().connected = false;
      await rig.clock.pass(4 * SECOND);
      assert.equal(state(), 'reconnecting');
      const before = rig.outside.probes.length;
      launch().connected = true;
      await rig.clock.pass(3 * SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.outside.probes.length, before + 1);
      assert.equal(rig.launches.length, 1);
    });

    it('not ready for 2 s over HTTP/2: respawned, not left to its own long backoff', async () => {
      make();
      rig.onLaunch = (started) => started.transport === 'http2' && registers(started, rig.clock);
      await rig.tunnel.start();
      await rig.clock.pass(12 * SECOND);
      assert.equal(state(), 'online');
      const started = rig.clock.now();
      launch().emit({ type: 'lost' });
      launch().connected = false;
      await rig.clock.pass(2.5 * SECOND);
      assert.equal(rig.launches.length, 3);
      assert.ok(launch().at - started <= 2.5 * SECOND);
      assert.equal(launch().transport, 'http2');
    });

    it('a program that hangs counts as lost', async () => {
      await online();
      launch().connected = undefined;
      await rig.clock.pass(11 * SECOND);
      assert.equal(rig.launches.length, 2);
      assert.equal(launch(0).ended, true);
      assert.equal(state(), 'online');
    });

    it('a router without a file descriptor left cannot ask, and cuts nothing for it', async () => {
      await online();
      launch().connected = 'unasked';
      await rig.clock.pass(5 * MINUTE);
      assert.deepEqual([state(), rig.launches.length], ['online', 1]);
    });

    it('killed: respawned at once, the same URL', async () => {
      await online();
      const killed = rig.clock.now();
      launch().emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
      await rig.clock.pass(SECOND);
      assert.equal(launch().at, killed);
      assert.deepEqual(states(), ['reconnecting', 'online']);
      assert.equal(rig.tunnel.status.publicUrl, URL_1);
      assert.equal(rig.posts.length, 1);
    });

    it('spaces repeated respawns 0, 1, 2, 5, 15, 30, 30 s and starts over after a minute online', async () => {
      await online();
      rig.onLaunch = (started) => {
        rig.clock.after(100, () => started.emit({ type: 'registered' }));
        rig.clock.after(200, () => started.emit({ type: 'exited', code: 'exit code 2', lines: [] }));
      };
      launch().emit({ type: 'exited', code: 'exit code 2', lines: [] });
      await rig.clock.pass(2 * MINUTE);
      const gaps = rig.launches
        .slice(2)
        .map(({ at }, index) => Math.round((at - rig.launches[index + 1]!.at - 200) / SECOND));
      assert.deepEqual(gaps.slice(0, 6), [1, 2, 5, 15, 30, 30]);
      rig.onLaunch = (started) => registers(started, rig.clock);
      await rig.clock.pass(2 * MINUTE);
      assert.equal(state(), 'online');
      const count = rig.launches.length;
      launch().emit({ type: 'exited', code: 'exit code 2', lines: [] });
      await rig.clock.pass(500);
      assert.equal(rig.launches.length, count + 1);
    });

    it('half-dead (530 twice although it says connected): respawned, the same URL', async () => {
      await online();
      rig.outside.health = { ok: false, kind: 'gone', status: 530 };
      await rig.clock.pass(61 * SECOND);
      assert.equal(rig.launches.length, 1, 'once is not enough');
      rig.onLaunch = (started) => {
        rig.outside.health = { ok: true };
        registers(started, rig.clock);
      };
      await rig.clock.pass(6 * SECOND);
      assert.equal(rig.launches.length, 2);
      assert.deepEqual(states(), ['reconnecting', 'online']);
      assert.equal(rig.tunnel.status.publicUrl, URL_1);
    });

    it('unreachable from here over QUIC, which says connected: does not cut running streams, says so', async () => {
      await online();
      rig.outside.health = {
        ok: false,
        kind: 'unreachable',
        why: 'trycloudflare.com could not be reached: ETIMEDOUT.',
      };
      await rig.clock.pass(70 * SECOND);
      assert.equal(rig.launches.length, 1);
      assert.equal(state(), 'degraded');
      assert.match(message(), /cannot check the public URL/);
      rig.outside.health = { ok: true };
      await rig.clock.pass(6 * SECOND);
      assert.equal(state(), 'online');
    });

    /** Online over HTTP/2, whose dead connections look alive: QUIC is blocked here. */
    async function overHttp2(): Promise<void> {
      make();
      rig.onLaunch = (started) => {
        if (started.transport === 'http2') registers(started, rig.clock);
        else rig.clock.after(50, () => started.emit({ type: 'blocked' }));
      };
      await rig.tunnel.start();
      await rig.clock.pass(2 * SECOND);
      assert.deepEqual([state(), rig.tunnel.status.protocol], ['online', 'http2']);
    }

    it('a probe that never left this machine proves nothing over HTTP/2 either: nothing is cut', async () => {
      await overHttp2();
      const before = rig.launches.length;
      rig.outside.health = {
        ok: false,
        kind: 'unreachable',
        why: 'trycloudflare.com could not be reached: ENOTFOUND.',
      };
      await rig.clock.pass(30 * MINUTE);
      assert.equal(rig.launches.length, before);
      assert.deepEqual([state(), rig.tunnel.status.publicUrl], ['degraded', URL_1]);
      assert.match(message(), /cannot check the public URL/);
      rig.outside.health = { ok: true };
      await rig.clock.pass(6 * SECOND);
      assert.equal(state(), 'online');
    });

    it('over HTTP/2 the silence of the service itself is a dead connection: respawned, the same URL', async () => {
      await overHttp2();
      const before = rig.launches.length;
      rig.outside.health = { ok: false, kind: 'unanswered', why: 'no answer within 10 s.' };
      rig.onLaunch = (started) => {
        rig.outside.health = { ok: true };
        registers(started, rig.clock);
      };
      await rig.clock.pass(67 * SECOND);
      assert.equal(rig.launches.length, before + 1);
      assert.deepEqual([state(), rig.tunnel.status.publicUrl], ['online', URL_1]);
    });

    it('530 within 60 s of a fresh start: keeps verifying, then one respawn', async () => {
      make();
      rig.outside.health = { ok: false, kind: 'gone', status: 530 };
      await rig.tunnel.start();
      await rig.clock.pass(59 * SECOND);
      assert.equal(state(), 'verifying');
      assert.equal(rig.launches.length, 1);
      await rig.clock.pass(8 * SECOND);
      assert.equal(rig.launches.length, 2);
      rig.outside.health = { ok: true };
      await rig.clock.pass(10 * SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.posts.length, 1);
    });

    it('the name is gone after it worked: a new tunnel, told', async () => {
      await online();
      rig.outside.name = 'no';
      await rig.clock.pass(61 * SECOND);
      assert.equal(rig.tunnel.status.publicUrl, URL_1, 'one answer is not believed');
      rig.onLaunch = (started) => {
        rig.outside.name = 'yes';
        registers(started, rig.clock);
      };
      await rig.clock.pass(7 * SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.tunnel.status.publicUrl, URL_2);
      assert.equal(rig.tunnel.status.replacedUrl, URL_1);
    });

    it('502, the router does not answer: degraded, the tunnel is not touched', async () => {
      await online();
      rig.outside.health = { ok: false, kind: 'origin', status: 502 };
      launch().emit({ type: 'originDown' });
      await rig.clock.pass(6 * SECOND);
      assert.equal(state(), 'degraded');
      assert.match(message(), /does not answer on port 11411/);
      await rig.clock.pass(10 * MINUTE);
      assert.equal(rig.launches.length, 1);
      rig.outside.health = { ok: true };
      await rig.clock.pass(6 * SECOND);
      assert.equal(state(), 'online');
    });

    it('the log lines of its own failed probes do not make it probe faster', async () => {
      await online();
      rig.outside.health = { ok: false, kind: 'origin', status: 502 };
      const before = rig.outside.probes.length;
      for (let second = 0; second < 60; second += 1) {
        launch().emit({ type: 'originDown' });
        await rig.clock.pass(SECOND);
      }
      assert.ok(rig.outside.probes.length - before <= 13, `${rig.outside.probes.length - before} probes in a minute`);
      assert.equal(rig.launches.length, 1);
    });

    it('Unauthorized while online: reconnecting, then a new tunnel', async () => {
      await online();
      rig.onLaunch = (started) => {
        if (started.host === 'words-1.trycloudflare.com') rig.clock.after(100, () => started.emit({ type: 'refused' }));
        else registers(started, rig.clock);
      };
      launch().emit({ type: 'refused' });
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'reconnecting');
      assert.equal(rig.launches.length, 1);
      await rig.clock.pass(136 * SECOND);
      assert.equal(state(), 'online');
      assert.deepEqual([rig.tunnel.status.publicUrl, rig.tunnel.status.replacedUrl], [URL_2, URL_1]);
    });

    it('resume from sleep: looks at once', async () => {
      await online();
      await rig.clock.pass(5 * SECOND);
      const before = rig.outside.probes.length;
      await rig.clock.sleep(8 * 60 * MINUTE);
      assert.equal(rig.outside.probes.length, before + 1);
      assert.equal(rig.outside.probes.at(-1), rig.clock.now());
    });

    it('timers that come minutes late, as App Nap and a busy machine have it: nothing is lost', async () => {
      await online();
      const before = rig.outside.probes.length;
      const seen = rig.seen.length;
      for (let late = 0; late < 20; late += 1) await rig.clock.sleep(3 * MINUTE);
      assert.ok(rig.outside.probes.length > before);
      assert.deepEqual([state(), rig.launches.length], ['online', 1]);
      assert.deepEqual(
        rig.seen.slice(seen).filter((status) => status.state !== 'online'),
        [],
      );
    });

    it('window focus: looks at once, and every 60 s without it', async () => {
      await online();
      const before = rig.outside.probes.length;
      rig.tunnel.check();
      await rig.clock.pass(0);
      assert.equal(rig.outside.probes.length, before + 1);
      await rig.clock.pass(5 * MINUTE);
      assert.equal(rig.outside.probes.length, before + 6);
    });

    it('streams arrive in one piece: degraded, says what it means, looks again', async () => {
      make();
      rig.outside.stream = { ok: false, kind: 'buffered' };
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'degraded');
      assert.match(message(), /streamed answers arrive in one piece/);
      rig.outside.stream = { ok: true };
      await rig.clock.pass(MINUTE);
      assert.equal(state(), 'online');
    });

    it('somebody else answers at the URL: degraded', async () => {
      make();
      rig.outside.health = { ok: false, kind: 'foreign', status: 200 };
      await rig.tunnel.start();
      await rig.clock.pass(10 * SECOND);
      assert.equal(state(), 'degraded');
      assert.match(message(), /something else than this router answers/);
    });

    it('more than 200 requests at once: says so, does not restart', async () => {
      await online();
      rig.outside.health = { ok: false, kind: 'busy', status: 429 };
      await rig.clock.pass(2 * MINUTE);
      assert.equal(state(), 'degraded');
      assert.match(message(), /200 requests at once/);
      assert.equal(rig.launches.length, 1);
    });
  });

  describe('on purpose', () => {
    it('New URL: forgets the present one and tells both', async () => {
      await online();
      await rig.tunnel.renewUrl();
      await rig.clock.pass(SECOND);
      assert.equal(state(), 'online');
      assert.equal(rig.tunnel.status.publicUrl, URL_2);
      assert.equal(rig.tunnel.status.replacedUrl, URL_1);
      assert.equal(launch(0).ended, true);
    });

    it('New URL while stopped: the next start has another one', async () => {
      await online();
      await rig.tunnel.stop();
      await rig.tunnel.renewUrl();
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      assert.equal(rig.tunnel.status.publicUrl, URL_2);
    });

    it('hand-over leaves the program running', async () => {
      await online();
      await rig.tunnel.stop({ keepRunning: true });
      assert.equal(launch().left, true);
      assert.equal(launch().ended, false);
      assert.equal(state(), 'off');
    });

    it('stops in every state, and may be started and stopped twice', async () => {
      make();
      rig.service = { status: 429, headers: {}, body: '' };
      await rig.tunnel.start();
      await rig.tunnel.start();
      await rig.clock.pass(SECOND);
      await rig.tunnel.stop();
      await rig.tunnel.stop();
      assert.equal(state(), 'off');
      rig.service = undefined;
      await rig.clock.pass(3 * MINUTE);
      assert.equal(rig.launches.length, 0, 'no timer is left');
    });
  });
});
