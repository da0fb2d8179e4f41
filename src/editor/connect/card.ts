/** A list that stays open while a person works elsewhere in the window, and goes on by itself when it may. */
import { QuickInputButtons, type QuickPickItem, ThemeIcon, window } from 'vscode';
import type { Editor } from '../controller';

export interface CardLook<Choice extends string> {
  placeholder: string;
  items: { choice: Choice; label: string; detail?: string; icon: string }[];
  /** Something is waited for. */
  busy?: boolean;
  /** Nothing has to be chosen any more. */
  goOn?: Choice;
}

export interface CardOptions<Choice extends string> {
  editor: Editor;
  title: string;
  step: number;
  steps: number;
  back?: boolean;
  /** Asked again with every news, and every second. */
  look(): CardLook<Choice>;
}

const EVERY_MS = 1_000;

/** Undefined: closed by the person. */
export function showCard<Choice extends string>(options: CardOptions<Choice>): Promise<Choice | 'back' | undefined> {
  const { editor, look } = options;
  type Item = QuickPickItem & { choice: Choice };
  const pick = window.createQuickPick<Item>();
  pick.title = options.title;
  pick.step = options.step;
  pick.totalSteps = options.steps;
  pick.ignoreFocusOut = true;
  if (options.back) pick.buttons = [QuickInputButtons.Back];
  return new Promise((resolve) => {
    let shown = '';
    let ended = false;
    const end = (choice: Choice | 'back' | undefined): void => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      for (const one of subscriptions) one.dispose();
      pick.dispose();
      resolve(choice);
    };
    const show = (): void => {
      if (ended) return;
      const { placeholder, items, busy = false, goOn } = look();
      if (goOn !== undefined) return end(goOn);
      pick.busy = busy;
      // The same items again would take the selection away.
      const now = JSON.stringify([placeholder, items]);
      if (now === shown) return;
      shown = now;
      pick.placeholder = placeholder;
      pick.items = items.map(({ choice, label, detail, icon }) => ({
        choice,
        label,
        iconPath: new ThemeIcon(icon),
        ...(detail !== undefined && { detail }),
        alwaysShow: true,
      }));
    };
    const timer = setInterval(show, EVERY_MS);
    const subscriptions = [
      editor.onDidChangeView(show),
      { dispose: editor.router.onRequest(show) },
      pick.onDidTriggerButton(() => end('back')),
      pick.onDidAccept(() => end(pick.selectedItems[0]?.choice)),
      pick.onDidHide(() => end(undefined)),
    ];
    show();
    if (!ended) pick.show();
  });
}
