/** Cursor's own settings while it runs: they can be opened and the key switched, nothing else. */
import { commands } from 'vscode';
import type { Editor } from '../controller';
import { runOfCursor, switchKey } from '../cursorSwitch';
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
export const openCursorModels = (): Promise<boolean> => runOfCursor(CURSOR_SETTINGS, 'models');
