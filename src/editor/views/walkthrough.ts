/** The walkthrough: opened once after the install, ticked by what really happened, never opened again uninvited. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commands, type Disposable, window, workspace } from 'vscode';
import type { Editor } from '../controller';
import { contextDid, EXTENSION_ID } from '../ids';
import { STEPS, type Step, stepsOfRequest, stepsOfView } from './steps';

export async function openWalkthrough(): Promise<void> {
  await commands.executeCommand('workbench.action.openWalkthrough', `${EXTENSION_ID}#start`, false);
}

export function createWalkthrough(editor: Editor): Disposable {
  const done = new Set<Step>();
  let looked = false;
  const tick = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (done.has(step)) continue;
      done.add(step);
      void commands.executeCommand('setContext', contextDid(step), true);
    }
  };
  /** What happened while no window was open. */
  const lookBack = async (): Promise<void> => {
    if (looked || editor.view.link !== 'connected') return;
    looked = true;
    for (const record of await editor.router.recentRequests({ limit: 500 })) tick(stepsOfRequest(record));
  };
  const look = (): void => {
    void openOnce();
    if (done.size === STEPS.length) return;
    tick(stepsOfView(editor.view));
    lookBack().catch((error: Error) => editor.log.debug(`The newest requests are not known: ${error.message}`));
  };

  let opening = false;
  /** Only in the window in front, and not where a person does not want walkthroughs by themselves. */
  async function openOnce(): Promise<void> {
    if (opening || !window.state.focused) return;
    opening = true;
    if (!workspace.getConfiguration('workbench.welcomePage.walkthroughs').get('openOnInstall', true)) return;
    if (await isFirst(editor.context.globalStorageUri.fsPath)) await openWalkthrough();
  }

  const removeRequest = editor.router.onRequest((record) => tick(stepsOfRequest(record)));
  const subscriptions = [
    editor.onDidChangeView(look),
    window.onDidChangeWindowState(() => void openOnce()),
    { dispose: removeRequest },
  ];
  look();
  return { dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()) };
}

/** True for exactly one caller ever. A file, because a memento is each window's own copy and all windows start at once after an install. */
async function isFirst(dataDir: string): Promise<boolean> {
  try {
    await mkdir(dataDir, { recursive: true });
    await writeFile(path.join(dataDir, 'walkthrough-opened'), '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
