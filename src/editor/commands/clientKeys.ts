/** Keys for other devices and people: made, shown again, limited, switched off, revoked. Secrets live in the secret storage, never in settings. */

import { env, type QuickPickItem, ThemeIcon, window } from 'vscode';
import type { KeyState } from '../../ledger/admission';
import { clientKeyName } from '../../settings/keyNames';
import { inForce, tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { newClientKey } from '../keyStore';
import { sayInformation, sayWarning } from '../say';
import { openSetting, writeSetting, writtenSettings } from '../settings';
import { keyHint } from '../view';
import { KEY_LIMITS, keyLook, keyName, keyNameProblem, type WrittenKey, withLimit } from '../views/keyText';
import { t } from '../words';

const MAIN = 'main';

export function writtenKeys(): WrittenKey[] {
  const { clientKeys } = writtenSettings();
  return Array.isArray(clientKeys) ? clientKeys.filter((key) => typeof key === 'object' && key !== null) : [];
}

export function clientKeyCommands(editor: Editor): Pick<Handlers, 'newClientKey' | 'manageClientKeys'> {
  const newClientKeyCommand = (): Promise<void> => makeKey(editor);
  return {
    newClientKey: newClientKeyCommand,
    async manageClientKeys() {
      const picked = await window.showQuickPick(listKeys(editor), {
        title: t`Manage Client Keys`,
        placeHolder: t`Keys that open this router`,
        matchOnDescription: true,
      });
      if (picked?.key) await manageKey(editor, picked.key);
      else if (picked) await newClientKeyCommand();
    },
  };
}

interface KeyItem extends QuickPickItem {
  key?: WrittenKey;
}

async function listKeys(editor: Editor): Promise<KeyItem[]> {
  const states = await editor.router.keyStates().catch((error: Error): KeyState[] => {
    editor.log.debug(`The state of the keys is not known: ${error.message}`);
    return [];
  });
  const written = writtenKeys();
  const main = written.find((key) => keyName(key) === MAIN) ?? { name: MAIN };
  const items = [main, ...written.filter((key) => key !== main)].map(async (key): Promise<KeyItem> => {
    const name = keyName(key);
    const secret = await editor.keys.get(clientKeyName(name));
    const state = states.find((known) => known.name === name);
    const { icon, ...look } = keyLook(key, state, secret && keyHint(secret));
    return { label: name === MAIN ? t`main (Cursor)` : name, ...look, iconPath: new ThemeIcon(icon), key };
  });
  return [...(await Promise.all(items)), { label: t`New Client Key…`, iconPath: new ThemeIcon('add') }];
}

async function makeKey(editor: Editor): Promise<void> {
  const taken = new Set(writtenKeys().map(keyName));
  const name = (
    await window.showInputBox({
      title: t`New Client Key: name`,
      prompt: t`Which device or person is it for?`,
      placeHolder: 'phone',
      ignoreFocusOut: true,
      validateInput: (text) => keyNameProblem(text, taken),
    })
  )?.trim();
  if (!name) return;
  const entry = await askLimits({ name });
  if (!entry) return;
  const secret = newClientKey();
  await editor.keys.set(clientKeyName(name), secret);
  await writeSetting('clientKeys', [...writtenKeys(), entry]);
  if (!(await inForce(editor))) return;
  await env.clipboard.writeText(secret);
  void tell(editor, {
    severity: 'info',
    text: t`The key ${name} is made and copied. Manage Client Keys… shows it again.`,
    actions: ['Copy Base URL', 'Manage Client Keys…'],
  });
}

/** No limit is chosen by default; undefined: cancelled. */
async function askLimits(entry: WrittenKey): Promise<WrittenKey | undefined> {
  const name = keyName(entry);
  const picked = await window.showQuickPick(
    KEY_LIMITS.map((limit) => ({ label: limit.label, limit })),
    {
      title: t`New Client Key: limits of ${name}`,
      placeHolder: t`Choose what to limit, or go on without`,
      canPickMany: true,
      ignoreFocusOut: true,
    },
  );
  if (!picked) return undefined;
  let limited = entry;
  for (const { limit } of picked) {
    const { prompt, placeHolder } = limit;
    const text = await window.showInputBox({
      title: t`New Client Key: ${limit.label.toLowerCase()} of ${name}`,
      prompt,
      placeHolder,
      ignoreFocusOut: true,
      validateInput: (value) => {
        const read = limit.read(value.trim());
        return typeof read === 'string' ? read : undefined;
      },
    });
    if (text === undefined) return undefined;
    limited = withLimit(limited, limit.read(text.trim()) as Record<string, unknown>);
  }
  return limited;
}

async function manageKey(editor: Editor, key: WrittenKey): Promise<void> {
  const name = keyName(key);
  const secret = await editor.keys.get(clientKeyName(name));
  const action = (label: string, icon: string, run: () => Promise<void>, description = '') => ({
    label,
    description,
    iconPath: new ThemeIcon(icon),
    run,
  });
  const own = writtenKeys().some((entry) => keyName(entry) === name);
  const off = key.enabled === false;
  const actions = [
    ...(secret ? [action(t`Copy Key`, 'copy', () => copyKey(name, secret))] : []),
    action(t`New Secret`, 'refresh', () => newSecret(editor, name), t`the present one stops working at once`),
    ...(own
      ? [
          action(t`Change Limits`, 'go-to-file', () => openSetting('clientKeys'), t`in settings.json`),
          off
            ? action(t`Switch On`, 'play', () => enable(editor, name, true))
            : action(
                t`Switch Off`,
                'circle-slash',
                () => enable(editor, name, false),
                t`refused until switched on again`,
              ),
        ]
      : []),
    ...(name === MAIN ? [] : [action(t`Revoke`, 'trash', () => revoke(editor, name), t`for ever, at once`)]),
  ];
  const picked = await window.showQuickPick(actions, { title: t`Manage the key ${name}` });
  await picked?.run();
}

async function copyKey(name: string, secret: string): Promise<void> {
  await env.clipboard.writeText(secret);
  void sayInformation(t`Copied the key ${name}.`);
}

async function newSecret(editor: Editor, name: string): Promise<void> {
  const confirm = 'Make New Secret';
  const detail = t`The present one stops working at once, wherever it was pasted.`;
  if ((await sayWarning(t`A new secret for the key ${name}?`, { modal: true, detail }, confirm)) !== confirm) return;
  const secret = newClientKey();
  await editor.keys.set(clientKeyName(name), secret);
  await editor.push();
  await env.clipboard.writeText(secret);
  void sayInformation(t`The new secret of the key ${name} is in force and copied.`);
}

async function enable(editor: Editor, name: string, enabled: boolean): Promise<void> {
  const changed = writtenKeys().map((key) => {
    if (keyName(key) !== name) return key;
    const { enabled: _, ...rest } = key;
    return enabled ? rest : { ...rest, enabled };
  });
  await writeSetting('clientKeys', changed);
  if (!(await inForce(editor))) return;
  void sayInformation(enabled ? t`The key ${name} is switched on.` : t`The key ${name} is switched off.`);
}

async function revoke(editor: Editor, name: string): Promise<void> {
  const confirm = 'Revoke';
  const detail = t`It stops working at once and for ever. What it used stays in the usage log.`;
  if ((await sayWarning(t`Revoke the key ${name}?`, { modal: true, detail }, confirm)) !== confirm) return;
  const rest = writtenKeys().filter((key) => keyName(key) !== name);
  await editor.keys.remove(clientKeyName(name));
  await writeSetting('clientKeys', rest.length > 0 ? rest : undefined);
  await editor.push();
  void sayInformation(t`The key ${name} is revoked.`);
}
