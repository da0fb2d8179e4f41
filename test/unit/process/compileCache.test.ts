import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compileCacheVariable, forgetOtherVersions, takeOutCompileCache } from '../../../src/process/compileCache';
import { VERSION } from '../../../src/version';

describe('what the runtime compiled of the router', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-cache-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is kept in our data folder, each version by itself; a folder that the person names is used instead', () => {
    const kept = path.join(folder, 'compile-cache', VERSION);
    assert.deepEqual(compileCacheVariable(folder, {}), { NODE_COMPILE_CACHE: kept });
    assert.deepEqual(compileCacheVariable(folder, { NODE_COMPILE_CACHE: '/elsewhere' }), {});
  });

  it('is nothing for what the router starts; a folder that the person names is', () => {
    const environment: NodeJS.ProcessEnv = { PATH: '/bin', ...compileCacheVariable(folder, {}) };
    takeOutCompileCache(folder, environment);
    assert.deepEqual(environment, { PATH: '/bin' });
    const own = { NODE_COMPILE_CACHE: '/elsewhere' };
    takeOutCompileCache(folder, own);
    assert.deepEqual(own, { NODE_COMPILE_CACHE: '/elsewhere' });
  });

  it('goes with its version; where there is none, nothing is made', async () => {
    await forgetOtherVersions(folder);
    assert.deepEqual(readdirSync(folder), []);
    for (const version of ['0.0.1', VERSION]) {
      mkdirSync(path.join(folder, 'compile-cache', version, 'v24'), { recursive: true });
      writeFileSync(path.join(folder, 'compile-cache', version, 'v24', 'a'), 'x');
    }
    await forgetOtherVersions(folder);
    assert.deepEqual(readdirSync(path.join(folder, 'compile-cache')), [VERSION]);
    assert.deepEqual(readdirSync(path.join(folder, 'compile-cache', VERSION, 'v24')), ['a']);
  });
});
