/** The router program as it ships, against the made-up cloud: only real names, a proxy and a certificate authority. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { isAlive } from '../../../src/system/processes';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { type Program, startProgram, tempFolder } from '../../support/program';

describe('the router program and its tunnel', () => {
  const { folder, remove } = tempFolder();
  const dataDir = path.join(folder, 'data');
  const programs: Program[] = [];
  let cloud: FakeCloud;
  before(async () => {
    cloud = await startFakeCloud();
  });
  after(async () => {
    for (const { child } of programs) child.kill('SIGKILL');
    const left = openStateFile(dataDir).value.running;
    if (left && isAlive(left.pid)) process.kill(left.pid, 'SIGKILL');
    await cloud.stop();
    remove();
  });

  const start = (): Program => {
    const program = startProgram(['--json', '--port', '0', '--data-dir', dataDir], { cwd: folder, env: cloud.env });
    programs.push(program);
    return program;
  };
  const online = (program: Program) => program.event(({ event, state }) => event === 'tunnel' && state === 'online');

  it('comes online; after kill -9 the next one has the same URL; SIGINT ends both', async () => {
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

  it('SIGHUP (a closed terminal) is an orderly end: exit 0, no cloudflared left', async function () {
    if (process.platform === 'win32') this.skip();
    const program = start();
    await online(program);
    const { pid } = openStateFile(dataDir).value.running!;
    program.child.kill('SIGHUP');
    assert.equal(await program.exited, 0);
    assert.equal(isAlive(pid), false);
    assert.equal(openStateFile(dataDir).value.running, undefined);
  });
});
