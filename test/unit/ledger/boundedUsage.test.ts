import assert from 'node:assert/strict';
import { globMatcher } from '../../../src/ledger/admission';
import { boundedUsage } from '../../../src/ledger/boundedUsage';

describe('numbers and names from outside', () => {
  it('a provider can give nothing back and claim nothing absurd', () => {
    assert.deepEqual(boundedUsage({ input: -1e9, output: Number.NaN, cacheRead: -5, reasoning: 7 }), {
      input: 0,
      output: 0,
      cacheRead: 0,
      reasoning: 0,
    });
    const huge = boundedUsage({ input: 1e300, output: 2.4, cacheRead: 1e300, cacheWrite: 1e300 });
    assert.deepEqual(huge, { input: 1e8, output: 2, cacheRead: 1e8, cacheWrite: 0 });
  });

  it('ordinary numbers stay as they are', () => {
    const usage = { input: 100, output: 20, cacheRead: 40, cacheWrite: 10, reasoning: 5 };
    assert.deepEqual(boundedUsage(usage), usage);
  });

  it('globs match whole names without regard to letters', () => {
    const cases: [string, string, boolean][] = [
      ['up/*-mini-*', 'UP/gpt-mini-4', true],
      ['up/*-mini-*', 'up/gpt-mini', false],
      ['a*a', 'a', false],
      ['a*a', 'aa', true],
      ['*', '', true],
      ['a.c', 'abc', false],
      ['**x', 'x', true],
      ['a*b*b', 'ab', false],
      ['', 'a', false],
    ];
    for (const [glob, name, expected] of cases) assert.equal(globMatcher(glob)(name), expected, `${glob} ${name}`);
  });

  it('a glob is linear: a name of 360 KB that almost fits takes no part of a second', () => {
    const matches = globMatcher('up/*-mini-*-x*z');
    const once = (name: string): number => {
      const started = process.hrtime.bigint();
      assert.equal(matches(name), false);
      return Number(process.hrtime.bigint() - started);
    };
    // The fastest of several: a busy machine only ever adds.
    const time = (repeats: number): number => {
      const name = `up/${'-mini-'.repeat(repeats)}`;
      return Math.min(...Array.from({ length: 9 }, () => once(name)));
    };
    // Quadratic would be 2,500 times as long.
    assert.ok(time(60_000) < 500 * Math.max(time(1_200), 20_000));
  });
});
