/** Start, stop and restart the router. */

import { ProgressLocation, window } from 'vscode';
import { tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation } from '../say';
import { baseUrlAnswer } from '../stateMessages';
import { phaseOf, workingUrl } from '../view';
import { t } from '../words';

export function lifecycleCommands(editor: Editor): Pick<Handlers, 'startRouter' | 'stopRouter' | 'restartRouter'> {
  const withProgress = <T>(title: string, work: () => Promise<T>): Thenable<T> =>
    window.withProgress({ location: ProgressLocation.Window, title }, work);
  const sayWhere = (what: string): void => {
    const url = workingUrl(editor.view);
    if (url) return void sayInformation(t`${what} at ${url}.`);
    // A loopback address would be of no use to Cursor.
    const { text, actions } = baseUrlAnswer(editor.view).message;
    void tell(editor, { severity: 'info', text: `${what}. ${text}`, actions });
  };
  return {
    async startRouter() {
      if (phaseOf(editor.view) === 'running') return sayWhere(t`The router is running already`);
      await withProgress(t`Starting LLM Router`, () => editor.start());
      sayWhere(t`The router is running`);
    },
    async stopRouter() {
      const phase = phaseOf(editor.view);
      // While answers run out, a second Stop ends them.
      const draining = editor.view.state?.phase === 'draining';
      if ((phase === 'stopped' && !draining) || phase === 'failed')
        return void tell(editor, {
          severity: 'info',
          text: phase === 'failed' ? t`The router is not running.` : t`The router is stopped already.`,
          actions: ['Start Router'],
        });
      await withProgress(t`Stopping LLM Router`, () => editor.stop());
      void tell(editor, {
        severity: 'info',
        text: t`The router is stopped in all windows and stays so until you start it.`,
        actions: ['Start Router'],
      });
    },
    async restartRouter() {
      await withProgress(t`Restarting LLM Router`, () => editor.restart());
      sayWhere(t`The router is running again`);
    },
  };
}
