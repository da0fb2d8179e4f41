/** What a person pastes into Cursor: URL, key, model names. */
import { env, type QuickPickItem, window } from 'vscode';
import { CLIENT_KEY } from '../../settings/keyNames';
import { tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { newClientKey } from '../keyStore';
import { modelPicks } from '../modelNames';
import { sayInformation, sayWarning } from '../say';
import { configuredModels } from '../settings';
import { baseUrlAnswer, keyMessage } from '../stateMessages';
import { phaseOf } from '../view';

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
      if (!key)
        return void tell(
          editor,
          keyMessage(editor.view) ?? {
            severity: 'warning',
            text: 'There is no API key yet; the router makes one when it starts.',
            actions: ['Start Router'],
          },
        );
      await env.clipboard.writeText(key);
      void sayInformation('Copied the API key. In Cursor it goes into the field OpenAI API Key.');
    },

    async newApiKey() {
      const confirm = 'Make New Key';
      const detail = 'The present key stops working at once, in Cursor and everywhere else it was pasted.';
      if ((await sayWarning('Make a new API key for Cursor?', { modal: true, detail }, confirm)) !== confirm) return;
      const key = newClientKey();
      await editor.keys.set(CLIENT_KEY, key);
      await editor.push();
      await env.clipboard.writeText(key);
      void tell(editor, {
        severity: 'info',
        text: 'The new API key is in force and copied. Paste it into Cursor now.',
        actions: ['Open Cursor Settings'],
      });
    },

    pasteApiKey: () => pasteOldKey(editor),

    async copyModelName() {
      if (phaseOf(editor.view) !== 'running') {
        return void tell(editor, {
          severity: 'info',
          text: 'The router is not running, so its models are not known.',
          actions: ['Start Router'],
        });
      }
      const configured = configuredModels();
      // Without a backend the built-in model answers; it is listed nowhere else.
      const items = editor.router
        .models()
        .then((models) => modelPicks(models.length > 0 ? models : ['demo/echo'], configured).map(toItem));
      const picked = await window.showQuickPick(items, {
        title: 'Copy Model Name',
        placeHolder: 'Add this name in Cursor under Settings, Models',
        matchOnDescription: true,
      });
      if (!picked) return;
      await env.clipboard.writeText(picked.label);
      void tell(editor, {
        severity: picked.description ? 'warning' : 'info',
        text: `Copied ${picked.label}. ${picked.description || "Add it in Cursor's model settings."}`,
        actions: ['Open Cursor Settings'],
      });
    },
  };
}

/** The key that Cursor still has comes back into force, so nothing has to be pasted there. */
async function pasteOldKey(editor: Editor): Promise<void> {
  const key = (
    await window.showInputBox({
      title: 'Paste Old API Key',
      prompt: "The key in Cursor's field OpenAI API Key",
      placeHolder: 'sk-…',
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        /^[\x21-\x7e]{16,}$/.test(text.trim()) ? undefined : 'At least 16 characters, without spaces.',
    })
  )?.trim();
  if (!key) return;
  const anyway = 'Use It Anyway';
  const detail = 'Cursor may have a different one; then it is refused until you paste this one there.';
  const other = !editor.made.fits(CLIENT_KEY, key);
  if (
    other &&
    (await sayWarning('This is not the key that was made here.', { modal: true, detail }, anyway)) !== anyway
  )
    return;
  await editor.keys.set(CLIENT_KEY, key);
  await editor.push();
  void tell(editor, {
    severity: 'info',
    text: other ? 'This key is in force now.' : 'The old key is in force again; Cursor needs no change.',
    actions: other ? ['Open Cursor Settings'] : [],
  });
}

const toItem = (pick: { name: string; warning?: string }): QuickPickItem =>
  pick.warning ? { label: pick.name, description: pick.warning } : { label: pick.name };
