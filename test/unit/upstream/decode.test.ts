import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { decoding } from '../../../src/upstream/decode';

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe('compressed answers', () => {
  it('stop being decoded while their reader is stuck: a few bytes may stand for very many', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    let got = 0;
    const upstream = { abort() {}, pause() {}, resume() {} };
    const ended = new Promise<void>((resolve, reject) => {
      const handler = decoding(
        {
          onHead() {},
          onData(chunk) {
            const first = got === 0;
            got += chunk.length;
            if (!first) return;
            handler.pause();
            turns(2_000)
              .then(() => assert.equal(got, chunk.length, 'a reader that reads nothing gets nothing'))
              .then(handler.resume, reject);
          },
          onEnd: resolve,
          onError: reject,
        },
        upstream,
      );
      handler.onHead(200, { 'content-encoding': 'gzip' });
      handler.onData(bomb);
      handler.onEnd();
    });
    await ended;
    assert.equal(got, 64 * 1024 * 1024);
  });

  it('do not wake an upstream whose reader is stuck', () => {
    const calls: string[] = [];
    const upstream = { abort() {}, pause: () => void calls.push('pause'), resume: () => void calls.push('resume') };
    const handler = decoding({ onHead() {}, onData() {}, onEnd() {}, onError() {} }, upstream);
    handler.pause();
    handler.resume();
    assert.deepEqual(calls, ['pause', 'resume']);
  });

  it('slow their upstream while they are decoded, and tell nothing of how long they were', async () => {
    const calls: string[] = [];
    let goOn = (): void => {};
    const upstream = {
      abort() {},
      pause: () => void calls.push('pause'),
      resume: () => {
        calls.push('resume');
        goOn();
      },
    };
    let head: object = {};
    const ended = new Promise<void>((resolve, reject) => {
      const given = {
        onHead: (_: number, headers: object) => {
          head = headers;
        },
        onData() {},
        onEnd: resolve,
        onError: reject,
      };
      const handler = decoding(given, upstream);
      handler.onHead(200, { 'content-encoding': 'gzip', 'content-length': '9' });
      handler.onData(gzipSync(randomBytes(1024 * 1024)));
      assert.deepEqual(calls, ['pause']);
      goOn = handler.onEnd;
    });
    await ended;
    assert.deepEqual(calls, ['pause', 'resume']);
    assert.deepEqual(head, { 'content-encoding': undefined, 'content-length': undefined });
  });

  it('that are broken end their upstream, told as that', async () => {
    let aborted = 0;
    const upstream = { abort: () => void (aborted += 1), pause() {}, resume() {} };
    const told = await new Promise<Error & { code?: string }>((resolve) => {
      const handler = decoding({ onHead() {}, onData() {}, onEnd() {}, onError: resolve }, upstream);
      handler.onHead(200, { 'content-encoding': 'gzip' });
      handler.onData(Buffer.from('no gzip at all'));
    });
    await turns(1);
    assert.deepEqual([told.code, aborted], ['BAD_ENCODING', 1]);
  });
});
