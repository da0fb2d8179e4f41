/**
 * Generation files: `run/gen-N.json` says which process serves generation N and where. N + 1 is claimed by an exclusive create,
 * after its socket listens; the newest file is never removed, so a number is never claimed twice.
 */
import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { createWhole } from '../network/wholeFile';
import type { ProcessIdentity } from './processIdentity';
import { isPipeName, type RuntimeDir } from './runtimeDir';

export interface Claim extends ProcessIdentity {
  generation: number;
  /** Socket or pipe it listens on. */
  address: string;
  version: string;
}

/** A generation that is taken; `claim` is absent when its file cannot be read or makes no sense. */
export interface FoundClaim {
  generation: number;
  claim?: Claim;
}

const claimFile = (dir: RuntimeDir, generation: number): string => path.join(dir.run, `gen-${generation}.json`);

/** All generations present, newest first. */
export async function listClaims(dir: RuntimeDir): Promise<FoundClaim[]> {
  const generations = (await readdir(dir.run))
    .map((name) => Number(/^gen-(\d{1,15})\.json$/.exec(name)?.[1] ?? Number.NaN))
    .filter((generation) => !Number.isNaN(generation))
    .sort((a, b) => b - a);
  return await Promise.all(generations.map((generation) => readClaim(dir, generation)));
}

async function readClaim(dir: RuntimeDir, generation: number): Promise<FoundClaim> {
  try {
    const read = JSON.parse(await readFile(claimFile(dir, generation), 'utf8')) as Partial<Claim> | null;
    const { pid, began, boot, address, version } = read ?? {};
    if (Number.isSafeInteger(pid) && typeof address === 'string' && typeof version === 'string') {
      const told = { ...(typeof began === 'string' ? { began } : {}), ...(typeof boot === 'string' ? { boot } : {}) };
      return { generation, claim: { generation, pid: pid as number, address, version, ...told } };
    }
  } catch {
    // Removed meanwhile, or damaged: nobody can be called there.
  }
  return { generation };
}

/** True for exactly one caller per generation. */
export async function writeClaim(dir: RuntimeDir, claim: Claim): Promise<boolean> {
  return await createWhole(claimFile(dir, claim.generation), `${JSON.stringify(claim)}\n`);
}

/** Removes a generation that is not the newest, with its socket. */
export async function removeClaim(dir: RuntimeDir, generation: number, address?: string): Promise<void> {
  if (address !== undefined && !isPipeName(address)) await unlink(address).catch(() => undefined);
  await unlink(claimFile(dir, generation)).catch(() => undefined);
}
