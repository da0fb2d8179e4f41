/** Wires the editor side together, nothing else. All work happens in the router process. */
import { type ExtensionContext, window } from 'vscode';
import { registerCommands } from './editor/commands/register';
import { createConsent } from './editor/consent';
import { createEditor } from './editor/controller';
import { createCursorSwitch } from './editor/cursorSwitch';
import { logRouter } from './editor/logRouter';
import { createNotifier } from './editor/notifier';
import { offerChat } from './editor/offerChat';
import { sayError } from './editor/say';
import { createStatusBar } from './editor/statusBar';
import { createRequestsView } from './editor/views/requestsView';
import { createWalkthrough } from './editor/views/walkthrough';
import { reasonOf, t } from './editor/words';
import { VERSION } from './version';

export function activate(context: ExtensionContext): void {
  const started = performance.now();
  const log = window.createOutputChannel('LLM Router', { log: true });
  try {
    const editor = createEditor(context, log);
    context.subscriptions.push(
      ...registerCommands(editor),
      createStatusBar(editor),
      createNotifier(editor),
      createRequestsView(editor),
      createWalkthrough(editor),
      createConsent(editor),
      createCursorSwitch(editor),
      logRouter(editor),
      offerChat(editor),
      // What listens goes first, what it listens to and writes to goes last.
      editor,
      log,
    );
    // Behind the activation: reading secrets and talking to the router take their time.
    void editor.push();
  } catch (error) {
    // The editor itself shows nothing.
    void sayError(t`LLM Router cannot start: ${reasonOf(error)}`);
    throw error;
  }
  log.info(`LLM Router ${VERSION} activated in ${Math.round(performance.now() - started)} ms`);
}

/** The lease ends with the connection (context.subscriptions); the router lingers for a reload and ends by itself. */
export function deactivate(): void {}
