/** A quick or named tunnel with its real driver and supervisor, and everything outside in the test's hands. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Network, NetworkAnswer } from '../../src/network/httpsClient';
import type { CloudflaredOptions } from '../../src/tunnel/cloudflared/base';
import type { Connected, Driver, Link, LinkEvent } from '../../src/tunnel/driver';
import { quickTunnelDriver } from '../../src/tunnel/kinds/cloudflared';
import { namedTunnelDriver } from '../../src/tunnel/kinds/cloudflaredNamed';
import { openStateFile, type StateFile, type TunnelMemory } from '../../src/tunnel/stateFile';
import { superviseTunnel } from '../../src/tunnel/supervisor';
import type { Tunnel, TunnelStatus } from '../../src/tunnel/tunnel';
import type { HealthResult, StreamResult } from '../../src/tunnel/verifier';
import { realWorld, type TunnelWorld } from '../../src/tunnel/world';
import { type ControlledClock, controlledClock } from './controlledClock';

/** One start of the program. */
export interface Launch {
  at: number;
  transport: 'quic' | 'http2';
  host: string;
  secret?: string;
  again: boolean;
  ended: boolean;
  left: boolean;
  /** What the program says about its connection; undefined: it does not answer. */
  connected: Connected;
  emit(event: LinkEvent): void;
}

/** Everything of the outside that the supervisor waits for, and the calls that it makes without waiting. */
export const AWAITED = [
  'adopt',
  'find',
  'request',
  'launch',
  'connected',
  'close',
  'forget',
  'health',
  'stream',
  'name',
] as const;
export const CALLED = ['proven', 'note', 'leave', 'log', 'listener'] as const;
export type Seam = (typeof AWAITED | typeof CALLED)[number];

export interface Rig {
  tunnel: Tunnel;
  clock: ControlledClock;
  state: StateFile;
  dataDir: string;
  launches: Launch[];
  seen: TunnelStatus[];
  logs: string[];
  /** Times of the requests for a new tunnel. */
  posts: number[];
  /** Answer of the quick service; undefined makes a tunnel, an Error is no connection. */
  service: NetworkAnswer | Error | undefined;
  proxy: string | undefined;
  /** What the outside sees. */
  outside: {
    health: HealthResult;
    stream: StreamResult;
    name: 'yes' | 'no' | 'unknown';
    probes: number[];
    names: number;
  };
  /** What a start does; by default it registers after 100 ms. */
  onLaunch(launch: Launch): void;
  /** Network addresses of this machine. */
  address: string;
  /** Asked at everything that the supervisor awaits or calls: what it throws fails there, what it waits for holds it up. */
  gate(at: Seam): void | Promise<void>;
  dispose(): Promise<void>;
}

export const registers = (launch: Launch, clock: ControlledClock) => {
  clock.after(100, () => launch.emit({ type: 'registered', location: 'lis01', transport: launch.transport }));
};

export interface RigOptions {
  dataDir?: string;
  clock?: ControlledClock;
  options?: Partial<CloudflaredOptions>;
  named?: { hostname: string; token: string | undefined };
  find?: () => Promise<{ path: string; version: string }>;
  /** Instead of cloudflared. */
  driver?: (world: TunnelWorld, rig: Rig) => Driver;
  /** Nothing on disk: for hundreds of runs. */
  inMemory?: boolean;
}

export function tunnelRig({
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-rig-')),
  clock = controlledClock(),
  options,
  named,
  find,
  driver: otherDriver,
  inMemory = false,
}: RigOptions = {}): Rig {
  const state = inMemory ? memoryState() : openStateFile(dataDir);
  const rig: Rig = {
    tunnel: undefined as unknown as Tunnel,
    clock,
    state,
    dataDir,
    launches: [],
    seen: [],
    logs: [],
    posts: [],
    service: undefined,
    proxy: undefined,
    outside: { health: { ok: true }, stream: { ok: true }, name: 'yes', probes: [], names: 0 },
    onLaunch: (launch) => registers(launch, clock),
    address: '192.168.1.20',
    gate: () => {},
    async dispose() {
      await settled(rig.tunnel.stop(), clock);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  const world: TunnelWorld = {
    ...realWorld(),
    clock,
    env: {},
    networkInterfaces: () => ({
      eth0: [{ address: rig.address, netmask: '255.255.255.0', family: 'IPv4', internal: false, mac: '', cidr: null }],
    }),
  };
  const network: Network = {
    async request() {
      await rig.gate('request');
      rig.posts.push(clock.now());
      if (rig.service instanceof Error) throw rig.service;
      if (rig.service) return rig.service;
      const count = rig.posts.length;
      const result = {
        id: `id-${count}`,
        account_tag: 'a'.repeat(32),
        secret: `secret-${count}`,
        hostname: `words-${count}.trycloudflare.com`,
      };
      return { status: 200, headers: {}, body: JSON.stringify({ success: true, result, errors: [] }) };
    },
    open: () => Promise.reject(new Error('not used')),
    proxyFor: () => rig.proxy,
  };
  const cloudflared: CloudflaredOptions = {
    dataDir,
    localPort: 11_411,
    binary: undefined,
    mayInstall: false,
    network,
    networkSettings: undefined,
    state: {
      ...state,
      get value() {
        return state.value;
      },
      update(change) {
        void rig.gate('note');
        state.update(change);
      },
    },
    world,
    ...options,
  };
  const programs = {
    find: async () => {
      await rig.gate('find');
      return find ? find() : { path: '/opt/cloudflared', version: '2026.8.2' };
    },
    launch: async (launched: { transport: 'quic' | 'http2'; host: string; again: boolean; identity: object }) => {
      await rig.gate('launch');
      const { transport, host, again } = launched;
      const secret =
        'credentials' in launched.identity ? (launched.identity.credentials as { secret: string }).secret : undefined;
      return startLaunch(rig, { transport, host, again, secret });
    },
  };
  const driver = otherDriver
    ? otherDriver(world, rig)
    : named
      ? namedTunnelDriver({ ...cloudflared, ...named }, programs)
      : quickTunnelDriver(cloudflared, programs);
  const verifier = {
    health: async () => {
      await rig.gate('health');
      rig.outside.probes.push(clock.now());
      return rig.outside.health;
    },
    stream: async () => {
      await rig.gate('stream');
      return rig.outside.stream;
    },
    resolves: async () => {
      await rig.gate('name');
      rig.outside.names += 1;
      return rig.outside.name;
    },
  };
  rig.tunnel = superviseTunnel({
    driver: gated(driver, rig),
    verifier,
    clock,
    localPort: 11_411,
    log: (level, line) => {
      void rig.gate('log');
      rig.logs.push(`${level} ${line}`);
    },
  });
  rig.tunnel.onDidChange((status) => {
    rig.seen.push(status);
    void rig.gate('listener');
  });
  return rig;
}

function memoryState(): StateFile {
  let value: TunnelMemory = {};
  return {
    lost: undefined,
    get value() {
      return value;
    },
    update(change) {
      value = { ...value, ...change };
    },
  };
}

function gated(driver: Driver, rig: Rig): Driver {
  return {
    ...driver,
    async adopt(signal) {
      await rig.gate('adopt');
      return driver.adopt(signal);
    },
    async forget(asked) {
      await rig.gate('forget');
      await driver.forget(asked);
    },
    proven(url) {
      void rig.gate('proven');
      driver.proven(url);
    },
  };
}

function startLaunch(rig: Rig, start: Pick<Launch, 'transport' | 'host' | 'again' | 'secret'>): Link {
  let listener: (event: LinkEvent) => void = () => {};
  const launch: Launch = {
    ...start,
    at: rig.clock.now(),
    ended: false,
    left: false,
    connected: false,
    emit: (event) => {
      if (event.type === 'registered') launch.connected = true;
      if (!launch.ended) listener(event);
    },
  };
  rig.launches.push(launch);
  rig.onLaunch(launch);
  return {
    publicUrl: `https://${start.host}`,
    pollMs: 2_000,
    lostAfterMs: start.transport === 'quic' ? 8_000 : 2_000,
    honest: start.transport === 'quic',
    registered: false,
    onEvent: (next) => {
      listener = next;
    },
    connected: async () => {
      await rig.gate('connected');
      return launch.connected;
    },
    close: async () => {
      await rig.gate('close');
      launch.ended = true;
    },
    leave: () => {
      void rig.gate('leave');
      launch.left = true;
    },
  };
}

/** Lets time pass until the promise is done, so that nothing waits for a clock that stands still. */
export async function settled<T>(promise: Promise<T>, clock: ControlledClock): Promise<T> {
  let done = false;
  void promise.finally(() => {
    done = true;
  });
  while (!done) await clock.pass(1_000);
  return promise;
}
