/** How a router process is started from an editor: the editor's own runtime as plain Node, detached, with a clean environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { compileCacheVariable } from './compileCache';

/** What the client needs to know of a started process. */
export interface StartedRouter {
  pid: number | undefined;
  /** Settles once with the exit code or signal, or the reason why nothing was started. Never rejects. */
  ended: Promise<{ code: number | null; signal: string | null; error?: Error }>;
  /** Ends the process at once: it did not answer. */
  kill(): void;
}

/** Starts a router for `dataDir`; `takeOver`: an older one is running and hands over. `output`: file for what the runtime itself prints. */
export type SpawnRouter = (request: { dataDir: string; takeOver: boolean; output: string }) => StartedRouter;

/** The arguments after the script; nothing secret is ever among them (other users can read them). */
export function editorArguments(dataDir: string, takeOver: boolean): string[] {
  return ['--editor', '--data-dir', dataDir, ...(takeOver ? ['--take-over'] : [])];
}

/** The editor's environment without what would change how the runtime starts (NODE_OPTIONS, inspector, VSCODE_*, ELECTRON_*). */
export function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) =>
      !/^(NODE_OPTIONS|NODE_PATH|NODE_INSPECT.*|NODE_V8_COVERAGE|NODE_CHANNEL.*|VSCODE_.*|ELECTRON_.*)$/i.test(name),
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}

/** `runtime` is `process.execPath` of the extension host, `script` the path of dist/router.js. */
export function nodeSpawner(
  runtime: string,
  script: string,
  environment: NodeJS.ProcessEnv = process.env,
  start: typeof spawn = spawn,
): SpawnRouter {
  return ({ dataDir, takeOver, output }) => {
    const file = outputFile(output);
    try {
      const child = start(runtime, [script, ...editorArguments(dataDir, takeOver)], {
        cwd: dataDir,
        detached: true,
        windowsHide: true,
        stdio: ['ignore', file, file],
        env: { ...cleanEnvironment(environment), ...compileCacheVariable(dataDir, environment) },
      });
      child.unref();
      return { pid: child.pid, ended: endOf(child), kill: () => void child.kill('SIGKILL') };
    } finally {
      if (file !== 'ignore') closeSync(file);
    }
  };
}

/** A disk that has no room for what the runtime may print is no reason not to start it. */
function outputFile(output: string): number | 'ignore' {
  try {
    return openSync(output, 'w', 0o600);
  } catch {
    return 'ignore';
  }
}

function endOf(child: ChildProcess): StartedRouter['ended'] {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}
