/** What the editor knows about the network and the router does not: proxy and trusted certificates. */

import tls from 'node:tls';
import { workspace } from 'vscode';
import type { NetworkSettings } from '../network/settings';

export function networkSettings(): NetworkSettings {
  const http = workspace.getConfiguration('http');
  const network: NetworkSettings = {};
  const proxy = http.get<string>('proxy');
  if (proxy && http.get<string>('proxySupport') !== 'off') network.proxy = proxy;
  const noProxy = http.get<string[]>('noProxy');
  if (Array.isArray(noProxy) && noProxy.length > 0) network.noProxy = noProxy;
  if (http.get<boolean>('proxyStrictSSL') === false) network.strictSsl = false;
  const ca = http.get<boolean>('systemCertificates') === false ? [] : systemCertificates();
  if (ca.length > 0) network.ca = ca;
  return network;
}

let known: string[] | undefined;

/** Certificates that the system trusts beyond Node's own list, such as a company's; empty where Node cannot tell (before 22.15). */
function systemCertificates(): string[] {
  if (known) return known;
  const api = tls as unknown as { getCACertificates?: (type: 'system') => string[] };
  try {
    const builtIn = new Set(tls.rootCertificates.map(normal));
    known = (api.getCACertificates?.('system') ?? []).filter((certificate) => !builtIn.has(normal(certificate)));
  } catch {
    known = [];
  }
  return known;
}

const normal = (certificate: string): string => certificate.replace(/\s+/g, '');
