import assert from 'node:assert/strict';
import fc from 'fast-check';
import { boundedRecord, decodeLine, encodeLine } from '../../../src/ledger/lines';
import type { Attempt, RequestRecord } from '../../../src/ledger/record';
import {
  addRecord,
  count,
  emptyRollup,
  emptyTotals,
  type Row,
  readRollup,
  writeRollup,
} from '../../../src/ledger/rollup';
import { requestRecord } from '../../support/ledgerRecords';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('{"id":"x"}', '\n', '{"id":"req_1","time":"t"}', '\u2028', '\ud800'),
);
const anyRecord: fc.Arbitrary<RequestRecord> = fc
  .record({
    id: fc.stringMatching(/^req_[0-9a-f]{16}$/),
    askedModel: text,
    error: fc.option(text, { nil: undefined }),
    upstreamModel: fc.option(text, { nil: undefined }),
    clientKey: fc.constantFrom('main', 'phone'),
    cost: fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { nil: undefined }),
    usage: fc.option(fc.record({ input: fc.nat(), output: fc.nat(), cacheRead: fc.nat() }), { nil: undefined }),
    status: fc.constantFrom(200, 400, 499),
  })
  .map((changes) => requestRecord(changes));

describe('ledger lines', () => {
  it('reads back what it wrote, one line a record, whatever the texts hold', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const line = encodeLine(record);
        assert.equal(line.indexOf('\n'), line.length - 1);
        assert.ok(line.startsWith('{"id":"'));
        assert.deepEqual(decodeLine(line.slice(0, -1)), { records: [JSON.parse(JSON.stringify(record))], torn: false });
      }),
    );
  });

  it('passes over a line that is JSON and no record', () => {
    const line = encodeLine(requestRecord({})).trimEnd();
    assert.equal(decodeLine(line).records.length, 1);
    for (const part of ['id', 'time', 'ms', 'rules', 'attempts']) {
      const less = JSON.stringify({ ...JSON.parse(line), [part]: undefined });
      assert.deepEqual(decodeLine(less), { records: [], torn: true }, part);
    }
    assert.deepEqual(decodeLine('null'), { records: [], torn: true });
  });

  it('loses no whole record behind a line that was torn anywhere', () => {
    fc.assert(
      fc.property(anyRecord, anyRecord, fc.double({ min: 0, max: 1, noNaN: true }), (torn, whole, share) => {
        const part = encodeLine(torn).slice(0, Math.floor(share * (encodeLine(torn).length - 2)));
        const { records } = decodeLine(part + encodeLine(whole).trimEnd());
        assert.deepEqual(
          records.map((record) => record.id),
          [whole.id],
        );
      }),
    );
  });

  it('makes no record of anything else', () => {
    for (const line of ['null', '[]', '{}', '"id"', '{"id":5,"time":"x"}', '\0\0\0', 'x'])
      assert.deepEqual(decodeLine(line), { records: [], torn: true }, line);
    for (const line of ['', '\r']) assert.deepEqual(decodeLine(line), { records: [], torn: false });
  });

  it('cuts foreign texts and leaves the numbers', () => {
    const long = 'x'.repeat(100_000);
    const bounded = boundedRecord(
      requestRecord({ askedModel: long, error: long, rules: Array.from({ length: 500 }, () => 'r'.repeat(20)) }),
    );
    assert.ok(encodeLine(bounded).length < 5_000);
    assert.equal(bounded.askedModel.at(-1), '…');
    assert.deepEqual(bounded.usage, { input: 1_000, output: 100 });
  });

  it('cuts whichever one of them is too long, and copies nothing of a record in which none is', () => {
    const long = 'x'.repeat(100_000);
    const attempt: Attempt = { backend: 'a', model: 'm', at: 0, ms: 1, outcome: 'ok' };
    const names = ['id', 'route', 'host', 'askedModel', 'upstreamModel', 'error'] as const;
    const changes: Partial<RequestRecord>[] = [
      ...names.map((name) => ({ [name]: long }) as Partial<RequestRecord>),
      { rules: [long] },
      { rules: Array.from({ length: 10_000 }, () => 'r') },
      { attempts: Array.from({ length: 2_000 }, () => attempt) },
      { attempts: [{ ...attempt, reason: long }] },
    ];
    for (const change of changes)
      assert.ok(encodeLine(boundedRecord(requestRecord(change))).length < 4_000, Object.keys(change).join());
    const usual = requestRecord({ attempts: [attempt], rules: ['a rule'] });
    assert.equal(boundedRecord(usual), usual);
  });
});

describe('ledger roll-ups', () => {
  it('add up to what the records add up to, also through their file', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 40 }), fc.nat(40), (records, split) => {
        const rollup = emptyRollup();
        for (const record of records.slice(0, split)) count(rollup.rows, record);
        const again = readRollup(writeRollup({ ...rollup, offset: 17, head: 'h', torn: 3 }))!;
        assert.deepEqual([again.offset, again.head, again.torn], [17, 'h', 3]);
        for (const record of records.slice(split)) count(again.rows, record);
        const expected = emptyTotals();
        for (const record of records) addRecord(expected, record);
        const found = emptyTotals();
        for (const row of again.rows.values())
          for (const name of Object.keys(found) as (keyof typeof found)[]) found[name] += (row as Row)[name];
        assert.ok(Math.abs(found.cost - expected.cost) < 1e-9);
        assert.deepEqual({ ...found, cost: 0 }, { ...expected, cost: 0 });
      }),
    );
  });
});
