/** What a person pastes into Cursor: URL, key, model names. */

import { env, window } from 'vscode';
import { CLIENT_KEY } from '../../settings/keyNames';
import { isRunning, tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { newClientKey } from '../keyStore';
import { nameWarning } from '../modelNames';
import { sayWarning } from '../say';
import { baseUrlAnswer, noKeyMessage } from '../stateMessages';
import { t } from '../words';
import { pickModelName } from './pickModel';

export function copyCommands(
  editor: Editor,
): Pick<Handlers, 'copyBaseUrl' | 'copyApiKey' | 'newApiKey' | 'pasteApiKey' | 'copyModelName'> {
  return {
    async copyBaseUrl() {
      const answer = baseUrlAnswer(editor.view);
      if ('copy' in answer) await env.clipboard.writeText(answer.copy);
      void tell(editor, answer.message);
    },

    async copyApiKey() {
      const key = await editor.keys.get(CLIENT_KEY);
      if (!key) return void tell(editor, noKeyMessage(editor.view));
      await env.clipboard.writeText(key);
      void tell(editor, {
        severity: 'info',
        text: t`Copied the API key. In Cursor it goes into the field OpenAI API Key; then the name of a model.`,
        actions: ['Copy Model Name…', 'Open Cursor Settings'],
      });
    },

    async newApiKey() {
      const confirm = 'Make New Key';
      const detail = t`The present key stops working at once, in Cursor and everywhere else it was pasted.`;
      if ((await sayWarning(t`Make a new API key for Cursor?`, { modal: true, detail }, confirm)) !== confirm) return;
      const key = newClientKey();
      await editor.keys.set(CLIENT_KEY, key);
      await editor.push();
      await env.clipboard.writeText(key);
      void tell(editor, {
        severity: 'info',
        text: t`The new API key is in force and copied. Paste it into Cursor now.`,
        actions: ['Open Cursor Settings'],
      });
    },

    pasteApiKey: () => pasteOldKey(editor),

    async copyModelName() {
      if (!isRunning(editor, t`The router is not running, so its models are not known.`)) return;
      const name = await pickModelName(editor, t`Copy Model Name`);
      if (!name) return;
      await env.clipboard.writeText(name);
      const warning = nameWarning(name);
      void tell(editor, {
        severity: warning ? 'warning' : 'info',
        text: t`Copied ${name}. ${warning ?? t`Add it in Cursor's model settings, then ask something with it.`}`,
        actions: ['Connect Cursor…', 'Open Cursor Settings'],
      });
    },
  };
}

/** The key that Cursor still has comes back into force, so nothing has to be pasted there. */
async function pasteOldKey(editor: Editor): Promise<void> {
  const key = (
    await window.showInputBox({
      title: t`Paste Old API Key`,
      prompt: t`The key in Cursor's field OpenAI API Key`,
      placeHolder: 'sk-…',
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        /^[\x21-\x7e]{16,}$/.test(text.trim()) ? undefined : t`At least 16 characters, without spaces.`,
    })
  )?.trim();
  if (!key) return;
  const anyway = 'Use It Anyway';
  const detail = t`Cursor may have a different one; then it is refused until you paste this one there.`;
  const other = !editor.made.fits(CLIENT_KEY, key);
  if (
    other &&
    (await sayWarning(t`This is not the key that was made here.`, { modal: true, detail }, anyway)) !== anyway
  )
    return;
  await editor.keys.set(CLIENT_KEY, key);
  await editor.push();
  void tell(editor, {
    severity: 'info',
    text: other ? t`This key is in force now.` : t`The old key is in force again; Cursor needs no change.`,
    actions: other ? ['Open Cursor Settings'] : [],
  });
}
