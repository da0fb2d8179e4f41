/** What the tunnel takes from the outside, so that tests can hold it. The defaults are the real thing. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import type { Writable } from 'node:stream';

/** Wall clock (milliseconds since the epoch) and timers. Wall time, because a jump of it is how sleep shows. */
export interface Clock {
  now(): number;
  /** Runs once after `ms`; the result cancels it. */
  after(ms: number, run: () => void): () => void;
}

export interface TunnelWorld {
  clock: Clock;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  arch: string;
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** A plain TCP connection to a host by name. */
  dial(host: string, port: number): net.Socket;
  /** A new file (it must not exist) for a download, mode 0600. */
  createFile(path: string): Writable;
  networkInterfaces(): NodeJS.Dict<os.NetworkInterfaceInfo[]>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The machine we run on. */
export function realWorld(): TunnelWorld {
  return {
    clock: realClock,
    env: process.env,
    platform: process.platform,
    arch: process.arch,
    spawn,
    dial: (host, port) => net.connect({ host, port }),
    createFile: (path) => createWriteStream(path, { mode: 0o600, flags: 'wx' }),
    networkInterfaces: os.networkInterfaces,
  };
}
