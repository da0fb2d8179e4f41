/** After a router that was killed: its cloudflared serves nobody else, waits a stated time, and is found without any note. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { listen } from '../../../src/server/listener';
import { isAlive } from '../../../src/system/processes';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { watchProgram } from '../../../src/tunnel/watcher';
import { realWorld } from '../../../src/tunnel/world';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { describeOnPosix, itOnPosix } from '../../support/platform';
import { type Program, startProgram, tempFolder } from '../../support/program';
import { assertEnded } from '../../support/tunnelHarness';

const KEY = 'sk-orphan-0123456789abcdef0123456789';

describe('a cloudflared whose router was killed', function () {
  this.timeout(240_000);
  let cloud: FakeCloud;
  let temp: ReturnType<typeof tempFolder>;
  let programs: Program[];

  before(async () => {
    cloud = await startFakeCloud();
  });
  after(() => cloud.stop());
  beforeEach(() => {
    temp = tempFolder();
    programs = [];
  });
  afterEach(async () => {
    const { running } = openStateFile(dataDir()).value;
    for (const { child, exited } of programs) {
      child.kill('SIGKILL');
      await exited;
    }
    if (running && isAlive(running.pid)) process.kill(running.pid, 'SIGKILL');
    temp.remove();
  });
  const dataDir = () => path.join(temp.folder, 'data');
  const inTunnel = (name: string) => path.join(dataDir(), 'tunnel', name);

  async function start(): Promise<{ program: Program; url: string; port: number; pid: number }> {
    const program = startProgram(['--json', '--port', '0', '--data-dir', dataDir()], {
      cwd: temp.folder,
      env: { ...cloud.env, LLMROUTER_API_KEY: KEY },
    });
    programs.push(program);
    const listening = await program.event(({ event }) => event === 'listening');
    const online = await program.event(({ event, state }) => event === 'tunnel' && state === 'online');
    return {
      program,
      url: String(online.publicUrl),
      port: Number(new URL(String(listening.localUrl)).port),
      pid: openStateFile(dataDir()).value.running!.pid,
    };
  }
  async function kill({ child, exited }: Program): Promise<void> {
    child.kill('SIGKILL');
    await exited;
  }
  /** As the public side: what the edge gets from the program. */
  async function visit(url: string): Promise<number> {
    const { hostname } = new URL(url);
    return await new Promise((resolve, reject) => {
      const server = http.createServer(cloud.edge.visit).listen(0, '127.0.0.1', () => {
        const { port } = server.address() as net.AddressInfo;
        http
          .get({ port, path: '/v1/models', headers: { host: hostname, authorization: `Bearer ${KEY}` } }, (answer) => {
            answer.resume().on('end', () => {
              server.close();
              resolve(answer.statusCode ?? 0);
            });
          })
          .on('error', reject);
      });
    });
  }

  itOnPosix(
    'does not forward to a stranger on the port of its router, and the next router adopts it',
    'a private socket',
    async () => {
      const first = await start();
      await kill(first.program);
      let strangers = 0;
      const stranger = http.createServer((_, response) => {
        strangers += 1;
        response.end('mine now');
      });
      await new Promise<void>((resolve) => stranger.listen(first.port, '127.0.0.1', resolve));
      assert.ok(isAlive(first.pid));
      assert.equal(await visit(first.url), 502);
      assert.equal(strangers, 0);
      const second = await start();
      assert.deepEqual([second.pid, second.url], [first.pid, first.url]);
      assert.notEqual(second.port, first.port);
      assert.equal(await visit(second.url), 200);
      assert.equal(strangers, 0);
      stranger.close();
    },
  );

  itOnPosix(
    'is found by its configuration when every note is lost: ended, and the lost URL is told',
    'PowerShell lists programs there, no made one',
    async () => {
      const first = await start();
      await kill(first.program);
      for (const name of ['state.json', 'state.copy.json', 'cloudflared.log']) rmSync(inTunnel(name), { force: true });
      const second = await start();
      await assertEnded(first.pid);
      assert.notEqual(second.url, first.url);
      const told = second.program.events.filter(({ event }) => event === 'tunnel').at(-1)!;
      assert.match(String(told.message), new RegExp(`Cursor still has ${new URL(first.url).origin}`));
    },
  );

  itOnPosix(
    'is adopted with the same URL when the state is torn and its log is missing',
    'PowerShell lists programs there, no made one',
    async () => {
      const first = await start();
      await kill(first.program);
      writeFileSync(inTunnel('state.json'), '{"running":');
      const copy = JSON.parse(readFileSync(inTunnel('state.copy.json'), 'utf8'));
      delete copy.running;
      writeFileSync(inTunnel('state.copy.json'), JSON.stringify(copy));
      rmSync(inTunnel('cloudflared.log'));
      const second = await start();
      assert.deepEqual([second.pid, second.url], [first.pid, first.url]);
      second.program.child.kill('SIGTERM');
      assert.equal(await second.program.exited, 0);
      await assertEnded(first.pid);
    },
  );
});

describeOnPosix('the watcher of a tunnel program', 'a shell', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-watch-'));
    openStateFile(dataDir);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const sleeper = () => spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = (child: ReturnType<typeof sleeper>) =>
    new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const own = (pid: number | undefined) => writeFileSync(path.join(dataDir, 'tunnel', 'owner'), String(pid));

  /** Resolves when the watcher has ended. */
  function watch(program: ReturnType<typeof sleeper>): Promise<void> {
    const world = realWorld();
    let shell: ReturnType<typeof sleeper> | undefined;
    const start: typeof world.spawn = (command, args, options) => {
      shell = world.spawn(command, args, options);
      return shell;
    };
    watchProgram(program.pid!, dataDir, { ...world, spawn: start }, { rounds: 2, seconds: 1 });
    return ended(shell!);
  }

  it('ends it when its router is gone, and not while a next one has taken it over', async () => {
    const program = sleeper();
    const [first, second] = [sleeper(), sleeper()];
    const over = ended(program);
    own(first.pid);
    let stoppedAt: string | undefined;
    const watcher = watch(program);
    void over.then(() => {
      stoppedAt ??= 'early';
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    own(second.pid);
    first.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    assert.equal(stoppedAt, undefined, 'the next router owns it');
    stoppedAt = 'rightly';
    second.kill('SIGKILL');
    await over;
    await watcher;
  });

  it('ends by itself when the program has ended', async () => {
    const program = sleeper();
    own(process.pid);
    const watcher = watch(program);
    program.kill('SIGKILL');
    await watcher;
  });
});

describe('the private socket of the listener', () => {
  itOnPosix(
    'serves as the port does, and a next router takes its place without harm from the one before',
    'a private socket',
    async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-sock-'));
      const privateSocket = path.join(folder, 't.sock');
      const wanted = { host: '127.0.0.1', port: 0, exactPort: false, maxConnections: 10, privateSocket };
      const one = await listen((request, response) => response.end(`one ${request.socket.localPort}`), wanted);
      const two = await listen((request, response) => response.end(`two ${request.socket.localPort}`), wanted);
      one.close();
      await one.drained(1_000);
      const text = await new Promise<string>((resolve, reject) =>
        http
          .get({ socketPath: privateSocket, path: '/' }, (answer) => {
            let body = '';
            answer.on('data', (data) => (body += data)).on('end', () => resolve(body));
          })
          .on('error', reject),
      );
      assert.equal(text, `two ${two.port}`);
      two.close();
      await two.drained(1_000);
      rmSync(folder, { recursive: true });
    },
  );
});
