/** The bench: every figure is a ratio to the bare pass-through of the same run, medians of interleaved rounds. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  agentBody,
  cpuOf,
  leave,
  median,
  once,
  quantile,
  rssOf,
  type StreamTimes,
  type Subject,
  streamOnce,
} from './client';
import { measureLedger } from './ledger';
import { measureTranslation } from './translation';

const [build = '', ...wanted] = process.argv.slice(2);
const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-bench-'));
const children: ChildProcess[] = [];
const KEY = 'sk-bench-0123456789abcdef0123456789';
const WARM_UP = 2_000;
const CURSOR = { 'user-agent': 'Cursor/1.0' };
const rows: { row: string; result: string; goal: string; met: string }[] = [];

function report(row: string, value: number, unit: string, goal: number | undefined, note = ''): void {
  rows.push({
    row,
    result: `${value.toFixed(2)}${unit}${note}`,
    goal: goal === undefined ? '' : `≤ ${goal}${unit}`,
    met: goal === undefined ? '' : value <= goal ? 'yes' : 'NO',
  });
  console.log(
    `${row.padEnd(58)} ${rows.at(-1)!.result.padEnd(34)} ${rows.at(-1)!.goal.padEnd(12)} ${rows.at(-1)!.met}`,
  );
}

function forked(script: string, ...args: string[]): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(path.join(build, script), args);
  children.push(child);
  return new Promise((resolve) =>
    child.once('message', (message) => resolve({ port: (message as { port: number }).port, child })),
  );
}

async function startRouter(upstreamPort: number): Promise<Subject> {
  const config = path.join(folder, 'llm-router.json');
  const backends = [{ name: 'up', baseUrl: `http://127.0.0.1:${upstreamPort}` }];
  writeFileSync(config, JSON.stringify({ port: 0, tunnel: { provider: 'none' }, log: { level: 'error' }, backends }));
  const args = [
    'dist/router.js',
    '--json',
    '--config',
    config,
    '--data-dir',
    path.join(folder, 'data'),
    '--llmrouter-api-key',
    KEY,
    '--port',
    '0',
    '--log-level',
    'error',
  ];
  // Into a file: whoever reads its events from a pipe would share the cores with what is measured.
  const events = path.join(folder, 'events.jsonl');
  const child = spawn(process.execPath, args, { stdio: ['ignore', openSync(events, 'w'), 'inherit'] });
  children.push(child);
  const ended = new Promise<never>((_resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the router ended with ${code}`)));
  });
  ended.catch(() => {});
  const listening = async (): Promise<number> => {
    for (;;) {
      const found = /"localUrl":"http:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(events, 'utf8'));
      if (found) return Number(found[1]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const port = await Promise.race([listening(), ended]);
  return { name: 'router', port, pid: child.pid!, headers: { authorization: `Bearer ${KEY}` } };
}

/** Median per round of `perRound` sequential requests, bare and router alternating; the ratio of the medians. */
async function latency(
  row: string,
  bare: Subject,
  router: Subject,
  body: Buffer,
  goal: number,
  extra: Record<string, string> = {},
  rounds = 9,
  perRound = 25,
): Promise<void> {
  const bareTimes: number[] = [];
  const routerTimes: number[] = [];
  // Both programs compiled by the engine before anything counts.
  for (let n = 0; n < (body.length > 100_000 ? 60 : WARM_UP); n++) {
    await once(bare, body);
    await once(router, body, extra);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [subject, times, headers] of round % 2 === 0
      ? ([
          [bare, bareTimes, {}],
          [router, routerTimes, extra],
        ] as const)
      : ([
          [router, routerTimes, extra],
          [bare, bareTimes, {}],
        ] as const)) {
      const round: number[] = [];
      for (let n = 0; n < perRound; n++) round.push(await once(subject, body, headers));
      times.push(median(round));
    }
  }
  report(
    row,
    median(routerTimes) / median(bareTimes),
    ' ×',
    goal,
    `  (${median(bareTimes).toFixed(2)} → ${median(routerTimes).toFixed(2)} ms)`,
  );
}

async function parallel(
  row: string,
  bare: Subject,
  router: Subject,
  body: Buffer,
  goal: number,
  goalCpu: number,
): Promise<void> {
  for (let n = 0; n < 200; n++) {
    await once(bare, body);
    await once(router, body);
  }
  const rate = { bare: [] as number[], router: [] as number[] };
  const cpu = { bare: [] as number[], router: [] as number[] };
  for (let round = 0; round < 6; round++) {
    for (const key of round % 2 === 0 ? (['bare', 'router'] as const) : (['router', 'bare'] as const)) {
      const subject = key === 'bare' ? bare : router;
      const count = body.length > 100_000 ? 160 : 1_500;
      let left = count;
      const cpuBefore = cpuOf(subject.pid);
      const begun = performance.now();
      await Promise.all(
        Array.from({ length: 32 }, async () => {
          while (left-- > 0) await once(subject, body);
        }),
      );
      rate[key].push(count / (performance.now() - begun));
      cpu[key].push((cpuOf(subject.pid) - cpuBefore) / count);
    }
  }
  report(
    `${row}, 32 parallel: time per request`,
    median(rate.bare) / median(rate.router),
    ' ×',
    goal,
    `  (${(median(rate.router) * 1000).toFixed(0)} rps)`,
  );
  report(
    `${row}, 32 parallel: CPU per request`,
    median(cpu.router) / Math.max(median(cpu.bare), 0.001),
    ' ×',
    goalCpu,
    `  (${(median(cpu.router) * 1000).toFixed(0)} µs)`,
  );
}

async function firstToken(bare: Subject, router: Subject): Promise<void> {
  const body = agentBody(4_000, { bench: 'stream-20-5', stream: true });
  const times = { bare: [] as number[], router: [] as number[] };
  for (let n = 0; n < 30; n++) {
    times.bare.push((await streamOnce(bare, body)).firstMs);
    times.router.push((await streamOnce(router, body)).firstMs);
  }
  report(
    'first token, streamed',
    median(times.router) / median(times.bare),
    ' ×',
    1.25,
    `  (${median(times.bare).toFixed(2)} → ${median(times.router).toFixed(2)} ms)`,
  );
}

async function manyStreams(bare: Subject, router: Subject): Promise<void> {
  const body = agentBody(4_000, { bench: 'stream-50-40', stream: true });
  const lag: Record<string, number> = {};
  for (const subject of [bare, router]) {
    const streams: StreamTimes[] = await Promise.all(Array.from({ length: 200 }, () => streamOnce(subject, body)));
    const lost = streams.filter(
      (one) => !one.done || one.order.length !== 50 || one.order.some((n, at) => n !== at),
    ).length;
    lag[subject.name] = quantile(
      streams.flatMap((one) => one.lags),
      0.99,
    );
    if (subject === router) {
      report('200 streams: lost or reordered', lost, '', 0);
      report('200 streams: RSS of the router', rssOf(router.pid), ' MB', 150);
    }
  }
  report('200 streams: p99 added lag', Math.max(0, lag.router! - lag.bare!), ' ms', 20);
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

const sections: Record<string, (all: { bare: Subject; router: Subject; upstream: ChildProcess }) => Promise<void>> = {
  async latency({ bare, router }) {
    await latency(
      'small JSON, plain client',
      bare,
      router,
      Buffer.from('{"model":"up/b","messages":[{"role":"user","content":"hi"}]}'),
      1.25,
    );
    await latency('223 KB agent body, plain client', bare, router, agentBody(223_000), 1.5);
    await latency('1 MB agent body, plain client', bare, router, agentBody(1_000_000), 1.5, {}, 7, 15);
    await latency("223 KB agent body, Cursor's layer", bare, router, agentBody(223_000), 2, CURSOR);
    await latency("1 MB agent body, Cursor's layer", bare, router, agentBody(1_000_000), 2, CURSOR, 7, 15);
  },
  async parallel({ bare, router }) {
    await parallel(
      'small JSON',
      bare,
      router,
      Buffer.from('{"model":"up/b","messages":[{"role":"user","content":"hi"}]}'),
      1.5,
      1.5,
    );
    await parallel('223 KB agent body', bare, router, agentBody(223_000), 1.5, 1.5);
  },
  streams: async ({ bare, router, upstream }) => {
    await firstToken(bare, router);
    await manyStreams(bare, router);
    await disconnect(router, upstream);
  },
  translation: async () => measureTranslation(report),
  ledger: async () => measureLedger(report, folder),
};

try {
  const upstream = await forked('upstream.mjs');
  const bareProcess = await forked('bareProxy.mjs', `http://127.0.0.1:${upstream.port}`);
  const bare: Subject = { name: 'bare', port: bareProcess.port, pid: bareProcess.child.pid!, headers: {} };
  const router = await startRouter(upstream.port);
  report('router idle: RSS', rssOf(router.pid), ' MB', undefined);
  for (const [name, run] of Object.entries(sections)) {
    if (wanted.length === 0 || wanted.includes(name)) await run({ bare, router, upstream: upstream.child });
  }
  console.log(
    `\n${rows.filter((row) => row.met === 'NO').length} of ${rows.filter((row) => row.met).length} goals missed. Node ${process.version}, ${os.cpus().length} cores.`,
  );
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
