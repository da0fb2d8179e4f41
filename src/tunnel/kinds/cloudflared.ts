/** cloudflared as a driver: the quick tunnel that needs no account, and a named tunnel of the user's own account. */

import type { Network } from '../../network/httpsClient';
import type { NetworkSettings } from '../../network/settings';

import { isProgram } from '../commands';
import { type Driver, type Link, type OpenOptions, TunnelProblem } from '../driver';
import { adoptProgram, endStray, isSameProcess, localJson } from '../program';
import { say } from '../sentences';
import type { RunningProgram, StateFile } from '../stateFile';
import { chooseTransport, type Transport } from '../transports';
import type { TunnelWorld } from '../world';
import { type Binary, findCloudflared } from './cloudflaredBinary';
import { cloudflaredKind, launchCloudflared } from './cloudflaredProcess';
import { installCloudflared } from './installCloudflared';
import { requestQuickTunnel } from './quickService';

export interface CloudflaredOptions {
  dataDir: string;
  localPort: number;
  /** Path of the program from the settings or CLOUDFLARED_BIN. */
  binary: string | undefined;
  /** Consent to download: then a missing program is no problem. */
  mayInstall: boolean;
  network: Network;
  networkSettings: NetworkSettings | undefined;
  state: StateFile;
  world: TunnelWorld;
}

const CONNECT_MS: Record<Transport, number> = { quic: 10_000, http2: 30_000 };
const BLOCKED_WAIT = 5 * 60_000;
/** The edge routes by SNI: dialled here, the new name need not be resolved before it exists. */
const APEX = 'trycloudflare.com';

/** What touches the machine; tests put their own in place. */
export interface CloudflaredPrograms {
  find: typeof findCloudflared;
  launch: typeof launchCloudflared;
}
const realPrograms: CloudflaredPrograms = { find: findCloudflared, launch: launchCloudflared };

export function quickTunnelDriver(options: CloudflaredOptions, programs = realPrograms): Driver {
  const { state, world, network } = options;
  const base = cloudflaredBase(options, programs);
  let asked = false;
  return {
    ...base.driver,
    provider: 'cloudflared',
    dial: { host: APEX },
    renewable: true,
    knownUrl: () => (state.value.credentials?.lastOnlineAt ? `https://${state.value.credentials.hostname}` : undefined),
    adopt: () => {
      const host = state.value.credentials?.hostname;
      return base.adopt(
        'cloudflared',
        host,
        async ({ metricsPort }) => (await localJson(metricsPort, '/quicktunnel'))?.hostname === host,
      );
    },
    async open(open) {
      const binary = await base.binary(open);
      if (!state.value.credentials) {
        open.report('requesting', say.requesting);
        await requestQuickTunnel({
          network,
          state,
          clock: world.clock,
          version: binary.version,
          asked,
          signal: open.signal,
        });
      }
      asked = false;
      const credentials = state.value.credentials!;
      return base.launch(open, binary, 'cloudflared', credentials.hostname, { credentials });
    },
    refused: () => new TunnelProblem('error', say.noConnection('cloudflared')),
    async forget(byPerson) {
      asked = byPerson;
      state.update({ credentials: undefined });
    },
    proven() {
      base.proven();
      const { credentials } = state.value;
      if (credentials) state.update({ credentials: { ...credentials, lastOnlineAt: world.clock.now() } });
    },
    explainStatus: (status) =>
      status === 530 ? say.notThere : status === 200 ? say.wrongOwner : say.badStatus(status),
  };
}

export interface NamedTunnelOptions extends CloudflaredOptions {
  /** Public hostname, as llm.example.com. */
  hostname: string;
  token: string | undefined;
}

export function namedTunnelDriver(options: NamedTunnelOptions, programs = realPrograms): Driver {
  const { localPort, token } = options;
  const host = options.hostname
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '');
  const tunnelId = token ? tunnelIdOf(token) : undefined;
  const base = cloudflaredBase(options, programs);
  return {
    ...base.driver,
    provider: 'cloudflared-named',
    renewable: false,
    knownUrl: () => undefined,
    adopt: () =>
      base.adopt('cloudflared-named', tunnelId && host, async ({ metricsPort }) => {
        const diagnosis = await localJson(metricsPort, '/diag/tunnel');
        return diagnosis?.tunnelID === tunnelId;
      }),
    async open(open) {
      if (!host) throw new TunnelProblem('error', say.hostnameMissing, { person: true });
      if (!token) throw new TunnelProblem('error', say.tokenMissing, { person: true });
      const binary = await base.binary(open);
      const link = await base.launch(open, binary, 'cloudflared-named', host, { token });
      return withBadToken(link);
    },
    refused: () => new TunnelProblem('error', say.tokenRefused, { person: true }),
    forget: async () => {},
    proven: base.proven,
    explainStatus: (status) =>
      [200, 404, 503, 530].includes(status) ? say.ingressMissing(localPort) : say.badStatus(status),
  };
}

/** A token that cannot be read ends the program with 255; that needs a person, not another try. */
function withBadToken(link: Link): Link {
  return {
    ...link,
    onEvent: (listener) =>
      link.onEvent((event) => {
        const bad = event.type === 'exited' && event.code === 'exit code 255';
        listener(
          bad ? { type: 'failed', problem: new TunnelProblem('error', say.tokenRefused, { person: true }) } : event,
        );
      }),
  };
}

/** The token is base64 of {"a": account, "t": tunnel id, "s": secret}. */
function tunnelIdOf(token: string): string | undefined {
  try {
    const { t } = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as { t?: unknown };
    return typeof t === 'string' ? t : undefined;
  } catch {
    return undefined;
  }
}

/** What both kinds share. */
function cloudflaredBase(options: CloudflaredOptions, programs: CloudflaredPrograms) {
  const { dataDir, localPort, state, world } = options;
  const transports = chooseTransport(state, world);
  let found: Binary | undefined;
  return {
    driver: {
      program: 'cloudflared',
      connectMs: () => CONNECT_MS[transports.current],
      fallBack: () => transports.fallBack(),
      nothingConnects: () => new TunnelProblem('blocked', say.blocked, { retryAt: world.clock.now() + BLOCKED_WAIT }),
    },
    proven: () => transports.worked(state.value.running?.transport ?? transports.current),

    async binary({ report, signal, again }: OpenOptions): Promise<Binary> {
      // A repair is a matter of milliseconds; what was tried a while ago needs no second look.
      if (again && found && isProgram(found.path)) return found;
      try {
        found = await programs.find({ chosen: options.binary, dataDir, world });
        return found;
      } catch (problem) {
        const fixable = problem instanceof TunnelProblem && problem.details.missingBinary && !options.binary;
        if (!fixable || !options.mayInstall) throw problem;
        const onProgress = (progress: { message: string }) => report('installing', progress.message);
        return await installCloudflared({ dataDir, world, network: options.networkSettings, signal, onProgress }).catch(
          (error: Error) => {
            throw new TunnelProblem('error', error.message, { missingBinary: true });
          },
        );
      }
    },

    launch(
      open: OpenOptions,
      binary: Binary,
      provider: string,
      host: string,
      identity: Parameters<typeof launchCloudflared>[0]['identity'],
    ): Promise<Link> {
      const transport = transports.current;
      open.report('connecting', say.connecting(transport));
      return programs.launch({
        dataDir,
        world,
        state,
        binary: binary.path,
        provider,
        host,
        localPort,
        transport,
        again: open.again,
        identity,
      });
    },

    /** The program of an earlier router, if it is the one we would start now; anything else of ours is ended. */
    async adopt(
      provider: string,
      host: string | undefined,
      proves: (running: RunningProgram) => Promise<boolean>,
    ): Promise<Link | undefined> {
      const { running } = state.value;
      if (!running) return undefined;
      const fits =
        running.provider === provider &&
        running.host === host &&
        running.localPort === localPort &&
        running.metricsPort !== 0;
      if (fits && (await isSameProcess(running, world)) !== false && (await proves(running))) {
        const ready = await localJson(running.metricsPort, '/ready');
        const same = !running.connectorId || ready?.connectorId === running.connectorId;
        if (same && Number(ready?.readyConnections) > 0)
          return adoptProgram(running, cloudflaredKind(running.transport), dataDir, world, state);
      }
      await endStray(state, world);
      return undefined;
    },
  };
}
