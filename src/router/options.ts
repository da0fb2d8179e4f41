/** What the core is given once, and what comes into force again and again. */
import type { NetworkSettings } from '../network/settings';
import type { LogLevel, ServerTimes } from '../server/runtime';
import type { Problem } from '../settings/problem';
import type { Settings } from '../settings/schema';

export interface CoreOptions {
  dataDir: string;
  /** Install secret: proves to a caller of /health that it is us. */
  secret: string;
  env: Readonly<Record<string, string | undefined>>;
  host: string;
  /** The port was asked for by name: taken is an error, not a reason to move on. */
  exactPort: boolean;
  /** The setting log.level has come into force. */
  onLogLevel?(level: LogLevel): void;
  /** A missing cloudflared may be downloaded by the tunnel itself. */
  mayInstall: boolean;
  /** Port of the router before this one, and the setting it stood for: with the same setting it is taken again. */
  lastPort?: { port: number; setting: number | undefined };
  /** Where Cursor's own settings may lie; none: they are not looked at. */
  cursorFiles?: readonly string[];
  /** This process runs on an editor's runtime and outlives its windows. */
  closing?: { runtime: string; windows(): number; hold(): () => void };
  /** Patience with clients where it is not the usual one. */
  times?: Partial<ServerTimes>;
  log(level: LogLevel, line: string): void;
}

/** Validated settings with the keys and the network that belong to them. */
export interface Configuration {
  settings: Settings;
  secrets: Readonly<Record<string, string>>;
  network: NetworkSettings;
  problems: readonly Problem[];
}
