/**
 * What the runtime compiled of the router, kept for the next start: a sixth of what a start costs. Newer runtimes do it by themselves
 * (Node 22 and 24, so Cursor's; https://nodejs.org/api/module.html#module-compile-cache) where a variable names a folder. One folder a
 * version, in ours: nothing of it is read by another version, or left behind by an update.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { VERSION } from '../version';

const folderOf = (dataDir: string): string => path.join(dataDir, 'compile-cache');

/** The variable, unless the person's own environment names a folder already. */
export function compileCacheVariable(dataDir: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (environment.NODE_COMPILE_CACHE) return {};
  return { NODE_COMPILE_CACHE: path.join(folderOf(dataDir), VERSION) };
}

/** The router has read it: a Cursor that it starts again, and whatever a person runs in there, would keep their code in our folder. */
export function takeOutCompileCache(dataDir: string, environment: NodeJS.ProcessEnv): void {
  const { NODE_COMPILE_CACHE: named } = environment;
  if (named && path.dirname(named) === folderOf(dataDir)) delete environment.NODE_COMPILE_CACHE;
}

/** Removes what other versions have kept. Never rejects: what stays is in nobody's way. */
export async function forgetOtherVersions(dataDir: string): Promise<void> {
  const folder = folderOf(dataDir);
  const others = (await readdir(folder).catch(() => [])).filter((name) => name !== VERSION);
  for (const name of others) await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
}
