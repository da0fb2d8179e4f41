/** The built program on a real terminal, left at one of its questions. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../../src/system/processes';
import { onLinux } from '../../support/platform';
import { tempFolder } from '../../support/program';

/** util-linux: a program on a pseudo terminal, its exit code handed on. */
const SCRIPT = '/usr/bin/script';
const CTRL_C = '\x03';
const CTRL_D = '\x04';

describe('a headless router that is left at a question', () => {
  if (!onLinux || !existsSync(SCRIPT)) {
    it('skipped here: a pseudo terminal (it needs script of util-linux)');
    return;
  }
  let folder: string;
  let remove: () => void;
  let terminal: ChildProcess;
  let shown: string;
  let exited: Promise<number | null>;

  beforeEach(async () => {
    ({ folder, remove } = tempFolder());
    const planted = path.join(folder, 'planted');
    writeFileSync(planted, `#!/bin/sh\necho ran > ${folder}/ran\n`, { mode: 0o700 });
    writeFileSync(path.join(folder, 'llm-router.json'), JSON.stringify({ port: 0, tunnel: { binary: planted } }));
    const command = `exec ${process.execPath} ${process.env.LLM_ROUTER_PROGRAM} --data-dir ${path.join(folder, 'data')}`;
    terminal = spawn(SCRIPT, ['-qfec', command, '/dev/null'], {
      cwd: folder,
      // Nothing is found on this PATH, and nothing is downloaded unasked.
      env: { HOME: folder, PATH: folder, SHELL: '/bin/sh', TERM: 'dumb' },
    });
    shown = '';
    for (const stream of [terminal.stdout!, terminal.stderr!]) stream.on('data', (data: Buffer) => (shown += data));
    exited = once(terminal, 'exit').then(([code]) => code as number | null);
    await reads(/planted run for the tunnel\. Run it\? \[y\/N\]/);
  });
  afterEach(async () => {
    terminal.kill('SIGKILL');
    await exited;
    remove();
  });

  async function reads(wanted: RegExp): Promise<void> {
    while (!wanted.test(shown)) {
      assert.equal(terminal.exitCode, null, shown);
      await sleep(20);
    }
  }
  const claim = () => path.join(folder, 'data/run/headless.json');
  const router = () => (JSON.parse(readFileSync(claim(), 'utf8')) as { pid: number }).pid;
  const written = () =>
    readdirSync(path.join(folder, 'data'), { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  /** Whoever of this test still runs. */
  const left = () =>
    readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
  function assertNothingHappened(): void {
    assert.deepEqual(written(), []);
    assert.equal(existsSync(path.join(folder, 'ran')), false);
    assert.deepEqual(left(), []);
    assert.doesNotMatch(shown, /Listening|sk-/);
  }

  it('Ctrl+C ends it at once with 130, and nothing was written or started', async () => {
    terminal.stdin!.write(CTRL_C);
    assert.equal(await exited, 130);
    assertNothingHappened();
  });

  it('SIGTERM ends it at once with 143, and nothing was written or started', async () => {
    process.kill(router(), 'SIGTERM');
    assert.equal(await exited, 143);
    assertNothingHappened();
  });

  it('a terminal that is closed ends it, and nothing was written or started', async () => {
    const pid = router();
    terminal.kill('SIGKILL');
    while (isAlive(pid)) await sleep(20);
    assertNothingHappened();
  });

  it('Ctrl+D is a no: the router comes up without that program; Ctrl+C at the next question ends it in order', async () => {
    terminal.stdin!.write(CTRL_D);
    await reads(/Download it from its release page now/);
    assert.equal(existsSync(path.join(folder, 'ran')), false);
    terminal.stdin!.write(CTRL_C);
    assert.equal(await exited, 0);
    assert.equal(existsSync(claim()), false);
    assert.deepEqual(left(), []);
  });
});
