/** Status bar item: text, tooltip and colour from what the window knows. Pure, so that each state can be looked at in a test. */

import type { BackendState, RouterState } from '../process/contract';
import { clock } from '../said';
import type { StatusBarShows } from '../settings/schema';
import { isLocalOnly } from '../settings/tunnelKinds';
import { type TroubleLook, withAdvice } from '../troubles/table';
import { TUNNEL, type TunnelLook } from '../troubles/tunnel';
import { cardOf } from '../tunnel/cards';
import { creditSaid } from '../upstream/creditWords';
import { COMMANDS, type CommandName } from './ids';
import { commandLink, type EditorCommand, editorCommand } from './mending';
import { troublesHere } from './troubles';
import { phaseOf, type View } from './view';
import { inWords, shown, t } from './words';

export interface StatusText {
  text: string;
  /** Markdown with command links and theme icons. */
  tooltip: string;
  severity?: 'warning' | 'error';
  /** For screen readers. */
  label: string;
  /** What a click does where it is not copying the URL, which explains itself. */
  click?: EditorCommand;
}

interface Headline {
  icon: string;
  short: string;
  severity?: 'warning' | 'error';
  kind?: string;
  mends?: EditorCommand;
}

const EXPLAINED: ReadonlySet<string> = new Set(['notRunning', 'noTunnelProgram', 'tunnel']);

const NAME = 'LLM Router';

export function statusText(view: View, shows: StatusBarShows = 'state'): StatusText {
  const troubles = troublesHere(view);
  const head = headline(
    view,
    troubles.find(({ short }) => short !== undefined),
  );
  const bodies = view.state?.bodyLog ? ` $(eye) ${t`logs bodies`}` : '';
  const today = head.short ? '' : todayShort(view.state, shows);
  const text = `$(${head.icon}) ${NAME}${head.short ? `: ${head.short}` : ''}${today && ` ${today}`}${bodies}`;
  const parts = [NAME, head.short || t`online`, today && t`today ${today}`, bodies && t`logs bodies`];
  const label = parts.filter((part) => part !== '').join(', ');
  const status: StatusText = { text, tooltip: tooltip(view, troubles), label };
  if (head.severity) status.severity = head.severity;
  // About the tunnel the URL's own answer says more, and offers more.
  if (head.mends && !EXPLAINED.has(head.kind ?? '')) status.click = head.mends;
  return status;
}

/** Of today, by choice; where something is wrong there is no room for it. */
function todayShort(state: RouterState | undefined, shows: StatusBarShows): string {
  const { requests = 0, cost = 0, costKnown = true } = state?.today ?? {};
  switch (shows) {
    case 'state':
      return '';
    case 'requests':
      return requestCount(requests);
    case 'cost':
      return `${costKnown ? '' : '≥ '}$${cost.toFixed(2)}`;
  }
}

function headline(view: View, worst: TroubleLook | undefined): Headline {
  if (worst) return { ...worst, short: worst.short ?? '', mends: editorCommand(worst.actions[0]) };
  switch (phaseOf(view)) {
    // Both have a trouble above that says so.
    case 'failed':
    case 'running':
      if (view.ownModels) return { icon: 'debug-pause', short: t`Cursor's own models` };
      return tunnelHeadline(TUNNEL[view.state?.tunnel.state ?? 'off']);
    case 'starting':
      return { icon: 'loading~spin', short: shown('starting') };
    case 'stopped':
      return { icon: 'circle-slash', short: shown('stopped') };
  }
}

const tunnelHeadline = ({ short, long: _, ...look }: TunnelLook): Headline => ({
  ...look,
  short: short ? inWords(short) : '',
});

const link = (command: CommandName, title: string): string => `[${shown(title)}](command:${COMMANDS[command]})`;

/** Text from elsewhere must not become markup, links or icons. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&$]/g, '\\$&').replace(/\s+/g, ' ');
}
const code = (text: string): string => `\`${text.replace(/[`\n]/g, '')}\``;

function tooltip(view: View, troubles: readonly TroubleLook[]): string {
  const phase = phaseOf(view);
  if (phase === 'running' && view.state) return runningTooltip(view, view.state, troubles);
  const lines = phase === 'failed' ? [] : [t`${`**${NAME}**`} is ${shown(phase)}.`];
  if (view.message && phase !== 'failed') lines.push(escapeMarkdown(inWords(view.message)));
  lines.push(...troubles.map(troubleLine));
  const actions =
    phase === 'starting' ? [link('showLog', 'Show Log')] : [link('startRouter', 'Start'), link('showLog', 'Show Log')];
  // What mends a failure stands beside it.
  if (phase !== 'failed') lines.push(actions.join(' · '));
  return lines.join('\n\n');
}

/** What is wrong, and the ways to mend it; of the worst in a sentence, too. */
function troubleLine(trouble: TroubleLook, index: number): string {
  const { text, actions } = trouble;
  const words = index === 0 ? withAdvice(trouble) : text;
  return `$(warning) ${escapeMarkdown(words)} ${actions.map(commandLink).join(' · ')}`;
}

/** Longer lists are the Doctor's. */
const TOLD = 6;

function runningTooltip(view: View, state: RouterState, troubles: readonly TroubleLook[]): string {
  const sections = [
    [...urlLines(state), ...keyLine(view)],
    [
      ...troubles.slice(0, TOLD).map(troubleLine),
      ...(troubles.length > TOLD ? [t`And ${troubles.length - TOLD} more: ${link('runDoctor', 'Run Doctor')}`] : []),
    ],
    [tunnelLine(state), ...sightingLines(state)],
    [
      ...state.backends.map(backendLine),
      ...(state.backends.length === 0 ? [t`No backend yet. ${link('addBackend', 'Add Backend…')}`] : []),
      ...modelLine(view),
    ],
    [...lastRequestLine(state), ...todayLine(state), ...otherLines(view, state)],
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
  return [`**${NAME}** ${code(state.localUrl ?? '')} ${t`on this machine`}`];
}

const keyLine = (view: View): string[] =>
  view.keyHint ? [t`Key ${code(view.keyHint)} ${link('copyApiKey', 'Copy')}`] : [];

function tunnelLine({ tunnel }: RouterState): string {
  const facts = [tunnel.provider, tunnel.protocol, tunnel.location]
    .filter((fact): fact is string => !!fact && fact !== 'none')
    .map(escapeMarkdown);
  const where = facts.length > 0 ? ` (${facts.join(', ')})` : '';
  const until = tunnel.state === 'rateLimited' && tunnel.until ? `, ${t`next try at ${clock(tunnel.until)}`}` : '';
  // The time belongs to the first words: "reconnecting since 14:05, the URL stays the same".
  const long = inWords(TUNNEL[tunnel.state].long);
  const state = long.replace(/[,，]|$/, (rest) => t` since ${clock(tunnel.since)}${rest}`);
  const words = tunnel.needsBinary
    ? t`needs cloudflared ${link('setUpTunnel', 'Set Up…')}`
    : `${state}${until}${where}${isLocalOnly(tunnel.provider) ? ` ${link('setUpTunnel', 'Set Up…')}` : ''}`;
  // Trouble stands above, in the same words.
  const told = tunnel.state === 'online' || tunnel.needsBinary || TUNNEL[tunnel.state].severity;
  const said = tunnel.says ?? tunnel.message;
  const message = said && !told ? `\n\n${escapeMarkdown(inWords(said))}` : '';
  return t`Tunnel ${words}${message}`;
}

function sightingLines({ cursor }: RouterState): string[] {
  if (!cursor || cursor.lastSeen === 0) return [t`Cursor has not called yet.`];
  return [t`Cursor last reached this router at ${clock(cursor.lastSeen)} through ${code(cursor.host)}`];
}

export function backendHealth(backend: BackendState): { icon: string; words: string } {
  if (backend.needsKey && !backend.hasKey) return { icon: 'key', words: t`needs a key` };
  if (backend.keyRefused) return { icon: 'key', words: t`key refused` };
  switch (backend.health) {
    case 'ok':
      return { icon: 'pass', words: t`works` };
    case 'unknown':
      return backend.testedAt
        ? { icon: 'pass', words: t`tested OK at ${clock(backend.testedAt)}` }
        : { icon: 'circle-outline', words: t`not used yet` };
    case 'cooling':
      return { icon: 'watch', words: backend.coolingUntil ? t`waits until ${clock(backend.coolingUntil)}` : t`waits` };
    case 'failing':
      return { icon: 'error', words: t`last request failed` };
  }
}

function backendLine(backend: BackendState): string {
  const { icon, words } = backendHealth(backend);
  // Why a backend fails or waits stands above, with what is wrong.
  const reason =
    backend.lastError && backend.keyRefused
      ? `: ${escapeMarkdown(shorten(inWords(backend.lastErrorSays ?? backend.lastError), 160))}`
      : '';
  const credit = backend.credit
    ? `, ${backend.credit.low ? '$(warning) ' : ''}${escapeMarkdown(inWords(creditSaid(backend.credit)))}`
    : '';
  return `$(${icon}) ${escapeMarkdown(backend.name)}${backend.isDefault ? ` (${t`default`})` : ''} ${words}${credit}${reason}${backend.keyRefused ? ` ${link('setBackendKey', 'Change Key…')}` : ''}`;
}

function modelLine(view: View): string[] {
  const listed = view.models.slice(0, 5).map(code).join(' ');
  const more = view.models.length > 5 ? ` ${t`and ${view.models.length - 5} more`}` : '';
  const names = listed ? `${t`Models ${listed}${more}`} ` : '';
  return [`${names}${link('copyModelName', 'Copy Model Name…')}`];
}

function lastRequestLine(state: RouterState): string[] {
  const request = state.lastRequest;
  if (!request) return [];
  const to = request.upstreamModel ? ` → ${escapeMarkdown(`${request.backend} ${request.upstreamModel}`)}` : '';
  const outcome = request.error
    ? t`failed: ${escapeMarkdown(shorten(inWords(request.says ?? request.error), 160))}`
    : t`${request.status} in ${seconds(request.ms)}`;
  return [t`Last request ${clock(Date.parse(request.time))} ${code(request.askedModel)}${to} ${outcome}`];
}

function todayLine(state: RouterState): string[] {
  if (!state.today || state.today.requests === 0) return [];
  const { requests, tokens, cost, costKnown } = state.today;
  const sum = `\\$${cost.toFixed(2)}`;
  const facts = [
    requestCount(requests),
    t`${tokens.toLocaleString('en-US')} tokens`,
    costKnown ? sum : t`at least ${sum}`,
  ];
  return [t`Today ${facts.join(', ')}`];
}

function otherLines(view: View, state: RouterState): string[] {
  const lines: string[] = [];
  if (state.bodyLog)
    lines.push(`$(eye) ${t`Bodies of requests and answers are logged for debugging.`} ${link('logBodies', 'Stop')}`);
  if (view.cameBackAt)
    lines.push(
      `$(info) ${t`The router process ended unexpectedly and was started again at ${clock(view.cameBackAt)}.`}`,
    );
  return lines;
}

function actionLine(state: RouterState): string {
  const actions = [
    link('connectCursor', 'Connect Cursor…'),
    link('stopRouter', 'Stop'),
    link('restartRouter', 'Restart'),
  ];
  if (state.cursorApp?.override === 'ours')
    actions.push(
      state.cursorApp.switchedOn
        ? link('useOwnModels', "Use Cursor's Own Models")
        : link('useLlmRouter', 'Use LLM Router'),
    );
  if (cardOf(state.tunnel.provider)?.renewable && state.tunnel.publicUrl) actions.push(link('newTunnelUrl', 'New URL'));
  actions.push(link('manageBackends', 'Backends…'), link('showLog', 'Log'));
  return actions.join(' · ');
}

const requestCount = (count: number): string => (count === 1 ? t`1 request` : t`${count} requests`);
const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
