/**
 * Replaces a file so that readers and a power cut see the old or the new content, never a part: temporary file beside it,
 * fsync, rename. Mode 0600. On Windows a reader or a virus scanner may hold the file for a moment: tried again.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';

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
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await replace(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function replace(temporary: string, file: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(temporary, file);
    } catch (error) {
      if (attempt >= ATTEMPTS || !isHeld(error)) throw error;
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
