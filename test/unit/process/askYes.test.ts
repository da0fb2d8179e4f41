/** A question on a terminal: every way out of it is an answer. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { askYes } from '../../../src/process/offerInstall';

describe('a question on a terminal', () => {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });

  for (const [keys, answer, interrupts] of [
    ['y\r', true, 0],
    ['Yes\r', true, 0],
    ['\r', false, 0],
    ['yesterday\r', false, 0],
    ['\x03', false, 1],
    ['y\x03', false, 1],
    ['\x04', false, 0],
  ] as const)
    it(`${JSON.stringify(keys)}: ${answer ? 'yes' : 'no'}${interrupts ? ', and the program is told to end' : ''}`, async () => {
      const input = terminal();
      let told = 0;
      const asked = askYes('Run it? ', input, terminal(), () => told++);
      input.write(keys);
      assert.equal(await asked, answer);
      assert.equal(told, interrupts);
    });

  it('an input that ends is a no', async () => {
    const input = terminal();
    const asked = askYes('Run it? ', input, terminal());
    input.end();
    assert.equal(await asked, false);
  });

  it('Ctrl+C reaches who listens for the signal', async () => {
    const input = terminal();
    const signalled = new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
    const asked = askYes('Run it? ', input, terminal());
    input.write('\x03');
    assert.equal(await asked, false);
    await signalled;
  });
});
