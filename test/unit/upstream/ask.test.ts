/** One small exchange of our own: it ends in every case, keeps a bounded answer, and lets go of what it asked. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mock } from 'node:test';
import { ask } from '../../../src/upstream/ask';
import type { UpstreamHandler } from '../../../src/upstream/send';

describe('a question of our own', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  function begin(more: { mostBytes?: number; signal?: AbortSignal } = {}) {
    let provider!: UpstreamHandler;
    let aborted = 0;
    const reply = ask({
      send: (_request, handler) => {
        provider = handler;
        return { abort: () => (aborted += 1), pause() {}, resume() {} };
      },
      request: { method: 'GET', url: new URL('http://up.test/'), headers: {}, local: true },
      ms: 1_000,
      ...more,
    });
    const code = async () => {
      const told = await reply;
      assert.ok('error' in told);
      return [told.error.code, aborted];
    };
    return { provider, reply, code };
  }

  it('is over when its time is, and asks no further', async () => {
    const { code } = begin();
    mock.timers.tick(1_000);
    assert.deepEqual(await code(), ['ETIMEDOUT', 1]);
  });

  it('is over at the first byte that is too many', async () => {
    const { provider, code } = begin({ mostBytes: 10 });
    provider.onHead(200, {});
    provider.onData(Buffer.alloc(10));
    provider.onData(Buffer.alloc(1));
    assert.deepEqual(await code(), ['TOO_LARGE', 1]);
  });

  it('is over when nobody waits for it, also when that was so before; nothing is left at the signal', async () => {
    const leaving = new AbortController();
    const one = begin({ signal: leaving.signal });
    const answered = begin({ signal: leaving.signal });
    answered.provider.onHead(200, {});
    answered.provider.onEnd();
    await answered.reply;
    assert.equal(getEventListeners(leaving.signal, 'abort').length, 1);
    leaving.abort();
    assert.deepEqual(await one.code(), ['ABORTED', 1]);
    assert.deepEqual(await begin({ signal: leaving.signal }).code(), ['ABORTED', 1]);
  });
});
