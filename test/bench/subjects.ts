/** The programs that are measured: the bare pass-through (twice: the machine's noise), the router, llm-router in Go where there is one. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Subject } from './client';

const KEY = 'sk-bench-0123456789abcdef0123456789';
export const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-bench-'));
const children: ChildProcess[] = [];
const [build = ''] = process.argv.slice(2);

export function endAll(): void {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

/** A program of the bench itself. */
export function forked(script: string, ...args: string[]): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(path.join(build, script), args);
  children.push(child);
  return new Promise((resolve) =>
    child.once('message', (message) => resolve({ port: (message as { port: number }).port, child })),
  );
}

export async function startBare(name: string, upstreamPort: number): Promise<Subject> {
  const { port, child } = await forked('bareProxy.mjs', `http://127.0.0.1:${upstreamPort}`);
  return { name, port, pid: child.pid!, headers: {} };
}

export async function startOwed(upstreamPort: number): Promise<Subject> {
  const records = mkdtempSync(path.join(folder, 'owed-'));
  const { port, child } = await forked('owedProxy.mjs', `http://127.0.0.1:${upstreamPort}`, records, KEY);
  return { name: 'owed', port, pid: child.pid!, headers: { authorization: `Bearer ${KEY}` } };
}

let routers = 0;

export async function startRouter(upstreamPort: number): Promise<Subject> {
  const place = path.join(folder, `router-${++routers}`);
  const config = `${place}.json`;
  const backends = [{ name: 'up', baseUrl: `http://127.0.0.1:${upstreamPort}` }];
  writeFileSync(config, JSON.stringify({ port: 0, tunnel: { provider: 'none' }, log: { level: 'error' }, backends }));
  const args = ['dist/router.js', '--json', '--config', config, '--data-dir', place, '--llmrouter-api-key', KEY];
  // Into a file: whoever reads its events from a pipe would share the cores with what is measured.
  const events = `${place}.jsonl`;
  const child = start(process.execPath, [...args, '--port', '0', '--log-level', 'error'], openSync(events, 'w'));
  const port = await waitFor(child, () =>
    Number(/"localUrl":"http:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(events, 'utf8'))?.[1]),
  );
  return { name: 'router', port, pid: child.pid!, headers: { authorization: `Bearer ${KEY}` } };
}

export function stop(subject: Subject): void {
  children.find((child) => child.pid === subject.pid)?.kill('SIGKILL');
}

/** llm-router 0.2.1 (Go), where LLM_ROUTER_GO_BIN names its program. */
export async function startGo(upstreamPort: number): Promise<Subject | undefined> {
  const program = process.env.LLM_ROUTER_GO_BIN;
  if (!program) return undefined;
  const port = await freePort();
  const config = path.join(folder, 'go.json');
  const backends = [{ name: 'up', base_url: `http://127.0.0.1:${upstreamPort}/v1`, prefix: 'up/', default: true }];
  writeFileSync(config, JSON.stringify({ listening_port: port, backends }));
  const child = start(program, ['-config', config, '-llmrouter-api-key', KEY, '-log-level', 'error'], 'ignore');
  await waitFor(child, () => canConnect(port));
  return { name: 'llm-router (Go)', port, pid: child.pid!, headers: { authorization: `Bearer ${KEY}` } };
}

function start(program: string, args: string[], out: number | 'ignore'): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', out, 'inherit'] });
  children.push(child);
  return child;
}

/** Asks again until the answer counts for something, or the program has ended. */
async function waitFor<T>(child: ChildProcess, ask: () => T | Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
