import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { installSecret } from '../../../src/process/runtimeDir';
import { storedClientKey } from '../../../src/process/storedClientKey';
import { UsageError } from '../../../src/process/usageError';
import { assertPrivate } from '../../support/platform';

describe('the generated client key of a terminal', () => {
  let folder: string;
  const file = () => path.join(folder, 'client-key');
  const digest = () => path.join(folder, 'client-key.digest');
  const refuses = (what: RegExp) =>
    assert.rejects(storedClientKey(folder), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.ok(error.message.includes(file()));
      assert.match(error.message, what);
      return true;
    });
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-key-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made once, private, whoever comes first; the digest beside it is not the key', async () => {
    const keys = await Promise.all([1, 2, 3].map(() => storedClientKey(folder)));
    assert.equal(new Set(keys).size, 1);
    assert.equal(await storedClientKey(folder), keys[0]);
    assertPrivate(file(), 0o600);
    assert.ok(!readFileSync(digest(), 'utf8').includes(keys[0]!));
  });

  it('that is lost is never replaced by another one; put back it serves', async () => {
    const key = await storedClientKey(folder);
    rmSync(file());
    await refuses(/is gone/);
    assert.ok(!existsSync(file()));
    writeFileSync(file(), `${key}\n`);
    assert.equal(await storedClientKey(folder), key);
    writeFileSync(file(), '');
    await refuses(/is gone/);
    rmSync(digest());
    assert.match(await storedClientKey(folder), /^sk-/);
  });

  it('that cannot be read or is no key is left alone, digest or not', async () => {
    mkdirSync(file());
    await refuses(/cannot be read \(EISDIR\)/);
    rmSync(file(), { recursive: true });
    writeFileSync(file(), 'sk-short\n');
    await refuses(/holds no client key/);
    assert.equal(readFileSync(file(), 'utf8'), 'sk-short\n');
  });

  it('that a person wrote into the file is the key from then on', async () => {
    await storedClientKey(folder);
    const before = readFileSync(digest(), 'utf8');
    writeFileSync(file(), 'sk-written-by-a-person-0123456789\n');
    assert.equal(await storedClientKey(folder), 'sk-written-by-a-person-0123456789');
    assert.notEqual(readFileSync(digest(), 'utf8'), before);
  });
});

describe('a damaged install secret', () => {
  it('never costs the folder that holds key, URL and ledger', async function () {
    this.timeout(10_000);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-key-'));
    writeFileSync(path.join(folder, 'install-secret'), 'torn', { mode: 0o600 });
    await assert.rejects(installSecret(folder), /install-secret is damaged\. Remove this one file/);
    rmSync(folder, { recursive: true, force: true });
  });
});
