import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { NotificationType } from 'vscode-jsonrpc';
import { frame } from '../../../src/process/framing';

const said = new NotificationType<{ text: string }>('said');
const message = (text: string): Buffer => {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'said', params: { text } }));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
};

/** What a framed connection hears when these pieces arrive, and the first error. */
function hear(pieces: readonly Buffer[], count: number, maxBytes = 1_000): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const stream = new PassThrough();
    const { rpc } = frame(stream as unknown as Socket, maxBytes);
    const heard: string[] = [];
    rpc.onNotification(said, ({ text }) => {
      heard.push(text);
      if (heard.length === count) resolve(heard);
    });
    rpc.onError(([error]) => reject(error));
    rpc.listen();
    for (const piece of pieces) stream.write(piece);
  });
}

describe('messages on the pipe', () => {
  const bytes = Buffer.concat([message('grüße'), message('zwei')]);

  it('are whole wherever they are cut', async () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(
        await hear([bytes.subarray(0, cut), bytes.subarray(cut)], 2),
        ['grüße', 'zwei'],
        `cut at ${cut}`,
      );
    }
    assert.deepEqual(
      await hear(
        [...bytes].map((byte) => Buffer.from([byte])),
        2,
      ),
      ['grüße', 'zwei'],
    );
  });

  it('are refused by their announced length, before they have arrived', async () => {
    await assert.rejects(hear([Buffer.from('Content-Length: 1001\r\n\r\n')], 1), /a message of 1001 bytes/);
    await assert.rejects(hear([message('x'.repeat(1_000))], 1), /bytes/);
    assert.deepEqual(await hear([message('x'.repeat(900))], 1), ['x'.repeat(900)]);
  });

  it('are refused when their head has no end: nothing is gathered from who speaks something else', async () => {
    await assert.rejects(hear([Buffer.alloc(255, 'x'), Buffer.from('x')], 1), /does not speak our protocol/);
  });

  it('may be longer once the peer is known', async () => {
    const stream = new PassThrough();
    const framed = frame(stream as unknown as Socket, 100);
    const heard = new Promise<string>((resolve) => framed.rpc.onNotification(said, ({ text }) => resolve(text)));
    framed.rpc.listen();
    framed.allow(10_000);
    stream.write(message('y'.repeat(5_000)));
    assert.equal((await heard).length, 5_000);
  });

  it('end with the first that is none', async () => {
    for (const wrong of [
      '\r\n\r\n',
      'Content-Length: x\r\n\r\n',
      'Length: 2\r\n\r\n{}',
      'Content-Length: 2\r\n\r\n[]',
      'Content-Length: 1\r\n\r\n}',
    ]) {
      const stream = new PassThrough();
      const { rpc } = frame(stream as unknown as Socket, 1_000);
      const failed = new Promise<void>((resolve) => rpc.onError(() => resolve()));
      const heard: string[] = [];
      rpc.onNotification(said, ({ text }) => heard.push(text));
      rpc.listen();
      stream.write(Buffer.concat([Buffer.from(wrong), message('after')]));
      await failed;
      stream.write(message('later'));
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(heard, [], wrong);
    }
  });
});
