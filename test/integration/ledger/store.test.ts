import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OWN_CHECKS, type RequestRecord } from '../../../src/ledger/record';
import { type Ledger, type LedgerOptions, openLedger } from '../../../src/ledger/store';
import { localDay } from '../../../src/ledger/windows';
import { requestRecord } from '../../support/ledgerRecords';
import { assertPrivate, itOnPosix } from '../../support/platform';

const OPEN = 'a file that is open stays, and so does its folder';

const NOON = new Date(2026, 10, 21, 12).getTime();
const everything = { from: '', to: '' };

describe('ledger on disk', () => {
  let dataDir = '';
  let open: Ledger[] = [];
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'ledger-'));
  });
  afterEach(async () => {
    for (const ledger of open) await ledger.close();
    open = [];
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function ledgerOf(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
    const ledger = await openLedger({ dataDir, now: () => NOON, syncEvery: 0, ...options });
    open.push(ledger);
    return ledger;
  }
  const at = (ms: number, changes: Partial<RequestRecord> = {}): RequestRecord =>
    requestRecord({ time: new Date(ms).toISOString(), ...changes });
  const file = (month = '2026-11'): string => path.join(dataDir, 'ledger', `requests-${month}.jsonl`);
  const read = async (ledger: Ledger): Promise<string[]> => {
    const ids: string[] = [];
    for await (const record of ledger.records(everything)) ids.push(record.id);
    return ids;
  };

  it('writes one line a record, at once, into the file of its month, readable by its owner only', async () => {
    const ledger = await ledgerOf();
    const record = at(NOON);
    assert.equal(ledger.append(record), true);
    assert.deepEqual(JSON.parse(readFileSync(file(), 'utf8')), JSON.parse(JSON.stringify(record)));
    ledger.append(requestRecord({ time: '2026-10-31T23:59:59.999Z' }));
    assert.ok(existsSync(file('2026-10')));
    assertPrivate(file(), 0o600);
    assertPrivate(path.dirname(file()), 0o700);
  });

  it('gives the newest records first, also after a restart', async () => {
    const first = await ledgerOf();
    const records = [3, 1, 2].map((minute) => at(NOON + minute * 60_000));
    for (const record of records) first.append(record);
    const expected = [records[0]!.id, records[2]!.id, records[1]!.id];
    assert.deepEqual(
      first.recent(10).map((record) => record.id),
      expected,
    );
    assert.deepEqual(
      first.recent(1).map((record) => record.id),
      expected.slice(0, 1),
    );
    assert.deepEqual(first.recent(0), []);
    const second = await ledgerOf();
    assert.deepEqual(
      second.recent(10).map((record) => record.id),
      expected,
    );
  });

  it('adds up by day, model, backend and key', async () => {
    const ledger = await ledgerOf();
    const yesterday = NOON - 24 * 3_600_000;
    ledger.append(at(NOON, { cost: 1, usage: { input: 10, output: 1, cacheRead: 4, reasoning: 1 } }));
    ledger.append(
      at(NOON, {
        cost: 2,
        clientKey: 'phone',
        backend: 'groq',
        upstreamModel: 'llama',
        usage: { input: 20, output: 2, estimated: true },
      }),
    );
    ledger.append(at(yesterday, { cost: undefined, usage: { input: 30, output: 3 } }));
    ledger.append(
      at(yesterday, {
        cost: undefined,
        usage: undefined,
        backend: undefined,
        upstreamModel: undefined,
        status: 404,
        error: 'No model.',
      }),
    );
    const days = await ledger.summary({ ...everything, by: 'day' });
    assert.deepEqual(
      days.map((row) => [row.group, row.requests, row.input, row.output, row.cost, row.unpriced, row.failed]),
      [
        [localDay(yesterday), 2, 30, 3, 0, 1, 1],
        [localDay(NOON), 2, 30, 3, 3, 0, 0],
      ],
    );
    const models = await ledger.summary({ ...everything, by: 'model' });
    assert.deepEqual(
      models.map((row) => row.group),
      ['llama', 'gpt-4o', ''],
    );
    const keys = await ledger.summary({ from: localDay(NOON), to: localDay(NOON), by: 'key' });
    assert.deepEqual(
      keys.map((row) => [row.group, row.cost]),
      [
        ['phone', 2],
        ['main', 1],
      ],
    );
    assert.equal(ledger.today().requests, 2);
    assert.equal(ledger.spentSince('main', ''), 1);
    assert.equal(ledger.spentSince('phone', localDay(NOON + 24 * 3_600_000)), 0);
  });

  it('goes on from its roll-up after a restart and never counts a record twice', async () => {
    const first = await ledgerOf();
    first.append(at(NOON, { cost: 1 }));
    await first.close();
    const second = await ledgerOf();
    second.append(at(NOON, { cost: 2 }));
    assert.equal(second.today().cost, 3);
    await second.sync();
    await second.sync();
    assert.equal(second.today().cost, 3);
    // Killed before its roll-up was written.
    const third = await ledgerOf();
    assert.equal(third.today().cost, 3);
    assert.equal(third.spentSince('main', localDay(NOON)), 3);
  });

  it('passes over a torn tail, ends it before the next record, and counts it', async () => {
    const first = await ledgerOf();
    const [a, b] = [at(NOON), at(NOON)];
    first.append(a);
    first.append(b);
    await first.close();
    rmSync(path.join(dataDir, 'ledger', 'rollup-2026-11.json'));
    truncateSync(file(), statSync(file()).size - 20);
    const second = await ledgerOf();
    assert.equal(second.today().requests, 1);
    const c = at(NOON);
    second.append(c);
    assert.deepEqual(await read(second), [a.id, c.id]);
    await second.sync();
    assert.equal(second.today().requests, 2);
    assert.equal(second.torn, 1);
  });

  it('finds a whole record behind a torn one on the same line', async () => {
    const ledger = await ledgerOf();
    const [a, b] = [at(NOON), at(NOON)];
    ledger.append(a);
    appendFileSync(file(), JSON.stringify(at(NOON)).slice(0, 100));
    appendFileSync(file(), `${JSON.stringify(b)}\n`);
    assert.deepEqual(await read(ledger), [a.id, b.id]);
  });

  it('waits for the end of a line that another process is writing', async () => {
    const ledger = await ledgerOf();
    ledger.append(at(NOON));
    const line = JSON.stringify(at(NOON));
    appendFileSync(file(), line.slice(0, 50));
    await ledger.sync();
    assert.equal(ledger.today().requests, 1);
    appendFileSync(file(), `${line.slice(50)}\n`);
    await ledger.sync();
    assert.equal(ledger.today().requests, 2);
    assert.equal(ledger.torn, 0);
  });

  it('counts and tells what another process appends, and not its own', async () => {
    const ours = await ledgerOf();
    const theirs = await ledgerOf();
    const told: string[] = [];
    ours.onForeign((record) => told.push(record.id));
    ours.append(at(NOON, { cost: 1 }));
    const foreign = at(NOON, { cost: 2 });
    theirs.append(foreign);
    await ours.sync();
    assert.deepEqual(told, [foreign.id]);
    assert.equal(ours.today().cost, 3);
    assert.ok(ours.recent(5).some((record) => record.id === foreign.id));
  });

  it('counts its own records as it wrote them, without reading them back', async () => {
    const ledger = await ledgerOf();
    ledger.append(at(NOON, { cost: 1 }));
    await ledger.sync();
    const { size } = statSync(file());
    ledger.append(at(NOON, { cost: 2 }));
    // Of the same length, and in the place of the line: whoever read it back would find no record.
    const first = readFileSync(file()).subarray(0, size);
    writeFileSync(
      file(),
      Buffer.concat([first, Buffer.alloc(statSync(file()).size - size - 1, 'x'), Buffer.from('\n')]),
    );
    await ledger.sync();
    assert.deepEqual([ledger.today().requests, ledger.today().cost, ledger.torn], [2, 3, 0]);
  });

  it('counts each record once, whoever wrote it and whenever both look', async () => {
    const ours = await ledgerOf();
    const theirs = await ledgerOf();
    const told: string[] = [];
    ours.onForeign((record) => told.push(record.id));
    let spent = 0;
    const foreign: string[] = [];
    for (let turn = 0; turn < 60; turn++) {
      // Every order of two writers and a look, several times.
      const mine = [1, 2, 4, 7].includes(turn % 8);
      const record = at(NOON, { cost: 1 + turn });
      spent += 1 + turn;
      (mine ? ours : theirs).append(record);
      if (!mine) foreign.push(record.id);
      if (turn % 3 === 0) await ours.sync();
      if (turn % 5 === 0) void ours.sync();
      assert.equal(ours.spentSince('main', '') <= spent, true);
    }
    await ours.sync();
    assert.deepEqual([ours.today().requests, ours.today().cost], [60, spent]);
    assert.deepEqual(told, foreign);
    const again = await ledgerOf();
    assert.deepEqual([again.today().requests, again.today().cost], [60, spent]);
  });

  it('counts what it writes in the midst of a look at the disk once', async () => {
    const ledger = await ledgerOf();
    ledger.append(at(NOON, { cost: 1 }));
    for (let turn = 0; turn < 20; turn++) {
      const looks = [ledger.sync(), ledger.sync()];
      for (let n = 0; n < 700; n++) ledger.append(at(NOON, { cost: 1 }));
      await Promise.all(looks);
      assert.equal(ledger.today().requests, 1 + 700 * (turn + 1));
    }
    await ledger.sync();
    assert.equal(ledger.today().cost, 14_001);
  });

  it('counts what it writes while a look reads what another process wrote once, and the look has an end', async () => {
    const [ours, theirs] = [await ledgerOf(), await ledgerOf()];
    const told: string[] = [];
    ours.onForeign(({ id }) => told.push(id));
    let written = 0;
    const foreign: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      foreign.push(at(NOON).id);
      theirs.append(at(NOON, { id: foreign.at(-1)! }));
      // More than one block.
      for (let n = 0; n < 1_200; n++) ours.append(at(NOON));
      written += 1_200;
      let over = false;
      const look = ours.sync().finally(() => (over = true));
      for (let steps = 0; !over; steps++) {
        assert.ok(steps < 1_000, 'a look without an end');
        for (let n = 0; n < 60; n++) ours.append(at(NOON));
        written += 60;
        await new Promise(setImmediate);
      }
      await look;
      assert.equal(ours.today().requests, written + foreign.length);
    }
    assert.deepEqual(told, foreign);
  });

  itOnPosix('counts anew when a file that was deleted is put back in the place of the next one', OPEN, async () => {
    const ledger = await ledgerOf();
    for (const cost of [1, 2, 4]) ledger.append(at(NOON, { cost }));
    await ledger.sync();
    const kept = readFileSync(file());
    unlinkSync(file());
    await ledger.sync();
    ledger.append(at(NOON, { cost: 8 }));
    await ledger.sync();
    assert.equal(ledger.today().cost, 15);
    writeFileSync(file(), kept);
    await ledger.sync();
    assert.deepEqual([ledger.today().cost, ledger.torn], [7, 0]);
  });

  itOnPosix('goes on in the file that was put in the place of another one', OPEN, async () => {
    const ledger = await ledgerOf();
    for (const cost of [1, 2]) ledger.append(at(NOON, { cost }));
    await ledger.sync();
    const copy = `${file()}.new`;
    writeFileSync(copy, readFileSync(file()));
    renameSync(copy, file());
    await ledger.sync();
    const next = at(NOON, { cost: 4 });
    ledger.append(next);
    await ledger.sync();
    assert.deepEqual([(await read(ledger)).at(-1), ledger.today().cost], [next.id, 7]);
  });

  itOnPosix(
    'goes on in a file of its own where the last one was moved away, into which nothing more goes',
    OPEN,
    async () => {
      const ledger = await ledgerOf();
      ledger.append(at(NOON, { cost: 1 }));
      await ledger.sync();
      ledger.append(at(NOON, { cost: 2 }));
      const archive = path.join(dataDir, 'archive.jsonl');
      renameSync(file(), archive);
      await ledger.sync();
      const { size } = statSync(archive);
      const next = at(NOON, { cost: 4 });
      ledger.append(next);
      await ledger.sync();
      assert.deepEqual([await read(ledger), ledger.today().cost, statSync(archive).size], [[next.id], 7, size]);
      await ledger.close();
      assert.equal((await ledgerOf()).today().cost, 7, 'what the moved records add up to stays');
    },
  );

  it('writes its roll-ups while it runs, also those of records that it does not read back', async () => {
    let now = NOON;
    const ledger = await ledgerOf({ now: () => now });
    const covered = () => {
      const rollup = path.join(dataDir, 'ledger', 'rollup-2026-11.json');
      return (JSON.parse(readFileSync(rollup, 'utf8')) as { offset: number }).offset;
    };
    for (let turn = 0; turn < 3; turn++) {
      ledger.append(at(NOON));
      await ledger.sync();
      assert.equal(covered(), statSync(file()).size);
      now += 61_000;
    }
  });

  it('makes a damaged or stale roll-up anew from the records', async () => {
    const first = await ledgerOf();
    first.append(at(NOON, { cost: 1 }));
    await first.close();
    const rollup = path.join(dataDir, 'ledger', 'rollup-2026-11.json');
    for (const text of [
      '',
      '{"version":1',
      '{"version":1,"offset":9e9,"head":"","torn":0,"rows":[]}',
      '{"version":7}',
    ]) {
      writeFileSync(rollup, text);
      const again = await ledgerOf();
      assert.equal(again.today().cost, 1, text);
    }
  });

  itOnPosix('keeps the sums of records that somebody deleted, and writes on in a new file', OPEN, async () => {
    const ledger = await ledgerOf();
    ledger.append(at(NOON, { cost: 1 }));
    await ledger.sync();
    unlinkSync(file());
    await ledger.sync();
    ledger.append(at(NOON, { cost: 5 }));
    assert.ok(existsSync(file()));
    await ledger.sync();
    assert.equal(ledger.today().cost, 6);
    await ledger.close();
    assert.equal((await ledgerOf()).today().cost, 6);
  });

  it('counts anew when somebody put another file in the place', async () => {
    const ledger = await ledgerOf();
    for (const cost of [1, 2, 4]) ledger.append(at(NOON, { cost }));
    await ledger.sync();
    const kept = readFileSync(file(), 'utf8').split('\n').slice(1).join('\n');
    writeFileSync(file(), kept);
    await ledger.sync();
    assert.equal(ledger.today().cost, 6);
  });

  it('tells nobody as news what stands in a file that somebody put in the place, or cut', async () => {
    const ledger = await ledgerOf();
    const news: string[] = [];
    ledger.onForeign(({ id }) => news.push(id));
    for (const cost of [1, 2, 4]) ledger.append(at(NOON, { cost }));
    await ledger.sync();
    const lines = readFileSync(file(), 'utf8').trimEnd().split('\n');
    const other = at(NOON, { cost: 8 });
    writeFileSync(file(), `${[JSON.stringify(other), ...lines, ...lines].join('\n')}\n`);
    await ledger.sync();
    writeFileSync(file(), `${JSON.stringify(other)}\n`);
    await ledger.sync();
    assert.deepEqual([news, ledger.today().cost], [[], 8]);
  });

  it('tells what our own checks cost by itself: no use of a model, of a day, or of a person', async () => {
    const ledger = await ledgerOf();
    ledger.append(at(NOON, { cost: 1 }));
    ledger.append(at(NOON, { cost: 2, clientKey: OWN_CHECKS }));
    assert.deepEqual([ledger.today().cost, ledger.recent(9).length], [1, 1]);
    const costs = async (by: 'day' | 'model') =>
      Object.fromEntries((await ledger.summary({ ...everything, by })).map(({ group, cost }) => [group, cost]));
    assert.deepEqual(await costs('day'), { [localDay(NOON)]: 1 });
    assert.deepEqual(await costs('model'), { [OWN_CHECKS]: 2, 'gpt-4o': 1 });
  });

  it('deletes months beyond the retention and keeps their sums', async () => {
    const first = await ledgerOf();
    first.append(requestRecord({ time: '2025-10-15T12:00:00.000Z', cost: 4 }));
    first.append(requestRecord({ time: '2025-11-15T12:00:00.000Z', cost: 2 }));
    await first.close();
    const second = await ledgerOf();
    await second.sync();
    assert.equal(existsSync(file('2025-10')), true);
    await second.retain(13);
    assert.equal(existsSync(file('2025-10')), false);
    assert.equal(existsSync(file('2025-11')), true);
    assert.equal(second.spentSince('main', ''), 6);
    await second.close();
    assert.equal((await ledgerOf()).spentSince('main', ''), 6);
  });

  itOnPosix('says when the disk refuses, keeps the record and writes it later', OPEN, async () => {
    const ledger = await ledgerOf();
    const folder = path.join(dataDir, 'ledger');
    rmSync(folder, { recursive: true });
    const [lost, next] = [at(NOON), at(NOON)];
    assert.equal(ledger.append(lost), false);
    assert.match(ledger.problem ?? '', /cannot be written .*ENOENT.*Records wait in memory/);
    assert.equal(ledger.today().requests, 1);
    const { mkdirSync } = await import('node:fs');
    mkdirSync(folder);
    assert.equal(ledger.append(next), true);
    assert.equal(ledger.problem, undefined);
    assert.deepEqual(await read(ledger), [lost.id, next.id]);
  });

  it('works without a folder, says so, and counts in memory', async () => {
    const blocked = path.join(dataDir, 'file');
    writeFileSync(blocked, '');
    const ledger = await ledgerOf({ dataDir: blocked });
    assert.match(ledger.problem ?? '', /cannot be kept in .*Choose another data directory/);
    assert.equal(ledger.append(at(NOON, { cost: 1 })), false);
    assert.equal(ledger.today().cost, 1);
    assert.equal(ledger.recent(1).length, 1);
    assert.equal((await ledger.summary({ ...everything, by: 'day' })).length, 1);
  });

  it('counts what the disk refused for too long, says how much that is, and counts nothing of it twice', async () => {
    const ledger = await ledgerOf({ mostWaiting: 2 });
    const folder = path.join(dataDir, 'ledger');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    for (let made = 0; made < 5; made++) ledger.append(at(NOON, { clientKey: 'phone', cost: 1 }));
    assert.deepEqual([ledger.lost, ledger.today().cost, ledger.spentSince('phone', '')], [3, 5, 5]);
    rmSync(folder);
    await ledger.sync();
    assert.deepEqual([ledger.problem, (await read(ledger)).length], [undefined, 2]);
    assert.deepEqual([ledger.today().cost, ledger.today().requests], [5, 5]);
  });

  it('leaves everything as it is when opened for reading only', async () => {
    const other = path.join(dataDir, 'none');
    const ledger = await ledgerOf({ dataDir: other, readOnly: true });
    assert.deepEqual(await ledger.summary({ ...everything, by: 'day' }), []);
    assert.equal(existsSync(other), false);
    const writer = await ledgerOf();
    writer.append(at(NOON));
    const before = readdirSync(path.join(dataDir, 'ledger'));
    const reader = await ledgerOf({ readOnly: true });
    assert.equal((await reader.summary({ ...everything, by: 'day' })).length, 1);
    await reader.close();
    assert.deepEqual(readdirSync(path.join(dataDir, 'ledger')), before);
    assert.throws(() => reader.append(at(NOON)), /reading only/);
  });

  it('keeps foreign texts bounded, so that a line stays one small write', async () => {
    const ledger = await ledgerOf();
    const long = 'é'.repeat(1_000_000);
    ledger.append(
      at(NOON, {
        askedModel: long,
        error: long,
        host: long,
        attempts: Array.from({ length: 500 }, () => ({
          backend: 'b',
          model: 'm',
          at: 0,
          ms: 0,
          outcome: 'failed' as const,
          reason: long,
        })),
      }),
    );
    assert.ok(statSync(file()).size < 64_000);
  });

  it('serves many more records than fit in one block', async () => {
    const ledger = await ledgerOf();
    for (let i = 0; i < 3_000; i++) ledger.append(at(NOON - i * 1_000, { cost: 0.5 }));
    assert.equal((await read(ledger)).length, 3_000);
    const fresh = await ledgerOf();
    const [row] = await fresh.summary({ ...everything, by: 'backend' });
    assert.equal(row?.requests, 3_000);
    assert.equal(row?.cost, 1_500);
    assert.equal(fresh.recent(1_000).length, 500);
  });
});
