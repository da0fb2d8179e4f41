/** Read-only pages made from what the router knows at that moment: the story of a request, a usage summary. Nothing is kept here. */
import { commands, type Disposable, EventEmitter, Uri, window, workspace } from 'vscode';
import type { Period } from '../../ledger/store';
import type { UsageQuery } from '../../ledger/usage';
import type { RouterClient } from '../../process/client';
import type { RequestTelling } from '../../process/contract';
import { SaidError, type Words } from '../../said';
import type { Editor } from '../controller';
import { say } from '../sentences';
import { inWords, reasonOf } from '../words';
import { GROUPS, type Group } from './periods';
import { tabName } from './requestLook';

const SCHEME = 'llm-router';

/** The tab is named after the model that was asked for, not after the request. */
const storyUri = (id: string, model: string): Uri =>
  Uri.from({ scheme: SCHEME, path: `/${tabName(model, id)}.md`, query: ['request', id].join(',') });
const usageUri = (by: Group, { from, to }: Period): Uri =>
  Uri.from({ scheme: SCHEME, path: `/Usage by ${by}.md`, query: ['usage', by, from, to].join(',') });

const pageOf = (lines: readonly Words[]): string => `${lines.map(inWords).join('\n')}\n`;

/** In the language of the editor; an older router tells it in English alone. */
export const storyHere = ({ story, lines }: RequestTelling): string => (lines ? pageOf(lines) : story);

export async function usageHere(
  router: Pick<RouterClient, 'usageLines' | 'usagePage'>,
  query: UsageQuery,
): Promise<string> {
  const lines = await router.usageLines(query).catch(() => undefined);
  return lines ? pageOf(lines) : await router.usagePage(query);
}

export interface Documents extends Disposable {
  openStory(id: string): Promise<void>;
  openUsage(by: Group, period: Period): Promise<void>;
}

export function createDocuments({ router }: Editor): Documents {
  const changed = new EventEmitter<Uri>();
  async function textOf(uri: Uri): Promise<string> {
    const [kind, by = '', from = '', to = ''] = uri.query.split(',');
    if (kind === 'request') return storyHere(await router.requestStory({ id: by }));
    const group = GROUPS.find((known) => known === by);
    if (kind !== 'usage' || !group) throw new SaidError(say.noPage);
    return await usageHere(router, { by: group, from, to });
  }
  const registration = workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    // A page that is opened again after a reload may have nothing to show any more.
    provideTextDocumentContent: (uri) => textOf(uri).catch(reasonOf),
  });
  async function open(uri: Uri): Promise<void> {
    // Asked here, too: a failure is a message of the command, not a page.
    await textOf(uri);
    changed.fire(uri);
    try {
      await commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // The Markdown extension of the editor is switched off.
      await window.showTextDocument(uri, { preview: true });
    }
  }
  return {
    async openStory(id) {
      const { model } = await router.requestStory({ id });
      await open(storyUri(id, model));
    },
    openUsage: (by, period) => open(usageUri(by, period)),
    dispose: () => {
      registration.dispose();
      changed.dispose();
    },
  };
}
