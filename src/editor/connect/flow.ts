/** Connect Cursor…: what stands there already, what is next, and how it ended. Pure. */

import type { RequestRecord } from '../../ledger/record';
import type { Mending, TroubleKind } from '../../troubles/table';
import { nameWarning } from '../modelNames';
import { troublesHere } from '../troubles';
import type { View } from '../view';
import { outcomeOf } from '../views/requestLook';
import { inWords, t } from '../words';

/** What is pasted, in this order; then Cursor has to come. */
export const PASTES = ['url', 'key', 'model'] as const;
export type Paste = (typeof PASTES)[number];

/** Whether Cursor's own settings show that this is done; where they cannot be read the person says Next. */
export function isPasted(paste: Paste, { state }: View): boolean {
  const app = state?.cursorApp;
  if (app?.override !== 'ours') return false;
  switch (paste) {
    case 'url':
      return true;
    case 'key':
      return app.key === 'ours';
    case 'model':
      return app.served.length > 0;
  }
}

export interface Waiting {
  view: View;
  /** Milliseconds since the epoch when the flow began. */
  began: number;
  now: number;
  /** Finished requests of Cursor's since then, oldest first. */
  calls: readonly RequestRecord[];
  /** The name that was copied. */
  model?: string | undefined;
}

export interface Verdict {
  kind:
    | 'connected'
    | 'wrongKey'
    | 'oldUrl'
    | 'switchOff'
    | 'overrideOff'
    | 'modelUnknown'
    | 'modelFails'
    | 'nameKept'
    | 'noCall'
    | 'waiting';
  /** Sentences for a person. */
  text: string;
  mends?: Mending;
}

/** How long nothing may come before that is said, milliseconds. */
export const PATIENCE = 60_000;
/** Cursor writes its settings with a delay: what it held before the pastes is no news, milliseconds. */
const FLUSH = 15_000;

/** What is told of the table of troubles here, under which name. */
const TOLD: Partial<Record<TroubleKind, Verdict['kind']>> = {
  overrideOff: 'overrideOff',
  otherUrl: 'oldUrl',
  oldUrl: 'oldUrl',
  noKey: 'wrongKey',
  wrongKey: 'wrongKey',
  switchedOff: 'switchOff',
  callRefused: 'wrongKey',
};

/** How it stands: the last call says most, then what is known to be wrong, then the silence. */
export function verdictOf(waiting: Waiting): Verdict {
  const last = waiting.calls.at(-1);
  if (last) return ofCall(last);
  return ofTrouble(waiting) ?? ofSilence(waiting);
}

function ofCall(record: RequestRecord): Verdict {
  const { askedModel, backend, upstreamModel } = record;
  if (backend !== undefined && outcomeOf(record) === 'ok')
    return { kind: 'connected', text: t`Cursor is connected: ${askedModel} was answered by ${backend}.` };
  // Cursor's own check of the key is answered without a backend.
  if (backend === undefined && outcomeOf(record) === 'ok')
    return { kind: 'waiting', text: t`Cursor has reached this router. Now ask something there with your model.` };
  if (backend === undefined && record.status === 404)
    return {
      kind: 'modelUnknown',
      text: t`Cursor asked for ${askedModel || t`a model without a name`}, which nobody serves here. Take a name from this list, or make an alias.`,
      mends: { command: 'copyModelName', title: t`Copy Model Name…` },
    };
  const to = upstreamModel ? ` (${backend} ${upstreamModel})` : '';
  return {
    kind: 'modelFails',
    text: t`Cursor reaches this router, but ${askedModel}${to} failed: ${inWords(record.says ?? record.error ?? `HTTP ${record.status}`)}`,
    mends: { command: 'manageBackends', title: t`Manage Backends…` },
  };
}

function ofTrouble({ view, began, now }: Waiting): Verdict | undefined {
  for (const { kind, text, fix, actions } of troublesHere(view)) {
    const told = TOLD[kind];
    if (!told) continue;
    // Refusals of before say nothing about now; an old URL does as long as Cursor has not come through the new one.
    if (kind === 'callRefused' && (view.state?.cursor?.refused?.lastAt ?? 0) < began) continue;
    if (kind === 'oldUrl' && (view.state?.cursor?.lastSeen ?? 0) < began && now - began < PATIENCE) continue;
    if (kind !== 'callRefused' && kind !== 'oldUrl' && now - began < FLUSH) continue;
    return { kind: told, text: `${text} ${fix}`, mends: actions[0] };
  }
  return undefined;
}

function ofSilence({ began, now, model }: Waiting): Verdict {
  if (now - began < PATIENCE)
    return {
      kind: 'waiting',
      text: t`Ask something in Cursor with ${model ?? t`your model`}. Waiting for it to come…`,
    };
  const kept = model === undefined ? undefined : nameWarning(model);
  if (kept)
    return {
      kind: 'nameKept',
      text: t`No call has come for ${model ?? t`your model`}. ${kept}`,
      mends: { command: 'copyModelName', title: t`Copy Model Name…` },
    };
  return {
    kind: 'noCall',
    text: t`No call has come. Is the model switched on and chosen in Cursor, and the key switched on? Own models need a paid plan of Cursor, and a team may forbid own keys.`,
    mends: { command: 'openCursorModelSettings', title: t`Open Cursor's Settings` },
  };
}
