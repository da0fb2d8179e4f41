/** The ledger: what one request costs on the way, and what a month of a million records costs to add up. */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createAdmission } from '../../src/ledger/admission';
import { encodeLine } from '../../src/ledger/lines';
import { costOf, targetPrice } from '../../src/ledger/prices';
import { openLedger } from '../../src/ledger/store';
import { windowAt } from '../../src/ledger/windows';
import { settingsSchema } from '../../src/settings/schema';
import { requestRecord } from '../support/ledgerRecords';
import { targetOn } from '../support/ledgerTarget';
import type { Report } from './rows';

const MODELS = [
  'gpt-4o',
  'gpt-5.4',
  'claude-sonnet-5',
  'claude-opus-5',
  'deepseek-v4-pro',
  'llama-3.3-70b-versatile',
  'gemini-2.5-flash',
  'qwen3',
];

/** Writes `count` records of the running month, spread over its days, eight models, four backends and five keys. Returns the bytes written. */
export function generateLedger(dataDir: string, count: number, now = Date.now()): number {
  const folder = path.join(dataDir, 'ledger');
  mkdirSync(folder, { recursive: true });
  const month = new Date(now).toISOString().slice(0, 7);
  const start = Date.parse(`${month}-01T00:00:00Z`);
  const step = Math.max(1, (now - start) / count);
  const file = openSync(path.join(folder, `requests-${month}.jsonl`), 'w', 0o600);
  let bytes = 0;
  let lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const upstreamModel = MODELS[i % 8]!;
    const time = new Date(start + i * step).toISOString();
    lines.push(
      encodeLine(
        requestRecord({
          time,
          upstreamModel,
          backend: `backend-${i % 4}`,
          clientKey: `key-${i % 5}`,
          usage: { input: 1_000 + (i % 997), output: i % 499, cacheRead: i % 900 },
          cost: (i % 1_000) / 1e6,
        }),
      ),
    );
    if (lines.length === 5_000 || i === count - 1) {
      bytes += writeSync(file, lines.join(''));
      lines = [];
    }
  }
  closeSync(file);
  return bytes;
}

/** Microseconds a run of `step`, the best of five series: what it costs, without what else the machine did. */
function microseconds(count: number, step: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let series = 0; series < 5; series++) {
    const begun = performance.now();
    for (let i = 0; i < count; i++) step();
    best = Math.min(best, ((performance.now() - begun) * 1_000) / count);
  }
  return best;
}

async function hotPath(report: Report, dataDir: string): Promise<void> {
  const ledger = await openLedger({ dataDir, syncEvery: 0 });
  const time = new Date().toISOString();
  const append = microseconds(2_000, () => ledger.append(requestRecord({ time })));
  const keys = settingsSchema.parse({
    clientKeys: [
      {
        name: 'phone',
        models: ['openai/*'],
        requestsPerMinute: 1_000_000,
        tokensPerMinute: 1_000_000_000,
        budget: { day: 1e9, month: 1e9 },
      },
    ],
  }).clientKeys;
  let minute = 0;
  // 60 ms a request: the sliding window holds a thousand, as with one busy key.
  const now = (): number => Date.parse(time) + (minute += 60);
  const admission = createAdmission(
    { now, steady: now, spentSince: ledger.spentSince, recent: () => [], onWarn: () => undefined },
    keys,
  );
  const target = targetOn('openai', 'gpt-4o');
  const usage = { input: 1_000, output: 100 };
  const admit = microseconds(2_000, () => {
    const admitted = admission.admit({ clientKey: 'phone', target, inputTokens: () => 1_000 });
    if (!admitted.ok) throw new Error(admitted.failure.message);
    admitted.reservation.settle({ usage, cost: costOf(usage, targetPrice(target)) });
  });
  report('ledger: append one record', append, ' µs', 15);
  report('ledger: limits, budget and price of one request', admit, ' µs', 10);
  await ledger.close();
}

async function millionRecords(report: Report, dataDir: string, count: number): Promise<void> {
  const bytes = generateLedger(dataDir, count);
  const from = windowAt('month', Date.now()).from;
  const ask = async (): Promise<{ opened: number; asked: number; requests: number }> => {
    const begun = performance.now();
    const ledger = await openLedger({ dataDir, syncEvery: 0 });
    const opened = performance.now() - begun;
    const rows = await ledger.summary({ from, to: '', by: 'model' });
    const asked = performance.now() - begun - opened;
    await ledger.close();
    return { opened, asked, requests: rows.reduce((sum, row) => sum + row.requests, 0) };
  };
  const label = `${(count / 1e6).toFixed(0)} M records`;
  const first = await ask();
  if (first.requests < count * 0.9) throw new Error(`${first.requests} of ${count} records were added up`);
  const later = await ask();
  report(
    `ledger: ${label}, first reading without a roll-up`,
    first.opened / 1_000,
    ' s',
    undefined,
    `  (${Math.round(bytes / 1e6)} MB)`,
  );
  report(`ledger: ${label}, opening with the roll-up`, later.opened, ' ms', 300);
  report(`ledger: ${label}, summary of the month`, later.asked, ' ms', 100);
}

export async function measureLedger(report: Report, folder: string, count = 1_000_000): Promise<void> {
  const dataDir = path.join(folder, 'ledger-bench');
  await hotPath(report, path.join(folder, 'ledger-hot'));
  await millionRecords(report, dataDir, count);
  rmSync(dataDir, { recursive: true, force: true });
}
