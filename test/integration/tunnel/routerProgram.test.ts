/** The router program as it ships, against the made-up cloud: only real names, a proxy and a certificate authority. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive } from '../../../src/system/processes';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { itOnPosix, itOnWindows } from '../../support/platform';
import { until } from '../../support/process/harness';
import { type Program, startProgram, tempFolder } from '../../support/program';
import { quietPort } from '../../support/quietPort';

const SIGNAL = 'a signal on Windows is the end at once';

describe('the router program and its tunnel', function () {
  this.timeout(240_000);
  let temp: ReturnType<typeof tempFolder>;
  let dataDir: string;
  let programs: Program[];
  let cloud: FakeCloud;
  before(async () => {
    cloud = await startFakeCloud();
  });
  after(() => cloud.stop());
  beforeEach(() => {
    temp = tempFolder();
    dataDir = path.join(temp.folder, 'data');
    programs = [];
  });
  afterEach(async () => {
    for (const { child, exited } of programs) {
      child.kill('SIGKILL');
      await exited;
    }
    const left = openStateFile(dataDir).value.running;
    if (left && isAlive(left.pid)) process.kill(left.pid, 'SIGKILL');
    temp.remove();
  });

  const start = (port = 0, ...options: string[]): Program => startWith({}, port, ...options);
  function startWith(env: Record<string, string>, port = 0, ...options: string[]): Program {
    const args = ['--json', '--port', String(port), '--data-dir', dataDir, ...options];
    const program = startProgram(args, { cwd: temp.folder, env: { ...cloud.env, ...env } });
    programs.push(program);
    return program;
  }
  const online = (program: Program) => program.event(({ event, state }) => event === 'tunnel' && state === 'online');

  itOnPosix('comes online; after kill -9 the next one has the same URL; SIGINT ends both', SIGNAL, async () => {
    const first = start();
    const { publicUrl } = await online(first);
    assert.match(String(publicUrl), /^https:\/\/[a-z0-9-]+\.trycloudflare\.com\/v1$/);
    const { pid } = openStateFile(dataDir).value.running!;
    first.child.kill('SIGKILL');
    await first.exited;
    assert.ok(isAlive(pid), 'the tunnel outlives the router');

    const second = start();
    assert.equal((await online(second)).publicUrl, publicUrl);
    assert.equal(cloud.edge.created, 1);
    second.child.kill('SIGINT');
    assert.equal(await second.exited, 0);
    assert.equal(openStateFile(dataDir).value.running, undefined);
  });

  it('ended at once it leaves cloudflared; the next one on its port adopts that, one without a tunnel ends it', async () => {
    const port = await quietPort();
    const first = start(port);
    const { publicUrl } = await online(first);
    const { pid } = openStateFile(dataDir).value.running!;
    const { created } = cloud.edge;
    first.child.kill('SIGKILL');
    await first.exited;

    const second = start(port);
    assert.equal((await online(second)).publicUrl, publicUrl);
    assert.equal(openStateFile(dataDir).value.running!.pid, pid);
    assert.equal(cloud.edge.created, created);
    second.child.kill('SIGKILL');
    await second.exited;

    const third = start(port, '--tunnel', 'none');
    await third.event(({ event }) => event === 'listening');
    await until(() => !isAlive(pid), `process ${pid} still runs`);
    third.child.kill('SIGKILL');
    await third.exited;
  });

  itOnPosix('SIGHUP (a closed terminal) is an orderly end: exit 0, no cloudflared left', SIGNAL, async () => {
    const program = start();
    await online(program);
    const { pid } = openStateFile(dataDir).value.running!;
    program.child.kill('SIGHUP');
    assert.equal(await program.exited, 0);
    assert.equal(isAlive(pid), false);
    assert.equal(openStateFile(dataDir).value.running, undefined);
  });

  itOnWindows(
    'closing the console is an orderly end: exit 0, no cloudflared left',
    'elsewhere it is a signal of the system',
    async () => {
      const closed = path.join(temp.folder, 'closed');
      const console = path.join(temp.folder, 'console.cjs');
      writeFileSync(
        console,
        `const looking = setInterval(() => {
          if (!require('node:fs').existsSync(${JSON.stringify(closed)})) return;
          clearInterval(looking);
          process.emit('SIGHUP', 'SIGHUP');
        }, 20).unref();`,
      );
      const program = startWith({ NODE_OPTIONS: `--require="${console.replaceAll('\\', '/')}"` });
      await online(program);
      const { pid } = openStateFile(dataDir).value.running!;
      writeFileSync(closed, '');
      assert.equal(await program.exited, 0);
      await until(() => !isAlive(pid), `process ${pid} still runs`);
      assert.equal(openStateFile(dataDir).value.running, undefined);
    },
  );
});
