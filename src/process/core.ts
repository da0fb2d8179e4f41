/** What the process offers to whoever drives it: the pipe (editor windows) or the terminal. Built by router/routerCore.ts. */

import type { RequestRecord } from '../ledger/record';
import type { NetworkSettings } from '../network/settings';
import type { Settings } from '../settings/schema';
import type {
  CallsBy,
  ConfigPush,
  ConfigResult,
  DoctorHop,
  DoctorReport,
  DoctorRequest,
  RouterState,
} from './contract';

/** Beside what it does of itself: every call of the contract that is the core's. */
export interface RouterCore extends CallsBy<'core'> {
  readonly state: RouterState;
  /** Validated settings, keys and network come into force for the next request; running ones keep theirs. */
  configure(config: {
    settings: Settings;
    secrets: Readonly<Record<string, string>>;
    network: NetworkSettings;
    problems: ConfigResult['problems'];
  }): Promise<void>;
  /** Validates and configures; the last good configuration stays when it is invalid. */
  push(config: ConfigPush): Promise<ConfigResult>;
  /** Listener, then tunnel. Resolves when the listener is up; safe to call twice. */
  start(): Promise<void>;
  /**
   * Ends listener and tunnel; running streams get up to `drainMs`. `keepTunnel`: its process runs on, to be adopted by the next router.
   * The phase becomes `draining` when the listener no longer accepts (the port is free) and `stopped` when everything has ended.
   */
  stop(options?: { drainMs?: number; keepTunnel?: boolean }): Promise<void>;
  /** After the last `stop`: writes what is still to be written and lets go of all files. */
  close(): Promise<void>;
  /** Model names known without asking any backend. */
  listedModels(): string[];
  /** `attach`: another process of this installation serves, and this core looks at that one. No window can ask for it. */
  doctor(
    request: DoctorRequest,
    onHop: (hop: DoctorHop) => void,
    signal: AbortSignal,
    attach?: { port: number; publicUrl?: string },
  ): Promise<DoctorReport>;
  /** Look at the tunnel now. */
  focus(): void;
  onDidChange(listener: (state: RouterState) => void): () => void;
  onRequest(listener: (record: RequestRecord) => void): () => void;
}
