import assert from 'node:assert/strict';
import { type Decision, decide, type RetryState } from '../../../src/upstream/retryPolicy';
import type { FailureKind } from '../../../src/wires/conversation';

const LIMITS = { attemptsPerBackend: 3, attempts: 6, waitSeconds: 10 };
const FIRST: RetryState = { onTarget: 1, inAll: 1, waited: 0, hasFallback: false };
const verdict = (
  kind: FailureKind | undefined,
  state: Partial<RetryState> = {},
  more: { status?: number; retryAfterSeconds?: number } = {},
  random = 0.5,
): Decision =>
  decide({ status: 500, message: '', ...(kind && { kind }), ...more }, { ...FIRST, ...state }, LIMITS, random);

describe('retry policy', () => {
  const table: [FailureKind, alone: string, withFallback: string][] = [
    ['rateLimit', 'retry', 'retry'],
    ['overloaded', 'retry', 'retry'],
    ['server', 'retry', 'retry'],
    ['network', 'retry', 'retry'],
    ['protocol', 'retry', 'retry'],
    ['timeout', 'giveUp', 'fallback'],
    ['quota', 'giveUp', 'fallback'],
    ['auth', 'giveUp', 'fallback'],
    ['permission', 'giveUp', 'fallback'],
    ['notFound', 'giveUp', 'fallback'],
    ['notLoaded', 'giveUp', 'fallback'],
    ['contextLength', 'giveUp', 'fallback'],
    ['contentPolicy', 'giveUp', 'giveUp'],
    ['badRequest', 'giveUp', 'giveUp'],
    ['cancelled', 'giveUp', 'giveUp'],
  ];
  for (const [kind, alone, withFallback] of table) {
    it(`${kind}: ${alone} alone, ${withFallback} with a fallback`, () => {
      assert.equal(verdict(kind).do, alone);
      assert.equal(verdict(kind, { hasFallback: true }).do, withFallback);
    });
  }

  it('tries 408 and 409 again, whatever kind they are, then elsewhere', () => {
    for (const [status, kind] of [
      [408, 'timeout'],
      [409, 'badRequest'],
    ] as const) {
      assert.equal(verdict(kind, {}, { status }).do, 'retry');
      assert.equal(verdict(kind, { hasFallback: true, onTarget: 2 }, { status }).do, 'fallback');
    }
  });

  it('makes at most the set number of attempts on one target and in all', () => {
    assert.equal(verdict('server', { onTarget: 2, inAll: 2 }).do, 'retry');
    assert.equal(verdict('server', { onTarget: 3, inAll: 3 }).do, 'giveUp');
    assert.equal(verdict('server', { onTarget: 1, inAll: 6 }).do, 'giveUp');
    assert.equal(verdict('server', { onTarget: 1, inAll: 6, hasFallback: true }).do, 'giveUp');
  });

  it('leaves a failing target after its second attempt when there is a fallback', () => {
    assert.equal(verdict('server', { onTarget: 2, hasFallback: true }).do, 'fallback');
  });

  it('does not wait a stall out twice when a fallback may answer (S09, full timings)', () => {
    assert.equal(verdict('network', { onTarget: 1, hasFallback: true, tookMs: 30_000 }).do, 'fallback');
    assert.equal(verdict('network', { onTarget: 1, hasFallback: true, tookMs: 500 }).do, 'retry');
    assert.equal(verdict('network', { onTarget: 1, tookMs: 30_000 }).do, 'retry');
  });

  it('waits with jitter, longer each time, never beyond 4 s', () => {
    const wait = (onTarget: number, random: number) => {
      const decision = decide(
        { status: 500, message: '', kind: 'server' },
        { ...FIRST, onTarget },
        { attemptsPerBackend: 30, attempts: 30, waitSeconds: 60 },
        random,
      );
      assert.equal(decision.do, 'retry');
      return (decision as { waitMs: number }).waitMs;
    };
    assert.equal(wait(1, 0), 200);
    assert.ok(wait(1, 0.999) < 400);
    assert.ok(wait(2, 0.5) > wait(1, 0.5));
    assert.equal(wait(20, 0), 2_000);
    assert.ok(wait(20, 0.999) <= 4_000);
  });

  it('waits as long as the provider says, within what is left of the waiting time', () => {
    const decision = verdict('rateLimit', {}, { retryAfterSeconds: 7 });
    assert.equal(decision.do, 'retry');
    const { waitMs } = decision as { waitMs: number };
    assert.ok(waitMs >= 7_000 && waitMs <= 7_100, `${waitMs}`);
    assert.equal(verdict('rateLimit', { waited: 4_000 }, { retryAfterSeconds: 7 }).do, 'giveUp');
    assert.equal(verdict('rateLimit', {}, { retryAfterSeconds: 11 }).do, 'giveUp');
    assert.equal(verdict('rateLimit', { hasFallback: true }, { retryAfterSeconds: 11 }).do, 'fallback');
  });

  it('treats a failure of no known kind as the server’s', () => {
    assert.equal(verdict(undefined).do, 'retry');
  });
});
