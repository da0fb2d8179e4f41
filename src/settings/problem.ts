import type { Said } from '../said';

/** Something wrong in the settings, with its place, for a person. */
export interface Problem {
  /** Path of the setting, as `backends[1].baseUrl`. */
  path: string;
  message: string;
  /** The same as code and values, for another language. */
  says?: Said;
  severity: 'error' | 'warning';
  /** In a file: 1-based. */
  line?: number;
  column?: number;
}
