/** Where a program without an editor keeps its data, as each system has it. */
import path from 'node:path';
import { thisSystem } from './processes';

export function userDataFolder(
  env: Readonly<Record<string, string | undefined>>,
  home: () => string,
  platform: NodeJS.Platform = thisSystem.platform,
): string {
  const { join } = platform === 'win32' ? path.win32 : path.posix;
  if (platform === 'win32') return env.LOCALAPPDATA || join(home(), 'AppData', 'Local');
  if (platform === 'darwin') return join(home(), 'Library', 'Application Support');
  return env.XDG_DATA_HOME || join(home(), '.local', 'share');
}
