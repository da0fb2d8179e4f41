/** Troubles that are known already, in the words of the one table; most of them have a hop of their own. */
import type { DoctorAction } from '../process/contract';
import type { Words } from '../said';
import type { Mending, TroubleKind, TroubleLook } from '../troubles/table';
import { type Check, type Finding, openSetting, warning } from './check';
import type { DoctorFacts } from './facts';
import { say } from './sentences';

/** Where the Doctor tells each kind: at a hop of its own, or here; `window` is what only a window knows. */
const TOLD: Record<TroubleKind, 'hop' | 'here' | 'window'> = {
  notRunning: 'window',
  keyLost: 'window',
  noKeys: 'window',
  noTunnelProgram: 'hop',
  tunnel: 'hop',
  settings: 'hop',
  overrideOff: 'hop',
  otherUrl: 'hop',
  noKey: 'hop',
  wrongKey: 'hop',
  switchedOff: 'hop',
  unserved: 'hop',
  oldUrl: 'hop',
  callRefused: 'hop',
  keyRefused: 'hop',
  keyMissing: 'hop',
  backendFails: 'here',
  backendWaits: 'here',
  promptCut: 'here',
  creditLow: 'hop',
  ledger: 'here',
  budget: 'here',
  port: 'hop',
  notice: 'here',
};

export function troubleChecks({ troubles = [] }: DoctorFacts): Check[] {
  const others = troubles.filter(({ kind }) => TOLD[kind] === 'here');
  if (others.length === 0) return [];
  return [{ id: 'troubles', title: say.known, limitMs: 1_000, look: async () => troubleFinding(others) }];
}

/** All that is wrong, and what to do about the worst. */
export function troubleFinding(troubles: readonly TroubleLook[]): Finding {
  const [first] = troubles;
  if (!first) throw new Error('no trouble');
  const texts = troubles.map(({ text, says }): Words => says?.text ?? text);
  const all = texts.reduce((before, next) => say.both(before, next));
  return warning(all, first.says?.fix ?? first.fix, actionOf(first.actions[0]));
}

function actionOf({ command, title, argument }: Mending): DoctorAction {
  if (command === 'openSetting') return openSetting(argument ?? '');
  return { title, command: `llmRouter.${command}`, ...(argument !== undefined && { argument }) };
}
