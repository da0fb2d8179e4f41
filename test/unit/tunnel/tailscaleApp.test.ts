import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tailscaleDriver } from '../../../src/tunnel/kinds/tailscale';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { realWorld } from '../../../src/tunnel/world';

describe("the program inside Tailscale's app", () => {
  it('is told that it is a command, on macOS only', async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-tailscale-app-'));
    const asked: (string | undefined)[] = [];
    for (const platform of ['darwin', 'linux'] as const) {
      const world = {
        ...realWorld(),
        platform,
        spawn: (_command: string, _args: readonly string[], { env }: { env?: NodeJS.ProcessEnv }) => {
          asked.push(env?.TAILSCALE_BE_CLI);
          const child = Object.assign(new EventEmitter(), { kill: () => true });
          queueMicrotask(() => child.emit('close', 1));
          return child as unknown as ReturnType<ReturnType<typeof realWorld>['spawn']>;
        },
      };
      const driver = tailscaleDriver({ localPort: 1, binary: process.execPath, state: openStateFile(dataDir), world });
      const open = driver.open({ again: false, doubt: false, signal: new AbortController().signal, report: () => {} });
      await assert.rejects(open, /not running/);
    }
    assert.deepEqual(asked, ['1', undefined]);
    rmSync(dataDir, { recursive: true });
  });
});
