import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { CancellationTokenSource, ErrorCodes } from 'vscode-jsonrpc';
import { createCommands } from '../../../src/process/commands';
import { type ConfigPush, events, send } from '../../../src/process/contract';
import { dial, type Peer } from '../../../src/process/dial';
import { frame, MAX_MESSAGE } from '../../../src/process/framing';
import { newNonce, type ProtocolRange, proofOf } from '../../../src/process/handshake';
import { createLeases, type Leases } from '../../../src/process/leases';
import type { Log } from '../../../src/process/logFile';
import { type PipeServer, servePipe } from '../../../src/process/pipe';
import { openMemo } from '../../../src/process/routerMemo';
import { openRuntimeDir } from '../../../src/process/runtimeDir';
import { requestRecord } from '../../support/ledgerRecords';
import { addressIn, itOnPosix } from '../../support/platform';
import { createFakeCore, type FakeCore } from '../../support/process/fakeCore';
import { push } from '../../support/process/harness';

const SECRET = 'a'.repeat(64);
const log: Log & { lines: string[] } = {
  lines: [],
  error: (line) => log.lines.push(line),
  warn: (line) => log.lines.push(line),
  info: (line) => log.lines.push(line),
  debug: () => undefined,
};

describe('the pipe of the router', () => {
  let folder: string;
  let address: string;
  let core: FakeCore;
  let pipe: PipeServer;
  let leases: Leases;
  let stopListening: () => void;
  let sockets: { destroy(): unknown }[];

  const open = async (protocols?: ProtocolRange, handshakeTimeout = 300): Promise<void> => {
    const dir = await openRuntimeDir(folder);
    core = createFakeCore({ lastPort: undefined }, '1.0.0');
    leases = createLeases({ linger: () => 60_000, onEnd: () => undefined, onChange: () => pipe?.touch() });
    const commands = createCommands({
      core,
      secret: SECRET,
      memo: await openMemo(dir, Date.now()),
      log,
      now: Date.now,
      takeOver: async () => undefined,
      onApplied: () => undefined,
      onHandedOver: () => undefined,
    });
    const range = protocols === undefined ? {} : { protocols };
    pipe = servePipe(Promise.resolve({ core, commands }), {
      secret: SECRET,
      version: '1.0.0',
      leases,
      log,
      handshakeTimeout,
      ...range,
    });
    address = addressIn(folder, `${randomBytes(4).toString('hex')}.sock`);
    stopListening = await pipe.listen(address);
  };
  const call = async (): Promise<Peer> => {
    const result = await dial(address, { secret: SECRET, version: '1.0.0' });
    assert.ok(result.kind === 'live');
    sockets.push({ destroy: result.peer.close });
    return result.peer;
  };
  const raw = (bytes?: string | Buffer): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(address, () => {
        if (bytes !== undefined) socket.write(bytes);
        resolve(socket);
      });
      socket.on('error', () => undefined);
      sockets.push(socket);
    });
  const closed = (socket: Socket): Promise<void> =>
    new Promise((resolve) => socket.once('close', () => resolve()).resume());
  /** A window that knows the secret is still served. */
  const stillServes = async (): Promise<void> => assert.equal((await (await call()).prove('check')).version, '1.0.0');

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-'));
    sockets = [];
    log.lines.length = 0;
    await open();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    pipe.close();
    stopListening();
    leases.dispose();
    await core.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('drops a silent peer after its time, and only that', async () => {
    await closed(await raw());
    assert.match(log.lines.join('\n'), /did not prove itself in time/);
    await stillServes();
  });

  it('closes the door to more peers than it waits for', async () => {
    pipe.close();
    stopListening();
    leases.dispose();
    await core.stop();
    await open(undefined, 60_000);
    const waiting = await Promise.all(Array.from({ length: 256 }, () => raw()));
    await closed(await raw());
    assert.ok(waiting.every((socket) => !socket.destroyed));
  });
  itOnPosix('is for this user alone, whatever the umask', 'file modes', async () => {
    const before = process.umask(0);
    try {
      pipe.close();
      stopListening();
      leases.dispose();
      await core.stop();
      await open();
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(address).mode & 0o777, 0o600);
  });

  const garbage: [string, string | Buffer][] = [
    ['random bytes', randomBytes(2_000)],
    ['an endless header', 'x'.repeat(10_000)],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a huge length', 'Content-Length: 999999999\r\n\r\n{'],
    ['a negative length', 'Content-Length: -5\r\n\r\n{}'],
    ['broken JSON', 'Content-Length: 5\r\n\r\n{"a":'],
    ['a number', 'Content-Length: 1\r\n\r\n7'],
    ['null', 'Content-Length: 4\r\n\r\nnull'],
  ];
  for (const [name, bytes] of garbage) {
    it(`drops a peer that sends ${name}`, async () => {
      await closed(await raw(bytes));
      await stillServes();
    });
  }

  const message = (value: unknown): string => {
    const body = JSON.stringify(value);
    return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  const early: [string, unknown][] = [
    ['a call', { method: 'state' }],
    ['settings', { method: 'pushConfig', params: push() }],
    ['prove without hello', { method: 'prove', params: { proof: 'x', window: 'w' } }],
    ['hello without a nonce', { method: 'hello', params: { protocol: 1, version: '1' } }],
    ['hello without a protocol', { method: 'hello', params: { nonce: newNonce() } }],
    ['a cancellation without params', { method: '$/cancelRequest', params: null, id: undefined }],
  ];
  for (const [name, value] of early) {
    it(`tells nothing to a peer that begins with ${name}`, async () => {
      const socket = await raw(message({ jsonrpc: '2.0', id: 1, ...(value as object) }));
      let heard = '';
      socket.on('data', (data: Buffer) => {
        heard += data.toString();
      });
      await closed(socket);
      assert.ok(heard === '' || heard.includes('"error":{"code":-32600,"message":"refused"}'), heard);
      assert.equal(leases.count, 0);
      await stillServes();
    });
  }

  it('refuses a window that does not know the secret', async () => {
    const socket = await raw();
    const { rpc: peer } = frame(socket, MAX_MESSAGE);
    peer.onError(() => undefined);
    peer.listen();
    const gone = closed(socket);
    const answer = await send(peer, 'hello', { protocol: 1, version: '1.0.0', nonce: newNonce() });
    const proof = proofOf('b'.repeat(64), 'window', answer.nonce);
    await assert.rejects(send(peer, 'prove', { proof, window: 'w' }), /refused/);
    await gone;
    assert.equal(leases.count, 0);
    peer.dispose();
  });

  it('refuses a proof made for the other role', async () => {
    const socket = await raw();
    const { rpc: peer } = frame(socket, MAX_MESSAGE);
    peer.onError(() => undefined);
    peer.listen();
    const answer = await send(peer, 'hello', { protocol: 1, version: '1.0.0', nonce: newNonce() });
    const proof = proofOf(SECRET, 'router', answer.nonce);
    await assert.rejects(send(peer, 'prove', { proof, window: 'w' }), /refused/);
    peer.dispose();
  });

  it('is not believed by a window when it does not know the secret', async () => {
    const result = await dial(address, { secret: 'b'.repeat(64), version: '1.0.0' });
    assert.deepEqual(
      [result.kind, result.kind === 'stranger' && result.reason],
      ['stranger', 'it does not know the secret of this installation'],
    );
  });

  it('is told apart from a peer that is dead, silent or garbled', async () => {
    const servers: Server[] = [];
    const serve = (behave: (socket: Socket) => void): Promise<string> =>
      new Promise((resolve) => {
        const file = addressIn(folder, `${servers.length}.sock`);
        const server = createServer(behave);
        servers.push(server);
        server.listen(file, () => resolve(file));
      });
    const options = { secret: SECRET, version: '1.0.0', timeout: 100 };
    assert.equal((await dial(addressIn(folder, 'none.sock'), options)).kind, 'dead');
    assert.equal((await dial(await serve((socket) => sockets.push(socket)), options)).kind, 'silent');
    assert.equal(
      (await dial(await serve((socket) => void socket.end('hello there\r\n\r\n')), options)).kind,
      'stranger',
    );
    assert.equal((await dial(await serve((socket) => void socket.destroy()), options)).kind, 'stranger');
    for (const server of servers) server.close();
  });

  it('counts proven connections as leases, and one only once', async () => {
    const peer = await call();
    assert.equal(leases.count, 0);
    await peer.prove('one');
    assert.equal(leases.count, 1);
    await assert.rejects(peer.prove('two'), /refused/);
    await peer.closed;
    assert.equal(leases.count, 0);
  });

  it('takes settings far larger than a handshake, in pieces', async () => {
    const peer = await call();
    await peer.prove('w');
    const certificate = 'ü'.repeat(1_000_000);
    const config: ConfigPush = { ...push({ label: 'big' }), network: { ca: [certificate] } };
    assert.equal((await send(peer.rpc, 'pushConfig', config)).applied, true);
  });

  it('refuses settings without a shape, as a sentence', async () => {
    const peer = await call();
    await peer.prove('w');
    await assert.rejects(
      send(peer.rpc, 'pushConfig', { settings: {} } as ConfigPush),
      /^Error: These are no settings\.$/,
    );
  });

  it('pushes at most five states a second and always the last', async () => {
    const peer = await call();
    const seen: (string | undefined)[] = [];
    let last = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      last = resolve;
    });
    peer.rpc.onNotification(events.state, ({ notice }) => {
      seen.push(notice);
      if (notice === 'final') last();
    });
    await peer.prove('w');
    for (let n = 0; n < 50; n++) await core.push(push({ label: String(n) }));
    await core.push(push({ label: 'final' }));
    await done;
    assert.ok(seen.length <= 3, seen.join());
  });

  it('tells each finished request, also of a burst, in order', async () => {
    const peer = await call();
    const told: string[] = [];
    const records = Array.from({ length: 40 }, () => requestRecord());
    const all = new Promise<void>((resolve) => {
      peer.rpc.onNotification(events.request, ({ id }) => {
        if (told.push(id) === records.length) resolve();
      });
    });
    await peer.prove('w');
    for (const record of records) core.finish(record);
    await all;
    assert.deepEqual(
      told,
      records.map(({ id }) => id),
    );
  });

  it('keeps the newest five hundred finished requests for a window that has not heard of them', async () => {
    const peer = await call();
    const told: string[] = [];
    const records = Array.from({ length: 700 }, () => requestRecord());
    const newest = new Promise<void>((resolve) => {
      peer.rpc.onNotification(events.request, ({ id }) => {
        told.push(id);
        if (id === records.at(-1)?.id) resolve();
      });
    });
    await peer.prove('w');
    for (const record of records) core.finish(record);
    await newest;
    // The first may have been on its way at once.
    const ids = records.map(({ id }) => id);
    assert.deepEqual(told.slice(-500), ids.slice(-500));
    assert.deepEqual(told.slice(0, -500), ids.slice(0, told.length - 500));
    assert.ok(told.length <= 501, String(told.length));
  });

  describe('ends what a long call does', () => {
    /** The signal of the call, once it is being carried out. */
    const carriedOut = () =>
      new Promise<AbortSignal>((resolve) => {
        core.installCloudflared = (_, __, signal) => {
          resolve(signal);
          return new Promise((___, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
        };
      });
    const aborted = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve());
      });

    it('when its window is gone', async () => {
      const peer = await call();
      await peer.prove('w');
      const signal = carriedOut();
      const asked = send(peer.rpc, 'installCloudflared', undefined).catch(() => undefined);
      const running = await signal;
      assert.equal(running.aborted, false);
      peer.close();
      await aborted(running);
      await asked;
    });
    it('when its window takes it back', async () => {
      const peer = await call();
      await peer.prove('w');
      const signal = carriedOut();
      const wish = new CancellationTokenSource();
      const asked = send(peer.rpc, 'installCloudflared', undefined, wish.token);
      const running = await signal;
      wish.cancel();
      await assert.rejects(asked, /ended/);
      assert.equal(running.aborted, true);
    });
  });

  it('keeps a window that has proven itself when the time to do so is over', async () => {
    const peer = await call();
    await peer.prove('w');
    // One that came later, and proves nothing, is dropped for it.
    await closed(await raw());
    assert.equal((await send(peer.rpc, 'state', undefined)).windows, 1);
  });

  it('says that it does not know a call, and goes on with those it knows', async () => {
    const peer = await call();
    await peer.prove('w');
    await assert.rejects(peer.rpc.sendRequest('paint', {}), (error: Error & { code?: number; data?: unknown }) => {
      assert.match(error.message, /paint/);
      assert.ok((error.data as { says?: unknown }).says);
      return error.code === ErrorCodes.MethodNotFound;
    });
    assert.equal((await send(peer.rpc, 'state', undefined)).version, '1.0.0');
  });

  it('lets the oldest window lead, and tells the next one when that is gone', async () => {
    const [first, second] = [await call(), await call()];
    assert.equal((await first.prove('one')).leads, true);
    assert.deepEqual([(await second.prove('two')).leads, leases.count], [false, 2]);
    const leading = new Promise<void>((resolve) => {
      second.rpc.onNotification(events.state, ({ leads, windows }) => {
        if (leads === true && windows === 1) resolve();
      });
    });
    first.close();
    await leading;
  });

  it('sends every window to the next router but the one that asked for the change', async () => {
    const [asking, other] = [await call(), await call()];
    await asking.prove('asking');
    await other.prove('other');
    const sent = new Promise<string>((resolve) => {
      other.rpc.onNotification(events.handedOver, ({ version }) => resolve(version));
    });
    await send(asking.rpc, 'handOver', { version: '2.0.0' });
    pipe.sendAway('2.0.0');
    assert.equal(await sent, '2.0.0');
    await other.closed;
    assert.equal((await send(asking.rpc, 'state', undefined)).version, '1.0.0');
  });

  it('ends every connection when it closes', async () => {
    const peer = await call();
    await peer.prove('w');
    pipe.close();
    await peer.closed;
    assert.equal(leases.count, 0);
  });

  it('tells no key in the values of a sentence', async () => {
    const peer = await call();
    await peer.prove('w');
    const asked = send(peer.rpc, 'writeCursor', { models: ['sk-proj-abcdefgh12345678'] } as never);
    await assert.rejects(asked, (error: Error & { data?: { says?: unknown } }) => {
      assert.ok(error.data?.says);
      return !/abcdefgh/.test(`${error.message} ${JSON.stringify(error.data)}`);
    });
  });

  it('hears one hello from each, and tells no key in a failure', async () => {
    const peer = await call();
    await peer.prove('w');
    core.models = () =>
      Promise.reject(new Error('The provider said: Incorrect API key provided: sk-proj-abcdefgh12345678.'));
    await assert.rejects(send(peer.rpc, 'models', undefined), (error: Error) => !/abcdefgh/.test(error.message));
    const nosy = await call();
    const again = { protocol: 1, oldest: 1, version: '1.0.0', nonce: newNonce() };
    await assert.rejects(send(nosy.rpc, 'hello', again as never), /refused|closed|disposed/i);
    await nosy.closed;
  });

  it('runs what changes something one after the other', async () => {
    const peer = await call();
    await peer.prove('w');
    const ask = (['start', 'stop', 'start', 'restart', 'stop', 'start'] as const).map((name) =>
      send(peer.rpc, name, undefined),
    );
    const phases = (await Promise.all(ask)).map(({ phase }) => phase);
    assert.deepEqual(phases, ['running', 'stopped', 'running', 'running', 'stopped', 'running']);
  });

  it('names its range to a window of another protocol and does not let it in', async () => {
    for (const [protocols, expected] of [
      [{ newest: 3, oldest: 2 }, undefined],
      [{ newest: 2, oldest: 1 }, 1],
      [{ newest: 1, oldest: 0 }, 1],
    ] as const) {
      const result = await dial(address, { secret: SECRET, version: '9.0.0', protocols });
      assert.ok(result.kind === 'live');
      assert.equal(result.peer.protocol, expected);
      if (expected === undefined) await assert.rejects(result.peer.prove('w'), /refused/);
      else await result.peer.prove('w');
      result.peer.close();
    }
  });

  itOnPosix('is out of reach for another user', 'users by number', function () {
    if (process.getuid?.() !== 0) return this.skip();
    chmodSync(folder, 0o755);
    const run = path.join(folder, 'run');
    mkdirSync(run, { recursive: true });
    const script = `require('node:net').connect(process.argv[1]).on('connect', () => console.log('in')).on('error', (e) => console.log(e.code))`;
    const asNobody = (file: string): string =>
      spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e', script, file], {
        cwd: '/',
        encoding: 'utf8',
      }).stdout.trim();
    // The folder of the sockets keeps others out, and so does the socket by itself.
    assert.equal(asNobody(path.join(run, 'r1.sock')), 'EACCES');
    assert.equal(asNobody(address), 'EACCES');
  });
});
