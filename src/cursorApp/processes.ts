/** Which processes of Cursor run. Where the system does not tell, nothing is known, and then nothing is written. */
import { execFile } from 'node:child_process';
import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { powershell, thisSystem } from '../system/processes';

export interface RunningProgram {
  pid: number;
  /** Path of the program. */
  program: string;
}

const run = promisify(execFile);
const LISTING_MS = 15_000;

/** Undefined: it cannot be told. */
export async function runningPrograms(
  platform: NodeJS.Platform = thisSystem.platform,
): Promise<RunningProgram[] | undefined> {
  try {
    if (platform === 'linux') return await fromProc();
    if (platform === 'darwin')
      return lines((await run('/bin/ps', ['-axo', 'pid=,comm='], { timeout: LISTING_MS })).stdout);
    if (platform === 'win32') {
      const list = 'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ExecutablePath)" }';
      const [program, ...args] = powershell(thisSystem, list);
      return lines((await run(program, args, { timeout: LISTING_MS, windowsHide: true })).stdout);
    }
  } catch {
    // Not told here.
  }
  return undefined;
}

async function fromProc(): Promise<RunningProgram[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name): Promise<RunningProgram[]> => {
      // Other users' processes and kernel threads do not tell.
      const program = await readlink(`/proc/${name}/exe`).catch(() => undefined);
      return program === undefined ? [] : [{ pid: Number(name), program: program.replace(/ \(deleted\)$/, '') }];
    }),
  );
  return found.flat();
}

function lines(text: string): RunningProgram[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, pid, program] = /^\s*(\d+)\s+(\S.*?)\s*$/.exec(line) ?? [];
    return pid && program ? [{ pid: Number(pid), program }] : [];
  });
}

/** The application of macOS that a program lies in. Helpers have applications of their own within it. */
const applicationOf = (program: string, platform: NodeJS.Platform): string | undefined =>
  platform === 'darwin' ? /^.*?\.app(?=\/)/.exec(program)?.[0] : undefined;

/** How a person would start the Cursor whose runtime is `runtime`: program and arguments. */
export function startOf(runtime: string, platform: NodeJS.Platform): [string, string[]] {
  const app = applicationOf(runtime, platform);
  return app === undefined ? [runtime, []] : ['/usr/bin/open', ['-a', app]];
}

/** Folders that many programs share: there only the program itself counts. */
const SHARED = /^(bin|sbin)$/;

/** Whether a program belongs to the Cursor whose runtime is `runtime`. */
export function belongsTo(runtime: string, platform: NodeJS.Platform): (program: string) => boolean {
  const { dirname, basename, sep } = platform === 'win32' ? path.win32 : path.posix;
  const same = (text: string): string => (platform === 'win32' ? text.toLowerCase() : text);
  const app = applicationOf(runtime, platform);
  const folder = app ?? dirname(runtime);
  const shared = app === undefined && SHARED.test(basename(folder));
  return (program) => same(program) === same(runtime) || (!shared && same(program).startsWith(`${same(folder)}${sep}`));
}

/** Whether a program looks like any Cursor, for a terminal that does not run on one. */
export function looksLikeCursor(program: string): boolean {
  return /(^|[\\/])cursor(\.exe|\.appimage)?$/i.test(program) || /[\\/]Cursor( Helper[^\\/]*)?\.app[\\/]/.test(program);
}

/** Whether a runtime is Cursor's and stays when Cursor ends: an AppImage takes it away. */
export function isLastingCursor(runtime: string): boolean {
  return looksLikeCursor(runtime) && !/[\\/]\.mount_[^\\/]+[\\/]/.test(runtime);
}
