/** `router.js lessons`: what refusals taught is listed, and forgotten on demand (issue 15 §4). */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseCommandLine } from '../../../src/process/commandLine';
import type { Target } from '../../../src/routing/backend';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import { settingsSchema } from '../../../src/settings/schema';
import { type LessonStore, openLessonStore } from '../../../src/upstream/lessonStore';
import { runLessonsCommand } from '../../../src/upstream/lessonsCommand';

const NOON = Date.UTC(2026, 10, 21, 12);
const TEMPERATURE = { field: 'temperature', do: 'drop', lasting: true } as const;

describe('lessons command', () => {
  let dataDir = '';
  let now = NOON;
  beforeEach(() => {
    now = NOON;
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'lessons-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const settings = settingsSchema.parse({ backends: [{ name: 'relay', baseUrl: 'https://relay.example/v1' }] });
  const routes = createRouteTable(settings, buildBackends(settings), { lists: new Map() });
  const target = (name: string): Target => {
    const found = routes.resolve(name);
    assert.ok(!('notFound' in found));
    return found;
  };
  const open = (): LessonStore => openLessonStore({ dataDir, now: () => now, warn: assert.fail });
  async function learned(): Promise<LessonStore> {
    const store = open();
    store.remember(target('relay/gpt-x\u001b[31m'), [TEMPERATURE]);
    await store.close();
    return store;
  }
  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const said = { out: '', err: '' };
    const code = await runLessonsCommand(args, {
      defaultDataDir: () => dataDir,
      now: () => now,
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
    });
    return { code, ...said };
  }

  it('lists what was learned with date, backend and model, in characters that steer no terminal', async () => {
    await learned();
    const line = 'gpt-x?[31m at relay refuses temperature: left out since 2026-11-21.\n';
    assert.deepEqual(await run(), { code: 0, out: line, err: '' });
    assert.equal(open().all().length, 1);
  });

  it('says so when there is nothing, and tells programs as JSON', async () => {
    assert.deepEqual(await run('--forget'), { code: 0, out: 'Nothing was learned from refusals.\n', err: '' });
    await learned();
    const { models, forgotten } = JSON.parse((await run('--json')).out);
    assert.deepEqual(
      [models[0].backend, models[0].lessons, forgotten],
      ['relay', [{ field: 'temperature', do: 'drop', at: NOON }], false],
    );
  });

  it('forgets on demand, also in a router that runs, which learns anew', async () => {
    const running = await learned();
    const asked = target('relay/gpt-x\u001b[31m');
    assert.match((await run('--forget')).out, /left out since 2026-11-21\.\n\nAll of it is forgotten\.\n$/);
    assert.equal(open().all().length, 0);
    now += 1_000;
    assert.equal(running.known(asked).length, 0);
    running.remember(target('relay/other'), [TEMPERATURE]);
    await running.close();
    const known = open().all();
    assert.deepEqual(
      known.map(({ model }) => model),
      ['other'],
    );
  });

  it('what a running router learns right after the command brings nothing back', async () => {
    const running = await learned();
    await run('--forget');
    running.remember(target('relay/other'), [TEMPERATURE]);
    assert.equal(running.all().length, 1);
    await running.close();
  });

  it('reads a file of before that names no backend', async () => {
    const store = await learned();
    const [{ lessons } = { lessons: [] }] = store.all();
    const models = [{ place: 'a'.repeat(16), wire: 'chat', model: 'm', lessons }];
    writeFileSync(path.join(dataDir, 'lessons.json'), JSON.stringify({ version: 1, models }));
    assert.equal((await run()).out, 'm refuses temperature: left out since 2026-11-21.\n');
  });

  it('ends with 2 and its help on what it does not know, with 1 where it may not forget', async () => {
    const unknown = await run('--forgot');
    assert.deepEqual([unknown.code, /Usage: .* lessons/.test(unknown.err)], [2, true]);
    mkdirSync(path.join(dataDir, 'lessons.json'));
    const kept = await run('--forget');
    assert.deepEqual([kept.code, kept.out], [1, '']);
    assert.match(kept.err, /could not be forgotten/);
  });

  it('is a command of the program', () => {
    const expected = { mode: 'command', command: 'lessons', rest: ['--forget'] };
    assert.deepEqual(parseCommandLine(['lessons', '--forget']), expected);
  });
});
