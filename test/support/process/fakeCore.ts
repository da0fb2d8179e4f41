/** A core that is all listener: it serves a stream of counted bytes over HTTP, so that a lost one is seen. No models, no tunnel. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestRecord } from '../../../src/ledger/record';
import type { ConfigPush, RouterState } from '../../../src/process/contract';
import type { RouterCore } from '../../../src/process/core';
import type { CoreContext } from '../../../src/process/editorMode';
import { catalogue, SaidError } from '../../../src/said';
import { quietPort } from '../quietPort';

const say = catalogue('fake', { other: (words: string) => `It says ${words}.` });

/** Byte `index` of every stream. */
export const byteAt = (index: number): number => (index * 31 + (index >> 8)) & 0xff;
const CHUNK = 97;
/** Of the setting `port`. The fake takes any free port instead, unless it remembers one. */
const DEFAULT_PORT = 11_411;

export interface FakeSettings {
  port?: number;
  lingerSeconds?: number | 'always';
  /** Refused as invalid. */
  broken?: boolean;
  label?: string;
}

export type FakeCore = RouterCore & { finish(record: RequestRecord): void };

export function createFakeCore(context: Pick<CoreContext, 'lastPort'>, version: string): FakeCore {
  const changed = new Set<(state: RouterState) => void>();
  const requests = new Set<(record: RequestRecord) => void>();
  const open = new Set<ServerResponse>();
  let settings: FakeSettings = {};
  let pushed: ConfigPush | undefined;
  let server: Server | undefined;
  let drained = (): void => undefined;
  let state: RouterState = {
    phase: 'stopped',
    version,
    pid: process.pid,
    startedAt: Date.now(),
    tunnel: { state: 'off', provider: 'none', since: Date.now() },
    backends: [],
    problems: [],
    running: 0,
    windows: 0,
  };
  const set = (change: Partial<RouterState>): void => {
    state = { ...state, ...change };
    for (const listener of changed) listener(state);
  };

  /** GET /stream?chunks=N&every=MS: N chunks of counted bytes; else the label of the settings in force; /hang: nothing any more. */
  const serve = async (url: URL, response: ServerResponse): Promise<void> => {
    if (url.pathname !== '/stream') {
      // The whole process waits for ever, as one that hangs.
      if (url.pathname === '/hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      response.end(settings.label ?? '');
      return;
    }
    open.add(response);
    set({ running: open.size });
    const chunks = Number(url.searchParams.get('chunks'));
    const every = Number(url.searchParams.get('every'));
    for (let chunk = 0, at = 0; chunk < chunks && !response.destroyed; chunk++) {
      response.write(Buffer.from(Array.from({ length: CHUNK }, () => byteAt(at++))));
      await new Promise((resolve) => setTimeout(resolve, every));
    }
    response.end();
    open.delete(response);
    set({ running: open.size });
    for (const listener of requests) listener({ id: `req_${Date.now().toString(16)}` } as RequestRecord);
    if (open.size === 0) drained();
  };

  const listen = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const created = createServer(
        (request, response) => void serve(new URL(request.url ?? '', 'http://localhost'), response),
      );
      created.once('error', reject);
      created.listen(port, '127.0.0.1', () => resolve(created));
    });

  const start = async (): Promise<void> => {
    if (server !== undefined) return;
    const wanted = settings.port ?? (await quietPort());
    const { lastPort } = context;
    const port =
      lastPort !== undefined && lastPort.setting === (settings.port ?? DEFAULT_PORT) ? lastPort.port : wanted;
    server = await listen(port).catch(async () => listen(await quietPort()));
    set({ phase: 'running', port: (server.address() as AddressInfo).port });
  };

  const stop = async (options?: { drainMs?: number; keepTunnel?: boolean }): Promise<void> => {
    const closing = server;
    if (closing === undefined) return;
    server = undefined;
    await new Promise<void>((resolve) => {
      closing.close(() => undefined);
      set({ phase: 'draining', port: undefined });
      if (open.size === 0) return resolve();
      const timer = setTimeout(resolve, options?.drainMs ?? 0);
      drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    closing.closeAllConnections();
    set({ phase: 'stopped' });
  };

  const unused = async (): Promise<never> => {
    throw new Error('the fake core cannot do that');
  };
  return {
    get state() {
      return state;
    },
    configure: unused,
    push: async (push) => {
      const wanted = push.settings as FakeSettings;
      if (wanted.broken) {
        const problem = { path: 'broken', message: 'is broken', severity: 'error' as const };
        return { applied: false, reason: 'invalid', problems: [problem] };
      }
      settings = wanted;
      pushed = push;
      set({ notice: wanted.label });
      return { applied: true, problems: [] };
    },
    start,
    stop,
    close: async () => undefined,
    doctor: unused,
    exportLiteLlm: unused,
    previewImport: unused,
    listedModels: () => [],
    models: async () => Object.keys(pushed?.secrets ?? {}),
    testBackend: unused,
    discover: unused,
    renewUrl: unused,
    installCloudflared: (_request, onProgress, signal) =>
      new Promise((_resolve, reject) => {
        onProgress({ message: 'downloading', fraction: 0.5 });
        signal.addEventListener('abort', () => reject(new Error('cancelled')));
      }),
    recentRequests: async () => [],
    usage: unused,
    usagePage: unused,
    usageLines: unused,
    requestStory: async () => ({ story: '# a request', curl: 'curl', model: 'fast' }),
    exportUsage: unused,
    keyStates: async () => [],
    forgetLearned: async () => ({ models: 0 }),
    logBodies: async () => undefined,
    writeCursor: async (write) => {
      if ('models' in write) throw new SaidError(say.other(write.models.join()));
    },
    tunnelHistory: async () => [],
    focus: () => set({ notice: 'focus' }),
    onDidChange: (listener) => {
      changed.add(listener);
      return () => void changed.delete(listener);
    },
    /** A request is over. */
    finish: (record) => {
      for (const listener of requests) listener(record);
    },
    onRequest: (listener) => {
      requests.add(listener);
      return () => void requests.delete(listener);
    },
  };
}
