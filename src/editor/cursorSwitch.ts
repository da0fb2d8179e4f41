/** The switch of Cursor's OpenAI key: Use LLM Router, Use Cursor's Own Models, and keeping it on where that is wanted. */

import { commands, type Disposable } from 'vscode';
import { createKeyKeeper, switchPlan } from './connect/keepKeyOn';
import type { Editor } from './controller';
import { sayInformation, sayWarning } from './say';
import { keepsKeyOn } from './settings';
import { reasonOf, t } from './words';

/** Flips `useOpenAIKey` in a running Cursor (docs/rules.md M11). */
const TOGGLE = 'aiSettings.usingOpenAIKey.toggle';

const hasCommand = async (command: string): Promise<boolean> => (await commands.getCommands(true)).includes(command);

/** One of Cursor's own commands; false: this editor has none of that name. */
export async function runOfCursor(command: string, ...args: unknown[]): Promise<boolean> {
  if (!(await hasCommand(command))) return false;
  await commands.executeCommand(command, ...args);
  return true;
}

const KEEP = 'Keep Off';
const ON = 'Switch On';

export function createCursorSwitch(editor: Editor): Disposable {
  const keeper = createKeyKeeper({
    now: Date.now,
    acts: () => keepsKeyOn() && editor.view.state?.leads === true,
    reading: () => editor.view.state?.cursorApp,
    store: editor.cursorSwitch,
    toggle: () => runOfCursor(TOGGLE),
    async ask() {
      const chosen = await sayWarning(t`Cursor's OpenAI key was switched off. Was it you?`, KEEP, ON);
      return chosen === ON ? 'switchOn' : chosen === KEEP ? 'keepOff' : undefined;
    },
    log: (level, line) => editor.log[level](line),
  });
  const look = (): void => void keeper.look().catch((error: Error) => editor.log.warn(error.message));
  return editor.onDidChangeView(look);
}

/** A person's own wish; `to` on: this router, off: Cursor's own models. */
export async function switchKey(editor: Editor, to: boolean): Promise<void> {
  const { cursorSwitch: store, view } = editor;
  const seen = view.state?.cursorApp?.switchedOn;
  const plan = switchPlan(to, seen, store, Date.now());
  const wish = { ownModels: !to, keptOff: undefined };
  const is = to ? t`on: this router answers` : t`off: Cursor's own models answer`;
  if (plan === 'already' || plan === 'justDone') {
    store.change(wish);
    return void sayInformation(t`Cursor's OpenAI key is ${is}.`);
  }
  if (!(await hasCommand(TOGGLE)))
    return void sayWarning(
      t`This editor has no such switch. In Cursor it is under Settings, Models, or Cmd/Ctrl+Shift+0.`,
    );
  const flipIt = async (): Promise<void> => {
    const { ownModels, keptOff, pending } = store.read();
    // Before the flip: what sees it must know whose it was.
    store.change({ ...wish, pending: { to, at: Date.now() } });
    try {
      await commands.executeCommand(TOGGLE);
    } catch (error) {
      store.change({ ownModels, keptOff, pending });
      throw error;
    }
    void sayInformation(t`Cursor's OpenAI key is ${is}.`);
  };
  if (plan !== 'unknown') return await flipIt();
  // A message may stay unanswered; the command does not wait for it.
  const flip = 'Flip It';
  void sayWarning(t`Whether Cursor's OpenAI key is on cannot be read here. Flip it?`, flip).then((chosen) =>
    chosen === flip ? flipIt().catch((error: unknown) => void sayWarning(reasonOf(error))) : undefined,
  );
}
