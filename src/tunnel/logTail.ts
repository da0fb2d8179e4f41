import { closeSync, openSync, readSync, truncateSync } from 'node:fs';
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
  const fd = openSync(file, 'r');
  let position = from;
  let interval = 100;
  let stopped = false;
  let cancel = () => {};

  function read(): void {
    if (stopped) return;
    let got: number;
    while ((got = readSync(fd, buffer, 0, buffer.length, position)) > 0) {
      position += got;
      onText(decoder.write(buffer.subarray(0, got)));
      if (stopped) return;
    }
    if (position > LIMIT) {
      truncateSync(file);
      position = 0;
    }
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
      closeSync(fd);
    },
  };
}
