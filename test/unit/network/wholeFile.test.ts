import assert from 'node:assert/strict';
import sync, { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { createWhole, renameFreed, writeWhole, writeWholeSync } from '../../../src/network/wholeFile';
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

  describe('on a disk that is watched', () => {
    const failure = (code: string) => Object.assign(new Error(code), { code });
    /** What happened, in order. */
    let done: string[];
    /** Thrown at the next renames, one each. */
    let refusals: string[];
    let bytes: (() => void) | undefined;
    const note = (name: string): void => {
      done.push(name);
      const code = name === 'rename' ? refusals.shift() : undefined;
      if (code) throw failure(code);
      if (name === 'write') bytes?.();
    };
    beforeEach(() => {
      [done, refusals, bytes] = [[], [], undefined];
      const { open, rename } = fs;
      mock.method(fs, 'open', async (...args: Parameters<typeof open>) => {
        const handle = await open(...args);
        for (const [method, name] of [
          ['writeFile', 'write'],
          ['sync', 'sync'],
          ['close', 'close'],
        ] as const) {
          const real = handle[method].bind(handle) as (...given: unknown[]) => Promise<void>;
          mock.method(handle, method, async (...given: unknown[]) => {
            note(name);
            return await real(...given);
          });
        }
        return handle;
      });
      mock.method(fs, 'rename', async (...args: Parameters<typeof rename>) => {
        note('rename');
        return await rename(...args);
      });
      const calls = [
        ['writeFileSync', 'write'],
        ['fsyncSync', 'sync'],
        ['closeSync', 'close'],
        ['renameSync', 'rename'],
      ] as const;
      for (const [method, name] of calls) {
        const real = sync[method] as (...given: unknown[]) => void;
        mock.method(sync, method, (...given: unknown[]) => {
          note(name);
          real(...given);
        });
      }
      syncBuiltinESMExports();
    });
    afterEach(() => {
      mock.restoreAll();
      syncBuiltinESMExports();
    });

    for (const [name, write] of Object.entries(WAYS)) {
      it(`${name}: is on disk and closed before it takes the place of the old one`, async () => {
        await write(path.join(folder, 'a'), 'new');
        assert.deepEqual(done, ['write', 'sync', 'close', 'rename']);
      });
      it(`${name}: a full disk is told, nothing stays of it and nothing stays open`, async () => {
        bytes = () => {
          throw failure('ENOSPC');
        };
        await assert.rejects(async () => write(path.join(folder, 'a'), 'new'), { code: 'ENOSPC' });
        assert.deepEqual(done, ['write', 'close']);
        assert.deepEqual(readdirSync(folder), []);
      });
      it(`${name}: tries again while somebody holds the file, as on Windows`, async () => {
        refusals = ['EPERM', 'EACCES', 'EBUSY'];
        await write(path.join(folder, 'a'), 'new');
        assert.equal(readFileSync(path.join(folder, 'a'), 'utf8'), 'new');
      });
      it(`${name}: gives up after five times, and at once where nobody holds it`, async () => {
        const renames = async (code: string): Promise<number> => {
          done = [];
          refusals = Array(9).fill(code);
          await assert.rejects(async () => write(path.join(folder, 'a'), 'new'), { code });
          return done.filter((one) => one === 'rename').length;
        };
        assert.equal(await renames('EBUSY'), 5);
        assert.equal(await renames('ENOSPC'), 1);
        assert.deepEqual(readdirSync(folder), []);
      });
    }
    it('renames as often as it is asked to', async () => {
      refusals = Array(9).fill('EBUSY');
      await assert.rejects(renameFreed(path.join(folder, 'a'), path.join(folder, 'b'), 1), { code: 'EBUSY' });
      assert.deepEqual(done, ['rename']);
    });
    for (const code of ['EPERM', 'ENOTSUP', 'EXDEV', 'UNKNOWN'])
      it(`creates for exactly one where links are refused with ${code}`, async () => {
        mock.method(fs, 'link', async () => {
          throw failure(code);
        });
        syncBuiltinESMExports();
        const file = path.join(folder, 'a');
        assert.deepEqual([await createWhole(file, 'one'), await createWhole(file, 'two')], [true, false]);
        assert.equal(readFileSync(file, 'utf8'), 'one');
        assert.deepEqual(readdirSync(folder), ['a']);
      });
    it('tells any other refusal of a link, and leaves nothing', async () => {
      mock.method(fs, 'link', async () => {
        throw failure('EIO');
      });
      syncBuiltinESMExports();
      await assert.rejects(createWhole(path.join(folder, 'a'), 'one'), { code: 'EIO' });
      assert.deepEqual(readdirSync(folder), []);
    });
  });
});
