/** Start and memory, of programs started for it: cold, after a minute of load, after large bodies; a long soak on demand. */
import { readdirSync } from 'node:fs';
import { agentBody, median, rssOf, type Subject } from './client';
import { CURSOR, load, SMALL } from './requests';
import { report } from './rows';
import { startBare, startRouter, stop } from './subjects';

/** Seconds at 32; BENCH_SECONDS for less or more. */
const LOAD_SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const SOAK_SECONDS = 600;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** MB every few seconds while 32 clients ask for `seconds`. */
async function underLoad(subject: Subject, seconds: number): Promise<number[]> {
  const seen: number[] = [];
  const until = performance.now() + seconds * 1_000;
  for (let next = 0; performance.now() < until; ) {
    await load(subject, SMALL, 500);
    if (performance.now() < next) continue;
    next = performance.now() + 2_000;
    seen.push(rssOf(subject.pid));
  }
  return [...seen, rssOf(subject.pid)];
}

/** MB a minute over the second half: what a start takes is over by then. */
function growth(seen: readonly number[], seconds: number): number {
  const quarter = Math.max(1, Math.floor(seen.length / 4));
  const late = median(seen.slice(-quarter));
  const middle = median(seen.slice(-3 * quarter, -2 * quarter));
  return ((late - middle) * 60) / (seconds / 2);
}

export async function measureMemory(upstreamPort: number): Promise<void> {
  const bare = await startBare('bare', upstreamPort);
  const router = await startRouter(upstreamPort);
  await pause(1_000);
  const against = (row: string, goal: number, note = ''): void => {
    const [base, own] = [rssOf(bare.pid), rssOf(router.pid)];
    report(row, own / base, ' ×', goal, `  (${base.toFixed(0)} → ${own.toFixed(0)} MB${note})`);
  };
  against('RSS, cold and idle', 1.2);
  await underLoad(bare, LOAD_SECONDS);
  const seen = await underLoad(router, LOAD_SECONDS);
  against(`RSS after ${LOAD_SECONDS} s at 32`, 1.6, `, ${growth(seen, LOAD_SECONDS).toFixed(1)} MB a minute`);
  const peak = rssOf(router.pid);
  await pause(15_000);
  report('RSS of the router that comes back in 15 s', peak - rssOf(router.pid), ' MB', undefined);
  const large = agentBody(1_000_000);
  for (const subject of [bare, router]) await load(subject, large, 120, 4);
  await load({ ...router, headers: { ...router.headers, ...CURSOR } }, large, 60, 4);
  against('RSS after the 1 MB rows', 1.8);
  stop(bare);
  stop(router);
}

/** From the start of the process to an open port, milliseconds; the bare pass-through beside it says what the runtime takes. */
export async function measureStart(upstreamPort: number): Promise<void> {
  const took = { bare: [] as number[], router: [] as number[] };
  const start = { bare: () => startBare('bare', upstreamPort), router: () => startRouter(upstreamPort) };
  for (let round = 0; round < 11; round++) {
    for (const which of ['bare', 'router'] as const) {
      const begun = performance.now();
      const subject = await start[which]();
      took[which].push(performance.now() - begun);
      stop(subject);
    }
  }
  const note = `  (bare ${median(took.bare).toFixed(0)} ms)`;
  report('start of the process → listening', median(took.router), ' ms', 200, note);
}

/** Ten minutes at 32: memory must be flat and no descriptor lost. Only when asked for by name. */
export async function soak(upstreamPort: number): Promise<void> {
  const router = await startRouter(upstreamPort);
  /** The fewest of several looks: a connection that is just being replaced is none that was lost. */
  const descriptors = async () => {
    const looks: number[] = [];
    for (let n = 0; n < 10; n++) {
      await pause(300);
      looks.push(readdirSync(`/proc/${router.pid}/fd`).length);
    }
    return Math.min(...looks);
  };
  await load(router, SMALL, 2_000);
  const before = await descriptors();
  const seen = await underLoad(router, SOAK_SECONDS);
  const note = `  (${seen[0]!.toFixed(0)} → ${seen.at(-1)!.toFixed(0)} MB)`;
  report('soak, 10 minutes at 32: RSS growth a minute', growth(seen, SOAK_SECONDS), ' MB', 1, note);
  report('soak, 10 minutes at 32: descriptors lost', (await descriptors()) - before, '', 0);
  stop(router);
}
