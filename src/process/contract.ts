/**
 * The typed contract between an editor window and the router process (design §2.3): JSON-RPC over a local pipe.
 * Both bundles import this file and nothing else of each other. Changing a shape means a new PROTOCOL.
 */

import { type CancellationToken, type MessageConnection, NotificationType } from 'vscode-jsonrpc';
import type { ExportedFile } from '../config/formats/exportFiles';
import type { ImportPreview } from '../config/formats/importItems';
import type { KeyState } from '../ledger/admission';
import type { RequestRecord } from '../ledger/record';
import type { UsageQuery, UsageRow } from '../ledger/usage';
import type { NetworkSettings } from '../network/settings';
import type { Said, Says, Told, Words } from '../said';
import type { Problem } from '../settings/problem';
import type { CursorAppState } from '../troubles/cursor';
import type { InstallProgress, TunnelStatus } from '../tunnel/tunnel';
import type { TunnelMoment } from '../tunnel/tunnelLog';
import type { Credit } from '../upstream/creditWords';
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
  /** The same as code and values, where the words are the router's own. */
  lastErrorSays?: Said;
  /** Failing because the provider does not accept the key. */
  keyRefused?: boolean;
  /** When a test asked for by a person last went well; told while there is no request to go by. */
  testedAt?: number;
  /** Its last long prompt was cut: in a sentence, and what to do. */
  promptCut?: Told<'what' | 'fix'>;
  /** What is left at the provider, where it publishes that. */
  credit?: Credit;
}

export interface CursorSighting {
  /** Milliseconds since the epoch of Cursor's last request that had the right key; 0: none had. */
  lastSeen: number;
  /** Host it came through. */
  host: string;
  /** Cursor has only reached us through a URL that is no longer ours. */
  outdated: boolean;
  lastRefusal?: string;
  /** The same as code and values. */
  lastRefusalSays?: Said;
  /** Refused requests that say they are Cursor's, since it last came through; on a public address anybody can say so. */
  refused?: { count: number; lastAt: number };
}

/** Model names to put into Cursor, with URL and switch; or everything back as it was. */
export type CursorWrite = { models: string[] } | { undo: true };

/** What becomes of it. */
export interface CursorJob extends Told<'text'> {
  phase: 'waiting' | 'done' | 'failed';
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
  /** A person may have it written while Cursor is closed; `undoable`: what stood there before is kept. */
  cursorWrite?: { able: boolean; undoable: boolean; job?: CursorJob };
  lastRequest?: RequestRecord;
  today?: { requests: number; tokens: number; cost: number; costKnown: boolean };
  running: number;
  windows: number;
  /** Of all windows this is the one that acts where one must. */
  leads?: boolean;
  /** One sentence about something a person should know: port taken, crash recovered, key missing. */
  notice?: string;
  /** The same as code and values. */
  noticeSays?: Said;
  /** What the notice is about, where that is known: a budget of a client key, the usage log, a taken port. */
  noticeAbout?: 'clientKeys' | 'ledger' | 'port';
  /** Present while bodies are logged for debugging: where they are written. */
  bodyLog?: { file: string };
  /** Present while metrics are served: where, and the file with the token to send. */
  metrics?: { url: string; tokenFile: string };
}

/** One request told to a person. Neither holds a prompt, an answer or a key. */
export interface RequestTelling {
  /** Markdown. */
  story: string;
  /** The same line by line, as codes and values where they are the router's own. */
  lines?: Words[];
  /** A curl command with `$LLM_ROUTER_KEY` in the place of the key. */
  curl: string;
  /** As the client wrote it. */
  model: string;
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
  /** The same as codes and values, for another language; missing where the words are not the Doctor's own. */
  says?: Says<'title' | 'why' | 'fix'>;
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

/** What goes with a failed call beside its sentence. */
export interface FailureData {
  /** The sentence as code and values. */
  says?: Said;
}

/** Who carries a call out: the pipe itself, `Commands` (one after the other, for it changes something) or the core. */
export type By = 'pipe' | 'commands' | 'core';

export interface Call<Who extends By, Request, Answer, Told = never> {
  readonly by: Who;
  /** How long it may take, milliseconds. The router refuses later answers; the window waits a little longer, so that it hears why. */
  readonly limit: number;
  /** The answer is the state after it: who carries it out returns nothing. */
  readonly answers?: 'state';
  /** The event that says how it goes. Such a call can be ended early. */
  readonly tells?: keyof typeof events;
  /** Never there: what travels. */
  readonly travels?: { request: Request; answer: Answer; told: Told };
}

const pipe = <Request, Answer>(limit: number): Call<'pipe', Request, Answer> => ({ by: 'pipe', limit });
const command = <Request, Answer>(limit: number): Call<'commands', Request, Answer> => ({ by: 'commands', limit });
const change = <Request>(limit: number): Call<'commands', Request, RouterState> => ({
  by: 'commands',
  limit,
  answers: 'state',
});
const core = <Request, Answer>(limit: number): Call<'core', Request, Answer> => ({ by: 'core', limit });
const coreChange = <Request>(limit: number): Call<'core', Request, RouterState> => ({
  by: 'core',
  limit,
  answers: 'state',
});
const report = <Request, Answer, Told>(
  limit: number,
  tells: keyof typeof events,
): Call<'core', Request, Answer, Told> => ({ by: 'core', limit, tells });

/**
 * Every call, one line each: what is asked, what is answered, how long it may take. The methods of the window's client, the
 * handlers of the pipe and what `Commands` and `RouterCore` have to offer all come from this table.
 */
export const CALLS = {
  hello: pipe<Hello, HelloAnswer>(5_000),
  /** HMAC-SHA256 over `window:${router nonce}`, hex. Before this every other call is refused. */
  prove: pipe<{ proof: string; window: string }, RouterState>(5_000),
  state: pipe<void, RouterState>(5_000),
  /** Validates and configures; the last good settings stay when these are stale or invalid. */
  pushConfig: command<ConfigPush, ConfigResult>(20_000),
  /** Starts listener and tunnel. Also the way out of 'failed'. */
  start: change<void>(30_000),
  /** `start`, unless a person stopped the router: what a window calls by itself when it opens or comes back. */
  resume: change<void>(30_000),
  /** A person's Stop: listener and tunnel end, the process stays while windows are open; no window starts it again by itself. */
  stop: change<void>(30_000),
  restart: change<void>(60_000),
  /**
   * The new router asks the old one to step aside (update). Answers when its listener is free.
   * `running`: it was serving; false when a person had stopped it. The caller's connection keeps the old one alive until its streams have ended.
   */
  handOver: command<{ version: string }, { port?: number; running?: boolean }>(15_000),
  models: core<void, string[]>(20_000),
  /** Sends one small real request with the given settings and key; nothing is stored. */
  testBackend: core<{ backend: unknown; key?: string; model?: string }, TestResult>(90_000),
  discover: core<void, FoundBackend[]>(15_000),
  renewUrl: coreChange<void>(90_000),
  installCloudflared: report<void, { path: string }, InstallProgress>(900_000, 'installProgress'),
  /** Looks at every hop; each is told when it and those before it are known. Never rejects: what cannot be looked at is a failed hop. */
  doctor: report<DoctorRequest, DoctorReport, DoctorHop>(300_000, 'doctorHop'),
  /** The configuration in force as a folder for a LiteLLM proxy; without keys. */
  exportLiteLlm: core<void, ExportedFile[]>(5_000),
  /** What a configuration file (with its .env) would become; changes nothing. Keys in the answer are those of the text. */
  previewImport: core<{ file: string; text: string; envText?: string }, ImportPreview>(10_000),
  recentRequests: core<{ limit: number }, RequestRecord[]>(5_000),
  usage: core<UsageQuery, UsageRow[]>(30_000),
  /** The same sums as a Markdown page. */
  usagePage: core<UsageQuery, string>(30_000),
  /** … line by line, as codes and values where they are the router's own. An older router does not know it. */
  usageLines: core<UsageQuery, Words[]>(30_000),
  /** One of the newest 500 requests; rejects with a sentence when it is not among them. */
  requestStory: core<{ id: string }, RequestTelling>(5_000),
  /** Writes the requests of a time (local days, inclusive) to a file, as CSV; how many there were. */
  exportUsage: core<{ from: string; to: string; file: string }, { requests: number }>(300_000),
  /** The main key and every configured one: running requests, use of the last minute, budgets. */
  keyStates: core<void, KeyState[]>(5_000),
  /** Everything that refusals of providers taught (docs/model-names.md). Rejects where the file cannot be taken away. */
  forgetLearned: core<void, { models: number }>(5_000),
  /** Switches the logging of bodies for debugging; off again when the router ends. */
  logBodies: coreChange<{ on: boolean }>(5_000),
  /** Waits until Cursor has quit, 5 minutes at most, writes, and starts it again; the outcome is told with the state. */
  writeCursor: coreChange<CursorWrite>(5_000),
  /** The states of the tunnel since the router started, oldest first, at most the last 200. */
  tunnelHistory: core<void, TunnelMoment[]>(5_000),
};

type Calls = typeof CALLS;
export type CallName = keyof Calls;
type Travels<Name extends CallName> = NonNullable<Calls[Name]['travels']>;
type Done<Answer> = [Answer] extends [RouterState] ? Promise<void> : Promise<Answer>;

/** What one call looks like to who makes it; `told` and `signal` where it tells how it goes. */
export type CallerOf<Name extends CallName> = Method<
  Travels<Name>,
  Promise<Travels<Name>['answer']>,
  [signal?: AbortSignal]
>;
/** … and to who carries it out. */
type DoerOf<Name extends CallName> = Method<Travels<Name>, Done<Travels<Name>['answer']>, [signal: AbortSignal]>;
type Method<T extends { request: unknown; told: unknown }, Answer, Signal extends unknown[]> = [T['told']] extends [
  never,
]
  ? (request: T['request']) => Answer
  : (request: T['request'], told: (value: T['told']) => void, ...signal: Signal) => Answer;

/** The methods that somebody has to offer. */
export type CallsBy<Who extends By> = {
  [Name in CallName as Calls[Name]['by'] extends Who ? Name : never]: DoerOf<Name>;
};

export const CALL_NAMES = Object.keys(CALLS) as CallName[];

/** One call over a connection. The time limit is the caller's business. */
export async function send<Name extends CallName>(
  connection: MessageConnection,
  name: Name,
  request: Travels<Name>['request'],
  token?: CancellationToken,
): Promise<Travels<Name>['answer']> {
  const params = [...(request === undefined ? [] : [request]), ...(token === undefined ? [] : [token])];
  return await connection.sendRequest(name, ...params);
}
