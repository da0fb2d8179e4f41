/**
 * Real programs, each set up with nothing but the lines of Use in Another Tool… and what keeps it from asking anybody
 * else. They live below LLM_ROUTER_CLIENTS (npm run test:clients); their way out leads to a proxy that takes down who
 * was asked for and lets nothing through.
 */
import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { removeFolder } from '../support/platform';
import type { Client, Run } from './bench';
import type { Told, Tools } from './situations';

const cache = process.env.LLM_ROUTER_CLIENTS ?? '';
const modules = path.join(cache, 'node_modules');
const server = [process.execPath, path.join(process.cwd(), 'test/clients/mcpServer.mjs')] as const;
const ASK = 'Do it.';
const LIMIT_MS = 280_000;

/** Whom programs asked for beside the router. */
export const strangers: string[] = [];
let proxy = '';
const trap = http.createServer((request, response) => {
  strangers.push(request.url ?? '');
  response.writeHead(403).end();
});
trap.on('connect', (request, socket) => {
  strangers.push(request.url ?? '');
  socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
});
export async function startTrap(): Promise<void> {
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  proxy = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
}
export const stopTrap = (): Promise<void> => new Promise((resolve) => trap.close(() => resolve()));

interface Program {
  title: string;
  tool: string;
  /** What npm brought, by its path below node_modules. */
  file: string;
  tools: Tools;
  /** Puts the lines where they belong; gives those for the shell, the arguments, and the environment. */
  lay(home: string, run: Run): { shell: string; args: string[]; env?: Record<string, string> };
  read(output: string): Omit<Told, 'all'>;
}

/** The events of a program that writes one JSON value a line. */
interface Line {
  type?: string;
  item?: { type?: string; text?: string };
  part?: { text?: string; tokens?: { input: number; output: number; cache: { read: number; write: number } } };
  usage?: Record<string, number>;
}
function linesOf(output: string): Line[] {
  return output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const CODEX_SHELL = '# Not into the file, into the shell:\n';

const PROGRAMS: readonly Program[] = [
  {
    title: 'Codex',
    tool: 'codex',
    file: '@openai/codex/bin/codex.js',
    tools: {
      write: (file, content) => ({
        tool: /^exec_command$/,
        args: { cmd: `printf %s ${quoted(content)} > ${quoted(file)}` },
      }),
      server: (file, content) => ({ tool: /probe.*stamp$/, args: { file, content } }),
    },
    lay(home, run) {
      const [file = '', shell = ''] = run.lines.split(CODEX_SHELL);
      const probe = run.server
        ? `\n[mcp_servers.probe]\ncommand = ${JSON.stringify(server[0])}\nargs = [${JSON.stringify(server[1])}]\n`
        : '';
      mkdirSync(path.join(home, '.codex'));
      writeFileSync(path.join(home, '.codex/config.toml'), file + probe);
      const quiet = ['plugins', 'remote_plugin', 'apps'].flatMap((feature) => ['--disable', feature]);
      const settings = ['analytics.enabled=false', 'check_for_update_on_startup=false'].flatMap((one) => ['-c', one]);
      const free = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
      return { shell, args: ['exec', '--json', ...free, ...quiet, ...settings, ASK] };
    },
    read(output) {
      const lines = linesOf(output);
      const usage = lines.findLast(({ type }) => type === 'turn.completed')?.usage;
      return {
        ok: usage !== undefined,
        text: lines.map(({ item }) => (item?.type === 'agent_message' ? item.text : '')).join('\n'),
        ...(usage && { usage: { input: usage.input_tokens!, output: usage.output_tokens! } }),
      };
    },
  },
  {
    title: 'Claude Code',
    tool: 'claude-code',
    file: `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,
    tools: {
      write: (file, content) => ({ tool: /^Write$/, args: { file_path: file, content } }),
      server: (file, content) => ({ tool: /^mcp__probe__stamp$/, args: { file, content } }),
      find: () => ({ tool: /^ToolSearch$/, args: { query: 'select:mcp__probe__stamp', max_results: 1 } }),
    },
    lay(home, run) {
      const probe = path.join(home, 'mcp.json');
      writeFileSync(probe, JSON.stringify({ mcpServers: { probe: { command: server[0], args: [server[1]] } } }));
      return {
        shell: run.lines,
        args: ['-p', ASK, '--output-format', 'json', '--permission-mode', 'bypassPermissions'].concat(
          run.server ? ['--mcp-config', probe, '--strict-mcp-config'] : [],
        ),
        env: { IS_SANDBOX: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
      };
    },
    read(output) {
      const { is_error, result, usage } = JSON.parse(output) as {
        is_error: boolean;
        result: string;
        usage: Record<string, number>;
      };
      const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
      return {
        ok: !is_error,
        text: result,
        usage: { input: usage.input_tokens! + cached, output: usage.output_tokens! },
      };
    },
  },
  {
    title: 'opencode',
    tool: 'opencode',
    file: `opencode-${process.platform}-${process.arch}/bin/opencode`,
    tools: {
      // Models named gpt- get no tool `write` there.
      write: (file, content) => ({
        tool: /^bash$/,
        args: { command: `printf %s ${quoted(content)} > ${quoted(file)}`, description: 'Writes it' },
      }),
      server: (file, content) => ({ tool: /^probe_stamp$/, args: { file, content } }),
    },
    lay(home, run) {
      const config = JSON.parse(run.lines) as object;
      const mcp = run.server && { mcp: { probe: { type: 'local', command: server } } };
      writeFileSync(path.join(run.folder, 'opencode.json'), JSON.stringify({ ...config, ...mcp }));
      // As if its package for plugins were there: else it asks npm and waits for minutes.
      const own = path.join(home, '.config/opencode');
      mkdirSync(path.join(own, 'node_modules'), { recursive: true });
      const packages = { '': { dependencies: { '@opencode-ai/plugin': '*' } } };
      writeFileSync(path.join(own, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
      const off = ['AUTOUPDATE', 'MODELS_FETCH', 'SHARE', 'LSP_DOWNLOAD', 'DEFAULT_PLUGINS'];
      return {
        shell: '',
        args: ['run', '--format', 'json', '--auto', ASK],
        env: Object.fromEntries(off.map((name) => [`OPENCODE_DISABLE_${name}`, '1'])),
      };
    },
    read(output) {
      const lines = linesOf(output);
      const usage = { input: 0, output: 0 };
      for (const { part } of lines) {
        const { tokens } = part ?? {};
        usage.input += tokens ? tokens.input + tokens.cache.read + tokens.cache.write : 0;
        usage.output += tokens?.output ?? 0;
      }
      return {
        ok: lines.length > 0 && lines.every(({ type }) => type !== 'error'),
        text: lines.map(({ type, part }) => (type === 'text' ? part?.text : '')).join('\n'),
        usage,
      };
    },
  },
];

export const CLIENTS: readonly Client[] = PROGRAMS.map((program) => ({
  title: program.title,
  tool: program.tool,
  servers: true,
  tools: program.tools,
  run: (how) => play(program, how),
}));

/** Why a program cannot be run here; undefined when it can. */
export function missing({ title }: Client): string | undefined {
  const { file } = PROGRAMS.find((program) => program.title === title)!;
  return existsSync(path.join(modules, file)) ? undefined : `${title} could not be installed: ${file} is not there.`;
}

async function play(program: Program, run: Run): Promise<Told> {
  // Not below /tmp: Codex lays no helpers there.
  const home = mkdtempSync(path.join(cache, 'home-'));
  try {
    const { shell, args, env } = program.lay(home, run);
    const file = path.join(modules, program.file);
    const command = file.endsWith('.js') ? [process.execPath, file] : [file];
    const way = Object.fromEntries(['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].map((name) => [name, proxy]));
    const here = { NO_PROXY: '127.0.0.1', HOME: home, PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' };
    // As a person would: the lines into a shell, then the program from there.
    const { out, all } = await output(['sh', '-c', `${shell}\nexec "$@"`, 'sh', ...command, ...args], {
      cwd: run.folder,
      env: { ...way, ...here, ...env },
    });
    try {
      return { ...program.read(out), all };
    } catch (error) {
      return { ok: false, text: '', all: `${all}\n${error}` };
    }
  } finally {
    removeFolder(home);
  }
}

function output([command, ...args]: string[], options: SpawnOptions): Promise<{ out: string; all: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    let out = '';
    let err = '';
    child.stdout!.on('data', (data: Buffer) => (out += data));
    child.stderr!.on('data', (data: Buffer) => (err += data));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ out, all: `${out}${err}\nended with ${signal ?? code}` }));
  });
}
