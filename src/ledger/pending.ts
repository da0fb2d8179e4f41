/** Our own records that the roll-up of their month does not count yet. */
import type { RequestRecord } from './record';
import { count, type Rollup } from './rollup';

interface Own {
  record: RequestRecord;
  /** Empty while the disk refuses it, and `bytes` 0. */
  month: string;
  bytes: number;
}

export interface Pending {
  readonly size: number;
  add(record: RequestRecord): void;
  /** It is in the file of its month, where it takes so many bytes. */
  written(record: RequestRecord, month: string, bytes: number): void;
  /** It is counted, or lost. False: none of ours. */
  delete(id: string): boolean;
  records(): Iterable<RequestRecord>;
  /**
   * Counts them without reading them back, where a file has grown by their bytes and no others: then nobody else wrote to it.
   * @param sizeOf bytes of a month's file at this moment; undefined where that cannot be told.
   * @returns the months where that is so.
   */
  countInto(months: ReadonlyMap<string, Rollup>, sizeOf: (month: string) => number | undefined): Set<string>;
}

export function createPending(): Pending {
  const all = new Map<string, Own>();
  return {
    get size() {
      return all.size;
    },
    add(record) {
      all.set(record.id, { record, month: '', bytes: 0 });
    },
    written({ id }, month, bytes) {
      const own = all.get(id);
      if (own) Object.assign(own, { month, bytes });
    },
    delete: (id) => all.delete(id),
    *records() {
      for (const { record } of all.values()) yield record;
    },
    countInto(months, sizeOf) {
      const grown = new Map<string, number>();
      for (const { month, bytes } of all.values()) if (bytes > 0) grown.set(month, (grown.get(month) ?? 0) + bytes);
      const counted = new Set<string>();
      for (const [month, bytes] of grown) {
        const rollup = months.get(month);
        // Without its head nobody would see that another file was put in its place.
        if (!rollup?.head || sizeOf(month) !== rollup.offset + bytes) continue;
        rollup.offset += bytes;
        counted.add(month);
      }
      for (const [id, { record, month }] of all) {
        if (!counted.has(month)) continue;
        count(months.get(month)!.rows, record);
        all.delete(id);
      }
      return counted;
    },
  };
}
