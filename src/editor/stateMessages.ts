/** What a person is told and offered, decided from the view alone. Pure. */

import { assertNever } from '../never';
import { clock } from '../said';
import type { Problem } from '../settings/problem';
import { isLocalOnly } from '../settings/tunnelKinds';
import type { TunnelStatus } from '../tunnel/tunnel';
import { phaseOf, returningUrl, type View, whyFailed, workingUrl } from './view';
import { here, inWords, t } from './words';

/** Buttons under a message; the command group that shows it knows what each does. */
export type Action =
  | 'Start Router'
  | 'Restart Router'
  | 'Copy Local URL'
  | 'Copy This URL'
  | 'Copy New URL'
  | 'Copy Base URL'
  | 'Copy API Key'
  | 'Paste the Old Key'
  | 'Make a New One'
  | 'Copy Model Name…'
  | 'Connect Cursor…'
  | 'Switch On in Cursor'
  | "Use Cursor's Own Models"
  | 'Open Dashboard'
  | 'Do It for Me: Restart Cursor'
  | 'Open Cursor Settings'
  | 'Set Up Tunnel…'
  | 'New URL'
  | 'Add Backend…'
  | 'Manage Client Keys…'
  | 'Show Log';

export interface Message {
  severity: 'info' | 'warning' | 'error';
  text: string;
  actions: Action[];
}

/** Answer of Copy Base URL: a URL that works, or what is going on. Nothing is copied that Cursor could not use without saying so. */
/** A router that could not be started or reached. */
export const failureOf = (view: View): Message => ({
  severity: 'error',
  text: t`The router is not running. ${inWords(whyFailed(view))}`.trim(),
  actions: ['Restart Router', 'Show Log'],
});

export type BaseUrlAnswer = { copy: string; message: Message } | { message: Message; returning?: string };

export function baseUrlAnswer(view: View): BaseUrlAnswer {
  const url = workingUrl(view);
  if (url) {
    const noBackend = view.state?.backends.length === 0;
    const text = t`Copied ${url}${noBackend ? t`. There is no backend yet: only the model demo/echo answers.` : ''}`;
    return {
      copy: url,
      message: {
        severity: 'info',
        text,
        actions: [...(noBackend ? (['Add Backend…'] as const) : []), 'Copy API Key', 'Open Cursor Settings'],
      },
    };
  }
  switch (phaseOf(view)) {
    case 'failed':
      return { message: failureOf(view) };
    case 'stopped':
      return {
        message: {
          severity: 'info',
          text: t`The router is stopped, so there is no URL to copy.`,
          actions: ['Start Router'],
        },
      };
    case 'starting':
      return {
        message: {
          severity: 'info',
          text: t`The router is starting. ${view.message ? inWords(view.message) : t`Its URL can be copied in a moment.`}`,
          actions: ['Show Log'],
        },
      };
    case 'running':
      return tunnelAnswer(view, (view.state as NonNullable<View['state']>).tunnel);
  }
}

/** A program that is too old or does not start is not missing: its own sentence says what it is. */
function localOnly({ needsBinary, message, says }: TunnelStatus): string {
  if (needsBinary && message && says?.code !== 'tunnel.notInstalled')
    return t`${inWords(says ?? message)} The router works on this machine only. Cursor's servers need a public URL.`;
  const why = needsBinary ? t`The tunnel program cloudflared is missing` : t`The tunnel is switched off`;
  return t`${why}: the router works on this machine only. Cursor's servers need a public URL.`;
}

function tunnelAnswer(view: View, tunnel: TunnelStatus): BaseUrlAnswer {
  if (tunnel.needsBinary || (tunnel.state === 'off' && isLocalOnly(tunnel.provider))) {
    return {
      message: {
        severity: 'warning',
        text: localOnly(tunnel),
        actions: ['Set Up Tunnel…', 'Copy Local URL'],
      },
    };
  }
  const returning = returningUrl(view);
  switch (tunnel.state) {
    case 'reconnecting':
    case 'degraded':
      return withUrl(
        returning,
        'warning',
        tunnel.state === 'degraded'
          ? t`The tunnel has been disturbed since ${clock(tunnel.since)}; its URL stays ${returning ?? t`the same`}.`
          : t`The tunnel has been reconnecting since ${clock(tunnel.since)}; its URL stays ${returning ?? t`the same`}.`,
        ['Show Log'],
      );
    case 'connecting':
    case 'verifying':
    case 'requesting':
    case 'installing':
      return withUrl(returning, 'info', t`The tunnel is being set up; its URL can be copied as soon as it works.`, [
        'Copy Local URL',
        'Show Log',
      ]);
    case 'off':
    case 'online':
    case 'rateLimited':
    case 'blocked':
    case 'error':
      return {
        message: tunnelTrouble(tunnel) ?? {
          severity: 'info',
          text: t`The tunnel is off.`,
          actions: ['Copy Local URL', 'Restart Router'],
        },
      };
  }
}

function withUrl(
  returning: string | undefined,
  severity: Message['severity'],
  text: string,
  actions: Action[],
): BaseUrlAnswer {
  return returning
    ? { message: { severity, text, actions: ['Copy This URL', ...actions] }, returning }
    : { message: { severity, text, actions } };
}

/** What is wrong with the keys; a lost one is as loud as a changed URL. */
export function keyMessage({ keyTrouble, keyLost }: View): Message | undefined {
  if (!keyTrouble) return undefined;
  return {
    severity: 'error',
    text: inWords(keyTrouble),
    actions: keyLost ? ['Paste the Old Key', 'Make a New One'] : ['Show Log'],
  };
}

/** Why there is no API key to copy. */
export const noKeyMessage = (view: View): Message =>
  keyMessage(view) ?? {
    severity: 'warning',
    text: t`There is no API key yet; the router makes one when it starts.`,
    actions: ['Start Router'],
  };

/** The message for a tunnel that needs a person, else undefined: what heals by itself shows in the status bar only. */
export function tunnelTrouble(tunnel: TunnelStatus): Message | undefined {
  const said = inWords(tunnel.says ?? tunnel.message ?? '');
  switch (tunnel.state) {
    case 'rateLimited':
      return {
        severity: 'warning',
        text:
          said ||
          t`Cloudflare gives no new tunnel right now.${tunnel.until ? t` Next try at ${clock(tunnel.until)}.` : ''}`,
        actions: ['Set Up Tunnel…', 'Copy Local URL', 'Show Log'],
      };
    case 'blocked':
      return {
        severity: 'error',
        text: said || t`This network blocks the tunnel (port 7844).`,
        actions: ['Set Up Tunnel…', 'Copy Local URL', 'Show Log'],
      };
    case 'error':
      return tunnel.needsBinary
        ? undefined
        : {
            severity: 'error',
            text: said || t`The tunnel failed.`,
            actions: ['Restart Router', 'Set Up Tunnel…', 'Show Log'],
          };
    case 'off':
    case 'online':
    case 'installing':
    case 'requesting':
    case 'connecting':
    case 'verifying':
    case 'reconnecting':
    case 'degraded':
      return undefined;
    default:
      return assertNever(tunnel.state);
  }
}

/** The message for a tunnel that just came online, given the URL a person was last told, if any; undefined when it is that one. */
export function urlNotice(view: View, toldUrl: string | undefined): Message | undefined {
  const url = workingUrl(view);
  if (!url || url === toldUrl) return undefined;
  const changed = toldUrl !== undefined || view.state?.tunnel.replacedUrl !== undefined;
  return changed ? urlChanged(url, view.state?.cursorWrite?.able === true) : firstUrl(url);
}

const urlChanged = (url: string, canWrite: boolean): Message => ({
  severity: 'warning',
  text: t`The public URL CHANGED. Cursor still has the old one and will not reach the router until you paste the new one: ${url}`,
  // The key stays the same, so nothing is pasted at all.
  actions: ['Copy New URL', ...(canWrite ? (['Do It for Me: Restart Cursor'] as const) : []), 'Open Cursor Settings'],
});
const firstUrl = (url: string): Message => ({
  severity: 'info',
  text: t`The router is online at ${url}. Paste this URL and the API key into Cursor's model settings.`,
  actions: ['Connect Cursor…', 'Copy Base URL', 'Copy API Key'],
});

/** Cursor has switched its key off, or somebody else has: told once, unless that is what was asked for. */
export function switchedOffNotice({ state, ownModels }: View): Message | undefined {
  const line = state?.cursorApp?.told.find(({ kind }) => kind === 'switchedOff');
  if (!line || ownModels) return undefined;
  return { severity: 'warning', text: here(line).text, actions: ['Switch On in Cursor', "Use Cursor's Own Models"] };
}

/** What became of writing Cursor's settings: told in the window that comes after. */
export function cursorJobNotice({ state }: View): Message | undefined {
  const job = state?.cursorWrite?.job;
  if (!job || job.phase === 'waiting') return undefined;
  return {
    severity: job.phase === 'done' ? 'info' : 'warning',
    text: here(job).text,
    actions: ['Connect Cursor…', 'Show Log'],
  };
}

/** A wrong setting: a running router keeps what it has, one that has just been started has nothing and waits. */
export function settingProblem(view: View, { path, says, message }: Problem, others: number): string {
  const why = inWords(says ?? message);
  const sentence = /[.!?]$/.test(why) ? why : `${why}.`;
  const rest = others === 1 ? t`There is 1 more, see the log.` : t`There are ${others} more, see the log.`;
  const more = others > 0 ? ` ${rest}` : '';
  return phaseOf(view) === 'running'
    ? t`Setting llmRouter.${path}: ${sentence}${more} The router keeps the last good settings.`
    : t`Setting llmRouter.${path}: ${sentence}${more} The router does not start by itself until this is corrected.`;
}
