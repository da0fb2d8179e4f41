/**
 * Everything that is known to go wrong: state → words → action, worst first. Status bar, tooltip, side bar and Doctor all
 * take it from here, so that none of them knows a trouble that another is silent about. Pure.
 */
import { type Said, type Says, shortened, spoken, type Words } from '../said';
import { downloadHelps, type TunnelStatus } from '../tunnel/tunnel';
import { creditSaid } from '../upstream/creditWords';
import type { CursorAppState, CursorLine } from './cursor';
import { type BackendFacts, found, type Known, type Trouble, type TroubleKind } from './found';
import { say } from './sentences';
import { TUNNEL } from './tunnel';

export type { Known, TroubleKind } from './found';

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
  /** The same as codes and values. */
  says?: Says<'short' | 'text' | 'fix'>;
  /** The first mends it, or leads to what does. */
  actions: readonly [Mending, ...Mending[]];
}

/** A look before its words are told. */
type Look = Omit<TroubleLook, 'short' | 'text' | 'fix' | 'says'> & { short?: Words; text: Words; fix: Words };

function told({ short, text, fix, ...look }: Look): TroubleLook {
  return { ...look, ...spoken({ ...(short && { short }), text, fix }) };
}

/** Their own words say what to do. */
const SAY_IT_THEMSELVES: ReadonlySet<TroubleKind> = new Set([
  'notRunning',
  'keyLost',
  'noKeys',
  'noTunnelProgram',
  'tunnel',
  'ledger',
]);

/** What is wrong and what to do, each once. */
export const withAdvice = ({ kind, text, fix }: TroubleLook): string =>
  SAY_IT_THEMSELVES.has(kind) ? text : `${text} ${fix}`;

/** Everything that is wrong, worst first. */
export const troublesOf = (known: Known): TroubleLook[] => found(known).map((trouble) => told(lookOf(trouble)));

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

const amber = (look: Omit<Look, 'severity' | 'icon'>): Look => ({ icon: 'warning', severity: 'warning', ...look });

interface BackendWords extends Pick<Look, 'text' | 'fix'> {
  short: Words;
  action?: Mending;
}

/** Without a default: a kind without words does not compile. */
function lookOf(trouble: Trouble): Look {
  const { kind } = trouble;
  switch (kind) {
    case 'notRunning':
      return {
        kind,
        short: say.notRunningShort,
        severity: 'error',
        icon: 'error',
        text: say.notRunning(trouble.why),
        fix: say.notRunningFix,
        actions: [act('restartRouter', 'Restart Router'), LOG],
      };
    case 'keyLost':
      return {
        kind,
        short: say.keyLostShort,
        severity: 'error',
        icon: 'key',
        text: trouble.why,
        fix: say.keyLostFix,
        actions: [act('pasteApiKey', 'Paste the Old Key'), act('newApiKey', 'Make a New One')],
      };
    case 'noKeys':
      return {
        kind,
        short: say.noKeysShort,
        severity: 'error',
        icon: 'key',
        text: trouble.why,
        fix: say.noKeysFix,
        actions: [LOG],
      };
    case 'noTunnelProgram':
      return {
        kind,
        short: say.localOnlyShort,
        severity: 'warning',
        icon: 'home',
        text: say.localOnly(trouble.tunnel.says ?? trouble.tunnel.message ?? say.noCloudflared),
        ...(downloadHelps(trouble.tunnel)
          ? { fix: say.downloadFix, actions: [act('installCloudflared', 'Download and Start'), TUNNEL_WAYS] }
          : { fix: say.correctFix, actions: [TUNNEL_WAYS] }),
      };
    case 'tunnel':
      return tunnelLook(trouble.tunnel);
    case 'settings':
      return settingsLook(trouble);
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
        short: say.oldUrlShort,
        text: say.oldUrl(trouble.host),
        fix: say.oldUrlFix,
        actions: [act('copyBaseUrl', 'Copy the New One'), CURSOR_SETTINGS],
      });
    case 'callRefused': {
      const { why, count, lastAt } = trouble;
      return amber({
        kind,
        short: say.callRefusedShort,
        text: count === 1 ? say.callRefusedOnce(why, lastAt) : say.callRefused(why, count, lastAt),
        fix: FIX.wrongKey,
        actions: [COPY_KEY, CURSOR_SETTINGS],
      });
    }
    case 'keyRefused':
      return ofBackend(trouble, {
        short: say.keyRefusedShort,
        text: say.keyRefused(trouble.backend.name),
        fix: say.keyRefusedFix,
        action: act('setBackendKey', 'Change Key…', trouble.backend.name),
      });
    case 'keyMissing':
      return ofBackend(trouble, {
        short: say.keyMissingShort,
        text: say.keyMissing(trouble.backend.name),
        fix: say.keyMissingFix,
        action: act('setBackendKey', 'Set Key…', trouble.backend.name),
      });
    case 'backendFails':
      return ofBackend(trouble, {
        short: say.backendFailsShort,
        text: withReason(trouble.backend, say.backendFails, say.backendFailsSaid),
        fix: say.backendFailsFix,
      });
    case 'backendWaits':
      return ofBackend(trouble, {
        short: say.backendWaitsShort,
        text: withReason(trouble.backend, say.backendWaits, say.backendWaitsSaid),
        fix: say.backendWaitsFix,
      });
    case 'promptCut': {
      const { what, fix, says } = trouble.cut;
      return ofBackend(trouble, {
        short: say.promptCutShort,
        text: say.ofBackend(trouble.backend.name, says?.what ?? what),
        fix: says?.fix ?? fix,
      });
    }
    case 'creditLow': {
      const { credit, backend } = trouble;
      const left = creditSaid(credit);
      return ofBackend(trouble, { short: left, text: say.creditLow(backend.name, left), fix: say.creditLowFix });
    }
    case 'ledger':
      return amber({ kind, short: say.ledgerShort, text: trouble.why, fix: say.ledgerFix, actions: [LOG] });
    case 'budget':
      return amber({
        kind,
        short: say.budgetShort,
        text: trouble.why,
        fix: say.budgetFix,
        actions: [act('manageClientKeys', 'Manage Client Keys…')],
      });
    case 'port':
      return amber({
        kind,
        text: trouble.why,
        fix: say.portFix,
        actions: [act('openSetting', 'Open Setting', 'port')],
      });
    case 'notice':
      return amber({ kind, text: trouble.why, fix: say.noticeFix, actions: [LOG] });
  }
}

function ofBackend(
  { kind, backend }: Extract<Trouble, { backend: BackendFacts }>,
  { short, action = act('manageBackends', 'Manage Backends…'), ...words }: BackendWords,
): Look {
  const name = backend.name.length > MOST_NAME ? `${backend.name.slice(0, MOST_NAME - 1)}…` : backend.name;
  return amber({ kind, short: say.ofBackend(name, short), ...words, actions: [action] });
}

/** Characters of a backend's name in the status bar, which cuts what is long, and of a reason within a sentence. */
const MOST_NAME = 18;
const MOST_REASON = 160;

function withReason(
  { name, lastError, lastErrorSays }: BackendFacts,
  bare: (name: string) => Said,
  because: (name: string, why: Words) => Said,
): Said {
  return lastError ? because(name, shortened(lastErrorSays ?? lastError, MOST_REASON)) : bare(name);
}

function tunnelLook({ state, says, message }: TunnelStatus): Look {
  const { icon, short, long, severity = 'warning' } = TUNNEL[state];
  const waits = state === 'reconnecting' || state === 'degraded' || state === 'rateLimited';
  return {
    kind: 'tunnel',
    ...(short && { short }),
    severity,
    icon,
    text: says ?? message ?? say.tunnelIs(long),
    fix: waits ? say.tunnelWaitsFix : say.tunnelFix,
    actions: [TUNNEL_WAYS, act('restartRouter', 'Restart Router'), LOG],
  };
}

/** In the status bar a router that does not run is first of all stopped. */
function settingsLook({ problems, running }: Extract<Trouble, { kind: 'settings' }>): Look {
  const [first] = problems;
  const more = problems.length - 1;
  return amber({
    kind: 'settings',
    ...(running && { short: say.settingsShort }),
    text: say.setting(first?.path ?? '', first?.says ?? first?.message ?? '', more > 0 ? more : undefined),
    fix: say.settingsFix,
    actions: [act('openSetting', 'Open Setting', first?.path ?? '')],
  });
}

const CURSOR_ACTIONS: Record<CursorLine['action'], Mending> = {
  copyBaseUrl: COPY_URL,
  copyApiKey: COPY_KEY,
  copyModelName: act('copyModelName', 'Copy Model Name…'),
  useLlmRouter: act('useLlmRouter', 'Switch On in Cursor'),
};

const FIX: Record<CursorLine['kind'], Said> = {
  overrideOff: say.pasteUrl,
  otherUrl: say.pasteUrl,
  noKey: say.pasteKey,
  wrongKey: say.pasteKey,
  switchedOff: say.switchedOffFix,
  unserved: say.unservedFix,
};

/** Of what Cursor holds alone, worst first. */
export const cursorTroubles = ({ told: lines }: CursorAppState): TroubleLook[] =>
  lines.map((line) => told(cursorLook(line)));

function cursorLook({ kind, text, short, says, action }: CursorLine): Look {
  return amber({
    kind,
    ...(short && { short: says?.short ?? short }),
    text: says?.text ?? text,
    fix: FIX[kind],
    actions: [CURSOR_ACTIONS[action]],
  });
}
