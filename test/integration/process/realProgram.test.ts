/** The program as it ships, driven as an editor drives it, with the made-up cloud in front: what dies, and what goes on. */
import assert from 'node:assert/strict';
import type { ConfigResult } from '../../../src/process/contract';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { buildPrograms, routerState, serving, type TestPrograms, until } from '../../support/process/harness';
import {
  type Editor,
  online,
  openEditor,
  type Reading,
  readLocally,
  readPublicly,
  startTalker,
  type Talker,
} from '../../support/process/realEditor';
import { quietPort } from '../../support/quietPort';

describe('the real program in an editor', function () {
  this.timeout(90_000);
  let programs: TestPrograms;
  let cloud: FakeCloud;
  let talker: Talker;
  let editor: Editor;
  before(async () => {
    [programs, cloud, talker] = await Promise.all([buildPrograms(), startFakeCloud(), startTalker()]);
  });
  after(async () => {
    await talker.upstream.stop();
    await cloud.stop();
    programs.remove();
  });
  beforeEach(async () => {
    talker.resume();
    editor = await openEditor(cloud, talker, programs.client);
  });
  afterEach(() => editor.close());

  /** Ends the running answers and checks every byte of them. */
  const checkWhole = async (...readings: Reading[]): Promise<void> => {
    talker.finish();
    for (const { name, whole } of readings) assert.equal(await whole, talker.sent(name), name);
  };

  it('carries answers on while the window that started it is killed, the last one leaves and another comes', async () => {
    const settings = editor.settings({ lingerSeconds: 8 });
    const starter = editor.windowProcess(settings);
    const second = editor.window({ autoStart: () => false });
    await second.pushConfig(settings);
    const first = await routerState(second, (state) => online(state) && state.windows === 2);
    const readings = [
      readLocally(first.port!, 'local'),
      await readPublicly(cloud, first.publicUrl!, 'public'),
    ] as const;
    const goOn = () => Promise.all(readings.map((reading) => reading.more()));
    await goOn();

    starter.kill('SIGKILL');
    await routerState(second, (state) => state.windows === 1);
    await goOn();
    second.dispose();
    await goOn();
    const third = editor.window();
    await third.pushConfig(settings);
    const after = await routerState(third, online);
    assert.deepEqual([after.pid, after.port, after.publicUrl], [first.pid, first.port, first.publicUrl]);
    await goOn();
    await checkWhole(...readings);
    assert.equal(editor.routers().length, 1);
    await third.pushConfig(editor.settings({ lingerSeconds: 0 }, 2_000));
  });

  it('is started once more after kill -9: same port, same key, same settings, the tunnel adopted', async () => {
    const windows = [editor.window(), editor.window(), editor.window()];
    const [one] = windows;
    const settings = editor.settings({ aliases: { mine: 'talker/any' } });
    await Promise.all(windows.map((window) => window.pushConfig(settings)));
    const before = await routerState(one!, online);
    const [tunnel] = editor.tunnels();
    const { created } = cloud.edge;
    const spawned = editor.spawned.length;

    process.kill(before.pid, 'SIGKILL');
    const states = await Promise.all(
      windows.map((window) =>
        routerState(window, (state) => state.pid !== before.pid && online(state) && state.windows === 3),
      ),
    );
    assert.equal(new Set(states.map(({ pid }) => pid)).size, 1);
    assert.equal(editor.spawned.length, spawned + 1, 'exactly one was started');
    assert.deepEqual([states[0]!.port, states[0]!.publicUrl], [before.port, before.publicUrl]);
    assert.deepEqual(editor.tunnels(), [tunnel], 'the same cloudflared');
    assert.equal(cloud.edge.created, created);
    assert.ok((await one!.models()).includes('mine'));
    const readings = [
      readLocally(before.port!, 'again'),
      await readPublicly(cloud, before.publicUrl!, 'again outside'),
    ];
    await Promise.all(readings.map((reading) => reading.more()));
    await checkWhole(...readings);
  });

  it('keeps the URL and local answers when cloudflared is killed', async () => {
    const window = editor.window();
    await window.pushConfig(editor.settings());
    const before = await routerState(window, online);
    const [tunnel] = editor.tunnels();
    const local = readLocally(before.port!, 'undisturbed');
    const outside = await readPublicly(cloud, before.publicUrl!, 'cut');
    await Promise.all([local.more(), outside.more()]);

    const reconnecting = routerState(window, (state) => state.tunnel.state === 'reconnecting');
    process.kill(tunnel!, 'SIGKILL');
    await reconnecting;
    const after = await routerState(window, online);
    assert.deepEqual([after.pid, after.publicUrl], [before.pid, before.publicUrl]);
    assert.equal(editor.tunnels().length, 1);
    assert.notEqual(editor.tunnels()[0], tunnel);
    await assert.rejects(outside.whole, 'what ran through the dead tunnel is cut, not ended');
    const again = await readPublicly(cloud, after.publicUrl!, 'through the new one');
    await Promise.all([local.more(), again.more()]);
    await checkWhole(local, again);
  });

  it('leaves nothing behind when window, router and cloudflared are killed, in each order, and starts cleanly again', async () => {
    const orders = ['wrt', 'wtr', 'rwt', 'rtw', 'twr', 'trw'];
    let url: string | undefined;
    for (const order of orders) {
      const settings = editor.settings({ lingerSeconds: 1 });
      const child = editor.windowProcess(settings);
      const watcher = editor.window({ autoStart: () => false });
      await watcher.pushConfig(settings);
      const state = await routerState(watcher, online);
      url ??= state.publicUrl;
      assert.equal(state.publicUrl, url, `the URL before ${order}`);
      assert.deepEqual([editor.routers(), editor.tunnels().length], [[state.pid], 1]);
      const victims = { w: child.pid!, r: state.pid, t: editor.tunnels()[0]! };
      for (const victim of order) {
        if (victim === 'w') watcher.dispose();
        try {
          process.kill(victims[victim as 'w' | 'r' | 't'], 'SIGKILL');
        } catch (error) {
          // Without windows the router may have ended it already.
          assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
        }
      }
      await editor.gone();
    }
  });

  it('adopts the tunnel that an editor left behind when all of it was killed', async () => {
    const child = editor.windowProcess(editor.settings());
    const watcher = editor.window({ autoStart: () => false });
    await watcher.pushConfig(editor.settings());
    const before = await routerState(watcher, online);
    const [tunnel] = editor.tunnels();
    child.kill('SIGKILL');
    watcher.dispose();
    process.kill(before.pid, 'SIGKILL');
    await until(() => editor.routers().length === 0, 'a router is left');
    assert.deepEqual(editor.tunnels(), [tunnel]);

    const next = editor.window();
    await next.pushConfig(editor.settings());
    const after = await routerState(next, online);
    assert.deepEqual([after.publicUrl, after.port], [before.publicUrl, before.port]);
    assert.deepEqual(editor.tunnels(), [tunnel]);
  });

  it("stays stopped for every window after a person's Stop, also over a crash, until Start", async () => {
    const [one, two] = [editor.window(), editor.window()];
    await Promise.all([one.pushConfig(editor.settings()), two.pushConfig(editor.settings())]);
    const before = await routerState(one, online);
    await one.stop();
    await routerState(two, (state) => state.phase === 'stopped');
    await until(() => editor.tunnels().length === 0, 'the tunnel still runs');
    const three = editor.window();
    await three.pushConfig(editor.settings());
    await three.models();
    assert.equal(three.state?.phase, 'stopped');

    process.kill(before.pid, 'SIGKILL');
    const windows = [one, two, three];
    await Promise.all(windows.map((window) => routerState(window, (s) => s.pid !== before.pid && s.windows === 3)));
    // Whatever a window would do by itself comes before the answer to what it asks now.
    await Promise.all(windows.map((window) => window.models()));
    for (const window of windows) assert.equal(window.state?.phase, 'stopped');
    await two.start();
    const states = await Promise.all(windows.map((window) => routerState(window, online)));
    assert.deepEqual([states[0]!.port, states[0]!.publicUrl], [before.port, before.publicUrl]);
  });

  it('ignores the settings of a window that is behind, also after a restart', async () => {
    const fresh = editor.window();
    await fresh.pushConfig(editor.settings({ aliases: { mine: 'talker/any' }, tunnel: { provider: 'none' } }, 2_000));
    const stale = editor.window();
    const old = editor.settings({ tunnel: { provider: 'none' } }, 1_000);
    assert.equal((await stale.pushConfig(old)).reason, 'stale');
    const { pid } = await routerState(fresh, serving);
    const answered = new Promise<ConfigResult>((resolve) => stale.onConfigResult(resolve));
    process.kill(pid, 'SIGKILL');
    assert.equal((await answered).reason, 'stale');
    await routerState(fresh, (state) => serving(state) && state.pid !== pid);
    assert.ok((await stale.models()).includes('mine'));
  });

  it('moves to another port at once while an answer runs on', async () => {
    const window = editor.window();
    const tunnel = { provider: 'none' as const };
    await window.pushConfig(editor.settings({ tunnel }, 1_000));
    const before = await routerState(window, serving);
    const running = readLocally(before.port!, 'on the old port');
    await running.more();
    const port = await quietPort();
    const result = await window.pushConfig(editor.settings({ port, tunnel }, 2_000));
    assert.equal(result.applied, true);
    const after = await routerState(window, (state) => serving(state) && state.port === port);
    const next = readLocally(after.port!, 'on the new port');
    await Promise.all([running.more(), next.more()]);
    await checkWhole(running, next);
  });
});
