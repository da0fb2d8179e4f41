/** Which cloudflared to run: the chosen one, our verified copy, the one on the PATH, or (with consent) a new copy. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { use } from 'cloudflared/lib/constants.js';
import { trustOf, trustOfFile } from '../../network/folderTrust';
import { errorWords, type Said, SaidError } from '../../said';
import { compareVersions } from '../../version';
import { isProgram, type ProgramOutput, programOnPath, runForOutput } from '../commands';
import { TunnelProblem } from '../driver';
import { say } from '../sentences';
import type { TunnelWorld } from '../world';

/** Older ones lack JSON logs by environment. */
export const OLDEST_VERSION = '2025.6.1';

export interface Binary {
  path: string;
  version: string;
}

export interface BinaryOptions {
  /** The setting, or else CLOUDFLARED_BIN. */
  chosen: string | undefined;
  dataDir: string;
  world: Pick<TunnelWorld, 'clock' | 'env' | 'platform' | 'spawn'>;
}

/** Throws a TunnelProblem that says what to do when there is no usable one. */
export async function findCloudflared({ chosen, dataDir, world }: BinaryOptions): Promise<Binary> {
  const found = chosen ? await checkChosen(chosen, world) : await findUnchosen(dataDir, world);
  // Whoever else in this process asks the cloudflared package gets the same program.
  use(found.path);
  return found;
}

async function findUnchosen(dataDir: string, world: BinaryOptions['world']): Promise<Binary> {
  const { copy, fails } = await newestCopy(dataDir, world);
  return copy ?? (await onPath(world, untrusted(dataDir) ?? fails));
}

async function checkChosen(chosen: string, world: BinaryOptions['world']): Promise<Binary> {
  if (!isProgram(chosen)) throw new TunnelProblem('error', say.chosenBinaryMissing(chosen), { missingBinary: true });
  try {
    return { path: chosen, version: await cloudflaredVersion(chosen, world) };
  } catch (error) {
    throw new TunnelProblem('error', say.chosenBinaryFails(chosen, errorWords(error)), { missingBinary: true });
  }
}

/** Why no program of ours may be run from the data folder: others may write there. */
export function untrusted(dataDir: string): Said | undefined {
  const trust = trustOf(dataDir);
  return trust.kind === 'own' ? undefined : say.folderNotTrusted(trust.why, trust.mend);
}

/**
 * `<dataDir>/bin/<version>/cloudflared` with a stamp that says it was verified; the newest that starts. Nobody else may write
 * where it lies, and it is still what was verified. `fails`: why the newest such copy does not start.
 */
async function newestCopy(dataDir: string, world: BinaryOptions['world']): Promise<{ copy?: Binary; fails?: Said }> {
  let fails: Said | undefined;
  for (const version of installedVersions(dataDir)) {
    const program = copyPath(dataDir, version, world.platform);
    try {
      if (!isPrivate(dataDir, program) || !(await isVerified(dataDir, version, program))) continue;
    } catch {
      continue;
    }
    try {
      return { copy: { path: program, version: await cloudflaredVersion(program, world) } };
    } catch (error) {
      fails ??= say.binaryFails(program, errorWords(error));
    }
  }
  return { fails };
}

function isPrivate(dataDir: string, program: string): boolean {
  const folders = [dataDir, path.join(dataDir, 'bin'), path.dirname(program)];
  return folders.every((folder) => trustOf(folder).kind === 'own') && trustOfFile(program).kind === 'own';
}

/** The program's digest is what it was when the download was checked. */
export async function isVerified(dataDir: string, version: string, program: string): Promise<boolean> {
  const digest = stampOf(dataDir, version)?.programSha256;
  return digest !== undefined && digest === (await sha256Of(program));
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function onPath(world: BinaryOptions['world'], instead?: Said): Promise<Binary> {
  const program = programOnPath('cloudflared', world);
  if (!program) throw new TunnelProblem('error', instead ?? say.notInstalled, { missingBinary: true });
  let version: string;
  try {
    version = await cloudflaredVersion(program, world);
  } catch (error) {
    throw new TunnelProblem('error', say.binaryFails(program, errorWords(error)), { missingBinary: true });
  }
  if (compareVersions(version, OLDEST_VERSION) < 0)
    throw new TunnelProblem('error', say.binaryTooOld(version, OLDEST_VERSION), { missingBinary: true });
  return { path: program, version };
}

export const copyFolder = (dataDir: string, version: string) => path.join(dataDir, 'bin', version);
export const copyPath = (dataDir: string, version: string, platform: NodeJS.Platform) =>
  path.join(copyFolder(dataDir, version), platform === 'win32' ? 'cloudflared.exe' : 'cloudflared');

/** Versions with a stamp, newest first. */
export function installedVersions(dataDir: string): string[] {
  try {
    return readdirSync(path.join(dataDir, 'bin'))
      .filter((name) => /^\d{4}\.\d+\.\d+$/.test(name) && isStamped(dataDir, name))
      .sort((a, b) => compareVersions(b, a));
  } catch {
    return [];
  }
}

export function isStamped(dataDir: string, version: string): boolean {
  return stampOf(dataDir, version)?.version === version;
}

function stampOf(dataDir: string, version: string): { version?: string; programSha256?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path.join(copyFolder(dataDir, version), 'stamp.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Gatekeeper ended it, of whatever kind of file that was. */
export const isHeldByGatekeeper = (error: unknown): boolean =>
  error instanceof SaidError && error.said.code === say.heldByGatekeeper('').code;

/** Runs `--version`, 10 s. Rejects with a few words why it did not start. */
export async function cloudflaredVersion(
  program: string,
  world: Pick<TunnelWorld, 'clock' | 'env' | 'platform' | 'spawn'>,
): Promise<string> {
  const output = await runForOutput(program, ['--version'], world, 10_000);
  const version = /\bversion (\d{4}\.\d+\.\d+)/.exec(output.stdout)?.[1];
  if (!version) throw new SaidError(whyNot(output, program, world.platform));
  return version;
}

function whyNot({ code, tookTooLong }: ProgramOutput, program: string, platform: NodeJS.Platform): Said {
  if (code === 0) return say.notCloudflared;
  if (code !== null) return say.exitCode(code);
  // Gatekeeper says nothing to the one who starts a program that it does not let run: the program is just killed.
  return platform === 'darwin' && !tookTooLong ? say.heldByGatekeeper(program) : say.noAnswer;
}
