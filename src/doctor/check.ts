/** One thing to look at, and how all of them are run: at once where they can be, each within its time, told in order. */
import { setMaxListeners } from 'node:events';
import type { DoctorAction, DoctorHop } from '../process/contract';
import { type Says, spoken, type Words } from '../said';
import { say } from './sentences';

export interface Finding {
  state: DoctorHop['state'];
  why: string;
  fix?: string;
  action?: DoctorAction;
  says?: Says<'why' | 'fix'>;
}

export interface Check {
  id: string;
  title: Words;
  /** Milliseconds from the start of the Doctor, waiting for other checks included. */
  limitMs: number;
  /** Rejections become a failed hop; `signal` ends what still runs. */
  look(signal: AbortSignal): Promise<Finding>;
}

export const ok = (why: Words, action?: DoctorAction): Finding => finding('ok', why, undefined, action);
export const skipped = (why: Words, fix?: Words): Finding => finding('skipped', why, fix || undefined);
export const warning = (why: Words, fix: Words, action?: DoctorAction): Finding => finding('warning', why, fix, action);
export const failed = (why: Words, fix: Words, action?: DoctorAction): Finding => finding('failed', why, fix, action);

function finding(state: DoctorHop['state'], why: Words, fix?: Words, action?: DoctorAction): Finding {
  return { state, ...spoken({ why, ...(fix !== undefined && { fix }) }), ...(action && { action }) };
}

/** Starts every check and tells each result once those before it are told. Resolves early when `signal` aborts. */
export async function runChecks(
  checks: readonly Check[],
  tell: (hop: DoctorHop) => void,
  signal: AbortSignal,
  now: () => number,
): Promise<void> {
  // Every check listens; that many are no leak.
  setMaxListeners(0, signal);
  const running = checks.map((check) => perform(check, signal, now));
  for (const result of running) {
    const hop = await result;
    if (!hop) return;
    tell(hop);
  }
}

/** Undefined when the person ended it. */
function perform(check: Check, signal: AbortSignal, now: () => number): Promise<DoctorHop | undefined> {
  const { id, title, limitMs } = check;
  const begun = now();
  const hop = (found: Finding): DoctorHop => {
    const named = spoken({ title });
    return {
      id,
      ...found,
      ...named,
      says: { ...named.says, ...found.says },
      ms: Math.round(now() - begun),
    };
  };
  const abort = new AbortController();
  return new Promise((resolve) => {
    const end = (value: DoctorHop | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      abort.abort();
      resolve(value);
    };
    const cancel = (): void => end(undefined);
    const timer = setTimeout(() => {
      const seconds = Math.round(limitMs / 1000);
      end(hop(failed(say.timedOut(seconds), say.timedOutFix)));
    }, limitMs);
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel);
    Promise.resolve()
      .then(() => check.look(abort.signal))
      .then(
        (finding) => end(hop(finding)),
        (error: Error) => end(hop(failed(say.notLooked(error.message), say.notLookedFix, SHOW_LOG))),
      );
  });
}

/** Buttons that several checks offer. Commands of the extension; a terminal shows the `fix` only. */
const command = (title: string, name: string, argument?: string): DoctorAction => ({
  title,
  command: `llmRouter.${name}`,
  ...(argument !== undefined && { argument }),
});
export const SHOW_LOG = command('Show Log', 'showLog');
export const RESTART = command('Restart Router', 'restartRouter');
export const START = command('Start Router', 'startRouter');
export const ADD_BACKEND = command('Add Backend…', 'addBackend');
export const MANAGE_BACKENDS = command('Manage Backends…', 'manageBackends');
export const SET_UP_TUNNEL = command('Set Up Tunnel…', 'setUpTunnel');
export const TUNNEL_SECRET = command('Set Tunnel Secret…', 'setTunnelSecret');
export const INSTALL = command('Install cloudflared', 'installCloudflared');
export const NEW_URL = command('New Tunnel URL', 'newTunnelUrl');
export const FORGET_LEARNED = command('Forget What Was Learned', 'forgetLearned');
export const COPY_URL = command('Copy Base URL', 'copyBaseUrl');
export const COPY_KEY = command('Copy API Key', 'copyApiKey');
export const CURSOR_SETTINGS = command('Open Cursor Model Settings', 'openCursorModelSettings');
/** @param name backend whose key is asked for */
export const setKey = (name: string): DoctorAction => command('Set Backend Key…', 'setBackendKey', name);
export const RELOAD: DoctorAction = { title: 'Reload Window', command: 'workbench.action.reloadWindow' };
/** @param path of a setting, as a problem tells it */
export const openSetting = (path: string): DoctorAction => ({
  title: 'Open Setting',
  command: 'workbench.action.openSettings',
  argument: path,
});
