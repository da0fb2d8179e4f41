/** Made files of Cursor's database and a made Cursor process; none comes from a live Cursor. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCursorCommand } from '../../../src/cursorApp/command';
import { belongsTo, type RunningProgram, runningPrograms } from '../../../src/cursorApp/processes';
import { ROW } from '../../../src/cursorApp/readState';
import { writeWhenClosed } from '../../../src/cursorApp/whenClosed';
import { connectState, disconnectState, keptFile } from '../../../src/cursorApp/writeState';
import { breakDisk } from '../../support/brokenDisk';
import { assertPrivate, itOnLinux, onLinux } from '../../support/platform';

const URL_ = 'https://a.example/v1';
const BEFORE =
  '{"big":12345678901234567890,"openAIBaseUrl":null,"useOpenAIKey":false,"aiSettings":{"userAddedModels":["mine"],"modelOverrideEnabled":["mine"]},"theme":"dark"}';
const sqlite = await import('node:sqlite').catch(() => undefined);

describe("writing Cursor's settings", () => {
  let folder: string;
  let file: string;
  let dataDir: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'cursor-write-'));
    file = path.join(folder, 'state.vscdb');
    dataDir = path.join(folder, 'data');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  if (!sqlite) {
    it('is refused on a runtime without node:sqlite', async () => {
      writeFileSync(file, 'x');
      const result = await connectState(file, dataDir, { baseUrl: URL_, models: [] });
      assert.ok(!result.ok && /cannot write databases.*Nothing was written/.test(result.text), result.text);
      assert.ok(!existsSync(keptFile(dataDir)));
    });
    it('skipped on this runtime: made databases (they need node:sqlite)');
    return;
  }

  function open() {
    const db = new sqlite!.DatabaseSync(file);
    db.exec('PRAGMA journal_mode = wal');
    db.exec('CREATE TABLE IF NOT EXISTS ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)');
    return db;
  }
  function made(value: string | Uint8Array, others: Record<string, string> = {}): void {
    const db = open();
    for (const [key, text] of Object.entries({ [ROW]: value, ...others }))
      db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(key, text);
    db.close();
  }
  function row(key = ROW): { value: string | Uint8Array; type: string } {
    const db = new sqlite!.DatabaseSync(file, { readOnly: true });
    const found = db.prepare('SELECT value, typeof(value) AS type FROM ItemTable WHERE key = ?').get(key);
    db.close();
    return found as { value: string; type: string };
  }
  const settings = () => JSON.parse(Buffer.from(row().value as string).toString()) as Record<string, unknown>;
  const connect = (models = ['fast'], baseUrl = URL_) => connectState(file, dataDir, { baseUrl, models });

  it('writes URL, switch and names, keeps the row as it was in a 0600 file, and leaves no log', async () => {
    made(BEFORE, { 'cursorAuth/openAIKey': 'sk-secret' });
    assert.ok((await connect()).ok);
    assert.deepEqual(readdirSync(folder).sort(), ['data', 'state.vscdb']);
    const { openAIBaseUrl, useOpenAIKey, aiSettings, theme } = settings();
    assert.deepEqual([openAIBaseUrl, useOpenAIKey, theme], [URL_, true, 'dark']);
    assert.deepEqual(aiSettings, { userAddedModels: ['mine', 'fast'], modelOverrideEnabled: ['mine', 'fast'] });
    assertPrivate(keptFile(dataDir), 0o600);
    assert.ok(!readFileSync(keptFile(dataDir), 'utf8').includes('sk-secret'));
    assert.equal(row('cursorAuth/openAIKey').value, 'sk-secret', 'never a key');
  });

  for (const value of [BEFORE, Buffer.from(BEFORE)])
    it(`a row that nobody touched comes back byte for byte, ${typeof value === 'string' ? 'text' : 'blob'}`, async () => {
      made(value);
      const before = row();
      await connect();
      await connect(['other'], 'https://b.example/v1');
      assert.equal(settings().openAIBaseUrl, 'https://b.example/v1');
      assert.ok((await disconnectState(file, dataDir)).ok);
      assert.deepEqual(row(), before);
      assert.ok(!existsSync(keptFile(dataDir)), 'kept until then only');
      assert.match((await disconnectState(file, dataDir)).text, /nothing to put back/);
    });

  it('undo puts each field back where it still holds ours, and keeps what Cursor wrote since', async () => {
    made(BEFORE);
    await connect();
    const now = settings() as Record<string, unknown> & { aiSettings: Record<string, string[]> };
    now.theme = 'light';
    now.openAIBaseUrl = 'https://person.example/v1';
    now.aiSettings.userAddedModels!.push('later');
    const db = open();
    db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(ROW, JSON.stringify(now));
    db.close();
    assert.ok((await disconnectState(file, dataDir)).ok);
    assert.deepEqual(settings(), {
      big: 12345678901234567000,
      openAIBaseUrl: 'https://person.example/v1',
      useOpenAIKey: false,
      aiSettings: { userAddedModels: ['mine', 'later'], modelOverrideEnabled: ['mine'] },
      theme: 'light',
    });
  });

  it('a second connect after Cursor wrote keeps what was there before us, not what we wrote', async () => {
    made(BEFORE);
    await connect();
    const db = open();
    db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(ROW, JSON.stringify({ ...settings(), theme: 'light' }));
    db.close();
    await connect([], 'https://b.example/v1');
    await disconnectState(file, dataDir);
    const { openAIBaseUrl, useOpenAIKey, theme, aiSettings } = settings();
    assert.deepEqual([openAIBaseUrl, useOpenAIKey, theme], [null, false, 'light']);
    assert.deepEqual(aiSettings, { userAddedModels: ['mine'], modelOverrideEnabled: ['mine'] });
  });

  /** What lies on the disk when the router ends right before the database takes the change. */
  async function crashBeforeCommit(work: () => Promise<unknown>): Promise<void> {
    const was = readFileSync(file);
    let note = '';
    const { exec } = sqlite!.DatabaseSync.prototype;
    const spied = mock.method(sqlite!.DatabaseSync.prototype, 'exec', function (this: never, sql: string) {
      if (sql === 'COMMIT') note = readFileSync(keptFile(dataDir), 'utf8');
      exec.call(this, sql);
    });
    await work();
    spied.mock.restore();
    writeFileSync(file, was);
    writeFileSync(keptFile(dataDir), note);
  }
  const again = () => connect(['other'], 'https://b.example/v1');

  it('a crash between the note and the database of a second connect forgets nothing of before the first', async () => {
    made(BEFORE);
    await connect();
    await crashBeforeCommit(again);
    assert.equal(settings().openAIBaseUrl, URL_, 'the first one is in force');
    await crashBeforeCommit(again);
    assert.ok((await disconnectState(file, dataDir)).ok);
    assert.equal(row().value, BEFORE);
  });

  it('a connect after such a crash keeps what was there before the first, and only that', async () => {
    made(BEFORE);
    await connect();
    await crashBeforeCommit(again);
    assert.ok((await again()).ok);
    assert.equal((JSON.parse(readFileSync(keptFile(dataDir), 'utf8')) as { earlier?: unknown }).earlier, undefined);
    await disconnectState(file, dataDir);
    assert.equal(row().value, BEFORE);
  });

  it('what Cursor wrote after such a crash stays, what either connect put in goes', async () => {
    made(BEFORE);
    await connect();
    await crashBeforeCommit(again);
    const db = open();
    db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(ROW, JSON.stringify({ ...settings(), theme: 'light' }));
    db.close();
    await disconnectState(file, dataDir);
    const { openAIBaseUrl, useOpenAIKey, theme, aiSettings } = settings();
    assert.deepEqual([openAIBaseUrl, useOpenAIKey, theme], [null, false, 'light']);
    assert.deepEqual(aiSettings, { userAddedModels: ['mine'], modelOverrideEnabled: ['mine'] });
  });

  it('a crash of the first connect leaves nothing that a disconnect would change', async () => {
    made(BEFORE);
    await crashBeforeCommit(() => connect());
    assert.ok((await disconnectState(file, dataDir)).ok);
    assert.equal(row().value, BEFORE);
  });

  for (const code of ['ENOSPC', 'EACCES'] as const)
    it(`${code} at the note of a second connect leaves the first in force, to be undone`, async () => {
      made(BEFORE);
      await connect();
      const disk = await breakDisk(dataDir, code);
      const refused = await again().finally(() => disk.mend());
      assert.ok(!refused.ok && refused.text.includes(code), refused.text);
      assert.equal(settings().openAIBaseUrl, URL_);
      await disconnectState(file, dataDir);
      assert.equal(row().value, BEFORE);
    });

  it('a damaged note is named and never written over', async () => {
    made(BEFORE);
    await connect();
    const whole = readFileSync(keptFile(dataDir), 'utf8');
    const torn = whole.slice(0, whole.length / 2);
    writeFileSync(keptFile(dataDir), torn);
    for (const refused of [await again(), await disconnectState(file, dataDir)])
      assert.ok(!refused.ok && refused.text.includes(`${keptFile(dataDir)}, which keeps`), refused.text);
    assert.equal(readFileSync(keptFile(dataDir), 'utf8'), torn);
    assert.equal(settings().openAIBaseUrl, URL_);
  });

  it('what one Cursor held is not forgotten for another, and goes on being put back', async () => {
    made(BEFORE);
    await connect();
    const first = file;
    file = path.join(folder, 'other.vscdb');
    made(BEFORE);
    const refused = await connect();
    assert.ok(!refused.ok && refused.text.includes(`disconnect that one first, with --file. Nothing`), refused.text);
    assert.equal(row().value, BEFORE);
    assert.ok(!(await disconnectState(file, dataDir)).ok);
    file = first;
    assert.ok((await disconnectState(file, dataDir)).ok);
    assert.equal(row().value, BEFORE);
  });

  it('a Cursor that is gone holds up no other', async () => {
    made(BEFORE);
    await connect();
    rmSync(file);
    file = path.join(folder, 'other.vscdb');
    made(BEFORE);
    assert.ok((await connect()).ok);
    assert.ok((await disconnectState(file, dataDir)).ok);
    assert.equal(row().value, BEFORE);
  });

  it('an open database is never written, even by a Cursor that only holds it', async () => {
    made(BEFORE);
    const db = open();
    db.prepare('SELECT 1 FROM ItemTable').get();
    const result = await connect();
    assert.ok(!result.ok && /Nothing was written/.test(result.text), result.text);
    assert.ok(!existsSync(keptFile(dataDir)));
    db.close();
    assert.equal(row().value, BEFORE);
  });

  it('another form, another table and a log after a crash are left alone', async () => {
    made('{"aiSettings":[]}');
    assert.match((await connect()).text, /not known here.*Nothing was written/);
    assert.equal(row().value, '{"aiSettings":[]}');
    assert.ok(!existsSync(keptFile(dataDir)));
    writeFileSync(`${file}-wal`, 'x');
    assert.match((await connect()).text, /crash/);
    rmSync(`${file}-wal`);
    writeFileSync(file, 'x'.repeat(4096));
    assert.match((await connect()).text, /Nothing was written/);
  });

  it('from a terminal: status, connect, disconnect; a Cursor that runs is refused', async () => {
    made(BEFORE);
    let running: RunningProgram[] | undefined = [];
    const said: string[] = [];
    const world = {
      defaultDataDir: () => dataDir,
      files: [path.join(folder, 'none.vscdb'), file],
      running: async () => running,
      doubt: (model: string) => (model === 'b' ? 'Cursor keeps b for itself.' : undefined),
      out: (text: string) => void said.push(text),
      err: (text: string) => void said.push(text),
    };
    const run = async (...args: string[]) => [await runCursorCommand(args, world), said.splice(0).join('')] as const;
    assert.match((await run('status'))[1], /Base URL {6}not overridden\n.*none, switched off\n.*mine/s);
    running = [{ pid: 4711, program: '/opt/cursor/cursor' }];
    const refused = await run('connect', '--url', URL_);
    assert.deepEqual([refused[0], /process 4711/.test(refused[1])], [1, true]);
    running = undefined;
    assert.equal((await run('connect', '--url', URL_))[0], 1);
    running = [];
    const connected = await run('connect', '--url', URL_, '--model', 'fast', '--model', 'b');
    assert.equal(connected[0], 0);
    assert.match(connected[1], /\nCursor keeps b for itself\.\n$/, 'a name that Cursor does not send here is told');
    assert.match((await run('status'))[1], /https:\/\/a\.example\/v1\n.*switched on\n.*mine, fast, b/s);
    assert.equal((await run('disconnect'))[0], 0);
    assert.equal(row().value, BEFORE);
    const other = ['--file', path.relative(process.cwd(), file)];
    assert.equal((await run('connect', '--url', URL_))[0], 0);
    assert.equal((await run('connect', '--url', 'https://b.example/v1', ...other))[0], 0);
    assert.equal((await run('disconnect'))[0], 0);
    assert.equal(row().value, BEFORE, 'also when the same file was named in another way');
    assert.equal((await run('connect', '--url', 'http://x'))[0], 2);
    assert.equal((await run('something'))[0], 2);
    assert.match((await run('status', '--typo'))[1], /^Unknown option '--typo'\n/);
    assert.match((await run('--help'))[1], /not on a live Cursor/);
  });

  describe('with a made Cursor that holds its file and rewrites it on exit', () => {
    let cursor: ChildProcess;
    let runtime: string;
    const SCRIPT = `
      const { DatabaseSync } = require('node:sqlite');
      const [file, row] = process.argv.slice(1);
      const db = new DatabaseSync(file);
      const held = JSON.parse(db.prepare('SELECT value FROM ItemTable WHERE key = ?').get(row).value);
      held.flushed = true;
      process.stdin.on('end', () => setTimeout(() => {
        db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(row, JSON.stringify(held));
        db.close();
        setTimeout(() => process.exit(0), 300);
      }, 700)).resume();
      console.log('ready');`;

    beforeEach(async () => {
      if (!onLinux) return;
      mkdirSync(path.join(folder, 'app'));
      runtime = path.join(folder, 'app', 'cursor');
      copyFileSync(process.execPath, runtime);
      made(BEFORE);
      cursor = spawn(runtime, ['-e', SCRIPT, file, ROW], { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(cursor.stdout!, 'data');
    });
    afterEach(() => cursor?.kill());

    itOnLinux(
      'the write waits for it, never loses to it, and undo keeps what it wrote',
      'made with /proc',
      async () => {
        const own = belongsTo(runtime, 'linux');
        let starts = 0;
        let quitting = false;
        const done = writeWhenClosed(
          {
            now: () => performance.now(),
            sleep: async () => {
              await sleep(20);
              if (!quitting) cursor.stdin!.end();
              quitting = true;
            },
            others: async () => (await runningPrograms())?.filter(({ program }) => own(program)).length,
            windows: () => 0,
            write: () => connect(),
            startCursor: () => void starts++,
          },
          new AbortController().signal,
        );
        const result = await done;
        assert.ok(result.ok, result.text);
        // The system may know of its end before our runtime has heard of it.
        if (cursor.exitCode === null) await once(cursor, 'exit');
        assert.notEqual(cursor.exitCode, null, 'it was gone');
        assert.deepEqual([settings().flushed, settings().openAIBaseUrl, starts], [true, URL_, 1]);
        assert.ok((await disconnectState(file, dataDir)).ok);
        assert.deepEqual([settings().flushed, settings().openAIBaseUrl, settings().useOpenAIKey], [true, null, false]);
      },
    );
  });
});
