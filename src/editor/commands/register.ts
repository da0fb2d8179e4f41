/** Every command is registered at once and answers in every state; what goes wrong becomes a sentence. */
import { commands, type Disposable } from 'vscode';
import { tell } from '../actions';
import type { Editor } from '../controller';
import { COMMANDS, CONTEXT_RUNNING, type CommandName, type Handlers } from '../ids';
import { phaseOf } from '../view';
import { addBackendCommands } from './addBackend';
import { copyCommands } from './copy';
import { cursorCommands } from './cursor';
import { keyCommands } from './keys';
import { lifecycleCommands } from './lifecycle';
import { logCommands } from './log';
import { manageBackendCommands } from './manageBackends';
import { tunnelCommands } from './tunnel';

export function registerCommands(editor: Editor): Disposable[] {
  const adding = addBackendCommands(editor);
  const handlers: Handlers = {
    ...lifecycleCommands(editor),
    ...copyCommands(editor),
    ...keyCommands(editor),
    ...adding,
    ...manageBackendCommands(editor, adding.addBackend),
    ...tunnelCommands(editor),
    ...cursorCommands(),
    ...logCommands(editor),
  };
  const names = Object.keys(COMMANDS) as CommandName[];
  return [
    ...names.map((name) => commands.registerCommand(COMMANDS[name], () => answered(editor, handlers[name]))),
    keepContext(editor),
  ];
}

async function answered(editor: Editor, handler: () => Promise<void>): Promise<void> {
  try {
    await handler();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    editor.log.error(error instanceof Error ? error : text);
    void tell(editor, { severity: 'error', text, actions: ['Show Log'] });
  }
}

/** `when` clauses show Start or Stop; set only on real changes. */
function keepContext(editor: Editor): Disposable {
  let known: boolean | undefined;
  const set = (): void => {
    const running = phaseOf(editor.view) === 'running';
    if (running === known) return;
    known = running;
    void commands.executeCommand('setContext', CONTEXT_RUNNING, running);
  };
  set();
  return editor.onDidChangeView(set);
}
