import assert from 'node:assert/strict';
import { belongsTo, isLastingCursor, looksLikeCursor, startOf } from '../../../src/cursorApp/processes';
import { say } from '../../../src/cursorApp/sentences';
import { LONGEST_WAIT, QUIT_WAIT, writeWhenClosed } from '../../../src/cursorApp/whenClosed';

let startFails = (): void => undefined;

/** A clock that goes on only with the waiting itself; `at` says what the machine looks like at a time. */
function rig(at: (ms: number) => { windows: number; others: number | undefined }) {
  let now = 0;
  const abort = new AbortController();
  const done = { writes: 0, starts: 0, at: 0 };
  const run = (sleeping = (_: number): void => undefined) =>
    writeWhenClosed(
      {
        now: () => now,
        async sleep(ms) {
          now += ms;
          sleeping(now);
        },
        others: async () => at(now).others,
        windows: () => at(now).windows,
        async write() {
          done.writes++;
          done.at = now;
          return { ok: true, text: 'Written.' };
        },
        startCursor() {
          done.starts++;
          startFails();
        },
      },
      abort.signal,
    );
  return { run, done, abort };
}

describe('writing when Cursor is closed', () => {
  it('waits until every process is gone, writes once and starts Cursor again', async () => {
    const r = rig((ms) => ({ windows: ms < 3_000 ? 2 : 0, others: ms < 8_000 ? 5 : 0 }));
    assert.deepEqual(await r.run(), { ok: true, text: 'Written.' });
    assert.deepEqual([r.done.writes, r.done.starts], [1, 1]);
    assert.ok(r.done.at > 8_000, 'not in the gap between two processes');
  });

  it('what was written is told as written although Cursor cannot be started again', async () => {
    startFails = () => {
      throw new Error('spawn UNKNOWN');
    };
    const r = rig(() => ({ windows: 0, others: 0 }));
    const result = await r.run().finally(() => {
      startFails = () => undefined;
    });
    assert.deepEqual(result, { ok: true, text: 'Written.' });
    assert.deepEqual([r.done.writes, r.done.starts], [1, 1]);
  });

  it('a gap between two processes of the same end is no end', async () => {
    const r = rig((ms) => ({ windows: 0, others: ms === 1_000 ? 0 : ms < 20_000 ? 1 : 0 }));
    await r.run();
    assert.ok(r.done.at > 20_000);
  });

  it('nor are many gaps, however many there are', async () => {
    const r = rig((ms) => ({ windows: 0, others: (ms / 500) % 2 }));
    assert.equal((await r.run()).ok, false);
    assert.equal(r.done.writes, 0);
  });

  it('a window that is still connected has not quit, whatever the list of processes says', async () => {
    const r = rig(() => ({ windows: 1, others: 0 }));
    assert.ok((await r.run()).text.startsWith(say.didNotQuit.text));
    assert.equal(r.done.writes, 0);
  });

  for (const what of ['a person calls it off', 'a window comes back'] as const)
    it(`${what} in the last moment: nothing is written`, async () => {
      let looks = 0;
      const r = rig(() => {
        looks++;
        // Three looks at windows and processes; the seventh is the one before the write.
        if (looks === 6 && what === 'a person calls it off') r.abort.abort();
        return { windows: looks === 7 && what === 'a window comes back' ? 1 : 0, others: 0 };
      });
      assert.equal((await r.run()).ok, false);
      assert.deepEqual([r.done.writes, r.done.starts], [0, 0]);
    });

  it('is bounded: after 5 minutes nothing is written, and it says so', async () => {
    const r = rig(() => ({ windows: 0, others: 1 }));
    const { says, ...told } = await r.run();
    assert.deepEqual(told, { ok: false, text: 'Cursor was not gone within 5 minutes. Nothing was written.' });
    assert.deepEqual([says?.text?.code, says?.text?.values], ['cursorApp.nothingWritten', [say.notGone]]);
    assert.deepEqual(r.done, { writes: 0, starts: 0, at: 0 });
    assert.equal(LONGEST_WAIT, 300_000);
  });

  it('an aborted quit aborts the write', async () => {
    const r = rig((ms) => ({ windows: ms < QUIT_WAIT + 5_000 ? 1 : 0, others: ms < QUIT_WAIT + 5_000 ? 9 : 0 }));
    assert.match((await r.run()).text, /did not quit\. Nothing was written/);
    assert.equal(r.done.writes, 0);
  });

  it('a Cursor that comes back meanwhile is left alone', async () => {
    const r = rig((ms) => ({ windows: ms > 2_000 && ms < 4_000 ? 0 : 1, others: 3 }));
    assert.match((await r.run()).text, /started again/);
    assert.equal(r.done.writes, 0);
  });

  it('is called off by a person', async () => {
    const r = rig(() => ({ windows: 1, others: 3 }));
    const result = await r.run((now) => now > 2_000 && r.abort.abort());
    assert.match(result.text, /called off/);
  });

  it('where processes cannot be listed nothing is written', async () => {
    const r = rig(() => ({ windows: 0, others: undefined }));
    assert.match((await r.run()).text, /does not tell/);
    assert.equal(r.done.writes, 0);
  });
});

describe('processes of a Cursor', () => {
  it('are those below its folder; in a folder that many share the program alone', () => {
    const linux = belongsTo('/usr/share/cursor/cursor', 'linux');
    assert.ok(linux('/usr/share/cursor/cursor') && linux('/usr/share/cursor/chrome_crashpad_handler'));
    assert.ok(!linux('/usr/share/cursor-other/cursor') && !linux('/usr/bin/node'));
    const shared = belongsTo('/usr/bin/cursor', 'linux');
    assert.ok(shared('/usr/bin/cursor') && !shared('/usr/bin/bash'));
    const mac = belongsTo(
      '/Applications/Cursor.app/Contents/Frameworks/Cursor Helper (Plugin).app/Contents/MacOS/x',
      'darwin',
    );
    assert.ok(mac('/Applications/Cursor.app/Contents/MacOS/Cursor') && !mac('/Applications/Cursor Nightly.app/x'));
    const windows = belongsTo('C:\\Users\\me\\Programs\\cursor\\Cursor.exe', 'win32');
    assert.ok(windows('c:\\users\\me\\programs\\cursor\\resources\\a.exe') && !windows('C:\\Windows\\x.exe'));
  });
  it('on macOS are started again by their application, although a helper within it is the runtime', () => {
    const helper =
      '/Applications/My Tools/Cursor.app/Contents/Frameworks/Cursor Helper (Plugin).app/Contents/MacOS/Cursor Helper (Plugin)';
    assert.ok(looksLikeCursor(helper) && isLastingCursor(helper));
    assert.deepEqual(startOf(helper, 'darwin'), ['/usr/bin/open', ['-a', '/Applications/My Tools/Cursor.app']]);
    assert.deepEqual(startOf('/opt/cursor/cursor', 'linux'), ['/opt/cursor/cursor', []]);
    assert.deepEqual(startOf('C:\\x\\Cursor.exe', 'win32'), ['C:\\x\\Cursor.exe', []]);
  });
  it('are known by name to a terminal; an AppImage goes with its editor and cannot be outlived', () => {
    for (const program of ['/opt/cursor/cursor', 'C:\\x\\Cursor.exe', '/Applications/Cursor.app/Contents/MacOS/Cursor'])
      assert.ok(looksLikeCursor(program) && isLastingCursor(program), program);
    for (const program of ['/usr/bin/code', '/home/cursor/bin/node']) assert.ok(!looksLikeCursor(program), program);
    assert.ok(!isLastingCursor('/tmp/.mount_CursorAb12/usr/share/cursor/cursor'));
  });
});
