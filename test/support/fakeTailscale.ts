/** A made-up tailnet with Funnel: the command over a state file, and the public side that follows it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundleScript } from './bundleProgram';
import { forward } from './cloud/forward';
import type { Internet } from './cloud/internet';
import { programFile } from './platform';

export interface TailscaleState {
  name: string;
  /** undefined: the service does not run. */
  backend?: 'Running' | 'Stopped' | 'NeedsLogin' | 'NeedsMachineAuth' | 'Starting';
  expired?: boolean;
  /** HTTPS certificates are on for the tailnet. */
  https: boolean;
  /** Funnel is enabled for this machine. */
  funnel: boolean;
  /** This user may not change Funnel. */
  denied?: boolean;
  shields?: boolean;
  /** The service takes the question and never answers. */
  silent?: boolean;
  serve?: {
    TCP?: Record<string, unknown>;
    Web?: Record<string, { Handlers: Record<string, { Proxy?: string; Text?: string }> }>;
    AllowFunnel?: Record<string, boolean>;
    /** What commands in terminals hold, by their session. */
    Foreground?: Record<string, object>;
  };
}

export const TAILNET_NAME = 'desk.tail1234.ts.net';

export interface FakeTailscale {
  readonly binPath: string;
  readonly state: TailscaleState;
  change(change: Partial<TailscaleState>): void;
  stop(): void;
}

export async function startFakeTailscale(internet: Internet): Promise<FakeTailscale> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-tailscale-'));
  const binPath = path.join(folder, programFile('tailscale'));
  const file = path.join(folder, 'state.json');
  const read = () => JSON.parse(readFileSync(file, 'utf8')) as TailscaleState;
  writeFileSync(file, JSON.stringify({ name: TAILNET_NAME, backend: 'Running', https: true, funnel: true }));
  await bundleScript('test/support/cloud/tailscaleProgram.ts', binPath);
  internet.site('*.tail1234.ts.net', (request, response) => {
    const { backend, serve } = read();
    const [host, port = '443'] = (request.headers.host ?? '').split(':');
    const key = `${host}:${port}`;
    const target = serve?.AllowFunnel?.[key] && serve.Web?.[key]?.Handlers['/']?.Proxy;
    if (backend === 'Running' && target) forward(target, request, response, () => response.writeHead(502).end());
    else response.destroy();
  });
  return {
    binPath,
    get state() {
      return read();
    },
    change: (change) => writeFileSync(file, JSON.stringify({ ...read(), ...change })),
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
}
