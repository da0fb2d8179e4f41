/**
 * Processes known by their number only. Numbers are used again, so one means something only together with the moment its process
 * began. Linux and macOS tell that moment at once. Windows tells it through PowerShell, slowly or not at all: there what we start is
 * noted by our own clock, and PowerShell is asked only when somebody else's number is in doubt.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The system, where tests need to hold it. */
export interface SystemWorld {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  /** What a short program of the system prints; rejects when it fails or takes too long. */
  run(file: string, args: readonly string[]): Promise<string>;
}

/** For reports: what runs here. */
export const MACHINE = `${process.platform} ${process.arch}`;

/** Whose lines a person pastes into a terminal. */
export const SHELL = process.platform === 'win32' ? 'powershell' : 'posix';

const RUN_LIMIT = 10_000;
/** What programs print is the same for whoever asks: ps tells a start in the words and the zone of its environment. */
const PLAIN = { LC_ALL: 'C', TZ: 'UTC' };

export const thisSystem: SystemWorld = {
  platform: process.platform,
  env: process.env,
  run: (file, args) =>
    new Promise((resolve, reject) => {
      execFile(
        file,
        args,
        { timeout: RUN_LIMIT, windowsHide: true, env: { ...process.env, ...PLAIN } },
        (error, stdout) => (error ? reject(error) : resolve(stdout)),
      );
    }),
};

/** A program of Windows itself, by its full path: nobody's PATH decides which one runs. */
export const windowsProgram = ({ env }: Pick<SystemWorld, 'env'>, ...parts: string[]): string =>
  path.win32.join(env.SystemRoot ?? env.SYSTEMROOT ?? 'C:\\Windows', 'System32', ...parts);

/** PowerShell with a command, as program and arguments. It prints UTF-8, where it would take the code page of the machine. */
export const powershell = (system: Pick<SystemWorld, 'env'>, command: string): [string, ...string[]] => [
  windowsProgram(system, 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
  ...['-NoProfile', '-NonInteractive', '-Command'],
  `try { [Console]::OutputEncoding = New-Object Text.UTF8Encoding $false } catch { }; ${command}`,
];

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in whatever form the system has it; undefined: it is gone, or the system does not tell. */
export async function beginOf(pid: number, system: SystemWorld = thisSystem): Promise<string | undefined> {
  try {
    switch (system.platform) {
      case 'linux':
        return linuxBegin(await readFile(`/proc/${pid}/stat`, 'utf8'));
      case 'darwin':
        return (await system.run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)])).trim() || undefined;
      case 'win32':
        return pid === process.pid ? String(Math.round(performance.timeOrigin)) : await windowsBegin(pid, system);
    }
  } catch {
    // No such process, or nobody who would tell.
  }
  return undefined;
}

/** Field 22, counted from behind the name in brackets, which may hold anything. A zombie counts as gone. */
function linuxBegin(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Milliseconds since the epoch. The command has no words of a language in it, in or out. */
async function windowsBegin(pid: number, system: SystemWorld): Promise<string | undefined> {
  const [program, ...args] = powershell(
    system,
    `([DateTimeOffset](Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`,
  );
  const told = (await system.run(program, args)).trim();
  return /^\d{13}$/.test(told) ? told : undefined;
}

/** The same for a child that was started just now. */
export async function beginOfChild(pid: number, system: SystemWorld = thisSystem): Promise<string | undefined> {
  return system.platform === 'win32' ? String(Date.now()) : await beginOf(pid, system);
}

/** Our clock and that of Windows see a start a moment apart. */
const APART_MS = 2_000;

export function isSameBegin(
  one: string,
  other: string,
  { platform }: Pick<SystemWorld, 'platform'> = thisSystem,
): boolean {
  return platform === 'win32' ? Math.abs(Number(one) - Number(other)) <= APART_MS : one === other;
}

/** Changes with every boot; undefined where the system does not tell. */
export async function bootOf(system: SystemWorld = thisSystem): Promise<string | undefined> {
  try {
    if (system.platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    if (system.platform === 'darwin')
      return (await system.run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])).trim() || undefined;
  } catch {
    // Not told here.
  }
  return undefined;
}

/**
 * Ends a process at once. On Windows with everything it started: what package managers put on the PATH there is often a small
 * program that starts the real one, which would stay.
 */
export async function killProcess(pid: number, system: SystemWorld = thisSystem): Promise<void> {
  if (system.platform === 'win32') {
    const done = system.run(windowsProgram(system, 'taskkill.exe'), ['/PID', String(pid), '/T', '/F']);
    if (
      await done.then(
        () => true,
        () => false,
      )
    )
      return;
  }
  signal(pid, 'SIGKILL');
}

/** Nothing happens when it is gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone
  }
}
