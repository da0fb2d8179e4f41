/**
 * The window's side of the one router process: finds it or starts it, holds the lease, comes back when it dies.
 * Part of the extension bundle: node built-ins and vscode-jsonrpc only, no vscode, no zod.
 */
import type { SpawnRouter } from './spawnRouter';
import type {
  ConfigPush,
  ConfigResult,
  FoundBackend,
  InstallProgress,
  RouterState,
  TestResult,
  UsageRow,
} from './contract';
import type { RequestRecord } from '../ledger/record';

/** Where the window stands with the router process. What the router itself does is RouterState. */
export type ClientState =
  /** Looking for a running router process. */
  | { name: 'connecting' }
  /** Starting one, or waiting for the one that another window is starting. */
  | { name: 'starting' }
  | { name: 'connected'; pid: number; version: string }
  /** It ended unexpectedly; the next try is at `retryAt` (milliseconds since the epoch). */
  | { name: 'waiting'; message: string; retryAt: number; crashes: number }
  /** Given up until a person starts it again (`start()`); `logFile` says more. */
  | { name: 'failed'; message: string; logFile: string }
  /** The running router speaks a protocol this window does not know: "Reload window". Looked at again by itself. */
  | { name: 'incompatible'; message: string }
  | { name: 'closed' };

export interface ClientOptions {
  /** One folder per editor application; holds the install secret, generation files, logs. */
  dataDir: string;
  /** Version of this extension; a newer one takes over from an older router. */
  version: string;
  /** Starts the router process, see `nodeSpawner` in spawnRouter.ts. */
  spawn: SpawnRouter;
  /** Name of this window in the router's log, such as the session id. */
  window: string;
  /** Whether a router that this window meets for the first time is started (setting autoStart). A person's Stop stays in force. */
  autoStart: () => boolean;
  /** Protocols understood, for tests. Default: PROTOCOL and OLDEST_PROTOCOL. */
  protocol?: { newest: number; oldest: number };
  /** Waits before the tries after 1, 2, … crashes within two minutes, milliseconds; after the last comes 'failed'. */
  backoff?: readonly number[];
  /** Milliseconds a started process has until it answers. Default 5000. */
  startTimeout?: number;
}

/** Every call has a time limit, waits for the connection within it and rejects with a sentence for a person. */
export interface RouterClient {
  readonly clientState: ClientState;
  /** Last state pushed by the router; undefined while there is none. */
  readonly state: RouterState | undefined;
  /** Sends the settings, and keeps them: they are sent again after every re-connect. While not connected it resolves with what the next connection answers. */
  pushConfig(push: ConfigPush): Promise<ConfigResult>;
  /** Starts listener and tunnel. Also the way out of 'failed'. */
  start(): Promise<RouterState>;
  /** A person's Stop: listener and tunnel end, the process stays while windows are open; no window starts it again by itself. */
  stop(): Promise<RouterState>;
  restart(): Promise<RouterState>;
  models(): Promise<string[]>;
  testBackend(request: { backend: unknown; key?: string; model?: string }): Promise<TestResult>;
  discover(): Promise<FoundBackend[]>;
  renewUrl(): Promise<RouterState>;
  /** `signal` ends the download. */
  installCloudflared(signal?: AbortSignal): Promise<{ path: string }>;
  recentRequests(limit: number): Promise<RequestRecord[]>;
  usage(query: { from: string; to: string; by: 'day' | 'model' | 'backend' | 'key' }): Promise<UsageRow[]>;
  /** The window got the focus or the machine woke up; nothing happens while not connected. */
  focus(): void;
  /** All listeners: the returned function removes the listener. Listeners must not throw. */
  onState(listener: (state: RouterState | undefined) => void): () => void;
  onRequest(listener: (record: RequestRecord) => void): () => void;
  onProgress(listener: (progress: InstallProgress) => void): () => void;
  onClientState(listener: (state: ClientState) => void): () => void;
  /** What the router answered to a push that was sent again after a re-connect. */
  onConfigResult(listener: (result: ConfigResult) => void): () => void;
  /** Releases the lease at once; pending calls reject. */
  dispose(): void;
}

/** Returns at once; finding or starting the router goes on behind it. Never throws and never rejects: see `clientState`. */
export function connectRouter(options: ClientOptions): RouterClient {
  throw new Error(`connectRouter is not there yet (${options.window})`);
}
