/** The program as it ships: two editors on one machine, and where keys and log lines go. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { assertPrivate } from '../../support/platform';
import { routerState, serving, toldToOthers } from '../../support/process/harness';
import {
  CLIENT_KEY,
  type Editor,
  online,
  openEditor,
  PROVIDER_KEY,
  readLocally,
  readPublicly,
  startTalker,
  type Talker,
} from '../../support/process/realEditor';
import { quietPort } from '../../support/quietPort';

describe('real programs side by side', function () {
  this.timeout(90_000);
  let cloud: FakeCloud;
  let talker: Talker;
  const editors: Editor[] = [];
  const open = async (): Promise<Editor> => {
    const editor = await openEditor(cloud, talker, '');
    editors.push(editor);
    return editor;
  };
  before(async () => {
    [cloud, talker] = await Promise.all([startFakeCloud(), startTalker()]);
  });
  after(async () => {
    await talker.upstream.stop();
    await cloud.stop();
  });
  beforeEach(() => talker.resume());
  afterEach(async () => {
    for (const editor of editors.splice(0)) await editor.close();
  });

  it('gives two editors a router, a port and a tunnel each, and tells the second what happened', async () => {
    const [cursor, code] = [await open(), await open()];
    const port = await quietPort();
    const first = cursor.window();
    await first.pushConfig(cursor.settings({ port, lingerSeconds: 1 }));
    const one = await routerState(first, online);
    assert.deepEqual([one.port, one.notice], [port, undefined]);
    const second = code.window();
    await second.pushConfig(code.settings({ port }));
    const two = await routerState(second, online);
    assert.ok(two.port! > port);
    assert.match(
      two.notice ?? '',
      new RegExp(`Port ${port} is taken by another program, so the router uses ${two.port}`),
    );
    assert.notEqual(one.publicUrl, two.publicUrl);
    assert.deepEqual([cursor.tunnels().length, code.tunnels().length], [1, 1]);

    const reading = await readPublicly(cloud, two.publicUrl!, 'of the second');
    await reading.more();
    first.dispose();
    await cursor.gone();
    await reading.more();
    process.kill(two.pid, 'SIGKILL');
    const again = await routerState(second, (state) => state.pid !== two.pid && online(state));
    assert.deepEqual(
      [again.port, again.publicUrl],
      [two.port, two.publicUrl],
      'the port stays although the first is free',
    );
  });

  it('keeps keys out of files, arguments and environments, and machine-made secrets in files of this user', async () => {
    const editor = await open();
    const window = editor.window();
    await window.pushConfig(editor.settings({ log: { level: 'debug' } }));
    const state = await routerState(window, online);
    const readings = [readLocally(state.port!, 'one'), await readPublicly(cloud, state.publicUrl!, 'two')];
    talker.finish();
    for (const { whole } of readings) await whole;
    assert.equal(talker.upstream.seen.at(-1)?.headers.authorization, `Bearer ${PROVIDER_KEY}`, 'the key was in use');
    await assert.rejects(window.pushConfig(undefined as never));

    const tunnelSecret = openStateFile(editor.dataDir).value.credentials!.secret;
    const installSecret = readFileSync(path.join(editor.dataDir, 'install-secret'), 'utf8').trim();
    const files = readdirSync(editor.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    assert.ok(files.length >= 6, String(files));
    const holding: string[] = [];
    for (const file of files) {
      const text = readFileSync(file, 'latin1');
      for (const key of [CLIENT_KEY, PROVIDER_KEY]) assert.ok(!text.includes(key), `${key} in ${file}`);
      if (text.includes(tunnelSecret) || text.includes(installSecret))
        holding.push(path.relative(editor.dataDir, file));
      assertPrivate(file);
    }
    const kept = ['state.copy.json', 'state.json'].map((name) => path.join('tunnel', name));
    assert.deepEqual(holding.sort(), ['install-secret', ...kept]);
    for (const pid of [...editor.routers(), ...editor.tunnels()])
      for (const text of toldToOthers(pid))
        for (const secret of [CLIENT_KEY, PROVIDER_KEY, tunnelSecret, installSecret])
          assert.ok(!text.includes(secret), `${secret} told by ${pid}`);
  });

  it('writes to its log what the setting log.level asks for', async () => {
    const editor = await open();
    const window = editor.window();
    const log = () => readFileSync(path.join(editor.dataDir, 'logs', 'router.log'), 'utf8');
    const at = async (level: 'error' | 'info', changedAt: number): Promise<number> => {
      await window.pushConfig(editor.settings({ log: { level }, tunnel: { provider: 'none' } }, changedAt));
      const { port } = await routerState(window, serving);
      const before = log().length;
      const finished = new Promise((resolve) => window.onRequest(resolve));
      talker.finish();
      await readLocally(port!, level).whole;
      await finished;
      return log().length - before;
    };
    assert.equal(await at('error', 1_000), 0);
    assert.ok((await at('info', 2_000)) > 0);
  });
});
