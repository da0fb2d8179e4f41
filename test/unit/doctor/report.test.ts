/** The report: order, cancelling, what must never be in it, and how it reads. */
import assert from 'node:assert/strict';
import { type Check, failed, ok, runChecks, skipped, warning } from '../../../src/doctor/check';
import { createScrubber } from '../../../src/doctor/privacy';
import { jsonHop, jsonSummary, markdownReport, summaryOf, summarySaid, terminalHop } from '../../../src/doctor/report';
import type { DoctorHop, DoctorReport } from '../../../src/process/contract';

const hop = (state: DoctorHop['state'], more: Partial<DoctorHop> = {}): DoctorHop => ({
  id: 'x',
  title: 'Thing',
  state,
  why: 'It is so.',
  ms: 1,
  ...more,
});
const report = (...hops: DoctorHop[]): DoctorReport => ({
  version: '1.2.3',
  platform: 'linux x64, Node 20.19.0',
  at: '2026-11-21T12:00:00.000Z',
  ms: 1234,
  hops,
});

describe('doctor: running checks', () => {
  const check = (id: string, look: Check['look'], limitMs = 5_000): Check => ({ id, title: id, limitMs, look });
  const deferred = () => {
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settle) => {
      resolve = settle;
    });
    return { promise, resolve };
  };

  it('runs all at once and tells them in order', async () => {
    const told: string[] = [];
    const gate = deferred();
    const second = deferred();
    await runChecks(
      [
        check('slow', () => gate.promise.then(() => ok('a'))),
        check('quick', async () => {
          second.resolve();
          return ok('b');
        }),
        check('opener', () => second.promise.then(() => gate.resolve()).then(() => skipped('c'))),
      ],
      ({ id }) => told.push(id),
      new AbortController().signal,
      () => 0,
    );
    assert.deepEqual(told, ['slow', 'quick', 'opener']);
  });

  it('a check that throws or takes too long is a failed hop, its signal ends it', async () => {
    const hops: DoctorHop[] = [];
    let aborted = false;
    await runChecks(
      [
        check('throws', () => Promise.reject(new Error('boom'))),
        check(
          'hangs',
          (signal) =>
            new Promise(() => {
              signal.addEventListener('abort', () => (aborted = true));
            }),
          20,
        ),
      ],
      (one) => hops.push(one),
      new AbortController().signal,
      () => 0,
    );
    assert.deepEqual(
      hops.map(({ state }) => state),
      ['failed', 'failed'],
    );
    assert.match(hops[0]!.why, /boom/);
    assert.ok(hops[0]!.fix && hops[1]!.fix);
    assert.ok(aborted);
  });

  it('cancelling ends it at once, with what was known', async () => {
    const told: string[] = [];
    const cancel = new AbortController();
    await runChecks(
      [
        check('first', async () => ok('')),
        check('never', () => new Promise(() => cancel.abort())),
        check('after', async () => ok('')),
      ],
      ({ id }) => told.push(id),
      cancel.signal,
      () => 0,
    );
    assert.ok(!told.includes('after'));
  });
});

describe('doctor: privacy', () => {
  const scrub = createScrubber({
    secrets: ['MARKED-key-1', 'MARKED-key-1-longer', ''],
    home: '/home/marlene',
    user: 'marlene',
    host: 'marlenes-mac.fritz.box',
  });
  const cases: [string, string][] = [
    ['key MARKED-key-1-longer and MARKED-key-1.', 'key [hidden] and [hidden].'],
    ['/home/marlene/bin/cloudflared', '~/bin/cloudflared'],
    ['C:\\Users\\Marlene\\x', 'C:\\Users\\USER\\x'],
    ['runs on marlenes-mac.fritz.box', 'runs on HOST'],
    ['runs on marlenes-mac', 'runs on HOST'],
    ['Incorrect API key provided: sk-ab****************wxyz.', 'Incorrect API key provided: [hidden].'],
    ['Bearer abc.def', 'Bearer [hidden]'],
    ['mail someone@example.com in org-Ab12Cd34', 'mail [address] in [account]'],
    ['gpt-4o-mini answered in 20 ms.', 'gpt-4o-mini answered in 20 ms.'],
    ['marlenesque stays', 'marlenesque stays'],
  ];
  for (const [from, to] of cases) it(from.slice(0, 30), () => assert.equal(scrub(from), to));

  it('ordinary words stay although they are names here', () => {
    const plain = createScrubber({ secrets: [], home: '/root', user: 'root', host: 'localhost' });
    assert.equal(plain('unknown root certificate at localhost'), 'unknown root certificate at localhost');
    assert.equal(plain('/root/x'), '~/x');
  });
});

describe('doctor: how it reads', () => {
  it('sums up in a sentence', () => {
    assert.equal(summaryOf(report(hop('ok'), hop('skipped'))), 'Everything works.');
    assert.equal(summaryOf(report(hop('ok'), hop('warning'))), 'Nothing failed, 1 warning.');
    assert.equal(summaryOf(report(hop('failed'), hop('warning'), hop('warning'))), '1 of 3 failed, 2 warnings.');
    assert.equal(summaryOf({ ...report(), cancelled: true }), 'Ended early.');
    const early = summarySaid({ ...report(hop('failed'), hop('warning')), cancelled: true });
    assert.equal(early.text, 'Ended early. 1 of 2 failed, 1 warning.');
    assert.equal(early.code, 'doctor.endedEarlySaying');
  });

  it('terminal lines carry sign, title, sentence and what to do; colours only when asked', () => {
    const bad = { id: 'x', title: 'Port', ms: 0, ...failed('Nothing listens.', 'Start it.') };
    assert.equal(terminalHop(bad, false), '  ✘ Port  Nothing listens.\n    → Start it.\n');
    assert.ok(terminalHop(bad, true).includes('\u001b[31m✘'));
  });

  it('JSON: one line a hop, the summary last', () => {
    const odd = { id: 'x', title: 'T', ms: 0, ...warning('two\nlines', 'f') };
    assert.equal(jsonHop(odd).split('\n').length, 2);
    assert.deepEqual(JSON.parse(jsonHop(odd)).state, 'warning');
    const summary = JSON.parse(jsonSummary(report(hop('failed'), hop('skipped'))));
    assert.deepEqual([summary.event, summary.ok, summary.failed, summary.skipped], ['summary', false, 1, 1]);
    assert.equal(summary.hops, undefined);
  });

  it('as a document: each hop with its state in words', () => {
    const text = markdownReport(report(hop('ok'), hop('failed', { fix: 'Do it.' })));
    assert.match(text, /\*\*Thing\*\* \(failed\): It is so\.\n {2}- What to do: Do it\./);
    assert.match(text, /1\.2\.3.*2026-11-21 12:00 UTC, 1\.2 s/);
  });
});
