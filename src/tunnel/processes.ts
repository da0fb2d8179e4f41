/** Programs of the tunnel known by their number only: is it still the one we started, and how does it end. */
import { beginOf, bootOf, isAlive, killProcess, type SystemWorld, signal, thisSystem } from '../system/processes';
import type { Clock } from './world';

/** When a process started; undefined when it is gone or the system does not tell. */
export async function processStart(
  pid: number,
  system: SystemWorld = thisSystem,
  tell: typeof beginOf = beginOf,
): Promise<string | undefined> {
  const began = await tell(pid, system);
  // Ticks since the boot: only together with that boot are they a moment.
  return began !== undefined && system.platform === 'linux' ? `${await bootOf(system)}/${began}` : began;
}

/** Grace for a program that unregisters itself; the answers it carried were waited for before. */
const GRACE = 4_000;

/** SIGINT, the grace, SIGKILL; on Windows, where a signal is the end, at once and with its children, as with no grace at all. `gone` resolves when the process has ended. */
export async function endProcess(
  pid: number,
  gone: Promise<void>,
  clock: Clock,
  platform: NodeJS.Platform,
  grace = GRACE,
): Promise<void> {
  if (platform !== 'win32' && grace !== 0) {
    signal(pid, 'SIGINT');
    if (await within(gone, grace, clock)) return;
  }
  await killProcess(pid);
  await within(gone, GRACE, clock);
}

/** Resolves when nothing answers to the number any more, or when `start` shows that it is another process by now (Windows is too slow to tell). */
export async function processGone(
  pid: number,
  start: string | undefined,
  clock: Clock,
  platform: NodeJS.Platform,
): Promise<void> {
  for (let waited = 0; waited < 3 * GRACE; waited += 50) {
    if (!isAlive(pid)) return;
    if (platform !== 'win32' && start !== undefined && (await processStart(pid)) !== start) return;
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
