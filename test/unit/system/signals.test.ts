import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { onEndSignal } from '../../../src/system/signals';

type Signals = Pick<NodeJS.Process, 'once' | 'emit'>;
const made = () => new EventEmitter() as EventEmitter & Signals;

describe('being asked to end', () => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const)
    it(`by ${name}: once to end, once more for at once`, () => {
      const from = made();
      let asked = 0;
      onEndSignal(() => asked++, from, 'linux');
      from.emit(name);
      assert.equal(asked, 1);
      onEndSignal(() => asked++, from, 'linux');
      from.emit(name);
      assert.equal(asked, 2);
    });

  it('by closing the console of Windows: "at once" comes by itself, before Windows ends the process', async () => {
    const from = made();
    onEndSignal(() => undefined, from, 'win32', 1);
    from.emit('SIGHUP');
    await new Promise<void>((resolve) => onEndSignal(() => resolve(), from, 'win32', 1_000));
    const elsewhere = made();
    onEndSignal(() => undefined, elsewhere, 'linux', 1);
    elsewhere.emit('SIGHUP');
    const again = once(elsewhere, 'SIGHUP').then(() => 'again');
    const waited = new Promise((resolve) => setTimeout(resolve, 50, 'quiet'));
    assert.equal(await Promise.race([again, waited]), 'quiet');
  });
});
