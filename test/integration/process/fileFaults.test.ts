/** Every file that the router keeps, and a disk that refuses, loses or tears it: nothing else fails, it is told, and later it works. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ROW } from '../../../src/cursorApp/readState';
import { connectState } from '../../../src/cursorApp/writeState';
import { createSwitchStore } from '../../../src/editor/connect/switchMemory';
import { createStopFlag } from '../../../src/editor/stopFlag';
import { createBodyLog } from '../../../src/ledger/bodyLog';
import { metricsToken } from '../../../src/ledger/metricsServer';
import { openLedger } from '../../../src/ledger/store';
import { listClaims } from '../../../src/process/claims';
import { createCursorSightings } from '../../../src/process/cursorSighting';
import { claimDataDir } from '../../../src/process/dataDirClaim';
import { acquireInstance } from '../../../src/process/instance';
import { openLogFile } from '../../../src/process/logFile';
import { openMemoryStore } from '../../../src/process/memoryStore';
import { openMemo } from '../../../src/process/routerMemo';
import { installSecret, openRuntimeDir, type RuntimeDir } from '../../../src/process/runtimeDir';
import { nodeSpawner } from '../../../src/process/spawnRouter';
import { storedClientKey } from '../../../src/process/storedClientKey';
import type { Target } from '../../../src/routing/backend';
import { launchCloudflared } from '../../../src/tunnel/cloudflared/cloudflaredProcess';
import { readWritten } from '../../../src/tunnel/cloudflared/strays';
import { ngrokDriver } from '../../../src/tunnel/kinds/ngrok';
import { adoptProgram, type ProgramKind } from '../../../src/tunnel/program';
import { configPath, openStateFile } from '../../../src/tunnel/stateFile';
import { ownProgram } from '../../../src/tunnel/watcher';
import { realWorld, type TunnelWorld } from '../../../src/tunnel/world';
import { openLessonStore } from '../../../src/upstream/lessonStore';
import { breakDisk, type DiskFault } from '../../support/brokenDisk';
import { requestRecord } from '../../support/ledgerRecords';
import { itOnPosix, itOnWindows, removeOwnFolder } from '../../support/platform';

/** How a refusal is told. */
const WORDS: Record<DiskFault, RegExp> = { ENOSPC: /ENOSPC|the disk is full/, EACCES: /EACCES|may not write/ };

interface Kept {
  /** Throws where a person or a command waits for the answer. */
  write(mark: number): unknown;
  close?(): unknown;
}

interface Place {
  file: string;
  open(dataDir: string, tell: (sentence: string) => void): Kept | Promise<Kept>;
  /** The marks that a new process finds. */
  read(dataDir: string): number[] | Promise<number[]>;
  /** Best effort, without a word: the value in memory goes on. */
  quiet?: true;
  /** Nobody makes this file anew, since somebody has what stood in it: its loss is told instead. */
  irreplaceable?: true;
  /** It is held open while it is written. */
  heldOpen?: true;
}

const marksIn = (text: string) => [...text.matchAll(/mark-(\d)/g)].map(([, mark]) => Number(mark));
const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const target = { backend: { name: 'b', baseUrl: 'https://b.example', wire: 'chat' }, upstreamModel: 'm' } as Target;
const key = Buffer.alloc(32, 7);

/** Every program that is started ends at once. */
const world: TunnelWorld = {
  ...realWorld(),
  spawn: (_program, _args, options) => spawn(process.execPath, ['-e', ''], options),
};

const PLACES: Record<string, Place> = {
  'state of the tunnel': {
    file: 'tunnel/state.json',
    quiet: true,
    open(dataDir) {
      const state = openStateFile(dataDir);
      return { write: (mark) => state.update({ requests: [...(state.value.requests ?? []), mark] }) };
    },
    read: (dataDir) => [...(openStateFile(dataDir).value.requests ?? [])],
  },
  'note for the next router': {
    file: 'run/memo.json',
    quiet: true,
    async open(dataDir) {
      mkdirSync(path.join(dataDir, 'run'), { recursive: true });
      const memo = await openMemo({ run: path.join(dataDir, 'run') } as RuntimeDir, 0);
      return { write: (mark) => memo.update({ port: mark }) };
    },
    read: async (dataDir) => [(await openMemo({ run: path.join(dataDir, 'run') } as RuntimeDir, 0)).value.port ?? 0],
  },
  lessons: {
    file: 'lessons.json',
    open(dataDir, warn) {
      const store = openLessonStore({ dataDir, now: () => 0, warn });
      return {
        async write(mark) {
          store.remember(target, [{ field: `mark-${mark}`, do: 'drop', lasting: true }]);
          await store.close();
        },
        close: () => store.close(),
      };
    },
    read: (dataDir) => marksIn(JSON.stringify(openLessonStore({ dataDir, now: () => 0, warn: () => {} }).all())),
  },
  "Cursor's memory": {
    file: 'memory.bin',
    heldOpen: true,
    async open(dataDir, warn) {
      const live: string[] = [];
      const file = path.join(dataDir, 'memory.bin');
      const store = await openMemoryStore({ file, key, live: () => live, warn, retryMs: 0 });
      live.push(...store.records);
      return {
        write(mark) {
          live.push(`mark-${mark}`);
          store.append(`mark-${mark}`);
          return store.flush();
        },
        close: () => store.close(),
      };
    },
    async read(dataDir) {
      const file = path.join(dataDir, 'memory.bin');
      const store = await openMemoryStore({ file, key, live: () => [], warn: () => {} });
      await store.close();
      return marksIn(store.records.join());
    },
  },
  'usage log': {
    file: 'ledger/requests-2026-11.jsonl',
    heldOpen: true,
    async open(dataDir, tell) {
      const ledger = await openLedger({ dataDir, syncEvery: 0 });
      return {
        async write(mark) {
          await ledger.sync().catch(() => undefined);
          ledger.append(requestRecord({ askedModel: `mark-${mark}` }));
          if (ledger.problem) tell(ledger.problem);
        },
        async close() {
          assert.equal(ledger.problem, undefined);
          await ledger.close();
        },
      };
    },
    async read(dataDir) {
      const ledger = await openLedger({ dataDir, syncEvery: 0, readOnly: true });
      const found: number[] = [];
      for await (const { askedModel } of ledger.records({ from: '', to: '' })) found.push(...marksIn(askedModel));
      const [total] = await ledger.summary({ from: '', to: '', by: 'backend' });
      if (found.length > 0) assert.ok(total!.requests >= found.length, 'sums and records agree');
      await ledger.close();
      return found;
    },
  },
  log: {
    file: 'logs/router.log',
    quiet: true,
    open(dataDir) {
      mkdirSync(path.join(dataDir, 'logs'), { recursive: true });
      let time = 0;
      const now = () => new Date((time += 2_000));
      const log = openLogFile({ file: path.join(dataDir, 'logs/router.log'), now, maxBytes: 60 });
      return { write: (mark) => log.info(`mark-${mark}`), close: log.close };
    },
    read: (dataDir) =>
      ['', '.1', '.2', '.3'].flatMap((end) => marksIn(textOf(path.join(dataDir, `logs/router.log${end}`)))),
  },
  'client key': {
    file: 'client-key',
    irreplaceable: true,
    open: (dataDir) => ({ write: () => storedClientKey(dataDir) }),
    read: async (dataDir) =>
      (await storedClientKey(dataDir)) === textOf(path.join(dataDir, 'client-key')).trim() ? [1, 2, 3] : [],
  },
  'install secret': {
    file: 'install-secret',
    irreplaceable: true,
    open: (dataDir) => ({ write: () => installSecret(dataDir) }),
    read: async (dataDir) => ((await installSecret(dataDir)) ? [1, 2, 3] : []),
  },
  'where Cursor came through': {
    file: 'cursor-seen.json',
    open(dataDir, tell) {
      const seen = createCursorSightings({
        dataDir,
        now: Date.now,
        log: (level, line) => level === 'warn' && tell(line),
      });
      return {
        async write(mark) {
          seen.saw(`mark-${mark}.example`);
          await seen.close();
        },
      };
    },
    read: (dataDir) => marksIn(textOf(path.join(dataDir, 'cursor-seen.json'))),
  },
  "switch of Cursor's key": {
    file: 'cursor-switch.json',
    open(dataDir) {
      const store = createSwitchStore(dataDir);
      return { write: (mark) => store.change({ offAt: mark }) };
    },
    read: (dataDir) => [createSwitchStore(dataDir).read().offAt ?? 0],
  },
  "a person's Stop": {
    file: 'stopped',
    open: (dataDir) => ({ write: () => createStopFlag(dataDir).set(true) }),
    read: (dataDir) => (createStopFlag(dataDir).isSet() ? [1, 2, 3] : []),
  },
  'whose folder it is': {
    file: 'run/headless.json',
    open: (dataDir) => ({
      async write() {
        const claim = await claimDataDir(dataDir);
        await claim.tellPort(1).finally(() => claim.release());
      },
    }),
    read: () => [1, 2, 3],
  },
  'generation of a router': {
    file: 'run/gen-1.json',
    async open(dataDir) {
      const dir = await openRuntimeDir(dataDir);
      const listen = async () => () => undefined;
      const log = { info() {}, warn() {}, error() {}, debug() {} };
      return {
        async write(mark) {
          const asked = { dir, secret: 'x', version: `mark-${mark}`, takeOver: false, listen, log };
          assert.equal((await acquireInstance(asked)).kind, 'owner');
        },
      };
    },
    read: async (dataDir) => marksIn(JSON.stringify(await listClaims(await openRuntimeDir(dataDir)))),
  },
  'token of the metrics': {
    file: 'metrics-token',
    irreplaceable: true,
    open: (dataDir) => ({ write: () => metricsToken(dataDir) }),
    read: async (dataDir) =>
      (await metricsToken(dataDir)) === textOf(path.join(dataDir, 'metrics-token')).trim() ? [1, 2, 3] : [],
  },
  'configuration of cloudflared': {
    file: 'tunnel/cloudflared.yml',
    open(dataDir) {
      const of = { dataDir, world, state: openStateFile(dataDir), binary: 'cloudflared', provider: 'cloudflaredNamed' };
      const how = { host: 'a.example', transport: 'quic', again: true, identity: { token: 'token' } } as const;
      return {
        async write(mark) {
          const link = await launchCloudflared({ ...of, ...how, localPort: mark });
          await link.close();
        },
      };
    },
    read: (dataDir) => [readWritten(configPath(dataDir))?.localPort ?? 0],
  },
  'configuration of ngrok': {
    file: 'tunnel/ngrok.yml',
    open(dataDir) {
      const of = { dataDir, world, state: openStateFile(dataDir), binary: process.execPath, hostname: '' };
      const driver = ngrokDriver({ ...of, localPort: 1, token: 'token' });
      const { signal } = new AbortController();
      return {
        async write() {
          const link = await driver.open({ again: true, doubt: false, signal, report() {} });
          await link.close();
        },
      };
    },
    read: (dataDir) =>
      /^version: .*\ninspect_db_size: -1\n$/s.test(textOf(path.join(dataDir, 'tunnel/ngrok.yml'))) ? [1, 2, 3] : [],
  },
  'whose the tunnel program is': {
    file: 'tunnel/owner',
    quiet: true,
    open(dataDir) {
      mkdirSync(path.join(dataDir, 'tunnel'), { recursive: true });
      return { write: () => ownProgram(dataDir) };
    },
    read: (dataDir) => (Number(textOf(path.join(dataDir, 'tunnel/owner'))) === process.pid ? [1, 2, 3] : []),
  },
  'bodies of requests': {
    file: 'bodies.jsonl',
    open(dataDir, tell) {
      const onChange = (_on: boolean, reason?: string) => reason && tell(reason);
      const log = createBodyLog({ dataDir, now: () => 0, secrets: () => [], onChange });
      return {
        async write(mark) {
          log.switch(true);
          log.write('id', 'answer', `mark-${mark}`);
          while (log.on && !existsSync(log.file)) await setImmediate();
          await log.close();
        },
      };
    },
    read: (dataDir) => marksIn(textOf(path.join(dataDir, 'bodies.jsonl'))),
  },
};

const BEFORE = '{"openAIBaseUrl":null,"useOpenAIKey":false,"aiSettings":{}}';
const sqlite = await import('node:sqlite').catch(() => undefined);
if (sqlite)
  PLACES['what Cursor held before'] = {
    file: 'cursor-before.json',
    irreplaceable: true,
    open(dataDir) {
      const file = path.join(dataDir, 'state.vscdb');
      const db = new sqlite.DatabaseSync(file);
      db.exec('CREATE TABLE IF NOT EXISTS ItemTable (key TEXT UNIQUE, value BLOB)');
      db.prepare('INSERT OR IGNORE INTO ItemTable VALUES (?, ?)').run(ROW, BEFORE);
      db.close();
      return {
        async write(mark) {
          const result = await connectState(file, dataDir, { baseUrl: `https://mark-${mark}.example/v1`, models: [] });
          if (!result.ok) throw new Error(result.text);
        },
      };
    },
    read: (dataDir) => marksIn(textOf(path.join(dataDir, 'cursor-before.json'))),
  };

describe('file faults at every write', () => {
  let dataDir: string;
  let told: string[];
  const tell = (sentence: string) => void told.push(sentence);
  /** What is thrown is told by whoever asked. */
  const attempt = async <T>(what: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await what();
    } catch (error) {
      tell((error as Error).message);
      return undefined;
    }
  };
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-disk-'));
    told = [];
  });
  afterEach(() => removeOwnFolder(dataDir));

  for (const [name, place] of Object.entries(PLACES)) {
    for (const code of ['ENOSPC', 'EACCES'] as const) {
      it(`${name}: ${code} while it runs`, async () => {
        const kept = await place.open(dataDir, tell);
        await kept.write(1);
        const refused = await refusing(code, () => attempt(() => kept.write(2)));
        await kept.write(3);
        await kept.close?.();
        const found = await place.read(dataDir);
        assert.ok(found.includes(3));
        if (refused && !place.quiet && !found.includes(2)) assert.match(told.join('\n'), WORDS[code]);
      });

      it(`${name}: ${code} from the start`, async () => {
        let kept: Kept | undefined;
        const refused = await refusing(code, async () => {
          kept = await attempt(() => place.open(dataDir, tell));
          await attempt(() => kept?.write(1));
        });
        kept ??= await place.open(dataDir, tell);
        await kept.write(2);
        await kept.close?.();
        const found = await place.read(dataDir);
        assert.ok(found.includes(2));
        if (refused && !place.quiet && !found.includes(1)) assert.match(told.join('\n'), WORDS[code]);
      });
    }

    const missing = `${name}: missing while it runs`;
    const itMissing = (run: () => Promise<void>) =>
      place.heldOpen ? itOnPosix(missing, 'what is open goes when it is closed', run) : it(missing, run);
    itMissing(async () => {
      const kept = await place.open(dataDir, tell);
      await kept.write(1);
      rmSync(path.join(dataDir, place.file), { force: true });
      await attempt(() => kept.write(2));
      if (place.irreplaceable && name === 'client key') assert.match(told.join(), /client-key.*is gone/);
      else {
        await kept.close?.();
        assert.ok((await place.read(dataDir)).includes(2));
      }
    });

    if (place.heldOpen)
      itOnWindows(`${missing}, or once it is closed: the next one has its own again`, 'so files go there', async () => {
        const kept = await place.open(dataDir, tell);
        await kept.write(1);
        rmSync(path.join(dataDir, place.file), { force: true });
        await attempt(() => kept.write(2));
        await attempt(() => kept.close?.());
        const next = await place.open(dataDir, tell);
        await next.write(3);
        await next.close?.();
        assert.ok((await place.read(dataDir)).includes(3));
      });

    it(`${name}: torn before a start`, async () => {
      const before = await place.open(dataDir, tell);
      await before.write(1);
      await before.close?.();
      const file = path.join(dataDir, place.file);
      if (existsSync(file)) truncateSync(file, Math.floor(statSync(file).size / 2));
      const kept = await place.open(dataDir, tell);
      await attempt(() => kept.write(2));
      if (place.irreplaceable) assert.match(told.join(), new RegExp(place.file));
      else {
        await kept.close?.();
        assert.ok((await place.read(dataDir)).includes(2));
      }
    });
  }

  it('the note of whose a tunnel program is comes back while it runs: without it, it would be ended', async () => {
    const state = openStateFile(dataDir);
    const running = {
      provider: 'ngrok',
      host: '',
      localPort: 1,
      transport: 'http2',
      pid: process.pid,
      metricsPort: 0,
    } as const;
    const kind: ProgramKind = {
      logName: 'ngrok.log',
      createLog: () => ({ push: () => [], lastLines: () => [] }),
      connected: async () => true,
      lostAfterMs: 1,
      honest: true,
    };
    const link = adoptProgram(running, kind, dataDir, world, state);
    const note = path.join(dataDir, 'tunnel/owner');
    rmSync(note);
    await link.connected();
    assert.equal(readFileSync(note, 'utf8'), String(process.pid));
    link.leave();
  });

  it('a disk without room for what the runtime prints keeps no router from starting', async () => {
    const spawnRouter = nodeSpawner(process.execPath, path.join(dataDir, 'none.js'));
    const disk = await breakDisk(dataDir, 'ENOSPC');
    try {
      const started = spawnRouter({ dataDir, takeOver: false, output: path.join(dataDir, 'router-output.log') });
      assert.equal((await started.ended).code, 1, 'the runtime ran, and found no such script');
      assert.equal(disk.refusals, 1);
    } finally {
      disk.mend();
    }
  });

  it('a full disk takes the note of the next router in the place of that of the one before', () => {
    mkdirSync(path.join(dataDir, 'tunnel'));
    const note = path.join(dataDir, 'tunnel/owner');
    // Longer and shorter than any number of a process here.
    for (const before of ['1'.padEnd(12), '1']) {
      writeFileSync(note, before);
      const renamed = mock.method(fs, 'renameSync', () => {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      });
      syncBuiltinESMExports();
      ownProgram(dataDir);
      renamed.mock.restore();
      syncBuiltinESMExports();
      assert.equal(renamed.mock.callCount(), 1);
      assert.equal(Number(readFileSync(note, 'utf8')), process.pid);
    }
  });

  async function refusing(code: DiskFault, during: () => Promise<unknown>): Promise<boolean> {
    const disk = await breakDisk(dataDir, code);
    try {
      await during();
    } finally {
      disk.mend();
    }
    return disk.refusals > 0;
  }
});
