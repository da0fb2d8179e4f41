/** A process that appends records as fast as it can and says the id of each one on stdout only after `append` returned. */
import { writeSync } from 'node:fs';
import { openLedger } from '../../src/ledger/store';
import { requestRecord } from './ledgerRecords';

const [dataDir = '', name = ''] = process.argv.slice(2);
const ledger = await openLedger({ dataDir, syncEvery: 5 });
for (let i = 0; ; i++) {
  const id = `req_${name}_${i}`;
  ledger.append(requestRecord({ id, error: 'x'.repeat((i * 37) % 1_500) }));
  writeSync(1, `${id}\n`);
  // Lets roll-ups be written in between, so that the kill also hits those.
  if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
}
