/** The built router program as a child process, started as a person or a program would. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onWindows, removeFolder } from './platform';

export interface Program {
  child: ChildProcess;
  events: Record<string, unknown>[];
  stderr: () => string;
  stdout: () => string;
  /** Resolves with the first event that fits, past or future. */
  event(fits: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  exited: Promise<number | null>;
}

/** A fresh folder that the test removes with the returned function. */
export function tempFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-cli-'));
  return { folder, remove: () => removeFolder(folder) };
}

export interface ProgramOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Options of the runtime itself. */
  runtime?: readonly string[];
}

export function startProgram(args: readonly string[], options: ProgramOptions): Program {
  const program = process.env.LLM_ROUTER_PROGRAM;
  if (!program) throw new Error('LLM_ROUTER_PROGRAM names no program: run this through `npm run unit`.');
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_API_KEY$|^CLOUDFLARED|^(HTTPS?|NO)_PROXY$/i.test(name)),
  );
  const child = spawn(process.execPath, [...(options.runtime ?? []), program, ...args], {
    cwd: options.cwd,
    env: { ...inherited, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  let line = '';
  const events: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  child.stdout.on('data', (data: Buffer) => {
    out += data;
    line += data;
    const lines = line.split('\n');
    line = lines.pop() ?? '';
    for (const text of lines) if (text.startsWith('{')) events.push(JSON.parse(text) as Record<string, unknown>);
    for (const look of waiting) look();
  });
  child.stderr.on('data', (data: Buffer) => (err += data));
  const exited = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return {
    child,
    events,
    stderr: () => err,
    stdout: () => out,
    exited,
    event: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void exited.then((code) => reject(new Error(`the program ended with ${code}: ${err.slice(-500)}`)));
      }),
  };
}

/** A signal ends it in order, with 0; on Windows a signal is the end at once. */
export async function assertEndsBy(signal: NodeJS.Signals, { child, exited }: Program): Promise<void> {
  child.kill(signal);
  const code = await exited;
  if (onWindows) assert.notEqual(code, 0);
  else assert.equal(code, 0);
}
