/** What is wrong with what is known, worst first; how each looks stands in the table. Pure. */
import type { Said, Told, Words } from '../said';
import type { Problem } from '../settings/problem';
import type { TunnelStatus } from '../tunnel/tunnel';
import type { Credit } from '../upstream/creditWords';
import { CURSOR_KINDS, type CursorAppState, type CursorLine } from './cursor';
import { TUNNEL } from './tunnel';

/** What is looked at. The state of the router fits into `router`; the rest is what only a window knows. */
export interface Known {
  /** Why the router could not be started or reached. */
  failed?: Words | undefined;
  keys?: { why: Words; lost: boolean } | undefined;
  /** What is wrong with the settings while the router does not run: it may wait for them. */
  settings?: readonly Problem[] | undefined;
  router?: RouterFacts | undefined;
}

interface RouterFacts {
  tunnel: TunnelStatus;
  problems: readonly Problem[];
  backends: readonly BackendFacts[];
  cursor?: SightingFacts | undefined;
  cursorApp?: CursorAppState | undefined;
  notice?: string | undefined;
  noticeSays?: Said | undefined;
  noticeAbout?: 'clientKeys' | 'ledger' | 'port' | undefined;
}

export interface BackendFacts {
  name: string;
  hasKey: boolean;
  needsKey: boolean;
  health: 'ok' | 'unknown' | 'cooling' | 'failing';
  lastError?: string | undefined;
  lastErrorSays?: Said | undefined;
  keyRefused?: boolean | undefined;
  credit?: Credit | undefined;
  promptCut?: Told<'what' | 'fix'> | undefined;
}

interface SightingFacts {
  host: string;
  outdated: boolean;
  lastRefusal?: string | undefined;
  lastRefusalSays?: Said | undefined;
  refused?: { count: number; lastAt: number } | undefined;
}

/** The worst first. */
const KINDS = [
  'notRunning',
  'keyLost',
  'noKeys',
  'noTunnelProgram',
  'tunnel',
  'settings',
  // Read from Cursor's own settings, so they are known, and come before what is only guessed from calls.
  ...CURSOR_KINDS,
  'oldUrl',
  'callRefused',
  'keyRefused',
  'keyMissing',
  'ledger',
  'budget',
  'backendFails',
  'backendWaits',
  'promptCut',
  'creditLow',
  'port',
  'notice',
] as const;
export type TroubleKind = (typeof KINDS)[number];

type Of<Kind extends TroubleKind, Facts> = { kind: Kind } & Facts;
export type Trouble =
  | Of<'keyLost' | 'noKeys' | 'notRunning' | 'ledger' | 'budget' | 'port' | 'notice', { why: Words }>
  | Of<'noTunnelProgram' | 'tunnel', { tunnel: TunnelStatus }>
  | Of<'settings', { problems: readonly Problem[]; running: boolean }>
  | Of<CursorLine['kind'], { line: CursorLine }>
  | Of<'oldUrl', { host: string }>
  | Of<'callRefused', { why: Words; count: number; lastAt: number }>
  | Of<'promptCut', { backend: BackendFacts; cut: Told<'what' | 'fix'> }>
  | Of<'creditLow', { backend: BackendFacts; credit: Credit }>
  | Of<'keyRefused' | 'keyMissing' | 'backendFails' | 'backendWaits', { backend: BackendFacts }>;

export function found(known: Known): Trouble[] {
  const rank = ({ kind }: Trouble): number => KINDS.indexOf(kind);
  return [...each(known)].sort((a, b) => rank(a) - rank(b));
}

function* each({ failed, keys, settings, router }: Known): Iterable<Trouble> {
  if (failed !== undefined) yield { kind: 'notRunning', why: failed };
  if (keys) yield { kind: keys.lost ? 'keyLost' : 'noKeys', why: keys.why };
  const errors = (router?.problems ?? settings ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) yield { kind: 'settings', problems: errors, running: router !== undefined };
  if (!router) return;
  const { tunnel, backends, cursor, cursorApp, notice, noticeSays, noticeAbout } = router;
  if (tunnel.needsBinary) yield { kind: 'noTunnelProgram', tunnel };
  else if (TUNNEL[tunnel.state].severity) yield { kind: 'tunnel', tunnel };
  // Where no URL works yet there is none to paste instead of the old one.
  const hasUrl = tunnel.state === 'online' || tunnel.state === 'degraded';
  for (const line of cursorApp?.told ?? []) if (hasUrl || line.kind !== 'otherUrl') yield { kind: line.kind, line };
  if (cursor?.outdated && hasUrl) yield { kind: 'oldUrl', host: cursor.host };
  if (cursor?.refused)
    yield { kind: 'callRefused', why: cursor.lastRefusalSays ?? cursor.lastRefusal ?? 'wrong key', ...cursor.refused };
  for (const backend of backends) yield* backendTrouble(backend);
  if (notice !== undefined) yield { kind: NOTICES[noticeAbout ?? 'other'], why: noticeSays ?? notice };
}

const NOTICES = { clientKeys: 'budget', ledger: 'ledger', port: 'port', other: 'notice' } as const;

/** One a backend: what it says of the last request follows from the key. */
function* backendTrouble(backend: BackendFacts): Iterable<Trouble> {
  if (backend.needsKey && !backend.hasKey) yield { kind: 'keyMissing', backend };
  else if (backend.keyRefused) yield { kind: 'keyRefused', backend };
  else if (backend.health === 'failing') yield { kind: 'backendFails', backend };
  else if (backend.health === 'cooling') yield { kind: 'backendWaits', backend };
  if (backend.promptCut !== undefined) yield { kind: 'promptCut', backend, cut: backend.promptCut };
  if (backend.credit?.low) yield { kind: 'creditLow', backend, credit: backend.credit };
}
