/** Tells a person what changed by itself: the URL, a tunnel in trouble, a crash, a problem in the settings. Each once. */

import { type Disposable, window } from 'vscode';
import type { Problem } from '../settings/problem';
import { tell } from './actions';
import type { Editor } from './controller';
import { sayError } from './say';
import { keepsKeyOn, openSetting } from './settings';
import {
  cursorJobNotice,
  failureOf,
  keyMessage,
  type Message,
  settingProblem,
  switchedOffNotice,
  tunnelTrouble,
  urlNotice,
} from './stateMessages';
import { phaseOf, workingUrl } from './view';
import { inWords } from './words';

/** The URL that a person was told and may have pasted; shared by all windows and kept over restarts. */
const TOLD_URL = 'toldUrl';

export function createNotifier(editor: Editor): Disposable {
  const { globalState } = editor.context;
  /** What each kind of message last said in this window. */
  const said = new Map<string, string>();
  const once = (kind: string, text: string | undefined): boolean => {
    if (text === undefined) said.delete(kind);
    else if (said.get(kind) !== text) return !!said.set(kind, text);
    return false;
  };
  const tellOnce = (kind: string, message: Message | undefined): void => {
    if (once(kind, message?.text) && message) void tell(editor, message);
  };

  function look(): void {
    const view = editor.view;
    tellOnce('failure', phaseOf(view) === 'failed' ? failureOf(view) : undefined);
    tellOnce('keys', keyMessage(view));
    // Several windows see the same state: only the one in front speaks.
    if (!window.state.focused) return;
    const url = workingUrl(view);
    if (url) {
      const message = urlNotice(view, globalState.get<string>(TOLD_URL));
      if (message) {
        void globalState.update(TOLD_URL, url);
        void tell(editor, message);
      }
    }
    const running = phaseOf(view) === 'running' ? view.state : undefined;
    // A retry passes through other states; the same trouble again is no news until the tunnel worked in between.
    const trouble = running && tunnelTrouble(running.tunnel);
    if (trouble || url || !running) tellOnce('tunnel', trouble);
    tellOnce('cursorJob', running && cursorJobNotice(view));
    // Where it is kept on, the keeper asks.
    tellOnce('switch', running && !keepsKeyOn() ? switchedOffNotice(view) : undefined);
    const action = running?.noticeAbout === 'clientKeys' ? 'Manage Client Keys…' : 'Show Log';
    const notice = running && (running.noticeSays ?? running.notice);
    tellOnce('notice', notice ? { severity: 'info', text: inWords(notice), actions: [action] } : undefined);
    const errors = view.state?.problems.filter((problem) => problem.severity === 'error') ?? [];
    if (once('problems', errors.length > 0 ? JSON.stringify(errors) : undefined)) void showProblems(editor, errors);
  }

  const subscriptions = [editor.onDidChangeView(look), window.onDidChangeWindowState(look)];
  return { dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()) };
}

/** A setting that is not in force: named, with a button that opens it. */
async function showProblems(editor: Editor, errors: Problem[]): Promise<void> {
  const [first] = errors;
  if (!first) return;
  for (const error of errors) editor.log.warn(`Setting ${error.path}: ${error.message}`);
  const text = settingProblem(editor.view, first, errors.length - 1);
  const chosen = await sayError(text, 'Open Setting', 'Show Log');
  if (chosen === 'Open Setting') await openSetting(first.path);
  else if (chosen) editor.log.show();
}
