/** A tunnel program as a process: its log, its note in the state, and what is heard of it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../../src/system/processes';
import type { Link, LinkEvent } from '../../../src/tunnel/driver';
import { adoptProgram, type Launch, launchProgram, type ProgramEvent } from '../../../src/tunnel/program';
import { openStateFile, type RunningProgram, type StateFile } from '../../../src/tunnel/stateFile';
import { realWorld } from '../../../src/tunnel/world';
import { controlledClock } from '../../support/controlledClock';
import { assertPrivate, describeOnPosix, itOnLinux, removeFolder } from '../../support/platform';

const STAYS = "console.log('ready'); setInterval(() => {}, 1000)";
const OTHER: RunningProgram = {
  ...{ provider: 'cloudflared', pid: 1, metricsPort: 7, host: 'other.example', localPort: 1, transport: 'quic' },
};

describeOnPosix('a tunnel program', 'signals', () => {
  let dataDir: string;
  let log: string;
  let state: StateFile;
  let clock: ReturnType<typeof controlledClock>;
  let pid: number | undefined;
  /** What its log says, as events. */
  let says: (chunk: string) => ProgramEvent[];
  let pushed: string;
  let ends: number;
  let connectorId: () => Promise<string | undefined>;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-launch-'));
    mkdirSync(path.join(dataDir, 'tunnel'));
    log = path.join(dataDir, 'tunnel', 'program.log');
    state = openStateFile(dataDir);
    clock = controlledClock();
    says = () => [];
    connectorId = async () => undefined;
    pushed = '';
    ends = 0;
    pid = undefined;
  });
  afterEach(() => {
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
    removeFolder(dataDir);
  });

  const createLog = () => ({
    push(chunk: string) {
      pushed += chunk;
      return says(chunk);
    },
    lastLines: () => ['its last line'],
  });
  async function launch(script: string, change: Partial<Launch> = {}): Promise<Link> {
    const link = await launchProgram({
      ...{ dataDir, state, binary: process.execPath, args: ['-e', script], env: { SECRET_OF_TUNNEL: 't' } },
      world: { ...realWorld(), env: { ...process.env, OPENAI_API_KEY: 'sk-x' }, clock },
      running: { provider: 'cloudflared', host: 'a.example', localPort: 1, transport: 'quic' },
      atEnd: () => {
        ends += 1;
      },
      kind: {
        logName: 'program.log',
        createLog,
        connected: async () => false,
        connectorId: () => connectorId(),
        lostAfterMs: 1,
        honest: true,
      },
      ...change,
    });
    pid = state.value.running?.pid;
    return link;
  }
  /** Until it has written so much into its log. */
  const written = async (bytes = 1) => {
    while (!existsSync(log) || readFileSync(log).length < bytes) await sleep(5);
  };
  const logged = async () => {
    await written();
    await clock.pass(100);
  };

  it('writes into a log that nobody else may read, whatever lay there, of which only its own part is read', async () => {
    writeFileSync(log, 'of an earlier run\n');
    chmodSync(log, 0o644);
    const link = await launch(STAYS);
    assertPrivate(log, 0o600);
    await written('of an earlier run\nready\n'.length);
    await clock.pass(100);
    assert.equal(pushed, 'ready\n');
    await link.close();
  });
  it('knows nothing of our environment but what it needs', async () => {
    const link = await launch(
      'console.log(JSON.stringify([process.env.SECRET_OF_TUNNEL, process.env.OPENAI_API_KEY])); setInterval(() => {}, 1000)',
    );
    await logged();
    assert.deepEqual(JSON.parse(pushed), ['t', null]);
    await link.close();
  });
  it('that cannot be started leaves nothing behind', async () => {
    await assert.rejects(launch('', { binary: path.join(dataDir, 'missing') }), { code: 'ENOENT' });
    assert.deepEqual([ends, state.value.running], [1, undefined]);
    removeFolder(path.join(dataDir, 'tunnel'));
    await assert.rejects(launch(STAYS), { code: 'ENOENT' });
    assert.deepEqual([ends, state.value.running], [2, undefined]);
  });
  it('is noted with what its log says of it, and no more once it has ended', async () => {
    says = () => [
      { type: 'api', port: 4711 },
      { type: 'registered', publicUrl: 'https://b.example' },
    ];
    connectorId = async () => 'c-1';
    const link = await launch(STAYS);
    await logged();
    await clock.pass(1);
    const { running } = state.value;
    assert.deepEqual([running?.metricsPort, running?.host, running?.connectorId], [4711, 'b.example', 'c-1']);
    await link.close();
    assert.deepEqual([state.value.running, isAlive(pid!), ends], [undefined, false, 1]);
  });
  it('touches no note that is of another one by now', async () => {
    says = () => [{ type: 'api', port: 4711 }];
    const link = await launch(STAYS);
    state.update({ running: OTHER });
    await logged();
    assert.deepEqual(state.value.running, OTHER);
    await link.close();
    assert.deepEqual(state.value.running, OTHER);
  });
  it('is not noted by an answer that comes after it was let go', async () => {
    let answer = (_: string): void => {};
    connectorId = () => new Promise((resolve) => (answer = resolve));
    says = () => [{ type: 'registered' }];
    const link = await launch(STAYS);
    await logged();
    link.leave();
    answer('late');
    await clock.pass(1);
    assert.equal(state.value.running?.connectorId, undefined);
    assert.ok(isAlive(pid!));
  });
  it('that has ended says how, with its last lines, to who listens only then', async () => {
    const link = await launch("console.log('bye'); process.exitCode = 3");
    while (ends === 0) await sleep(5);
    const heard: LinkEvent[] = [];
    link.onEvent((event) => heard.push(event));
    assert.deepEqual(heard, [{ type: 'exited', code: 'exit code 3', lines: ['its last line'] }]);
    assert.equal(pushed, 'bye\n');
  });
  it('that was killed says by which signal, and one that was let go says nothing', async () => {
    const heard: LinkEvent[] = [];
    const link = await launch(STAYS);
    link.onEvent((event) => heard.push(event));
    process.kill(pid!, 'SIGKILL');
    while (heard.length === 0) await sleep(5);
    assert.deepEqual(heard, [{ type: 'exited', code: 'signal SIGKILL', lines: ['its last line'] }]);
  });
  it('that had ended before anybody could listen says how', async () => {
    const child = Object.assign(new EventEmitter(), { pid: spawnSync('true').pid, exitCode: 2, signalCode: null });
    const spawn = () => {
      setImmediate(() => child.emit('spawn'));
      return Object.assign(child, { unref: () => undefined }) as unknown as ChildProcess;
    };
    const link = await launch('', { world: { ...realWorld(), clock, spawn } });
    const heard: LinkEvent[] = [];
    link.onEvent((event) => heard.push(event));
    assert.deepEqual(heard, [{ type: 'exited', code: 'exit code 2', lines: ['its last line'] }]);
  });
  it('is told as registered when its log says so, and has the URL of its host', async () => {
    says = () => [{ type: 'registered' }];
    const link = await launch(STAYS);
    const heard: LinkEvent[] = [];
    link.onEvent((event) => heard.push(event));
    await logged();
    assert.deepEqual([heard, link.registered, link.publicUrl], [[{ type: 'registered' }], false, 'https://a.example']);
    await link.close();
    const own = { provider: 'cloudflared-named', host: '', localPort: 1, transport: 'quic' } as const;
    const hostless = await launch(STAYS, { running: own });
    assert.equal(hostless.publicUrl, undefined);
    await hostless.close();
  });
  it('has this router as its owner, also where the note is lost or it was adopted', async () => {
    const note = path.join(dataDir, 'tunnel', 'owner');
    const owner = () => Number(readFileSync(note, 'utf8'));
    const link = await launch(STAYS, { metricsPort: 1 });
    assert.equal(owner(), process.pid);
    writeFileSync(note, '1');
    await link.connected();
    assert.equal(owner(), process.pid);
    link.leave();
    writeFileSync(note, '1');
    const kind = { logName: 'program.log', createLog, connected: async () => true, lostAfterMs: 1, honest: true };
    const adopted = adoptProgram(state.value.running!, kind, dataDir, realWorld(), state);
    assert.deepEqual([owner(), adopted.registered], [process.pid, true]);
    await adopted.close();
    // It has ended; the system forgets a child's number once this process has heard of it.
    while (isAlive(pid!)) await sleep(5);
  });
  it('that was adopted and is gone is told as gone once it does not answer', async () => {
    const kind = { logName: 'program.log', createLog, connected: async () => undefined, lostAfterMs: 1, honest: true };
    const dead = { ...OTHER, pid: spawnSync('true').pid };
    const link = adoptProgram(dead, kind, dataDir, { ...realWorld(), clock }, state);
    const heard: LinkEvent[] = [];
    link.onEvent((event) => heard.push(event));
    assert.equal(await link.connected(), undefined);
    assert.deepEqual(heard, [{ type: 'exited', code: 'gone', lines: ['its last line'] }]);
  });
  itOnLinux('keeps no file of its log open in this process', 'files by number', async () => {
    const open = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === log;
        } catch {
          return false;
        }
      }).length;
    const link = await launch(STAYS);
    assert.equal(open(), 0);
    await logged();
    assert.equal(open(), 1);
    await link.close();
    assert.equal(open(), 0);
  });
  it('is not asked before it has said where', async () => {
    const link = await launch(STAYS);
    assert.equal(await link.connected(), undefined);
    state.update({ running: undefined });
    await link.close();
  });
});
