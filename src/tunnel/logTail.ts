import { closeSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from './world';

/** Longer than this, and the file is emptied under the program, which appends. */
const LIMIT = 4_194_304;

/** Follows a growing log file by looking at it: a detached program writes there, so there is no pipe to listen to. */
export interface LogTail {
  /** Looks now. */
  read(): void;
  /** Slower looks once the exciting part is over, milliseconds. */
  every(ms: number): void;
  stop(): void;
}

export function tailLog(file: string, from: number, clock: Clock, onText: (text: string) => void): LogTail {
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(65_536);
  let fd: number | undefined;
  let position = from;
  let interval = 100;
  let stopped = false;
  let cancel = () => {};

  function read(): void {
    if (stopped) return;
    for (let text = more(); text !== undefined; text = more()) {
      onText(text);
      if (stopped) return;
    }
  }

  /** The log is a note: missing, deleted or unreadable it is looked for again at the next look, and nothing is thrown. */
  function more(): string | undefined {
    try {
      // Writable, because the file that was opened is emptied: under its name there may be none by now.
      fd ??= openSync(file, 'r+');
      const got = readSync(fd, buffer, 0, buffer.length, position);
      position += got;
      if (got > 0) return decoder.write(buffer.subarray(0, got));
      if (position <= LIMIT) return undefined;
      ftruncateSync(fd);
      position = 0;
    } catch {
      // Tried again at the next look.
    }
    return undefined;
  }

  function schedule(): void {
    if (stopped) return;
    cancel = clock.after(interval, () => {
      read();
      schedule();
    });
  }
  schedule();
  return {
    read,
    every(ms) {
      interval = ms;
    },
    stop() {
      if (stopped) return;
      stopped = true;
      cancel();
      if (fd !== undefined) closeSync(fd);
    },
  };
}
