/** Downloads cloudflared: verified against the digest that the release itself publishes, whole or not at all. */

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { RELEASE_BASE } from 'cloudflared/lib/constants.js';
import { createNetwork, type Network } from '../../network/httpsClient';
import type { NetworkSettings } from '../../network/settings';
import { renameFreed } from '../../network/wholeFile';
import { errorWords, failureOf, SaidError, type Words } from '../../said';
import { TunnelProblem } from '../driver';
import { say } from '../sentences';
import type { InstallProgress } from '../tunnel';
import { realWorld, type TunnelWorld } from '../world';
import {
  cloudflaredVersion,
  copyFolder,
  copyPath,
  isHeldByGatekeeper,
  isStamped,
  isVerified,
  sha256Of,
  untrusted,
} from './cloudflaredBinary';

/** The version everything here was tried with; should it be withdrawn, the latest takes its place. */
export const CLOUDFLARED_RELEASE = '2026.8.2';

const RELEASES = 'https://api.github.com/repos/cloudflare/cloudflared/releases';
const MAX_SIZE = 200 * 1_048_576;
const MAX_REDIRECTS = 5;
const IDLE_MS = 30_000;
const STALLED = 'the download stalled';
const TOTAL_MS = 15 * 60_000;
const STALE_MS = 3_600_000;
/** Attempts to move what came just now: a virus scanner may look at it for some seconds first. */
const SCANNED = 20;

export interface InstallOptions {
  dataDir: string;
  onProgress?(progress: InstallProgress): void;
  signal?: AbortSignal;
  network?: NetworkSettings;
  world?: TunnelWorld;
}

/** Resolves with the program when it is in place and starts. Rejects with a sentence for a person; nothing is left behind then. */
export async function installCloudflared(options: InstallOptions): Promise<{ path: string; version: string }> {
  const { dataDir, world = realWorld() } = options;
  const present = copyPath(dataDir, CLOUDFLARED_RELEASE, world.platform);
  const refused = untrusted(dataDir);
  if (refused) throw new SaidError(refused);
  if (isStamped(dataDir, CLOUDFLARED_RELEASE) && (await isUsable(dataDir, present, world)))
    return { path: present, version: CLOUDFLARED_RELEASE };

  const total = AbortSignal.timeout(TOTAL_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, total]) : total;
  const asset = assetName(world.platform, world.arch);
  const bin = path.join(dataDir, 'bin');
  const temporary = path.join(bin, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(bin, { recursive: true, mode: 0o700 });
    await removeStale(bin);
    await mkdir(temporary, { mode: 0o700 });
    const version = await fillFolder(temporary, asset, { ...options, world, signal });
    signal.throwIfAborted();
    await putInPlace(temporary, dataDir, version);
    return { path: copyPath(dataDir, version, world.platform), version };
  } catch (error) {
    if (error instanceof TunnelProblem) throw error;
    throw failureOf(explain(error, options.signal, total), { cause: error });
  } finally {
    // What stays, since it is held, goes when it is stale.
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

/** The copy that is there is what was once verified, and starts. */
async function isUsable(dataDir: string, program: string, world: TunnelWorld): Promise<boolean> {
  try {
    if (!(await isVerified(dataDir, CLOUDFLARED_RELEASE, program))) return false;
    await cloudflaredVersion(program, world);
    return true;
  } catch {
    return false;
  }
}

/** Downloads, checks, unpacks and tries the program in a folder of its own, with a stamp beside it. Resolves with the version. */
async function fillFolder(
  folder: string,
  assetName: string,
  {
    network: settings,
    world,
    signal,
    onProgress = () => {},
  }: InstallOptions & { world: TunnelWorld; signal: AbortSignal },
): Promise<string> {
  const network = createNetwork(settings, world);
  const tell = (version: string, fraction?: number): void => {
    const says = say.installing(version, fraction === undefined ? undefined : Math.floor(fraction * 100));
    onProgress({ message: says.text, says, ...(fraction !== undefined && { fraction }) });
  };
  tell(CLOUDFLARED_RELEASE);
  const asset = await findAsset(network, assetName, signal);
  const { version, sha256 } = asset;
  const download = path.join(folder, 'download');
  await fetchAsset(
    network,
    asset,
    () => world.createFile(download),
    signal,
    (fraction) => tell(version, fraction),
  );
  const program = path.join(folder, world.platform === 'win32' ? 'cloudflared.exe' : 'cloudflared');
  if (assetName.endsWith('.tgz')) await writeFile(program, await extractProgram(await readFile(download)));
  else await renameFreed(download, program, SCANNED);
  await rm(download, { force: true });
  await chmod(program, 0o755);
  await cloudflaredVersion(program, world).catch((error: Error) => {
    // Where it lay nobody can allow it: it is thrown away.
    const said = isHeldByGatekeeper(error) ? say.downloadHeld : say.binaryFails(say.theDownload, errorWords(error));
    throw new TunnelProblem('error', said, { missingBinary: true });
  });
  const installedAt = new Date(world.clock.now()).toISOString();
  const programSha256 = await sha256Of(program);
  const stamp = { version, asset: assetName, sha256, programSha256, installedAt };
  await writeFile(path.join(folder, 'stamp.json'), JSON.stringify(stamp), { mode: 0o600 });
  return version;
}

/** Names of the release assets. Throws for a platform without one. */
function assetName(platform: NodeJS.Platform, arch: string): string {
  const names: Record<string, string> = {
    'linux/x64': 'cloudflared-linux-amd64',
    'linux/arm64': 'cloudflared-linux-arm64',
    'linux/arm': 'cloudflared-linux-arm',
    'linux/ia32': 'cloudflared-linux-386',
    'darwin/x64': 'cloudflared-darwin-amd64.tgz',
    'darwin/arm64': 'cloudflared-darwin-arm64.tgz',
    'win32/x64': 'cloudflared-windows-amd64.exe',
    'win32/ia32': 'cloudflared-windows-386.exe',
    // There is no build of its own; Windows runs this one in emulation.
    'win32/arm64': 'cloudflared-windows-amd64.exe',
  };
  const name = names[`${platform}/${arch}`];
  if (!name) throw new SaidError(say.noBuild(platform, arch));
  return name;
}

interface Asset {
  version: string;
  name: string;
  url: string;
  size: number;
  /** Hex. */
  sha256: string;
}

async function findAsset(network: Network, name: string, signal: AbortSignal): Promise<Asset> {
  const release =
    (await readRelease(network, `tags/${CLOUDFLARED_RELEASE}`, signal)) ??
    (await readRelease(network, 'latest', signal));
  const { tag_name: version = '', assets = [] } = release ?? {};
  if (!/^\d{4}\.\d+\.\d+$/.test(version)) throw new SaidError(say.noRelease);
  const found = assets.find((asset) => asset.name === name);
  if (!found) throw new SaidError(say.noAsset(version, name));
  const sha256 = /^sha256:([0-9a-f]{64})$/i.exec(found.digest ?? '')?.[1]?.toLowerCase();
  if (!sha256) throw new SaidError(say.noChecksum(name));
  const url = found.browser_download_url ?? '';
  if (!url.startsWith(RELEASE_BASE)) throw new SaidError(say.strangeAddress(name));
  const size = found.size ?? 0;
  if (!(size > 0 && size <= MAX_SIZE)) throw new SaidError(say.strangeSize(name));
  return { version, name, url, size, sha256 };
}

interface Release {
  tag_name?: string;
  assets?: { name?: string; size?: number; digest?: string | null; browser_download_url?: string }[];
}

/** undefined: there is no such release. */
async function readRelease(network: Network, which: string, signal: AbortSignal): Promise<Release | undefined> {
  const answer = await network.request({
    url: `${RELEASES}/${which}`,
    headers: { accept: 'application/vnd.github+json' },
    timeoutMs: 30_000,
    alwaysVerify: true,
    signal,
  });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) {
    const limited = answer.status === 403 || answer.status === 429;
    throw new SaidError((limited ? say.releasesLimited : say.releasesStatus)(answer.status));
  }
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new SaidError(say.strangeRelease);
  }
}

async function fetchAsset(
  network: Network,
  asset: Asset,
  createTarget: () => Writable,
  signal: AbortSignal,
  onFraction: (fraction: number) => void,
): Promise<void> {
  const answer = await followRedirects(network, asset.url, signal);
  const hash = createHash('sha256');
  let received = 0;
  let told = -1;
  const idle = setTimeout(() => answer.destroy(new Error(STALLED)), IDLE_MS);
  async function* measured(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      idle.refresh();
      received += chunk.length;
      if (received > asset.size) throw new SaidError(say.downloadTooLarge(asset.name));
      hash.update(chunk);
      const percent = Math.floor((received / asset.size) * 100);
      if (percent > told) onFraction((told = percent) / 100);
      yield chunk;
    }
  }
  try {
    await pipeline(answer, measured, createTarget());
  } finally {
    clearTimeout(idle);
  }
  if (received < asset.size) throw new SaidError(say.downloadCut(asset.name));
  if (hash.digest('hex') !== asset.sha256) throw new SaidError(say.downloadChanged(asset.name));
}

async function followRedirects(network: Network, start: string, signal: AbortSignal) {
  let url = start;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const answer = await network.open({ url, timeoutMs: 30_000, alwaysVerify: true, signal });
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    answer.destroy();
    const { location } = answer.headers;
    if (status < 300 || status > 399 || !location) throw new SaidError(say.downloadStatus(status));
    url = new URL(location, url).href;
    if (!url.startsWith('https://')) throw new SaidError(say.downloadOpen);
  }
  throw new SaidError(say.downloadRedirected);
}

/** The one file `cloudflared` out of a .tgz. */
async function extractProgram(archive: Buffer): Promise<Buffer> {
  const tar = await promisify(gunzip)(archive, { maxOutputLength: MAX_SIZE });
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    const isFile = tar[at + 156] === 0x30 || tar[at + 156] === 0;
    if (isFile && path.posix.basename(text(0, 100)) === 'cloudflared') return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new SaidError(say.emptyArchive);
}

/** Renaming the whole folder is the moment it exists. Another process may have been first: then theirs is as good. */
async function putInPlace(temporary: string, dataDir: string, version: string): Promise<void> {
  const target = copyFolder(dataDir, version);
  for (let tries = 0; ; tries += 1) {
    try {
      // On Windows a folder that is there is told as one that is held: it is not waited for.
      await renameFreed(temporary, target, existsSync(target) ? 1 : SCANNED);
      return;
    } catch (error) {
      if (isStamped(dataDir, version) && tries > 0) return;
      if (tries > 2) throw error;
      // A copy that was replaced or that does not start any more stands there: move it away, in one step as well.
      const aside = `${temporary}-old`;
      await rename(target, aside).catch(() => moveEach(target, aside));
      await rm(aside, { recursive: true, force: true }).catch(() => {});
    }
  }
}

/** Windows moves no folder in which a program runs, and removes no such program; the program itself it moves. */
async function moveEach(folder: string, aside: string): Promise<void> {
  try {
    const names = await readdir(folder);
    await mkdir(aside, { mode: 0o700 });
    for (const name of names) await rename(path.join(folder, name), path.join(aside, name));
    await rmdir(folder);
  } catch {
    // The next attempt says why.
  }
}

/** Leavings of a process that died while downloading, and copies that ran when they were replaced. */
async function removeStale(bin: string): Promise<void> {
  for (const name of await readdir(bin)) {
    if (!name.startsWith('.tmp-')) continue;
    const folder = path.join(bin, name);
    const age = await stat(folder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    // One that still runs stays on Windows.
    if (age > STALE_MS) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function explain(error: unknown, cancelled: AbortSignal | undefined, total: AbortSignal): Words {
  if (cancelled?.aborted) return say.downloadCancelled;
  if (total.aborted) return say.downloadTooSlow;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return say.diskFull;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EBUSY' || code === 'EROFS') return say.folderNotWritten(code);
  if (code === 'ECONNRESET' || message === 'aborted' || message === STALLED || message === 'socket hang up')
    return say.downloadBroke;
  return errorWords(error);
}
