/** Processes known by their number only: is it still the one we started, and how does it end. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Clock } from './world';

/** When a process started, in whatever form the system has it; undefined when it is gone or the system does not tell. */
export async function processStart(pid: number, platform: NodeJS.Platform): Promise<string | undefined> {
  try {
    if (platform === 'linux') {
      // Field 22, counted after the command, which may itself contain spaces and brackets. A zombie counts as gone.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      if (fields[0] === 'Z') return undefined;
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
    }
    if (platform === 'darwin') {
      return await new Promise((resolve) => {
        execFile('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], (error, stdout) =>
          resolve(error ? undefined : stdout.trim() || undefined),
        );
      });
    }
  } catch {
    // gone
  }
  return undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Grace for a program that unregisters itself; the answers it carried were waited for before. */
const GRACE = 4_000;

/** SIGINT, the grace, SIGKILL; on Windows, where a signal is the end, at once, as with no grace at all. `gone` resolves when the process has ended. */
export async function endProcess(
  pid: number,
  gone: Promise<void>,
  clock: Clock,
  platform: NodeJS.Platform,
  grace = GRACE,
): Promise<void> {
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal);
    } catch {
      // gone already
    }
  };
  if (platform === 'win32' || grace === 0) {
    send('SIGKILL');
  } else {
    send('SIGINT');
    if (await within(gone, grace, clock)) return;
    send('SIGKILL');
  }
  await within(gone, GRACE, clock);
}

/** Resolves when nothing answers to the number any more, or when `start` shows that it is another process by now. */
export async function processGone(
  pid: number,
  start: string | undefined,
  clock: Clock,
  platform: NodeJS.Platform,
): Promise<void> {
  for (let waited = 0; waited < 3 * GRACE; waited += 50) {
    if (!isAlive(pid) || (start !== undefined && (await processStart(pid, platform)) !== start)) return;
    await new Promise<void>((resolve) => clock.after(50, resolve));
  }
}

function within(done: Promise<void>, ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve(false));
    void done.then(() => {
      cancel();
      resolve(true);
    });
  });
}

const NEEDED =
  /^(PATH|PATHEXT|HOME|HOMEDRIVE|HOMEPATH|USER|USERNAME|USERPROFILE|LOGNAME|LANG|LC_\w+|TZ|TMP|TEMP|TMPDIR|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|XDG_\w+|SSL_CERT_FILE|SSL_CERT_DIR|DBUS_SESSION_BUS_ADDRESS)$/i;

/** What any program needs and nothing else: no keys of ours, and no TUNNEL_* or NGROK_* of the user's that would change its start. */
export function childEnvironment(env: NodeJS.ProcessEnv, extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => NEEDED.test(name))), ...extra };
}
