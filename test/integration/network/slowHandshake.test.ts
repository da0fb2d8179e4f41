/** The built program as it meets the network: what the runtime is told at its start. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startProgram, tempFolder } from '../../support/program';

/** After this a system sends the first packet of a connection once more (RFC 6298, 2.1). */
const SENT_AGAIN_MS = 1_000;

describe('a slow network', () => {
  it('costs no provider with several addresses its only one that works: a lost packet may be sent again', async () => {
    const { folder, remove } = tempFolder();
    const hook = path.join(folder, 'hook.cjs');
    const told = "console.error('patience', require('node:net').getDefaultAutoSelectFamilyAttemptTimeout())";
    writeFileSync(hook, `process.on('exit', () => ${told});`);
    const { exited, stderr } = startProgram(['--version'], { cwd: folder, runtime: ['-r', hook] });
    assert.equal(await exited, 0);
    assert.ok(Number(/patience (\d+)/.exec(stderr())?.[1]) > SENT_AGAIN_MS, stderr());
    remove();
  });
});
