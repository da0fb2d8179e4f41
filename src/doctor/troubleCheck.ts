/** Troubles that are known already, in the words of the one table; most of them have a hop of their own. */
import type { DoctorAction } from '../process/contract';
import type { Mending, TroubleKind, TroubleLook } from '../troubles/table';
import { type Check, type Finding, openSetting, warning } from './check';
import type { DoctorFacts } from './facts';

/** Where the Doctor tells each kind; `other` is the hop of this file, `window` what only a window knows. */
const HOPS: Record<TroubleKind, string> = {
  notRunning: 'window',
  keyLost: 'window',
  noKeys: 'window',
  noTunnelProgram: 'tunnel-binary',
  tunnel: 'tunnel',
  settings: 'settings',
  overrideOff: 'cursor-app',
  otherUrl: 'cursor-app',
  noKey: 'cursor-app',
  wrongKey: 'cursor-app',
  switchedOff: 'cursor-app',
  unserved: 'cursor-app',
  oldUrl: 'cursor',
  callRefused: 'cursor',
  keyRefused: 'backends',
  keyMissing: 'backends',
  backendFails: 'other',
  backendWaits: 'other',
  promptCut: 'other',
  creditLow: 'backends',
  ledger: 'other',
  budget: 'other',
  port: 'port',
  notice: 'other',
};

export function troubleChecks({ troubles = [] }: DoctorFacts): Check[] {
  const others = troubles.filter(({ kind }) => HOPS[kind] === 'other');
  if (others.length === 0) return [];
  return [{ id: 'troubles', title: 'Known already', limitMs: 1_000, look: async () => troubleFinding(others) }];
}

/** All that is wrong, and what to do about the worst. */
export function troubleFinding(troubles: readonly TroubleLook[]): Finding {
  const [first] = troubles;
  if (!first) throw new Error('no trouble');
  return warning(troubles.map(({ text }) => text).join(' '), first.fix, actionOf(first.actions[0]));
}

function actionOf({ command, title, argument }: Mending): DoctorAction {
  if (command === 'openSetting') return openSetting(argument ?? '');
  return { title, command: `llmRouter.${command}`, ...(argument !== undefined && { argument }) };
}
