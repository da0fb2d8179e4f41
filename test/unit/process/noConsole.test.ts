/** Windows opens a console for a program of the console, unless whoever starts it says no. */
import assert from 'node:assert/strict';
import type { SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { nodeSpawner } from '../../../src/process/spawnRouter';
import { runForOutput } from '../../../src/tunnel/commands';
import { launchProgram } from '../../../src/tunnel/program';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { realWorld, type TunnelWorld } from '../../../src/tunnel/world';
import { controlledClock } from '../../support/controlledClock';
import { removeFolder } from '../../support/platform';

/** Starts nothing, and keeps how it was asked. */
function starter() {
  const asked: SpawnOptions[] = [];
  const start = (_program: string, _args: readonly string[], options: SpawnOptions) => {
    asked.push(options);
    const child = Object.assign(new EventEmitter(), { pid: 999_999_999, exitCode: 0, signalCode: null, unref() {} });
    setImmediate(() => {
      child.emit('spawn');
      child.emit('close', 0);
    });
    return child as unknown as ReturnType<TunnelWorld['spawn']>;
  };
  return { asked, start };
}

/** Detached, without a window, its words in a file. */
function assertQuiet([{ detached, windowsHide, stdio } = {}]: SpawnOptions[]): void {
  assert.deepEqual([detached, windowsHide], [true, true]);
  assert.ok(Array.isArray(stdio));
  assert.equal(stdio[0], 'ignore');
  assert.equal(typeof stdio[1], 'number');
  assert.equal(stdio[2], stdio[1]);
}

describe('programs on Windows', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-console-'));
    mkdirSync(path.join(folder, 'tunnel'));
  });
  afterEach(() => removeFolder(folder));

  it('the router starts detached, without a window, its words in a file', () => {
    const { asked, start } = starter();
    const output = path.join(folder, 'output.log');
    nodeSpawner(
      'Cursor.exe',
      'router.js',
      {},
      start as unknown as typeof spawn,
    )({
      ...{ dataDir: folder, takeOver: false, output },
    });
    assertQuiet(asked);
  });

  it('the program of a tunnel starts detached, without a window, its words in a file', async () => {
    const { asked, start } = starter();
    const state = openStateFile(folder);
    await launchProgram({
      ...{ dataDir: folder, state, binary: 'cloudflared.exe', args: [], env: {} },
      world: { ...realWorld(), platform: 'win32', clock: controlledClock(), spawn: start },
      running: { provider: 'cloudflared', host: 'a.example', localPort: 1, transport: 'quic' },
      kind: {
        logName: 'cloudflared.log',
        createLog: () => ({ push: () => [], lastLines: () => [] }),
        connected: async () => false,
        lostAfterMs: 1,
        honest: true,
      },
    });
    assert.equal(asked.length, 1, 'no shell beside it');
    assertQuiet(asked);
  });

  it('a question to a program opens no window', async () => {
    const { asked, start } = starter();
    await runForOutput('cloudflared.exe', ['version'], { ...realWorld(), spawn: start }, 1_000);
    assert.deepEqual(
      asked.map(({ windowsHide }) => windowsHide),
      [true],
    );
  });

  it('whatever else is started says so too, but for a shell, which Windows has not, and Cursor itself', () => {
    const files = (readdirSync('src', { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
    const starting = files.filter((file) => {
      const source = readFileSync(path.join('src', file), 'utf8');
      return (
        /[^.\w](?:world\.)?(?:spawn|execFile)(?:Sync)?\((?!\w+\??:)/.test(source) &&
        !source.includes('windowsHide: true')
      );
    });
    assert.deepEqual(starting, ['router/cursorWriter.ts', 'tunnel/watcher.ts'].map(path.normalize).sort());
  });
});
