/** Whole answers: one after the other, and 32 at a time. */
import { agentBody, cpuOf, median, once, quantile, type Subject } from './client';
import { type Field, interleaved, type Measured, ratioOf, reportRatio, subjectsOf } from './rounds';
import { report, skip } from './rows';

export const SMALL = Buffer.from('{"model":"up/b","messages":[{"role":"user","content":"hi"}]}');
export const CURSOR = { 'user-agent': 'Cursor/1.0' };
const BIG_BYTES = 100_000;

const emptyFor = (field: Field): Measured => new Map(subjectsOf(field).map((subject) => [subject, []]));

/** Every program compiled by the engine before anything counts. */
export async function warmUp(field: Field, body: Buffer, extra: Record<string, string> = {}): Promise<void> {
  const count = body.length > BIG_BYTES ? 60 : 2_000;
  for (let n = 0; n < count; n++) for (const subject of subjectsOf(field)) await once(subject, body, extra);
}

/** Median of `perRound` requests in a row, milliseconds. */
async function latency(
  row: string,
  field: Field,
  body: Buffer,
  goal: number,
  extra: Record<string, string> = {},
): Promise<void> {
  const [rounds, perRound] = body.length > 500_000 ? [15, 4] : body.length > BIG_BYTES ? [21, 6] : [41, 15];
  await warmUp(field, body, extra);
  const all = emptyFor(field);
  const cpu = emptyFor(field);
  const measured = await interleaved(field, rounds, async (subject) => {
    const before = cpuOf(subject.pid);
    const times: number[] = [];
    for (let n = 0; n < perRound; n++) times.push(await once(subject, body, extra));
    all.get(subject)!.push(...times);
    cpu.get(subject)!.push(cpuOf(subject.pid) - before);
    return median(times);
  });
  // What a busy machine adds to time it does not add to this.
  reportRatio(row, field, measured, 'ms', goal, `, CPU ${ratioOf(cpu, field.router, field.bare).toFixed(2)}`);
  if (body !== SMALL) return;
  const p99 = (subject: Subject) => quantile(all.get(subject)!, 0.99);
  const { bare, router, go } = field;
  const besideGo = go ? `  (Go ${(p99(go) - p99(bare)).toFixed(2)})` : '';
  report(`${row}: p99 added at one connection`, p99(router) - p99(bare), ' ms', undefined, besideGo);
}

export async function measureLatency(field: Field): Promise<void> {
  const medium = agentBody(223_000);
  const large = agentBody(1_000_000);
  await latency('small JSON, plain client', field, SMALL, 1.4);
  await latency("small JSON, Cursor's layer", field, SMALL, 1.8, CURSOR);
  await latency('223 KB agent body, plain client', field, medium, 1.3);
  await latency('1 MB agent body, plain client', field, large, 1.3);
  await latency("223 KB agent body, Cursor's layer", field, medium, 2, CURSOR);
  await latency("1 MB agent body, Cursor's layer", field, large, 2, CURSOR);
}

/** `count` requests, `width` at a time. */
export async function load(subject: Subject, body: Buffer, count: number, width = 32): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left-- > 0) times.push(await once(subject, body));
    }),
  );
  return times;
}

async function parallel(row: string, field: Field, body: Buffer, goals: { time: number; cpu: number }): Promise<void> {
  const count = body.length > BIG_BYTES ? 100 : 800;
  // Alone these rows would else be those of the compiler: it works for thousands of requests.
  for (const subject of subjectsOf(field)) await load(subject, body, count * 10);
  const cpu = emptyFor(field);
  const time = await interleaved(field, 9, async (subject) => {
    const before = cpuOf(subject.pid);
    const begun = performance.now();
    await load(subject, body, count);
    const took = performance.now() - begun;
    cpu.get(subject)!.push(((cpuOf(subject.pid) - before) * 1_000) / count);
    return (took * 1_000) / count;
  });
  reportRatio(`${row}, 32 parallel: time a request`, field, time, 'µs', goals.time);
  reportRatio(`${row}, 32 parallel: CPU a request`, field, cpu, 'µs', goals.cpu);
  const { router, go } = field;
  const name = `${row}, 32 parallel: time beside llm-router (Go)`;
  if (go) report(name, median(time.get(router)!) / median(time.get(go)!), ' ×', 1);
  else skip(name, 'LLM_ROUTER_GO_BIN names no program');
}

/** The most requests a second of which 99 in 100 take less than 20 ms, over rising numbers at a time. */
async function rateUnder20(subject: Subject): Promise<number> {
  let best = 0;
  for (const width of [4, 8, 16, 32, 64, 128]) {
    const begun = performance.now();
    const times = await load(subject, SMALL, 1_000, width);
    if (quantile(times, 0.99) < 20) best = Math.max(best, 1_000_000 / (performance.now() - begun));
  }
  return best;
}

export async function measureParallel(field: Field): Promise<void> {
  await parallel('small JSON', field, SMALL, { time: 1.5, cpu: 2 });
  await parallel('223 KB agent body', field, agentBody(223_000), { time: 1.4, cpu: 1.5 });
  const rates = await interleaved(field, 3, rateUnder20);
  const rate = (subject: Subject) => Math.max(...rates.get(subject)!);
  const { bare, router, go } = field;
  const beside = `  (bare ${rate(bare).toFixed(0)}${go ? `, Go ${rate(go).toFixed(0)}` : ''})`;
  report('small JSON: requests a second with p99 under 20 ms', rate(router), ' /s', undefined, beside);
}
