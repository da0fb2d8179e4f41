/** A disk that refuses to be written to, below one folder, until it is mended. Reading goes on. */
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { mock } from 'node:test';

export type DiskFault = 'ENOSPC' | 'EACCES';

/** Everything that makes, opens for writing, renames or fills a file. */
const SYNC = ['mkdirSync', 'openSync', 'renameSync', 'writeFileSync', 'writeSync', 'linkSync'] as const;
const PROMISED = ['mkdir', 'open', 'rename', 'writeFile', 'link'] as const;

const isRead = (name: string, args: readonly unknown[]) =>
  /^open/.test(name) && (args[1] === undefined || args[1] === 'r');

export interface BrokenDisk {
  /** How often it has refused. */
  readonly refusals: number;
  mend(): void;
}

export async function breakDisk(folder: string, code: DiskFault): Promise<BrokenDisk> {
  let refusals = 0;
  /** What was opened before is open: a full disk refuses its bytes, missing rights do not. */
  const isRefused = (name: string, args: readonly unknown[]) =>
    typeof args[0] === 'string' ? args[0].startsWith(folder) && !isRead(name, args) : code === 'ENOSPC';
  const refusal = (name: string) => {
    refusals += 1;
    return Object.assign(new Error(`${code}: refused, ${name}`), { code });
  };
  const refuses = (name: string, args: readonly unknown[]) => {
    if (isRefused(name, args)) throw refusal(name);
  };
  const handles = code === 'ENOSPC' ? await prototypeOfHandles() : undefined;
  for (const name of SYNC) {
    const real = fs[name] as (...args: unknown[]) => unknown;
    mock.method(
      fs,
      name as 'openSync',
      ((...args: unknown[]) => {
        refuses(name, args);
        return real(...args);
      }) as typeof fs.openSync,
    );
  }
  for (const name of PROMISED) {
    const real = fsPromises[name] as (...args: unknown[]) => Promise<unknown>;
    mock.method(
      fsPromises,
      name as 'open',
      (async (...args: unknown[]) => {
        refuses(name, args);
        return real(...args);
      }) as typeof fsPromises.open,
    );
  }
  const realOpen = fs.open as (...args: unknown[]) => void;
  mock.method(fs, 'open', ((...args: unknown[]) => {
    const done = args.at(-1) as (error: Error) => void;
    if (isRefused('open', args)) setImmediate(done, refusal('open'));
    else realOpen(...args);
  }) as typeof fs.open);
  const { write, writeFile } = handles ?? {};
  if (handles)
    handles.write = handles.writeFile = async () => {
      throw refusal('write');
    };
  syncBuiltinESMExports();
  return {
    get refusals() {
      return refusals;
    },
    mend() {
      if (handles) Object.assign(handles, { write, writeFile });
      mock.restoreAll();
      syncBuiltinESMExports();
    },
  };
}

interface Handles {
  write: unknown;
  writeFile: unknown;
}

/** What every open file of fs/promises has in common. */
async function prototypeOfHandles(): Promise<Handles> {
  const handle = await fsPromises.open(os.devNull, 'r');
  try {
    return Object.getPrototypeOf(handle) as Handles;
  } finally {
    await handle.close();
  }
}
