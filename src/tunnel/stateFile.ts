/** What the tunnel remembers between runs, in one 0600 file of the data directory: it holds the secret of the quick tunnel. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../network/wholeFile';

/** As the quick service gives them; `secret` is base64. */
export interface QuickCredentials {
  id: string;
  account_tag: string;
  secret: string;
  hostname: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** When the URL was last proven to work. */
  lastOnlineAt?: number;
}

/** A program that runs on without us, with everything that proves it is ours. */
export interface RunningProgram {
  provider: string;
  pid: number;
  /** When the process started, as the system tells it: a reused pid has another one. */
  pidStart?: string;
  metricsPort: number;
  /** Public host of the tunnel. */
  host: string;
  connectorId?: string;
  /** Port of our listener that it forwards to. */
  localPort: number;
  transport: 'quic' | 'http2';
  /** The private socket that it forwards to instead of the port. */
  origin?: string;
}

export interface TunnelMemory {
  /** The mapping that we added to Tailscale Funnel. */
  funnel?: { port: number; target: string; binary: string };
  credentials?: QuickCredentials;
  running?: RunningProgram;
  /** Times of the last requests for a new tunnel: the budget holds across restarts. */
  requests?: number[];
  rateLimit?: { refusals: number; until: number };
  /** Network → transport that worked there. */
  transports?: Record<string, { transport: 'quic' | 'http2'; at: number }>;
}

export interface StateFile {
  readonly value: Readonly<TunnelMemory>;
  /** What an earlier run kept here is missing or damaged, and so is its copy: the path of the file. */
  readonly lost: string | undefined;
  /** Never throws: what cannot be written now is kept in memory. */
  update(change: Partial<TunnelMemory>): void;
}

/** Folder of everything the tunnel keeps: state, configuration and log of the program. */
export const tunnelFolder = (dataDir: string) => path.join(dataDir, 'tunnel');

/** What cloudflared was last started with: that it is there shows that there has been a state, too. */
export const configPath = (dataDir: string) => path.join(tunnelFolder(dataDir), 'cloudflared.yml');

/** What a program is started with. The folder may be gone, or could not be made when the tunnel was. */
export function writeConfig(file: string, text: string): void {
  makeFolder(path.dirname(file));
  writeWholeSync(file, text);
}

/** A damaged or missing file is read from its copy; where that is gone as well it counts as empty, and `lost` says so. */
export function openStateFile(dataDir: string): StateFile {
  const folder = tunnelFolder(dataDir);
  const file = path.join(folder, 'state.json');
  const copy = path.join(folder, 'state.copy.json');
  makeFolder(folder);
  // What a full disk did not take: it holds for this process, and the next change that can be written brings it along.
  let unsaved: Partial<TunnelMemory> = {};
  // Read anew each time: during a hand-over the router before us may still write.
  const read = (): TunnelMemory => readMemory(file) ?? readMemory(copy) ?? {};
  const known = readMemory(file) ?? readMemory(copy);
  const lost = known || !(existsSync(file) || existsSync(configPath(dataDir))) ? undefined : file;
  return {
    lost,
    get value() {
      return { ...read(), ...unsaved };
    },
    update(change) {
      unsaved = { ...unsaved, ...change };
      try {
        makeFolder(folder);
        const text = JSON.stringify({ ...read(), ...unsaved });
        writeWholeSync(file, text);
        unsaved = {};
        writeWholeSync(copy, text);
      } catch {
        // Notes are best effort: a tunnel works without them.
      }
    },
  };
}

/** undefined: missing, unreadable or damaged. */
function readMemory(file: string): TunnelMemory | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return parsed && typeof parsed === 'object' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Without it every later write says what is wrong, so nothing is thrown here. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {}
}
