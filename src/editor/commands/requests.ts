/** One request of the newest: its story as a page, or a curl command like it. */

import { env, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { clock } from '../../said';
import { tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation } from '../say';
import type { Documents } from '../views/documents';
import { requestLook } from '../views/requestLook';
import { t } from '../words';

const SHOWN = 100;
const ICON = { ok: 'pass', cancelled: 'circle-slash', failed: 'error' };

export function requestCommands(
  editor: Editor,
  documents: Documents,
): Pick<Handlers, 'openRequest' | 'copyRequestAsCurl'> {
  return {
    async openRequest(argument) {
      const id = idOf(argument) ?? (await pickRequest(editor, 'Open Request'));
      if (id) await documents.openStory(id);
    },
    async copyRequestAsCurl(argument) {
      const id = idOf(argument) ?? (await pickRequest(editor, t`Copy Request as curl`));
      if (!id) return;
      const { curl } = await editor.router.requestStory({ id });
      await env.clipboard.writeText(curl);
      void sayInformation(t`Copied a curl command. Set LLM_ROUTER_KEY and put your text in.`);
    },
  };
}

/** The id itself, or the line of the view Requests that was clicked. */
function idOf(argument: unknown): string | undefined {
  if (typeof argument === 'string') return argument;
  const id = (argument as { record?: { id?: unknown } } | undefined)?.record?.id;
  return typeof id === 'string' ? id : undefined;
}

async function pickRequest(editor: Editor, title: string): Promise<string | undefined> {
  const records = await editor.router.recentRequests({ limit: SHOWN });
  if (records.length === 0) {
    const text = t`There are no requests yet. Add a model in Cursor, or send one with curl.`;
    void tell(editor, { severity: 'info', text, actions: ['Copy Base URL', 'Copy API Key'] });
    return undefined;
  }
  const items = records.map((record): QuickPickItem & { id: string } => {
    const look = requestLook(record);
    const description = `${clock(Date.parse(record.time))} · ${look.facts}`;
    return { label: look.model, description, iconPath: new ThemeIcon(ICON[look.outcome]), id: record.id };
  });
  return (await window.showQuickPick(items, { title, placeHolder: t`Which request?`, matchOnDescription: true }))?.id;
}
