/**
 * Replaces or creates a file so that readers and a power cut see the old or the new content, never a part: temporary file beside it,
 * fsync, rename. Mode 0600. On Windows a reader or a virus scanner may hold the file for a moment: tried again.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';

const ATTEMPTS = 5;
/** Milliseconds before the next attempt. */
const waitAfter = (attempt: number): number => 20 * attempt;

const temporaryOf = (file: string): string => `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;

/** Somebody else holds the file open. */
function isHeld(error: unknown): boolean {
  return ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '');
}

export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = temporaryOf(file);
  await fillNew(temporary, content);
  try {
    await renameFreed(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A 0600 file that was not there before, on disk when it returns; nothing of it stays where that fails. */
async function fillNew(file: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Renames a file or a folder, again and again while somebody holds it. */
export async function renameFreed(from: string, to: string, attempts = ATTEMPTS): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (attempt >= attempts || !isHeld(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitAfter(attempt)));
    }
  }
}

/** The same for a few bytes that must be on disk when it returns; a held file stops this process for a fifth of a second at most. */
export function writeWholeSync(file: string, content: string): void {
  const temporary = temporaryOf(file);
  try {
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    replaceSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function replaceSync(temporary: string, file: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return renameSync(temporary, file);
    } catch (error) {
      if (attempt >= ATTEMPTS || !isHeld(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitAfter(attempt));
    }
  }
}

/**
 * Creates a 0600 file with all of its content at once, by link(2) from a private name: a reader sees the whole file or none,
 * and of any number of callers exactly one gets true. Where links are unknown (some network and USB file systems) an exclusive
 * create does the same but for the moment of writing.
 */
export async function createWhole(file: string, content: string): Promise<boolean> {
  const draft = temporaryOf(file);
  await fillNew(draft, content);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EISDIR', 'EXDEV', 'UNKNOWN'].includes(code ?? '')) throw error;
    return await createExclusively(file, content);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function createExclusively(file: string, content: string): Promise<boolean> {
  try {
    await fillNew(file, content);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
