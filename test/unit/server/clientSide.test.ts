import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createClientSide } from '../../../src/server/clientSide';

const TIMES = { headHoldMs: 60_000, pingMs: 60_000, spaceAfterMs: 60_000, readMs: 0 };

describe('the client side', () => {
  it('what throws in a callback of one request ends that response and reaches nobody else', () => {
    for (const event of ['drain', 'close'] as const) {
      let destroyed = 0;
      const response = Object.assign(new EventEmitter(), {
        destroyed: false,
        destroy: () => destroyed++,
        end: () => {},
      });
      const client = createClientSide(response as unknown as ServerResponse, true, TIMES);
      const trip = () => {
        throw new TypeError('in a callback');
      };
      client.onDrain(trip);
      client.onGone(trip);
      assert.doesNotThrow(() => response.emit(event));
      assert.equal(destroyed, 1, event);
      client.end();
    }
  });
});
