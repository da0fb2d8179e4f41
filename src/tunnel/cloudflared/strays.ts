/** cloudflareds that an earlier router of this data folder started, found without any note: by the path of their configuration. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { powershell } from '../../system/processes';
import { runForOutput } from '../commands';
import { localJson } from '../program';
import { tunnelFolder } from '../stateFile';
import type { TunnelWorld } from '../world';

/** Numbers of the processes that run `cloudflared tunnel --config FILE`. Never throws. */
export async function findByConfig(file: string, world: TunnelWorld): Promise<number[]> {
  try {
    if (world.platform === 'linux')
      return readdirSync('/proc')
        .filter((name) => runsWith(name, file))
        .map(Number);
    const [program, ...args] = world.platform === 'win32' ? powershell(world, WINDOWS_LIST) : POSIX_LIST;
    const { stdout } = await runForOutput(program, args, world, 10_000);
    return stdout.split('\n').flatMap((line) => pidOf(line, file));
  } catch {
    return [];
  }
}

const POSIX_LIST: [string, ...string[]] = ['/bin/ps', '-axww', '-o', 'pid=,command='];
const WINDOWS_LIST =
  'Get-CimInstance Win32_Process -Filter "Name=\'cloudflared.exe\'" | ForEach-Object { "$($_.ProcessId) $($_.CommandLine)" }';

function runsWith(pid: string, file: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const at = args.indexOf('--config');
    return at > 0 && args[at - 1] === 'tunnel' && args[at + 1] === file;
  } catch {
    return false; // ended meanwhile, or another user's
  }
}

/** From a line of a process list. */
export function pidOf(line: string, file: string): number[] {
  const [, pid, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line.trimEnd()) ?? [];
  const after = command.split(/tunnel"? --config "?/)[1];
  const ours = after !== undefined && (after === file || after.startsWith(`${file} `) || after.startsWith(`${file}"`));
  return pid && ours ? [Number(pid)] : [];
}

interface WrittenConfig {
  metricsPort: number;
  localPort: number;
  transport: 'quic' | 'http2';
  origin?: string;
}

/** What stands in the configuration that we wrote for it; undefined when that is missing or damaged. */
export function readWritten(file: string): WrittenConfig | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const metricsPort = Number(/^metrics: "127\.0\.0\.1:(\d+)"$/m.exec(text)?.[1]);
  const localPort = Number(/^url: "http:\/\/127\.0\.0\.1:(\d+)"$/m.exec(text)?.[1]);
  const transport = /^protocol: "(quic|http2)"$/m.exec(text)?.[1] as 'quic' | 'http2' | undefined;
  if (!metricsPort || !localPort || !transport) return undefined;
  const ingress = /^ingress: \[\{"service":(".*")\}\]$/m.exec(text)?.[1];
  const origin = ingress && (JSON.parse(ingress) as string).replace(/^unix:/, '');
  return { metricsPort, localPort, transport, ...(origin && { origin }) };
}

/** The public host of a quick tunnel, as the program that runs it says. */
export async function hostServed(metricsPort: number): Promise<string | undefined> {
  const host = (await localJson(metricsPort, '/quicktunnel'))?.hostname;
  return typeof host === 'string' && host !== '' ? host : undefined;
}

/** The host of the last quick tunnel that the log tells of. */
export function lastHost(dataDir: string): string | undefined {
  try {
    const log = readFileSync(path.join(tunnelFolder(dataDir), 'cloudflared.log'), 'utf8');
    return [...log.matchAll(/\|\s+https:\/\/([a-z0-9-]+\.trycloudflare\.com)\s+\|/g)].at(-1)?.[1];
  } catch {
    return undefined;
  }
}
