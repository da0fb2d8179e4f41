/** The Doctor: every hop of a request's way, in order, each with what was found and what to do. */

import os from 'node:os';
import type { DoctorHop, DoctorReport } from '../process/contract';
import { scrubSaid } from '../said';
import type { Problem } from '../settings/problem';
import { MACHINE } from '../system/processes';
import { plain } from '../wires/plainText';
import { backendCheck, type ListedModels } from './backendChecks';
import { type Check, type Finding, failed, runChecks } from './check';
import { cursorChecks } from './cursorCheck';
import type { DoctorFacts } from './facts';
import { learnedChecks } from './learnedCheck';
import { paidChecks } from './paidChecks';
import { createScrubber } from './privacy';
import { noBackends, problemsFinding, routerChecks } from './routerChecks';
import { say } from './sentences';
import { troubleChecks } from './troubleCheck';
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
  return await report(allChecks(facts), facts, onHop, signal);
}

async function report(
  checks: readonly Check[],
  { version, secrets, now }: Pick<DoctorFacts, 'version' | 'secrets' | 'now'>,
  onHop: (hop: DoctorHop) => void,
  signal: AbortSignal,
): Promise<DoctorReport> {
  const begun = now();
  const at = new Date().toISOString();
  const hide = createScrubber({ secrets, ...thisMachine() });
  // Words of providers must not steer the terminal they are read in, nor break out of their line of the page.
  const scrub = (text: string): string => plain(hide(text));
  const hops: DoctorHop[] = [];
  const tell = (hop: DoctorHop): void => {
    const clean: DoctorHop = { ...hop, id: scrub(hop.id), title: scrub(hop.title), why: scrub(hop.why) };
    if (hop.fix) clean.fix = scrub(hop.fix);
    if (hop.says) {
      const said = Object.entries(hop.says).map(([part, one]) => [part, scrubSaid(one, scrub)]);
      clean.says = Object.fromEntries(said);
    }
    if (hop.action?.argument) clean.action = { ...hop.action, argument: scrub(hop.action.argument) };
    hops.push(clean);
    onHop(clean);
  };
  await runChecks(checks, tell, signal, now);
  return {
    version,
    platform: `${MACHINE}, Node ${process.versions.node}`,
    at,
    ms: Math.round(now() - begun),
    hops,
    ...(signal.aborted && { cancelled: true as const }),
  };
}

/** The report when the configuration cannot be used: there is nothing else to look at. */
export async function diagnoseProblems(
  problems: readonly Problem[],
  { version, onHop, signal }: { version: string; onHop: (hop: DoctorHop) => void; signal: AbortSignal },
): Promise<DoctorReport> {
  const look = async (): Promise<Finding> => problemsFinding(problems) ?? failed(say.settingsUnusable, '');
  const check: Check = { id: 'settings', title: say.settings, limitMs: 1_000, look };
  return await report([check], { version, secrets: [], now: () => performance.now() }, onHop, signal);
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
    ...learnedChecks(facts),
    ...tunnelChecks(facts),
    ...cursorChecks(facts),
    ...troubleChecks(facts),
  ];
}

function thisMachine(): { home: string; user: string; host: string } {
  let user = '';
  let home = '';
  try {
    home = os.homedir();
    user = os.userInfo().username;
  } catch {
    // A container without an entry for this user: there is no name to hide.
  }
  return { home, user, host: os.hostname() };
}
