import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { createCursorWriter } from '../../../src/router/cursorWriter';
import type { CoreOptions } from '../../../src/router/options';

const MINUTE = 60_000;

describe('the end of writing Cursor’s settings', () => {
  afterEach(() => mock.timers.reset());

  it('is told for ten minutes each time, and windows hear when it is over', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const told: (string | undefined)[] = [];
    const writer = createCursorWriter({
      options: {
        closing: { runtime: '/opt/cursor/cursor', windows: () => 0, hold: () => () => undefined },
        dataDir: '/nowhere',
        log: () => undefined,
      } as unknown as CoreOptions,
      file: () => undefined,
      publicUrl: () => undefined,
      onChange: () => told.push(writer.job?.phase),
    });
    // Called off from the start: each ends at once, and writes nothing.
    writer.close();
    const ends = async () => {
      writer.start({ undo: true });
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    };
    await ends();
    mock.timers.tick(6 * MINUTE);
    await ends();
    mock.timers.tick(5 * MINUTE);
    assert.equal(writer.job?.phase, 'failed', 'the first one’s time is over, not this one’s');
    mock.timers.tick(5 * MINUTE);
    assert.equal(writer.job, undefined);
    assert.deepEqual(told, ['waiting', 'failed', 'waiting', 'failed', undefined]);
  });
});
