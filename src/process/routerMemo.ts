/**
 * What one router process leaves for the next in `run/memo.json`: when the settings in force were changed, their keyed hash and the
 * port. No setting and no secret is in it.
 */
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeWholeSync } from '../network/wholeFile';
import type { ConfigPush } from './contract';
import type { RuntimeDir } from './runtimeDir';

export interface Memo {
  /** Milliseconds since the epoch. */
  changedAt?: number;
  /** HMAC over settings, secrets and network with the install secret. */
  hash?: string;
  /** The port last listened on, and the setting `port` it stood for. */
  port?: number;
  portSetting?: number;
}

export interface RouterMemo {
  readonly value: Readonly<Memo>;
  /**
   * On disk when it returns, so that whatever a window hears afterwards outlives a `kill -9`. A disk that refuses costs the next
   * router its memory, nothing more.
   */
  update(change: Memo): void;
}

export async function openMemo(dir: RuntimeDir, now: number): Promise<RouterMemo> {
  const file = path.join(dir.run, 'memo.json');
  let value = await readMemo(file, now);
  return {
    get value() {
      return value;
    },
    update: (change) => {
      value = { ...value, ...change };
      try {
        writeWholeSync(file, `${JSON.stringify(value)}\n`);
      } catch {
        // The value in memory goes on.
      }
    },
  };
}

async function readMemo(file: string, now: number): Promise<Memo> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as Memo | null;
    const memo: Memo = {};
    // A stamp from the future (the clock was wrong) would make every later push look stale.
    if (typeof read?.changedAt === 'number') memo.changedAt = Math.min(read.changedAt, now);
    if (typeof read?.hash === 'string') memo.hash = read.hash;
    if (isPort(read?.port)) memo.port = read.port;
    if (isPort(read?.portSetting)) memo.portSetting = read.portSetting;
    return memo;
  } catch {
    return {};
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}

/** Equal for equal content, whatever the order of the keys. */
export function hashOf(secret: string, push: ConfigPush): string {
  const { settings, secrets, network } = push;
  return createHmac('sha256', secret).update(canonical({ settings, secrets, network })).digest('hex');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
