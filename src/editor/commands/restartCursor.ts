/** "Do it for me: restart Cursor": asked each time; the router waits for Cursor's end, writes, and starts it again. */

import { commands, window } from 'vscode';
import type { CursorWrite } from '../../process/contract';
import type { Editor } from '../controller';
import { modelPicks } from '../modelNames';
import { sayWarning } from '../say';
import { configuredModels } from '../settings';
import { workingUrl } from '../view';
import { t } from '../words';

const QUIT = 'workbench.action.quit';
const EXPERIMENTAL = t`This is experimental: it was tested on made files, not on a live Cursor.`;
const UNDONE = t`The router waits until Cursor is closed, puts back what it replaced, and starts Cursor again.`;

export async function restartCursor(editor: Editor, undo: boolean): Promise<void> {
  const write = undo ? ({ undo: true } as const) : await whatToWrite(editor);
  if (!write || !(await agreed(editor, write))) return;
  await editor.router.writeCursor(write);
  // Cursor may ask about unsaved files; when it stays open the router gives up by itself.
  await commands.executeCommand(QUIT);
}

/** Names to add; an empty choice is one, too. */
async function whatToWrite(editor: Editor): Promise<CursorWrite | undefined> {
  const configured = configuredModels();
  const picks = modelPicks(await editor.router.models(), configured).filter(({ warning }) => !warning);
  const items = picks.map(({ name }) => ({ label: name, picked: configured.includes(name) }));
  const chosen = await window.showQuickPick(items, {
    title: t`Names to add to Cursor's list of models`,
    placeHolder: t`Choose any number`,
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return chosen && { models: chosen.map(({ label }) => label) };
}

async function agreed({ view, context }: Editor, write: CursorWrite): Promise<boolean> {
  const restart = 'Restart Cursor';
  const what =
    'undo' in write ? UNDONE : written(write.models, workingUrl(view) ?? '', context.globalStorageUri.fsPath);
  const chosen = await sayWarning(t`Restart Cursor now?`, { modal: true, detail: `${what} ${EXPERIMENTAL}` }, restart);
  return chosen === restart;
}

function written(models: readonly string[], url: string, dataDir: string): string {
  const names = models.length > 0 ? t`, the models ${models.join(', ')}` : '';
  const command = `\`router.js cursor disconnect --data-dir "${dataDir}"\``;
  return t`The router waits until Cursor is closed, 5 minutes at most, and writes into its settings: the base URL ${url}, the OpenAI key switched on${names}. Never a key. Then it starts Cursor again. What stood there before is kept and can be put back in Connect Cursor… (Put It Back), or with ${command}.`;
}
