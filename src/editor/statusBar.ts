/** The one status bar item. What it says is made in statusText.ts. */
import { type Disposable, MarkdownString, StatusBarAlignment, ThemeColor, window, workspace } from 'vscode';
import type { Editor } from './controller';
import { COMMANDS, SECTION, STATUS_ITEM } from './ids';
import { OPEN_SETTINGS } from './mending';
import { statusBarShows } from './settings';
import { statusText } from './statusText';

export function createStatusBar(editor: Editor): Disposable {
  const item = window.createStatusBarItem(STATUS_ITEM, StatusBarAlignment.Left, 50);
  item.name = 'LLM Router';
  const enabledCommands = [...Object.values(COMMANDS), OPEN_SETTINGS];
  let shown = '';
  const show = (): void => {
    const status = statusText(editor.view, statusBarShows());
    // Setting a tooltip closes the one that is open: only real changes.
    const key = JSON.stringify(status);
    if (key === shown) return;
    shown = key;
    item.text = status.text;
    item.command = status.click ?? COMMANDS.copyBaseUrl;
    const tooltip = new MarkdownString(status.tooltip, true);
    tooltip.isTrusted = { enabledCommands };
    item.tooltip = tooltip;
    item.backgroundColor = status.severity && new ThemeColor(`statusBarItem.${status.severity}Background`);
    item.accessibilityInformation = { label: status.label, role: 'button' };
  };
  show();
  item.show();
  const subscription = editor.onDidChangeView(show);
  const wish = workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(`${SECTION}.statusBar`)) show();
  });
  return {
    dispose: () => {
      subscription.dispose();
      wish.dispose();
      item.dispose();
    },
  };
}
