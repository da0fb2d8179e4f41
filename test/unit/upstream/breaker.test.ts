import assert from 'node:assert/strict';
import { createBreaker } from '../../../src/upstream/breaker';
import type { ApiFailure, FailureKind } from '../../../src/wires/conversation';

const failure = (kind: FailureKind, more: Partial<ApiFailure> = {}): ApiFailure => ({
  status: 503,
  message: `it was ${kind}`,
  kind,
  ...more,
});

describe('breaker', () => {
  let now = 0;
  let breaker = createBreaker(() => now);
  beforeEach(() => {
    now = 1_000_000;
    breaker = createBreaker(() => now);
  });
  const fail = (times: number, kind: FailureKind = 'overloaded', more: Partial<ApiFailure> = {}, key = 'a\0k\0m') => {
    for (let n = 0; n < times; n++) breaker.failed(key, failure(kind, more));
  };
  const K = 'a\0k\0m';

  it('tells a refused key from other failures, until a request goes well', () => {
    fail(1);
    assert.equal(breaker.keyRefused('a\0'), false);
    fail(1, 'auth');
    assert.equal(breaker.keyRefused('a\0'), true);
    fail(1);
    assert.equal(breaker.keyRefused('a\0'), false, 'the last failure was another one');
    fail(1, 'auth');
    breaker.succeeded(K);
    assert.equal(breaker.keyRefused('a\0'), false);
  });

  it('cools nothing any more once a request that was still on its way went well', () => {
    fail(3);
    assert.equal(breaker.health('a\0').health, 'cooling');
    breaker.succeeded(K);
    assert.deepEqual(breaker.health('a\0'), { health: 'ok' });
  });

  it('keeps a thousand circuits, those that were used last', () => {
    fail(3);
    for (let n = 0; n < 999; n++) breaker.succeeded(`b\0k\0${n}`);
    fail(1);
    breaker.succeeded('b\0k\0one more');
    assert.equal(breaker.check(K), 'open');
    for (let n = 0; n < 1_000; n++) breaker.succeeded(`c\0k\0${n}`);
    assert.equal(breaker.check(K), 'closed');
  });

  it('is not disabled by one blip, nor by two', () => {
    fail(1);
    assert.equal(breaker.check(K), 'closed');
    fail(1);
    assert.equal(breaker.check(K), 'closed');
    breaker.succeeded(K);
    fail(2);
    assert.equal(breaker.check(K), 'closed');
  });

  it('opens after three failures in a row and lets exactly one probe through afterwards', () => {
    fail(3);
    assert.equal(breaker.check(K), 'open');
    now += 4_999;
    assert.equal(breaker.check(K), 'open');
    now += 1;
    assert.equal(breaker.check(K), 'probe');
    assert.equal(breaker.check(K), 'open');
    assert.equal(breaker.check(K), 'open');
    breaker.succeeded(K);
    assert.equal(breaker.check(K), 'closed');
  });

  it('cools longer after each failed probe, up to 20 s', () => {
    fail(3);
    for (const cool of [5_000, 10_000, 20_000, 20_000]) {
      now += cool - 1;
      assert.equal(breaker.check(K), 'open', `${cool}`);
      now += 1;
      assert.equal(breaker.check(K), 'probe', `${cool}`);
      fail(1);
    }
  });

  it('gives a probe back that ended without a verdict', () => {
    fail(3);
    now += 5_000;
    assert.equal(breaker.check(K), 'probe');
    breaker.released(K);
    assert.equal(breaker.check(K), 'probe');
  });

  it('honours Retry-After up to a minute', () => {
    fail(3, 'rateLimit', { retryAfterSeconds: 30 });
    now += 29_999;
    assert.equal(breaker.check(K), 'open');
    now += 1;
    assert.equal(breaker.check(K), 'probe');
    fail(1, 'rateLimit', { retryAfterSeconds: 86_400 });
    now += 60_000;
    assert.equal(breaker.check(K), 'probe');
  });

  for (const kind of [
    'rateLimit',
    'overloaded',
    'server',
    'timeout',
    'network',
    'protocol',
    'quota',
    'notLoaded',
  ] as const) {
    it(`counts ${kind} against the target`, () => {
      fail(3, kind);
      assert.equal(breaker.check(K), 'open');
    });
  }
  for (const kind of ['badRequest', 'contextLength', 'contentPolicy', 'auth', 'permission', 'notFound'] as const) {
    it(`does not count ${kind}`, () => {
      fail(10, kind);
      assert.equal(breaker.check(K), 'closed');
    });
  }

  it('takes a refused request as a sign of life: the probe it came from closes the circuit', () => {
    fail(3);
    now += 5_000;
    assert.equal(breaker.check(K), 'probe');
    fail(1, 'badRequest');
    assert.equal(breaker.check(K), 'closed');
    assert.deepEqual(breaker.health('a\0'), { health: 'ok' });
  });

  it('keeps models, keys and backends apart', () => {
    fail(3);
    for (const other of ['a\0k\0m2', 'a\0k2\0m', 'a2\0k\0m']) assert.equal(breaker.check(other), 'closed');
    assert.deepEqual(breaker.health('a2\0'), { health: 'unknown' });
  });

  it('tells the health of a backend: unknown, ok, failing, cooling, failing again, ok', () => {
    assert.deepEqual(breaker.health('a\0'), { health: 'unknown' });
    breaker.succeeded(K);
    assert.deepEqual(breaker.health('a\0'), { health: 'ok' });
    fail(1, 'auth');
    assert.deepEqual(breaker.health('a\0'), { health: 'failing', lastError: 'it was auth' });
    fail(3);
    assert.deepEqual(breaker.health('a\0'), {
      health: 'cooling',
      coolingUntil: now + 5_000,
      lastError: 'it was overloaded',
    });
    now += 5_000;
    assert.equal(breaker.health('a\0').health, 'failing');
    const says = { code: 'server.x', values: ['a'], text: 'A sentence.' };
    breaker.failed(K, { status: 500, kind: 'auth', message: says.text, says });
    const told = { lastError: says.text, lastErrorSays: says };
    assert.deepEqual(breaker.health('a\0'), { health: 'failing', ...told });
    breaker.failed(K, { status: 500, kind: 'auth', message: says.text, says }, 'What is kept.');
    assert.deepEqual(breaker.health('a\0'), { health: 'failing', lastError: 'What is kept.' });
    breaker.succeeded(K);
    assert.deepEqual(breaker.health('a\0'), { health: 'ok' });
  });

  it('is ok although another request of a client was refused', () => {
    fail(1, 'badRequest');
    assert.deepEqual(breaker.health('a\0'), { health: 'ok' });
  });

  it('remembers a bounded number of circuits, however many model names clients think of', () => {
    fail(3);
    for (let n = 0; n < 1_000; n++) breaker.failed(`a\0k\0name-${n}`, failure('server'));
    assert.equal(breaker.check(K), 'closed', 'the oldest one went');
    fail(2, 'server', {}, 'a\0k\0name-999');
    assert.equal(breaker.check('a\0k\0name-999'), 'open', 'the newest one stayed');
  });
});
