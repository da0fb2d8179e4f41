/** Writes records into a memory store until it is killed. */
import { openMemoryStore } from '../../src/process/memoryStore';

const [file, key] = process.argv.slice(2) as [string, string];
const store = await openMemoryStore({
  file,
  key: Buffer.from(key, 'hex'),
  rotateBytes: 60_000,
  live: () => ['live'],
  warn: console.error,
});
for (let at = 0; ; at++) {
  store.append(`record ${at} ${'x'.repeat(2_000)}`);
  if (at % 3 === 0) await store.flush();
  if (at === 40) console.log('under way');
}
