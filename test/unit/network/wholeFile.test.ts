import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { writeWhole, writeWholeSync } from '../../../src/network/wholeFile';
import { assertPrivate } from '../../support/platform';

const WAYS = { writeWhole, writeWholeSync: async (file: string, text: string) => writeWholeSync(file, text) };

describe('a whole file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-whole-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, write] of Object.entries(WAYS)) {
    it(`${name}: replaces, for its owner only, and leaves nothing beside it`, async () => {
      const file = path.join(folder, 'a.json');
      writeFileSync(file, 'old');
      chmodSync(file, 0o644);
      await write(file, 'new');
      assert.equal(readFileSync(file, 'utf8'), 'new');
      assertPrivate(file, 0o600);
      assert.deepEqual(readdirSync(folder), ['a.json']);
    });

    it(`${name}: a refusal is told and leaves the old one and nothing beside it`, async () => {
      const file = path.join(folder, 'a');
      await fs.mkdir(file);
      await assert.rejects(async () => write(file, 'new'));
      assert.deepEqual(readdirSync(folder), ['a']);
    });
  }

  it('tries again while somebody holds the file, as on Windows', async () => {
    const file = path.join(folder, 'a');
    const { rename } = fs;
    let refusals = 3;
    fs.rename = async (from, to) => {
      if (refusals-- > 0) throw Object.assign(new Error('held'), { code: 'EPERM' });
      return rename(from, to);
    };
    syncBuiltinESMExports();
    try {
      await writeWhole(file, 'new');
    } finally {
      fs.rename = rename;
      syncBuiltinESMExports();
    }
    assert.equal(readFileSync(file, 'utf8'), 'new');
  });
});
