import assert from 'node:assert/strict';
import { costOf, savedByCache } from '../../../src/ledger/prices';
import { OWN_CHECKS, type RequestRecord } from '../../../src/ledger/record';
import { usageRows } from '../../../src/ledger/speed';
import { formatUsage } from '../../../src/ledger/usageCommand';
import { usagePage } from '../../../src/ledger/usagePage';
import { requestRecord } from '../../support/ledgerRecords';

const streamed = (more: Partial<RequestRecord>): RequestRecord =>
  requestRecord({
    stream: true,
    backend: 'up',
    upstreamModel: 'fast',
    askedModel: 'quick',
    conversation: 'd:aaaaaaaaaaaa',
    usage: { input: 1_000, output: 100, cacheRead: 500 },
    cost: 0.01,
    saved: 0.004,
    ...more,
  });
const records = [
  streamed({ firstMs: 200, ms: 1_200 }),
  streamed({ firstMs: 400, ms: 2_400 }),
  streamed({ firstMs: 9_000, ms: 10_000, conversation: 'd:bbbbbbbbbbbb', cost: 0.5 }),
  // Neither failed nor whole answers nor estimates say how fast a model is.
  streamed({ firstMs: 1, ms: 2, error: 'broken', status: 502, saved: undefined }),
  streamed({ stream: false, firstMs: 5_000, ms: 5_001, saved: undefined }),
  streamed({ clientKey: OWN_CHECKS, firstMs: 1, ms: 2 }),
];
const ledger = {
  summary: async () => [
    { group: 'fast', requests: 5, input: 5_000, output: 500, cacheRead: 2_500, cost: 0.55, unpriced: 0 },
  ],
  async *records() {
    yield* records;
  },
  recent: () => records,
};
const period = { from: '', to: '' };

describe('speed and cache', () => {
  it('by model: medians, tokens a second, what caching saved', async () => {
    const [row] = await usageRows(ledger, { ...period, by: 'model', speed: 'all' });
    assert.deepEqual([row!.firstMs, row!.tokensPerSecond], [400, 100]);
    assert.ok(Math.abs(row!.saved! - 0.012) < 1e-9);
  });
  it('is told of whole streams alone whose tokens the provider counted', async () => {
    const odd = [
      streamed({ firstMs: 200, ms: 1_200 }),
      ...[1, 2].map(() => streamed({ firstMs: 1, ms: 2, usage: { input: 1, output: 9_000, estimated: true } })),
      ...[1, 2].map(() => streamed({ stream: false, firstMs: 1, ms: 2 })),
      ...[1, 2].map(() => streamed({ firstMs: 1, ms: 2, error: 'broken' })),
    ];
    const [row] = await usageRows({ ...ledger, recent: () => odd }, { ...period, by: 'model', speed: 'recent' });
    assert.equal(row!.tokensPerSecond, 100);
  });
  it('by conversation: one row each, the dearest first, told by beginning and model', async () => {
    const rows = await usageRows(ledger, { ...period, by: 'conversation' });
    assert.deepEqual(
      rows.map(({ group, requests }) => [group.replace(/^\S+ \S+ /, ''), requests]),
      [
        ['quick d:bbbbbb', 1],
        ['quick d:aaaaaa', 4],
      ],
    );
    assert.equal(rows[0]!.firstMs, 9_000);
  });
  it('two client keys never share a conversation', async () => {
    const two = {
      ...ledger,
      records: async function* () {
        yield* [streamed({}), streamed({ clientKey: 'guest' })];
      },
    };
    assert.equal((await usageRows(two, { ...period, by: 'conversation' })).length, 2);
  });
  it('more than two hundred conversations end in one row for the others', async () => {
    const many = Array.from({ length: 230 }, (_, i) => streamed({ conversation: `d:${String(i).padStart(12, '0')}` }));
    const rows = await usageRows(
      {
        ...ledger,
        records: async function* () {
          yield* many;
        },
      },
      { ...period, by: 'conversation' },
    );
    assert.deepEqual([rows.length, rows.at(-1)!.group, rows.at(-1)!.requests], [201, '30 more', 30]);
  });
  it('stand in the page and in the terminal', async () => {
    const rows = await usageRows(ledger, { ...period, by: 'model', speed: 'all' });
    assert.match(usagePage(rows, 'model', period), /\| fast \|.*\| 0\.40 s \| 100 \| 50 % \| \$0\.01/);
    assert.match(
      formatUsage(rows, { ...period, by: 'model' }),
      /First token +Tokens\/s +Cached +Saved[\s\S]*0\.40 s +100 +50 %/,
    );
  });
  it('what caching saved is what the same tokens would have cost without it', () => {
    const price = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
    const usage = { input: 1_000_000, output: 0, cacheRead: 800_000, cacheWrite: 100_000 };
    assert.equal(savedByCache(usage, price), 2.085);
    assert.equal(Math.round((costOf(usage, price)! + 2.085) * 1e6) / 1e6, 3);
    assert.equal(savedByCache({ input: 1, output: 1 }, price), undefined);
    assert.equal(savedByCache(usage, undefined), undefined);
  });
});
