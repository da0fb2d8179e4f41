/** Whether cloudflared may be downloaded is asked at each start until it is answered (elsewhere than in Cursor once); nothing is downloaded unasked. */

import { type Disposable, env, window } from 'vscode';
import { downloadHelps } from '../tunnel/tunnel';
import { chooseBinary, install } from './commands/install';
import type { Editor } from './controller';
import { sayError, sayInformation } from './say';
import { writeSetting } from './settings';
import { phaseOf } from './view';
import { reasonOf, t } from './words';

/** Memento: what was answered. `later…` is a message closed without an answer, in that session of Cursor. */
const CHOICE = 'cloudflaredChoice';
type Choice = 'download' | 'local' | 'binary' | `later${string}`;

const later = (): Choice => `later${env.uriScheme === 'cursor' ? ` ${env.sessionId}` : ''}`;

const DOWNLOAD = 'Download and Start';
const LOCAL = 'Local Only';
const BINARY = 'Choose Binary…';

export function createConsent(editor: Editor): Disposable {
  let busy = false;
  const look = async (): Promise<void> => {
    const view = editor.view;
    if (busy || phaseOf(view) !== 'running' || !view.state || !window.state.focused) return;
    if (!downloadHelps(view.state.tunnel)) return;
    const choice = editor.context.globalState.get<Choice>(CHOICE);
    if (choice !== undefined && choice !== 'download' && (!choice.startsWith('later') || choice === later())) return;
    busy = true;
    // Once a window: a download that failed says so itself and is not tried in a loop.
    if (choice === 'download') await download(editor);
    else await ask(editor);
  };
  const looked = (): void => void look().catch((error: unknown) => sayError(reasonOf(error)));
  const subscriptions = [editor.onDidChangeView(looked), window.onDidChangeWindowState(looked)];
  return { dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()) };
}

const remember = (editor: Editor, choice: Choice): Thenable<void> => editor.context.globalState.update(CHOICE, choice);

async function download(editor: Editor): Promise<void> {
  await remember(editor, 'download');
  // Cancelled is no consent for the next start.
  if ((await install(editor)) === 'cancelled') await remember(editor, later());
}

async function ask(editor: Editor): Promise<void> {
  // Other windows must not ask the same while this message is open.
  await remember(editor, later());
  const text = t`Cursor's servers reach the router through a tunnel. Its program cloudflared (about 40 MB, from Cloudflare's releases, checked before use) is not on this machine.`;
  switch (await sayInformation(text, DOWNLOAD, LOCAL, BINARY)) {
    case DOWNLOAD:
      return await download(editor);
    case LOCAL:
      await writeSetting('tunnel.provider', 'none');
      return await remember(editor, 'local');
    case BINARY:
      if (await chooseBinary()) await remember(editor, 'binary');
  }
}
