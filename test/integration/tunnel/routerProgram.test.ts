/** The real router program, built as it ships, against the made-up cloud: only real names, a proxy and a certificate authority. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { isAlive } from '../../../src/tunnel/processes';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';

/** Set by the test runner. */
const program = process.env.LLM_ROUTER_PROGRAM!;

interface TunnelEvent {
  event: string;
  state?: string;
  publicUrl?: string;
  message?: string;
}

describe('the router program and its tunnel', () => {
  let cloud: FakeCloud;
  let folder: string;
  const children: ChildProcess[] = [];
  before(async () => {
    cloud = await startFakeCloud();
    folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-program-'));
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    const left = openStateFile(path.join(folder, 'data')).value.running;
    if (left && isAlive(left.pid)) process.kill(left.pid, 'SIGKILL');
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(): { child: ChildProcess; until(holds: (event: TunnelEvent) => boolean): Promise<TunnelEvent> } {
    const env = { PATH: process.env.PATH, HOME: folder, ...cloud.env };
    const child = spawn(process.execPath, [program, '--json', '--port', '0', '--data-dir', path.join(folder, 'data')], {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    const seen: TunnelEvent[] = [];
    const waiting = new Set<() => void>();
    readline.createInterface({ input: child.stdout! }).on('line', (line) => {
      seen.push(JSON.parse(line));
      for (const look of waiting) look();
    });
    return {
      child,
      until: (holds) =>
        new Promise((resolve) => {
          const look = () => {
            const found = seen.find(holds);
            if (!found) return;
            waiting.delete(look);
            resolve(found);
          };
          waiting.add(look);
          look();
        }),
    };
  }
  const online = (event: TunnelEvent) => event.event === 'tunnel' && event.state === 'online';
  const exited = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));

  it('comes online; after kill -9 the next one has the same URL; SIGINT ends both', async () => {
    const first = start();
    const { publicUrl } = await first.until(online);
    assert.match(publicUrl!, /^https:\/\/[a-z0-9-]+\.trycloudflare\.com\/v1$/);
    const { pid } = openStateFile(path.join(folder, 'data')).value.running!;
    const killed = exited(first.child);
    first.child.kill('SIGKILL');
    await killed;
    assert.ok(isAlive(pid), 'the tunnel outlives the router');

    const second = start();
    assert.equal((await second.until(online)).publicUrl, publicUrl);
    assert.equal(cloud.edge.created, 1);
    const ended = exited(second.child);
    second.child.kill('SIGINT');
    assert.equal(await ended, 0);
    assert.equal(openStateFile(path.join(folder, 'data')).value.running, undefined);
  });
});
