import { createHash } from 'node:crypto';
import type { Said } from '../said';
import { say } from './sentences';
import type { StateFile } from './stateFile';
import type { TunnelWorld } from './world';

export type Transport = 'quic' | 'http2';
export const TRANSPORT_NAMES: Readonly<Record<Transport, string>> = { quic: 'QUIC', http2: 'HTTP/2' };
/** What worked is believed for a day: cloudflared itself never goes back to QUIC, which is the better one. */
const BELIEVED = 24 * 3_600_000;
const MAX_NETWORKS = 20;

/** QUIC first, HTTP/2 where UDP is dropped; what worked is remembered per network. */
export interface TransportChoice {
  readonly current: Transport;
  worked(transport: Transport): void;
  /** The other one, with a sentence; false when both were tried since the last success (and the choice starts over). */
  fallBack(): Said | false;
}

export function chooseTransport(
  state: StateFile,
  world: Pick<TunnelWorld, 'clock' | 'networkInterfaces'>,
): TransportChoice {
  const preferred = (): Transport => {
    const known = state.value.transports?.[networkId(world)];
    const age = known ? world.clock.now() - known.at : -1;
    return known && age >= 0 && age < BELIEVED ? known.transport : 'quic';
  };
  let fallback: Transport | undefined;
  return {
    get current() {
      return fallback ?? preferred();
    },
    worked(transport) {
      // Its day counts from when QUIC last failed here: what merely goes on working says nothing about QUIC.
      const known = state.value.transports?.[networkId(world)];
      if (transport === 'http2' && known?.transport === 'http2' && fallback === undefined) return;
      fallback = undefined;
      const others = Object.entries(state.value.transports ?? {}).sort(([, a], [, b]) => b.at - a.at);
      const now = [networkId(world), { transport, at: world.clock.now() }] as const;
      state.update({ transports: Object.fromEntries([...others.slice(0, MAX_NETWORKS - 1), now]) });
    },
    fallBack() {
      if (fallback) {
        fallback = undefined;
        return false;
      }
      fallback = preferred() === 'quic' ? 'http2' : 'quic';
      return fallback === 'http2' ? say.fallingBack : say.fallingBackToQuic;
    },
  };
}

/** The same at the same desk, another one in the next café: our networks, hashed because nobody needs to read them. */
function networkId(world: Pick<TunnelWorld, 'networkInterfaces'>): string {
  const networks = Object.values(world.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && address.family === 'IPv4')
    .map(({ address, netmask }) => {
      const mask = netmask.split('.').map(Number);
      return `${address
        .split('.')
        .map((part, index) => Number(part) & mask[index]!)
        .join('.')}/${netmask}`;
    });
  return createHash('sha256')
    .update([...new Set(networks)].sort().join(' '))
    .digest('hex')
    .slice(0, 16);
}
