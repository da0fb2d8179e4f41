/** Real programs in every situation: npm run test:clients. */
import assert from 'node:assert/strict';
import { playAll } from './bench';
import { CLIENTS, missing, startTrap, stopTrap, strangers } from './programs';

describe('programs in every situation', () => {
  before(startTrap);
  after(stopTrap);
  playAll(CLIENTS, missing);
  describe('afterwards', () => {
    it('none of them has asked for anybody but the router', () => assert.deepEqual(strangers, []));
  });
});
