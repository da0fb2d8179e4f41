/**
 * An editor application as the router sees it: one data directory, windows with the real client, the program as it ships, and a
 * provider behind it whose streams go on until the test ends them. The made-up cloud (fakeCloudflared.ts) is in front.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { type ClientOptions, connectRouter, type RouterClient } from '../../../src/process/client';
import type { ConfigPush, RouterState } from '../../../src/process/contract';
import { nodeSpawner } from '../../../src/process/spawnRouter';
import type { SettingsInput } from '../../../src/settings/schema';
import { bundleVersion } from '../bundleProgram';
import type { FakeCloud } from '../fakeCloudflared';
import { removeFolder } from '../platform';
import { quietPort } from '../quietPort';
import { chunk, DONE, json, startUpstream, type Upstream } from '../upstream';
import { programsRunning, until } from './harness';

/** Marked, so that they are found wherever they should not be. */
export const CLIENT_KEY = 'sk-marked-client-key-5d1f0c7a9b';
export const PROVIDER_KEY = 'sk-marked-provider-key-83be2f61';

export function realProgram(): string {
  const program = process.env.LLM_ROUTER_PROGRAM;
  if (!program) throw new Error('LLM_ROUTER_PROGRAM names no program: run this through `npm run unit`.');
  return program;
}
export const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;

/** The same program as another version. */
export async function buildVersion(version: string): Promise<{ program: string; remove(): void }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-version-'));
  const program = path.join(folder, 'router.cjs');
  await bundleVersion(version, program);
  return { program, remove: () => removeFolder(folder) };
}

/** A provider whose streams say a word every few milliseconds until `finish()`; it keeps what it sent, by the name in the prompt. */
export interface Talker {
  upstream: Upstream;
  /** Whole text of the stream with this name. */
  sent(name: string): string;
  /** Every stream says its last word now, and later ones do at once. */
  finish(): void;
  /** Streams go on again. */
  resume(): void;
}

export async function startTalker(every = 5): Promise<Talker> {
  const texts = new Map<string, string>();
  let done = false;
  const upstream = await startUpstream((request, response) => {
    if (request.method === 'GET') {
      json({ object: 'list', data: [] })(request, response);
      return;
    }
    const { messages } = request.json() as { messages: { content: string }[] };
    const name = messages[0]!.content;
    const write = (text: string): void => {
      texts.set(name, (texts.get(name) ?? '') + text);
      response.write(text);
    };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    write(chunk({ role: 'assistant', content: '' }));
    let word = 0;
    const timer = setInterval(() => {
      write(chunk({ content: `${name}-${word++} ` }));
      if (!done && word < 20_000) return;
      clearInterval(timer);
      write(chunk({}, 'stop') + DONE);
      response.end();
    }, every);
    response.on('close', () => clearInterval(timer));
  });
  return {
    upstream,
    sent: (name) => texts.get(name) ?? '',
    finish: () => {
      done = true;
    },
    resume: () => {
      done = false;
    },
  };
}

/** One running answer, read as it comes. */
export interface Reading {
  name: string;
  text(): string;
  /** Resolves when this many bytes more have come. */
  more(bytes?: number): Promise<void>;
  /** Resolves with the whole text at its proper end, but for signs of life; rejects when it was cut. */
  whole: Promise<string>;
}

/** Comments of the router: on a busy machine an answer may come later than the head of a stream is held for it. */
const SIGNS = /^: .*\n\n/gm;

function read(name: string, request: http.ClientRequest): Reading {
  let text = '';
  const waiting = new Set<() => void>();
  const whole = new Promise<string>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      response.setEncoding('utf8');
      response.on('data', (data: string) => {
        text += data;
        for (const look of [...waiting]) look();
      });
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(text.replace(SIGNS, ''))
          : reject(new Error(`${response.statusCode}: ${text}`)),
      );
    });
  });
  whole.catch(() => undefined);
  request.end(JSON.stringify({ model: 'talker/any', stream: true, messages: [{ role: 'user', content: name }] }));
  return {
    name,
    text: () => text,
    more: (bytes = 300) => {
      const wanted = text.length + bytes;
      const enough = new Promise<void>((resolve) => {
        const look = (): void => {
          if (text.length < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
      return Promise.race([
        enough,
        whole.then(() => {
          throw new Error(`${name} has ended`);
        }),
      ]);
    },
    whole,
  };
}

const HEADERS = {
  authorization: `Bearer ${CLIENT_KEY}`,
  'content-type': 'application/json',
  'user-agent': 'a-plain-client/1.0',
};
const PATH = '/v1/chat/completions';

/** An answer through the listener on this machine. */
export function readLocally(port: number, name: string): Reading {
  return read(
    name,
    http.request({ port, host: '127.0.0.1', path: PATH, method: 'POST', headers: HEADERS, agent: false }),
  );
}

/** An answer through the public URL: the made-up internet, the edge, cloudflared. */
export async function readPublicly(cloud: FakeCloud, publicUrl: string, name: string): Promise<Reading> {
  const { hostname } = new URL(publicUrl);
  const socket = await new Promise<tls.TLSSocket>((resolve, reject) => {
    const proxy = http.request({ ...hostOf(cloud.internet.proxyUrl), method: 'CONNECT', path: `${hostname}:443` });
    proxy.on('error', reject);
    proxy.on('connect', (_response, raw) => {
      const secure = tls.connect({ socket: raw, servername: hostname, ca: cloud.internet.certificates.ca });
      secure.once('secureConnect', () => resolve(secure));
      secure.once('error', reject);
    });
    proxy.end();
  });
  const request = http.request({
    host: hostname,
    path: PATH,
    method: 'POST',
    headers: HEADERS,
    createConnection: () => socket,
  });
  return read(name, request);
}

const hostOf = (url: string): { host: string; port: string } => ({
  host: new URL(url).hostname,
  port: new URL(url).port,
});

export interface Editor {
  dataDir: string;
  /** Pids of the routers that the windows of this process started. */
  spawned: number[];
  settings(more?: SettingsInput, changedAt?: number): ConfigPush;
  window(options?: Partial<ClientOptions> & { program?: string }): RouterClient;
  /** A window in a process of its own, which a test may kill; it pushes the given settings. */
  windowProcess(push: ConfigPush): ChildProcess;
  routers(): number[];
  tunnels(): number[];
  /** Resolves when neither a router nor a tunnel is left. */
  gone(): Promise<void>;
  /** Ends everything and fails when something stays. */
  close(): Promise<void>;
}

export async function openEditor(cloud: FakeCloud, talker: Talker, windowProgram: string): Promise<Editor> {
  const port = await quietPort();
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'llmr-real-'));
  const windows: RouterClient[] = [];
  const children: ChildProcess[] = [];
  const spawned: number[] = [];
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_API_KEY$|^CLOUDFLARED|^(HTTPS?|NO)_PROXY$/i.test(name)),
  );
  const environment = { ...inherited, ...cloud.env };
  const ours = (script: string): number[] =>
    [...processesNaming(dataDir)].filter(([, command]) => command.includes(script)).map(([pid]) => pid);
  const editor: Editor = {
    dataDir,
    spawned,
    settings: (more = {}, changedAt = 1_000) => ({
      settings: {
        port,
        lingerSeconds: 1,
        backends: [{ name: 'talker', baseUrl: talker.upstream.url, wire: 'chat', default: true, requireApiKey: true }],
        ...more,
      },
      secrets: { 'client:main': CLIENT_KEY, talker: PROVIDER_KEY },
      network: {},
      changedAt,
    }),
    window: ({ program = realProgram(), ...options } = {}) => {
      const start = nodeSpawner(process.execPath, program, environment);
      const window = connectRouter({
        dataDir,
        version: VERSION,
        window: `w${windows.length}`,
        autoStart: () => true,
        startTimeout: 20_000,
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
    windowProcess: (push) => {
      const child = spawn(process.execPath, [windowProgram, dataDir, realProgram(), `p${children.length}`], {
        stdio: ['pipe', 'ignore', 'inherit'],
        env: { ...environment, TEST_VERSION: VERSION, TEST_PUSHES: '1' },
      });
      child.stdin!.write(`${JSON.stringify(push)}\n`);
      children.push(child);
      return child;
    },
    routers: () => ours('--editor'),
    tunnels: () => ours(cloud.binPath),
    gone: () =>
      until(
        () => editor.routers().length + editor.tunnels().length === 0,
        'left over:',
        () => [...processesNaming(dataDir).values()].join('; '),
      ),
    close: async () => {
      for (const window of windows) window.dispose();
      for (const child of children) child.kill('SIGKILL');
      try {
        await editor.gone();
      } finally {
        for (const pid of [...editor.routers(), ...editor.tunnels()]) process.kill(pid, 'SIGKILL');
        removeFolder(dataDir);
      }
    },
  };
  return editor;
}

/** Processes with the data directory anywhere in their arguments, and all of their arguments. */
function processesNaming(dataDir: string): Map<number, string> {
  const all = [...programsRunning()].map(([pid, args]) => [pid, args.join(' ')] as const);
  return new Map(all.filter(([, command]) => command.includes(dataDir)));
}

/** Memory of a process that is really in use, in MB. */
export function memoryOf(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

export const online = (state: RouterState): boolean => state.tunnel.state === 'online';
