/** Which proxy a host is reached through: one answer for backends, tunnel, verification, download and Doctor. Pure. */
import { BlockList, isIP } from 'node:net';
import { SaidError } from '../said';
import { say } from './sentences';
import type { NetworkSettings } from './settings';

type Environment = Readonly<Record<string, string | undefined>>;

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:']);

/** What is set is no http proxy. The message names where it is set and holds nothing of the address: a password may be in it. */
export class BadProxy extends SaidError {
  readonly code = 'BAD_PROXY';
  constructor(where: string, socks: boolean) {
    super(socks ? say.socksProxy(where) : say.badProxy(where));
    this.name = 'BadProxy';
  }
}

/**
 * The proxy for `url`, or undefined for a direct connection. `http.proxy` of the editor wins over HTTPS_PROXY, HTTP_PROXY and
 * ALL_PROXY (small letters first); `http.noProxy` is joined to NO_PROXY.
 * @throws BadProxy when what is set is no http address.
 */
export function proxyFor(url: URL, network: NetworkSettings, env: Environment): URL | undefined {
  const wanted = wantedProxy(url, network, env);
  const exceptions = [...(network.noProxy ?? []), ...(either(env, 'NO_PROXY')?.value ?? '').split(/[\s,]+/)];
  if (!wanted || excluded(url, exceptions)) return undefined;
  const { name, value } = wanted;
  // A percent sign that begins no code is one of a password that was written as it is; decoding it would throw.
  const written = value.replace(/%(?![\da-f]{2})/gi, '%25');
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (!proxy || !SCHEMES.has(proxy.protocol)) throw new BadProxy(name, /^socks/i.test(text));
  return proxy;
}

interface Named {
  name: string;
  value: string;
}

function wantedProxy(url: URL, network: NetworkSettings, env: Environment): Named | undefined {
  if (network.proxy) return { name: 'http.proxy', value: network.proxy };
  return (
    (url.protocol === 'https:' ? either(env, 'HTTPS_PROXY') : undefined) ??
    either(env, 'HTTP_PROXY') ??
    either(env, 'ALL_PROXY')
  );
}

/** A variable, small letters first; an empty one counts as unset. */
function either(env: Environment, upper: string): Named | undefined {
  for (const name of [upper.toLowerCase(), upper]) {
    const value = env[name]?.trim();
    if (value) return { name, value };
  }
  return undefined;
}

/** Entries as curl, Go and editors write them: `*`, `host`, `.domain`, `*.domain`, an address or a CIDR range, with or without `:port`. */
function excluded(url: URL, entries: readonly string[]): boolean {
  const host = bare(url.hostname.toLowerCase());
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => {
    const written = hostAndPort(entry.trim().toLowerCase());
    const name = written.host.replace(/^\*?\./, '');
    if (name === '' || (written.port !== undefined && written.port !== port)) return false;
    return name === '*' || host === name || (isIP(host) === 0 ? host.endsWith(`.${name}`) : inRange(host, name));
  });
}

/** A bare IPv6 address has colons of its own: only one in brackets can have a port. */
function hostAndPort(entry: string): { host: string; port?: string } {
  if (isIP(entry.split('/')[0]!) === 6) return { host: entry };
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(entry)!;
  return { host: bare(host!), ...(port !== undefined && { port }) };
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '');

/** An address inside `10.0.0.0/8` or `fd00::/8`, or the same address written another way. */
function inRange(host: string, entry: string): boolean {
  const [base, bits] = entry.split('/') as [string, string?];
  const kind = isIP(base);
  if (kind === 0 || kind !== isIP(host)) return false;
  const widest = kind === 4 ? 32 : 128;
  const prefix = bits === undefined ? widest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= widest)) return false;
  const type = kind === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(base, prefix, type);
  return range.check(host, type);
}
