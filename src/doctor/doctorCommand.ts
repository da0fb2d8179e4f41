/** `router.js doctor`: looks at the router that runs with this data directory, or starts one for as long as it takes. */

import { doorOf, healthProofWith, newHealthNonce } from '../network/healthProof';
import type { DoctorArguments } from '../process/commandLine';
import type { DoctorHop, DoctorReport } from '../process/contract';
import { type HeadlessCore, type HeadlessWorld, type Prepared, prepareHeadless } from '../process/headless';
import { openMemo } from '../process/routerMemo';
import { openRuntimeDir } from '../process/runtimeDir';
import type { Settings } from '../settings/schema';
import { openStateFile } from '../tunnel/stateFile';
import { WAYS } from '../tunnel/ways';
import { VERSION } from '../version';
import { localOrigin } from './facts';
import { jsonHop, jsonSummary, summaryOf, terminalHop } from './report';
import { diagnoseProblems } from './runDoctor';

/** Resolves to the exit code: 0 nothing failed, 1 something did, 2 the configuration cannot be used, 130 ended by the person. */
export async function runDoctorCommand(
  { headless, paid }: DoctorArguments,
  createCore: HeadlessCore,
  world: HeadlessWorld,
): Promise<number> {
  const cancel = new AbortController();
  world.onSignal((signal) => cancel.abort(signal));
  // Whoever reads has gone (`| head`): what was started must still end in order.
  world.stdout.on('error', () => cancel.abort());
  // What the parts log would stand between the hops; a person can ask for it.
  const silent: HeadlessCore = (options) =>
    createCore(headless.logLevel ? options : { ...options, log: () => undefined });
  const prepared = await prepareHeadless(headless, silent, world, cancel.signal);
  const { core, first, settings } = prepared;
  const color = world.stdout.isTTY === true && !prepared.env.NO_COLOR;
  const tell = (hop: DoctorHop) => world.stdout.write(headless.json ? jsonHop(hop) : terminalHop(hop, color));
  const sum = (report: DoctorReport) =>
    world.stdout.write(headless.json ? jsonSummary(report) : `\n${summaryOf(report)}\n`);
  try {
    if (!settings) {
      sum(await diagnoseProblems(first.problems, { version: VERSION, onHop: tell, signal: cancel.signal }));
      return 2;
    }
    await prepared.apply(first);
    const attach = await findRunning(prepared, settings);
    if (!headless.json)
      world.stdout.write(
        attach
          ? `LLM Router answers on port ${attach.port}; looking at it.\n\n`
          : 'No LLM Router runs here, so one is started for the checks.\n\n',
      );
    // A port that is taken is one of the findings, not a reason to stop.
    if (!attach) await core.start().catch(() => undefined);
    const report = await core.doctor({ paid }, tell, cancel.signal, attach);
    sum(report);
    return exitCode(report);
  } finally {
    await core.stop({ drainMs: 0 });
    await core.close();
  }
}

function exitCode({ hops, cancelled }: DoctorReport): number {
  if (cancelled) return 130;
  return hops.some((hop) => hop.state === 'failed') ? 1 : 0;
}

/** A router that proves that it has our data directory: on the configured port, where the tunnel of this folder leads, or where it last listened. */
async function findRunning(
  { dataDir, host, secret }: Prepared,
  { port, tunnel }: Settings,
): Promise<{ port: number; publicUrl?: string } | undefined> {
  const { running } = openStateFile(dataDir).value;
  const dir = await openRuntimeDir(dataDir).catch(() => undefined);
  const last = dir && (await openMemo(dir, Date.now())).value.port;
  const candidates = [port, running?.localPort, last].filter((one) => one !== undefined && one > 0);
  for (const candidate of new Set(candidates as number[])) {
    if (!(await isOurs(localOrigin({ host, port: candidate }), secret))) continue;
    const fixed = WAYS[tunnel.provider]?.fixedUrl?.(tunnel);
    const publicUrl = fixed ?? (running?.localPort === candidate ? `https://${running.host}` : undefined);
    return { port: candidate, ...(publicUrl && { publicUrl }) };
  }
  return undefined;
}

async function isOurs(origin: string, secret: string): Promise<boolean> {
  const nonce = newHealthNonce();
  const { hostname, port } = new URL(origin);
  try {
    const answer = await fetch(`${origin}/health?nonce=${nonce}`, { signal: AbortSignal.timeout(1_500) });
    const { hmac } = (await answer.json()) as { hmac?: unknown };
    return hmac === healthProofWith(secret)({ nonce, door: doorOf(hostname), port: Number(port) });
  } catch {
    return false;
  }
}
