import assert from 'node:assert/strict';
import fc from 'fast-check';
import { localDay, WINDOWS, whenSaid, windowAt } from '../../../src/ledger/windows';

describe('budget windows', () => {
  const zone = process.env.TZ;
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('hold the moment, begin at their first day and end where the next begins, in every zone', () => {
    for (const name of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia']) {
      process.env.TZ = name;
      fc.assert(
        fc.property(
          fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2030, 0) }),
          fc.constantFrom(...WINDOWS),
          (ms, kind) => {
            const { from, ends } = windowAt(kind, ms);
            if (kind === 'total') return assert.deepEqual({ from, ends }, { from: '', ends: undefined });
            assert.ok(from <= localDay(ms));
            assert.ok(ends! > ms);
            assert.equal(windowAt(kind, ends! - 1).from, from);
            assert.notEqual(windowAt(kind, ends!).from, from);
            assert.equal(windowAt(kind, ends!).from, localDay(ends!));
          },
        ),
        { numRuns: 60 },
      );
    }
  });

  it('have 23 and 25 hours at clock changes', () => {
    process.env.TZ = 'Europe/Berlin';
    const hours = (year: number, month: number, day: number): number => {
      const noon = new Date(year, month, day, 12).getTime();
      return (windowAt('day', noon).ends! - new Date(year, month, day).getTime()) / 3_600_000;
    };
    assert.equal(hours(2026, 2, 29), 23);
    assert.equal(hours(2026, 9, 25), 25);
    assert.equal(hours(2026, 9, 26), 24);
  });

  it('count weeks from Monday', () => {
    process.env.TZ = 'UTC';
    assert.equal(windowAt('week', Date.UTC(2026, 10, 22)).from, '2026-11-16');
    assert.equal(windowAt('week', Date.UTC(2026, 10, 23)).from, '2026-11-23');
    assert.equal(windowAt('week', Date.UTC(2027, 0, 1)).from, '2026-12-28');
  });

  it('say when, for a person', () => {
    process.env.TZ = 'UTC';
    const now = Date.UTC(2026, 10, 30, 12);
    assert.equal(whenSaid(Date.UTC(2026, 10, 30, 14, 5), now).text, 'today at 14:05');
    assert.equal(whenSaid(Date.UTC(2026, 11, 1), now).text, 'tomorrow at 00:00');
    assert.equal(whenSaid(Date.UTC(2026, 11, 7), now).text, 'on 2026-12-07 at 00:00');
  });
});
