/** What tests need to know of the system they run on. */
import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

export const onWindows = process.platform === 'win32';
export const onLinux = process.platform === 'linux';

type Run = (this: Mocha.Context) => unknown;

/** A test of what only one kind of system has: elsewhere it is named with the reason, and not run. */
const itOn =
  (here: boolean, system: string) =>
  (title: string, why: string, run: Run): void => {
    if (here) it(title, run as Mocha.AsyncFunc);
    else it.skip(`${title} [${system} only: ${why}]`);
  };
export const itOnPosix = itOn(!onWindows, 'POSIX');
export const itOnLinux = itOn(onLinux, 'Linux');
export const itOnWindows = itOn(onWindows, 'Windows');

/** `npm run test:windows`: Wine, which lacks some of what every Windows has. */
const underWine = process.env.LLM_ROUTER_BEFORE !== undefined;
export const itOutsideWine = (title: string, why: string, run: Run): void => {
  if (underWine) it.skip(`${title} [not under Wine: ${why}]`);
  else it(title, run as Mocha.AsyncFunc);
};

/** As itOnPosix, for a group. */
export function describeOnPosix(title: string, why: string, run: (this: Mocha.Suite) => void): void {
  if (onWindows) describe.skip(`${title} [POSIX only: ${why}]`, run);
  else describe(title, run);
}

/** What a program of that name is called in its folder. */
export const programFile = (name: string): string => (onWindows ? `${name}.exe` : name);

/** Where a test listens: a socket in the folder; on Windows a pipe, whose name knows no folders. */
export const addressIn = (folder: string, name: string): string =>
  onWindows
    ? `\\\\.\\pipe\\${path.basename(path.dirname(folder))}-${path.basename(folder)}-${name}`
    : path.join(folder, name);

/** Nobody else may read it. Windows has no modes: there the ACL of the folder protects. */
export function assertPrivate(file: string, mode?: number): void {
  if (onWindows) return;
  const found = statSync(file).mode & 0o777;
  if (mode === undefined) assert.equal(found & 0o077, 0, file);
  else assert.equal(found, mode, file);
}

const PATIENCE = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };

/** Windows lets go of a file, of a watched folder or of one in which a program ran a moment after its end. */
export function removeFolder(folder: string): void {
  for (let tries = 1; ; tries++) {
    try {
      return rmSync(folder, onWindows ? { recursive: true, force: true } : PATIENCE);
    } catch (error) {
      // rmSync itself does not try again what is busy.
      if (!onWindows || tries === 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}

/** The same where this very process may still have something of it open. */
export async function removeOwnFolder(folder: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rm(folder, PATIENCE);
    } catch (error) {
      if (!onWindows || tries === 100) throw error;
      await setTimeout(100);
    }
  }
}
