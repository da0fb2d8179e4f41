/** The tunnel's program: downloaded with consent, or a file that a person chooses. */

import { CancellationError, ProgressLocation, window } from 'vscode';
import type { InstallProgress } from '../../tunnel/tunnel';
import { tell } from '../actions';
import type { Editor } from '../controller';
import { sayInformation } from '../say';
import { writeSetting } from '../settings';
import { phaseOf } from '../view';
import { inWords, reasonOf, t } from '../words';

/** A file chosen by a person becomes the tunnel's program; false: none was chosen. */
export async function chooseBinary(): Promise<boolean> {
  const files = await window.showOpenDialog({
    title: t`Choose the cloudflared program`,
    openLabel: t`Use This Program`,
  });
  const [file] = files ?? [];
  if (!file) return false;
  await writeSetting('tunnel.binary', file.fsPath);
  await writeSetting('tunnel.provider', undefined);
  return true;
}

/** Downloads cloudflared with visible progress; Cancel ends the download, leaves nothing behind and is told apart from a failure. */
export async function install(editor: Editor): Promise<'installed' | 'failed' | 'cancelled'> {
  const controller = new AbortController();
  try {
    await window.withProgress(
      { location: ProgressLocation.Notification, title: t`Installing cloudflared`, cancellable: true },
      async (progress, token) => {
        token.onCancellationRequested(() => controller.abort());
        let done = 0;
        const told = ({ message, says, fraction }: InstallProgress): void => {
          const percent = fraction === undefined ? done : Math.floor(fraction * 100);
          progress.report({ message: inWords(says ?? message), increment: Math.max(0, percent - done) });
          done = Math.max(done, percent);
        };
        const { path } = await editor.router.installCloudflared(undefined, told, controller.signal);
        editor.log.info(`cloudflared is installed: ${path}`);
      },
    );
  } catch (error) {
    if (controller.signal.aborted || error instanceof CancellationError) {
      void sayInformation(t`The download was cancelled. The router works on this machine only.`);
      return 'cancelled';
    }
    const text = t`cloudflared was not installed: ${reasonOf(error)}`;
    void tell(editor, { severity: 'error', text, actions: ['Set Up Tunnel…', 'Show Log'] });
    return 'failed';
  }
  if (phaseOf(editor.view) === 'running') await editor.router.start();
  return 'installed';
}
