/** Finding programs, and running short commands to their end. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { TunnelProblem } from './driver';
import { childEnvironment } from './processes';
import { say } from './sentences';
import type { TunnelWorld } from './world';

/** `npm start` puts this in front of the PATH; the npm package cloudflared leaves a script of that name in it. */
const NPM_SCRIPTS = /[\\/]node_modules[\\/]\.bin[\\/]?$/;

/** An app that the Dock starts gets launchd's PATH, /usr/bin:/bin:/usr/sbin:/sbin: Homebrew's folders are not in it. */
const BESIDES_PATH: Partial<Record<NodeJS.Platform, string[]>> = { darwin: ['/opt/homebrew/bin', '/usr/local/bin'] };

/** First executable file of that name on the PATH, or where programs are although the PATH does not say so. */
export function programOnPath(
  name: string,
  world: Pick<TunnelWorld, 'env' | 'platform'>,
  usable = isProgram,
): string | undefined {
  const file = world.platform === 'win32' ? `${name}.exe` : name;
  const { join } = world.platform === 'win32' ? path.win32 : path.posix;
  return programFolders(world)
    .map((folder) => join(folder, file))
    .find(usable);
}

function programFolders({ env, platform }: Pick<TunnelWorld, 'env' | 'platform'>): string[] {
  const { delimiter } = platform === 'win32' ? path.win32 : path.posix;
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean);
  return [...folders, ...(BESIDES_PATH[platform] ?? [])].filter((folder) => !NPM_SCRIPTS.test(folder));
}

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface ProgramOutput {
  /** null: it was killed. */
  code: number | null;
  /** We killed it because it took too long. */
  tookTooLong: boolean;
  stdout: string;
  stderr: string;
}

const MAX_OUTPUT = 1_048_576;

/** Runs a command to its end; after `ms` it is killed and what it said until then counts. Rejects when it cannot start. */
export function runForOutput(
  program: string,
  args: readonly string[],
  world: Pick<TunnelWorld, 'clock' | 'env' | 'spawn'>,
  ms: number,
  extra: Record<string, string> = {},
): Promise<ProgramOutput> {
  return new Promise((resolve, reject) => {
    const child = world.spawn(program, args, {
      env: childEnvironment(world.env, extra),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const output = { tookTooLong: false, stdout: '', stderr: '' };
    const cancel = world.clock.after(ms, () => {
      output.tookTooLong = true;
      child.kill('SIGKILL');
      // A script's own children hold its output open when it is gone.
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] = (output[name] + text).slice(-MAX_OUTPUT);
      });
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      cancel();
      reject(new Error(error.code ?? error.message));
    });
    child.once('close', (code) => {
      cancel();
      resolve({ code, ...output });
    });
  });
}

/** What a program says about itself. Throws a TunnelProblem where it does not start. */
export async function versionOf(
  name: string,
  program: string,
  world: TunnelWorld,
  extra?: Record<string, string>,
): Promise<{ path: string; version: string }> {
  const output = await runForOutput(program, ['version'], world, 5_000, extra).catch((error: Error) => error);
  if (output instanceof Error || output.code !== 0) {
    const why =
      output instanceof Error
        ? output.message
        : output.tookTooLong
          ? 'no answer within 5 s'
          : output.code === null
            ? 'something ended it'
            : `exit code ${output.code}`;
    throw new TunnelProblem('error', say.programFails(name, program, why));
  }
  return { path: program, version: /\d+\.\d+\.\d+/.exec(output.stdout)?.[0] ?? '' };
}
