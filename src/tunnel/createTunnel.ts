/** The way in: settings to a supervised tunnel. */

import type { HealthProof } from '../network/healthProof';
import { createNetwork } from '../network/httpsClient';
import type { NetworkSettings } from '../network/settings';
import type { Settings } from '../settings/schema';
import type { TunnelKind } from '../settings/tunnelKinds';
import type { Driver } from './driver';
import { endStray } from './program';
import { say } from './sentences';
import { openStateFile, type StateFile } from './stateFile';
import { superviseTunnel } from './supervisor';
import type { Tunnel } from './tunnel';
import { createVerifier } from './verifier';
import { WAYS } from './ways';
import { realWorld, type TunnelWorld } from './world';

export interface TunnelOptions {
  settings: Settings['tunnel'];
  /** Port of the router's listener on 127.0.0.1. */
  localPort: number;
  /** Private socket of the same listener, where the system has such. */
  origin?: string;
  /** The port of the settings, 0 or absent for any. */
  wantedPort?: number;
  dataDir: string;
  /** The secret that the card of the kind names. */
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
  return WAYS[settings.provider]?.leads && wantedPort ? wantedPort : localPort;
}

/** A tunnel that does not run yet; `start()` brings it up. Settings are read once: other settings are another tunnel. */
export function createTunnel(options: TunnelOptions, world: TunnelWorld = realWorld()): Tunnel {
  const { settings, dataDir, localPort, token, cloudflaredBin, network: networkSettings, log } = options;
  const state = openStateFile(dataDir);
  const way = WAYS[settings.provider];
  const endBefore = () => endOthers(settings.provider, state, world);
  if (!way) return noTunnel(endBefore, world);
  const network = createNetwork(networkSettings, world);
  const port = expectedPort(options);
  const verifier = createVerifier({
    clientKey: () => options.clientKey,
    healthProof: options.healthProof,
    port,
    network,
  });
  const mayInstall = options.mayInstall === true;
  const { origin } = options;
  const needs = { settings, dataDir, localPort, origin, token, cloudflaredBin, mayInstall, network, networkSettings };
  const driver: Driver = {
    ...afterStray(way.driver({ ...needs, state, world }), endBefore),
    misled: port === localPort ? undefined : say.portTaken(port, localPort),
  };
  return superviseTunnel({ driver, verifier, clock: world.clock, localPort, log });
}

/** What another kind left running before the switch ends first. */
function afterStray(driver: Driver, endBefore: () => Promise<void>): Driver {
  return {
    ...driver,
    async adopt(signal) {
      await endBefore();
      return driver.adopt(signal);
    },
  };
}

async function endOthers(kind: TunnelKind, state: StateFile, world: TunnelWorld): Promise<void> {
  if (state.value.running && state.value.running.provider !== kind) await endStray(state, world);
  for (const [other, way] of Object.entries(WAYS)) if (other !== kind) await way?.endLeft?.(state, world);
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
