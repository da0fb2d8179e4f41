/** Which authorities are trusted, for everything that goes out. */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import type { NetworkSettings } from './settings';

/**
 * What `tls.connect` needs in order to trust them. A list of our own has some 150 certificates, and as `ca` each connection would
 * parse all of them, 30 ms of CPU: here the first one that asks does, for all.
 */
export function trust(
  network: NetworkSettings,
  env: Readonly<Record<string, string | undefined>>,
): () => { secureContext?: tls.SecureContext } {
  const ca = trustedCertificates(network, env);
  let trusted: { secureContext?: tls.SecureContext } | undefined;
  return () => (trusted ??= ca ? { secureContext: tls.createSecureContext({ ca }) } : {});
}

/** What the editor hands over and NODE_EXTRA_CA_CERTS names, beside what Node trusts by itself; undefined without either. */
function trustedCertificates(
  network: NetworkSettings,
  env: Readonly<Record<string, string | undefined>>,
): string[] | undefined {
  const more = [...(network.ca ?? []), ...extraCertificates(env.NODE_EXTRA_CA_CERTS)];
  if (more.length === 0) return undefined;
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return [...(getCACertificates?.('default') ?? tls.rootCertificates), ...more];
}

/** Read here because a list of our own replaces what Node had read itself, and because editors' runtimes may not read it. */
function extraCertificates(file: string | undefined): string[] {
  if (!file) return [];
  try {
    return [readFileSync(file, 'utf8')];
  } catch {
    return []; // Node warns about such a file and goes on; so do we.
  }
}
