/** What the tunnel takes from the outside, so that tests can hold it. The defaults are the real thing. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import type { Writable } from 'node:stream';
import { steadyNow } from '../network/steadyClock';
import { thisSystem } from '../system/processes';

/** Wall clock (milliseconds since the epoch) for what is shown and stored, a steady one for every distance in time, and timers. */
export interface Clock {
  now(): number;
  /** Never goes back; a jump ahead is how sleep shows. */
  steady(): number;
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
  steady: steadyNow,
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
    platform: thisSystem.platform,
    arch: process.arch,
    spawn,
    dial: (host, port) => net.connect({ host, port }),
    createFile: (path) => createWriteStream(path, { mode: 0o600, flags: 'wx' }),
    networkInterfaces: os.networkInterfaces,
  };
}
