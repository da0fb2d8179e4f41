/** The program as it ships in two versions: an update while answers run, here and through the public URL. */
import assert from 'node:assert/strict';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { routerState, until } from '../../support/process/harness';
import {
  buildVersion,
  type Editor,
  online,
  openEditor,
  readLocally,
  readPublicly,
  startTalker,
  type Talker,
} from '../../support/process/realEditor';

const NEWER = '99.0.0';
const EACH_WAY = 25;

describe('an update of the real program', function () {
  this.timeout(90_000);
  let newer: { program: string; remove(): void };
  let cloud: FakeCloud;
  let talker: Talker;
  let editor: Editor;
  before(async () => {
    [newer, cloud, talker] = await Promise.all([buildVersion(NEWER), startFakeCloud(), startTalker(20)]);
    editor = await openEditor(cloud, talker, '');
  });
  after(async () => {
    await editor.close();
    await talker.upstream.stop();
    await cloud.stop();
    newer.remove();
  });

  it('hands over under 50 running answers: every byte arrives, port, URL and cloudflared stay', async () => {
    const old = editor.window();
    await old.pushConfig(editor.settings());
    const before = await routerState(old, online);
    const tunnels = editor.tunnels();
    const readings = [
      ...Array.from({ length: EACH_WAY }, (_, n) => readLocally(before.port!, `local ${n}`)),
      ...(await Promise.all(
        Array.from({ length: EACH_WAY }, (_, n) => readPublicly(cloud, before.publicUrl!, `public ${n}`)),
      )),
    ];
    await Promise.all(readings.map((reading) => reading.more()));

    const fresh = editor.window({ program: newer.program, version: NEWER });
    await fresh.pushConfig(editor.settings());
    const after = await routerState(fresh, (state) => online(state) && state.windows === 2);
    assert.deepEqual([after.version, after.port, after.publicUrl], [NEWER, before.port, before.publicUrl]);
    assert.equal((await routerState(old, (state) => state.pid === after.pid)).version, NEWER);
    assert.deepEqual(editor.tunnels(), tunnels, 'the same cloudflared');
    assert.deepEqual(editor.routers().sort(), [before.pid, after.pid].sort(), 'both run while answers do');
    await Promise.all(readings.map((reading) => reading.more()));

    const next = [readLocally(after.port!, 'new'), await readPublicly(cloud, after.publicUrl!, 'new outside')];
    await Promise.all(next.map((reading) => reading.more()));
    talker.finish();
    for (const { name, whole } of [...readings, ...next]) assert.equal(await whole, talker.sent(name), name);
    await until(() => editor.routers().length === 1, 'the older router has not ended');
    assert.deepEqual([editor.routers(), editor.tunnels()], [[after.pid], tunnels]);
    assert.equal(editor.spawned.length, 2);
    assert.equal(cloud.edge.created, 1);
  });
});
