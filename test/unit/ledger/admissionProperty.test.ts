/** The promise of a budget as a property: whatever mix of requests, it is passed by no more than what ran when it was reached. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createAdmission, type Reservation } from '../../../src/ledger/admission';
import { costOf, targetPrice } from '../../../src/ledger/prices';
import { settingsSchema } from '../../../src/settings/schema';
import type { Usage } from '../../../src/wires/conversation';
import { targetOn } from '../../support/ledgerTarget';

const BUDGET = 1;
const STREAMS = 4;
const targets = [targetOn('openai', 'gpt-4o'), targetOn('openai', 'gpt-4o-mini')];

interface Running {
  reservation: Reservation;
  target: (typeof targets)[number];
  /** What it really uses, should it run to its end. */
  true: Usage;
}

const step = fc.record({
  act: fc.constantFrom('begin', 'begin', 'begin', 'whole', 'aborted', 'failed', 'fallBack'),
  which: fc.nat(),
  input: fc.integer({ min: 0, max: 60_000 }),
  /** Absent: the request wrote no limit. */
  written: fc.option(fc.integer({ min: 1, max: 40_000 }), { nil: undefined }),
  answers: fc.integer({ min: 1, max: 3 }),
  /** How much of what it may write it writes; beyond 1: a provider that minds no limit. */
  share: fc.double({ min: 0, max: 3, noNaN: true }),
  came: fc.double({ min: 0, max: 1, noNaN: true }),
});

function run(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[], honest: boolean): void {
  const admission = createAdmission(
    { now: () => 1e12, steady: () => 0, spentSince: () => 0, recent: () => [], onWarn() {} },
    settingsSchema.parse({ clientKeys: [{ name: 'guest', budget: { total: BUDGET }, maxStreams: STREAMS }] })
      .clientKeys,
  );
  const priced = (one: Running, usage: Usage) => costOf(usage, targetPrice(one.target))!;
  const running: Running[] = [];
  let booked = 0;
  let allowed: number | undefined;
  const end = (which: number, usageOf: (one: Running) => Usage | undefined) => {
    const at = which % running.length;
    const one = running[at]!;
    const usage = usageOf(one);
    const cost = usage && priced(one, usage);
    const atOnce = running.reduce((sum, each) => sum + priced(each, each.true), 0);
    booked += cost ?? 0;
    if (allowed === undefined && booked >= BUDGET) allowed = BUDGET + atOnce;
    running.splice(at, 1);
    one.reservation.settle({ usage, cost });
  };
  for (const { act, which, input, written, answers, share, came } of steps) {
    if (act === 'begin') {
      const target = targets[which % targets.length]!;
      const admitted = admission.admit({
        clientKey: 'guest',
        target,
        inputTokens: () => input,
        answers,
        ...(written !== undefined && { maxOutputTokens: written }),
      });
      if (!admitted.ok) continue;
      assert.equal(allowed, undefined, 'nothing new begins once the budget is reached');
      const held = admitted.reservation.reserved();
      const output = Math.floor(held.output * (honest ? Math.min(share, 1) : share));
      running.push({ reservation: admitted.reservation, target, true: { input: honest ? input : 2 * input, output } });
    } else if (running.length > 0) {
      if (act === 'whole') end(which, (one) => one.true);
      else if (act === 'failed') end(which, () => undefined);
      else if (act === 'aborted')
        end(which, (one) => ({ input: one.true.input, output: Math.floor(one.true.output * came), estimated: true }));
      else {
        const one = running[which % running.length]!;
        const target = targets[(which + 1) % targets.length]!;
        if (one.reservation.move(target).ok) one.target = target;
      }
    }
    assert.ok(running.length <= STREAMS);
    assert.ok(booked <= (allowed ?? BUDGET) + 1e-9, `${booked} of ${BUDGET}, allowed ${allowed}`);
  }
}

describe('a budget, whatever is asked', () => {
  it('is never passed by more than what the requests cost that ran when it was reached, maxStreams of them at most', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => run(steps, false)),
      { numRuns: 200 },
    );
  });

  it('is not passed at all while providers keep to the limits that were sent', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        // A limit stands in every request, so the reserve is the most it can cost.
        run(
          steps.map((one) => ({
            ...one,
            act: one.act === 'fallBack' ? ('whole' as const) : one.act,
            written: one.written ?? 500,
          })),
          true,
        );
      }),
      { numRuns: 200 },
    );
  });
});
