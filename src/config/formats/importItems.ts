/** What an import would change, item by item. */
import type { LoadedConfig } from './loaded';

/** One setting to write: `backends` and `aliases` entry by entry, everything else by its dotted key. */
export type ImportItem =
  /** `careful`: why a person has to choose it themselves; it is not ticked. */
  | {
      kind: 'backend';
      name: string;
      value: Record<string, unknown>;
      what: string;
      replaces: boolean;
      careful?: string;
    }
  | { kind: 'alias'; name: string; value: string; what: string; replaces: boolean }
  | { kind: 'setting'; name: string; value: unknown; what: string; replaces: boolean }
  /** A key for the secret storage; `value` is never shown. */
  | { kind: 'key'; name: string; value: string; what: string; replaces: boolean };

export interface ImportPreview {
  format: LoadedConfig['kind'];
  /** False: the file has errors, nothing can be imported. */
  usable: boolean;
  items: ImportItem[];
  /** What is not carried and why, with its place in the file. */
  left: { place: string; why: string }[];
  /** All of it as a page (Markdown); keys by name only. */
  page: string;
}
