import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type Admitted, createAdmission, type Reservation } from '../../../src/ledger/admission';
import type { BudgetWarning } from '../../../src/ledger/budgets';
import { createMinuteUse, type MinuteEntry } from '../../../src/ledger/limits';
import type { RequestRecord } from '../../../src/ledger/record';
import { type ClientKeySettings, settingsSchema } from '../../../src/settings/schema';
import { requestRecord } from '../../support/ledgerRecords';
import { targetOn } from '../../support/ledgerTarget';

const NOON = new Date(2026, 10, 21, 12, 0, 0).getTime();
const gpt4o = targetOn('openai', 'gpt-4o');

function keySettings(changes: object): ClientKeySettings[] {
  return settingsSchema.parse({ clientKeys: [{ name: 'phone', ...changes }] }).clientKeys;
}

function world(
  changes: object,
  options: { at?: number; spent?: (from: string) => number; recent?: RequestRecord[] } = {},
) {
  /** `back`: by how much the wall clock was set back. */
  const clock = { now: options.at ?? NOON, back: 0 };
  const warnings: BudgetWarning[] = [];
  const admission = createAdmission(
    {
      now: () => clock.now - clock.back,
      steady: () => clock.now,
      spentSince: (_key, from) => options.spent?.(from) ?? 0,
      recent: () => options.recent ?? [],
      onWarn: (warning) => warnings.push(warning),
    },
    keySettings(changes),
  );
  const ask = (more: { input?: number; output?: number; target?: typeof gpt4o; key?: string } = {}): Admitted =>
    admission.admit({
      clientKey: more.key ?? 'phone',
      target: more.target ?? gpt4o,
      inputTokens: () => more.input ?? 0,
      maxOutputTokens: more.output,
    });
  return { admission, clock, warnings, ask };
}

function taken(result: Admitted): Reservation {
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  return result.reservation;
}
function refused(result: { ok: boolean }): {
  status: number;
  kind?: string;
  code?: string | null;
  message: string;
  retryAfterSeconds?: number;
} {
  assert.ok(!result.ok && 'failure' in result);
  return result.failure as never;
}

describe('admission: keys', () => {
  it('lets a key without limits and the main key pass', () => {
    const { ask, admission } = world({});
    taken(ask()).settle({});
    taken(ask({ key: 'main' })).settle({});
    assert.equal(admission.check('phone'), undefined);
  });

  it('refuses a key that is switched off or gone, each with its own sentence', () => {
    const off = world({ enabled: false });
    assert.equal(off.admission.check('phone')?.code, 'key_disabled');
    assert.equal(refused(off.ask()).status, 401);
    const gone = refused(off.ask({ key: 'old' }));
    assert.equal(gone.code, 'key_unknown');
    assert.match(gone.message, /"old" no longer exists/);
  });

  it('holds a key to the end of its last local day', () => {
    const { admission, clock, ask } = world({ expires: '2026-11-21' });
    clock.now = new Date(2026, 10, 21, 23, 59, 59).getTime();
    assert.equal(admission.check('phone'), undefined);
    clock.now = new Date(2026, 10, 22, 0, 0, 0).getTime();
    assert.match(refused(ask()).message, /expired after 2026-11-21/);
  });

  it('takes new settings for the next request, and lets running ones of a removed key end', () => {
    const { admission, ask } = world({ maxStreams: 1 });
    const running = taken(ask());
    assert.ok(!ask().ok);
    admission.configure(keySettings({ maxStreams: 2 }));
    taken(ask());
    admission.configure([]);
    assert.equal(admission.check('phone')?.code, 'key_unknown');
    running.settle({ usage: { input: 1, output: 1 } });
  });

  it('takes the limits of the main key away with its entry, and holds a key that is gone to every limit', () => {
    const { admission, ask } = world({});
    admission.configure(keySettings({ name: 'main', requestsPerMinute: 1, models: ['openai/*'] }));
    taken(ask({ key: 'main' }));
    refused(ask({ key: 'main' }));
    assert.equal(admission.limited('main'), true);
    admission.configure([]);
    taken(ask({ key: 'main', target: targetOn('groq', 'x') }));
    assert.deepEqual([admission.limited('main'), admission.limited('phone')], [false, true]);
  });

  it('allows models by glob on the resolved target, never on the asked name', () => {
    const { ask } = world({ models: ['openai/gpt-4*', 'fast'] });
    taken(ask());
    taken(ask({ target: targetOn('openai', 'gpt-4o', { clientModel: 'gpt-4o' }) }));
    taken(ask({ target: targetOn('groq', 'x', { clientModel: 'Fast' }) }));
    const failure = refused(ask({ target: targetOn('azure', 'gpt-4o') }));
    assert.equal(failure.status, 403);
    assert.equal(failure.code, 'model_not_allowed');
    assert.match(failure.message, /"phone" may not use the model azure\/gpt-4o\. Allowed: openai\/gpt-4\*, fast\./);
  });

  it('takes every character but the star of a glob literally', () => {
    const { ask } = world({ models: ['a.b+c'] });
    taken(ask({ target: targetOn('x', 'y', { clientModel: 'a.b+c' }) }));
    refused(ask({ target: targetOn('x', 'y', { clientModel: 'aXbbc' }) }));
  });
});

describe('admission: limits by minute', () => {
  it('counts requests over a sliding minute and says when there is room', () => {
    const { ask, clock } = world({ requestsPerMinute: 2 });
    taken(ask());
    clock.now += 20_000;
    taken(ask()).settle({});
    const failure = refused(ask());
    assert.equal(failure.status, 429);
    assert.equal(failure.code, 'rate_limit_exceeded');
    assert.equal(failure.retryAfterSeconds, 40);
    assert.match(failure.message, /limited to 2 requests a minute\. Try again in 40 s/);
    clock.now += 39_999;
    refused(ask());
    clock.now += 1;
    taken(ask());
    refused(ask());
    clock.now += 20_000;
    taken(ask());
  });

  it('does not count what it refused', () => {
    const { ask, clock } = world({ requestsPerMinute: 1 });
    taken(ask());
    for (let i = 0; i < 50; i++) refused(ask());
    clock.now += 60_000;
    taken(ask());
  });

  it('holds estimates of tokens and settles them to what was used', () => {
    const { ask, clock } = world({ tokensPerMinute: 1_000 });
    const first = taken(ask({ input: 600 }));
    assert.equal(refused(ask({ input: 600 })).retryAfterSeconds, 60);
    first.settle({ usage: { input: 100, output: 50 } });
    const second = taken(ask({ input: 850 }));
    refused(ask({ input: 1 }));
    second.settle({});
    clock.now += 1_000;
    const third = taken(ask({ input: 100 }));
    // 750 more than estimated: counts from the end of the request on.
    clock.now += 50_000;
    third.settle({ usage: { input: 100, output: 750 } });
    assert.equal(refused(ask({ input: 100 })).retryAfterSeconds, 9);
    clock.now += 9_000;
    taken(ask({ input: 100 }));
    clock.now += 30_000;
    refused(ask({ input: 200 }));
  });

  it('says that a request which can never fit is too large', () => {
    const failure = refused(world({ tokensPerMinute: 1_000 }).ask({ input: 1_001 }));
    assert.equal(failure.code, 'request_too_large');
    assert.equal(failure.retryAfterSeconds, undefined);
  });

  it('limits requests at the same time', () => {
    const { ask } = world({ maxStreams: 2 });
    const first = taken(ask());
    taken(ask());
    assert.match(refused(ask()).message, /2 requests at the same time/);
    first.settle({});
    first.settle({});
    taken(ask());
    refused(ask());
  });

  it('asks for the token estimate only where a limit needs it', () => {
    const { admission } = world({ requestsPerMinute: 5 });
    const result = admission.admit({ clientKey: 'phone', target: gpt4o, inputTokens: () => assert.fail('not needed') });
    assert.ok(result.ok);
  });

  it('remembers the last minute over a restart', () => {
    const recent = [
      requestRecord({ clientKey: 'phone', time: new Date(NOON - 10_000).toISOString() }),
      requestRecord({ clientKey: 'phone', time: new Date(NOON - 50_000).toISOString() }),
      requestRecord({ clientKey: 'phone', time: new Date(NOON - 55_000).toISOString(), status: 429, attempts: [] }),
      requestRecord({ clientKey: 'main', time: new Date(NOON - 56_000).toISOString() }),
      requestRecord({ clientKey: 'phone', time: new Date(NOON - 61_000).toISOString() }),
    ];
    taken(world({ requestsPerMinute: 3 }, { recent }).ask());
    const { ask, clock } = world({ requestsPerMinute: 2 }, { recent });
    assert.equal(refused(ask()).retryAfterSeconds, 10);
    clock.now += 10_000;
    taken(ask());
  });

  it('waits a minute at most after the clock was set back by an hour', () => {
    const { clock, ask } = world({ requestsPerMinute: 1 });
    assert.ok(ask().ok);
    clock.back = 3_600_000;
    clock.now += 1_000;
    const refused = ask();
    assert.ok(!refused.ok && refused.failure.retryAfterSeconds! <= 60);
    clock.now += 59_001;
    assert.ok(ask().ok);
  });

  it('counts a record from the future, written before the clock was set back, for a minute at most', () => {
    const recent = [requestRecord({ clientKey: 'phone', time: new Date(NOON + 3_600_000).toISOString() })];
    const { clock, ask } = world({ requestsPerMinute: 1 }, { recent });
    const refused = ask();
    assert.ok(!refused.ok && refused.failure.retryAfterSeconds! <= 60);
    clock.now += 60_001;
    assert.ok(ask().ok);
  });

  it('remembers it also for keys that are configured after the start', () => {
    const recent = [requestRecord({ clientKey: 'phone', time: new Date(NOON - 10_000).toISOString() })];
    const admission = createAdmission({
      now: () => NOON,
      steady: () => NOON,
      spentSince: () => 0,
      recent: () => recent,
      onWarn: () => undefined,
    });
    admission.configure(keySettings({ requestsPerMinute: 1 }));
    refused(admission.admit({ clientKey: 'phone', target: gpt4o, inputTokens: () => 0 }));
  });

  it('counts requests of another process', () => {
    const { ask, admission } = world({ requestsPerMinute: 1 });
    admission.observe(requestRecord({ clientKey: 'phone', status: 429, attempts: [] }));
    assert.equal(admission.state().find(({ name }) => name === 'phone')?.requestsLastMinute, 0);
    admission.observe(requestRecord({ clientKey: 'phone' }));
    refused(ask());
  });

  it('a request within a running one takes no place of its own, and gives none back', () => {
    const { ask, admission } = world({ maxStreams: 1 });
    const running = taken(ask());
    const within = { clientKey: 'phone', target: gpt4o, inputTokens: () => 0, within: true };
    taken(admission.admit(within)).settle({});
    refused(ask());
    running.settle({});
    taken(ask());
  });
});

describe('tokens and requests of a minute', () => {
  it('are what a plain list of everything says, where each counts to the end of its tenth of a second', () => {
    const step = fc.record({
      wait: fc.nat(9_000),
      tokens: fc.nat(100),
      settle: fc.option(fc.record({ which: fc.nat(), tokens: fc.nat(300) }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const minute = createMinuteUse();
        const all: { at: number; tokens: number; arrival: boolean }[] = [];
        const open: { entry: MinuteEntry; kept: (typeof all)[number] }[] = [];
        let now = 0;
        for (const { wait, tokens, settle } of steps) {
          now += wait;
          const kept = { at: now, tokens, arrival: true };
          all.push(kept);
          open.push({ entry: minute.add(tokens, now), kept });
          if (settle) {
            const [ended] = open.splice(settle.which % open.length, 1);
            minute.settle(ended!.entry, settle.tokens, now);
            if (settle.tokens <= ended!.kept.tokens) ended!.kept.tokens = settle.tokens;
            else all.push({ at: now, tokens: settle.tokens - ended!.kept.tokens, arrival: false });
          }
          const fresh = all.filter((entry) => Math.ceil(entry.at / 100) * 100 > now - 60_000);
          assert.equal(
            minute.tokens(now),
            fresh.reduce((sum, entry) => sum + entry.tokens, 0),
          );
          assert.equal(minute.requests(now), fresh.filter((entry) => entry.arrival).length);
        }
      }),
    );
  });

  /** What is held, not what waits to be collected: when that happens differs from one Node to the next. */
  const liveBytes = (): number => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    return process.memoryUsage().heapUsed;
  };

  it('are some numbers for a key without limits, however many it asks a second', () => {
    const minute = createMinuteUse();
    const begun = liveBytes();
    for (let i = 0; i < 300_000; i++) minute.settle(minute.add(5, i / 5), 7, i / 5);
    const grown = liveBytes() - begun;
    assert.equal(minute.requests(59_999), 300_000);
    assert.equal(minute.tokens(59_999), 2_100_000);
    assert.ok(grown < 500_000, `${grown} bytes for a minute of 5,000 requests a second`);
    assert.equal(minute.requestRoomIn(300_000, 59_999), 1);
    assert.equal(minute.requestRoomIn(1, 60_000), 60);
    assert.equal(minute.requests(120_000), 0);
  });
});

describe('admission: budgets', () => {
  it('a key with a budget is told once that a model has no price; one without a budget is not', () => {
    const told: string[] = [];
    const ask = (changes: object) => {
      const admission = createAdmission(
        {
          ...{ now: () => NOON, steady: () => NOON, spentSince: () => 0, recent: () => [] },
          onWarn: () => undefined,
          onUnpriced: (sentence) => told.push(sentence),
        },
        keySettings(changes),
      );
      for (const target of [targetOn('litellm', 'gpt-4o'), targetOn('litellm', 'gpt-4o'), gpt4o])
        taken(admission.admit({ clientKey: 'phone', target, inputTokens: () => 1 }));
    };
    ask({});
    assert.deepEqual(told, []);
    ask({ budget: { month: 5 } });
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /litellm\/gpt-4o.*"phone"/);
  });

  it('tells of two hundred models without a price, not of every name that a client makes up', () => {
    let told = 0;
    const admission = createAdmission(
      {
        ...{ now: () => NOON, steady: () => NOON, spentSince: () => 0, recent: () => [] },
        ...{ onWarn: () => undefined, onUnpriced: () => (told += 1) },
      },
      keySettings({ budget: { month: 5 } }),
    );
    for (let made = 0; made < 300; made += 1) {
      const target = targetOn('litellm', `made-up-${made}`);
      taken(admission.admit({ clientKey: 'phone', target, inputTokens: () => 1 }));
    }
    assert.equal(told, 200);
  });

  // gpt-4o: 100,000 input tokens cost $0.25, 10,000 output tokens $0.10.
  const quarter = { input: 100_000, output: 0 };

  it('holds the estimate of running requests and refuses what would not fit', () => {
    const { ask } = world({ budget: { day: 1 } });
    const running = [1, 2, 3, 4].map(() => taken(ask(quarter)));
    const failure = refused(ask(quarter));
    assert.equal(failure.status, 402);
    assert.equal(failure.kind, 'quota');
    assert.equal(failure.code, 'budget_exceeded');
    assert.match(
      failure.message,
      /budget of \$1\.00 a day: \$0\.00 spent, \$1\.00 held for running requests, and this request may cost up to \$0\.25\. It resets tomorrow at 00:00/,
    );
    running[0]!.settle({ usage: { input: 10, output: 0 }, cost: 0.05 });
    refused(ask(quarter));
    running[1]!.settle({});
    taken(ask(quarter));
  });

  it('gives everything back when nothing was used', () => {
    const { ask } = world({ budget: { total: 0.25 } });
    for (let i = 0; i < 20; i++) taken(ask(quarter)).settle({});
    assert.match(refused(ask({ input: 200_000 })).message, /in total: .* It does not reset\./);
  });

  it('holds the output limit at list price, the assumed one where the request sets none', () => {
    refused(world({ budget: { day: 0.09 } }).ask({ output: 10_000 }));
    taken(world({ budget: { day: 0.11 } }).ask({ output: 10_000 }));
    // 16,384 × $10 / 1e6 = $0.16384
    refused(world({ budget: { day: 0.16 } }).ask());
    taken(world({ budget: { day: 0.17 } }).ask());
    // More than gpt-4o can write is not held.
    taken(world({ budget: { day: 0.17 } }).ask({ output: 1_000_000 }));
  });

  it('begins anew at the borders of day, ISO week and month, in local time', () => {
    for (const [window, before, after] of [
      ['day', new Date(2026, 10, 21, 23, 59, 59), new Date(2026, 10, 22)],
      ['week', new Date(2026, 10, 22, 23, 59, 59), new Date(2026, 10, 23)],
      ['month', new Date(2026, 10, 30, 23, 59, 59), new Date(2026, 11, 1)],
    ] as const) {
      const { ask, clock } = world({ budget: { [window]: 0.25 } }, { at: before.getTime() });
      taken(ask(quarter)).settle({ cost: 0.25 });
      refused(ask(quarter));
      clock.now = after.getTime();
      taken(ask(quarter));
      refused(ask(quarter));
    }
  });

  it('charges a request to the window in which it was admitted', () => {
    const { ask, clock } = world({ budget: { day: 0.25, month: 0.5 } });
    const running = taken(ask(quarter));
    clock.now += 24 * 3_600_000;
    running.settle({ cost: 0.25 });
    taken(ask(quarter)).settle({ cost: 0.25 });
    assert.match(refused(ask({ input: 1_000, output: 0 })).message, /\$0\.25 a day/);
    clock.now += 24 * 3_600_000;
    assert.match(refused(ask({ input: 1_000, output: 0 })).message, /\$0\.50 a month/);
  });

  it('goes on after a restart with what the ledger holds', () => {
    const asked: string[] = [];
    const spent = (from: string): number => {
      asked.push(from);
      return from === '' ? 9.9 : 0.1;
    };
    const { ask } = world({ budget: { total: 10 } }, { spent });
    refused(ask(quarter));
    taken(ask({ input: 10_000, output: 0 }));
    assert.deepEqual(asked.sort(), ['', '2026-11-01', '2026-11-16', '2026-11-21']);
  });

  it('counts what another process spent, once', () => {
    const { ask, admission } = world({ budget: { day: 0.5 } });
    taken(ask(quarter)).settle({ cost: 0.2 });
    admission.observe(requestRecord({ clientKey: 'phone', cost: 0.2, time: new Date(NOON).toISOString() }));
    admission.observe(
      requestRecord({ clientKey: 'phone', cost: 9, time: new Date(NOON - 48 * 3_600_000).toISOString() }),
    );
    refused(ask(quarter));
    taken(ask({ input: 40_000, output: 0 }));
  });

  it('warns once a window when the share is reached, and not again after a restart', () => {
    const { ask, warnings, clock } = world({ budget: { day: 1, warnAt: 0.5 } });
    taken(ask(quarter)).settle({ cost: 0.49 });
    assert.equal(warnings.length, 0);
    taken(ask(quarter)).settle({ cost: 0.02 });
    taken(ask(quarter)).settle({ cost: 0.1 });
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0]!.sentence,
      /"phone" has spent \$0\.51 of its budget of \$1\.00 a day\. It resets tomorrow/,
    );
    clock.now += 24 * 3_600_000;
    taken(ask(quarter)).settle({ cost: 0.6 });
    assert.equal(warnings.length, 2);
    const later = world({ budget: { day: 1, warnAt: 0.5 } }, { spent: () => 0.6 });
    taken(later.ask(quarter)).settle({ cost: 0.1 });
    assert.equal(later.warnings.length, 0);
  });

  it('a day that only a wrong clock said holds no budget after the clock was set right', () => {
    const { admission, ask, clock } = world({ budget: { day: 1, month: 1 } }, { at: NOON + 400 * 86_400_000 });
    taken(ask({ input: 1 })).settle({ cost: 1 });
    refused(ask({ input: 1 }));
    clock.back = 400 * 86_400_000;
    taken(ask({ input: 1 })).settle({ cost: 0.5 });
    const windows = admission.state().find(({ name }) => name === 'phone')!.windows;
    assert.deepEqual(
      windows.filter(({ budget }) => budget !== undefined).map(({ window, spent }) => [window, spent]),
      [
        ['day', 0.5],
        ['month', 0.5],
      ],
    );
    clock.now += 86_400_000;
    assert.equal(admission.state().find(({ name }) => name === 'phone')!.windows[0]!.spent, 0);
  });

  it('lets free models pass with an empty budget, and unpriced ones until it is used up', () => {
    const { ask } = world({ budget: { day: 0.1 } });
    const unpriced = targetOn('litellm', 'own-model');
    taken(ask({ target: unpriced, input: 1e9 })).settle({ usage: { input: 1e9, output: 0 } });
    taken(ask({ input: 0, output: 10_000 })).settle({ cost: 0.1 });
    assert.match(refused(ask({ target: unpriced })).message, /no known price/);
    taken(ask({ target: targetOn('ollama', 'llama3') }));
  });

  it('moves its hold to the target of a fallback, or says why not', () => {
    const { ask } = world({ budget: { day: 0.3 }, models: ['openai/*', 'anthropic/*'] });
    const reservation = taken(ask({ input: 50_000, output: 0 }));
    assert.equal(refused(reservation.move(targetOn('groq', 'x'))).code, 'model_not_allowed');
    // Opus 4.5: 50,000 × $5 = $0.25.
    assert.ok(reservation.move(targetOn('anthropic', 'claude-opus-4-5')).ok);
    refused(ask({ input: 50_000, output: 0 }));
    // Fable 5: 50,000 × $10 = $0.50: no room, the old hold stays.
    assert.equal(refused(reservation.move(targetOn('anthropic', 'claude-fable-5'))).code, 'budget_exceeded');
    refused(ask({ input: 50_000, output: 0 }));
    reservation.settle({ cost: 0.05 });
    taken(ask({ input: 100_000, output: 0 }));
  });

  it('holds nothing any more after a fallback that was refused on the next day', () => {
    const { ask, clock, admission } = world(
      { budget: { day: 0.3 } },
      { at: new Date(2026, 10, 21, 23, 59, 59).getTime() },
    );
    const reservation = taken(ask({ input: 50_000, output: 0 }));
    clock.now += 2_000;
    assert.equal(refused(reservation.move(targetOn('anthropic', 'claude-fable-5'))).code, 'budget_exceeded');
    reservation.settle({});
    const windows = admission.state().find(({ name }) => name === 'phone')?.windows ?? [];
    assert.deepEqual(new Set(windows.map(({ held }) => held)), new Set([0]));
  });

  it('tells what is held on the target that answers, not on the one before it', () => {
    const { ask } = world({ budget: { day: 5 } });
    const reservation = taken(ask({ input: 10, output: 10_000 }));
    const { abilities } = gpt4o;
    assert.ok(reservation.move(targetOn('openai', 'gpt-4o', { abilities: { ...abilities, maxOutputTokens: 100 } })).ok);
    assert.deepEqual(reservation.reserved(), { input: 10, output: 100 });
  });

  it('keeps 100 requests at once within budget + Σ max(0, actual − reserved)', () => {
    const { ask, admission } = world({ budget: { day: 5 } });
    const running: Reservation[] = [];
    for (let i = 0; i < 100; i++) {
      const result = ask(quarter);
      if (result.ok) running.push(result.reservation);
    }
    assert.equal(running.length, 20);
    let over = 0;
    running.forEach((reservation, i) => {
      const cost = i % 4 === 0 ? 0.4 : 0.2;
      over += Math.max(0, cost - 0.25);
      reservation.settle({ cost });
    });
    const day = admission.state().find((key) => key.name === 'phone')!.windows[0]!;
    assert.ok(Math.abs(day.held) < 1e-9);
    assert.ok(day.spent <= 5 + over + 1e-9);
    assert.ok(Math.abs(day.spent - 5) < 1e-9);
  });

  it('holds the formula for any order of admissions, ends, failures, fallbacks and restarts', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('ask' as const),
        input: fc.integer({ min: 0, max: 200_000 }),
        output: fc.integer({ min: 0, max: 20_000 }),
      }),
      fc.record({
        kind: fc.constant('end' as const),
        which: fc.nat(),
        factor: fc.double({ min: 0, max: 3, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('move' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('restart' as const) }),
    );
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 3, noNaN: true }), fc.array(step, { maxLength: 60 }), (budget, steps) => {
        let ledger = 0;
        let over = 0;
        let running: { reservation: Reservation; reserved: number }[] = [];
        const start = (): ReturnType<typeof createAdmission> =>
          createAdmission(
            {
              now: () => NOON,
              steady: () => NOON,
              spentSince: () => ledger,
              recent: () => [],
              onWarn: () => undefined,
            },
            keySettings({ budget: { total: budget } }),
          );
        let admission = start();
        for (const s of steps) {
          if (s.kind === 'ask') {
            const result = admission.admit({
              clientKey: 'phone',
              target: gpt4o,
              inputTokens: () => s.input,
              maxOutputTokens: s.output,
            });
            const reserved = (s.input * 2.5 + Math.min(s.output, 16_384) * 10) / 1e6;
            if (result.ok) running.push({ reservation: result.reservation, reserved });
          } else if (s.kind === 'end' && running.length > 0) {
            const [ended] = running.splice(s.which % running.length, 1);
            const cost = ended!.reserved * s.factor;
            over += Math.max(0, cost - ended!.reserved);
            ended!.reservation.settle({ cost });
            ledger += cost;
          } else if (s.kind === 'move' && running.length > 0) {
            running[s.which % running.length]!.reservation.move(gpt4o);
          } else if (s.kind === 'restart') {
            // A killed process takes its running requests along.
            running = [];
            admission = start();
          }
          assert.ok(ledger <= budget + over + 1e-6, `${ledger} spent of ${budget}, ${over} above the estimates`);
        }
      }),
      { numRuns: 200 },
    );
  });
});
