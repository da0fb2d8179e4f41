/**
 * The router's log: one line an event, size-bounded, readable by this user only. Written synchronously, so that the last line
 * before a crash is there; a full disk loses lines and never a request.
 */
import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { isAt } from '../network/openFile';
import { maskKeys } from '../wires/keyShapes';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

export interface LogFile extends Log {
  setLevel(level: LogLevel): void;
  close(): void;
}

export interface LogFileOptions {
  file: string;
  level?: LogLevel;
  /** Bytes after which the file becomes `NAME.1`. Default 1 MB. */
  maxBytes?: number;
  /** Older files kept. Default 3. */
  keep?: number;
  now?: () => Date;
}

/** How often it is looked at whether the file is still there, milliseconds. */
const LOOK_EVERY = 1_000;

/** Opens the file for appending; throws when that is impossible. Several processes may write to one file. */
export function openLogFile(options: LogFileOptions): LogFile {
  const { file, maxBytes = 1024 * 1024, keep = 3, now = () => new Date() } = options;
  let threshold = LOG_LEVELS.indexOf(options.level ?? 'info');
  let descriptor: number | undefined = openSync(file, 'a', 0o600);
  let size = fstatSync(descriptor).size;
  let lookedAt = now().getTime();

  /** Where that is impossible the old one goes on. */
  const reopen = (): void => {
    const fresh = openSync(file, 'a', 0o600);
    closeSync(descriptor!);
    descriptor = fresh;
    size = fstatSync(descriptor).size;
  };

  const rotate = (): void => {
    // Another process may have rotated already: then our descriptor is the old file, and the new one only has to be opened.
    if (isAt(file, descriptor!)) {
      for (let n = keep; n >= 1; n--) {
        const from = n === 1 ? file : `${file}.${n - 1}`;
        if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${n}`);
      }
    }
    reopen();
  };

  /** Somebody took the file away, or put another in its place: the lines go where they are looked for. */
  const heedMoved = (): void => {
    const at = now().getTime();
    if (Math.abs(at - lookedAt) < LOOK_EVERY) return;
    lookedAt = at;
    if (!isAt(file, descriptor!)) reopen();
  };

  const write = (level: LogLevel, message: string): void => {
    if (LOG_LEVELS.indexOf(level) > threshold || descriptor === undefined) return;
    const text = maskKeys(message).replaceAll(/[\r\n]+\s*/g, ' ⏎ ');
    const line = `${now().toISOString()} ${process.pid} ${level} ${text}\n`;
    try {
      heedMoved();
      size += writeSync(descriptor, line);
      if (size > maxBytes) rotate();
    } catch {
      // A full disk, or the folder is gone: the log is the least of the problems then.
    }
  };

  return {
    error: (message) => write('error', message),
    warn: (message) => write('warn', message),
    info: (message) => write('info', message),
    debug: (message) => write('debug', message),
    setLevel: (level) => {
      threshold = LOG_LEVELS.indexOf(level);
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}
