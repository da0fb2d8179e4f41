/**
 * Everything that is known to go wrong: state → words → action, worst first. Status bar, tooltip, side bar and Doctor all
 * take it from here, so that none of them knows a trouble that another is silent about. Pure.
 */
import type { Problem } from '../settings/problem';
import { downloadHelps, type TunnelStatus } from '../tunnel/tunnel';
import { type Credit, creditWords } from '../upstream/creditWords';
import { CURSOR_KINDS, type CursorAppState, type CursorLine } from './cursor';
import { TUNNEL } from './tunnel';

/** What is looked at. The state of the router fits into `router`; the rest is what only a window knows. */
export interface Known {
  /** Why the router could not be started or reached. */
  failed?: string | undefined;
  keys?: { why: string; lost: boolean } | undefined;
  router?: RouterFacts | undefined;
}

interface RouterFacts {
  tunnel: TunnelStatus;
  problems: readonly Problem[];
  backends: readonly BackendFacts[];
  cursor?: SightingFacts | undefined;
  cursorApp?: CursorAppState | undefined;
  notice?: string | undefined;
  noticeAbout?: 'clientKeys' | 'ledger' | 'port' | undefined;
}

interface BackendFacts {
  name: string;
  hasKey: boolean;
  needsKey: boolean;
  health: 'ok' | 'unknown' | 'cooling' | 'failing';
  lastError?: string | undefined;
  keyRefused?: boolean | undefined;
  credit?: Credit | undefined;
  promptCut?: { what: string; fix: string } | undefined;
}

interface SightingFacts {
  host: string;
  outdated: boolean;
  lastRefusal?: string | undefined;
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

type Of<Kind extends TroubleKind, Facts = { why: string }> = { kind: Kind } & Facts;
export type Trouble =
  | Of<'notRunning' | 'keyLost' | 'noKeys' | 'ledger' | 'budget' | 'port' | 'notice'>
  | Of<'noTunnelProgram' | 'tunnel', { tunnel: TunnelStatus }>
  | Of<'settings', { problems: readonly Problem[] }>
  | Of<CursorLine['kind'], { line: CursorLine }>
  | Of<'oldUrl', { host: string }>
  | Of<'callRefused', { why: string; count: number; lastAt: number }>
  | Of<'promptCut', { backend: BackendFacts; cut: { what: string; fix: string } }>
  | Of<'creditLow', { backend: BackendFacts; credit: Credit }>
  | Of<'keyRefused' | 'keyMissing' | 'backendFails' | 'backendWaits', { backend: BackendFacts }>;

/** A command of the extension, with its argument where it takes one. */
export interface Mending {
  command:
    | 'startRouter'
    | 'restartRouter'
    | 'showLog'
    | 'pasteApiKey'
    | 'newApiKey'
    | 'copyBaseUrl'
    | 'copyApiKey'
    | 'copyModelName'
    | 'openCursorModelSettings'
    | 'useLlmRouter'
    | 'setUpTunnel'
    | 'installCloudflared'
    | 'setBackendKey'
    | 'manageBackends'
    | 'manageClientKeys'
    | 'openSetting';
  title: string;
  argument?: string;
}

export interface TroubleLook {
  kind: TroubleKind;
  /** After the name in the status bar; absent: it keeps nobody from working and is told in the tooltip only. */
  short?: string;
  severity: 'error' | 'warning';
  icon: string;
  /** A sentence. */
  text: string;
  /** What to do, a sentence. */
  fix: string;
  /** The first mends it, or leads to what does. */
  actions: readonly [Mending, ...Mending[]];
}

/** Everything that is wrong, worst first. */
export function troublesOf(known: Known): TroubleLook[] {
  const rank = (kind: TroubleKind): number => KINDS.indexOf(kind);
  return [...found(known)].sort((a, b) => rank(a.kind) - rank(b.kind)).map(lookOf);
}

function* found({ failed, keys, router }: Known): Iterable<Trouble> {
  if (failed !== undefined) yield { kind: 'notRunning', why: failed };
  if (keys) yield { kind: keys.lost ? 'keyLost' : 'noKeys', why: keys.why };
  if (!router) return;
  const { tunnel, problems, backends, cursor, cursorApp, notice, noticeAbout } = router;
  if (tunnel.needsBinary) yield { kind: 'noTunnelProgram', tunnel };
  else if (TUNNEL[tunnel.state].severity) yield { kind: 'tunnel', tunnel };
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) yield { kind: 'settings', problems: errors };
  for (const line of cursorApp?.told ?? []) yield { kind: line.kind, line };
  if (cursor?.outdated) yield { kind: 'oldUrl', host: cursor.host };
  if (cursor?.refused) yield { kind: 'callRefused', why: cursor.lastRefusal ?? 'wrong key', ...cursor.refused };
  for (const backend of backends) yield* backendTrouble(backend);
  if (notice !== undefined) yield { kind: NOTICES[noticeAbout ?? 'other'], why: notice };
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

const act = (command: Mending['command'], title: string, argument?: string): Mending => ({
  command,
  title,
  ...(argument !== undefined && { argument }),
});
const LOG = act('showLog', 'Show Log');
const COPY_URL = act('copyBaseUrl', 'Copy Base URL');
const COPY_KEY = act('copyApiKey', 'Copy API Key');
const CURSOR_SETTINGS = act('openCursorModelSettings', "Open Cursor's Settings");
const TUNNEL_WAYS = act('setUpTunnel', 'Set Up Tunnel…');

const amber = (look: Omit<TroubleLook, 'severity' | 'icon'>): TroubleLook => ({
  icon: 'warning',
  severity: 'warning',
  ...look,
});

interface BackendWords extends Pick<TroubleLook, 'text' | 'fix'> {
  short: string;
  action?: Mending;
}

/** Without a default: a kind without words does not compile. */
function lookOf(trouble: Trouble): TroubleLook {
  const { kind } = trouble;
  switch (kind) {
    case 'notRunning':
      return {
        kind,
        short: 'not running',
        severity: 'error',
        icon: 'error',
        text: `The router is not running. ${trouble.why}`.trim(),
        fix: 'Restart the router; if that fails too, show the log.',
        actions: [act('restartRouter', 'Restart Router'), LOG],
      };
    case 'keyLost':
      return {
        kind,
        short: 'API key lost',
        severity: 'error',
        icon: 'key',
        text: trouble.why,
        fix: 'Paste the old key, or make a new one and paste it into Cursor.',
        actions: [act('pasteApiKey', 'Paste the Old Key'), act('newApiKey', 'Make a New One')],
      };
    case 'noKeys':
      return {
        kind,
        short: 'no access to keys',
        severity: 'error',
        icon: 'key',
        text: trouble.why,
        fix: "Unlock the keyring of this machine; the editor's own secret storage needs it.",
        actions: [LOG],
      };
    case 'noTunnelProgram':
      return {
        kind,
        short: 'local only',
        severity: 'warning',
        icon: 'home',
        text: `${trouble.tunnel.message ?? 'The tunnel program cloudflared is missing.'} The router works on this machine only.`,
        ...(downloadHelps(trouble.tunnel)
          ? {
              fix: 'Download it, or choose another way.',
              actions: [act('installCloudflared', 'Download and Start'), TUNNEL_WAYS],
            }
          : { fix: 'Correct the setting, or choose another way.', actions: [TUNNEL_WAYS] }),
      };
    case 'tunnel':
      return tunnelLook(trouble.tunnel);
    case 'settings':
      return settingsLook(trouble.problems);
    case 'overrideOff':
    case 'otherUrl':
    case 'noKey':
    case 'wrongKey':
    case 'switchedOff':
    case 'unserved':
      return cursorLook(trouble.line);
    case 'oldUrl':
      return amber({
        kind,
        short: 'Cursor uses an old URL',
        text: `Cursor only used an older URL (${trouble.host}).`,
        fix: 'Paste the Base URL into Cursor again.',
        actions: [act('copyBaseUrl', 'Copy the New One'), CURSOR_SETTINGS],
      });
    case 'callRefused':
      return amber({
        kind,
        short: 'wrong key refused',
        // On a public address Cursor cannot be told from a stranger.
        text: `Somebody who says to be Cursor was refused: ${trouble.why} ${trouble.count === 1 ? 'Once' : `${trouble.count} times`}, last at ${clock(trouble.lastAt)}.`,
        fix: FIX.wrongKey,
        actions: [COPY_KEY, CURSOR_SETTINGS],
      });
    case 'keyRefused':
      return ofBackend(trouble, {
        short: 'key refused',
        text: `${trouble.backend.name} does not accept its key.`,
        fix: 'Set another key.',
        action: act('setBackendKey', 'Change Key…', trouble.backend.name),
      });
    case 'keyMissing':
      return ofBackend(trouble, {
        short: 'needs a key',
        text: `${trouble.backend.name} needs a key and has none.`,
        fix: 'Set its key.',
        action: act('setBackendKey', 'Set Key…', trouble.backend.name),
      });
    case 'backendFails':
      return ofBackend(trouble, {
        short: 'last request failed',
        text: `The last request to ${trouble.backend.name} failed${reasonOf(trouble.backend)}`,
        fix: 'Test it under Manage Backends….',
      });
    case 'backendWaits':
      return ofBackend(trouble, {
        short: 'waits',
        text: `${trouble.backend.name} gets no requests for a moment${reasonOf(trouble.backend)}`,
        fix: 'It is tried again by itself.',
      });
    case 'promptCut':
      return ofBackend(trouble, {
        short: 'prompt cut',
        text: `${trouble.backend.name}: ${trouble.cut.what}`,
        fix: trouble.cut.fix,
      });
    case 'creditLow':
      return ofBackend(trouble, {
        short: creditWords(trouble.credit),
        text: `Little credit at ${trouble.backend.name}: ${creditWords(trouble.credit)}.`,
        fix: 'Top it up at the provider.',
      });
    case 'ledger':
      return amber({
        kind,
        short: 'usage is not recorded',
        text: trouble.why,
        fix: 'Make room, or make the folder writable.',
        actions: [LOG],
      });
    case 'budget':
      return amber({
        kind,
        short: 'budget',
        text: trouble.why,
        fix: 'Change the limits of this key when more should pass.',
        actions: [act('manageClientKeys', 'Manage Client Keys…')],
      });
    case 'port':
      return amber({
        kind,
        text: trouble.why,
        fix: 'End the other program, or write another number into llmRouter.port.',
        actions: [act('openSetting', 'Open Setting', 'port')],
      });
    case 'notice':
      return amber({ kind, text: trouble.why, fix: 'The log says more.', actions: [LOG] });
  }
}

function ofBackend(
  { kind, backend }: Extract<Trouble, { backend: BackendFacts }>,
  { short, action = act('manageBackends', 'Manage Backends…'), ...words }: BackendWords,
): TroubleLook {
  return amber({ kind, short: `${shorten(backend.name)}: ${short}`, ...words, actions: [action] });
}

function tunnelLook(tunnel: TunnelStatus): TroubleLook {
  const { icon, short, long, severity = 'warning' } = TUNNEL[tunnel.state];
  const waits = tunnel.state === 'reconnecting' || tunnel.state === 'degraded' || tunnel.state === 'rateLimited';
  return {
    kind: 'tunnel',
    short,
    severity,
    icon,
    text: tunnel.message ?? `The tunnel is ${long}.`,
    fix: waits ? 'It is tried again by itself; another way is at hand.' : 'Restart the router, or choose another way.',
    actions: [TUNNEL_WAYS, act('restartRouter', 'Restart Router'), LOG],
  };
}

function settingsLook(problems: readonly Problem[]): TroubleLook {
  const [first] = problems;
  const more = problems.length - 1;
  return amber({
    kind: 'settings',
    short: 'settings',
    text: `Setting ${first?.path ?? ''}: ${first?.message ?? ''}${more > 0 ? ` And ${more} more.` : ''}`,
    fix: 'Correct it; until then the last good settings stay in force.',
    actions: [act('openSetting', 'Open Setting', first?.path ?? '')],
  });
}

const CURSOR_ACTIONS: Record<CursorLine['action'], Mending> = {
  copyBaseUrl: COPY_URL,
  copyApiKey: COPY_KEY,
  copyModelName: act('copyModelName', 'Copy Model Name…'),
  useLlmRouter: act('useLlmRouter', 'Switch On in Cursor'),
};

const PASTE_URL = 'Paste the Base URL into Cursor (Settings, Models, Override OpenAI Base URL) and switch it on.';
const PASTE_KEY = 'Paste the API key into Cursor (Settings, Models, OpenAI API Key).';
const FIX: Record<CursorLine['kind'], string> = {
  overrideOff: PASTE_URL,
  otherUrl: PASTE_URL,
  noKey: PASTE_KEY,
  wrongKey: PASTE_KEY,
  switchedOff:
    'Switch the OpenAI key on in Cursor (Settings, Models, or Cmd/Ctrl+Shift+0); the setting llmRouter.cursor.keepKeyOn keeps it on.',
  unserved: 'Add names of this router in Cursor, or give them to aliases here.',
};

/** Of what Cursor holds alone, worst first. */
export const cursorTroubles = ({ told }: CursorAppState): TroubleLook[] => told.map(cursorLook);

function cursorLook({ kind, text, short, action }: CursorLine): TroubleLook {
  return amber({ kind, ...(short && { short }), text, fix: FIX[kind], actions: [CURSOR_ACTIONS[action]] });
}

const reasonOf = ({ lastError }: BackendFacts): string => (lastError ? `: ${shorten(lastError, 160)}` : '.');

function shorten(text: string, length = 40): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Local time, as 14:05. */
function clock(milliseconds: number): string {
  const time = new Date(milliseconds);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}
