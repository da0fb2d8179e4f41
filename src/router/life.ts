/** How the router comes up and goes down: listener, then tunnel; a stop lets what runs finish, within a bound. */
import { localOrigin } from '../doctor/facts';
import type { RouterState } from '../process/contract';
import { type Listener, listen } from '../server/listener';
import type { RequestServer } from '../server/server';
import type { Configuration, CoreOptions } from './options';
import type { Setup } from './setup';
import type { TunnelSlot } from './tunnelSlot';

/** How long running requests may go on after a stop, unless told otherwise. */
const DRAIN_MS = 10_000;
/** The same on the port before a change of ports. */
const PORT_DRAIN_MS = 600_000;

export interface Life {
  readonly phase: RouterState['phase'];
  /** Port in use. */
  readonly port: number | undefined;
  /** What went otherwise than asked at the start. */
  readonly notice: string | undefined;
  start(): Promise<void>;
  stop(options?: { drainMs?: number; keepTunnel?: boolean }): Promise<void>;
  /** The configuration in force has changed from `before`. */
  configured(before: Configuration): Promise<void>;
  /** Ends the tunnel and brings it up again, where the router runs. */
  restartTunnel(): Promise<void>;
}

export interface LifeOptions {
  options: CoreOptions;
  setup: Setup;
  tunnel: TunnelSlot;
  handle: RequestServer['handle'];
  onChange(): void;
}

export function createLife({ options, setup, tunnel, handle, onChange }: LifeOptions): Life {
  const { log } = options;
  let listener: Listener | undefined;
  /** Former listeners with requests that still run. */
  const draining = new Set<Listener>();
  let phase: RouterState['phase'] = 'stopped';
  let notice: string | undefined;

  async function openListener(): Promise<Listener> {
    const { port, limits } = setup.configuration.settings;
    const wanted = { host: options.host, port, exactPort: options.exactPort, maxConnections: limits.connections };
    const { lastPort } = options;
    if (lastPort && lastPort.setting === port && lastPort.port !== port) {
      const same = await listen(handle, { ...wanted, port: lastPort.port, exactPort: true }).catch(() => undefined);
      if (same) return same;
    }
    return listen(handle, wanted);
  }

  async function start(): Promise<void> {
    if (phase === 'running' || phase === 'starting') return;
    phase = 'starting';
    onChange();
    try {
      listener = await openListener();
    } catch (error) {
      phase = 'stopped';
      notice = (error as Error).message;
      onChange();
      throw error;
    }
    const { port } = setup.configuration.settings;
    notice =
      port !== 0 && listener.port !== port
        ? `Port ${port} is taken by another program, so the router uses ${listener.port}.`
        : undefined;
    if (notice) log('warn', notice);
    phase = 'running';
    // `0.0.0.0` is where one listens, not where one calls.
    log('info', `Listening on ${localOrigin({ host: options.host, port: listener.port })}/v1.`);
    onChange();
    tunnel.start(listener.port).catch((error: Error) => log('error', `The tunnel could not start: ${error.message}`));
  }

  /** Stops accepting; the tunnel is let go, and what still runs goes on behind it. */
  function leaveListener(old: Listener, keepTunnel: boolean): Promise<void> {
    listener = undefined;
    phase = 'draining';
    draining.add(old);
    old.close();
    onChange();
    return tunnel.stop(keepTunnel);
  }

  /** What still runs gets up to `ms`. */
  async function drain(old: Listener, ms: number): Promise<void> {
    await old.drained(ms);
    draining.delete(old);
  }

  async function restartTunnel(): Promise<void> {
    if (!listener) return;
    await tunnel.stop(false);
    if (listener) await tunnel.start(listener.port);
  }

  return {
    get phase() {
      return phase;
    },
    get port() {
      return listener?.port;
    },
    get notice() {
      return notice;
    },
    start,
    async stop({ drainMs = DRAIN_MS, keepTunnel = false } = {}) {
      const tunnelDone = listener && leaveListener(listener, keepTunnel);
      if (draining.size === 0) return;
      await Promise.all([tunnelDone, ...[...draining].map((old) => drain(old, drainMs))]);
      if (listener === undefined) phase = 'stopped';
      onChange();
    },
    async configured(before) {
      const next = setup.configuration;
      if (!listener) return;
      listener.setMaxConnections(next.settings.limits.connections);
      if (before.settings.port !== next.settings.port && !options.exactPort) {
        // The new port serves at once; answers that still run on the old one are not waited for.
        const old = listener;
        await leaveListener(old, true);
        void drain(old, PORT_DRAIN_MS);
        return start();
      }
      if (tunnel.concerns(before, next)) await restartTunnel();
    },
    restartTunnel,
  };
}
