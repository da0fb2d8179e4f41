/** Streamed answers: the first token, 200 at once, a client that leaves. */
import type { ChildProcess } from 'node:child_process';
import { agentBody, cpuOf, leave, median, quantile, rssOf, type StreamTimes, type Subject, streamOnce } from './client';
import { CURSOR } from './requests';
import { type Field, interleaved, reportRatio, subjectsOf } from './rounds';
import { report } from './rows';

const STREAMS = 200;
const EVENTS = 50;

async function firstToken(row: string, field: Field, goal: number, extra: Record<string, string>): Promise<void> {
  const body = agentBody(4_000, { bench: 'stream-5-1', stream: true });
  for (let n = 0; n < 200; n++) for (const subject of subjectsOf(field)) await streamOnce(subject, body, extra);
  const measured = await interleaved(field, 60, async (subject) => (await streamOnce(subject, body, extra)).firstMs);
  reportRatio(row, field, measured, 'ms', goal);
}

const whole = ({ done, order }: StreamTimes): boolean =>
  done && order.length === EVENTS && order.every((n, at) => n === at);

async function manyStreams(field: Field): Promise<void> {
  const body = agentBody(4_000, { bench: `stream-${EVENTS}-40`, stream: true });
  const lags = new Map<Subject, number[]>();
  let lost = 0;
  const round = (subject: Subject) => Promise.all(Array.from({ length: STREAMS }, () => streamOnce(subject, body)));
  // Else a tenth of this row would be the compiler's.
  for (const subject of subjectsOf(field)) await round(subject);
  const cpu = await interleaved(field, 5, async (subject) => {
    const before = cpuOf(subject.pid);
    const streams = await round(subject);
    if (subject === field.router) lost += streams.filter((one) => !whole(one)).length;
    const lag = quantile(
      streams.flatMap((one) => one.lags),
      0.99,
    );
    lags.set(subject, [...(lags.get(subject) ?? []), lag]);
    return ((cpuOf(subject.pid) - before) * 1_000) / (STREAMS * EVENTS);
  });
  reportRatio('200 streams: CPU an event', field, cpu, 'µs', 1.5);
  report('200 streams: lost or reordered', lost, '', 0);
  const lag = (subject: Subject) => median(lags.get(subject)!);
  report('200 streams: p99 added lag', Math.max(0, lag(field.router) - lag(field.bare)), ' ms', 20);
  report('200 streams: RSS of the router', rssOf(field.router.pid), ' MB', 150);
}

async function disconnect(router: Subject, upstream: ChildProcess): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n < 20; n++) {
    const left = new Promise<number>((resolve) =>
      upstream.once('message', (message) => resolve((message as { left: number }).left)),
    );
    const at = await leave(router, agentBody(1_000, { bench: 'hang-1000-20', stream: true }));
    took.push((await left) - at);
  }
  report('client leaves → upstream aborted', median(took), ' ms', 10, `  (max ${Math.max(...took).toFixed(1)} ms)`);
}

export async function measureStreams(field: Field, upstream: ChildProcess): Promise<void> {
  await firstToken('first token, plain client', field, 1.3, {});
  await firstToken("first token, Cursor's layer", field, 1.6, CURSOR);
  await manyStreams(field);
  await disconnect(field.router, upstream);
}
