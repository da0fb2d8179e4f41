/** Figures of the program as it ships: printed, not asserted, because machines differ. */
import assert from 'node:assert/strict';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { itOnLinux } from '../../support/platform';
import { routerState, serving } from '../../support/process/harness';
import {
  type Editor,
  memoryOf,
  openEditor,
  readLocally,
  startTalker,
  type Talker,
} from '../../support/process/realEditor';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const STREAMS = 200;

describe('figures of the real program', function () {
  this.timeout(60_000);
  let cloud: FakeCloud;
  let talker: Talker;
  let editor: Editor;
  before(async () => {
    [cloud, talker] = await Promise.all([startFakeCloud(), startTalker(200)]);
  });
  after(async () => {
    await talker.upstream.stop();
    await cloud.stop();
  });
  beforeEach(async () => {
    talker.resume();
    editor = await openEditor(cloud, talker, '');
  });
  afterEach(() => editor.close());

  const say = (text: string): void => console.log(`      ${text}`);
  const middle = (values: number[]): number => Math.round(values.sort((a, b) => a - b)[values.length >> 1]!);
  const settings = () => editor.settings({ tunnel: { provider: 'none' }, lingerSeconds: 0 });

  it('from a window that opens to listening', async () => {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const begun = performance.now();
      const window = editor.window();
      await window.pushConfig(settings());
      await routerState(window, serving);
      times.push(performance.now() - begun);
      window.dispose();
      await editor.gone();
    }
    say(`listening ${middle(times)} ms after a window opened, median of ${ROUNDS}`);
  });

  it('from kill -9 of the router to listening again', async () => {
    const window = editor.window({ backoff: Array.from({ length: ROUNDS + 1 }, () => 0) });
    await window.pushConfig(settings());
    let { pid } = await routerState(window, serving);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const killed = pid;
      const begun = performance.now();
      process.kill(killed, 'SIGKILL');
      ({ pid } = await routerState(window, (state) => serving(state) && state.pid !== killed));
      times.push(performance.now() - begun);
    }
    say(`listening again ${middle(times)} ms after kill -9, median of ${ROUNDS}`);
  });

  itOnLinux(`memory idle and with ${STREAMS} running answers`, 'memory in use is read from /proc', async () => {
    const window = editor.window();
    await window.pushConfig(settings());
    const { pid, port } = await routerState(window, serving);
    const idle = memoryOf(pid);
    const readings = Array.from({ length: STREAMS }, (_, n) => readLocally(port!, `answer ${n}`));
    await Promise.all(readings.map((reading) => reading.more(1_000)));
    const busy = memoryOf(pid);
    talker.finish();
    for (const { name, whole } of readings) assert.equal(await whole, talker.sent(name), name);
    say(`memory in use ${idle} MB idle, ${busy} MB with ${STREAMS} running answers`);
  });
});
