/** The request records of a time as a CSV file. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SaidError } from '../said';
import { csvLines } from './csv';
import { say } from './sentences';
import type { Ledger, Period } from './store';

/** Writes the file (for its owner only) and resolves to the number of requests; rejects with a sentence when it cannot be written. */
export async function exportCsv(ledger: Pick<Ledger, 'records'>, period: Period, file: string): Promise<number> {
  let lines = -1;
  async function* counted(): AsyncGenerator<string> {
    for await (const line of csvLines(ledger.records(period))) {
      lines += 1;
      yield line;
    }
  }
  try {
    await pipeline(Readable.from(counted()), createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    throw new SaidError(say.fileNotWritten(file, (error as Error).message), { cause: error });
  }
  return lines;
}
