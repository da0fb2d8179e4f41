/** Which steps of the walkthrough have really happened. Pure. */
import type { RequestRecord } from '../../ledger/record';
import { phaseOf, type View, workingUrl } from '../view';
import { outcomeOf } from './requestLook';

/** In the order of the walkthrough; each is the end of a context key `llmRouter.did.…`. */
export const STEPS = ['start', 'backend', 'cursor', 'model', 'answer'] as const;
export type Step = (typeof STEPS)[number];

/** What the state of the router proves. */
export function stepsOfView(view: View): Step[] {
  if (phaseOf(view) !== 'running' || !view.state) return [];
  const { backends, cursor, lastRequest } = view.state;
  return [
    // Without a URL that works from outside Cursor could not use it.
    ...(workingUrl(view) ? (['start'] as const) : []),
    ...(backends.some((backend) => backend.hasKey || !backend.needsKey) ? (['backend'] as const) : []),
    ...(cursor && cursor.lastSeen > 0 ? (['cursor'] as const) : []),
    ...(lastRequest ? stepsOfRequest(lastRequest) : []),
  ];
}

/** What a finished request proves: the echo model counts as a backend when Cursor asks it, the rest is about Cursor. */
export function stepsOfRequest(record: RequestRecord): Step[] {
  const answered = outcomeOf(record) === 'ok' && record.backend !== undefined;
  const steps: Step[] = answered && (record.client === 'cursor' || record.backend !== 'demo') ? ['backend'] : [];
  if (record.client === 'vscode' && answered) return [...steps, 'answer'];
  if (record.client !== 'cursor') return steps;
  steps.push('cursor');
  // A name of Cursor's own never gets a backend; Cursor's check of the key is answered without one.
  if (record.backend !== undefined) steps.push('model');
  if (answered) steps.push('answer');
  return steps;
}
