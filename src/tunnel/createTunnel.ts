/** The way in: settings to a supervised tunnel. */

import type { HealthProof } from '../network/healthProof';
import { createNetwork } from '../network/httpsClient';
import type { NetworkSettings } from '../network/settings';

import type { Settings } from '../settings/schema';
import type { Driver } from './driver';
import { namedTunnelDriver, quickTunnelDriver } from './kinds/cloudflared';
import { customDriver } from './kinds/custom';
import { ngrokDriver } from './kinds/ngrok';
import { endFunnel, tailscaleDriver } from './kinds/tailscale';
import { endStray } from './program';
import { openStateFile, type StateFile } from './stateFile';
import { superviseTunnel } from './supervisor';
import type { Tunnel } from './tunnel';
import { createVerifier } from './verifier';
import { realWorld, type TunnelWorld } from './world';

export interface TunnelOptions {
  settings: Settings['tunnel'];
  /** Port of the router's listener on 127.0.0.1. */
  localPort: number;
  /** The port of the settings, 0 or absent for any. */
  wantedPort?: number;
  dataDir: string;
  /** Named Cloudflare tunnel: its token. ngrok: the authtoken. */
  token?: string;
  /** CLOUDFLARED_BIN; the setting wins. */
  cloudflaredBin?: string;
  /** A missing cloudflared may be downloaded: somebody consented. */
  mayInstall?: boolean;
  /** Our own client key, for the streamed self-test through the model API. */
  clientKey: string;
  /** Expected HMAC, hex, in the answer of GET /health?nonce=. */
  healthProof: HealthProof;
  network?: NetworkSettings;
  log(level: 'error' | 'warn' | 'info' | 'debug', line: string): void;
}

/**
 * Where the proof has to come from. Our own programs lead to our listener; where somebody else decides (the ingress of a
 * dashboard, a proxy of one's own) it is the port that stands in the settings: with another one in use, whoever holds that
 * port would get the requests and hand them on.
 */
function expectedPort({ settings, localPort, wantedPort }: TunnelOptions): number {
  const elsewhere = settings.provider === 'cloudflared-named' || settings.provider === 'custom';
  return elsewhere && wantedPort ? wantedPort : localPort;
}

/** A tunnel that does not run yet; `start()` brings it up. Settings are read once: other settings are another tunnel. */
export function createTunnel(options: TunnelOptions, world: TunnelWorld = realWorld()): Tunnel {
  const { settings, localPort, log } = options;
  const state = openStateFile(options.dataDir);
  if (settings.provider === 'none') return noTunnel(() => endOthers('none', state, world), world);
  const network = createNetwork(options.network, world);
  const verifier = createVerifier({
    clientKey: () => options.clientKey,
    healthProof: options.healthProof,
    port: expectedPort(options),
    network,
  });
  return superviseTunnel({ driver: chooseDriver(settings.provider), verifier, clock: world.clock, localPort, log });

  function chooseDriver(provider: Exclude<Settings['tunnel']['provider'], 'none'>): Driver {
    const cloudflared = {
      dataDir: options.dataDir,
      localPort,
      binary: settings.binary || options.cloudflaredBin || undefined,
      mayInstall: options.mayInstall === true,
      network,
      networkSettings: options.network,
      state,
      world,
    };
    switch (provider) {
      case 'cloudflared-named':
        return afterStray(namedTunnelDriver({ ...cloudflared, hostname: settings.hostname, token: options.token }));
      case 'ngrok': {
        const { dataDir, token } = options;
        const { binary, hostname } = settings;
        return afterStray(ngrokDriver({ dataDir, localPort, binary, hostname, token, state, world }));
      }
      case 'tailscale':
        return afterStray(tailscaleDriver({ localPort, binary: settings.binary, state, world }));
      case 'custom':
        return afterStray(customDriver(settings.url, localPort));
      case 'cloudflared':
        return afterStray(quickTunnelDriver(cloudflared));
      default:
        return unknownProvider(provider);
    }
  }

  /** What another provider left running before the switch ends first. */
  function afterStray(driver: Driver): Driver {
    return {
      ...driver,
      async adopt(signal) {
        await endOthers(driver.provider, state, world);
        return driver.adopt(signal);
      },
    };
  }
}

/** A kind that nobody handles does not compile. */
function unknownProvider(provider: never): never {
  throw new Error(`There is no tunnel provider ${String(provider)}.`);
}

async function endOthers(provider: string, state: StateFile, world: TunnelWorld): Promise<void> {
  if (state.value.running && state.value.running.provider !== provider) await endStray(state, world);
  if (state.value.funnel && provider !== 'tailscale') await endFunnel(state, world);
}

function noTunnel(start: () => Promise<void>, { clock }: TunnelWorld): Tunnel {
  return {
    status: { state: 'off', provider: 'none', since: clock.now() },
    start,
    stop: async () => {},
    check: () => {},
    renewUrl: async () => {},
    onDidChange: () => () => {},
  };
}
