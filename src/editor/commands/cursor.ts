/** Cursor's own settings while it runs: they can be opened and the key switched, nothing else. */
import { commands } from 'vscode';
import type { Editor } from '../controller';
import { switchKey } from '../cursorSwitch';
import { EXTENSION_ID, type Handlers } from '../ids';

/** Cursor's command for its settings page (docs/rules.md M12). */
const CURSOR_SETTINGS = 'aiSettings.action.open';

export function cursorCommands(
  editor: Editor,
): Pick<Handlers, 'openCursorModelSettings' | 'useLlmRouter' | 'useOwnModels'> {
  return {
    async openCursorModelSettings() {
      if (!(await openCursorModels()))
        await commands.executeCommand('workbench.action.openSettings', `@ext:${EXTENSION_ID}`);
    },
    useLlmRouter: () => switchKey(editor, true),
    useOwnModels: () => switchKey(editor, false),
  };
}

/** Cursor's page Models; false: this editor is not Cursor. */
export async function openCursorModels(): Promise<boolean> {
  if (!(await commands.getCommands(true)).includes(CURSOR_SETTINGS)) return false;
  await commands.executeCommand(CURSOR_SETTINGS, 'models');
  return true;
}
