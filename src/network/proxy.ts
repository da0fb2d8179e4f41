/** Which proxy a provider is reached through: one answer from the editor's settings or the environment, nothing else. Pure. */
import type { NetworkSettings } from './settings';

type Environment = Readonly<Record<string, string | undefined>>;

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:']);

export class BadProxy extends Error {
  readonly code = 'BAD_PROXY';
  constructor() {
    super('the proxy setting is not an http address');
    this.name = 'BadProxy';
  }
}

/**
 * The proxy for `url`, or undefined for a direct connection. `http.proxy` of the editor wins over HTTPS_PROXY, HTTP_PROXY and
 * ALL_PROXY (small letters first); `http.noProxy` is joined to NO_PROXY.
 * @throws BadProxy when what is set is no http address.
 */
export function proxyFor(url: URL, network: NetworkSettings, env: Environment): URL | undefined {
  const either = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const wanted =
    network.proxy ||
    (url.protocol === 'https:' ? either('HTTPS_PROXY') : undefined) ||
    either('HTTP_PROXY') ||
    either('ALL_PROXY');
  if (!wanted || excluded(url, [...(network.noProxy ?? []), ...(either('NO_PROXY') ?? '').split(/[\s,]+/)])) {
    return undefined;
  }
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(wanted) ? wanted : `http://${wanted}`;
  if (!URL.canParse(text)) throw new BadProxy();
  const proxy = new URL(text);
  if (!SCHEMES.has(proxy.protocol)) throw new BadProxy();
  return proxy;
}

/** Entries as curl and editors write them: `*`, `host`, `.domain`, `*.domain`, each with or without `:port`. */
function excluded(url: URL, entries: readonly string[]): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => {
    const match = /^\s*(.*?)(?::(\d+))?\s*$/.exec(entry.toLowerCase())!;
    const name = match[1]!.replace(/^\*?\./, '');
    if (name === '' || (match[2] !== undefined && match[2] !== port)) return false;
    return name === '*' || host === name || host.endsWith(`.${name}`);
  });
}
