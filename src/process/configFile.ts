/** The configuration file of a router without an editor: found, read, watched. What is wrong with it never stops a running router. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { IncludedFile, ReadIncludes } from '../config/formats/includedFiles';
import type { Environment, LoadedConfig } from '../config/formats/loaded';
import { decodeText } from '../config/intake';
import { loadConfigText } from '../config/load';
import type { Problem } from '../settings/problem';

/** Milliseconds between two looks; a change is in effect after at most three of them. */
const LOOK_MS = 250;
const LARGEST = 16 * 1024 * 1024;

export interface ReadConfig {
  /** With the text of what it includes. Absent when the file could not be read; `loaded.problems` says why. */
  text?: string;
  /** Files that it includes, found or not: a change there is a change, too. */
  included: string[];
  loaded: LoadedConfig;
}

/** Reads and validates a configuration file. Never rejects. */
export async function readConfigFile(file: string, env: Environment): Promise<ReadConfig> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST) return unreadable(`The configuration file ${file} is larger than 16 MB.`);
    const text = decodeText(await readFile(file));
    const includes = createIncludes(file);
    const loaded = loadConfigText(text, { env, includes, keysFromEnv: true });
    return { text: [text, ...includes.texts].join('\0'), included: includes.files, loaded };
  } catch (error) {
    return unreadable(whyUnreadable(file, error));
  }
}

/** Included files, found beside the file that names them, else beside `file`, as LiteLLM does. */
export function createIncludes(file: string): ReadIncludes & { files: string[]; texts: string[] } {
  const files: string[] = [];
  const texts: string[] = [];
  const read = (name: string, from: string): IncludedFile => {
    const beside = path.resolve(path.dirname(from), name);
    const other = path.resolve(path.dirname(file), name);
    const found = !existsSync(beside) && existsSync(other) ? other : beside;
    files.push(found);
    try {
      if (statSync(found).size > LARGEST) return { path: found };
      const text = decodeText(readFileSync(found));
      texts.push(text);
      return { path: found, text };
    } catch {
      return { path: found };
    }
  };
  return { root: path.resolve(file), read, files, texts };
}

/** The file to use when none is named (design §4): our own, an llm-router config.json, a LiteLLM file; undefined for none. */
export async function findConfigFile(folder: string, env: Environment): Promise<string | undefined> {
  for (const name of ['llm-router.json', 'config.json', 'litellm_config.yaml']) {
    const file = path.join(folder, name);
    const { text, loaded } = await readConfigFile(file, env);
    // Many programs have a config.json; only one that is llm-router's own is meant.
    if (text !== undefined && (name !== 'config.json' || loaded.kind === 'llm-router')) return file;
  }
  return undefined;
}

export interface WatchOptions {
  env: Environment;
  /** The text that is in force already, so that a change before the first look is noticed too. */
  known?: string;
  /** A usable configuration; its problems are warnings. Also called when a broken file is as it was before. */
  onConfig(loaded: LoadedConfig): void;
  /** The file is broken or gone; what was in force stays in force. */
  onProblems(problems: Problem[]): void;
  /** Calls `run` again and again; returns how to stop that. For tests. */
  every?: (ms: number, run: () => Promise<void>) => () => void;
}

/**
 * Watches a configuration file by looking at it, which also sees files replaced by rename, mounted folders and deletion. A file
 * is read once its size and time stand still for one look; one that does not load is read again at the next look before it is
 * told, for it may be half written.
 */
export function watchConfigFile(
  file: string,
  { env, known, onConfig, onProblems, every = repeat }: WatchOptions,
): { stop(): void } {
  let files = [file];
  let seen = '';
  let settled = '';
  let text = known;
  let broken = false;
  let doubted = false;
  let stopped = false;
  let looking = false;

  async function look(): Promise<void> {
    const stamp = await stampOfAll(files);
    if (stamp !== seen) {
      seen = stamp;
      doubted = false;
      return;
    }
    if (stamp === settled && !doubted) return;
    const read = await readConfigFile(file, env);
    if (stopped) return;
    // Written to while it was read: the next look starts over.
    if ((await stampOfAll(files)) !== stamp) return;
    settled = stamp;
    files = [file, ...read.included];
    take(read);
  }

  function take({ text: now, loaded }: ReadConfig): void {
    if (now !== undefined && now === text && !broken) {
      doubted = false;
      return;
    }
    if (loaded.settings) {
      doubted = false;
      broken = false;
      text = now;
      onConfig(loaded);
    } else if (!doubted) {
      doubted = true;
    } else {
      doubted = false;
      broken = true;
      onProblems(loaded.problems);
    }
  }

  const stopLooking = every(LOOK_MS, async () => {
    if (looking || stopped) return;
    looking = true;
    await look().finally(() => {
      looking = false;
    });
  });
  return {
    stop() {
      stopped = true;
      stopLooking();
    },
  };
}

/** Calls `onChange` when a file has changed, appeared or gone and then stood still for one look. */
export function watchStamp(file: string, known: string, onChange: () => void): { stop(): void } {
  let told = known;
  let seen = known;
  const stop = repeat(LOOK_MS, async () => {
    const stamp = await stampOf(file);
    if (stamp === seen && stamp !== told) {
      told = stamp;
      onChange();
    }
    seen = stamp;
  });
  return { stop };
}

function repeat(ms: number, run: () => Promise<void>): () => void {
  const timer = setInterval(() => void run(), ms);
  timer.unref();
  return () => clearInterval(timer);
}

async function stampOfAll(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(stampOf))).join('\n');
}

/** What changes when a file changes; the reason when it cannot be looked at. Never rejects. */
export async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return `none ${codeOf(error)}`;
  }
}

function unreadable(message: string): ReadConfig {
  return { included: [], loaded: { kind: 'own', secrets: {}, problems: [{ path: '', message, severity: 'error' }] } };
}

function whyUnreadable(file: string, error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return `The configuration file ${file} does not exist.`;
    case 'EACCES':
    case 'EPERM':
      return `The configuration file ${file} may not be read by this user.`;
    case 'EISDIR':
      return `${file} is a folder, not a configuration file.`;
    default:
      return `The configuration file ${file} cannot be read (${codeOf(error)}).`;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
