/** Which name of a model goes into Cursor. */

import { type QuickPickItem, window } from 'vscode';
import type { Editor } from '../controller';
import { modelPicks } from '../modelNames';
import { configuredModels } from '../settings';
import { t } from '../words';

export async function pickModelName(editor: Editor, title: string): Promise<string | undefined> {
  const configured = configuredModels();
  // Without a backend the built-in model answers; it is listed nowhere else.
  const items = editor.router
    .models()
    .then((models) => modelPicks(models.length > 0 ? models : ['demo/echo'], configured).map(toItem));
  const picked = await window.showQuickPick(items, {
    title,
    placeHolder: t`Add this name in Cursor under Settings, Models`,
    ignoreFocusOut: true,
  });
  return picked?.label;
}

const toItem = (pick: { name: string; warning?: string }): QuickPickItem =>
  pick.warning ? { label: pick.name, detail: pick.warning } : { label: pick.name };
