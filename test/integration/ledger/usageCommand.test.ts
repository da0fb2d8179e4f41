import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLedger } from '../../../src/ledger/store';
import { runUsageCommand } from '../../../src/ledger/usageCommand';
import { requestRecord } from '../../support/ledgerRecords';

const NOON = new Date(2026, 10, 21, 12).getTime();

describe('usage command', () => {
  let dataDir = '';
  before(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'usage-'));
    const ledger = await openLedger({ dataDir, now: () => NOON, syncEvery: 0 });
    const time = new Date(NOON).toISOString();
    ledger.append(requestRecord({ time, cost: 1.5, usage: { input: 1_200_000, output: 30 } }));
    ledger.append(
      requestRecord({
        time,
        cost: undefined,
        upstreamModel: 'own\u001b[31m',
        usage: { input: 5, output: 5, estimated: true },
      }),
    );
    ledger.append(
      requestRecord({
        time,
        backend: undefined,
        upstreamModel: undefined,
        usage: undefined,
        cost: undefined,
        status: 404,
        error: 'No.',
      }),
    );
    ledger.append(requestRecord({ time: new Date(2026, 9, 5).toISOString(), cost: 7 }));
    await ledger.close();
  });
  after(() => rmSync(dataDir, { recursive: true }));

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const said = { out: '', err: '' };
    const code = await runUsageCommand(args, {
      defaultDataDir: () => dataDir,
      now: () => NOON,
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
    });
    return { code, ...said };
  }

  it('shows this month by day as a table', async () => {
    const { code, out } = await run();
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        'Usage from 2026-11-01 to 2026-11-21',
        '',
        'Day         Requests  Failed      Input  Output   Cost',
        '──────────────────────────────────────────────────────────'.slice(0, 55),
        '2026-11-21         3       1  1,200,005      35  $1.50*',
        '──────────────────────────────────────────────────────────'.slice(0, 55),
        'Total              3       1  1,200,005      35  $1.50*',
        '* without 1 request whose model has no known price',
        'Tokens of 1 request are estimates: their provider sent none.',
        '',
      ].join('\n'),
    );
  });

  it('groups, chooses a time, and lets no name steer the terminal', async () => {
    const { out } = await run('--by', 'model', '--from', '2026-10-01', '--to', '2026-11-21');
    assert.deepEqual(
      out
        .split('\n')
        .slice(4, 7)
        .map((line) => line.split(/\s+/)[0]),
      ['gpt-4o', '(none)', 'own?[31m'],
    );
    assert.match(out, /gpt-4o .*\$8\.50/);
    assert.match(
      (await run('--to', '2026-10-31', '--from', '2026-10-06')).out,
      /^No requests from 2026-10-06 to 2026-10-31\.\n$/,
    );
  });

  it('says where it looked when there is nothing, and how to look elsewhere', async () => {
    const nothing = ['--to', '2026-10-31', '--from', '2026-10-06'];
    assert.equal(
      (await run(...nothing)).err,
      `Looked into ${dataDir}. --data-dir names the folder of another router.\n`,
    );
    assert.equal((await run(...nothing, '--json')).err, '');
    assert.equal((await run()).err, '');
  });

  it('gives JSON on one line', async () => {
    const { out } = await run('--json', '--by', 'key', '--data-dir', dataDir);
    assert.equal(out.trimEnd().split('\n').length, 1);
    const { rows, total } = JSON.parse(out);
    assert.equal(rows[0].group, 'main');
    assert.equal(total.requests, 3);
  });

  it('writes a CSV file', async () => {
    const file = path.join(dataDir, 'out.csv');
    assert.equal((await run('--csv', file)).out, `3 requests written to ${file}\n`);
    assert.equal(readFileSync(file, 'utf8').trimEnd().split('\r\n').length, 4);
    const missing = await run('--csv', path.join(dataDir, 'none', 'out.csv'));
    assert.equal(missing.code, 2);
    assert.match(missing.err, /cannot be written/);
  });

  it('says what is wrong with its arguments', async () => {
    for (const [args, message] of [
      [['--by', 'hour'], /--by is one of day, model, backend, key, conversation, not "hour"/],
      [['--from', '2026-02-30'], /--from is a day such as 2026-11-01, not "2026-02-30"/],
      [['--to', 'yesterday'], /--to is a day/],
      [['--from', '2026-12-01'], /lies after/],
      [['--what'], /--what/],
    ] as const) {
      const { code, err, out } = await run(...args);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, message);
      assert.match(err, /Usage: node dist\/router\.js usage/);
    }
    assert.match((await run('--help')).out, /--by day/);
  });
});
