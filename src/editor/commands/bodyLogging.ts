/** Bodies of requests and answers in a file, for debugging: asked for each time, shown while on, off again when the router ends. */

import { commands, Uri } from 'vscode';
import { tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation, sayWarning } from '../say';
import { phaseOf } from '../view';
import { t } from '../words';

const OPEN = 'Open File';

export function bodyLoggingCommands(editor: Editor): Pick<Handlers, 'logBodies'> {
  return {
    async logBodies() {
      const { state } = editor.view;
      if (!state || phaseOf(editor.view) !== 'running') {
        const text = t`The router is not running, so there is nothing to log.`;
        return void tell(editor, { severity: 'info', text, actions: ['Start Router'] });
      }
      if (state.bodyLog) {
        await editor.router.logBodies({ on: false });
        return void offer('Bodies are no longer logged. Delete the file when you are done.', state.bodyLog.file);
      }
      const confirm = 'Log Bodies';
      const detail = t`Prompts, files that Cursor sends along and answers are written to a file on this machine, until you switch it off or the router ends. Known keys are hidden; other secrets in your code are not.`;
      const chosen = await sayWarning(t`Log the bodies of all requests and answers?`, { modal: true, detail }, confirm);
      if (chosen !== confirm) return;
      const { bodyLog } = await editor.router.logBodies({ on: true });
      if (bodyLog) void offer(`Bodies are logged to ${bodyLog.file}. Run the command again to stop.`, bodyLog.file);
    },
  };
}

async function offer(text: string, file: string): Promise<void> {
  if ((await sayInformation(text, OPEN)) === OPEN) await commands.executeCommand('vscode.open', Uri.file(file));
}
