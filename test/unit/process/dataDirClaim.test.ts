import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { mock } from 'node:test';
import { claimDataDir } from '../../../src/process/dataDirClaim';
import { UsageError } from '../../../src/process/usageError';
import { tempFolder } from '../../support/program';

describe('the claim of a data directory', () => {
  it('that can be read and not be replaced ends the start with its name, and not in a loop', async () => {
    const temp = tempFolder();
    const file = path.join(temp.folder, 'run', 'headless.json');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{"pid":"nobody"}');
    const { rename } = fsPromises;
    mock.method(fsPromises, 'rename', async (from: string, to: string) => {
      if (from === file) throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' });
      await rename(from, to);
    });
    syncBuiltinESMExports();
    try {
      await assert.rejects(
        claimDataDir(temp.folder),
        (error: Error) => error instanceof UsageError && error.message.startsWith(`${file} would say`),
      );
      assert.equal(readFileSync(file, 'utf8'), '{"pid":"nobody"}');
    } finally {
      mock.restoreAll();
      syncBuiltinESMExports();
      temp.remove();
    }
  });
});
