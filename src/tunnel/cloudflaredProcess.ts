/** One running cloudflared: started detached with its log in a file, so that it outlives us, or adopted from an earlier router. */
import { closeSync, fchmodSync, fstatSync, ftruncateSync, openSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { type CloudflaredEvent, createCloudflaredLog } from './cloudflaredLog';
import { type Link, type LinkEvent, TunnelProblem } from './driver';
import { tailLog } from './logTail';
import { say } from './messages';
import { childEnvironment, endProcess, isAlive, processGone, processStart } from './processes';
import { type Relay, startRelay } from './relay';
import { type QuickCredentials, type RunningProgram, type StateFile, tunnelFolder, writePrivate } from './stateFile';
import type { Transport } from './transports';
import type { TunnelWorld } from './world';

export interface LaunchOptions {
  dataDir: string;
  world: TunnelWorld;
  state: StateFile;
  binary: string;
  provider: string;
  host: string;
  localPort: number;
  transport: Transport;
  /** Not the first start: no pre-checks. */
  again: boolean;
  /** Quick tunnel: what our relay answers. Named tunnel: the token. */
  identity: { credentials: QuickCredentials } | { token: string };
}

const LOG_LIMIT = 1_048_576;
const files = (dataDir: string) => ({
  config: path.join(tunnelFolder(dataDir), 'cloudflared.yml'),
  log: path.join(tunnelFolder(dataDir), 'cloudflared.log'),
});

/** Starts cloudflared. Arguments, configuration and environment: tunnel facts §3. Throws a TunnelProblem when it cannot be started. */
export async function launchCloudflared(options: LaunchOptions): Promise<Link> {
  const { dataDir, world, state, identity, transport, localPort } = options;
  const { config, log } = files(dataDir);
  const relay = 'credentials' in identity ? await startRelay(identity.credentials) : undefined;
  writePrivate(config, configText(options, relay));
  const logFd = openLog(log);
  const logStart = fstatSync(logFd).size;
  const child = world.spawn(options.binary, ['tunnel', '--config', config, ...(relay ? [] : ['run'])], {
    cwd: tunnelFolder(dataDir),
    env: childEnvironment(world.env, {
      TUNNEL_LOG_OUTPUT: 'json',
      ...('token' in identity && { TUNNEL_TOKEN: identity.token }),
    }),
    detached: true,
    stdio: ['ignore', logFd, logFd],
    windowsHide: true,
  });
  closeSync(logFd);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } catch (error) {
    relay?.close();
    throw new TunnelProblem(
      'error',
      say.binaryFails(options.binary, (error as NodeJS.ErrnoException).code ?? 'unknown'),
      { missingBinary: true },
    );
  }
  child.unref();
  const pid = child.pid!;
  const running: RunningProgram = {
    provider: options.provider,
    pid,
    pidStart: await processStart(pid, world.platform),
    metricsPort: 0,
    host: options.host,
    localPort,
    transport,
  };
  state.update({ running });
  const link = followProgram({ world, state, running, log, logStart, gone, relay });
  if (child.exitCode !== null || child.signalCode !== null) link.ended(child.exitCode, child.signalCode);
  else child.once('exit', (code, signal) => link.ended(code, signal));
  return link;
}

/** The link of a program that runs already and was proven to be ours. */
export function adoptProgram(running: RunningProgram, dataDir: string, world: TunnelWorld, state: StateFile): Link {
  const { log } = files(dataDir);
  const gone = () => processGone(running.pid, running.pidStart, world.clock, world.platform);
  return followProgram({ world, state, running, log, logStart: statSync(log).size, gone, registered: true });
}

interface FollowOptions {
  world: TunnelWorld;
  state: StateFile;
  running: RunningProgram;
  log: string;
  logStart: number;
  gone: Promise<void> | (() => Promise<void>);
  relay?: Relay;
  registered?: boolean;
}

function followProgram(
  options: FollowOptions,
): Link & { ended(code: number | null, signal: NodeJS.Signals | null): void } {
  const { world, state, relay } = options;
  let { running } = options;
  const parser = createCloudflaredLog();
  const early: LinkEvent[] = [];
  let listener: ((event: LinkEvent) => void) | undefined;
  let over = false;
  const tail = tailLog(options.log, options.logStart, world.clock, (text) => {
    for (const event of parser.push(text)) onLog(event);
  });
  if (options.registered) tail.every(1_000);

  const emit = (event: LinkEvent) => (listener ? listener(event) : early.push(event));
  function remember(change: Partial<RunningProgram>): void {
    running = { ...running, ...change };
    if (state.value.running?.pid === running.pid) state.update({ running });
  }

  function onLog(event: CloudflaredEvent): void {
    if (event.type === 'metrics') {
      remember({ metricsPort: event.port });
    } else if (event.type === 'registered') {
      tail.every(1_000);
      emit({ type: 'registered', location: event.location, transport: event.transport ?? running.transport });
      void metricsJson(running.metricsPort, '/ready').then(
        (ready) => ready?.connectorId && remember({ connectorId: String(ready.connectorId) }),
      );
    } else if (event.type === 'blocked') {
      if (running.transport === 'quic') emit(event);
    } else if (event.type !== 'url') {
      emit(event);
    }
  }

  function finish(): void {
    over = true;
    tail.stop();
    relay?.close();
  }

  function ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (over) return;
    tail.read();
    finish();
    emit({
      type: 'exited',
      code: signal ? `signal ${signal}` : code === null ? 'gone' : `exit code ${code}`,
      lines: parser.lastLines(),
    });
  }

  return {
    publicUrl: `https://${running.host}`,
    // QUIC comes back by itself within seconds; HTTP/2 may take most of a minute, so a respawn is faster.
    lostAfterMs: running.transport === 'quic' ? 8_000 : 2_000,
    // Without pings, a dead HTTP/2 connection looks alive for minutes.
    honest: running.transport === 'quic',
    registered: options.registered === true,
    onEvent(next) {
      listener = next;
      for (const event of early.splice(0)) next(event);
    },
    async connected() {
      if (running.metricsPort === 0) return undefined;
      const ready = await metricsJson(running.metricsPort, '/ready');
      if (!ready && options.registered && !over && !isAlive(running.pid)) ended(null, null);
      return ready ? Number(ready.readyConnections) > 0 : undefined;
    },
    async close() {
      finish();
      const gone = typeof options.gone === 'function' ? options.gone() : options.gone;
      await endProcess(running.pid, gone, world.clock, world.platform);
      if (state.value.running?.pid === running.pid) state.update({ running: undefined });
    },
    leave: finish,
    ended,
  };
}

function configText({ localPort, transport, again }: LaunchOptions, relay: Relay | undefined): string {
  const entries: Record<string, string | number | boolean | undefined> = {
    url: `http://127.0.0.1:${localPort}`,
    'quick-service': relay?.url,
    protocol: transport,
    'edge-ip-version': 'auto',
    metrics: '127.0.0.1:0',
    'no-autoupdate': true,
    retries: 2,
    'grace-period': '1s',
    'management-diagnostics': relay ? false : undefined,
    'no-prechecks': again || undefined,
  };
  return Object.entries(entries)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}

/** Appending, so that it may be cut under the program; private, because the options in it name the path of our relay. */
function openLog(file: string): number {
  const fd = openSync(file, 'a', 0o600);
  if (process.platform !== 'win32') fchmodSync(fd, 0o600);
  if (fstatSync(fd).size > LOG_LIMIT) ftruncateSync(fd, 0);
  return fd;
}

/** A JSON answer of the program's loopback metrics server, whatever its status; undefined when there is none. */
export function metricsJson(port: number, route: string): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path: route, agent: false, timeout: 1_500 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body.length < 65_536 ? (body += chunk) : request.destroy()));
      response.on('error', () => resolve(undefined));
      response.on('end', () => {
        try {
          resolve(JSON.parse(body));
        } catch {
          resolve(undefined);
        }
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
