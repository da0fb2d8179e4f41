/**
 * One headless router per data directory: a second one would end the first one's tunnel and its answers. `run/headless.json` says
 * who it is; a claim whose process is gone (kill -9, a reboot) is taken over.
 */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, stat, unlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createWhole, writeWhole } from '../network/wholeFile';
import { isAlive } from '../system/processes';
import { identityOf, isSameProcess, type ProcessIdentity } from './processIdentity';
import { openRuntimeDir } from './runtimeDir';
import { UsageError } from './usageError';

const MOST_TRIES = 20;
const PAUSE_MS = 25;

interface Holder extends ProcessIdentity {
  /** Once it listens. */
  port?: number;
}

export interface DataDirClaim {
  tellPort(port: number): Promise<void>;
  release(): Promise<void>;
}

/** Rejects with a UsageError that names the router that runs there. */
export async function claimDataDir(dataDir: string): Promise<DataDirClaim> {
  const file = path.join((await openRuntimeDir(dataDir)).run, 'headless.json');
  const me = await identityOf(process.pid);
  const written = (port?: number): string => `${JSON.stringify({ ...me, ...(port !== undefined && { port }) })}\n`;
  let mine = written();
  let refusals = 0;
  // Gone meanwhile, or held by another program for a moment; a folder of that name, or somebody else's file, stays.
  const refused = async (error: Error): Promise<undefined> => {
    if (++refusals >= MOST_TRIES) throw inTheWay(file, error);
    await setTimeout(PAUSE_MS);
  };
  while (!(await createWhole(file, mine))) {
    const text = await readFile(file, 'utf8').catch(refused);
    if (text === undefined) continue;
    const holder = await runningHolder(file, text);
    if (holder) throw taken(dataDir, holder);
    await takeAway(file, text).catch(refused);
  }
  return {
    async tellPort(port) {
      await writeWhole(file, written(port));
      mine = written(port);
    },
    async release() {
      if ((await readFile(file, 'utf8').catch(() => '')) === mine) await unlink(file).catch(() => undefined);
    },
  };
}

async function runningHolder(file: string, text: string): Promise<Holder | undefined> {
  let holder: Holder;
  try {
    holder = JSON.parse(text) as Holder;
  } catch {
    return undefined; // torn by a full disk: nobody can be called
  }
  if (!Number.isSafeInteger(holder?.pid)) return undefined;
  const same = await isSameProcess(holder);
  if (same !== undefined) return same ? holder : undefined;
  // Where the system does not tell who a number stands for: alive, and written down since the machine booted.
  const since = (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
  const thisBoot = since > Date.now() - os.uptime() * 1_000;
  return thisBoot && isAlive(holder.pid) ? holder : undefined;
}

/** Removes the claim that was looked at, and no newer one that another starter has put there meanwhile. */
async function takeAway(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    // Somebody else was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, file).catch(() => undefined);
  await unlink(aside);
}

function inTheWay(file: string, { message }: Error): UsageError {
  return new UsageError(
    `${file} would say whether a headless router runs there, and cannot be read or replaced: ${message}. Remove it when none runs, or give this one a folder of its own with --data-dir DIR.`,
  );
}

function taken(dataDir: string, { pid, port }: Holder): UsageError {
  const where = port === undefined ? '' : ` on port ${port}`;
  return new UsageError(
    `A headless router (process ${pid}${where}) runs on ${dataDir} already. It is left alone, its tunnel too. Stop it first, or give this one a folder of its own with --data-dir DIR.`,
  );
}
