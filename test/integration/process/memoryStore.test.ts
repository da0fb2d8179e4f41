import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fsPromises, { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { openMemoryStore } from '../../../src/process/memoryStore';
import { bundleProgram } from '../../support/bundleProgram';
import { assertPrivate } from '../../support/platform';

describe('memory store', () => {
  let folder: string;
  let file: string;
  const key = randomBytes(32);
  const warnings: string[] = [];
  const openStore = (more: { key?: Buffer; rotateBytes?: number; live?: () => string[] } = {}) =>
    openMemoryStore({ file, key, live: () => [], warn: (sentence) => warnings.push(sentence), ...more });
  const reopened = async (more = {}) => {
    const store = await openStore(more);
    await store.close();
    return store.records;
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'memory-store-'));
    file = path.join(folder, 'deep', 'memory.bin');
    warnings.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('keeps records in order over a restart, for its owner only, without their text', async () => {
    const store = await openStore();
    assert.deepEqual(store.records, []);
    for (const record of ['one', 'zwei ü', 'three'.repeat(1000)]) store.append(record);
    await store.flush();
    store.append('four');
    await store.close();
    const bytes = await readFile(file);
    assert.ok(!bytes.includes('three') && !bytes.includes('four'));
    assertPrivate(file, 0o600);
    assert.deepEqual(await reopened(), ['one', 'zwei ü', 'three'.repeat(1000), 'four']);
    assert.deepEqual(await reopened(), ['one', 'zwei ü', 'three'.repeat(1000), 'four'], 'reading changes nothing');
  });
  it('cut anywhere, it gives the whole records before the cut and goes on from there', async () => {
    const store = await openStore();
    const records = ['a', 'bb', 'ccc'];
    for (const record of records) store.append(record);
    await store.close();
    const whole = await readFile(file);
    let before = 0;
    for (let length = 0; length <= whole.length; length++) {
      await writeFile(file, whole.subarray(0, length));
      const again = await openStore();
      assert.deepEqual(again.records, records.slice(0, again.records.length));
      assert.ok(again.records.length >= before);
      before = again.records.length;
      again.append('new');
      await again.close();
      assert.deepEqual(await reopened(), [...records.slice(0, before), 'new']);
    }
    assert.equal(before, 3);
  });
  it('a changed byte ends the reading there', async () => {
    const store = await openStore();
    for (const record of ['a', 'b', 'c']) store.append(record);
    await store.close();
    const bytes = await readFile(file);
    const last = bytes.length - 5;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    await writeFile(file, bytes);
    assert.deepEqual(await reopened(), ['a', 'b']);
  });
  it('records cannot be moved or repeated', async () => {
    const store = await openStore();
    for (const record of ['a', 'b']) store.append(record);
    await store.close();
    const bytes = await readFile(file);
    const first = bytes.subarray(20, 20 + 4 + bytes.readUInt32BE(20));
    await writeFile(file, Buffer.concat([bytes.subarray(0, 20), first, first]));
    assert.deepEqual(await reopened(), ['a']);
  });
  it('another key, or a foreign file: empty, and replaced', async () => {
    const store = await openStore();
    store.append('secret');
    await store.close();
    assert.deepEqual(await reopened({ key: randomBytes(32) }), []);
    assert.deepEqual(await reopened(), [], 'the old content is gone for good');
    await writeFile(file, 'not ours at all, but quite long');
    assert.deepEqual(await reopened(), []);
  });
  it('a key of another length is derived, always alike', async () => {
    const store = await openStore({ key: Buffer.from('short') });
    store.append('x');
    await store.close();
    assert.deepEqual(await reopened({ key: Buffer.from('short') }), ['x']);
    assert.deepEqual(await reopened({ key: createHash('sha256').update('short').digest() }), ['x']);
  });
  it('rewrites itself with the live records when it has grown', async () => {
    const live = ['kept 1', 'kept 2'];
    const store = await openStore({ rotateBytes: 2_000, live: () => live });
    for (let at = 0; at < 100; at++) {
      store.append(`record ${at} ${'x'.repeat(100)}`);
      await store.flush();
    }
    await store.close();
    assert.ok((await stat(file)).size < 4_500);
    assert.deepEqual((await reopened()).slice(0, 2), live);
    assert.deepEqual(warnings, []);
  });
  it('a disk that is full when it rewrites itself costs those records only: the old file goes on', async () => {
    const store = await openStore({ rotateBytes: 50, live: () => ['live'] });
    const { open } = fsPromises;
    mock.method(fsPromises, 'open', async (name: string, ...more: [string]) => {
      if (name.endsWith('.tmp')) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return await open(name, ...more);
    });
    syncBuiltinESMExports();
    try {
      store.append('lost '.repeat(20));
      await store.flush();
    } finally {
      mock.restoreAll();
      syncBuiltinESMExports();
    }
    assert.match(warnings.join(), /could not be written: no space/);
    store.append('kept');
    await store.close();
    assert.deepEqual(await reopened(), ['kept']);
  });
  it('a place that cannot be written is a warning, no failure', async () => {
    await writeFile(path.join(folder, 'deep'), 'a file where the folder should be');
    const store = await openStore();
    store.append('x');
    await store.close();
    assert.deepEqual(store.records, []);
    assert.match(warnings.join(), /could not be opened/);
  });
  it('a kill -9 in the middle of writing loses nothing that was there before', async () => {
    const script = path.join(folder, 'writer.mjs');
    await bundleProgram('test/support/memoryWriter.ts', script);
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [script, file, key.toString('hex')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const records = await reopened();
      assert.ok(records.length > 0);
      for (const record of records) assert.match(record, /^(live|record \d+ x{2000})$/);
    }
  });
});
