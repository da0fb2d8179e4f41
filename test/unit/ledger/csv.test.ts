import assert from 'node:assert/strict';
import { csvLines } from '../../../src/ledger/csv';
import type { RequestRecord } from '../../../src/ledger/record';

describe('csv', () => {
  async function cellOf(error: string): Promise<string> {
    const record = { time: '', id: '', rules: [], attempts: [], ms: 0, error } as unknown as RequestRecord;
    async function* records() {
      yield record;
    }
    const lines: string[] = [];
    for await (const line of csvLines(records())) lines.push(line);
    return lines[1]!;
  }

  it('begins no formula, where commas separate and where semicolons do', async () => {
    assert.match(await cellOf('=1+1'), /,'=1\+1,/);
    assert.match(await cellOf('a; =cmd()'), /,"a;' =cmd\(\)",/);
    // Spreadsheets in Japanese and Chinese read these as theirs.
    for (const sign of '＝＋－＠') assert.match(await cellOf(`${sign}cmd()`), new RegExp(`,'${sign}cmd\\(\\),`));
    assert.match(await cellOf('a;b'), /,"a;b",/);
  });
});
