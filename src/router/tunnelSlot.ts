/** The place of the one tunnel: which settings it runs with, what it says, and what is there while there is none. */

import { keyText } from '../config/intake';
import type { HealthProof } from '../network/healthProof';
import { tunnelKeyName } from '../settings/keyNames';
import { CARDS } from '../tunnel/cards';
import { installCloudflared } from '../tunnel/cloudflared/installCloudflared';
import { createTunnel } from '../tunnel/createTunnel';
import type { Tunnel, TunnelStatus } from '../tunnel/tunnel';
import { createTunnelLog, type TunnelMoment } from '../tunnel/tunnelLog';
import { WAYS } from '../tunnel/ways';
import type { Configuration, CoreOptions } from './options';
import { differ, type Setup } from './setup';

export interface TunnelSlot {
  readonly status: TunnelStatus;
  readonly moments: TunnelMoment[];
  /** Host names through which requests may come: the host under check belongs to us already, its proof has to get in. */
  hosts(): ReadonlySet<string>;
  /** Token or authtoken of the chosen kind. */
  token(): string | undefined;
  /** Brings it up for the listener on this port of 127.0.0.1; `origin` is its private socket. */
  start(localPort: number, origin?: string): Promise<void>;
  /** `keepRunning`: its program goes on, to be adopted by the next router. */
  stop(keepRunning: boolean): Promise<void>;
  /** Whether the change of configuration is any of its business. */
  concerns(before: Configuration, next: Configuration): boolean;
  install: (
    onProgress: Parameters<typeof installCloudflared>[0]['onProgress'],
    signal: AbortSignal,
  ) => Promise<{ path: string }>;
  renewUrl(): Promise<void>;
  check(): void;
  onDidChange(tell: (status: TunnelStatus) => void): () => void;
}

export interface TunnelSlotOptions {
  options: CoreOptions;
  setup: Setup;
  startedAt: number;
  healthProof: HealthProof;
  onChange(): void;
}

export function createTunnelSlot({ options, setup, startedAt, healthProof, onChange }: TunnelSlotOptions): TunnelSlot {
  const { dataDir, env, log } = options;
  /** Before there is any. */
  const off: TunnelStatus = { state: 'off', provider: '', since: startedAt };
  const history = createTunnelLog(Date.now);
  let tunnel: Tunnel | undefined;

  const status = (): TunnelStatus => tunnel?.status ?? off;

  /** Asked for at each request: taken apart once for each pair of URLs. */
  let known: { publicUrl?: string; checkingUrl?: string; hosts: ReadonlySet<string> } = { hosts: new Set() };
  const hostsOf = (urls: readonly (string | undefined)[]): ReadonlySet<string> =>
    new Set(urls.filter((url) => url !== undefined).map((url) => new URL(url).hostname));

  function token(): string | undefined {
    const { settings, secrets } = setup.configuration;
    const { provider } = settings.tunnel;
    const { secret } = CARDS[provider];
    return keyText(secrets[tunnelKeyName(provider)]) ?? keyText(secret && env[secret.env]);
  }

  return {
    get status() {
      return status();
    },
    get moments() {
      return history.moments;
    },
    hosts() {
      const { publicUrl, checkingUrl } = status();
      if (publicUrl !== known.publicUrl || checkingUrl !== known.checkingUrl)
        known = { publicUrl, checkingUrl, hosts: hostsOf([publicUrl, checkingUrl]) };
      return known.hosts;
    },
    token,
    async start(localPort, origin) {
      const { settings, network } = setup.configuration;
      const next = createTunnel({
        settings: settings.tunnel,
        localPort,
        origin,
        wantedPort: setup.configuration.settings.port,
        dataDir,
        token: token(),
        cloudflaredBin: env.CLOUDFLARED_BIN,
        mayInstall: options.mayInstall,
        clientKey: setup.ownKey,
        healthProof,
        network,
        log,
      });
      tunnel = next;
      onChange();
      next.onDidChange((state) => {
        if (tunnel !== next) return;
        history.add(state);
        onChange();
      });
      await next.start();
    },
    async stop(keepRunning) {
      const old = tunnel;
      tunnel = undefined;
      await old?.stop({ keepRunning });
      if (old) history.add(off);
    },
    concerns: (before, next) => differ(reachOf(before), reachOf(next)),
    install: (onProgress, signal) =>
      installCloudflared({ dataDir, onProgress, signal, network: setup.configuration.network }),
    async renewUrl() {
      await tunnel?.renewUrl();
    },
    check: () => tunnel?.check(),
    onDidChange: (tell) => tunnel?.onDidChange(tell) ?? (() => undefined),
  };
}

/** What a tunnel was opened with. */
function reachOf({ settings, secrets, network }: Configuration): unknown {
  const { provider } = settings.tunnel;
  return [settings.tunnel, secrets[tunnelKeyName(provider)], network, WAYS[provider]?.leads && settings.port];
}
