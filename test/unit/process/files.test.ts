import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createWhole } from '../../../src/network/wholeFile';
import { listClaims, writeClaim } from '../../../src/process/claims';
import { openLogFile } from '../../../src/process/logFile';
import { fromAnotherBoot, identityOf, stillRuns } from '../../../src/process/processIdentity';
import { hashOf, openMemo } from '../../../src/process/routerMemo';
import { installSecret, newSocketPath, openRuntimeDir } from '../../../src/process/runtimeDir';
import { cleanEnvironment, editorArguments } from '../../../src/process/spawnRouter';
import { takeTicket } from '../../../src/process/startTicket';
import { maskKeys as redact } from '../../../src/wires/keyShapes';
import { assertPrivate, itOnPosix, removeFolder } from '../../support/platform';

describe('files of the router process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-'));
  });
  afterEach(() => removeFolder(folder));

  describe('the runtime folder', () => {
    itOnPosix('is made private, and made private again', 'file modes', async () => {
      const dir = await openRuntimeDir(path.join(folder, 'a', 'b'));
      assertPrivate(dir.run, 0o700);
      chmodSync(dir.run, 0o777);
      await openRuntimeDir(dir.dataDir);
      assertPrivate(dir.run, 0o700);
    });

    itOnPosix(
      'is refused as a link, as a file, below a file and when it belongs to somebody else',
      'links and owners',
      async function () {
        symlinkSync(os.tmpdir(), path.join(folder, 'run'));
        await assert.rejects(openRuntimeDir(folder), /is not a folder\. Repair or remove that folder/);
        rmSync(path.join(folder, 'run'));
        writeFileSync(path.join(folder, 'run'), '');
        await assert.rejects(openRuntimeDir(folder), /is not a folder/);
        await assert.rejects(openRuntimeDir(path.join(folder, 'run', 'x')), /a part of the path is a file/);
        if (process.getuid?.() !== 0) return this.skip();
        rmSync(path.join(folder, 'run'));
        mkdirSync(path.join(folder, 'run'));
        chownSync(path.join(folder, 'run'), 65534, 65534);
        await assert.rejects(openRuntimeDir(folder), /belongs to another user/);
      },
    );

    itOnPosix('gives every router a socket path of its own that the system takes', 'sockets in folders', async () => {
      const host = { platform: 'linux' as const, shortRoots: [path.join(folder, 'x'.repeat(120)), folder] };
      const near = await openRuntimeDir(path.join(folder, 'd'));
      const [first, second] = await Promise.all([newSocketPath(near, 1, host), newSocketPath(near, 1, host)]);
      assert.notEqual(first, second);
      assert.equal(path.dirname(first), near.run);
      const far = await openRuntimeDir(path.join(folder, 'ü'.repeat(60)));
      const short = await newSocketPath(far, 1, host);
      assert.ok(Buffer.byteLength(short) <= 107);
      assert.equal(path.dirname(path.dirname(short)), folder);
      assertPrivate(path.dirname(short), 0o700);
      assert.match(
        await newSocketPath(far, 3, { ...host, platform: 'win32' }),
        /^\\\\\.\\pipe\\llm-router-[0-9a-f]{12}-3-[0-9a-f]{12}$/,
      );
    });

    itOnPosix(
      'does not put a socket into a short folder that somebody else has made',
      'sockets in folders',
      async function () {
        if (process.getuid?.() !== 0) return this.skip();
        const [bad, good] = [path.join(folder, '1'), path.join(folder, '2')];
        for (const root of [bad, good]) mkdirSync(root);
        const far = await openRuntimeDir(path.join(folder, 'ü'.repeat(60)));
        const host = { platform: 'linux' as const, shortRoots: [bad] };
        const squatted = path.dirname(await newSocketPath(far, 1, host));
        chownSync(squatted, 65534, 65534);
        await assert.rejects(newSocketPath(far, 1, host), /belongs to another user/);
        assert.ok((await newSocketPath(far, 1, { ...host, shortRoots: [bad, good] })).startsWith(good));
      },
    );
  });

  describe('the install secret', () => {
    it('is one for all who ask at once, private and stable', async () => {
      const secrets = await Promise.all(Array.from({ length: 20 }, () => installSecret(folder)));
      assert.equal(new Set(secrets).size, 1);
      assert.match(secrets[0]!, /^[0-9a-f]{64}$/);
      assert.equal(await installSecret(folder), secrets[0]);
      assert.deepEqual(readdirSync(folder), ['install-secret']);
      assertPrivate(path.join(folder, 'install-secret'), 0o600);
    });

    itOnPosix('is made private again', 'file modes', async () => {
      await installSecret(folder);
      chmodSync(path.join(folder, 'install-secret'), 0o644);
      await installSecret(folder);
      assertPrivate(path.join(folder, 'install-secret'), 0o600);
    });

    it('is not replaced when it is damaged: a sentence says so', async () => {
      writeFileSync(path.join(folder, 'install-secret'), 'abc');
      await assert.rejects(installSecret(folder), /install-secret is damaged/);
    });
  });

  it('creates a whole file for exactly one of many', async () => {
    const file = path.join(folder, 'one');
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => createWhole(file, `${n}`.repeat(1_000))));
    assert.equal(made.filter(Boolean).length, 1);
    assert.equal(readFileSync(file, 'utf8'), `${made.indexOf(true)}`.repeat(1_000));
    assert.deepEqual(readdirSync(folder), ['one']);
  });

  it('lists generations newest first, the damaged ones without a claim', async () => {
    const dir = await openRuntimeDir(folder);
    for (const generation of [2, 10, 9]) {
      assert.equal(await writeClaim(dir, { generation, pid: 1, address: 'x', version: '1' }), true);
    }
    assert.equal(await writeClaim(dir, { generation: 9, pid: 2, address: 'y', version: '1' }), false);
    writeFileSync(path.join(dir.run, 'gen-11.json'), '{');
    writeFileSync(path.join(dir.run, 'gen-x.json'), '{}');
    const claims = await listClaims(dir);
    assert.deepEqual(
      claims.map(({ generation, claim }) => [generation, claim?.pid]),
      [
        [11, undefined],
        [10, 1],
        [9, 1],
        [2, 1],
      ],
    );
  });

  it('tells a process from another with the same id, and this boot from others', async () => {
    const me = await identityOf(process.pid);
    assert.equal(await stillRuns(me), true);
    assert.equal(await stillRuns({ pid: process.pid }), false, 'an id alone proves nothing');
    assert.equal(await stillRuns({ ...me, began: '1' }), false);
    if (me.boot === undefined) return; // Windows: `began` is a time of day
    assert.equal(await stillRuns({ ...me, boot: 'another' }), false);
    assert.equal(await fromAnotherBoot(me), false);
    assert.equal(await fromAnotherBoot({ ...me, boot: 'another' }), true);
    assert.equal(await fromAnotherBoot({ pid: 1 }), false);
  });

  describe('the ticket for a start', () => {
    it('goes to one window at a time, and to the next after a failure or when its time is over', async () => {
      const dir = await openRuntimeDir(folder);
      let now = 1_000_000;
      const take = () => takeTicket(dir, 4, 5_000, () => now);
      const tickets = await Promise.all(Array.from({ length: 10 }, take));
      const mine = tickets.filter((ticket) => ticket.kind === 'mine');
      const theirs = tickets.filter((ticket) => ticket.kind === 'theirs');
      assert.deepEqual([mine.length, theirs.length], [1, 9]);
      assert.deepEqual([theirs[0]!.leftMs, await theirs[0]!.failure()], [5_000, undefined]);
      await mine[0]!.fail({ message: 'broken', final: true });
      assert.deepEqual(await theirs[0]!.failure(), { message: 'broken', final: true });
      assert.equal((await take()).kind, 'mine');
      assert.equal((await take()).kind, 'theirs');
      now += 5_000;
      assert.equal((await take()).kind, 'mine');
      now -= 10_000;
      assert.equal((await take()).kind, 'mine', 'a ticket from the future counts for nothing');
    });
  });

  describe('the memo for the next router', () => {
    it('keeps what it is told, and believes no stamp from the future', async () => {
      const dir = await openRuntimeDir(folder);
      const memo = await openMemo(dir, 1_000);
      assert.deepEqual(memo.value, {});
      memo.update({ changedAt: 5_000, hash: 'h' });
      memo.update({ port: 11_411 });
      // kill -9 may come now: it is on disk already.
      assert.equal(JSON.parse(readFileSync(path.join(dir.run, 'memo.json'), 'utf8')).port, 11_411);
      assert.deepEqual((await openMemo(dir, 9_000)).value, { changedAt: 5_000, hash: 'h', port: 11_411 });
      assert.equal((await openMemo(dir, 2_000)).value.changedAt, 2_000);
      writeFileSync(path.join(dir.run, 'memo.json'), '{"changedAt":"x","port":99999999,');
      assert.deepEqual((await openMemo(dir, 1_000)).value, {});
    });

    it('hashes content, not the order of keys, and with the secret', () => {
      const push = { settings: { a: 1, b: [{ c: 1, d: 2 }] }, secrets: { k: 'v' }, network: {}, changedAt: 1 };
      const same = { changedAt: 2, network: {}, secrets: { k: 'v' }, settings: { b: [{ d: 2, c: 1 }], a: 1 } };
      assert.equal(hashOf('s', push), hashOf('s', same));
      assert.notEqual(hashOf('s', push), hashOf('t', push));
      assert.notEqual(hashOf('s', push), hashOf('s', { ...push, secrets: { k: 'w' } }));
      assert.notEqual(hashOf('s', push), hashOf('s', { ...push, settings: { a: 1, b: [] } }));
    });
  });

  describe('the log', () => {
    it('has one line an event, at the wanted level, without keys, readable by nobody else', () => {
      const file = path.join(folder, 'router.log');
      const log = openLogFile({ file, now: () => new Date(0) });
      log.info('first\nsecond');
      log.debug('unseen');
      log.setLevel('debug');
      log.debug('seen');
      log.error('key sk-proj-abcdefghijklmnop failed');
      log.close();
      log.info('after the end');
      const prefix = `1970-01-01T00:00:00.000Z ${process.pid}`;
      assert.equal(
        readFileSync(file, 'utf8'),
        `${prefix} info first ⏎ second\n${prefix} debug seen\n${prefix} error key [hidden] failed\n`,
      );
      assertPrivate(file, 0o600);
    });

    it('goes on at its place when somebody moved the file away, also where another stands there by then', () => {
      const file = path.join(folder, 'router.log');
      let time = 0;
      const log = openLogFile({ file, now: () => new Date((time += 2_000)) });
      for (const [name, again] of [
        ['archived', ''],
        ['archived-too', 'of somebody else\n'],
      ] as const) {
        log.info(`before ${name}`);
        renameSync(file, path.join(folder, name));
        if (again) writeFileSync(file, again);
        log.info(`behind ${name}`);
        assert.ok(!readFileSync(path.join(folder, name), 'utf8').includes(`behind ${name}`));
        assert.match(readFileSync(file, 'utf8'), new RegExp(`^${again}.* info behind ${name}\n$`));
      }
      log.close();
    });

    it('keeps its size and a few older files, also with two writers', () => {
      const file = path.join(folder, 'router.log');
      const options = { file, maxBytes: 2_000, keep: 2 };
      const [one, two] = [openLogFile(options), openLogFile(options)];
      for (let n = 0; n < 200; n++) (n % 2 === 0 ? one : two).info(`line ${n}`);
      one.close();
      two.close();
      assert.deepEqual(readdirSync(folder).sort(), ['router.log', 'router.log.1', 'router.log.2']);
      for (const name of readdirSync(folder)) assert.ok(statSync(path.join(folder, name)).size < 4_500, name);
      assert.ok(
        readdirSync(folder).some((name) => readFileSync(path.join(folder, name), 'utf8').includes('line 199\n')),
      );
    });

    itOnPosix('goes on without its folder', 'an open file can be removed', () => {
      const log = openLogFile({ file: path.join(folder, 'router.log'), maxBytes: 10 });
      rmSync(folder, { recursive: true });
      log.info('lost, and nothing breaks');
      log.info('again');
      log.close();
    });
  });

  it('hides what looks like a key and leaves the rest', () => {
    const hidden = [
      'Authorization: Bearer abc.def',
      'x-api-key: 1234',
      '{"api_key":"hunter2hunter2"}',
      'https://api.example.com/?token=abcdef&model=gpt',
      'sk-ant-api03-AAAAbbbbCCCC',
      'gsk_abcdefghijklmnop',
      'AIzaSyA1234567890abcdefghijklmnop',
      'eyJhbGciOi.eyJzdWIiOi.sig',
      'f'.repeat(64),
    ];
    for (const text of hidden) assert.match(redact(text), /\[hidden\]/, text);
    for (const secret of [
      'abc.def',
      '1234',
      'hunter2',
      'abcdef&',
      'api03',
      'abcdefghijklmnop',
      'SyA123',
      'sdWIi',
      'ffff',
    ]) {
      assert.ok(!redact(hidden.join('\n')).includes(secret), secret);
    }
    const plain = [
      'listening on http://127.0.0.1:11411/v1',
      'https://four-small-words-here.trycloudflare.com',
      'req_0123456789abcdef took 1200 ms, 123 tokens: openai/gpt-5.1-codex-max',
      '/home/me/.config/Cursor/User/globalStorage/llm-router.llm-router/logs/router.log',
    ];
    for (const text of plain) assert.equal(redact(text), text);
  });

  it('starts the router with a clean environment and without secrets', () => {
    const environment = cleanEnvironment({
      PATH: '/bin',
      OPENAI_API_KEY: 'kept for apiKeyEnv',
      NODE_OPTIONS: '--inspect',
      NODE_PATH: '/x',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      VSCODE_PID: '1',
      VSCODE_IPC_HOOK: '/x',
      ELECTRON_NO_ATTACH_CONSOLE: '1',
    });
    assert.deepEqual(environment, {
      PATH: '/bin',
      OPENAI_API_KEY: 'kept for apiKeyEnv',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      ELECTRON_RUN_AS_NODE: '1',
    });
    assert.deepEqual(editorArguments('/data', true), ['--editor', '--data-dir', '/data', '--take-over']);
  });
});
