/** What an import would change, item by item. */
import type { Says, Told } from '../../said';
import type { LoadedConfig } from './loaded';

/** `what`: what it becomes, in words. `careful`: why a person has to choose it themselves; it is not ticked. */
interface Item {
  name: string;
  what: string;
  careful?: string;
  says?: Says<'what' | 'careful'>;
  replaces: boolean;
}

/** One setting to write: `backends` and `aliases` entry by entry, everything else by its dotted key. */
export type ImportItem =
  | (Item & { kind: 'backend'; value: Record<string, unknown> })
  | (Item & { kind: 'alias'; value: string })
  | (Item & { kind: 'setting'; value: unknown })
  /** A key for the secret storage; `value` is never shown. */
  | (Item & { kind: 'key'; value: string });

export interface ImportPreview {
  format: LoadedConfig['kind'];
  /** False: the file has errors, nothing can be imported. */
  usable: boolean;
  items: ImportItem[];
  /** What is not carried and why, with its place in the file. */
  left: Told<'place' | 'why'>[];
  /** All of it as a page (Markdown); keys by name only. */
  page: string;
}
