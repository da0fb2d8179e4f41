/** What the two kinds of cloudflared share: finding the program, starting it, adopting it. */
import type { Network } from '../../network/httpsClient';
import type { NetworkSettings } from '../../network/settings';
import { errorWords } from '../../said';
import type { TunnelKind } from '../../settings/tunnelKinds';
import { compareVersions } from '../../version';
import type { ProgramOptions, WayOptions } from '../card';
import { isProgram } from '../commands';
import { type Link, type OpenOptions, TunnelProblem } from '../driver';
import { processStart } from '../processes';
import { adoptProgram, endStray, isSameProcess, localJson } from '../program';
import { say } from '../sentences';
import { configPath, type RunningProgram, type StateFile } from '../stateFile';
import { chooseTransport, TRANSPORT_NAMES, type Transport } from '../transports';
import type { InstallProgress } from '../tunnel';
import type { TunnelWorld } from '../world';
import { type Binary, findCloudflared, OLDEST_VERSION } from './cloudflaredBinary';
import { cloudflaredKind, launchCloudflared } from './cloudflaredProcess';
import { installCloudflared } from './installCloudflared';
import { findByConfig, hostServed, readWritten } from './strays';

export interface CloudflaredOptions {
  dataDir: string;
  localPort: number;
  /** Private socket of our listener; absent where the system has none. */
  origin?: string;
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
/** What touches the machine; tests put their own in place. */
export interface CloudflaredPrograms {
  find: typeof findCloudflared;
  launch: typeof launchCloudflared;
}
export const realPrograms: CloudflaredPrograms = { find: findCloudflared, launch: launchCloudflared };

/** Which program the settings or the environment choose; undefined: whichever is found. */
const chosenBy = ({ settings, cloudflaredBin }: ProgramOptions): string | undefined =>
  settings.binary || cloudflaredBin || undefined;

export const cloudflaredOptions = (options: WayOptions): CloudflaredOptions => ({
  ...options,
  binary: chosenBy(options),
});

export const cloudflaredProgram = (options: ProgramOptions): Promise<Binary> =>
  findCloudflared({ chosen: chosenBy(options), dataDir: options.dataDir, world: options.world });

export function cloudflaredBase(options: CloudflaredOptions, programs: CloudflaredPrograms) {
  const { dataDir, localPort, origin, state, world } = options;
  const transports = chooseTransport(state, world);
  let found: Binary | undefined;
  let lostHost: string | undefined;
  return {
    driver: {
      program: 'cloudflared',
      connectMs: () => CONNECT_MS[transports.current],
      fallBack: () => transports.fallBack(),
      nothingConnects: () => new TunnelProblem('blocked', say.blocked, { retryAt: world.clock.now() + BLOCKED_WAIT }),
    },
    /** The host that a program without a note served. */
    lostHost: () => lostHost,
    proven: () => transports.worked(state.value.running?.transport ?? transports.current),

    async binary({ report, signal, again, doubt }: OpenOptions): Promise<Binary> {
      // A repair is a matter of milliseconds; what was tried a while ago needs no second look.
      if (again && !doubt && found && isProgram(found.path)) return found;
      try {
        found = await programs.find({ chosen: options.binary, dataDir, world });
        return found;
      } catch (problem) {
        const fixable = problem instanceof TunnelProblem && problem.details.missingBinary && !options.binary;
        if (!fixable || !options.mayInstall) throw problem;
        const onProgress = ({ says, message }: InstallProgress) => report('installing', says ?? say.other(message));
        return await installCloudflared({ dataDir, world, network: options.networkSettings, signal, onProgress }).catch(
          (error: unknown) => {
            const words = errorWords(error);
            const said = typeof words === 'string' ? say.other(words) : words;
            throw new TunnelProblem('error', said, { missingBinary: true });
          },
        );
      }
    },

    launch(
      open: OpenOptions,
      binary: Binary,
      provider: TunnelKind,
      host: string,
      identity: Parameters<typeof launchCloudflared>[0]['identity'],
    ): Promise<Link> {
      const transport = transports.current;
      open.report('connecting', say.connecting(TRANSPORT_NAMES[transport]));
      return programs.launch({
        dataDir,
        world,
        state,
        binary: binary.path,
        chosen: binary.path === options.binary,
        provider,
        host,
        localPort,
        // Older ones refuse such an ingress beside the url; a named tunnel has its own, in the dashboard.
        origin: 'credentials' in identity && compareVersions(binary.version, OLDEST_VERSION) >= 0 ? origin : undefined,
        transport,
        again: open.again,
        identity,
      });
    },

    /** The program of an earlier router, if it is the one we would start now; anything else of ours is ended. */
    async adopt(
      provider: TunnelKind,
      host: string | undefined,
      proves: (running: RunningProgram) => Promise<boolean>,
    ): Promise<Link | undefined> {
      const running = state.value.running ?? (await findLost(provider));
      if (!running) return undefined;
      const fits =
        running.provider === provider &&
        running.host === host &&
        (running.origin === undefined ? running.localPort === localPort : running.origin === origin) &&
        running.metricsPort !== 0;
      if (fits && (await isSameProcess(running)) !== false && (await proves(running))) {
        const ready = await localJson(running.metricsPort, '/ready');
        const same = !running.connectorId || ready?.connectorId === running.connectorId;
        if (same && Number(ready?.readyConnections) > 0)
          return adoptProgram(running, cloudflaredKind(running.transport), dataDir, world, state);
      }
      await endStray(state, world);
      return undefined;
    },
  };

  /** The note of the running program is lost, the program is not: there is one at most, since each start ends what it finds. */
  async function findLost(provider: TunnelKind): Promise<RunningProgram | undefined> {
    const config = configPath(dataDir);
    const written = readWritten(config);
    // On Windows the list of processes costs a second, and a note that was written is there.
    if (!written || (world.platform === 'win32' && !state.lost)) return undefined;
    const [pid] = await findByConfig(config, world);
    if (pid === undefined) return undefined;
    const stray: RunningProgram = {
      provider,
      pid,
      pidStart: await processStart(pid),
      host: (await hostServed(written.metricsPort)) ?? '',
      ...written,
    };
    lostHost = stray.host || undefined;
    state.update({ running: stray });
    return stray;
  }
}
