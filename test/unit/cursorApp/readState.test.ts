/** Made files of Cursor's database; none comes from a live Cursor. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readCursorState } from '../../../src/cursorApp/readState';
import { cursorStateFiles } from '../../../src/cursorApp/stateFile';
import { createCursorApp } from '../../../src/cursorApp/watch';
import { textOf } from '../../../src/said';
import { removeFolder } from '../../support/platform';

const ROW = 'src.vs.platform.reactivestorage.browser.reactiveStorageServiceImpl.persistentStorage.applicationUser';
const OURS = 'sk-ours';
const ours = (key: string): boolean => key === OURS;
const STATE = {
  useOpenAIKey: true,
  openAIBaseUrl: 'https://a.example/v1',
  aiSettings: { userAddedModels: ['fast', 'gone', 'off'], modelOverrideDisabled: ['off'] },
};

describe('places of Cursor’s file', () => {
  const machine = (platform: NodeJS.Platform, env = {}) => ({ platform, home: '/home/me', env });
  it('is looked for beside the extension’s storage, then in the folder of each platform', () => {
    assert.deepEqual(cursorStateFiles('/x/globalStorage', machine('linux')), [
      '/x/globalStorage/state.vscdb',
      '/home/me/.config/Cursor/User/globalStorage/state.vscdb',
    ]);
    assert.deepEqual(cursorStateFiles(undefined, machine('darwin')), [
      '/home/me/Library/Application Support/Cursor/User/globalStorage/state.vscdb',
    ]);
    assert.deepEqual(cursorStateFiles(undefined, machine('win32', { APPDATA: 'C:\\Roaming' })), [
      'C:\\Roaming\\Cursor\\User\\globalStorage\\state.vscdb',
    ]);
  });
  it('a missing file, a folder and something else than a database are no error, and nothing is made', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'cursor-app-'));
    try {
      const file = path.join(folder, 'state.vscdb');
      assert.deepEqual(await readCursorState(file, ours), { kind: 'absent' });
      assert.deepEqual(await readCursorState(folder, ours), { kind: 'absent' });
      assert.deepEqual(readdirSync(folder), []);
      writeFileSync(file, 'x'.repeat(4096));
      assert.equal((await readCursorState(file, ours)).kind, 'unreadable');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const sqlite = await import('node:sqlite').catch(() => undefined);

if (!sqlite) {
  describe('Cursor’s file on a runtime without node:sqlite', () => {
    it('is not read, and that is said', async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'cursor-app-'));
      const file = path.join(folder, 'state.vscdb');
      writeFileSync(file, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(100)]));
      const reading = await readCursorState(file, ours);
      rmSync(folder, { recursive: true });
      assert.ok(reading.kind === 'unreadable' && /cannot read databases/.test(textOf(reading.why)));
    });
    it('skipped on this runtime: made databases (they need node:sqlite)');
  });
} else {
  describe('Cursor’s file', () => {
    let folder: string;
    let file: string;
    beforeEach(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'cursor-app-'));
      file = path.join(folder, 'state.vscdb');
    });
    afterEach(() => removeFolder(folder));

    /** Stays open as Cursor does; `close` is Cursor's end. */
    function made(rows: Record<string, string | Uint8Array>, mode = 'wal') {
      const db = new sqlite!.DatabaseSync(file);
      db.exec(`PRAGMA journal_mode = ${mode}`);
      db.exec('CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)');
      const put = (key: string, value: string | Uint8Array) =>
        db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(key, value);
      for (const [key, value] of Object.entries(rows)) put(key, value);
      return { db, put };
    }
    const holds = async () => {
      const reading = await readCursorState(file, ours);
      assert.equal(reading.kind, 'read', JSON.stringify(reading));
      return reading.kind === 'read' ? reading.holds : assert.fail();
    };
    const bytes = () => readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'latin1')]);

    it('is read while Cursor has it open with a log, text or blob, and what Cursor writes since is seen', async () => {
      const { db, put } = made({ [ROW]: JSON.stringify(STATE), 'cursorAuth/openAIKey': OURS });
      const wanted = { baseUrl: 'https://a.example/v1', switchedOn: true, models: ['fast', 'gone'], key: 'ours' };
      assert.deepEqual(await holds(), wanted);
      put(ROW, Buffer.from(JSON.stringify({ ...STATE, useOpenAIKey: false })));
      assert.deepEqual(await holds(), { ...wanted, switchedOn: false });
      db.exec('BEGIN IMMEDIATE');
      assert.equal((await holds()).switchedOn, false, 'a writer in mid-transaction is no hindrance');
      db.exec('ROLLBACK');
      db.close();
    });

    it('is left as it is, byte for byte, with Cursor gone: no log appears beside it', async () => {
      made({ [ROW]: JSON.stringify(STATE) }).db.close();
      const before = bytes();
      assert.equal(before.length, 1);
      await holds();
      assert.deepEqual(bytes(), before);
    });

    it('with a log after a crash is neither mended nor checkpointed', async () => {
      const { db } = made({ [ROW]: JSON.stringify(STATE) });
      const copy = path.join(folder, 'copy');
      for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${copy}${end}`);
      db.close();
      const before = bytes();
      const reading = await readCursorState(copy, ours);
      assert.equal(reading.kind === 'unreadable' && textOf(reading.why), 'it was left by a crash of Cursor.');
      assert.deepEqual(bytes(), before);
    });

    it('tells the key’s form: another one, none, encrypted; the key itself is in no result', async () => {
      const { db, put } = made({ [ROW]: '{}' }, 'delete');
      assert.deepEqual(await holds(), { switchedOn: false, models: [], key: 'none' });
      put('secret://cursorAuth/openAIKey', '{"type":"Buffer","data":[1]}');
      assert.equal((await holds()).key, 'hidden');
      put('cursorAuth/openAIKey', 'sk-other-secret');
      const told = await holds();
      assert.equal(told.key, 'other');
      assert.ok(!JSON.stringify(told).includes('sk-other'));
      db.close();
    });

    it('is not waited for long when it is locked', async () => {
      const { db } = made({ [ROW]: JSON.stringify(STATE) }, 'delete');
      db.exec('BEGIN EXCLUSIVE');
      const reading = await readCursorState(file, ours);
      assert.ok(reading.kind === 'unreadable' && /locked/.test(textOf(reading.why)), JSON.stringify(reading));
      db.exec('ROLLBACK');
      db.close();
    });

    it('holds huge values of other rows that are never loaded, and a row of its own that is too large is passed over', async () => {
      const { db, put } = made({ huge: new Uint8Array(40 * 1024 * 1024), [ROW]: JSON.stringify(STATE) });
      assert.equal((await holds()).key, 'none');
      put(ROW, new Uint8Array(33 * 1024 * 1024));
      assert.deepEqual(await readCursorState(file, ours), { kind: 'absent' });
      db.close();
    });

    it('of another shape is not guessed at', async () => {
      const { db, put } = made({});
      assert.deepEqual(await readCursorState(file, ours), { kind: 'absent' }, 'another editor’s file');
      const wrong = ['[]', '{"a"', 'null', '{"useOpenAIKey":1}', '{"openAIBaseUrl":{}}', '{"aiSettings":[]}'];
      for (const text of wrong) {
        put(ROW, text);
        assert.equal((await readCursorState(file, ours)).kind, 'unreadable', text);
      }
      put(ROW, '{"openAIBaseUrl":" ","aiSettings":{"userAddedModels":[1,null,"a"],"modelOverrideDisabled":"x"}}');
      assert.deepEqual(await holds(), { switchedOn: false, models: ['a'], key: 'none' });
      db.exec('DROP TABLE ItemTable');
      assert.equal((await readCursorState(file, ours)).kind, 'unreadable');
      db.close();
    });

    it('is looked at again when it changes, and another editor’s file gives way to the next place', async () => {
      const { db, put } = made({ [ROW]: JSON.stringify(STATE) });
      const other = path.join(folder, 'other.vscdb');
      let tell = (): void => undefined;
      const app = createCursorApp({ files: [other, file], ours, onChange: () => tell(), everyMs: 5 });
      await app.look();
      assert.equal(app.reading.kind, 'read');
      const changed = new Promise<void>((resolve) => {
        tell = resolve;
      });
      put(ROW, JSON.stringify({ ...STATE, useOpenAIKey: false }));
      await changed;
      assert.ok(app.reading.kind === 'read' && !app.reading.holds.switchedOn);
      app.close();
      db.close();
    });
  });
}
