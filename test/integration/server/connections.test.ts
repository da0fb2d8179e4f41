/** Connections beyond the limit of the listener, those of one that is closed, and the rights of its private socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import type http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { type Listener, listen, PortTaken } from '../../../src/server/listener';
import { itOnPosix } from '../../support/platform';

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

describe('a listener with one connection', () => {
  let listener: Listener;
  let held: http.ServerResponse[];
  const sockets: net.Socket[] = [];
  const dial = async (): Promise<net.Socket> => {
    const socket = net.connect(listener.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  /** What a request on it is answered, or `''` where it is just closed. */
  const ask = async (socket: net.Socket): Promise<string> => {
    const told = Promise.race([once(socket, 'data'), once(socket, 'close')]);
    socket.write(GET);
    const [data] = await told;
    return Buffer.isBuffer(data) ? data.toString().slice(0, 12) : '';
  };
  const busy = async (): Promise<net.Socket> => {
    const socket = await dial();
    socket.write(GET);
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return socket;
  };

  beforeEach(async () => {
    held = [];
    const options = { host: '127.0.0.1', port: 0, exactPort: false, maxConnections: 1, lingerMs: 1 };
    listener = await listen((_, response) => void held.push(response), options);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    listener.close();
    await listener.drained(0);
  });

  it('answers those beyond it, also one that asks after others came', async () => {
    await busy();
    const patient = await dial();
    assert.equal(await ask(await dial()), 'HTTP/1.1 503');
    assert.equal(await ask(patient), 'HTTP/1.1 503');
  });
  it('closes the door to those beyond the ones that it can answer', async () => {
    await busy();
    const surplus: net.Socket[] = [];
    for (let count = 0; count < 32; count += 1) surplus.push(await dial());
    const last = await dial();
    await once(last.resume(), 'close');
    assert.equal(await ask(surplus[31]!), 'HTTP/1.1 503');
  });
  it('ends a connection behind the answer that had begun before it was closed', async () => {
    listener.setMaxConnections(2);
    const socket = await busy();
    held[0]?.write('begun');
    const idle = await dial();
    listener.close();
    await once(idle.resume(), 'close');
    assert.ok(!socket.destroyed);
    held[0]?.end();
    await once(socket.resume(), 'close');
  });
  it('ends a connection only behind the last of the requests that came on it', async () => {
    const socket = await busy();
    socket.write(GET);
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    let told = '';
    socket.on('data', (chunk) => {
      told += chunk;
    });
    listener.endIdle();
    const [first, second] = held as [http.ServerResponse, http.ServerResponse];
    const over = once(first, 'close');
    first.end('the first');
    await over;
    second.end('the second');
    await once(socket, 'close');
    assert.match(told, /keep-alive.*the first.*connection: close.*the second/is);
  });

  describe('waits for the answers that run', () => {
    const LONG = 600_000;
    let over: boolean;
    const wait = async (ms: number, options?: Parameters<Listener['settled']>[1]) => {
      over = false;
      await listener.settled(ms, options).then(() => {
        over = true;
      });
    };
    beforeEach(() => busy());

    it('until the last of them is over', async () => {
      const waiting = wait(LONG);
      await dial();
      assert.equal(over, false);
      held[0]?.end();
      await waiting;
    });
    it('not longer than it may', () => wait(1));
    it('not longer than the wait is wanted, and not at all where it is not wanted any more', async () => {
      const change = new AbortController();
      const waiting = wait(LONG, { cut: change.signal });
      await dial();
      assert.equal(over, false);
      change.abort();
      await waiting;
      await wait(LONG, { cut: change.signal });
    });
    it('that are asked about, and for no others', async () => {
      assert.equal(
        listener.answering(() => true),
        1,
      );
      assert.equal(
        listener.answering(() => false),
        0,
      );
      await wait(LONG, { only: () => false });
    });
  });
});

describe('the port of the listener', () => {
  const open = (port: number, exactPort: boolean) =>
    listen(() => undefined, { host: '127.0.0.1', port, exactPort, maxConnections: 1 });
  /** A system that gives no port. */
  const refusing = (code: string) => {
    const asked: number[] = [];
    mock.method(net.Server.prototype, 'listen', function (this: net.Server, { port }: { port: number }) {
      asked.push(port);
      queueMicrotask(() => this.emit('error', Object.assign(new Error(code), { code })));
      return this;
    });
    return asked;
  };
  afterEach(() => mock.restoreAll());
  const taken = (port: number, code: string) => (error: unknown) =>
    error instanceof PortTaken && error.port === port && error.code === code;

  it('is the next free one, where it was not asked for by name', async () => {
    const first = await open(0, false);
    await assert.rejects(open(first.port, true), taken(first.port, 'EADDRINUSE'));
    const second = await open(first.port, false);
    assert.ok(second.port > first.port);
    for (const one of [first, second]) {
      one.close();
      await one.drained(0);
    }
  });
  for (const code of ['EACCES', 'EADDRINUSE'])
    it(`is given up after fifty more, none of them past the last there is (${code})`, async () => {
      const asked = refusing(code);
      await assert.rejects(open(80, false), taken(80, code));
      assert.deepEqual([asked.length, asked.at(-1)], [51, 130]);
      asked.length = 0;
      await assert.rejects(open(65_500, false), taken(65_500, code));
      assert.equal(asked.at(-1), 65_535);
      asked.length = 0;
      await assert.rejects(open(80, true), taken(80, code));
      assert.deepEqual(asked, [80]);
    });
  it('is not looked for elsewhere where the address is wrong', async () => {
    const asked = refusing('EADDRNOTAVAIL');
    await assert.rejects(open(80, false), { code: 'EADDRNOTAVAIL' });
    assert.equal(asked.length, 1);
  });
});

describe('the private socket of the listener', () => {
  itOnPosix('is for this user alone, whatever the umask', 'a private socket', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-sock-'));
    const privateSocket = path.join(folder, 't.sock');
    const before = process.umask(0);
    try {
      const options = { host: '127.0.0.1', port: 0, exactPort: false, maxConnections: 1, privateSocket };
      const listener = await listen((_, response) => response.end(), options);
      assert.equal(statSync(privateSocket).mode & 0o777, 0o600);
      listener.close();
      await listener.drained(0);
    } finally {
      process.umask(before);
      rmSync(folder, { recursive: true });
    }
  });
  itOnPosix('is done without where the folder takes none', 'a private socket', async () => {
    const privateSocket = path.join(os.tmpdir(), 'not', 'there', 't.sock');
    const options = { host: '127.0.0.1', port: 0, exactPort: false, maxConnections: 1, privateSocket };
    const listener = await listen((_, response) => response.end(), options);
    assert.equal(listener.privateSocket, undefined);
    listener.close();
    await listener.drained(0);
  });
});
