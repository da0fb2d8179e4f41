/** What reading a configuration gives: a file understood, and the settings that came of it. */

import type { Found } from '../../settings/path';
import type { Problem } from '../../settings/problem';
import type { Settings } from '../../settings/schema';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a file says once its format is understood; places are those in the file. */
export interface FileContent {
  settings: unknown;
  secrets: Record<string, string>;
  clientKeyEnv?: string;
  found: Found[];
  /** The place in the file of a place in `settings`. */
  placeOf: (at: Found['at']) => Found['at'];
}

export interface LoadedConfig {
  kind: 'own' | 'llm-router' | 'litellm';
  /** Absent when there is an error among the problems. */
  settings?: Settings;
  /** Keys that stood in the file, by key name; `client:main` is the key that clients show. Never part of the settings. */
  secrets: Record<string, string>;
  /** Environment variable of the client key, where the file names one. */
  clientKeyEnv?: string;
  /** With line and column; paths are those of the file. */
  problems: Problem[];
}
