/** How the router comes up and goes down: listener, then tunnel; a stop lets what runs finish, within a bound. */
import type { IncomingMessage } from 'node:http';
import { localOrigin } from '../doctor/facts';
import type { RouterState } from '../process/contract';
import { originSocketPath } from '../process/runtimeDir';
import { createQueue } from '../process/timeLimit';
import { errorWords, type Said, textOf, type Words } from '../said';
import { hostName } from '../server/guard';
import { type Listener, listen, PortTaken } from '../server/listener';
import type { RequestServer } from '../server/server';
import type { Configuration, CoreOptions } from './options';
import { say } from './sentences';
import type { Setup } from './setup';
import type { TunnelSlot } from './tunnelSlot';

/** How long running answers may go on after a stop, or before the tunnel is changed under them, unless told otherwise. */
const DRAIN_MS = 10_000;
/** The same on the port before a change of ports. */
const PORT_DRAIN_MS = 600_000;

export interface Life {
  readonly phase: RouterState['phase'];
  /** Answers end, and nothing new begins. A router that hands over serves what still reaches it. */
  readonly windingDown: boolean;
  /** Port in use. */
  readonly port: number | undefined;
  /** What went otherwise than asked at the start. */
  readonly notice: string | undefined;
  /** The same as code and values, where it is a sentence of ours. */
  readonly noticeSays: Said | undefined;
  start(): Promise<void>;
  stop(options?: { drainMs?: number; keepTunnel?: boolean }): Promise<void>;
  /** The configuration in force has changed from `before`. */
  configured(before: Configuration): Promise<void>;
  /** The answers that run through the tunnel now are over, or have had their time. */
  tunnelSettled(): Promise<void>;
  /** Ends the tunnel when its answers have settled, and brings it up again, where the router runs. */
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
  /** The start that is under way. */
  let opening: Promise<Listener> | undefined;
  /** What a person pasted: asked for again after each stop. */
  let { lastPort } = options;
  /** Former listeners with requests that still run. */
  const draining = new Set<Listener>();
  const inTurn = createQueue();
  /** The stop that is under way; `cut` ends its wait. */
  let ending: { cut: AbortController; done: Promise<void> } | undefined;
  /** Ends the wait of changes of the tunnel when the router stops. */
  let changes = new AbortController();
  let phase: RouterState['phase'] = 'stopped';
  let windingDown = false;
  let notice: Words | undefined;

  async function openListener(): Promise<Listener> {
    const { port, limits } = setup.configuration.settings;
    const wanted = {
      ...{ host: options.host, port, exactPort: options.exactPort, maxConnections: limits.connections },
      privateSocket: originSocketPath(options.dataDir),
    };
    if (lastPort && lastPort.setting === port && lastPort.port !== port) {
      const same = await listen(handle, { ...wanted, port: lastPort.port, exactPort: true }).catch(() => undefined);
      if (same) return same;
    }
    return listen(handle, wanted);
  }

  function tellListening({ port }: Listener): void {
    const { port: wished } = setup.configuration.settings;
    lastPort = { port, setting: wished };
    notice = wished !== 0 && port !== wished ? say.portTaken(wished, port) : undefined;
    if (notice) log('warn', notice.text);
    // `0.0.0.0` is where one listens, not where one calls.
    log('info', `Listening on ${localOrigin({ host: options.host, port })}/v1.`);
    onChange();
  }

  async function start(): Promise<void> {
    // A stop that takes longer than its caller waits would end a listener that is opened meanwhile without knowing it.
    if (ending) await ending.done.catch(() => undefined);
    if (phase === 'running' || phase === 'starting') return;
    phase = 'starting';
    onChange();
    try {
      opening = openListener();
      listener = await opening;
    } catch (error) {
      phase = 'stopped';
      notice = whatOf(error as Error);
      onChange();
      throw error;
    } finally {
      opening = undefined;
    }
    phase = 'running';
    tellListening(listener);
    tunnel
      .start(listener.port, listener.privateSocket)
      .catch((error: Error) => log('error', `The tunnel could not start: ${error.message}`));
  }

  /** What still runs on a listener that accepts nothing any more gets up to `ms`. */
  async function drain(old: Listener, ms: number): Promise<void> {
    draining.add(old);
    old.close();
    await old.drained(ms);
    draining.delete(old);
  }

  /** After a change of the tunnel that is under way: while its program ends, the slot is empty already. */
  const stopTunnel = (keepRunning: boolean): Promise<void> => inTurn(() => tunnel.stop(keepRunning));
  const drainAll = (all: readonly Listener[], ms: number) => Promise.all(all.map((one) => drain(one, ms)));

  /** A newer router takes port and tunnel at once; our answers go on behind it. */
  async function handOver(all: readonly Listener[], ms: number): Promise<void> {
    listener = undefined;
    const drained = drainAll(all, ms);
    onChange();
    await Promise.all([stopTunnel(true), drained]);
  }

  /**
   * Answers end first, then the tunnel that carries them, then the port: while the tunnel's program runs, nobody else may get what
   * it forwards. New requests are refused from the first moment (see Doors).
   */
  async function windDown(all: readonly Listener[], ms: number, cut: AbortSignal): Promise<void> {
    windingDown = true;
    onChange();
    // A tunnel's idle connections stay: a request that comes over one is told 503, where one that ends under it is a 502.
    if (tunnel.hosts().size === 0) for (const one of all) one.endIdle();
    await Promise.all(all.map((one) => one.settled(ms, { cut })));
    await stopTunnel(false);
    listener = undefined;
    await drainAll(all, 0);
  }

  async function end(
    { drainMs, keepTunnel }: { drainMs: number; keepTunnel: boolean },
    cut: AbortSignal,
  ): Promise<void> {
    // Else it would come up behind this stop.
    if (opening) await opening.catch(() => undefined);
    const all = [...draining, ...(listener ? [listener] : [])];
    if (all.length === 0) return;
    phase = 'draining';
    await (keepTunnel ? handOver(all, drainMs) : windDown(all, drainMs, cut));
    phase = 'stopped';
    windingDown = false;
    onChange();
  }

  const throughTunnel = ({ headers }: IncomingMessage): boolean =>
    headers.host !== undefined && tunnel.hosts().has(hostName(headers.host));

  async function tunnelSettled(): Promise<void> {
    await listener?.settled(DRAIN_MS, { only: throughTunnel, cut: changes.signal });
  }

  /** One after the other: a change that comes meanwhile finds the tunnel of the one before. */
  const changeTunnel = (settled: () => Promise<void>): Promise<void> =>
    inTurn(async () => {
      if (phase === 'running') await settled();
      if (phase !== 'running') return;
      await tunnel.stop(false);
      if (phase === 'running' && listener) await tunnel.start(listener.port, listener.privateSocket);
    });
  const restartTunnel = (): Promise<void> => changeTunnel(tunnelSettled);

  /** The new port serves at once; the tunnel follows when its answers have settled, and what runs on the old port goes on. */
  async function movePort(concernsTunnel: boolean): Promise<void> {
    const next = await openListener().catch((error: Error) => {
      const says = say.staysOnPort(whatOf(error), listener?.port ?? 0);
      notice = says;
      log('warn', says.text);
      onChange();
    });
    // What else was changed comes into force all the same.
    if (!next) return concernsTunnel ? await restartTunnel() : undefined;
    const old = listener;
    if (phase !== 'running' || !old) return drain(next, 0);
    listener = next;
    // A stop from now on ends what runs there, too.
    draining.add(old);
    tellListening(next);
    try {
      await changeTunnel(() => old.settled(DRAIN_MS, { only: throughTunnel, cut: changes.signal }));
    } finally {
      if (phase === 'running') void drain(old, PORT_DRAIN_MS);
    }
  }

  return {
    get phase() {
      return phase;
    },
    get windingDown() {
      return windingDown;
    },
    get port() {
      return listener?.port;
    },
    get notice() {
      return notice && textOf(notice);
    },
    get noticeSays() {
      return typeof notice === 'string' ? undefined : notice;
    },
    start,
    async stop({ drainMs = DRAIN_MS, keepTunnel = false } = {}) {
      // Of a router that was stopped nothing is wrong.
      notice = undefined;
      changes.abort();
      changes = new AbortController();
      // Asked once more while answers run: that is the last word.
      if (ending) ending.cut.abort();
      else {
        const cut = new AbortController();
        const done = end({ drainMs, keepTunnel }, cut.signal).finally(() => {
          ending = undefined;
        });
        ending = { cut, done };
      }
      await ending.done;
    },
    async configured(before) {
      const next = setup.configuration;
      if (!listener) return;
      listener.setMaxConnections(next.settings.limits.connections);
      if (phase !== 'running') return;
      const { port } = next.settings;
      const other = before.settings.port !== port;
      const moves = other && listener.port !== port && !options.exactPort;
      // What is in use already is what is asked for from now on.
      if (other && listener.port === port) tellListening(listener);
      const waits = listener.answering(throughTunnel) > 0;
      const concernsTunnel = tunnel.concerns(before, next);
      const change = moves ? movePort(concernsTunnel) : concernsTunnel ? restartTunnel() : undefined;
      if (!waits) return await change;
      // The settings are in force; answers that end first are not waited for.
      change?.catch((error: Error) => log('error', `The settings of port and tunnel: ${error.message}`));
    },
    tunnelSettled,
    restartTunnel,
  };
}

/** A window has no --port, and offers what mends it. */
function whatOf(error: Error): Words {
  return error instanceof PortTaken ? error.what : errorWords(error);
}
