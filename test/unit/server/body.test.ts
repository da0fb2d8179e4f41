/** Bodies of requests: how much is held, for how long, and that all of it is given back. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createBodyBudget } from '../../../src/server/body';
import { heldTimers } from '../../support/heldTimers';

const MB = 1024 * 1024;
const limits = { bodyMb: 4, totalBodyMb: 6 };

describe('the budget of bodies', () => {
  const held = heldTimers();
  const request = (headers: Record<string, string> = {}) =>
    Object.assign(new EventEmitter(), { headers }) as unknown as IncomingMessage;

  it('refuses by the length that is told, before it says go on, and by the bytes that come', async () => {
    const bodies = createBodyBudget();
    let wanted = 0;
    const goOn = () => {
      wanted += 1;
    };
    const told = async (bytes: number) => {
      const read = await bodies.read(request({ 'content-length': String(bytes) }), limits, 1_000, goOn);
      return read.ok || read.status;
    };
    assert.equal(await told(5 * MB), 413);
    const first = request({ 'content-length': String(3 * MB) });
    const reading = bodies.read(first, limits, 1_000, goOn);
    first.emit('data', Buffer.alloc(3 * MB));
    assert.deepEqual([await told(4 * MB), wanted, bodies.held], [503, 1, 3 * MB]);
    for (const [piece, status] of [
      [5 * MB, 413],
      [4 * MB, 503],
    ] as const) {
      const untold = request();
      const refused = bodies.read(untold, limits, 1_000);
      untold.emit('data', Buffer.alloc(piece));
      const read = await refused;
      assert.equal(read.ok || read.status, status);
    }
    assert.equal(bodies.held, 3 * MB);
    first.emit('end');
    const read = await reading;
    assert.ok(read.ok);
    read.release();
    read.release();
    assert.equal(bodies.held, 0);
  });

  it('gives up what moves too slowly as a whole, and holds nothing of it', async () => {
    const bodies = createBodyBudget();
    const slow = request();
    const reading = bodies.read(slow, limits, 1_000);
    for (let sent = 0; sent < 10; sent += 1) {
      slow.emit('data', Buffer.alloc(10));
      held.jump(100);
    }
    assert.equal(bodies.held, 100);
    held.jump(1);
    slow.emit('data', Buffer.alloc(10));
    const late = await reading;
    assert.deepEqual([late.ok || late.status, bodies.held], [408, 0]);
  });

  it('gives back what a client sent that left before its end', async () => {
    const bodies = createBodyBudget();
    const leaving = request();
    const reading = bodies.read(leaving, limits, 1_000);
    leaving.emit('data', Buffer.alloc(10));
    leaving.emit('close');
    const read = await reading;
    assert.deepEqual([read.ok || read.status, bodies.held], [400, 0]);
  });
});
