/** A whole small cloud on loopback: edge, quick service, DNS, proxy, and a cloudflared executable that works with it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundleScript } from './bundleProgram';
import { type Edge, startEdge } from './cloud/edge';
import { type Internet, startInternet } from './cloud/internet';
import { resolverSite } from './cloud/resolver';
import { programFile, removeFolder } from './platform';

/** How the executable behaves; read at each of its starts. */
export interface Plan {
  edgePort: number;
  ca: string;
  version?: string;
  /** Text logs although JSON was asked for (older builds). */
  text?: boolean;
  /** Lines cut at odd places, several a chunk. */
  oddChunks?: boolean;
  /** Rubbish before the first line. */
  garbage?: boolean;
  exitAtStart?: number;
  /** Starts and says nothing. */
  hang?: boolean;
  slowStartMs?: number;
  /** UDP 7844 is dropped. */
  quicBlocked?: boolean;
  /** The pre-checks find out that UDP is dropped. */
  precheckHttp2?: boolean;
  crashAfterMs?: number;
  /** The connection to the edge breaks every so often. */
  flapMs?: number;
  readyZero?: boolean;
  twoRegistered?: boolean;
  ignoreSigint?: boolean;
}

export interface FakeCloud {
  readonly binPath: string;
  /** PEM file of the test authority. */
  readonly caFile: string;
  /** For a router child process: the binary, the proxy in front of the made-up internet, and its authority. */
  readonly env: Record<string, string>;
  readonly edge: Edge;
  readonly internet: Internet;
  /** Behaviour of cloudflared from its next start on; what is not named is normal. */
  behave(plan: Omit<Plan, 'edgePort' | 'ca'>): void;
  /** Answer of DNS over HTTPS: does the name exist? By default what the edge knows. */
  dns(answer: ((host: string) => 'yes' | 'no' | 'broken') | undefined): void;
  stop(): Promise<void>;
}

export async function startFakeCloud(): Promise<FakeCloud> {
  const internet = await startInternet();
  const edge = await startEdge(internet.certificates);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-cloud-'));
  const binPath = path.join(folder, programFile('cloudflared'));
  const caFile = path.join(folder, 'ca.pem');
  writeFileSync(caFile, internet.certificates.ca);
  await bundleScript('test/support/cloud/cloudflaredProgram.ts', binPath);
  const behave: FakeCloud['behave'] = (plan) =>
    writeFileSync(
      path.join(folder, 'plan.json'),
      JSON.stringify({ ...plan, edgePort: edge.port, ca: internet.certificates.ca }),
    );
  behave({});

  let exists: (host: string) => 'yes' | 'no' | 'broken' = (host) => (edge.knows(host) ? 'yes' : 'no');
  internet.site('api.trycloudflare.com', edge.quickService);
  internet.site('trycloudflare.com', edge.visit);
  internet.site('*.trycloudflare.com', edge.visit);
  internet.site('*.example.com', edge.visit);
  resolverSite(internet, (host) => exists(host));

  return {
    binPath,
    caFile,
    env: {
      CLOUDFLARED_BIN: binPath,
      HTTPS_PROXY: internet.proxyUrl,
      NO_PROXY: '127.0.0.1,localhost',
      NODE_EXTRA_CA_CERTS: caFile,
    },
    edge,
    internet,
    behave,
    dns: (answer) => {
      exists = answer ?? ((host) => (edge.knows(host) ? 'yes' : 'no'));
    },
    async stop() {
      await edge.close();
      await internet.close();
      removeFolder(folder);
    },
  };
}
