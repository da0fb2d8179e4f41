/** Folders that cannot be used, and those that must not: what a person is told, with the way out. */

import type { FolderTrust } from '../network/folderTrust';
import { UsageError } from './usageError';

const FOLDER_TROUBLE: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is read-only',
  ENOTDIR: 'part of its path is a file',
  EEXIST: 'it is a file',
};

/** What keeps a folder from being used, where the system's code says it. */
export function folderTrouble(error: Error): string | undefined {
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  return FOLDER_TROUBLE[code ?? ''];
}

/** What goes wrong with the data directory, in a sentence with the option that names another one. */
export async function usableFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = folderTrouble(error as Error);
    if (why === undefined) throw error;
    throw new UsageError(`The folder ${folder} cannot be used: ${why}. Name another one with --data-dir DIR.`);
  }
}

/** What everybody may write is nobody's: it could be anybody's key, program or configuration. */
export function refuseOpen(trust: FolderTrust, what: string): void {
  if (trust.kind === 'open')
    throw new UsageError(
      `No ${what.replace(/^a /, '')} may be taken from there: ${trust.why.text}. Mend it with: ${trust.mend}`,
    );
}
