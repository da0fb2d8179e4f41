/** Where Cursor keeps its settings: beside the storage of extensions, else in the folder of the platform. */
import path from 'node:path';

const NAME = 'state.vscdb';

export interface Machine {
  platform: NodeJS.Platform;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Places to look at, in this order. `storage`: the folder that holds the storage of every extension. */
export function cursorStateFiles(storage: string | undefined, { platform, home, env }: Machine): string[] {
  const join = platform === 'win32' ? path.win32.join : path.posix.join;
  const settings =
    platform === 'win32'
      ? (env.APPDATA ?? join(home, 'AppData', 'Roaming'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : (env.XDG_CONFIG_HOME ?? join(home, '.config'));
  const places = [storage, join(settings, 'Cursor', 'User', 'globalStorage')];
  return [...new Set(places.flatMap((folder) => (folder ? [join(folder, NAME)] : [])))];
}
