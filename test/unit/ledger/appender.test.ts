/** Records on their way to the disk: what it refuses waits, in order and within a bound, and nothing glues two lines together. */
import assert from 'node:assert/strict';
import fs, { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { createAppender } from '../../../src/ledger/appender';
import type { RequestRecord } from '../../../src/ledger/record';
import { requestRecord } from '../../support/ledgerRecords';

describe('the appender of the ledger', () => {
  let folder: string;
  let told: (string | undefined)[];
  let lost: RequestRecord[];
  const make = (mostWaiting?: number) => {
    const onProblem = (problem?: { text: string }) => told.push(problem?.text);
    return createAppender(
      folder,
      { onWritten: () => undefined, onProblem, onLost: (record) => lost.push(record) },
      mostWaiting,
    );
  };
  const file = (month = '2026-11') => path.join(folder, `requests-${month}.jsonl`);
  const ids = (month?: string) =>
    readFileSync(file(month), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as RequestRecord).id);
  /** Nothing can be written while a file has the folder's name. */
  const block = () => {
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, 'in the way');
  };
  const unblock = () => {
    rmSync(folder);
    mkdirSync(folder);
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-appender-'));
    told = [];
    lost = [];
  });
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps what the disk refuses and writes it in its order, told once when it begins and once when it is over', () => {
    const appender = make();
    block();
    const records = [1, 2, 3].map(() => requestRecord());
    assert.deepEqual(
      records.map((record) => appender.append(record)),
      [false, false, false],
    );
    assert.equal(told.length, 1);
    assert.equal(told[0]!.split(folder).length, 2, `the folder is named once: ${told[0]}`);
    unblock();
    appender.close();
    assert.deepEqual(
      ids(),
      records.map(({ id }) => id),
    );
    assert.deepEqual([told.length, told[1], lost], [2, undefined, []]);
  });

  it('tells which record had to go because too many wait', () => {
    const appender = make(2);
    block();
    const records = [1, 2, 3].map(() => requestRecord());
    for (const record of records) appender.append(record);
    assert.deepEqual(lost, [records[0]]);
    unblock();
    appender.close();
    assert.deepEqual(ids(), [records[1]!.id, records[2]!.id]);
  });

  it('makes the folder anew that somebody took away with records still to come', () => {
    const appender = make();
    rmSync(folder, { recursive: true });
    const record = requestRecord();
    assert.equal(appender.append(record), false);
    appender.check();
    assert.equal(appender.flush(), true);
    assert.deepEqual(ids(), [record.id]);
    appender.close();
  });

  it('begins a line of its own behind one that was torn', () => {
    writeFileSync(file(), '{"id":"torn');
    const record = requestRecord();
    const appender = make();
    appender.append(record);
    appender.append(requestRecord());
    appender.close();
    const lines = readFileSync(file(), 'utf8').split('\n');
    assert.deepEqual(
      [lines[0], (JSON.parse(lines[1]!) as RequestRecord).id, lines.length],
      ['{"id":"torn', record.id, 4],
    );
  });

  it('takes a line that the disk took half for one that is still to be written, on a line of its own', () => {
    const appender = make();
    appender.append(requestRecord());
    const write = fs.writeSync as (fd: number, bytes: Buffer, from: number, length: number) => number;
    mock.method(fs, 'writeSync', (fd: number, bytes: Buffer) => write(fd, bytes, 0, 20));
    syncBuiltinESMExports();
    const record = requestRecord();
    assert.equal(appender.append(record), false);
    assert.match(told.at(-1)!, /the disk is full/);
    mock.restoreAll();
    syncBuiltinESMExports();
    assert.equal(appender.flush(), true);
    appender.close();
    const lines = readFileSync(file(), 'utf8').trimEnd().split('\n');
    assert.deepEqual([lines.length, lines[1]!.length, (JSON.parse(lines[2]!) as RequestRecord).id], [3, 20, record.id]);
  });

  it('lets go of the file of a month that is over', () => {
    const open = mock.method(fs, 'openSync');
    const closed = mock.method(fs, 'closeSync');
    syncBuiltinESMExports();
    const appender = make();
    for (const month of ['08', '09', '10', '11'])
      appender.append(requestRecord({ time: `2026-${month}-02T10:00:00.000Z` }));
    assert.ok(open.mock.callCount() - closed.mock.callCount() <= 2);
    appender.close();
    assert.equal(open.mock.callCount(), closed.mock.callCount());
    assert.equal(readdirSync(folder).length, 4);
  });
});
