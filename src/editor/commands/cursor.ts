/** Cursor's own settings: they can be opened, not written (its URL and key live in Cursor's internal storage). */
import { commands } from 'vscode';
import { EXTENSION_ID, type Handlers } from '../ids';

/** Cursor's command for its settings page (docs/rules.md M12). */
const CURSOR_SETTINGS = 'aiSettings.action.open';

export function cursorCommands(): Pick<Handlers, 'openCursorModelSettings'> {
  return {
    async openCursorModelSettings() {
      const known = await commands.getCommands(true);
      if (known.includes(CURSOR_SETTINGS)) await commands.executeCommand(CURSOR_SETTINGS, 'models');
      else await commands.executeCommand('workbench.action.openSettings', `@ext:${EXTENSION_ID}`);
    },
  };
}
