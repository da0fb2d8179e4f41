/** Tunnels of the product against a made-up internet, with what a test wants to look at. */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { settingsSchema } from '../../src/settings/schema';
import { isAlive } from '../../src/system/processes';
import { createTunnel, type TunnelOptions } from '../../src/tunnel/createTunnel';
import { openStateFile } from '../../src/tunnel/stateFile';
import type { Tunnel, TunnelStatus } from '../../src/tunnel/tunnel';
import { type Clock, realClock, realWorld, type TunnelWorld } from '../../src/tunnel/world';
import type { Internet } from './cloud/internet';
import { removeFolder } from './platform';
import { CLIENT_KEY, healthProof, type Origin, startOrigin } from './tunnelOrigin';

export interface TunnelChange {
  settings?: Partial<TunnelOptions['settings']>;
  options?: Partial<TunnelOptions>;
  clock?: Clock;
  env?: NodeJS.ProcessEnv;
}

export interface MadeTunnel {
  tunnel: Tunnel;
  seen: TunnelStatus[];
  logs: string[];
}

export interface Harness {
  dataDir: string;
  origin: Origin;
  /** Started programs: path, arguments…, environment as JSON. */
  spawned: string[][];
  make(change?: TunnelChange): MadeTunnel;
  /** Everything that was told or could be read by others: arguments, logs, statuses. */
  told(...made: MadeTunnel[]): string;
  dispose(): Promise<void>;
}

/** @param network undefined: what the environment says */
export async function startHarness(internet: Internet | undefined): Promise<Harness> {
  const tunnels: Tunnel[] = [];
  const harness: Harness = {
    dataDir: mkdtempSync(path.join(os.tmpdir(), 'llm-router-tunnel-')),
    origin: await startOrigin(),
    spawned: [],
    make({ settings = {}, options = {}, clock = realClock, env = {} } = {}) {
      const logs: string[] = [];
      const seen: TunnelStatus[] = [];
      const real = realWorld();
      const world: TunnelWorld = {
        ...real,
        clock,
        env: { ...process.env, ...env },
        spawn: (command, args, spawnOptions) => {
          harness.spawned.push([command, ...args, JSON.stringify(spawnOptions.env)]);
          return real.spawn(command, args, spawnOptions);
        },
      };
      const tunnel = createTunnel(
        {
          settings: { ...settingsSchema.parse({}).tunnel, ...settings },
          localPort: harness.origin.port,
          dataDir: harness.dataDir,
          clientKey: CLIENT_KEY,
          healthProof,
          network: internet && { proxy: internet.proxyUrl, ca: [internet.certificates.ca] },
          log: (level, line) => logs.push(`${level} ${line}`),
          ...options,
        },
        world,
      );
      tunnel.onDidChange((status) => seen.push(status));
      tunnels.push(tunnel);
      return { tunnel, seen, logs };
    },
    told: (...made) =>
      JSON.stringify([
        harness.spawned.map((command) => command.slice(0, -1)),
        made.map(({ seen, logs }) => [seen, logs]),
      ]),
    async dispose() {
      const stopping = tunnels.splice(0).map((tunnel) => tunnel.stop());
      // A grace period has a test of its own.
      const left = openStateFile(harness.dataDir).value.running;
      if (left && left.pid !== process.pid && isAlive(left.pid)) process.kill(left.pid, 'SIGKILL');
      await Promise.all(stopping);
      await harness.origin.close();
      removeFolder(harness.dataDir);
    },
  };
  return harness;
}

/** The next status for which it holds, the present one included. */
export function until(tunnel: Tunnel, holds: (status: TunnelStatus) => boolean): Promise<TunnelStatus> {
  return new Promise((resolve) => {
    if (holds(tunnel.status)) return resolve(tunnel.status);
    const stop = tunnel.onDidChange((status) => {
      if (!holds(status)) return;
      stop();
      resolve(status);
    });
  });
}

export const online = (tunnel: Tunnel) => until(tunnel, ({ state }) => state === 'online');
export const failed = (tunnel: Tunnel) => until(tunnel, ({ state }) => state === 'error');

/** A process that was ended may wait as a zombie until its parent, this very process, has heard of it. */
export async function assertEnded(pid: number): Promise<void> {
  for (let tries = 0; tries < 500 && isAlive(pid); tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(isAlive(pid), false, `process ${pid} still runs`);
}
