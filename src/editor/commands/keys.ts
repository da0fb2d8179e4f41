/** Keys of the backends. Keys live in the editor's secret storage and in the router's memory, nowhere else. */

import { type QuickPickItem, window } from 'vscode';
import { tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation, sayWarning } from '../say';
import { backendKeys, namedKeys, writtenBackends } from '../settings';
import { t } from '../words';

export function keyCommands(editor: Editor): Pick<Handlers, 'setBackendKey'> {
  return {
    async setBackendKey(argument) {
      const named = namedKeys().find((name) => name === argument);
      const name = named ?? (await pickKeyName(editor));
      if (name) await setKey(editor, name);
    },
  };
}

/** Asks for the key of a backend and stores it; an empty answer changes nothing. */
export async function setKey(editor: Editor, name: string): Promise<void> {
  const key = await askKey(t`Key of ${name}`);
  if (!key) return;
  await editor.keys.set(name, key);
  await editor.push();
  void sayInformation(t`The key of ${name} is stored and in force.`);
}

export async function removeKey(editor: Editor, name: string): Promise<void> {
  const confirm = 'Remove Key';
  if (
    (await sayWarning(
      t`Remove the key of ${name}?`,
      { modal: true, detail: t`Requests to it fail until a key is set.` },
      confirm,
    )) !== confirm
  )
    return;
  await editor.keys.remove(name);
  await editor.push();
  void sayInformation(t`The key of ${name} is removed.`);
}

/** Why this is no key, else undefined. */
export const keyProblem = (text: string): string | undefined =>
  /\s/.test(text.trim()) ? t`A key has no spaces or line breaks.` : undefined;

/** Password input; undefined when cancelled, '' when left empty. */
export async function askKey(
  title: string,
  prompt = t`Stored in the secret storage of the editor, never in settings`,
): Promise<string | undefined> {
  const text = await window.showInputBox({
    title,
    prompt,
    password: true,
    ignoreFocusOut: true,
    validateInput: keyProblem,
  });
  return text?.trim();
}

async function pickKeyName(editor: Editor): Promise<string | undefined> {
  const backends = new Set(writtenBackends().flatMap(backendKeys));
  const items = await Promise.all(
    namedKeys().map(async (name): Promise<QuickPickItem> => {
      const stored = (await editor.keys.get(name)) ? t`key stored` : t`no key stored`;
      return { label: name, description: backends.has(name) ? stored : t`key of single models, ${stored}` };
    }),
  );
  const title = t`Set Backend Key`;
  if (items.length > 0) return (await window.showQuickPick(items, { title, placeHolder: t`Which backend?` }))?.label;
  void tell(editor, { severity: 'info', text: t`There is no backend yet.`, actions: ['Add Backend…'] });
  return undefined;
}
