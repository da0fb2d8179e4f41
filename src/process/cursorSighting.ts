/**
 * Through which URL Cursor's servers come, kept over restarts: the URL is pasted by hand, and an old one fails in silence. Who
 * was refused may be anybody: that is one line in memory, and says nothing about where Cursor comes from.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../network/wholeFile';
import { saidOf, textOf, type Words } from '../said';
import type { CursorSighting } from './contract';

export interface CursorSightings {
  /** A request of Cursor's came through `host` (no port); `refusal` when it was turned away. */
  saw(host: string, refusal?: Words): void;
  /** The last one (`lastSeen` 0: only refused ones); outdated when none of our public hosts is the one it came through. */
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
  let turnedAway: Pick<CursorSighting, 'lastRefusal' | 'lastRefusalSays' | 'refused'> | undefined;
  let savedAt = 0;
  let failing = false;
  let writing: Promise<void> = Promise.resolve();

  function save(): void {
    if (!seen) return;
    savedAt = now();
    const text = JSON.stringify({ host: seen.host, lastSeen: seen.lastSeen });
    writing = writing.then(async () => {
      try {
        await mkdir(dataDir, { recursive: true, mode: 0o700 });
        await writeWhole(file, text);
        failing = false;
      } catch (error) {
        // Told once; a request is never held up by it.
        if (!failing) log('warn', `Through which URL Cursor came could not be noted: ${(error as Error).message}`);
        failing = true;
      }
    });
  }

  return {
    saw(host, refusal) {
      if (refusal) {
        const count = (turnedAway?.refused?.count ?? 0) + 1;
        const lastRefusalSays = saidOf(refusal);
        turnedAway = {
          lastRefusal: textOf(refusal),
          ...(lastRefusalSays && { lastRefusalSays }),
          refused: { count, lastAt: now() },
        };
        return;
      }
      turnedAway = undefined;
      const news = seen?.host !== host;
      seen = { lastSeen: now(), host };
      if (news) log('info', `Cursor reached this router through ${host}.`);
      if (news || now() - savedAt > SAVE_MS) save();
    },
    last(publicHosts) {
      if (!seen) return turnedAway && { lastSeen: 0, host: '', outdated: false, ...turnedAway };
      const outdated = publicHosts.size > 0 && !publicHosts.has(seen.host) && !LOOPBACK.test(seen.host);
      return { ...seen, ...turnedAway, outdated };
    },
    async close() {
      save();
      await writing;
    },
  };
}

function read(file: string): Pick<CursorSighting, 'host' | 'lastSeen'> | undefined {
  try {
    const { host, lastSeen } = JSON.parse(readFileSync(file, 'utf8')) as { host?: unknown; lastSeen?: unknown };
    return typeof host === 'string' && typeof lastSeen === 'number' ? { host, lastSeen } : undefined;
  } catch {
    return undefined;
  }
}
