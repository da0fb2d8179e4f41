/** What the editor knows about the network and the router does not: proxy and trusted certificates. */

import tls from 'node:tls';
import { Worker } from 'node:worker_threads';
import { workspace } from 'vscode';
import type { NetworkSettings } from '../network/settings';

export async function networkSettings(): Promise<NetworkSettings> {
  const http = workspace.getConfiguration('http');
  const network: NetworkSettings = {};
  const proxy = http.get<string>('proxy');
  if (proxy && http.get<string>('proxySupport') !== 'off') network.proxy = proxy;
  const noProxy = http.get<string[]>('noProxy');
  if (Array.isArray(noProxy) && noProxy.length > 0) network.noProxy = noProxy;
  if (http.get<boolean>('proxyStrictSSL') === false) network.strictSsl = false;
  const ca = http.get<boolean>('systemCertificates') === false ? [] : await (known ??= systemCertificates());
  if (ca.length > 0) network.ca = ca;
  return network;
}

let known: Promise<string[]> | undefined;

/** macOS asks about each certificate in turn: some seconds, ten on a company's Mac. */
const READ_MS = 60_000;
const READ = "require('worker_threads').parentPort.postMessage(require('tls').getCACertificates('system'))";
const api = tls as unknown as { getCACertificates?: (type: 'system') => string[] };

/**
 * Certificates that the system trusts beyond Node's own list, such as a company's; empty where Node cannot tell (before 22.15).
 * Read by a thread of its own: on this one every extension of the window would stand still meanwhile (nodejs/node#63313).
 */
export async function systemCertificates(): Promise<string[]> {
  if (!api.getCACertificates) return [];
  const all = await new Promise<string[]>((resolve) => {
    try {
      const worker = new Worker(READ, { eval: true });
      const late = setTimeout(() => void worker.terminate(), READ_MS);
      const end = (certificates: string[]): void => {
        clearTimeout(late);
        resolve(certificates);
      };
      worker.on('message', end).on('error', () => end(readHere()));
      worker.on('exit', () => end([]));
    } catch {
      resolve(readHere());
    }
  });
  const builtIn = new Set(tls.rootCertificates.map(normal));
  return all.filter((certificate) => !builtIn.has(normal(certificate)));
}

function readHere(): string[] {
  try {
    return api.getCACertificates!('system');
  } catch {
    return [];
  }
}

const normal = (certificate: string): string => certificate.replace(/\s+/g, '');
