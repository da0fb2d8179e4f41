/** Builds the test router and client once, starts windows, and knows at the end whether any process is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ClientOptions, connectRouter, type RouterClient } from '../../../src/process/client';
import type { ConfigPush, RouterState } from '../../../src/process/contract';
import type { ClientState } from '../../../src/process/lifeline';
import { nodeSpawner } from '../../../src/process/spawnRouter';
import { isAlive } from '../../../src/system/processes';
import { bundleProgram } from '../bundleProgram';
import { removeFolder } from '../platform';
import { byteAt } from './fakeCore';

export interface TestPrograms {
  router: string;
  client: string;
  remove(): void;
}

/** Bundles the two programs as the product is bundled: self-contained CommonJS... except that top-level await wants ESM. */
export async function buildPrograms(): Promise<TestPrograms> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-programs-'));
  for (const name of ['testRouter', 'testClient'])
    await bundleProgram(`test/support/process/${name}.ts`, path.join(folder, `${name}.mjs`));
  return {
    router: path.join(folder, 'testRouter.mjs'),
    client: path.join(folder, 'testClient.mjs'),
    remove: () => removeFolder(folder),
  };
}

/** One data directory with everything that was started for it. */
export interface Home {
  dataDir: string;
  /** Pids of the router processes the in-process windows started, in order. */
  spawned: number[];
  window(options?: Partial<ClientOptions> & { environment?: NodeJS.ProcessEnv }): RouterClient;
  windowProcess(name: string, environment?: NodeJS.ProcessEnv): WindowProcess;
  /** Ends the windows, waits until no process names the data directory, removes it. Fails when one stays. */
  close(): Promise<void>;
}

export interface WindowProcess {
  child: ChildProcess;
  lines: Record<string, unknown>[];
  /** Resolves with the first line, past or future, that fits. */
  line(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

export function openHome(programs: TestPrograms, dataDir = mkdtempSync(path.join(os.tmpdir(), 'llmr-'))): Home {
  const windows: RouterClient[] = [];
  const processes: ChildProcess[] = [];
  const spawned: number[] = [];
  return {
    dataDir,
    spawned,
    window: ({ environment, ...options } = {}) => {
      const start = nodeSpawner(process.execPath, programs.router, { ...process.env, ...environment });
      const window = connectRouter({
        dataDir,
        version: '1.0.0',
        window: `w${windows.length}`,
        autoStart: () => true,
        startTimeout: 20_000,
        backoff: [0, 100, 200, 300, 400],
        spawn: (request) => {
          const started = start(request);
          if (started.pid !== undefined) spawned.push(started.pid);
          return started;
        },
        ...options,
      });
      windows.push(window);
      return window;
    },
    windowProcess: (name, environment) => {
      const child = spawn(process.execPath, [programs.client, dataDir, programs.router, name], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, ...environment },
      });
      processes.push(child);
      return readLines(child);
    },
    close: async () => {
      for (const window of windows) window.dispose();
      for (const child of processes) child.stdin?.end();
      try {
        await until(
          () => pidsOf(dataDir).length === 0,
          `processes left of ${dataDir}`,
          () => pidsOf(dataDir).join(', '),
        );
      } finally {
        for (const pid of pidsOf(dataDir)) process.kill(pid, 'SIGKILL');
        removeFolder(dataDir);
      }
    },
  };
}

function readLines(child: ChildProcess): WindowProcess {
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout! }).on('line', (text) => {
    lines.push(JSON.parse(text) as Record<string, unknown>);
    for (const look of [...waiting]) look();
  });
  return {
    child,
    lines,
    line: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = lines.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Processes whose arguments name the data directory. */
export function pidsOf(dataDir: string): number[] {
  return [...programsRunning()].filter(([, args]) => args.includes(dataDir)).map(([pid]) => pid);
}

/** The router processes among them. */
export function routersOf(dataDir: string): number[] {
  return [...programsRunning()]
    .filter(([, args]) => args.includes(dataDir) && args.includes('--editor'))
    .map(([pid]) => pid);
}

/** Arguments by process id: from /proc, or what the programs of `npm run test:windows` have written down (support/windows.cjs). */
export function programsRunning(): Map<number, string[]> {
  const noted = process.env.LLM_ROUTER_PIDS;
  const folder = noted ?? '/proc';
  if (!existsSync(noted ?? '/proc/self/cmdline')) return new Map();
  const found = new Map<number, string[]>();
  for (const pid of readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    if (pid === process.pid || (noted !== undefined && !isAlive(pid))) continue;
    try {
      const text = readFileSync(noted === undefined ? `/proc/${pid}/cmdline` : path.join(noted, String(pid)), 'utf8');
      found.set(pid, noted === undefined ? text.split('\0') : (JSON.parse(text) as string[]));
    } catch {
      // It ended meanwhile, or is just being written.
    }
  }
  return found;
}

/** What other users could read of a process: its arguments, on Linux also where its environment lies. */
export function toldToOthers(pid: number): string[] {
  const noted = process.env.LLM_ROUTER_PIDS;
  if (noted !== undefined) return [readFileSync(path.join(noted, String(pid)), 'utf8')];
  return ['cmdline', 'environ'].map((part) => readFileSync(`/proc/${pid}/${part}`, 'latin1'));
}

/** Looks again and again; for what sends no event. */
export async function until(holds: () => boolean, what: string, detail: () => string = () => ''): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what} ${detail()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The least time to linger over which a window can come back: a value that the schema refuses, such as 0.2, is the default of ten. */
export function push(settings: Record<string, unknown> = {}, changedAt = 1): ConfigPush {
  return { settings: { lingerSeconds: 1, ...settings }, secrets: {}, network: {}, changedAt };
}

export function clientState(window: RouterClient, name: ClientState['name']): Promise<ClientState> {
  return new Promise((resolve) => {
    if (window.clientState.name === name) return resolve(window.clientState);
    const stop = window.onClientState((state) => {
      if (state.name !== name) return;
      stop();
      resolve(state);
    });
  });
}

export function routerState(window: RouterClient, fits: (state: RouterState) => boolean): Promise<RouterState> {
  return new Promise((resolve) => {
    if (window.state !== undefined && fits(window.state)) return resolve(window.state);
    const stop = window.onState((state) => {
      if (state === undefined || !fits(state)) return;
      stop();
      resolve(state);
    });
  });
}

export const serving = (state: RouterState): boolean => state.phase === 'running';

/** Reads a stream to its end and checks every byte; resolves to their number. `first` is called with the first bytes. */
export function readStream(
  port: number,
  chunks: number,
  every: number,
  first: () => void = () => undefined,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path: `/stream?chunks=${chunks}&every=${every}`, agent: false },
      (response) => {
        let at = 0;
        response.on('data', (data: Buffer) => {
          if (at === 0) first();
          for (const byte of data) if (byte !== byteAt(at++)) return reject(new Error(`byte ${at - 1} is wrong`));
        });
        response.on('end', () => (at === chunks * 97 ? resolve(at) : reject(new Error(`ended after ${at} bytes`))));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
  });
}
