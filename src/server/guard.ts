/**
 * The door: who may talk to us at all. Host first (DNS rebinding), then the key in constant time and before the body
 * is read (T11), with failures slowed per source. Nothing here trusts a header for rights.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Loopback names in every spelling a browser or client uses, with any port. */
const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Names of this machine besides loopback. */
export interface OwnNames {
  /** It listens beyond loopback. An address is no name, so no foreign DNS server can make it ours (no rebinding). */
  addresses: boolean;
  /** The setting `allowedHosts`. */
  names: readonly string[];
}
const LOOPBACK_ONLY: OwnNames = { addresses: false, names: [] };

/** Is the Host one of ours: loopback, a name of this machine, or a public host of the tunnel (with or without port)? */
export function hostAllowed(
  host: string | undefined,
  publicHosts: ReadonlySet<string>,
  own: OwnNames = LOOPBACK_ONLY,
): boolean {
  if (!host) return false;
  if (LOOPBACK.test(host)) return true;
  const name = hostName(host);
  if (own.addresses && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return true;
  return publicHosts.has(name) || own.names.some((one) => one.toLowerCase() === name);
}

export function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

/** The key a client presented: `Authorization: Bearer`, `api-key` or `x-api-key`. */
export function presentedKey(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  if (authorization) {
    const match = /^bearer\s+(\S+)\s*$/i.exec(authorization);
    if (match) return match[1];
  }
  for (const name of ['x-api-key', 'api-key']) {
    const value = request.headers[name];
    if (typeof value === 'string' && value.trim()) return value.trim();
  }
  return undefined;
}

export interface PublicDoor {
  /** Public hosts of the tunnel, lower case, without port. */
  hosts: ReadonlySet<string>;
  /** The header in which the tunnel's own edge names the visitor; what else a visitor sends under that name never arrives. */
  visitorHeader: 'cf-connecting-ip' | 'x-forwarded-for';
  /** Hosts of this machine; they say nothing about where a request came from. */
  own?: OwnNames;
}

/**
 * Where a request came from, for throttling only. The visitor's address counts only when the request came through our own
 * tunnel; on loopback anybody could write it. Of several forwarded addresses the last one is the edge's own.
 */
export function sourceOf(request: IncomingMessage, door: PublicDoor): string {
  const { host } = request.headers;
  const named = request.headers[door.visitorHeader];
  if (host && door.hosts.has(hostName(host)) && typeof named === 'string') {
    return `tunnel:${networkOf(named.slice(named.lastIndexOf(',') + 1).trim())}`;
  }
  return networkOf(request.socket.remoteAddress ?? 'unknown');
}

/** Whoever has one IPv6 address has a /64 of them. What is no address at all is one source, whatever it says. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address);
  if (mapped) return mapped[1]!;
  const kind = isIP(address);
  if (kind !== 6) return kind === 4 ? address : 'unknown';
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - groups(tail).length);
  const all = [...left, ...Array.from({ length: missing }, () => '0'), ...groups(tail ?? '')];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

interface Misses {
  count: number;
  since: number;
}
export interface GuessLimit {
  /**
   * A wrong key came from here. Milliseconds to hold the refusal, or 'refuse' for 429. `peer`: who holds the other end of the
   * connection; all that comes from there counts together, since on loopback anybody can name any visitor.
   */
  missed(source: string, peer?: string): number | 'refuse';
}

const WINDOW_MS = 60_000;
const FREE_MISSES = 5;
const REFUSE_AFTER = 30;
/** So many times more may come through one peer: a tunnel program speaks for all visitors. */
const PEER_FACTOR = 10;
const MAX_SOURCES = 10_000;

/** Guesses at the key are slowed and then refused per source. A right key is never asked here. */
export function createGuessLimit(now: () => number): GuessLimit {
  const sources = new Map<string, Misses>();
  const peers = new Map<string, Misses>();

  function count(known: Map<string, Misses>, name: string): number {
    const at = now();
    let misses = known.get(name);
    if (!misses || at - misses.since > WINDOW_MS) misses = { count: 0, since: at };
    misses.count += 1;
    known.delete(name);
    known.set(name, misses);
    if (known.size > MAX_SOURCES) known.delete(known.keys().next().value!);
    return misses.count;
  }
  function hold(misses: number): number {
    return misses <= FREE_MISSES ? 0 : Math.min(200 * 2 ** (misses - FREE_MISSES - 1), 2_000);
  }

  return {
    missed(source, peer) {
      const own = count(sources, source);
      const all = peer === undefined ? 0 : Math.ceil(count(peers, peer) / PEER_FACTOR);
      if (own > REFUSE_AFTER || all > REFUSE_AFTER) return 'refuse';
      return Math.max(hold(own), hold(all));
    },
  };
}
