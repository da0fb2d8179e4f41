import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLedger } from '../../../src/ledger/store';
import { bundleProgram } from '../../support/bundleProgram';
import { itOutsideWine } from '../../support/platform';

/** The long form, ROUNDS=25, kills a hundred; each is a process, so fewer by default for the sake of small machines. */
const ROUNDS = Number(process.env.ROUNDS ?? 10);
const WRITERS = 4 * ROUNDS;

/** Starts a writer and kills it with SIGKILL after it acknowledged `count` records; resolves with all it acknowledged. */
async function killedWriter(script: string, dataDir: string, name: string, count: number): Promise<string[]> {
  const child = spawn(process.execPath, [script, dataDir, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split('\n').length > count) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string];
  assert.equal(signal, 'SIGKILL');
  return text.split('\n').slice(0, -1);
}

describe('ledger: kill -9', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ledger-crash-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const title = `keeps every acknowledged record of ${WRITERS} killed writers, four at a time on one file, whole and once`;
  // Four bare scripts that append 4,000 lines each to one file leave 14,929 of them there; NTFS and POSIX append in one step.
  itOutsideWine(title, 'it appends in two steps, and writers overwrite each other', async function () {
    this.timeout(60_000 + ROUNDS * 4_000);
    const script = path.join(folder, 'writer.mjs');
    await bundleProgram('test/support/ledgerWriter.ts', script);
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const four = [0, 1, 2, 3].map((i) =>
        killedWriter(script, folder, `${round}-${i}`, 1 + ((round * 13 + i * 29) % 60)),
      );
      for (const ids of await Promise.all(four)) acknowledged.push(...ids);
    }
    const ledger = await openLedger({ dataDir: folder, syncEvery: 0 });
    const found = new Map<string, number>();
    for await (const record of ledger.records({ from: '', to: '' }))
      found.set(record.id, (found.get(record.id) ?? 0) + 1);
    assert.ok(acknowledged.length >= WRITERS);
    assert.deepEqual(
      acknowledged.filter((id) => found.get(id) !== 1),
      [],
    );
    // A kill in the middle of a write may leave a part of a line: only of a record that nobody was told about.
    assert.ok(ledger.torn <= WRITERS, `${ledger.torn} damaged lines`);
    // At most one written and not yet acknowledged record a writer; and the sums, taken up by many processes, count each once.
    assert.ok(
      found.size - acknowledged.length <= WRITERS,
      `${found.size} in the file, ${acknowledged.length} acknowledged`,
    );
    const [row] = await ledger.summary({ from: '', to: '', by: 'backend' });
    assert.equal(row?.requests, found.size);
    await ledger.close();
  });
});
