/** Bodies of requests and answers in a file, for debugging: asked for each time, shown while on, off again when the router ends. */

import { isRunning, offerFile } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayWarning } from '../say';
import { t } from '../words';

export function bodyLoggingCommands(editor: Editor): Pick<Handlers, 'logBodies'> {
  return {
    async logBodies() {
      if (!isRunning(editor, t`The router is not running, so there is nothing to log.`)) return;
      const file = editor.view.state?.bodyLog?.file;
      if (file !== undefined) {
        await editor.router.logBodies({ on: false });
        return void offerFile(t`Bodies are no longer logged. Delete the file when you are done.`, file);
      }
      const confirm = 'Log Bodies';
      const detail = t`Prompts, files that Cursor sends along and answers are written to a file on this machine, until you switch it off or the router ends. Known keys are hidden; other secrets in your code are not.`;
      const chosen = await sayWarning(t`Log the bodies of all requests and answers?`, { modal: true, detail }, confirm);
      if (chosen !== confirm) return;
      const { bodyLog } = await editor.router.logBodies({ on: true });
      if (bodyLog)
        void offerFile(t`Bodies are logged to ${bodyLog.file}. Run the command again to stop.`, bodyLog.file);
    },
  };
}
