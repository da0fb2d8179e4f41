/** Files that stay open for long. */
import { fstatSync, statSync } from 'node:fs';

/** Whether the open file still stands at its place: not deleted, not moved away, and no other put there. */
export function isAt(file: string, fd: number): boolean {
  return statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
}
