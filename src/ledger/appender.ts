/** Appends lines to the month files: one O_APPEND write a line, so that two processes may write to the same file. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { isAt } from '../network/openFile';
import type { Said } from '../said';
import { encodeLine } from './lines';
import { monthFile, monthOf } from './monthFiles';
import type { RequestRecord } from './record';
import { say } from './sentences';

/** Records held in memory while the disk refuses them. */
const MAX_WAITING = 10_000;

export interface Appender {
  /**
   * Writes one record; true when it is in the file (it then survives the end of this process, however it ends).
   * False: the disk refused it; it waits in memory and goes out with a later append or `flush`.
   */
  append(record: RequestRecord): boolean;
  /** Tries again what the disk refused. True when nothing waits any more. */
  flush(): boolean;
  /** Lets go of files that were replaced, deleted or moved away under us, and makes the folder again where records wait for one. */
  check(): void;
  /** Bytes of a month's file as it is now; undefined where it is not open. */
  size(month: string): number | undefined;
  close(): void;
}

/** Opens for appending; a file whose last line was torn gets its missing line end first. */
function openMonth(file: string): { fd: number; torn: boolean } {
  const fd = openSync(file, 'a+', 0o600);
  const size = fstatSync(fd).size;
  const last = Buffer.alloc(1);
  return { fd, torn: size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10 };
}

export interface AppenderEvents {
  /** It is in the file of its month, where it takes so many bytes. */
  onWritten(record: RequestRecord, month: string, bytes: number): void;
  /** A sentence when the disk starts to refuse, and undefined when it takes records again. */
  onProblem(problem: Said | undefined): void;
  /** The oldest that waited: there is no room for it any more. */
  onLost(record: RequestRecord): void;
}

export function createAppender(
  folder: string,
  { onWritten, onProblem, onLost }: AppenderEvents,
  mostWaiting = MAX_WAITING,
): Appender {
  const files = new Map<string, { fd: number; torn: boolean }>();
  const waiting: RequestRecord[] = [];
  /** Unknown until the first record. */
  let failing: boolean | undefined;

  const close = (month: string): void => {
    const file = files.get(month);
    files.delete(month);
    if (file) closeSync(file.fd);
  };
  const write = (record: RequestRecord): void => {
    const month = monthOf(record);
    let file = files.get(month);
    if (!file) {
      for (const other of [...files.keys()]) if (files.size > 1) close(other);
      files.set(month, (file = openMonth(monthFile(folder, month))));
    }
    const line = encodeLine(record);
    const bytes = Buffer.from(file.torn ? `\n${line}` : line);
    file.torn = true;
    try {
      if (writeSync(file.fd, bytes) !== bytes.length) throw new Error(say.diskFull.text);
      file.torn = false;
      onWritten(record, month, bytes.length);
    } finally {
      // Opened anew the next time, which looks for a torn line.
      if (file.torn) close(month);
    }
  };
  const refused = (error: unknown): void => {
    if (failing) return;
    failing = true;
    // Without the file: its folder is named already.
    const reason = (error instanceof Error ? error.message : String(error)).replace(/, \w+ '.*'$/s, '');
    onProblem(say.notWritten(folder, reason === say.diskFull.text ? say.diskFull : reason));
  };
  const flush = (): boolean => {
    while (waiting.length > 0) {
      try {
        write(waiting[0]!);
      } catch (error) {
        refused(error);
        return false;
      }
      waiting.shift();
      if (failing !== false) onProblem(undefined);
      failing = false;
    }
    return true;
  };

  return {
    append(record) {
      waiting.push(record);
      const written = flush();
      if (waiting.length > mostWaiting) onLost(waiting.shift()!);
      return written;
    },
    flush,
    check() {
      try {
        if (failing) mkdirSync(folder, { recursive: true, mode: 0o700 });
      } catch {
        // The records wait on, and it was told.
      }
      for (const [month, { fd }] of files) if (!isAt(monthFile(folder, month), fd)) close(month);
    },
    size(month) {
      const file = files.get(month);
      return file && fstatSync(file.fd).size;
    },
    close() {
      flush();
      for (const month of [...files.keys()]) close(month);
    },
  };
}
