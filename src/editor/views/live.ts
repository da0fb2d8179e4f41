/** Runs something when requests or states come in, a few times a second at most, and only while somebody looks. */
import type { Disposable } from 'vscode';
import type { Editor } from '../controller';

const PAUSE_MS = 250;

export interface Live extends Disposable {
  /** Nothing runs while not watched; becoming visible runs it at once. */
  watch(visible: boolean): void;
}

/** `refresh` is never run twice at the same time; what comes in meanwhile runs it once more afterwards. */
export function createLive(editor: Pick<Editor, 'router' | 'onDidChangeView'>, refresh: () => Promise<void>): Live {
  let visible = false;
  let running = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const run = async (): Promise<void> => {
    timer = undefined;
    if (!visible || ended) return;
    running = true;
    again = false;
    await refresh().catch(() => undefined);
    running = false;
    if (again) soon();
  };
  const soon = (): void => {
    if (!visible || ended) return;
    if (running) again = true;
    else timer ??= setTimeout(() => void run(), PAUSE_MS);
  };
  const removers = [editor.router.onRequest(soon)];
  const subscription = editor.onDidChangeView(soon);
  return {
    watch(now) {
      if (now === visible) return;
      visible = now;
      clearTimeout(timer);
      timer = undefined;
      if (now && !running) void run();
      else if (now) again = true;
    },
    dispose: () => {
      ended = true;
      clearTimeout(timer);
      subscription.dispose();
      for (const remove of removers) remove();
    },
  };
}
