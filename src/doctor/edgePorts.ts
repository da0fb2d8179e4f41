/** Do the packets of cloudflared get out? UDP and TCP port 7844 of Cloudflare's edge, asked without starting anything. */
import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import type { TunnelWorld } from '../tunnel/world';

export const EDGE_HOSTS = ['region1.v2.argotunnel.com', 'region2.v2.argotunnel.com'] as const;
const EDGE_PORT = 7844;

export interface PortsResult {
  udp: boolean;
  tcp: boolean;
}

/** True for each that any of the hosts answered within `ms`. Never rejects. `hosts` as `name` or `name:port`. */
export async function probeEdge(
  hosts: readonly string[],
  { world, ms, signal }: { world: Pick<TunnelWorld, 'dial'>; ms: number; signal: AbortSignal },
): Promise<PortsResult> {
  const targets = hosts.map((host) => {
    const [name = '', port] = host.split(':');
    return { name, port: Number(port ?? EDGE_PORT) };
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const any = async (probes: Promise<boolean>[]): Promise<boolean> =>
    await Promise.any(probes.map((probe) => probe.then((yes) => yes || Promise.reject(new Error('no'))))).catch(
      () => false,
    );
  const [udp, tcp] = await Promise.all([
    any(targets.map(({ name, port }) => answersQuic(name, port, limit))),
    any(targets.map(({ name, port }) => accepts(world, name, port, limit))),
  ]);
  return { udp, tcp };
}

function accepts(world: Pick<TunnelWorld, 'dial'>, host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = world.dial(host, port);
    const end = (yes: boolean): void => {
      signal.removeEventListener('abort', late);
      socket.destroy();
      resolve(yes);
    };
    const late = (): void => end(false);
    socket.once('connect', () => end(true));
    socket.on('error', () => end(false));
    signal.addEventListener('abort', late);
    if (signal.aborted) late();
  });
}

/**
 * A QUIC server answers a long-header packet of a version it does not know with a Version Negotiation packet (RFC 9000 §6), if
 * the packet is as long as a real first one. That proves the way in both directions without a handshake.
 */
function answersQuic(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    const connection = randomBytes(8);
    const packet = Buffer.concat([
      // Long header, fixed bit; 0x?a?a?a?a are the versions kept for this (RFC 9000 §15).
      Buffer.from([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, connection.length]),
      connection,
      Buffer.from([0]),
      Buffer.alloc(1_200),
    ]);
    let over = false;
    const end = (yes: boolean): void => {
      if (over) return;
      over = true;
      clearInterval(again);
      signal.removeEventListener('abort', no);
      socket.close();
      resolve(yes);
    };
    const no = (): void => end(false);
    const send = (): void => socket.send(packet, port, host, (error) => error && no());
    const again = setInterval(send, 1_000);
    socket.on('error', no);
    socket.on('message', (answer) => {
      const negotiates = answer.length > 6 && (answer[0]! & 0x80) !== 0 && answer.readUInt32BE(1) === 0;
      if (negotiates && answer.includes(connection)) end(true);
    });
    signal.addEventListener('abort', no);
    if (signal.aborted) no();
    else send();
  });
}
