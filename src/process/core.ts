/** What the process offers to whoever drives it: the pipe (editor windows) or the terminal. Built in router.ts. */
import type { Settings } from '../config/schema';
import type { RequestRecord } from '../ledger/record';
import type {
  ConfigPush,
  ConfigResult,
  FoundBackend,
  InstallProgress,
  NetworkSettings,
  RouterState,
  TestResult,
  UsageRow,
} from './contract';

export interface RouterCore {
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
  models(): Promise<string[]>;
  /** Model names known without asking any backend. */
  listedModels(): string[];
  testBackend(request: { backend: unknown; key?: string; model?: string }): Promise<TestResult>;
  discover(): Promise<FoundBackend[]>;
  renewUrl(): Promise<void>;
  installCloudflared(onProgress: (progress: InstallProgress) => void, signal: AbortSignal): Promise<{ path: string }>;
  recentRequests(limit: number): RequestRecord[];
  usage(query: { from: string; to: string; by: 'day' | 'model' | 'backend' | 'key' }): Promise<UsageRow[]>;
  /** Look at the tunnel now. */
  focus(): void;
  onDidChange(listener: (state: RouterState) => void): () => void;
  onRequest(listener: (record: RequestRecord) => void): () => void;
}
