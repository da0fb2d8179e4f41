/** What became of writing Cursor's settings, and why they were not read, are codes and values too. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readCursorState } from '../../../src/cursorApp/readState';
import { say } from '../../../src/cursorApp/sentences';
import { connectState, notWritten } from '../../../src/cursorApp/writeState';
import { say as doctor } from '../../../src/doctor/sentences';
import { cursorJobNotice } from '../../../src/editor/stateMessages';
import type { View } from '../../../src/editor/view';
import { inWords, reasonOf } from '../../../src/editor/words';
import type { CursorJob, RouterState } from '../../../src/process/contract';
import { createCursorWriter } from '../../../src/router/cursorWriter';
import type { CoreOptions } from '../../../src/router/options';
import { SaidError } from '../../../src/said';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

const shownEnd = (job: CursorJob): string | undefined => {
  const cursorWrite = { able: true, undoable: true, job: overThePipe(job) };
  const state = { phase: 'running', cursorWrite } as RouterState;
  return cursorJobNotice({ link: 'connected', state, models: [] } satisfies View)?.text;
};

describe('what is said of Cursor’s own settings', () => {
  it('what became of a write is shown in the language of the editor, that nothing was written too', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'cursor-said-'));
    const missing = path.join(folder, 'none');
    const { ok, ...told } = await connectState(missing, folder, { baseUrl: 'https://a.example/v1', models: [] });
    rmSync(folder, { recursive: true });
    assert.deepEqual([ok, told.text], [false, `There is no ${missing}. Nothing was written.`]);
    await inLanguage(JAPANESE, () => {
      assert.equal(shownEnd({ phase: 'failed', ...told }), `${missing} がありません。 何も書き込みませんでした。`);
      const { ok: _, ...busy } = notWritten(say.stillOpen);
      assert.equal(
        shownEnd({ phase: 'failed', ...busy }),
        'Cursor がまだ設定を開いています。 何も書き込みませんでした。',
      );
    });
  });

  it('words of the database stay as they are', async () => {
    const { ok: _, ...told } = notWritten('disk I/O error.');
    assert.equal(told.text, 'disk I/O error. Nothing was written.');
    await inLanguage(JAPANESE, () => {
      assert.equal(shownEnd({ phase: 'failed', ...told }), 'disk I/O error. 何も書き込みませんでした。');
    });
  });

  it('why they are not read stands in the Doctor’s line in the language of the editor', async () => {
    const reading = await readCursorState(import.meta.filename, () => false);
    assert.ok(reading.kind === 'unreadable');
    const line = doctor.cursorUnread(reading.why);
    assert.equal(line.text, 'They were not read: it is not a database.');
    await inLanguage(JAPANESE, () =>
      assert.equal(inWords(overThePipe(line)), '読めませんでした: データベースではありません。'),
    );
  });

  it('the job waits and is refused in sentences with codes', async () => {
    const writer = createCursorWriter({
      options: { dataDir: '/nowhere', log: () => undefined } as unknown as CoreOptions,
      file: () => undefined,
      publicUrl: () => undefined,
      onChange: () => undefined,
    });
    let refused: unknown;
    try {
      writer.start({ undo: true });
    } catch (error) {
      refused = error;
    }
    assert.ok(refused instanceof SaidError);
    assert.match(refused.message, /^This router does not run on a Cursor/);
    await inLanguage(JAPANESE, () => assert.match(reasonOf(refused), /待てません。$/));
  });
});
