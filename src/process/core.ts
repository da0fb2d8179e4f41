/** What the process offers to whoever drives it: the pipe (editor windows) or the terminal. Built by router/routerCore.ts. */

import type { ExportedFile } from '../config/formats/exportFiles';
import type { ImportPreview } from '../config/formats/importItems';
import type { KeyState } from '../ledger/admission';
import type { RequestRecord } from '../ledger/record';
import type { UsageQuery, UsageRow } from '../ledger/usage';
import type { NetworkSettings } from '../network/settings';
import type { Settings } from '../settings/schema';
import type { InstallProgress } from '../tunnel/tunnel';

import type { TunnelMoment } from '../tunnel/tunnelLog';
import type { FoundBackend } from '../upstream/discover';
import type { TestResult } from '../upstream/testBackend';
import type {
  ConfigPush,
  ConfigResult,
  DoctorHop,
  DoctorReport,
  DoctorRequest,
  RequestTelling,
  RouterState,
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
  /**
   * Looks at every hop of a request's way; `onHop` hears each in order. Never rejects: what cannot be looked at is a failed hop.
   * `attach`: another process of this installation serves, and this core looks at that one.
   */
  doctor(
    request: DoctorRequest & { attach?: { port: number; publicUrl?: string } },
    onHop: (hop: DoctorHop) => void,
    signal: AbortSignal,
  ): Promise<DoctorReport>;
  /** Files of a LiteLLM proxy with the same routes; no key is in them. */
  exportLiteLlm(): ExportedFile[];
  previewImport(request: { file: string; text: string; envText?: string }): ImportPreview;
  recentRequests(limit: number): RequestRecord[];
  usage(query: UsageQuery): Promise<UsageRow[]>;
  /** The same as a Markdown page. */
  usagePage(query: UsageQuery): Promise<string>;
  /** One of the newest 500 requests; throws a sentence when it is not among them. */
  requestStory(id: string): RequestTelling;
  /** Writes every request of the local days `from` to `to` to a CSV file; the number of requests. */
  exportUsage(query: { from: string; to: string; file: string }): Promise<number>;
  keyStates(): KeyState[];
  /** Bodies of requests and answers go to a file of their own, for debugging; never over a restart. */
  logBodies(on: boolean): void;
  tunnelHistory(): TunnelMoment[];
  /** Look at the tunnel now. */
  focus(): void;
  onDidChange(listener: (state: RouterState) => void): () => void;
  onRequest(listener: (record: RequestRecord) => void): () => void;
}
