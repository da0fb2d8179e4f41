/**
 * One router process per data directory (design §8). Who may serve is decided by claiming generation N + 1, never by a port, a pid
 * or the removal of a socket. Whether somebody serves already is decided by calling: only the answer to the handshake counts.
 */
import { readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SaidError } from '../said';
import { killProcess } from '../system/processes';
import { compareVersions } from '../version';
import { type Claim, type FoundClaim, listClaims, removeClaim, writeClaim } from './claims';
import { type DialOptions, dial, type Peer } from './dial';
import type { Log } from './logFile';
import { fromAnotherBoot, identityOf, stillRuns } from './processIdentity';
import { type HostWorld, isPipeName, newSocketPath, type RuntimeDir, thisHost } from './runtimeDir';
import { say } from './sentences';
import { within } from './timeLimit';

/** A router that is ending gets this long before it counts as hung, milliseconds. */
const ENDING = 20_000;

export interface Found {
  /** The newest router that answers and is not leaving; the caller closes it. */
  live?: Peer;
  /** A router on its way out while no newer one serves: wait for it, then start another. The caller closes it. */
  ending?: Peer;
  /** Somebody accepts connections there and says nothing. */
  hung: Claim[];
  /** Highest generation present, 0 when there is none. */
  newest: number;
}

/** Calls the claimed addresses, newest first, until one answers. Never removes anything. */
export async function findRouter(dir: RuntimeDir, options: DialOptions): Promise<Found> {
  const claims = await listClaims(dir);
  const found: Found = { hung: [], newest: claims[0]?.generation ?? 0 };
  for (const { claim } of claims) {
    if (claim === undefined || (await fromAnotherBoot(claim))) continue;
    const result = await dial(claim.address, options);
    if (result.kind === 'silent') found.hung.push(claim);
    if (result.kind !== 'live') continue;
    if (result.peer.leaving === undefined) {
      found.ending?.close();
      return { ...found, live: result.peer, ending: undefined };
    }
    if (result.peer.leaving === 'ending' && found.ending === undefined) found.ending = result.peer;
    else result.peer.close();
  }
  return found;
}

export type Acquired =
  /** This process serves from now on. `predecessor`: an older router that is still serving, proven as ours, to be asked to hand over. */
  | { kind: 'owner'; generation: number; predecessor?: Peer; release: () => Promise<void> }
  /** Another process serves already. */
  | { kind: 'lost'; pid: number; version: string };

export interface AcquireOptions extends DialOptions {
  dir: RuntimeDir;
  /** Take over from a router of an older version instead of leaving it alone. */
  takeOver: boolean;
  /** Listens on the address; resolves when connections are accepted, to the function that stops listening. */
  listen: (address: string) => Promise<() => void>;
  log: Log;
  host?: HostWorld;
}

/** Claims the next generation, or finds the process that has it. Rejects with a sentence when neither can be. */
export async function acquireInstance(options: AcquireOptions): Promise<Acquired> {
  const { dir, log } = options;
  for (let attempt = 0; attempt < 20; attempt++) {
    const found = await findRouter(dir, options);
    if (found.ending !== undefined && found.live === undefined) {
      const { pid, closed } = found.ending;
      log.info(`process ${pid} is ending, waiting for it`);
      await within(ENDING, say.notEnding(pid), closed);
      continue;
    }
    const predecessor = found.live;
    if (predecessor !== undefined && !mayTakeOver(predecessor, options)) {
      predecessor.close();
      return { kind: 'lost', pid: predecessor.pid, version: predecessor.version };
    }
    if (predecessor === undefined) for (const claim of found.hung) await endHung(claim, log);
    const generation = found.newest + 1;
    const address = await newSocketPath(dir, generation, options.host ?? thisHost());
    const stopListening = await options.listen(address);
    const mine: Claim = { generation, address, version: options.version, ...(await identityOf(process.pid)) };
    if (await claimFirst(dir, mine)) {
      const proven = await predecessor?.prove(`router ${options.version}`).then(
        () => true,
        () => false,
      );
      void cleanUp(dir, mine, options).catch((error: Error) => log.warn(`clean-up: ${error.message}`));
      const release = async (): Promise<void> => {
        stopListening();
        const newest = (await listClaims(dir))[0]?.generation ?? 0;
        if (newest > generation) await removeClaim(dir, generation, address);
      };
      return { kind: 'owner', generation, release, ...(proven ? { predecessor } : {}) };
    }
    stopListening();
    predecessor?.close();
    // Whoever was faster is reading the same folder: let it get on.
    await setTimeout(10 + Math.random() * 40);
  }
  throw new SaidError(say.unsettled);
}

function mayTakeOver(peer: Peer, options: AcquireOptions): boolean {
  return options.takeOver && peer.protocol !== undefined && compareVersions(peer.version, options.version) < 0;
}

/** A claim counts only while nothing newer exists: the file of a slower claimant may have been cleaned away in between. */
async function claimFirst(dir: RuntimeDir, mine: Claim): Promise<boolean> {
  if (!(await writeClaim(dir, mine))) return false;
  const newest = (await listClaims(dir))[0]?.generation ?? 0;
  if (newest <= mine.generation) return true;
  await removeClaim(dir, mine.generation);
  return false;
}

/**
 * A router that accepts and stays silent is ended, if it is beyond doubt the process that made the claim. A named pipe is proof by
 * itself: its name was drawn for this claim and is gone with the process.
 */
async function endHung(claim: Claim, log: Log): Promise<void> {
  if (!isPipeName(claim.address) && !(await stillRuns(claim))) return;
  log.warn(`process ${claim.pid} (generation ${claim.generation}) does not answer and is ended`);
  await killProcess(claim.pid);
}

/** Older generations nobody serves, tickets of starts that are over, drafts and sockets that were left behind. */
async function cleanUp(dir: RuntimeDir, mine: Claim, options: AcquireOptions): Promise<void> {
  const older = (await listClaims(dir)).filter(({ generation }) => generation < mine.generation);
  const kept = new Set([mine.address]);
  for (const found of older) {
    if (await isDead(found, options)) await removeClaim(dir, found.generation, found.claim?.address);
    else if (found.claim !== undefined) kept.add(found.claim.address);
  }
  for (const name of await readdir(dir.run)) {
    const file = path.join(dir.run, name);
    const ofGeneration = Number(/^(?:start-|r)(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    const isDraft = /\.([0-9a-f]{12}|[0-9a-f]{8}\.tmp)$/.test(name) && (await isOld(file));
    if (isDraft || (ofGeneration < mine.generation && !kept.has(file))) {
      await unlink(file).catch(() => undefined);
    }
  }
}

async function isDead({ claim }: FoundClaim, options: DialOptions): Promise<boolean> {
  if (claim === undefined || (await fromAnotherBoot(claim))) return true;
  const result = await dial(claim.address, options);
  if (result.kind === 'live') result.peer.close();
  return result.kind === 'dead';
}

async function isOld(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > 60_000;
}
