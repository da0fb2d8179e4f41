/**
 * The typed contract between an editor window and the router process (design §2.3): JSON-RPC over a local pipe.
 * Both bundles import this file and nothing else of each other. Changing a shape means a new PROTOCOL.
 */

import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc';
import type { ExportedFile } from '../config/formats/exportFiles';
import type { ImportPreview } from '../config/formats/importItems';
import type { KeyState } from '../ledger/admission';
import type { RequestRecord } from '../ledger/record';
import type { UsageQuery, UsageRow } from '../ledger/usage';
import type { NetworkSettings } from '../network/settings';
import type { Problem } from '../settings/problem';
import type { CursorAppState } from '../troubles/cursor';
import type { InstallProgress, TunnelStatus } from '../tunnel/tunnel';
import type { TunnelMoment } from '../tunnel/tunnelLog';
import type { FoundBackend } from '../upstream/discover';
import type { TestResult } from '../upstream/testBackend';

/** This build speaks PROTOCOL and understands the one before it. Both sides name their range; the highest common one is spoken. */
export const PROTOCOL = 1;
export const OLDEST_PROTOCOL = 1;

export interface BackendState {
  name: string;
  preset?: string;
  baseUrl: string;
  hasKey: boolean;
  needsKey: boolean;
  isDefault: boolean;
  /** ok: last request went well; unknown: none yet; cooling: waiting before the next try; failing: last request failed. */
  health: 'ok' | 'unknown' | 'cooling' | 'failing';
  coolingUntil?: number;
  lastError?: string;
  /** Failing because the provider does not accept the key. */
  keyRefused?: boolean;
  /** When a test asked for by a person last went well; told while there is no request to go by. */
  testedAt?: number;
}

export interface CursorSighting {
  /** Milliseconds since the epoch of Cursor's last request. */
  lastSeen: number;
  /** Host it came through. */
  host: string;
  /** Cursor has only reached us through a URL that is no longer ours. */
  outdated: boolean;
  lastRefusal?: string;
  /** Refused requests that say they are Cursor's, since it last came through; on a public address anybody can say so. */
  refused?: { count: number; lastAt: number };
}

/** Everything a window shows. One value, pushed whole, at most a few times a second. */
export interface RouterState {
  phase: 'stopped' | 'starting' | 'running' | 'draining';
  version: string;
  pid: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  port?: number;
  /** http://127.0.0.1:PORT/v1 */
  localUrl?: string;
  /** What to paste into Cursor, ends in /v1; only when the tunnel says it works. */
  publicUrl?: string;
  tunnel: TunnelStatus;
  backends: BackendState[];
  problems: Problem[];
  cursor?: CursorSighting;
  /** What Cursor holds, where it can be read. */
  cursorApp?: CursorAppState;
  lastRequest?: RequestRecord;
  today?: { requests: number; tokens: number; cost: number; costKnown: boolean };
  running: number;
  windows: number;
  /** One sentence about something a person should know: port taken, crash recovered, key missing. */
  notice?: string;
  /** What the notice is about, where that is known: a budget of a client key, the usage log, a taken port. */
  noticeAbout?: 'clientKeys' | 'ledger' | 'port';
  /** Present while bodies are logged for debugging: where they are written. */
  bodyLog?: { file: string };
}

/** One request told to a person. Neither holds a prompt, an answer or a key. */
export interface RequestTelling {
  /** Markdown. */
  story: string;
  /** A curl command with `$LLM_ROUTER_KEY` in the place of the key. */
  curl: string;
}

export interface ConfigPush {
  /** The settings as written in the editor, unvalidated (the router validates). */
  settings: unknown;
  /** Key store entries: backend name or apiKeyName → key; `client:main`, `client:NAME` → client keys; `tunnel:…` → tunnel secrets. */
  secrets: Record<string, string>;
  network: NetworkSettings;
  /** When any of it was last changed, milliseconds since the epoch. Older pushes are ignored. */
  changedAt: number;
}
export interface ConfigResult {
  applied: boolean;
  /** Why not: 'stale' (a newer push is in force) or 'invalid' (see problems; the last good settings stay). */
  reason?: 'stale' | 'invalid';
  problems: Problem[];
  /** `changedAt` of the settings in force (stale: newer than the refused push). */
  changedAt?: number;
}

export interface Hello {
  /** The newest protocol the window speaks. */
  protocol: number;
  /** The oldest one it still understands; absent: only `protocol`. */
  oldest?: number;
  version: string;
  /** Random, hex. The router answers with its proof first (design §2.3). */
  nonce: string;
}
export interface HelloAnswer {
  protocol: number;
  oldest?: number;
  version: string;
  pid: number;
  nonce: string;
  /** handedOver: it only finishes its running streams, look for the newer one. ending: it is gone in a moment, then start another. */
  leaving?: 'handedOver' | 'ending';
  /** HMAC-SHA256 over `router:${client nonce}` with the install secret, hex. */
  proof: string;
}

/** A button: a command of the extension or of the editor, with one argument where it takes one. */
export interface DoctorAction {
  title: string;
  command: string;
  argument?: string;
}
/** One hop of a request's way as the Doctor found it. No key, prompt, user name or host name is in it. */
export interface DoctorHop {
  /** `settings`, `process`, `port`, `local`, `backend:NAME`, `tunnel-binary`, … in this order. */
  id: string;
  title: string;
  /** skipped: there was nothing to look at; `why` says so. */
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found, a sentence. */
  why: string;
  /** What to do, a sentence; present when there is something to do. */
  fix?: string;
  action?: DoctorAction;
  ms: number;
}
export interface DoctorReport {
  version: string;
  /** As `linux x64, Node 20.19.0`. */
  platform: string;
  /** ISO time, UTC. */
  at: string;
  ms: number;
  hops: DoctorHop[];
  /** Ended by the person; later hops are missing. */
  cancelled?: true;
}
export interface DoctorRequest {
  /** Also sends small real requests to each backend, which may cost a little. */
  paid?: boolean;
  /** Version of the extension in the window that asks. */
  windowVersion?: string;
}

export const rpc = {
  hello: new RequestType<Hello, HelloAnswer, void>('hello'),
  /** HMAC-SHA256 over `window:${router nonce}`, hex. Before this every other call is refused. */
  prove: new RequestType<{ proof: string; window: string }, RouterState, void>('prove'),
  pushConfig: new RequestType<ConfigPush, ConfigResult, void>('pushConfig'),
  start: new RequestType0<RouterState, void>('start'),
  /** `start`, unless a person stopped the router: what a window calls by itself when it opens or comes back. */
  resume: new RequestType0<RouterState, void>('resume'),
  stop: new RequestType0<RouterState, void>('stop'),
  restart: new RequestType0<RouterState, void>('restart'),
  state: new RequestType0<RouterState, void>('state'),
  models: new RequestType0<string[], void>('models'),
  /** Sends one small real request with the given settings and key; nothing is stored. */
  testBackend: new RequestType<{ backend: unknown; key?: string; model?: string }, TestResult, void>('testBackend'),
  discover: new RequestType0<FoundBackend[], void>('discover'),
  renewUrl: new RequestType0<RouterState, void>('renewUrl'),
  installCloudflared: new RequestType0<{ path: string }, void>('installCloudflared'),
  /** Looks at every hop; each is told as `doctorHop` when it and those before it are known. Cancellable. */
  doctor: new RequestType<DoctorRequest, DoctorReport, void>('doctor'),
  /** The configuration in force as a folder for a LiteLLM proxy; without keys. */
  exportLiteLlm: new RequestType0<ExportedFile[], void>('exportLiteLlm'),
  /** What a configuration file (with its .env) would become; changes nothing. Keys in the answer are those of the text. */
  previewImport: new RequestType<{ file: string; text: string; envText?: string }, ImportPreview, void>(
    'previewImport',
  ),
  recentRequests: new RequestType<{ limit: number }, RequestRecord[], void>('recentRequests'),
  usage: new RequestType<UsageQuery, UsageRow[], void>('usage'),
  /** The same sums as a Markdown page. */
  usagePage: new RequestType<UsageQuery, string, void>('usagePage'),
  /** One of the newest 500 requests; rejects with a sentence when it is not among them. */
  requestStory: new RequestType<{ id: string }, RequestTelling, void>('requestStory'),
  /** Writes the requests of a time (local days, inclusive) to a file, as CSV. */
  exportUsage: new RequestType<{ from: string; to: string; file: string }, { requests: number }, void>('exportUsage'),
  /** The main key and every configured one: running requests, use of the last minute, budgets. */
  keyStates: new RequestType0<KeyState[], void>('keyStates'),
  /** Switches the logging of bodies for debugging; off again when the router ends. */
  logBodies: new RequestType<{ on: boolean }, RouterState, void>('logBodies'),
  /** The states of the tunnel since the router started, oldest first, at most the last 200. */
  tunnelHistory: new RequestType0<TunnelMoment[], void>('tunnelHistory'),
  /**
   * The new router asks the old one to step aside (update). Answers when its listener is free.
   * `running`: it was serving; false when a person had stopped it. The caller's connection keeps the old one alive until its streams have ended.
   */
  handOver: new RequestType<{ version: string }, { port?: number; running?: boolean }, void>('handOver'),
} as const;

/** How long each call may take, milliseconds. The router refuses later answers; the window waits a little longer, so that it hears why. */
export const TIME_LIMITS: Readonly<Record<keyof typeof rpc, number>> = {
  hello: 5_000,
  prove: 5_000,
  pushConfig: 20_000,
  start: 30_000,
  resume: 30_000,
  stop: 30_000,
  restart: 60_000,
  state: 5_000,
  models: 20_000,
  testBackend: 90_000,
  discover: 15_000,
  renewUrl: 90_000,
  installCloudflared: 900_000,
  doctor: 300_000,
  exportLiteLlm: 5_000,
  previewImport: 10_000,
  recentRequests: 5_000,
  usage: 30_000,
  usagePage: 30_000,
  requestStory: 5_000,
  exportUsage: 300_000,
  keyStates: 5_000,
  logBodies: 5_000,
  tunnelHistory: 5_000,
  handOver: 15_000,
};

export const events = {
  /** Router → window. */
  state: new NotificationType<RouterState>('state'),
  /** Router → window, one for each finished request, in bundles. */
  request: new NotificationType<RequestRecord>('request'),
  installProgress: new NotificationType<InstallProgress>('installProgress'),
  /** Router → the window that asked for a Doctor. */
  doctorHop: new NotificationType<DoctorHop>('doctorHop'),
  /** Router → window: a newer router has taken over, attach to that one. The connection ends with it. */
  handedOver: new NotificationType<{ version: string }>('handedOver'),
  /** Window → router: the window got the focus or the machine woke up. */
  focus: new NotificationType<void>('focus'),
} as const;
