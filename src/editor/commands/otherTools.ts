/** Use in Another Tool…: the lines to paste, with a client key of the tool's own. */

import { env, window } from 'vscode';
import { clientKeyName } from '../../settings/keyNames';
import { SHELL } from '../../system/processes';
import { inForce, isRunning, tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { newClientKey } from '../keyStore';
import { modelPicks } from '../modelNames';
import { OTHER_TOOLS } from '../otherTools';
import { configuredModels, writeSetting } from '../settings';
import { workingUrl } from '../view';
import { keyName } from '../views/keyText';
import { t } from '../words';
import { writtenKeys } from './clientKeys';

export function otherToolCommands(editor: Editor): Pick<Handlers, 'useInOtherTool'> {
  return { useInOtherTool: () => useInOtherTool(editor) };
}

async function useInOtherTool(editor: Editor): Promise<void> {
  if (!isRunning(editor, t`The router is not running, so there is nothing to connect to.`)) return;
  const title = t`Use in Another Tool`;
  const tool = (
    await window.showQuickPick(
      OTHER_TOOLS.map((one) => ({ label: one.name, one })),
      { title, placeHolder: t`Which tool shall use the router?` },
    )
  )?.one;
  if (!tool) return;
  const origin = await askWhere(editor, title);
  if (!origin) return;
  const models = editor.router
    .models()
    .then((names) => modelPicks(names.length > 0 ? names : ['demo/echo'], configuredModels()));
  const model = await window.showQuickPick(
    models.then((picks) => picks.map(({ name }) => name)),
    { title: `${title}: ${tool.name}`, placeHolder: t`Which model shall it ask for?` },
  );
  if (!model) return;
  const made = await keyFor(editor, tool.id);
  if (!made) return;
  const { key, fresh } = made;
  await env.clipboard.writeText(tool.lines({ origin, key, model, shell: SHELL }));
  void tell(editor, {
    severity: 'info',
    text: t`Copied the lines for ${tool.name}: paste them ${tool.where}. ${fresh ? t`They hold the key ${tool.id}, made for it just now.` : t`They hold the key ${tool.id}.`}`,
    actions: ['Manage Client Keys…'],
  });
}

/** Without a public URL there is nothing to ask. */
async function askWhere(editor: Editor, title: string): Promise<string | undefined> {
  const local = editor.view.state?.localUrl;
  const publicUrl = workingUrl(editor.view);
  const without = (url: string | undefined) => url?.replace(/\/v1$/, '');
  if (!publicUrl || !local) return without(local ?? publicUrl);
  const picked = await window.showQuickPick(
    [
      { label: t`On this machine`, description: local, url: local },
      { label: t`Elsewhere`, description: publicUrl, url: publicUrl },
    ],
    { title, placeHolder: t`Where does the tool run?` },
  );
  return without(picked?.url);
}

/** The key that bears the tool's name; made where there is none. Undefined, and told, where it opens nothing yet. */
async function keyFor(editor: Editor, name: string): Promise<{ key: string; fresh: boolean } | undefined> {
  const stored = await editor.keys.get(clientKeyName(name));
  const listed = writtenKeys().some((entry) => keyName(entry) === name);
  if (stored && listed) return { key: stored, fresh: false };
  const key = stored ?? newClientKey();
  if (!stored) await editor.keys.set(clientKeyName(name), key);
  if (!listed) await writeSetting('clientKeys', [...writtenKeys(), { name }]);
  return (await inForce(editor)) ? { key, fresh: true } : undefined;
}
