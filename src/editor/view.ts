/** What a window knows about the router at one moment: everything that status bar, tooltip and messages are made of. */
import type { RouterState } from '../process/contract';
import type { Words } from '../said';
import type { Known } from '../troubles/table';

export interface View {
  /** off: not started in this editor; failed: could not be started or reached. */
  link: 'off' | 'connecting' | 'connected' | 'failed';
  /** Why it failed, or what this window should know; a sentence. */
  message?: Words;
  /** The editor's secret storage does not work: what that means, a sentence. */
  keyTrouble?: Words;
  /** It works, but the key that Cursor has is gone from it. */
  keyLost?: boolean;
  /** The router process ended unexpectedly and came back: when, milliseconds since the epoch. */
  cameBackAt?: number;
  /** Last state the router told; present while connected. */
  state?: RouterState;
  /** The switch of Cursor's key is off because a person chose Cursor's own models. */
  ownModels?: boolean;
  /** Beginning and end of the key for Cursor. */
  keyHint?: string;
  /** Names a person gave to models in the settings. */
  models: readonly string[];
}

/** One word for where the router stands. */
export type Phase = 'stopped' | 'starting' | 'running' | 'failed';

export function phaseOf(view: View): Phase {
  if (view.link === 'failed') return 'failed';
  if (view.link === 'connecting') return 'starting';
  if (view.link === 'off' || !view.state) return 'stopped';
  const { phase, notice } = view.state;
  if (phase === 'starting' || phase === 'running') return phase;
  // A person's Stop leaves no word behind: this one says why the last start failed.
  return phase === 'stopped' && notice !== undefined ? 'failed' : 'stopped';
}

/** Why the router is not running, a sentence; empty where nobody knows. */
export const whyFailed = ({ message, state }: View): Words => message ?? state?.noticeSays ?? state?.notice ?? '';

/** What of it can be trouble. */
export function knownOf(view: View): Known {
  const phase = phaseOf(view);
  return {
    ...(phase === 'failed' && { failed: whyFailed(view) }),
    ...(view.keyTrouble && { keys: { why: view.keyTrouble, lost: view.keyLost === true } }),
    ...(phase !== 'running' && { settings: view.state?.problems }),
    ...(phase === 'running' && { router: view.ownModels ? withoutSwitch(view.state) : view.state }),
  };
}

/** What a person chose is no trouble. */
function withoutSwitch(state: RouterState | undefined): RouterState | undefined {
  if (!state?.cursorApp) return state;
  const told = state.cursorApp.told.filter(({ kind }) => kind !== 'switchedOff');
  return { ...state, cursorApp: { ...state.cursorApp, told } };
}

/** The URL to paste into Cursor, only when the tunnel says that it works. */
export function workingUrl(view: View): string | undefined {
  return phaseOf(view) === 'running' && view.state?.tunnel.state === 'online' ? view.state.publicUrl : undefined;
}

/** The same URL while the tunnel is down for a moment and will come back under the same name. */
export function returningUrl(view: View): string | undefined {
  const tunnel = view.state?.tunnel;
  if (!tunnel?.publicUrl || !['reconnecting', 'degraded', 'verifying', 'connecting'].includes(tunnel.state))
    return undefined;
  return `${tunnel.publicUrl.replace(/\/+$/, '')}/v1`;
}

/** `sk-…1a2b`: enough to tell two keys apart, nothing to use. */
export function keyHint(key: string): string {
  return key.length < 12 ? '…' : `${key.startsWith('sk-') ? 'sk-' : ''}…${key.slice(-4)}`;
}
