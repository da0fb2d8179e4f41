import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createGuessLimit, hostAllowed, presentedKey, sourceOf } from '../../../src/server/guard';

const request = (headers: Record<string, string>): IncomingMessage =>
  ({ headers, socket: { remoteAddress: '127.0.0.1' } }) as unknown as IncomingMessage;

describe('guard', () => {
  const ours = new Set(['quiet-fox.trycloudflare.com']);

  it('knows loopback in every spelling and the tunnel’s own name', () => {
    for (const host of [
      'localhost',
      'LOCALHOST:11411',
      '127.0.0.1',
      '127.9.9.9:1',
      '[::1]:11411',
      'quiet-fox.trycloudflare.com',
      'Quiet-Fox.TryCloudflare.com:443',
    ])
      assert.ok(hostAllowed(host, ours), host);
  });
  it('refuses every other host', () => {
    for (const host of [
      undefined,
      '',
      'evil.example',
      'localhost.evil.example',
      'evil.example#localhost',
      'evil.example/localhost',
      'x@localhost',
      '127.0.0.1.nip.io',
      '0x7f.1',
      '2130706433',
      'localhost:80:80',
      'other.trycloudflare.com',
      'quiet-fox.trycloudflare.com.evil.example',
      'localhost\u0000',
      ' localhost',
    ])
      assert.ok(!hostAllowed(host, ours), String(host));
  });

  it('takes addresses when it listens beyond loopback, and names of the setting allowedHosts', () => {
    const own = { addresses: true, names: ['host.docker.internal', 'Machine.local'] };
    for (const host of ['192.168.1.7:11411', '10.0.0.2', '[fd00::1]:80', 'host.docker.internal:11411', 'machine.local'])
      assert.ok(hostAllowed(host, ours, own) && !hostAllowed(host, ours), host);
    for (const host of ['evil.example', '10.0.0.2.nip.io', '2130706433', '999.1.1.1', 'x@10.0.0.2'])
      assert.ok(!hostAllowed(host, ours, own), host);
    assert.ok(!hostAllowed('10.0.0.2', ours, { addresses: false, names: [] }), 'only loopback listens');
  });

  it('reads the key from three headers, Bearer first', () => {
    assert.equal(presentedKey(request({ authorization: 'Bearer  k1 ', 'x-api-key': 'k2' })), 'k1');
    assert.equal(presentedKey(request({ authorization: 'bearer k1' })), 'k1');
    assert.equal(presentedKey(request({ authorization: 'Basic abc', 'x-api-key': 'k2', 'api-key': 'k3' })), 'k2');
    assert.equal(presentedKey(request({ 'api-key': 'k3' })), 'k3');
    assert.equal(presentedKey(request({ authorization: 'Bearer a b' })), undefined);
    assert.equal(presentedKey(request({ cookie: 'key=k' })), undefined);
  });

  it('believes the visitor’s address only from the edge of our own tunnel', () => {
    const cloudflare = { hosts: ours, visitorHeader: 'cf-connecting-ip' } as const;
    const other = { hosts: ours, visitorHeader: 'x-forwarded-for' } as const;
    const host = 'quiet-fox.trycloudflare.com';
    assert.equal(sourceOf(request({ host, 'cf-connecting-ip': '203.0.113.9' }), cloudflare), 'tunnel:203.0.113.9');
    assert.equal(sourceOf(request({ host: 'localhost', 'cf-connecting-ip': '203.0.113.9' }), cloudflare), '127.0.0.1');
    assert.equal(sourceOf(request({ host, 'x-forwarded-for': '203.0.113.9' }), cloudflare), '127.0.0.1');
    // Through another tunnel the header that Cloudflare would set is the visitor's own invention.
    assert.equal(
      sourceOf(request({ host, 'cf-connecting-ip': '1.1.1.1', 'x-forwarded-for': '6.6.6.6, 203.0.113.9' }), other),
      'tunnel:203.0.113.9',
    );
  });

  it('takes IPv6 by /64, and what is no address as one source', () => {
    const at = (remoteAddress: string) =>
      sourceOf({ headers: {}, socket: { remoteAddress } } as unknown as IncomingMessage, {
        hosts: ours,
        visitorHeader: 'cf-connecting-ip',
      });
    for (const address of ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:1:2:3', '2001:0db8:0001:0002::%eth0'])
      assert.equal(at(address), '2001:db8:1:2::/64', address);
    assert.equal(at('2001:db8::1'), '2001:db8:0:0::/64');
    assert.equal(at('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(at('made up'), at('another'));
  });

  describe('guesses at the key', () => {
    let now = 0;
    it('lets five misses pass, slows those that follow, refuses beyond thirty, forgives after a minute', () => {
      const guesses = createGuessLimit(() => now);
      const holds = Array.from({ length: 31 }, () => guesses.missed('a'));
      assert.deepEqual(holds.slice(0, 5), [0, 0, 0, 0, 0]);
      assert.deepEqual(holds.slice(5, 11), [200, 400, 800, 1_600, 2_000, 2_000]);
      assert.equal(holds[30], 'refuse');
      assert.equal(guesses.missed('b'), 0, 'another source is not touched');
      now += 60_001;
      assert.equal(guesses.missed('a'), 0);
    });
    it('counts all that comes through one peer together: naming another visitor each time helps nobody', () => {
      const guesses = createGuessLimit(() => now);
      const holds = Array.from({ length: 1_000 }, (_, n) => guesses.missed(`tunnel:203.0.113.${n}`, '127.0.0.1'));
      assert.equal(holds[40], 0, 'visitors do not slow each other soon');
      assert.ok(holds.slice(100, 300).every((hold) => hold !== 0));
      assert.ok(holds.slice(300).every((hold) => hold === 'refuse'));
      assert.equal(guesses.missed('192.0.2.1', '192.0.2.1'), 0);
    });
    it('remembers a bounded number of sources and still slows the newest', () => {
      const guesses = createGuessLimit(() => now);
      for (let n = 0; n < 30; n++) guesses.missed('old');
      for (let n = 0; n < 10_000; n++) guesses.missed(`source ${n}`);
      assert.equal(guesses.missed('old'), 0, 'forgotten');
      for (let n = 0; n < 30; n++) guesses.missed('source 9999');
      assert.equal(guesses.missed('source 9999'), 'refuse');
    });
  });
});
