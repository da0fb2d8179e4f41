import { OWN_CHECKS, type RequestRecord } from './record';

/** The newest `size` records by arrival, each once; our own probes are nobody's requests. */
export function createRecent(size: number): {
  add(record: RequestRecord): void;
  newest(limit: number): RequestRecord[];
} {
  /** Oldest first; records end out of order, so a new one is put where its arrival belongs. */
  const records: RequestRecord[] = [];
  const ids = new Set<string>();
  return {
    add(record) {
      if (record.clientKey === OWN_CHECKS || ids.has(record.id)) return;
      let at = records.length;
      while (at > 0 && records[at - 1]!.time > record.time) at--;
      if (at === 0 && records.length >= size) return;
      records.splice(at, 0, record);
      ids.add(record.id);
      if (records.length > size) ids.delete(records.shift()!.id);
    },
    newest: (limit) => records.slice(Math.max(0, records.length - Math.max(0, limit))).reverse(),
  };
}
