/** What a tunnel keeps of its past and of its program's words has a bound, whatever comes. */
import assert from 'node:assert/strict';
import { createLineLog } from '../../../src/tunnel/lineLog';
import { createMailbox } from '../../../src/tunnel/mailbox';
import type { StateFile, TunnelMemory } from '../../../src/tunnel/stateFile';
import { chooseTransport } from '../../../src/tunnel/transports';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';
import { createTunnelLog } from '../../../src/tunnel/tunnelLog';
import { controlledClock } from '../../support/controlledClock';

const DAY = 86_400_000;

describe('what a tunnel keeps', () => {
  it('of its states are the last two hundred, each with its newest words', () => {
    let now = 0;
    const log = createTunnelLog(() => now++);
    const add = (state: string, message?: string) => log.add({ state, message } as TunnelStatus);
    for (let n = 0; n < 150; n += 1) {
      add('reconnecting', 'lost');
      add('reconnecting', 'still lost');
      add('reconnecting');
      add('online');
    }
    assert.equal(log.moments.length, 200);
    assert.deepEqual(log.moments.slice(-2), [
      { state: 'reconnecting', at: 298, message: 'still lost' },
      { state: 'online', at: 299 },
    ]);
  });

  it('of a line without an end is its last part', () => {
    const lines: string[] = [];
    const log = createLineLog((line) => {
      lines.push(line);
      return [];
    });
    for (let n = 0; n < 10; n += 1) log.push('x'.repeat(65_536));
    log.push('end\n');
    assert.ok(lines[0]!.length < 2 * 65_536 && lines[0]!.endsWith('end'));
  });

  it('of networks are the last twenty, what it noted under a wrong clock not at all', () => {
    const clock = controlledClock();
    let value: TunnelMemory = {};
    const state = {
      get value() {
        return value;
      },
      update: (change: TunnelMemory) => {
        value = { ...value, ...change };
      },
    } as StateFile;
    let network = 0;
    const choice = chooseTransport(state, {
      clock,
      networkInterfaces: () => ({
        eth0: [
          {
            address: `10.0.${network}.2`,
            netmask: '255.255.255.0',
            family: 'IPv4',
            internal: false,
            mac: '',
            cidr: null,
          },
        ],
      }),
    });
    for (; network < 30; network += 1) choice.worked('http2');
    assert.equal(Object.keys(value.transports ?? {}).length, 20);
    network = 29;
    assert.equal(choice.current, 'http2');
    assert.ok(choice.fallBack(), 'there is the other one');
    assert.equal(choice.current, 'quic');
    assert.equal(choice.fallBack(), false);
    clock.setBack(DAY / 2);
    assert.equal(choice.current, 'quic');
  });

  it('waits longer than a timer can, where it may', async () => {
    const clock = controlledClock();
    let longest = 0;
    const box = createMailbox<string>({
      ...clock,
      after: (ms, run) => {
        longest = ms;
        return clock.after(ms, run);
      },
    });
    const taken = box.take(Number.POSITIVE_INFINITY);
    box.post('news');
    assert.equal(await taken, 'news');
    assert.ok(longest <= 2 ** 31 - 1);
  });
});
