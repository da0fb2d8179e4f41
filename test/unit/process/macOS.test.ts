/** What macOS does differently, in made worlds: nothing here needs a Mac. */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { cursorStateFiles } from '../../../src/cursorApp/stateFile';
import { createSteadyClock } from '../../../src/network/steadyClock';
import { createLeases } from '../../../src/process/leases';
import { newSocketPath } from '../../../src/process/runtimeDir';
import { cleanEnvironment } from '../../../src/process/spawnRouter';
import { itOnPosix, removeFolder } from '../../support/platform';

const HOME = '/Users/josefine.musterfrau';
const STORAGE = `${HOME}/Library/Application Support/Cursor/User/globalStorage`;

describe('on macOS', () => {
  itOnPosix(
    'the socket leaves the storage of the extension, which is too long a path there, for a short folder of its own',
    'sockets in folders',
    async () => {
      const dataDir = `${STORAGE}/llm-router.llm-router`;
      assert.ok(Buffer.byteLength(`${dataDir}/run/r1-0123456789ab.sock`) > 103);
      const temp = mkdtempSync('/tmp/llmr-mac-');
      try {
        // $TMPDIR there, as long as it is in life: 49 characters.
        const varFolders = path.join(temp, 'var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T');
        const dir = { dataDir, run: `${dataDir}/run`, logs: '', logFile: '', outputFile: '' };
        const socket = await newSocketPath(dir, 1, {
          platform: 'darwin',
          shortRoots: [varFolders.padEnd(90, 'x'), temp],
        });
        assert.ok(Buffer.byteLength(socket) <= 103, socket);
        assert.ok(socket.startsWith(`${temp}/llm-router-`), socket);
      } finally {
        removeFolder(temp);
      }
    },
  );

  it('the runtime of the editor starts as plain Node: nothing of the app gets through', () => {
    const kept = cleanEnvironment({
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME,
      TMPDIR: '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/',
      VSCODE_PID: '1',
      ELECTRON_NO_ATTACH_CONSOLE: '1',
      NODE_OPTIONS: '--inspect',
      __CFBundleIdentifier: 'com.todesktop.230313mzl4w4u92',
    });
    assert.equal(kept.ELECTRON_RUN_AS_NODE, '1');
    assert.equal(kept.TMPDIR, '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/');
    for (const name of ['VSCODE_PID', 'NODE_OPTIONS', 'ELECTRON_NO_ATTACH_CONSOLE']) assert.ok(!(name in kept), name);
  });

  it('Cursor’s settings are looked for in Application Support', () => {
    assert.deepEqual(cursorStateFiles(undefined, { platform: 'darwin', home: HOME, env: {} }), [
      `${STORAGE}/state.vscdb`,
    ]);
  });

  it('a window that App Nap holds still keeps its router: a lease is an open connection, and nobody counts its beats', () => {
    const counted: number[] = [];
    const timer = { set: (_: () => void, ms: number) => counted.push(ms), clear: () => undefined };
    const leases = createLeases({ linger: () => 30_000, onEnd: () => assert.fail(), timer });
    const giveBack = leases.add();
    assert.deepEqual(counted, []);
    giveBack();
    assert.deepEqual(counted, [30_000]);
  });

  it('a sleep with the lid closed shows as a jump ahead, whether the clock of the machine stands still meanwhile or not', () => {
    const hour = 3_600_000;
    for (const standsStill of [true, false]) {
      let [wall, monotonic] = [1_000_000, 0];
      const now = createSteadyClock(
        () => wall,
        () => monotonic,
      );
      const before = now();
      wall += hour;
      if (!standsStill) monotonic += hour;
      assert.ok(Math.abs(now() - before - hour) < 2);
    }
  });
});
