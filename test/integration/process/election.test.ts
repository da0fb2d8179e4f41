import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { nodeSpawner } from '../../../src/process/spawnRouter';
import { addressIn, itOnPosix } from '../../support/platform';
import {
  buildPrograms,
  type Home,
  openHome,
  pidsOf,
  push,
  routerState,
  routersOf,
  serving,
  type TestPrograms,
  until,
  type WindowProcess,
} from '../../support/process/harness';

/** What an earlier life may have left in the folder. */
const LEFTOVERS: Record<string, (run: string) => void> = {
  nothing: () => undefined,
  'a generation file of another boot, its pid in use again': (run) =>
    writeFileSync(
      path.join(run, 'gen-4.json'),
      JSON.stringify({
        generation: 4,
        pid: process.pid,
        began: '1',
        boot: 'another',
        version: '1.0.0',
        address: path.join(run, 'r4-0.sock'),
      }),
    ),
  'dead sockets and generation files': (run) => {
    for (const generation of [2, 3]) {
      const address = path.join(run, `r${generation}-0.sock`);
      writeFileSync(address, '');
      writeFileSync(
        path.join(run, `gen-${generation}.json`),
        JSON.stringify({ generation, pid: process.pid, version: '1.0.0', address }),
      );
    }
  },
  'damaged generation files': (run) => {
    writeFileSync(path.join(run, 'gen-6.json'), '');
    writeFileSync(path.join(run, 'gen-7.json'), '{"pid":');
    writeFileSync(path.join(run, 'gen-8.json'), 'null');
  },
  'the ticket of a start that never happened': (run) =>
    writeFileSync(path.join(run, 'start-1-1.json'), JSON.stringify({ at: 1 })),
};
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const WINDOWS = 20;
/** The long form has a process for every window; by default two share one, for the sake of small machines. */
const EACH = process.env.ROUNDS === undefined ? 2 : 1;

describe('who becomes the one router process', function () {
  this.timeout(60_000 + ROUNDS * 20_000);
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

  const running = (process: WindowProcess, window = 0): Promise<Record<string, unknown>> =>
    process.line(
      (line) => line.window === window && (line.state as { phase?: string } | null | undefined)?.phase === 'running',
    );
  const pidIn = (line: Record<string, unknown>): number => (line.state as { pid: number }).pid;

  for (let round = 0; round < ROUNDS; round++) {
    const [name, prepare] = Object.entries(LEFTOVERS)[round % Object.keys(LEFTOVERS).length]!;
    it(`round ${round + 1}: one for ${WINDOWS} windows that start at once, over ${name}`, async () => {
      const run = path.join(home.dataDir, 'run');
      mkdirSync(run, { mode: 0o700 });
      prepare(run);
      const processes = Array.from({ length: WINDOWS / EACH }, (_, n) =>
        home.windowProcess(`w${n}`, { TEST_WINDOWS: String(EACH) }),
      );
      const windows = processes.flatMap((process) => Array.from({ length: EACH }, (_, n) => running(process, n)));
      const pids = (await Promise.all(windows)).map(pidIn);
      assert.equal(pids.length, WINDOWS);
      assert.equal(new Set(pids).size, 1);
      assert.deepEqual(routersOf(home.dataDir), [pids[0]]);
      const spawned = processes.flatMap(({ lines }) => lines.filter((line) => 'spawned' in line));
      assert.equal(spawned.length, 1, `${spawned.length} processes were started`);
      await until(
        () => new Set(leftIn(run)).size === 1,
        'left over:',
        () => readdirSync(run).join(' '),
      );
    });
  }

  /** The generations that files in the folder belong to. */
  const leftIn = (run: string): string[] =>
    readdirSync(run).flatMap((name) => /^(?:gen-|start-|r)(\d+)/.exec(name)?.[1] ?? []);

  it('drafts that a kill left behind go, those of this minute and what is whole stay', async () => {
    const run = path.join(home.dataDir, 'run');
    mkdirSync(run, { mode: 0o700 });
    const old = [
      'gen-1.json.77.0123456789ab',
      'headless.json.77.0123456789ab',
      'headless.json.0123456789ab',
      'memo.json.77.01234567.tmp',
    ];
    for (const name of [...old, 'headless.json']) {
      writeFileSync(path.join(run, name), '');
      utimesSync(path.join(run, name), 1, 1);
    }
    writeFileSync(path.join(run, 'headless.json.78.0123456789ab'), '');
    const window = home.window();
    await window.pushConfig(push());
    await until(
      () => old.every((name) => !readdirSync(run).includes(name)),
      'left over:',
      () => readdirSync(run).join(' '),
    );
    const left = readdirSync(run);
    for (const name of ['headless.json', 'headless.json.78.0123456789ab']) assert.ok(left.includes(name), name);
  });

  it('is one of many processes that are started at once without any agreement', async () => {
    // Windows agree on who starts; without them the claim of a generation alone decides.
    const spawn = nodeSpawner(process.execPath, programs.router, { ...process.env, TEST_LINGER: '5' });
    mkdirSync(path.join(home.dataDir, 'out'));
    const started = Array.from({ length: 8 }, (_, n) =>
      spawn({ dataDir: home.dataDir, takeOver: false, output: path.join(home.dataDir, 'out', String(n)) }),
    );
    const codes: (number | null)[] = [];
    for (const { ended } of started) void ended.then(({ code }) => codes.push(code));
    await until(
      () => codes.length === 7,
      'ended so far:',
      () => String(codes.length),
    );
    assert.deepEqual(codes, [0, 0, 0, 0, 0, 0, 0]);
    const window = home.window();
    await window.pushConfig(push());
    assert.deepEqual(routersOf(home.dataDir), [(await routerState(window, serving)).pid]);
    assert.equal(home.spawned.length, 0);
  });

  itOnPosix(
    'does not wait for ever for a stranger on a claimed address, and does not touch it',
    'a pipe is gone with its process',
    async () => {
      const run = path.join(home.dataDir, 'run');
      mkdirSync(run, { mode: 0o700 });
      const address = addressIn(run, 'r1-0.sock');
      const stranger = createServer(() => undefined);
      await new Promise<void>((resolve) => {
        stranger.listen(address, resolve);
      });
      const claim = { generation: 1, pid: process.pid, began: '1', version: '1.0.0', address };
      writeFileSync(path.join(run, 'gen-1.json'), JSON.stringify(claim));
      const window = home.window({ answerTimeout: 300, environment: { TEST_ANSWER_TIMEOUT: '300' } });
      await window.pushConfig(push());
      await routerState(window, serving);
      assert.ok(readdirSync(run).includes('r1-0.sock'));
      assert.ok(stranger.listening);
      stranger.close();
    },
  );

  describe('whatever dies in whatever order', () => {
    type Death = 'a window' | 'the window that started it' | 'the router';
    const orders: Death[][] = [];
    const deaths: Death[] = ['a window', 'the window that started it', 'the router'];
    for (const first of deaths)
      for (const second of deaths)
        if (first !== second) orders.push([first, second, ...deaths.filter((d) => d !== first && d !== second)]);

    async function dieIn(order: Death[], signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
      const own = openHome(programs);
      const [starter, other] = [own.windowProcess('starter'), own.windowProcess('other')];
      await Promise.all([running(starter), running(other)]);
      const alive = new Set([starter, other]);
      for (const death of order) {
        if (death === 'the router') for (const pid of routersOf(own.dataDir)) process.kill(pid, signal);
        else {
          const window = death === 'a window' ? other : starter;
          alive.delete(window);
          window.child.kill(signal);
        }
        if (alive.size === 0) continue;
        const watcher = own.window();
        await watcher.pushConfig(push());
        const state = await routerState(watcher, (now) => serving(now) && now.windows === alive.size + 1);
        assert.deepEqual(routersOf(own.dataDir), [state.pid], order.join(', '));
        watcher.dispose();
      }
      await until(
        () => pidsOf(own.dataDir).length === 0,
        `left after ${order.join(', ')}:`,
        () => pidsOf(own.dataDir).join(),
      );
      await own.close();
    }

    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      it(`leaves one router while a window lives and none after it (${signal})`, () =>
        Promise.all(orders.map((order) => dieIn(order, signal))));
    }
  });
});
