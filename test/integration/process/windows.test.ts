import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mock } from 'node:test';
import type { ConfigResult, RouterState } from '../../../src/process/contract';
import { nodeSpawner } from '../../../src/process/spawnRouter';
import { errorWords } from '../../../src/said';
import { VERSION } from '../../../src/version';
import { assertPrivate, itOnPosix, onWindows } from '../../support/platform';
import {
  buildPrograms,
  clientState,
  type Home,
  openHome,
  pidsOf,
  push,
  readStream,
  routerState,
  serving,
  type TestPrograms,
  toldToOthers,
  until,
} from '../../support/process/harness';

describe('windows and their router process', function () {
  this.timeout(60_000);
  let programs: TestPrograms;
  let home: Home;
  before(async () => {
    programs = await buildPrograms();
  });
  after(() => programs.remove());
  beforeEach(() => {
    home = openHome(programs);
  });
  afterEach(() => home.close());

  it('starts one, serves, and shows the same state to all', async () => {
    const [a, b] = [home.window(), home.window()];
    const [first, second] = await Promise.all([a.pushConfig(push()), b.pushConfig(push())]);
    assert.deepEqual([first.applied, second.applied], [true, true]);
    const [left, right] = await Promise.all([
      routerState(a, (state) => serving(state) && state.windows === 2),
      routerState(b, (state) => serving(state) && state.windows === 2),
    ]);
    assert.equal(left.pid, right.pid);
    assert.equal(left.port, right.port);
    assert.deepEqual(home.spawned, [left.pid]);
    assert.deepEqual(pidsOf(home.dataDir), [left.pid]);
    assert.equal(await readStream(left.port!, 3, 1), 291);
    await clientState(a, 'connected');
  });

  it("keeps a person's stop in force for windows that come later, and for the router after a crash", async () => {
    const a = home.window();
    await a.pushConfig(push());
    const { pid, port } = await routerState(a, serving);
    await a.stop();
    const b = home.window();
    await b.pushConfig(push());
    assert.equal((await routerState(b, (state) => state.windows === 2)).phase, 'stopped');
    process.kill(pid, 'SIGKILL');
    const again = await routerState(b, (state) => state.pid !== pid && state.windows === 2);
    await b.models();
    assert.equal(b.state?.phase, 'stopped');
    const started = await a.start();
    assert.deepEqual([started.phase, started.pid, started.port], ['running', again.pid, port]);
    await routerState(b, serving);
  });

  it('lingers after the last window, is found again within that time and ends after it', async () => {
    const a = home.window();
    await a.pushConfig(push({ lingerSeconds: 2 }));
    const { pid, port } = await routerState(a, serving);
    a.dispose();
    const b = home.window();
    const state = await routerState(b, serving);
    assert.deepEqual([state.pid, state.port], [pid, port]);
    b.dispose();
    await until(() => pidsOf(home.dataDir).length === 0, 'the router has not ended');
    assert.equal(home.spawned.length, 1);
  });

  it('ends by itself when nobody ever comes', async () => {
    const { pid, ended } = nodeSpawner(process.execPath, programs.router, { TEST_LINGER: '0.3' })({
      dataDir: home.dataDir,
      takeOver: false,
      output: `${home.dataDir}/output.log`,
    });
    assert.ok(pid);
    assert.equal((await ended).code, 0);
    await until(() => pidsOf(home.dataDir).length === 0, 'the router has not ended');
    assert.match(readFileSync(`${home.dataDir}/logs/router.log`, 'utf8'), /ending: no window left/);
  });

  it('keeps what a runtime from Node 22 on has compiled for its next start, and nothing of an older version', async () => {
    const kept = path.join(home.dataDir, 'compile-cache');
    mkdirSync(path.join(kept, '0.0.1'), { recursive: true });
    const window = home.window();
    await window.pushConfig(push());
    await routerState(window, serving);
    window.dispose();
    await until(() => pidsOf(home.dataDir).length === 0, 'the router has not ended');
    const versions = Number(process.versions.node.split('.')[0]) >= 22 ? [VERSION] : [];
    assert.deepEqual(readdirSync(kept), versions);
    for (const version of versions) assert.ok(readdirSync(path.join(kept, version), { recursive: true }).length > 1);
  });

  it('starts exactly one after kill -9, with the same port and the same settings', async () => {
    const windows = Array.from({ length: 6 }, () => home.window());
    await Promise.all(windows.map((window) => window.pushConfig(push({ label: 'kept' }))));
    const before = await routerState(windows[0]!, (state) => serving(state) && state.windows === 6);
    const began = performance.now();
    process.kill(before.pid, 'SIGKILL');
    const fits = (state: RouterState): boolean => serving(state) && state.pid !== before.pid && state.windows === 6;
    const states = await Promise.all(windows.map((window) => routerState(window, fits)));
    console.log(`      all 6 windows served again ${Math.round(performance.now() - began)} ms after kill -9`);
    assert.equal(new Set(states.map(({ pid }) => pid)).size, 1);
    assert.deepEqual([states[0]!.port, states[0]!.notice], [before.port, 'kept']);
    assert.equal(home.spawned.length, 2);
    assert.equal(pidsOf(home.dataDir).length, 1);
  });

  it('does not cut a stream when the window that started it is killed or closed', async () => {
    const a = home.windowProcess('starter');
    const spawned = await a.line((line) => 'spawned' in line);
    const b = home.window();
    await b.pushConfig(push());
    const { pid, port } = await routerState(b, (state) => serving(state) && state.windows === 2);
    assert.equal(spawned.spawned, pid);
    let stream: Promise<number> | undefined;
    await new Promise<void>((resolve) => {
      stream = readStream(port!, 60, 10, resolve);
    });
    a.child.kill('SIGKILL');
    await routerState(b, (state) => state.windows === 1);
    b.dispose();
    assert.equal(await stream, 60 * 97);
  });

  it('backs off after repeated crashes, ends in a clear state with the log, and a person can start it again', async () => {
    const a = home.window({ backoff: [0, 20] });
    await a.pushConfig(push());
    let last = 0;
    for (let crash = 0; crash < 3; crash++) {
      const { pid } = await routerState(a, (state) => serving(state) && state.pid !== last);
      last = pid;
      process.kill(pid, 'SIGKILL');
    }
    const failed = await clientState(a, 'failed');
    assert.ok(failed.name === 'failed');
    assert.match(failed.message, /ended unexpectedly.*3 times in two minutes/);
    assert.equal(failed.logFile, path.join(home.dataDir, 'logs', 'router.log'));
    await assert.rejects(a.models(), /3 times in two minutes/);
    assert.equal(home.spawned.length, 3);
    assert.equal((await a.start()).phase, 'running');
  });

  async function threeTrySilent(): Promise<void> {
    // All three must have come before the first one's time is over.
    const seconds = onWindows ? 10 : 2;
    const silent = { environment: { TEST_SILENT: '1' }, startTimeout: seconds * 1_000 };
    const windows = [home.window(silent), home.window(silent), home.window(silent)];
    const states = await Promise.all(windows.map((window) => clientState(window, 'failed')));
    const words = new RegExp(`did not answer within ${Math.ceil(seconds)} s`);
    for (const state of states) assert.match(state.name === 'failed' ? state.message : '', words);
    assert.equal(home.spawned.length, 1);
    await until(() => pidsOf(home.dataDir).length === 0, 'the silent process was not ended');
  }
  it('tries a runtime that never answers once, in all windows together', threeTrySilent);
  it('does so on a machine whose clock has been set back', async () => {
    const present = Date.now.bind(Date);
    mock.method(Date, 'now', () => present() - 3_600_000);
    try {
      await threeTrySilent();
    } finally {
      mock.restoreAll();
    }
  });

  it('finds the router another window has started, after it had given up itself', async () => {
    const a = home.window({ spawn: nodeSpawner('/nonexistent/runtime', programs.router) });
    await clientState(a, 'failed');
    const b = home.window();
    await b.pushConfig(push());
    const [left, right] = await Promise.all([routerState(a, serving), routerState(b, serving)]);
    assert.equal(left.pid, right.pid);
  });

  it('says why a process ended at its start, and gives up after the last wait', async () => {
    const a = home.window({ environment: { TEST_CRASH: '1' }, backoff: [10, 20] });
    const state = await clientState(a, 'failed');
    assert.match(state.name === 'failed' ? state.message : '', /exit code 3\): the test router breaks at its start/);
    assert.equal(home.spawned.length, 3);
  });

  it('says so when the runtime cannot be started at all', async () => {
    const a = home.window({ spawn: nodeSpawner('/nonexistent/runtime', programs.router) });
    const state = await clientState(a, 'failed');
    assert.match(
      state.name === 'failed' ? state.message : '',
      /could not be started: spawn \/nonexistent\/runtime ENOENT/,
    );
  });

  it('ignores the push of a window that is behind, also after a restart of the router', async () => {
    const fresh = home.window();
    await fresh.pushConfig(push({ label: 'new' }, 2_000));
    const stale = home.window({ autoStart: () => false });
    const old = await stale.pushConfig(push({ label: 'old' }, 1_000));
    assert.deepEqual([old.applied, old.reason, old.changedAt], [false, 'stale', 2_000]);
    const { pid } = await routerState(fresh, serving);
    assert.equal(fresh.state?.notice, 'new');
    fresh.dispose();
    await routerState(stale, (state) => state.windows === 1);
    process.kill(pid, 'SIGKILL');
    const again = new Promise<ConfigResult>((resolve) => stale.onConfigResult(resolve));
    assert.equal((await again).reason, 'stale');
    assert.notEqual(stale.state?.notice, 'old');
    const third = home.window();
    assert.equal(
      (await third.pushConfig(push({ label: 'new' }, 1_500))).applied,
      true,
      'the same settings with another stamp',
    );
    assert.equal((await routerState(stale, serving)).notice, 'new');
    assert.equal((await stale.pushConfig(push({ label: 'newest' }, 3_000))).applied, true);
  });

  it('keeps the last good settings when new ones are invalid', async () => {
    const a = home.window();
    await a.pushConfig(push({ label: 'good' }, 1));
    const result = await a.pushConfig(push({ broken: true }, 2));
    assert.deepEqual([result.applied, result.reason, result.problems[0]?.path], [false, 'invalid', 'broken']);
    assert.equal((await routerState(a, serving)).notice, 'good');
  });

  it('writes secrets to no file, argument or environment', async () => {
    const a = home.window();
    const secret = 'correct-horse-battery-staple';
    await a.pushConfig({ ...push(), secrets: { [secret]: secret } });
    const { pid } = await routerState(a, serving);
    assert.deepEqual(await a.models(), [secret], 'the router has it');
    const files = readdirSync(home.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(files.length >= 4);
    const seen = files.map((file) => readFileSync(path.join(file.parentPath, file.name), 'latin1'));
    seen.push(...toldToOthers(pid));
    for (const text of seen) assert.ok(!text.includes(secret));
    for (const file of files) assertPrivate(path.join(file.parentPath, file.name));
  });

  it('passes progress on and ends the work when it is cancelled', async () => {
    const a = home.window({ environment: { TEST_LINGER: '0.5' } });
    const cancel = new AbortController();
    const told = (): void => cancel.abort();
    await assert.rejects(a.installCloudflared(undefined, told, cancel.signal), /^Error: cancelled$/);
  });

  it('a failed call is a sentence with its code and values, keys masked in both', async () => {
    const a = home.window();
    await a.pushConfig(push());
    const key = `sk-proj-${'a1B2'.repeat(12)}`;
    const failure: unknown = await a.writeCursor({ models: [key] }).catch((error: unknown) => error);
    const said = errorWords(failure);
    assert.ok(failure instanceof Error && typeof said === 'object', String(failure));
    assert.equal(failure.message, 'It says [hidden].');
    assert.deepEqual([said.code, said.text], ['fake.other', failure.message]);
    assert.ok(!JSON.stringify([failure.message, said]).includes(key), JSON.stringify(said));
    const plain: unknown = await a.discover().catch((error: unknown) => error);
    assert.equal(errorWords(plain), 'the fake core cannot do that', 'somebody else’s words have no code');
  });

  itOnPosix('ends cleanly on SIGTERM', 'a signal on Windows is the end at once', async () => {
    const a = home.window();
    await a.pushConfig(push());
    const { pid } = await routerState(a, serving);
    a.dispose();
    process.kill(pid, 'SIGTERM');
    await until(() => !pidsOf(home.dataDir).includes(pid), 'it has not ended');
    assert.match(readFileSync(`${home.dataDir}/logs/router.log`, 'utf8'), /ending: signal SIGTERM(.|\n)*ended/);
  });

  it('is served again after somebody has ended the router', async () => {
    const a = home.window();
    await a.pushConfig(push());
    const { pid, port } = await routerState(a, serving);
    process.kill(pid, 'SIGTERM');
    const again = await routerState(a, (state) => serving(state) && state.pid !== pid);
    assert.equal(again.port, port);
  });

  it('replaces a router that hangs, being sure it is that one', async () => {
    const a = home.window();
    await a.pushConfig(push());
    const { pid, port } = await routerState(a, serving);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/hang`, { signal: AbortSignal.timeout(2_000) }));
    const b = home.window({ answerTimeout: 1_000, environment: { TEST_ANSWER_TIMEOUT: '1000' } });
    await b.pushConfig(push());
    assert.notEqual((await routerState(b, serving)).pid, pid);
    assert.ok(!pidsOf(home.dataDir).includes(pid));
  });

  it('works where the path of its socket would be too long', async () => {
    const long = path.join(home.dataDir, 'a'.repeat(60), 'ü'.repeat(40));
    const deep = openHome(programs, long);
    const [a, b] = [deep.window(), deep.window()];
    await Promise.all([a.pushConfig(push()), b.pushConfig(push())]);
    const [left, right] = await Promise.all([routerState(a, serving), routerState(b, serving)]);
    assert.equal(left.pid, right.pid);
    await deep.close();
  });

  it('says what is wrong with a folder it cannot use', async () => {
    const file = path.join(home.dataDir, 'file');
    writeFileSync(file, '');
    const a = home.window({ dataDir: path.join(file, 'below') });
    const state = await clientState(a, 'failed');
    assert.match(
      state.name === 'failed' ? state.message : '',
      /cannot use its data folder .*: a part of the path is a file\. Repair/,
    );
    assert.equal(home.spawned.length, 0);
  });
});
