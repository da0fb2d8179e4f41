/** Being asked to end, as each system asks. */
import { thisSystem } from './processes';

/** Windows ends a process about five seconds after its console window was closed, whatever it does. */
const CONSOLE_CLOSED_MS = 3_000;

/**
 * Calls `listener` when somebody wants the program to end: Ctrl+C, Ctrl+Break, the service manager, a closed terminal or a logoff.
 * A second signal means: at once. On Windows it comes by itself after a closed console, or nothing would be tidied up.
 */
export function onEndSignal(
  listener: (signal: NodeJS.Signals) => void,
  from: Pick<NodeJS.Process, 'once' | 'emit'> = process,
  platform: NodeJS.Platform = thisSystem.platform,
  closedMs = CONSOLE_CLOSED_MS,
): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const) from.once(name, () => listener(name));
  from.once('SIGHUP', () => {
    listener('SIGHUP');
    if (platform === 'win32') setTimeout(() => from.emit('SIGHUP'), closedMs).unref();
  });
}
