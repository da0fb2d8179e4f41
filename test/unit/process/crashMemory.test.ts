import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createLifeline } from '../../../src/process/lifeline';

describe('crashes of the router', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-crashes-'));
  const monotonic = performance.now.bind(performance);
  const wall = Date.now;
  after(() => {
    performance.now = monotonic;
    Date.now = wall;
    rmSync(folder, { recursive: true, force: true });
  });

  it('are forgotten after two minutes although the wall clock is set back meanwhile', async () => {
    let passed = 0;
    performance.now = () => monotonic() + passed;
    Date.now = () => wall() - passed;
    let starts = 0;
    const lifeline = createLifeline(
      {
        dataDir: folder,
        version: '1.0.0',
        window: 'test',
        backoff: [0],
        spawn: () => {
          starts += 1;
          passed += 150_000;
          return { pid: undefined, ended: Promise.resolve({ code: 1, signal: null }), kill: () => undefined };
        },
      },
      { prepare: () => undefined, attached: () => undefined, detached: () => undefined },
    );
    try {
      await new Promise<void>((resolve) => {
        lifeline.onState(({ name }) => {
          if (name === 'failed' || starts === 4) resolve();
        });
      });
      assert.notEqual(lifeline.state.name, 'failed');
      assert.equal(starts, 4);
    } finally {
      lifeline.dispose();
    }
  });
});
