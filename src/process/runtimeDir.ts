/**
 * Where the router process and the windows meet: `run/` in the data directory holds the generation files and sockets,
 * `install-secret` what both sides prove to know, `logs/` what went wrong. One data directory per editor application.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { say as network } from '../network/sentences';
import { createWhole } from '../network/wholeFile';
import { errorWords, type Said, SaidError } from '../said';
import { thisSystem } from '../system/processes';
import { say } from './sentences';

export interface RuntimeDir {
  dataDir: string;
  /** Generation files and start tickets, 0700. */
  run: string;
  logs: string;
  logFile: string;
  /** What the runtime itself prints: a crash before the log exists. */
  outputFile: string;
}

/** The world, where tests need to hold it. */
export interface HostWorld {
  platform: NodeJS.Platform;
  /** Folders for a socket whose path would be too long, in order of preference. */
  shortRoots: readonly string[];
}

export const thisHost = (): HostWorld => ({
  platform: thisSystem.platform,
  shortRoots: [process.env.XDG_RUNTIME_DIR ?? '', os.tmpdir(), '/tmp'].filter((root) => root !== ''),
});

/** A folder or file that cannot be used; the message is a sentence for a person. */
export class RuntimeDirError extends SaidError {
  override name = 'RuntimeDirError';
}

/** Creates what is missing and checks that it is ours alone. Throws RuntimeDirError. */
export async function openRuntimeDir(dataDir: string): Promise<RuntimeDir> {
  const dir: RuntimeDir = {
    dataDir,
    run: path.join(dataDir, 'run'),
    logs: path.join(dataDir, 'logs'),
    logFile: path.join(dataDir, 'logs', 'router.log'),
    outputFile: path.join(dataDir, 'logs', 'router-output.log'),
  };
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await privateFolder(dir.run);
    await privateFolder(dir.logs);
  } catch (error) {
    throw unusable(dataDir, error);
  }
  return dir;
}

/** Creates the folder (0700) or takes the existing one when it is a real folder of this user; looser rights are tightened. */
async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  if (!found.isDirectory()) throw new SaidError(say.noFolder(folder));
  if (process.getuid === undefined) return;
  if (found.uid !== process.getuid()) throw new SaidError(network.belongsToOther(folder));
  if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

function unusable(folder: string, error: unknown): RuntimeDirError {
  const reasons: Record<string, Said> = {
    ENOTDIR: say.partIsFile,
    EEXIST: say.fileHasName,
    EACCES: say.mayNotWrite,
    EPERM: say.mayNotWrite,
    EROFS: say.readOnly,
    ENOSPC: say.diskFull,
    ENAMETOOLONG: say.pathTooLong,
  };
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? errorWords(error);
  return new RuntimeDirError(say.folderUnusable(folder, reason), { cause: error });
}

/**
 * A fresh address for a router to listen on. Unix: a socket in `run/`, or, where that path is longer than the system allows
 * (107 bytes on Linux, 103 on macOS), in a private folder under a short root, keyed by the data directory. Windows: a named pipe.
 */
export async function newSocketPath(
  dir: RuntimeDir,
  generation: number,
  host: HostWorld = thisHost(),
): Promise<string> {
  const unique = randomBytes(6).toString('hex');
  const key = createHash('sha256').update(dir.dataDir).digest('hex').slice(0, 12);
  if (host.platform === 'win32') return `\\\\.\\pipe\\llm-router-${key}-${generation}-${unique}`;
  const limit = socketLimit(host);
  const name = `r${generation}-${unique}.sock`;
  const direct = path.join(dir.run, name);
  if (Buffer.byteLength(direct) <= limit) return direct;
  let reason: unknown = new SaidError(say.noShortFolder);
  for (const root of host.shortRoots) {
    const folder = path.join(root, `llm-router-${process.getuid?.() ?? 0}-${key}`);
    const file = path.join(folder, name);
    if (Buffer.byteLength(file) > limit) continue;
    try {
      await privateFolder(folder);
      return file;
    } catch (error) {
      reason = error;
    }
  }
  throw unusable(dir.dataDir, reason);
}

/** A named pipe of Windows: no file, and gone with the process that made it. */
export const isPipeName = (address: string): boolean => address.startsWith('\\\\.\\pipe\\');

const socketLimit = ({ platform }: HostWorld): number => (platform === 'linux' ? 107 : 103);

/**
 * The private socket that our tunnel program forwards to, the same for every router of a data folder: only this user can put
 * another one there. undefined: Windows, or a path that is too long, and the port has to do.
 */
export function originSocketPath(dataDir: string, host: HostWorld = thisHost()): string | undefined {
  const file = path.join(dataDir, 't.sock');
  return host.platform === 'win32' || Buffer.byteLength(file) > socketLimit(host) ? undefined : file;
}

/**
 * The secret of this installation, 64 hex digits in a 0600 file: made once, whoever comes first, and stable from then on.
 * Throws RuntimeDirError when the file cannot be made or read, or is not ours.
 */
export async function installSecret(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'install-secret');
  try {
    return (await readSecret(file)) ?? (await makeSecret(file));
  } catch (error) {
    throw error instanceof RuntimeDirError ? error : unusable(dataDir, error);
  }
}

async function readSecret(file: string): Promise<string | undefined> {
  let found: Awaited<ReturnType<typeof lstat>>;
  try {
    found = await lstat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (process.getuid !== undefined) {
    if (!found.isFile() || found.uid !== process.getuid()) throw new SaidError(say.otherUsersFile(file));
    if ((found.mode & 0o077) !== 0) await chmod(file, 0o600);
  }
  // Where links are unknown another process may be writing it this very moment.
  for (let attempt = 0; attempt < 20; attempt++) {
    const secret = (await readFile(file, 'utf8')).trim();
    if (/^[0-9a-f]{64}$/.test(secret)) return secret;
    await setTimeout(50);
  }
  // The folder beside it holds key, URL and ledger: nobody should be told to remove that.
  throw new RuntimeDirError(say.secretDamaged(file));
}

async function makeSecret(file: string): Promise<string> {
  await createWhole(file, `${randomBytes(32).toString('hex')}\n`);
  const secret = await readSecret(file);
  if (secret === undefined) throw new SaidError(say.vanished(file));
  return secret;
}
