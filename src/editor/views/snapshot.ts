/** What the dashboard shows, made from what the router tells. Pure. */

import type { RequestRecord } from '../../ledger/record';
import type { UsageRow } from '../../ledger/usage';
import type { BackendState } from '../../process/contract';
import type { TroubleLook } from '../../troubles/table';
import { TUNNEL } from '../../troubles/tunnel';
import type { TunnelStateName } from '../../tunnel/tunnel';
import type { TunnelMoment } from '../../tunnel/tunnelLog';
import { creditSaid } from '../../upstream/creditWords';
import type { BackendLook, Note, RequestLine, Snapshot, Sum, Tone, TunnelStep } from '../../webview/pageMessages';
import { backendHealth } from '../statusText';
import { troublesHere } from '../troubles';
import { phaseOf, type View, whyFailed, workingUrl } from '../view';
import { inWords, shown, t } from '../words';
import { dayBefore } from './periods';
import { outcomeOf } from './requestLook';

export interface Facts {
  /** Newest first. */
  requests: readonly RequestRecord[];
  days: readonly UsageRow[];
  models: readonly UsageRow[];
  backends: readonly UsageRow[];
  tunnel: readonly TunnelMoment[];
}

const HEALTH_TONE: Record<BackendState['health'], Tone> = {
  ok: 'good',
  unknown: 'idle',
  cooling: 'warn',
  failing: 'bad',
};
/** Days of the picture of cost. */
export const DAYS = 14;
/** Rows of a list of sums; the rest is one row. */
const TOP = 8;
const MAX_TEXT = 500;

export function dashboardSnapshot(view: View, facts: Facts, now: number): Snapshot {
  const { state } = view;
  const url = workingUrl(view);
  const phase = phaseOf(view);
  const { requests = 0, tokens = 0, cost = 0, costKnown = true } = state?.today ?? {};
  return {
    type: 'snapshot',
    now,
    phase,
    message: cut(inWords(phase === 'failed' ? whyFailed(view) : (view.message ?? ''))),
    troubles: troublesHere(view).slice(0, TOP).map(noteOf),
    url: url ?? state?.localUrl,
    urlWorks: url !== undefined,
    keyHint: view.keyHint,
    tunnel: {
      ...tunnelStep(state?.tunnel.state ?? 'off', state?.tunnel.since ?? now),
      message: cut(inWords(state?.tunnel.says ?? state?.tunnel.message ?? '')),
    },
    history: facts.tunnel.map((moment) => tunnelStep(moment.state, moment.at)),
    running: state?.running ?? 0,
    today: { requests, tokens, cost, costKnown },
    bodyLog: state?.bodyLog !== undefined,
    backends: (state?.backends ?? []).map(backendLook),
    requests: facts.requests.map(requestLine),
    days: everyDay(facts.days, now),
    models: topOf(facts.models),
    spenders: topOf(facts.backends),
  };
}

const noteOf = ({ text, actions, severity }: TroubleLook): Note => ({
  text: cut(text),
  action: shown(actions[0].title),
  tone: severity === 'error' ? 'bad' : 'warn',
});

/** What the button of a note does; undefined when that is no trouble any more. */
export const mendingOf = (view: View, text: string): TroubleLook['actions'][0] | undefined =>
  troublesHere(view).find((trouble) => cut(trouble.text) === text)?.actions[0];

function tunnelStep(state: TunnelStateName, at: number): TunnelStep {
  const { long, severity, icon } = TUNNEL[state];
  const tone: Tone =
    severity === 'error'
      ? 'bad'
      : severity === 'warning'
        ? 'warn'
        : state === 'online'
          ? 'good'
          : icon.includes('spin')
            ? 'busy'
            : 'idle';
  return { words: inWords(long), tone, at };
}

function backendLook(backend: BackendState): BackendLook {
  const look: BackendLook = {
    name: `${backend.name}${backend.isDefault ? ` (${t`default`})` : ''}`,
    words: [backendHealth(backend).words, ...(backend.credit ? [inWords(creditSaid(backend.credit))] : [])].join(', '),
    tone:
      (backend.needsKey && !backend.hasKey) || (backend.credit?.low && backend.health === 'ok')
        ? 'warn'
        : HEALTH_TONE[backend.health],
  };
  const error = backend.health === 'ok' ? undefined : cut(inWords(backend.lastErrorSays ?? backend.lastError ?? ''));
  return error ? { ...look, error } : look;
}

function requestLine(record: RequestRecord): RequestLine {
  const { id, usage, backend, firstMs, ms, cost } = record;
  return {
    id,
    time: Date.parse(record.time) || 0,
    model: cut(record.askedModel) || t`(no model)`,
    backend,
    outcome: outcomeOf(record),
    firstMs,
    ms,
    tokens: usage && usage.input + usage.output,
    cost,
  };
}

const sumOf = ({ group, requests, input, output, cost, cacheRead, ...row }: UsageRow): Sum => ({
  name: cut(group) || t`(none)`,
  requests,
  tokens: input + output,
  cost,
  ...(row.firstMs !== undefined && { firstMs: row.firstMs }),
  ...(row.tokensPerSecond !== undefined && { tokensPerSecond: row.tokensPerSecond }),
  ...(row.saved !== undefined && { saved: row.saved }),
  ...(cacheRead && input > 0 && { cached: Math.min(cacheRead / input, 1) }),
});

/** A day without requests is a day, too. */
function everyDay(rows: readonly UsageRow[], now: number): Sum[] {
  const known = new Map(rows.map((row) => [row.group, sumOf(row)]));
  return Array.from({ length: DAYS }, (_, index) => {
    const name = dayBefore(now, DAYS - 1 - index);
    return known.get(name) ?? { name, requests: 0, tokens: 0, cost: 0 };
  });
}

function topOf(rows: readonly UsageRow[]): Sum[] {
  const sums = rows.filter((row) => row.group !== '').map(sumOf);
  const rest = sums.slice(TOP);
  if (rest.length === 0) return sums;
  const add = (value: (sum: Sum) => number): number => rest.reduce((total, sum) => total + value(sum), 0);
  const others: Sum = {
    name: `${rest.length} more`,
    requests: add((sum) => sum.requests),
    tokens: add((sum) => sum.tokens),
    cost: add((sum) => sum.cost),
  };
  return [...sums.slice(0, TOP), others];
}

const cut = <T extends string | undefined>(text: T): T =>
  (text && text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text) as T;
