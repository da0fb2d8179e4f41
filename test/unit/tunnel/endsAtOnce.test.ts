import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../../src/system/processes';
import { launchProgram } from '../../../src/tunnel/program';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { realWorld } from '../../../src/tunnel/world';
import { controlledClock } from '../../support/controlledClock';
import { itOnPosix } from '../../support/platform';

/** As cloudflared, which waits its grace period whatever it has to wait for. */
const STAYS = "process.on('SIGINT', () => {}); console.log('ready'); setInterval(() => {}, 1000)";

describe('a tunnel program whose connection is gone', () => {
  itOnPosix('is ended at once, since nothing is left to take leave of', 'signals', async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-ends-'));
    mkdirSync(path.join(dataDir, 'tunnel'));
    const state = openStateFile(dataDir);
    const link = await launchProgram({
      ...{ dataDir, state, binary: process.execPath, args: ['-e', STAYS], env: {}, metricsPort: 1 },
      // No grace would ever end on this clock.
      world: { ...realWorld(), clock: controlledClock() },
      running: { provider: 'cloudflared', host: 'a.example', localPort: 1, transport: 'quic' },
      kind: {
        logName: 'cloudflared.log',
        createLog: () => ({ push: () => [], lastLines: () => [] }),
        connected: async () => false,
        graceMs: 1_000,
        lostAfterMs: 1,
        honest: true,
      },
    });
    const { pid } = state.value.running!;
    try {
      while (readFileSync(path.join(dataDir, 'tunnel/cloudflared.log'), 'utf8') === '') await sleep(10);
      assert.equal(await link.connected(), false);
      await link.close();
      assert.equal(isAlive(pid), false);
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      rmSync(dataDir, { recursive: true });
    }
  });
});
