/** Looks at Cursor's file again when it has changed, gently: file times now and then, the database only after a change. */
import { stat } from 'node:fs/promises';
import { type CursorReading, readCursorState } from './readState';

export interface CursorApp {
  readonly reading: CursorReading;
  /** The file that was read. */
  readonly file: string | undefined;
  /** Reads again now, changed or not: keys and names here may be others. Never rejects. */
  look(): Promise<void>;
  close(): void;
}

export interface CursorAppOptions {
  /** Places to look at; the first that is Cursor's counts. */
  files: readonly string[];
  ours(key: string): boolean;
  onChange(): void;
  /** Between two looks at the file times. */
  everyMs?: number;
}

const EVERY_MS = 15_000;

export function createCursorApp({ files, ours, onChange, everyMs = EVERY_MS }: CursorAppOptions): CursorApp {
  let reading: CursorReading = { kind: 'absent' };
  let readFrom: string | undefined;
  let stamp: string | undefined;
  let closed = false;
  let running: Promise<void> = Promise.resolve();

  async function readAll(): Promise<void> {
    if (closed) return;
    const before = JSON.stringify(reading);
    stamp = await stampOf(files);
    let found: CursorReading = { kind: 'absent' };
    let place: string | undefined;
    for (const file of files) {
      const next = await readCursorState(file, ours);
      if (found.kind === 'absent') found = next;
      if (next.kind === 'read') {
        found = next;
        place = file;
        break;
      }
    }
    reading = found;
    readFrom = place;
    if (!closed && JSON.stringify(reading) !== before) onChange();
  }

  /** One after the other. */
  const queue = (work: () => Promise<void>): Promise<void> => {
    running = running.then(work).catch(() => undefined);
    return running;
  };
  const look = (): Promise<void> => queue(readAll);
  const timer = setInterval(() => {
    void queue(async () => {
      // While it is locked or half written the next look may do better.
      if (reading.kind === 'unreadable' || (await stampOf(files)) !== stamp) await readAll();
    });
  }, everyMs);
  timer.unref();

  return {
    get reading() {
      return reading;
    },
    get file() {
      return readFrom;
    },
    look,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

async function stampOf(files: readonly string[]): Promise<string> {
  const parts = files.flatMap((file) => [file, `${file}-wal`]);
  const times = await Promise.all(parts.map((part) => stat(part).catch(() => undefined)));
  return times.map((one) => (one ? `${one.mtimeMs} ${one.size}` : '')).join('\n');
}
