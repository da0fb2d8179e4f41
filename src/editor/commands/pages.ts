/** Read-only pages with a text of the moment: a report, a preview. Closing one asks nothing; nothing is kept. */
import { commands, EventEmitter, Uri, window, workspace } from 'vscode';
import type { Editor } from '../controller';
import { t } from '../words';

const SCHEME = 'llm-router-page';

/** Shows `text` (Markdown) under `name`; the same name again replaces the page. */
export type ShowPage = (name: string, text: string) => Promise<void>;

export function createPages({ context }: Editor): ShowPage {
  const texts = new Map<string, string>();
  const changed = new EventEmitter<Uri>();
  context.subscriptions.push(
    changed,
    workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: ({ path }) => texts.get(path) ?? t`This page is gone. Run its command again.`,
    }),
  );
  return async (name, text) => {
    const uri = Uri.from({ scheme: SCHEME, path: `/${name}.md` });
    texts.set(uri.path, text);
    changed.fire(uri);
    try {
      await commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // The Markdown extension of the editor is switched off.
      await window.showTextDocument(uri, { preview: true });
    }
  };
}
