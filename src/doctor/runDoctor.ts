/** The Doctor: every hop of a request's way, in order, each with what was found and what to do. */
import os from 'node:os';
import type { DoctorHop, DoctorReport } from '../process/contract';
import { backendCheck, type ListedModels } from './backendChecks';
import { type Check, runChecks } from './check';
import { cursorCheck } from './cursorCheck';
import type { DoctorFacts } from './facts';
import { paidChecks } from './paidChecks';
import { createScrubber } from './privacy';
import { noBackends, routerChecks } from './routerChecks';
import { tunnelChecks } from './tunnelChecks';

/**
 * Looks at everything at once and tells each hop in order, freed of keys and names. Under 15 s without the paid part. Never
 * rejects; when `signal` aborts the report holds what was told until then.
 */
export async function runDoctor(
  facts: DoctorFacts,
  onHop: (hop: DoctorHop) => void,
  signal: AbortSignal,
): Promise<DoctorReport> {
  const begun = facts.now();
  const at = new Date().toISOString();
  const scrub = createScrubber({ secrets: facts.secrets, ...thisMachine() });
  const hops: DoctorHop[] = [];
  const tell = (hop: DoctorHop): void => {
    const clean: DoctorHop = { ...hop, id: scrub(hop.id), title: scrub(hop.title), why: scrub(hop.why) };
    if (hop.fix) clean.fix = scrub(hop.fix);
    if (hop.action?.argument) clean.action = { ...hop.action, argument: scrub(hop.action.argument) };
    hops.push(clean);
    onHop(clean);
  };
  await runChecks(allChecks(facts), tell, signal, facts.now);
  return {
    version: facts.version,
    platform: `${process.platform} ${process.arch}, Node ${process.versions.node}`,
    at,
    ms: Math.round(facts.now() - begun),
    hops,
    ...(signal.aborted && { cancelled: true as const }),
  };
}

function allChecks(facts: DoctorFacts): Check[] {
  const listed: ListedModels = new Map();
  const backends = facts.backends.flatMap((backend): Check[] => {
    const free = backendCheck(backend, facts, listed);
    if (!facts.request.paid || backend.preset === 'demo') return [free];
    let known = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      known = resolve;
    });
    const first: Check = { ...free, look: (signal) => free.look(signal).finally(known) };
    return [first, ...paidChecks(backend, facts, { listed, free: settled })];
  });
  return [
    ...routerChecks(facts),
    ...(backends.length > 0 ? backends : [noBackends]),
    ...tunnelChecks(facts),
    cursorCheck(facts),
  ];
}

function thisMachine(): { home: string; user: string; host: string } {
  let user = '';
  try {
    user = os.userInfo().username;
  } catch {
    // A container without an entry for this user: there is no name to hide.
  }
  return { home: os.homedir(), user, host: os.hostname() };
}
