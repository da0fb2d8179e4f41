/** Listener and tunnel together: what a change of the port asks for, and what a stop ends that comes into the middle of one. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { createLife, type Life } from '../../../src/router/life';
import type { Configuration, CoreOptions } from '../../../src/router/options';
import type { Setup } from '../../../src/router/setup';
import { createTunnelSlot, type TunnelSlot, type TunnelSlotOptions } from '../../../src/router/tunnelSlot';
import { settingsSchema } from '../../../src/settings/schema';
import { tempFolder } from '../../support/program';
import { quietPort } from '../../support/quietPort';

const PUBLIC = 'llm.example.com';

it('a URL that a person leads to the port of the settings is looked at anew when that changes', () => {
  const slot = createTunnelSlot({ options: {} } as TunnelSlotOptions);
  const at = (provider: 'custom' | 'ngrok', port: number): Configuration => ({
    settings: settingsSchema.parse({ port, tunnel: { provider } }),
    secrets: {},
    network: {},
    problems: [],
  });
  assert.equal(slot.concerns(at('custom', 8000), at('custom', 8001)), true);
  assert.equal(slot.concerns(at('ngrok', 8000), at('ngrok', 8001)), false, 'it follows the router by itself');
});

describe('a stop in the middle of a change', () => {
  let temp: ReturnType<typeof tempFolder>;
  let life: Life;
  let configuration: Configuration;
  /** Ends the program of the tunnel; undefined: that takes no time. */
  let programEnds: Promise<void> | undefined;
  /** What is changed is the tunnel's business, too. */
  let concerned = false;
  /** How often the tunnel was brought up. */
  let ups = 0;

  const withPort = (port: number): Configuration => ({
    settings: settingsSchema.parse({ port, tunnel: { provider: 'custom' } }),
    secrets: {},
    network: {},
    problems: [],
  });

  beforeEach(async () => {
    temp = tempFolder();
    configuration = withPort(await quietPort());
    programEnds = undefined;
    concerned = false;
    ups = 0;
    let up = false;
    const tunnel = {
      hosts: () => new Set([PUBLIC]),
      start: async () => {
        up = true;
        ups += 1;
      },
      // As the slot does it: empty at once, the program ends behind it.
      stop: async () => {
        const was = up;
        up = false;
        if (was) await programEnds;
      },
      concerns: () => concerned,
    };
    life = createLife({
      options: { host: '127.0.0.1', exactPort: false, dataDir: temp.folder, log: () => {} } as unknown as CoreOptions,
      setup: {
        get configuration() {
          return configuration;
        },
      } as Setup,
      tunnel: tunnel as unknown as TunnelSlot,
      handle: (_, response) => void response.write('first '),
      onChange: () => {},
    });
    await life.start();
  });
  afterEach(async () => {
    await life.stop({ drainMs: 0 });
    temp.remove();
  });

  const change = (port: number): Promise<void> => {
    const before = configuration;
    configuration = withPort(port);
    return life.configured(before);
  };

  /** An answer that goes on until somebody ends it. */
  const answer = (port: number, host: string) =>
    new Promise<{ over(): boolean }>((resolve, reject) => {
      const request = http.get({ port, host: '127.0.0.1', headers: { host } }, (response) => {
        let over = false;
        response.on('error', () => undefined);
        response.on('close', () => {
          over = true;
        });
        response.once('data', () => resolve({ over: () => over }));
      });
      request.on('error', reject);
    });

  const isFree = (port: number) =>
    new Promise<boolean>((resolve) => {
      const server = net.createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });

  it('ends what runs on the old port while a change of ports waits for answers', async () => {
    const old = life.port!;
    const answers = [await answer(old, PUBLIC), await answer(old, 'localhost')];
    const port = await quietPort();
    await change(port);
    while (life.port !== port) await new Promise((resolve) => setImmediate(resolve));
    await life.stop({ drainMs: 50 });
    assert.ok(await isFree(old));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(
      answers.map((one) => one.over()),
      [true, true],
    );
  });

  it('a second one is the last word: what the first would wait for ends', async () => {
    const running = await answer(life.port!, 'localhost');
    const first = life.stop({ drainMs: 3_600_000 });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([running.over(), life.phase], [false, 'draining']);
    await Promise.all([first, life.stop()]);
    assert.equal(life.phase, 'stopped');
  });

  it('another number of connections counts for those that come from then on', async () => {
    const before = configuration;
    const settings = settingsSchema.parse({ ...before.settings, limits: { connections: 10 } });
    configuration = { ...before, settings };
    await life.configured(before);
    await Promise.all(Array.from({ length: 10 }, () => answer(life.port!, 'localhost')));
    const status = await new Promise((resolve, reject) => {
      const request = http.get({ port: life.port!, host: '127.0.0.1', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
    });
    assert.equal(status, 503);
  });

  it('a port that is not to be had leaves the router where it is, and that is told until it is stopped', async () => {
    const old = life.port!;
    // The last there is: no other one after it.
    const taken = net.createServer().listen(65_535, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve).once('error', resolve));
    await change(65_535);
    assert.equal(life.port, old);
    assert.match(life.notice!, new RegExp(`^Port 65535 is already in use\\. The router stays on port ${old}\\.$`));
    await life.stop({ drainMs: 0 });
    assert.equal(life.notice, undefined);
    await assert.rejects(life.start());
    assert.equal(life.notice, 'Port 65535 is already in use.');
    await new Promise((resolve) => taken.close(resolve));
  });

  it('a change of the tunnel comes into force although the port beside it is not to be had', async () => {
    const taken = net.createServer().listen(65_535, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve).once('error', resolve));
    concerned = true;
    await change(65_535);
    assert.equal(ups, 2);
    await new Promise((resolve) => taken.close(resolve));
  });

  it('a start that comes meanwhile begins when it is over, on the same port', async () => {
    let gone = () => {};
    programEnds = new Promise((resolve) => {
      gone = resolve;
    });
    const { port } = life;
    const stopped = life.stop({ drainMs: 0 });
    const started = life.start();
    setImmediate(gone);
    await Promise.all([stopped, started]);
    assert.deepEqual([life.phase, life.port], ['running', port]);
  });

  it('a stop in the middle of a start ends what the start brings up', async () => {
    const port = life.port!;
    await life.stop({ drainMs: 0 });
    const started = life.start();
    await Promise.all([life.stop({ drainMs: 0 }), started]);
    assert.deepEqual([life.phase, life.port], ['stopped', undefined]);
    assert.ok(await isFree(port));
  });

  it('leaves no listener on the new port', async () => {
    const port = await quietPort();
    const changed = change(port);
    await Promise.all([life.stop({ drainMs: 0 }), changed]);
    assert.equal(life.port, undefined);
    assert.ok(await isFree(port));
  });

  it('keeps the port until the program that a change of the tunnel ends is gone', async () => {
    let gone = () => {};
    programEnds = new Promise((resolve) => {
      gone = resolve;
    });
    const port = life.port!;
    const restarted = life.restartTunnel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const stopped = life.stop({ drainMs: 0 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await isFree(port), false);
    gone();
    await Promise.all([restarted, stopped]);
    assert.ok(await isFree(port));
  });
});
