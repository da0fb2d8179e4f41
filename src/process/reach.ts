/** Finds the running router process, or sees to it that exactly one is started, or that a newer one takes over from an older one. */

import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { steadyNow } from '../network/steadyClock';
import { errorWords, type Message, messageOf } from '../said';
import { compareVersions } from '../version';
import { maskKeys } from '../wires/keyShapes';
import { listClaims } from './claims';
import { type DialOptions, dial, type Peer } from './dial';
import { findRouter } from './instance';
import type { RuntimeDir } from './runtimeDir';
import { say } from './sentences';
import type { SpawnRouter, StartedRouter } from './spawnRouter';
import { type StartFailure, takeTicket } from './startTicket';

/** How often a window that waits for a start looks, milliseconds. */
const LOOK = 50;
/** A router found hung is ended first, which takes the starting process this much longer, milliseconds. */
const HUNG_EXTRA = 10_000;
/** How long a router may take to end before another is started beside it, milliseconds. */
const ENDING_LIMIT = 20_000;

export interface ReachOptions extends DialOptions {
  dir: RuntimeDir;
  spawn: SpawnRouter;
  /** False: only look whether one runs. */
  mayStart: boolean;
  /** Milliseconds a started process has until it answers. */
  startTimeout: number;
  /** A process is being started, here or by another window. */
  onStarting: () => void;
  signal: AbortSignal;
}

export type Reached =
  | { kind: 'peer'; peer: Peer }
  /** None runs, and none may be started. */
  | { kind: 'absent' }
  | ({ kind: 'incompatible' } & Message)
  | ({ kind: 'failed' } & StartFailure);

/** What came of one start: a router, a failure, or nothing certain (look again). */
type Started = { kind: 'peer'; peer: Peer } | ({ kind: 'failed' } & StartFailure) | { kind: 'again' };

export async function reachRouter(options: ReachOptions): Promise<Reached> {
  const { dir, signal, version } = options;
  let mayTakeOver = options.mayStart;
  for (let round = 0; round < 8 && !signal.aborted; round++) {
    const found = await findRouter(dir, options);
    const { live, ending, newest } = found;
    if (live !== undefined) {
      if (live.protocol === undefined) return incompatible(live, version);
      if (!mayTakeOver || compareVersions(live.version, version) >= 0) return { kind: 'peer', peer: live };
      live.close();
      const started = await startOne(newest + 1, true, options.startTimeout, options);
      if (started.kind === 'peer') return started;
      // The update did not come up: the older router still serves.
      if (started.kind === 'failed') mayTakeOver = false;
      continue;
    }
    if (!options.mayStart) {
      ending?.close();
      return { kind: 'absent' };
    }
    if (ending !== undefined) {
      await Promise.race([ending.closed, setTimeout(ENDING_LIMIT, undefined, { ref: false })]);
      ending.close();
      continue;
    }
    const patience = options.startTimeout + (found.hung.length > 0 ? HUNG_EXTRA : 0);
    const started = await startOne(newest + 1, false, patience, options);
    if (started.kind !== 'again') return started;
  }
  return { kind: 'failed', final: false, ...messageOf(say.noneReached) };
}

function incompatible(peer: Peer, version: string): Reached {
  peer.close();
  const newer = compareVersions(peer.version, version) > 0;
  const what = newer ? say.newerRuns(peer.version, version) : say.olderRuns(peer.version);
  return { kind: 'incompatible', ...messageOf(what) };
}

async function startOne(
  generation: number,
  takeOver: boolean,
  patience: number,
  options: ReachOptions,
): Promise<Started> {
  const { dir } = options;
  options.onStarting();
  const ticket = await takeTicket(dir, generation, patience + 1_000);
  if (ticket.kind === 'theirs') {
    return await waitFor(generation, steadyNow() + ticket.leftMs, options, async () => {
      const failure = await ticket.failure();
      return failure === undefined ? undefined : { kind: 'failed', ...failure };
    });
  }
  // Somebody may have been faster between our look and our ticket.
  if (((await listClaims(dir))[0]?.generation ?? 0) >= generation) return { kind: 'again' };
  let started: StartedRouter;
  try {
    started = options.spawn({ dataDir: dir.dataDir, takeOver, output: dir.outputFile });
  } catch (error) {
    return await failed(ticket.fail, { final: true, ...messageOf(say.notStarted(errorWords(error))) });
  }
  let ended: Awaited<StartedRouter['ended']> | undefined;
  void started.ended.then((end) => {
    ended = end;
  });
  const result = await waitFor(generation, steadyNow() + patience, options, async () => {
    if (ended === undefined) return undefined;
    // Exit code 0: another process serves already.
    return ended.code === 0 ? { kind: 'again' } : { kind: 'failed', ...(await describeEnd(ended, dir)) };
  });
  if (result.kind === 'failed') return await failed(ticket.fail, result);
  if (result.kind === 'peer' || ended !== undefined || options.signal.aborted) return result;
  started.kill();
  const seconds = Math.round(patience / 1000);
  return await failed(ticket.fail, { final: true, ...messageOf(say.silentStart(seconds)) });
}

async function failed(
  tell: (failure: StartFailure) => Promise<void>,
  { message, says, final }: StartFailure,
): Promise<Started> {
  const failure = { message, ...(says && { says }), final };
  await tell(failure);
  return { kind: 'failed', ...failure };
}

/** Looks until a router of this generation or a newer one answers, or `outcome` knows better, or the time is up ('again'). */
async function waitFor(
  generation: number,
  until: number,
  options: ReachOptions,
  outcome: () => Promise<Started | undefined>,
): Promise<Started> {
  const called = new Set<number>();
  while (!options.signal.aborted) {
    for (const { generation: found, claim } of await listClaims(options.dir)) {
      if (found < generation || claim === undefined || called.has(found)) continue;
      called.add(found);
      const result = await dial(claim.address, options);
      if (result.kind !== 'live') continue;
      if (result.peer.leaving === undefined && result.peer.protocol !== undefined)
        return { kind: 'peer', peer: result.peer };
      result.peer.close();
    }
    const known = await outcome();
    if (known !== undefined) return known;
    if (steadyNow() >= until) break;
    await setTimeout(LOOK);
  }
  return { kind: 'again' };
}

async function describeEnd(ended: Awaited<StartedRouter['ended']>, dir: RuntimeDir): Promise<StartFailure> {
  if (ended.error !== undefined) {
    return { final: true, ...messageOf(say.notStarted(errorWords(ended.error))) };
  }
  const output = await readFile(dir.outputFile, 'utf8').catch(() => '');
  const reason = maskKeys(reasonIn(output)).slice(0, 500);
  const how = ended.signal === null ? say.exitCode(String(ended.code)) : say.signal(ended.signal);
  const words = reason === '' ? say.endedAtStart(how) : say.endedAtStartSaying(how, reason);
  return { final: false, ...messageOf(words) };
}

/** The line a person needs of what a runtime prints when it breaks: the error, not its stack and not the runtime's version. */
function reasonIn(output: string): string {
  const lines = output.split('\n').filter((line) => /^\S/.test(line) && !line.startsWith('Node.js v'));
  return lines.find((line) => /^(?:Uncaught )?\w*Error\b.*:/.test(line)) ?? lines.at(-1) ?? '';
}
