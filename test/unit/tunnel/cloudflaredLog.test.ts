import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCloudflaredLog } from '../../../src/tunnel/cloudflared/cloudflaredLog';

const TEXT = `2026-09-30T02:32:21Z INF Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, has no uptime guarantee.
2026-09-30T02:32:21Z INF +----------------------------------------+
2026-09-30T02:32:21Z INF |  https://four-words-for-tests.trycloudflare.com  |
2026-09-30T02:32:21Z INF +----------------------------------------+
2026-09-30T02:32:22Z INF Settings: map[quick-service:http://127.0.0.1:9/secretpath url:http://127.0.0.1:11411]
2026-09-30T02:32:22Z INF Starting metrics server on 127.0.0.1:20241/metrics
2026-09-30T02:32:23Z INF Registered tunnel connection connIndex=0 connection=3f0b event=0 ip=2606:4700:a0::1 location=tpe01 protocol=quic
2026-09-30T02:32:24Z ERR failed to serve incoming request connIndex=0 error="Unauthorized: Tunnel not found"
2026-09-30T02:32:25Z INF Lost connection with the edge connIndex=0
2026-09-30T02:32:26Z ERR  error="Unable to reach the origin service. The service may be down: dial tcp 127.0.0.1:11411: connect: connection refused" connIndex=0
2026-09-30T02:32:27Z INF precheck complete hard_fail=false suggested_protocol=http2
failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value
`;
const JSON_LOG = TEXT.split('\n')
  .filter(Boolean)
  .map((line) => {
    const [, time, level, rest] = /^(\S+Z) (\w+) (.*)$/.exec(line) ?? [];
    if (!time) return line;
    const fields = Object.fromEntries(
      [...rest!.matchAll(/(?:^|\s)(\w+)=("[^"]*"|\S+)/g)].map(([, name, value]) => [
        name,
        value!.replace(/^"|"$/g, ''),
      ]),
    );
    const message = Object.keys(fields).length > 0 ? rest!.replace(/(?:^|\s)\w+=.*$/, '').trim() : rest;
    return JSON.stringify({ level, ...fields, time, message });
  })
  .join('\n')
  .concat('\n');
const EVENTS = [
  { type: 'api', port: 20_241 },
  { type: 'registered', location: 'tpe01', transport: 'quic' },
  { type: 'refused' },
  { type: 'lost' },
  { type: 'originDown' },
  { type: 'blocked' },
];

describe('log of cloudflared', () => {
  for (const [name, log] of Object.entries({ text: TEXT, JSON: JSON_LOG })) {
    it(`reads the same from ${name} lines however they are cut`, () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: log.length }), { maxLength: 12 }), (cuts) => {
          const parser = createCloudflaredLog('quic');
          const places = [0, ...cuts.sort((a, b) => a - b), log.length];
          const events = places.slice(1).flatMap((end, at) => parser.push(log.slice(places[at], end)));
          assert.deepEqual(events, EVENTS);
        }),
        { numRuns: 200 },
      );
    });
  }

  it('keeps the last lines for a person, without options, box and the path of the relay', () => {
    const parser = createCloudflaredLog('quic');
    parser.push(`${TEXT}2026-09-30T02:32:27Z ERR Post "http://127.0.0.1:41234/5ec4e7/tunnel": EOF\n`);
    const lines = parser.lastLines();
    assert.equal(lines.at(-1), 'Post "http://127.0.0.1/… EOF');
    assert.ok(lines.includes("failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value"));
    assert.doesNotMatch(lines.join('\n'), /secretpath|5ec4e7|Thank you|\+--|trycloudflare\.com/);
    for (let count = 0; count < 20; count += 1) parser.push(`line ${count}\n`);
    assert.deepEqual(
      parser.lastLines(),
      Array.from({ length: 10 }, (_, index) => `line ${index + 10}`),
    );
  });

  it('a pre-check that UDP is dropped means nothing to HTTP/2', () => {
    assert.deepEqual(
      createCloudflaredLog('http2').push('{"message":"precheck complete","suggested_protocol":"http2"}\n'),
      [],
    );
  });

  it('survives rubbish', () => {
    const parser = createCloudflaredLog('quic');
    assert.doesNotThrow(() => parser.push('{"level":"in\n}{\n"\n\u0000\ufffd{\nnull\n[]\n{}\n'));
    parser.push('x'.repeat(1_000_000));
    assert.deepEqual(parser.push('\n{"message":"Registered tunnel connection","protocol":"http2"}\n'), [
      { type: 'registered', location: undefined, transport: 'http2' },
    ]);
  });
});
