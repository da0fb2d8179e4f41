/** Status bar item: text, tooltip and colour from what the window knows. Pure, so that each state can be looked at in a test. */
import type { BackendState, RouterState } from '../process/contract';
import type { TunnelStateName } from '../tunnel/tunnel';
import { COMMANDS, type CommandName } from './ids';
import { clock, phaseOf, type View } from './view';

export interface StatusText {
  text: string;
  /** Markdown with command links and theme icons. */
  tooltip: string;
  severity?: 'warning' | 'error';
  /** For screen readers. */
  label: string;
}

const NAME = 'LLM Router';

/** How each tunnel state looks: icon, words after the name, words in the tooltip. */
export const TUNNEL: Record<
  TunnelStateName,
  { icon: string; short: string; long: string; severity?: 'warning' | 'error' }
> = {
  off: { icon: 'home', short: 'local only', long: 'off, local use only' },
  installing: { icon: 'loading~spin', short: 'installing tunnel', long: 'downloading its program' },
  requesting: { icon: 'loading~spin', short: 'connecting', long: 'asking for a URL' },
  connecting: { icon: 'loading~spin', short: 'connecting', long: 'connecting' },
  verifying: { icon: 'loading~spin', short: 'checking', long: 'checking that the URL works' },
  online: { icon: 'globe', short: '', long: 'online' },
  reconnecting: {
    icon: 'sync~spin',
    short: 'reconnecting',
    long: 'reconnecting, the URL stays the same',
    severity: 'warning',
  },
  degraded: { icon: 'warning', short: 'tunnel disturbed', long: 'disturbed', severity: 'warning' },
  rateLimited: {
    icon: 'watch',
    short: 'tunnel waits',
    long: 'waiting, too many new tunnels were asked for',
    severity: 'warning',
  },
  blocked: { icon: 'error', short: 'tunnel blocked', long: 'blocked by this network', severity: 'error' },
  error: { icon: 'error', short: 'tunnel failed', long: 'failed', severity: 'error' },
};

export function statusText(view: View): StatusText {
  const head = headline(view);
  const bodies = view.state?.bodyLog ? ' $(eye) logs bodies' : '';
  const text = `$(${head.icon}) ${NAME}${head.short ? `: ${head.short}` : ''}${bodies}`;
  const label = `${NAME}, ${head.short || 'online'}${bodies ? ', logs bodies' : ''}`;
  const status: StatusText = { text, tooltip: tooltip(view), label };
  if (head.severity) status.severity = head.severity;
  return status;
}

function headline(view: View): { icon: string; short: string; severity?: 'warning' | 'error' } {
  if (view.keyTrouble && phaseOf(view) !== 'running' && phaseOf(view) !== 'failed')
    return { icon: 'key', short: view.keyLost ? 'API key lost' : 'no access to keys', severity: 'error' };
  switch (phaseOf(view)) {
    case 'failed':
      return { icon: 'error', short: 'not running', severity: 'error' };
    case 'starting':
      return { icon: 'loading~spin', short: 'starting' };
    case 'stopped':
      return { icon: 'circle-slash', short: 'stopped' };
    case 'running': {
      const state = view.state as RouterState;
      if (state.tunnel.needsBinary) return { icon: 'home', short: 'local only', severity: 'warning' };
      const tunnel = TUNNEL[state.tunnel.state];
      if (state.tunnel.state !== 'online' && state.tunnel.state !== 'off') return tunnel;
      if (state.problems.some((problem) => problem.severity === 'error'))
        return { icon: 'warning', short: 'settings', severity: 'warning' };
      return trouble(state) ?? tunnel;
    }
  }
}

/** What goes wrong although the router runs, worst first. What mends it stands in the tooltip. */
const TROUBLES: readonly ((state: RouterState) => string | false | undefined)[] = [
  // Read from Cursor's own settings, so it is known, and comes before what is only guessed from calls.
  ({ cursorApp }) => cursorApp?.told.find(({ short }) => short)?.short,
  (state) => state.cursor?.outdated && 'Cursor uses an old URL',
  (state) => state.cursor?.refused && 'wrong key refused',
  ({ backends }) => {
    const refused = backends.find((backend) => backend.keyRefused);
    return refused && `${shorten(refused.name, 40)}: key refused`;
  },
];

function trouble(state: RouterState): ReturnType<typeof headline> | undefined {
  for (const look of TROUBLES) {
    const short = look(state);
    if (short) return { icon: 'warning', short, severity: 'warning' };
  }
  return undefined;
}

const link = (command: CommandName, title: string): string => `[${title}](command:${COMMANDS[command]})`;

/** Text from elsewhere must not become markup, links or icons. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&$]/g, '\\$&').replace(/\s+/g, ' ');
}
const code = (text: string): string => `\`${text.replace(/[`\n]/g, '')}\``;

function tooltip(view: View): string {
  const phase = phaseOf(view);
  if (phase === 'running' && view.state) return runningTooltip(view, view.state);
  const lines = [`**${NAME}** is ${phase === 'failed' ? 'not running' : phase}.`];
  if (view.message) lines.push(escapeMarkdown(view.message));
  lines.push(...keyLines(view));
  const actions =
    phase === 'starting' ? [link('showLog', 'Show Log')] : [link('startRouter', 'Start'), link('showLog', 'Show Log')];
  lines.push(actions.join(' · '));
  return lines.join('\n\n');
}

function runningTooltip(view: View, state: RouterState): string {
  const sections = [
    [...urlLines(state), ...keyLine(view)],
    [tunnelLine(state), ...cursorLines(state)],
    [
      ...state.backends.map(backendLine),
      ...(state.backends.length === 0 ? [`No backend yet. ${link('addBackend', 'Add Backend…')}`] : []),
      ...modelLine(view),
    ],
    [...lastRequestLine(state), ...todayLine(state), ...problemLines(view, state)],
    [actionLine(state)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n\n'))
    .join('\n\n---\n\n');
}

function urlLines(state: RouterState): string[] {
  if (state.publicUrl && state.tunnel.state === 'online')
    return [`**${NAME}** ${code(state.publicUrl)} ${link('copyBaseUrl', 'Copy')}`];
  const lines = [`**${NAME}** ${code(state.localUrl ?? '')} on this machine`];
  return lines;
}

const keyLine = (view: View): string[] =>
  view.keyHint ? [`Key ${code(view.keyHint)} ${link('copyApiKey', 'Copy')}`] : [];

function keyLines(view: View): string[] {
  if (!view.keyTrouble) return [];
  const ways = view.keyLost
    ? ` ${link('pasteApiKey', 'Paste the Old Key')}, ${link('newApiKey', 'Make a New One')}.`
    : '';
  return [`$(warning) ${escapeMarkdown(view.keyTrouble)}${ways}`];
}

function tunnelLine(state: RouterState): string {
  const { tunnel } = state;
  const facts = [tunnel.provider, tunnel.protocol, tunnel.location]
    .filter((fact): fact is string => !!fact && fact !== 'none')
    .map(escapeMarkdown);
  const where = facts.length > 0 ? ` (${facts.join(', ')})` : '';
  const until = tunnel.state === 'rateLimited' && tunnel.until ? `, next try at ${clock(tunnel.until)}` : '';
  const words = tunnel.needsBinary
    ? `needs cloudflared ${link('setUpTunnel', 'Set Up…')}`
    : `${TUNNEL[tunnel.state].long} since ${clock(tunnel.since)}${until}${where}`;
  const message = tunnel.message && tunnel.state !== 'online' ? `\n\n${escapeMarkdown(tunnel.message)}` : '';
  return `Tunnel ${words}${message}`;
}

function cursorLines(state: RouterState): string[] {
  const told = (state.cursorApp?.told ?? []).map(
    ({ text, action }) => `$(warning) ${escapeMarkdown(text)} ${link(action, HELP[action])}`,
  );
  return [...sightingLines(state), ...told];
}

const HELP = {
  copyBaseUrl: 'Copy Base URL',
  copyApiKey: 'Copy API Key',
  copyModelName: 'Copy Model Name…',
  openCursorModelSettings: 'Open its settings',
} as const;

function sightingLines(state: RouterState): string[] {
  if (!state.cursor) return ['Cursor has not called yet.'];
  const lines = [
    `Cursor last reached this router at ${clock(state.cursor.lastSeen)} through ${code(state.cursor.host)}`,
  ];
  if (state.cursor.outdated)
    lines.push(
      `$(warning) Cursor only used an older URL. ${link('copyBaseUrl', 'Copy the new one')}, ${link('openCursorModelSettings', 'open its settings')}.`,
    );
  const { refused } = state.cursor;
  if (refused)
    // On a public address Cursor cannot be told from a stranger.
    lines.push(
      `$(warning) Somebody who says to be Cursor was refused: ${escapeMarkdown(state.cursor.lastRefusal ?? 'wrong key')} ${refused.count === 1 ? 'Once' : `${refused.count} times`}, last at ${clock(refused.lastAt)}. ${link('copyApiKey', 'Copy API Key')}, ${link('openCursorModelSettings', 'open its settings')}.`,
    );
  return lines;
}

export function backendHealth(backend: BackendState): { icon: string; words: string } {
  if (backend.needsKey && !backend.hasKey) return { icon: 'key', words: 'needs a key' };
  if (backend.keyRefused) return { icon: 'key', words: 'key refused' };
  switch (backend.health) {
    case 'ok':
      return { icon: 'pass', words: 'works' };
    case 'unknown':
      return backend.testedAt
        ? { icon: 'pass', words: `tested OK at ${clock(backend.testedAt)}` }
        : { icon: 'circle-outline', words: 'not used yet' };
    case 'cooling':
      return { icon: 'watch', words: `waits${backend.coolingUntil ? ` until ${clock(backend.coolingUntil)}` : ''}` };
    case 'failing':
      return { icon: 'error', words: 'last request failed' };
  }
}

function backendLine(backend: BackendState): string {
  const { icon, words } = backendHealth(backend);
  const reason =
    backend.lastError && backend.health !== 'ok' ? `: ${escapeMarkdown(shorten(backend.lastError, 160))}` : '';
  return `$(${icon}) ${escapeMarkdown(backend.name)}${backend.isDefault ? ' (default)' : ''} ${words}${reason}${backend.keyRefused ? ` ${link('setBackendKey', 'Change Key…')}` : ''}`;
}

function modelLine(view: View): string[] {
  const shown = view.models.slice(0, 5).map(code).join(' ');
  const more = view.models.length > 5 ? ` and ${view.models.length - 5} more` : '';
  return [`Models ${shown}${more} ${link('copyModelName', 'Copy Model Name…')}`.replace(/ {2,}/g, ' ')];
}

function lastRequestLine(state: RouterState): string[] {
  const request = state.lastRequest;
  if (!request) return [];
  const to = request.upstreamModel ? ` → ${escapeMarkdown(`${request.backend} ${request.upstreamModel}`)}` : '';
  const outcome = request.error
    ? `failed: ${escapeMarkdown(shorten(request.error, 160))}`
    : `${request.status} in ${seconds(request.ms)}`;
  return [`Last request ${clock(Date.parse(request.time))} ${code(request.askedModel)}${to} ${outcome}`];
}

function todayLine(state: RouterState): string[] {
  if (!state.today || state.today.requests === 0) return [];
  const { requests, tokens, cost, costKnown } = state.today;
  const count = `${requests} ${requests === 1 ? 'request' : 'requests'}`;
  return [
    `Today ${count}, ${tokens.toLocaleString('en-US')} tokens, ${costKnown ? '' : 'at least '}\\$${cost.toFixed(2)}`,
  ];
}

function problemLines(view: View, state: RouterState): string[] {
  const lines = state.problems
    .slice(0, 3)
    .map((problem) => `$(warning) ${code(problem.path)} ${escapeMarkdown(problem.message)}`);
  if (state.bodyLog)
    lines.push(`$(eye) Bodies of requests and answers are logged for debugging. ${link('logBodies', 'Stop')}`);
  lines.push(...keyLines(view));
  if (state.notice) lines.push(`$(info) ${escapeMarkdown(state.notice)}`);
  if (view.cameBackAt)
    lines.push(`$(info) The router process ended unexpectedly and was started again at ${clock(view.cameBackAt)}.`);
  return lines;
}

function actionLine(state: RouterState): string {
  const actions = [link('stopRouter', 'Stop'), link('restartRouter', 'Restart')];
  if (state.tunnel.provider === 'cloudflared' && state.tunnel.publicUrl) actions.push(link('newTunnelUrl', 'New URL'));
  actions.push(link('manageBackends', 'Backends…'), link('showLog', 'Log'));
  return actions.join(' · ');
}

const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
