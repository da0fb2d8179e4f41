/** Through which URL Cursor's servers come, kept over restarts: the URL is pasted by hand, and an old one fails in silence. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeWhole } from '../network/wholeFile';
import type { CursorSighting } from './contract';

export interface CursorSightings {
  /** A request of Cursor's came through `host` (no port); `refusal` when it was turned away. */
  saw(host: string, refusal?: string): void;
  /** The last one; outdated when none of our public hosts is the one it came through. */
  last(publicHosts: ReadonlySet<string>): CursorSighting | undefined;
  /** Writes what is not yet written. */
  close(): Promise<void>;
}

export interface SightingWorld {
  dataDir: string;
  now(): number;
  log(level: 'info' | 'warn', line: string): void;
}

/** Between two writes of the same host. */
const SAVE_MS = 60_000;
const LOOPBACK = /^(localhost|127\.|\[::1\])/;

export function createCursorSightings({ dataDir, now, log }: SightingWorld): CursorSightings {
  const file = path.join(dataDir, 'cursor-seen.json');
  let seen = read(file);
  let savedAt = 0;
  let writing: Promise<void> = Promise.resolve();

  function save(): void {
    if (!seen) return;
    savedAt = now();
    const text = JSON.stringify({ host: seen.host, lastSeen: seen.lastSeen });
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writing = writing.then(() => writeWhole(file, text)).catch(() => {});
  }

  return {
    saw(host, refusal) {
      const news = seen?.host !== host;
      const refused = refusal ? { count: (seen?.refused?.count ?? 0) + 1, lastAt: now() } : undefined;
      seen = { lastSeen: now(), host, ...(refusal && { lastRefusal: refusal, refused }) };
      if (news) log('info', `Cursor reached this router through ${host}.`);
      if (news || now() - savedAt > SAVE_MS) save();
    },
    last(publicHosts) {
      if (!seen) return undefined;
      const outdated = publicHosts.size > 0 && !publicHosts.has(seen.host) && !LOOPBACK.test(seen.host);
      return { ...seen, outdated };
    },
    async close() {
      save();
      await writing;
    },
  };
}

function read(file: string): Omit<CursorSighting, 'outdated'> | undefined {
  try {
    const { host, lastSeen } = JSON.parse(readFileSync(file, 'utf8')) as { host?: unknown; lastSeen?: unknown };
    return typeof host === 'string' && typeof lastSeen === 'number' ? { host, lastSeen } : undefined;
  } catch {
    return undefined;
  }
}
