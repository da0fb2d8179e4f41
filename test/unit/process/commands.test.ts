/** What windows may say to the one router, in whatever order: the newest settings count, a person's Stop stays, a newer router leads. */
import assert from 'node:assert/strict';
import { type CommandOptions, createCommands } from '../../../src/process/commands';
import type { ConfigPush } from '../../../src/process/contract';
import { hashOf, type Memo } from '../../../src/process/routerMemo';

const SECRET = 'install-secret';
const NOW = 1_000_000;
const pushOf = (changedAt: number, port = 1): ConfigPush => ({
  changedAt,
  settings: { port } as never,
  secrets: {},
  network: {},
});

describe('what windows say to the router', () => {
  let calls: string[];
  let memo: Memo;
  let valid: boolean;
  let held: (() => void)[];
  let stops: boolean;
  let before: { running: boolean } | undefined;
  function make() {
    const core = {
      state: { phase: 'stopped', port: undefined, running: 0 },
      push: async ({ settings }: ConfigPush) => {
        calls.push(`push ${(settings as { port: number }).port}`);
        return valid
          ? { applied: true, problems: [] }
          : { applied: false, reason: 'invalid', problems: [{ path: 'port', message: 'No.', severity: 'error' }] };
      },
      start: async () => void calls.push('start'),
      stop: ({ drainMs }: { drainMs: number }) => {
        calls.push(`stop ${drainMs}`);
        return stops ? Promise.resolve() : new Promise<void>((resolve) => held.push(resolve));
      },
      onDidChange: () => () => {},
    };
    return createCommands({
      core: core as unknown as CommandOptions['core'],
      secret: SECRET,
      memo: {
        get value() {
          return memo;
        },
        update: (change) => {
          memo = { ...memo, ...change };
        },
      },
      log: { error() {}, warn() {}, info() {}, debug() {} },
      now: () => NOW,
      takeOver: async () => before,
      onApplied() {},
      onHandedOver() {},
    });
  }
  beforeEach(() => {
    calls = [];
    held = [];
    memo = {};
    valid = true;
    stops = true;
    before = undefined;
  });

  it('a clock that was ahead puts nothing that comes later in the shade', async () => {
    const commands = make();
    assert.equal((await commands.pushConfig(pushOf(NOW + 3_600_000))).changedAt, NOW);
    assert.equal((await commands.pushConfig(pushOf(NOW, 2))).applied, true);
  });

  it('older settings are refused, but for those that were in force before the restart; the stamp never goes back', async () => {
    memo = { changedAt: 500, hash: hashOf(SECRET, pushOf(0, 7)) };
    const commands = make();
    const refused = await commands.pushConfig(pushOf(400, 1));
    assert.deepEqual([refused.applied, refused.changedAt, calls], [false, 500, []]);
    assert.equal((await commands.pushConfig(pushOf(400, 7))).applied, true);
    assert.equal(memo.changedAt, 500);
    assert.equal((await commands.pushConfig(pushOf(600, 7))).changedAt, 600, 'the same again, later');
    assert.equal((await commands.pushConfig(pushOf(550, 1))).applied, false);
    assert.deepEqual(calls, ['push 7']);
  });

  it('settings that were good count anew behind wrong ones', async () => {
    const commands = make();
    await commands.pushConfig(pushOf(1, 1));
    valid = false;
    assert.equal((await commands.pushConfig(pushOf(2, 2))).applied, false);
    valid = true;
    await commands.pushConfig(pushOf(3, 1));
    assert.deepEqual(calls, ['push 1', 'push 2', 'push 1']);
  });

  it('a Stop stays in force: before the first settings, after them, and over an update', async () => {
    const waiting = make();
    await waiting.resume();
    await waiting.stop();
    await waiting.pushConfig(pushOf(1));
    await waiting.resume();
    assert.deepEqual(calls, ['stop 10000', 'push 1']);
    await waiting.start();
    assert.equal(calls.at(-1), 'start');

    calls = [];
    before = { running: false };
    const updated = make();
    await updated.resume();
    await updated.pushConfig(pushOf(1));
    await updated.resume();
    assert.deepEqual(calls, ['push 1']);
  });

  it('serves as soon as it is told what, where a window or the router before wanted it to', async () => {
    const commands = make();
    await commands.resume();
    await commands.pushConfig(pushOf(1));
    before = { running: true };
    await make().pushConfig(pushOf(1));
    assert.deepEqual(calls, ['push 1', 'start', 'push 1', 'start']);
  });

  it('does not start with settings of nobody where the first ones are wrong, says which, and starts when they are right', async () => {
    const commands = make();
    valid = false;
    await commands.pushConfig(pushOf(1, 1));
    await assert.rejects(commands.start(), /llmRouter\.port: No\./);
    await assert.rejects(commands.restart(), /llmRouter\.port: No\./);
    assert.ok(!calls.includes('start'));
    valid = true;
    await commands.pushConfig(pushOf(2, 2));
    assert.deepEqual(calls.slice(-2), ['push 2', 'start']);
    valid = false;
    await commands.pushConfig(pushOf(3, 3));
    await commands.restart();
    assert.equal(calls.at(-1), 'start', 'good ones are in force');
  });

  it('starts with settings that are right by now where a person said so, whatever the one before it did', async () => {
    before = { running: false };
    for (const said of ['start', 'resume'] as const) {
      calls = [];
      memo = {};
      const commands = make();
      valid = false;
      await commands.pushConfig(pushOf(1, 1));
      await commands[said]().catch(() => undefined);
      valid = true;
      await commands.pushConfig(pushOf(2, 2));
      assert.equal(calls.includes('start'), said === 'start');
    }
  });

  it('a second Stop does not wait for the first', async () => {
    stops = false;
    const commands = make();
    const first = commands.stop();
    while (calls.length === 0) await Promise.resolve();
    const second = commands.stop();
    assert.deepEqual(calls, ['stop 10000', 'stop 0']);
    stops = true;
    for (const end of held) end();
    await Promise.all([first, second]);
  });

  it('starts nothing any more once a newer one has taken over', async () => {
    const commands = make();
    await commands.pushConfig(pushOf(1));
    await commands.handOver({ version: '2.0.0' });
    await commands.resume();
    await assert.rejects(commands.start(), /newer/);
    assert.ok(!calls.includes('start'));
  });

  it('is told what is missing in settings without keys or network', async () => {
    const { network: _, ...torn } = pushOf(1);
    await assert.rejects(make().pushConfig(torn as ConfigPush));
    await assert.rejects(make().pushConfig({ ...pushOf(1), changedAt: Number.NaN }));
    assert.deepEqual(calls, []);
  });
});
