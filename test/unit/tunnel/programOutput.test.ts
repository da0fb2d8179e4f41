import assert from 'node:assert/strict';
import { runForOutput } from '../../../src/tunnel/commands';
import { realWorld } from '../../../src/tunnel/world';
import { itOnPosix } from '../../support/platform';

describe('a command of a tunnel program', () => {
  for (const [what, end] of [
    ['that never ends', 'wait'],
    ['that has ended', 'exit 0'],
  ])
    itOnPosix(
      `is over after its time, although a child of the script ${what} holds its output open`,
      'a shell script',
      async () => {
        const output = await runForOutput('/bin/sh', ['-c', `sleep 60 & echo $!; ${end}`], realWorld(), 500);
        const child = Number(output.stdout);
        try {
          assert.equal(output.tookTooLong, true);
          assert.ok(child > 0);
        } finally {
          process.kill(child);
        }
      },
    );
});
