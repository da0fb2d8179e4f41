/** How cloudflared is started and asked about itself (tunnel facts §3 and §4). */
import { type AddressInfo, createServer } from 'node:net';
import { type Link, TunnelProblem } from '../driver';
import { askLocal, launchProgram, localJson, type ProgramKind } from '../program';
import { say } from '../sentences';
import { configPath, type QuickCredentials, type StateFile, writeConfig } from '../stateFile';
import type { Transport } from '../transports';
import type { TunnelWorld } from '../world';
import { createCloudflaredLog } from './cloudflaredLog';
import { startRelay } from './relay';

export interface CloudflaredLaunch {
  dataDir: string;
  world: TunnelWorld;
  state: StateFile;
  binary: string;
  /** A person has named it. */
  chosen?: boolean;
  provider: string;
  host: string;
  localPort: number;
  /** Private socket of our listener, which nobody else can take, for programs that are new enough. */
  origin?: string;
  transport: Transport;
  /** Not the first start: no pre-checks. */
  again: boolean;
  /** Quick tunnel: what our relay answers. Named tunnel: the token. */
  identity: { credentials: QuickCredentials } | { token: string };
}

export function cloudflaredKind(transport: Transport): ProgramKind {
  return {
    logName: 'cloudflared.log',
    createLog: () => createCloudflaredLog(transport),
    async connected({ metricsPort }) {
      const ready = await askLocal(metricsPort, '/ready');
      return ready ? Number(ready.readyConnections) > 0 : undefined;
    },
    async connectorId({ metricsPort }) {
      const id = (await localJson(metricsPort, '/ready'))?.connectorId;
      return typeof id === 'string' ? id : undefined;
    },
    // It leaves at once, and then waits its whole grace period, idle or not.
    graceMs: 1_000,
    // QUIC comes back by itself within seconds; HTTP/2 may take most of a minute, so a respawn is faster.
    lostAfterMs: transport === 'quic' ? 8_000 : 2_000,
    // Without pings, a dead HTTP/2 connection looks alive for minutes.
    honest: transport === 'quic',
  };
}

/** The machine has no room for another process just now. */
const SHORT_OF = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOSPC']);

/** Throws a TunnelProblem when it cannot be started. */
export async function launchCloudflared(launch: CloudflaredLaunch): Promise<Link> {
  const { dataDir, world, state, identity, transport, localPort, origin, provider, host, binary } = launch;
  const relay = 'credentials' in identity ? await startRelay(identity.credentials) : undefined;
  const config = configPath(dataDir);
  let metricsPort: number;
  try {
    metricsPort = await freePort();
    writeConfig(config, configText(launch, relay?.url, metricsPort));
  } catch (error) {
    relay?.close();
    throw error;
  }
  return launchProgram({
    dataDir,
    world,
    state,
    kind: cloudflaredKind(transport),
    binary,
    // Arguments can be read by every user of the machine; everything else stands in the private file.
    args: ['tunnel', '--config', config, ...(relay ? [] : ['run'])],
    env: { TUNNEL_LOG_OUTPUT: 'json', ...('token' in identity && { TUNNEL_TOKEN: identity.token }) },
    running: { provider, host, localPort, transport, ...(origin && { origin }) },
    metricsPort,
    atEnd: () => relay?.close(),
  }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code ?? error.message;
    // Another program would not start either, so nobody is asked to install one.
    if (SHORT_OF.has(why)) throw new TunnelProblem('error', say.noProcess('cloudflared', why));
    throw new TunnelProblem('error', (launch.chosen ? say.chosenBinaryFails : say.binaryFails)(binary, why), {
      missingBinary: true,
    });
  });
}

/**
 * Known before it starts, so that it can be asked without a line of its log. Taken by another meanwhile, the program ends at its
 * start, and the next try has another one.
 */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function configText(
  { localPort, origin, transport, again }: CloudflaredLaunch,
  quickService: string | undefined,
  metricsPort: number,
): string {
  const entries: Record<string, string | number | boolean | object | undefined> = {
    url: `http://127.0.0.1:${localPort}`,
    // Wins over the url, which only makes it a quick tunnel.
    ingress: origin && [{ service: `unix:${origin}` }],
    'quick-service': quickService,
    protocol: transport,
    'edge-ip-version': 'auto',
    metrics: `127.0.0.1:${metricsPort}`,
    'no-autoupdate': true,
    retries: 2,
    // For a signal from elsewhere (the service manager, the logoff): as long as the router lets answers run. We end it sooner.
    'grace-period': '10s',
    'management-diagnostics': quickService ? false : undefined,
    'no-prechecks': again || undefined,
  };
  return Object.entries(entries)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}
