/** Manage Backends…: the state of each backend and what can be done with it. */

import { type QuickPickItem, ThemeIcon, window } from 'vscode';
import { defaultOf, makeDefault } from '../../routing/implicitDefault';
import { inForce, tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation, sayWarning } from '../say';
import {
  backendKeys,
  backendName,
  namedKeys,
  openSetting,
  type WrittenBackend,
  writeSetting,
  writtenBackends,
} from '../settings';
import { backendHealth } from '../statusText';
import { inWords, t } from '../words';
import { testBackend } from './addBackend';
import { removeKey, setKey } from './keys';
import { manageAliases, manageModels } from './manageModels';

interface BackendItem extends QuickPickItem {
  backend?: WrittenBackend;
}

export function manageBackendCommands(editor: Editor, add: () => Promise<void>): Pick<Handlers, 'manageBackends'> {
  return {
    async manageBackends() {
      const items: BackendItem[] = writtenBackends().map((backend) => backendItem(editor, backend));
      const another: BackendItem = { label: t`Add Backend…`, iconPath: new ThemeIcon('add') };
      const aliases: BackendItem = { label: t`Aliases…`, iconPath: new ThemeIcon('tag') };
      items.push(another, aliases);
      const picked = await window.showQuickPick(items, {
        title: t`Manage Backends`,
        placeHolder: t`Choose a backend`,
        matchOnDescription: true,
      });
      if (picked?.backend) await manageOne(editor, picked.backend);
      else if (picked === aliases) await manageAliases(editor);
      else if (picked) await add();
    },
  };
}

function backendItem(editor: Editor, backend: WrittenBackend): BackendItem {
  const name = backendName(backend);
  const state = editor.view.state?.backends.find((known) => known.name === name);
  if (!state)
    return {
      label: name || t`(no name)`,
      description: t`not in force`,
      iconPath: new ThemeIcon('circle-slash'),
      backend,
    };
  const { icon, words } = backendHealth(state);
  const detail =
    state.lastError && state.health !== 'ok' ? { detail: inWords(state.lastErrorSays ?? state.lastError) } : {};
  return {
    label: name,
    description: `${words} · ${state.baseUrl}${state.isDefault ? ' · default' : ''}`,
    ...detail,
    iconPath: new ThemeIcon(icon),
    backend,
  };
}

type Action = QuickPickItem & { run: () => Promise<void> };

async function manageOne(editor: Editor, backend: WrittenBackend): Promise<void> {
  const name = backendName(backend);
  const actions: Action[] = [
    {
      label: t`Test It`,
      description: t`one small real request`,
      iconPath: new ThemeIcon('beaker'),
      run: () => testOne(editor, backend),
    },
    ...(await keyActions(editor, backend)),
    {
      label: t`Its Models`,
      description: t`copy a name, add an alias, choose efforts`,
      iconPath: new ThemeIcon('list-unordered'),
      run: () => manageModels(editor, backend),
    },
    ...(defaultOf(writtenBackends())?.name === name
      ? []
      : [
          {
            label: t`Make Default`,
            description: t`names without a prefix go there`,
            iconPath: new ThemeIcon('home'),
            run: () => makeItDefault(editor, name),
          },
        ]),
    { label: t`Open Setting`, iconPath: new ThemeIcon('go-to-file'), run: () => openSetting('backends') },
    { label: t`Remove Backend`, iconPath: new ThemeIcon('trash'), run: () => removeOne(editor, backend) },
  ];
  const picked = await window.showQuickPick(actions, { title: t`Manage ${name}` });
  await picked?.run();
}

/** What can be done with each key of a backend; its name stands there where there are several. */
async function keyActions(editor: Editor, backend: WrittenBackend): Promise<Action[]> {
  const names = backendKeys(backend);
  const actions = names.map(async (name): Promise<Action[]> => {
    const stored = !!(await editor.keys.get(name));
    const description = names.length > 1 ? name : undefined;
    const set = stored ? t`Replace Key` : t`Set Key`;
    return [
      { label: set, description, iconPath: new ThemeIcon('key'), run: () => setKey(editor, name) },
      ...(stored
        ? [{ label: t`Remove Key`, description, iconPath: new ThemeIcon('trash'), run: () => removeKey(editor, name) }]
        : []),
    ];
  });
  return (await Promise.all(actions)).flat();
}

async function testOne(editor: Editor, backend: WrittenBackend): Promise<void> {
  const result = await testBackend(editor, backend, { key: await editor.keys.get(backendKeys(backend)[0]!) });
  if (result.ok) void sayInformation(t`${backendName(backend)} works. ${result.message}`);
  else
    void tell(editor, {
      severity: 'warning',
      text: t`${backendName(backend)} does not work: ${result.message}`,
      actions: ['Show Log'],
    });
}

async function makeItDefault(editor: Editor, name: string): Promise<void> {
  await writeSetting('backends', makeDefault(writtenBackends(), name));
  if (!(await inForce(editor))) return;
  void sayInformation(t`${name} is the default: names without a prefix go there.`);
}

async function removeOne(editor: Editor, backend: WrittenBackend): Promise<void> {
  const name = backendName(backend);
  const confirm = 'Remove Backend';
  const detail = t`Its entry in the settings and its stored key are removed. Running requests finish.`;
  if ((await sayWarning(t`Remove the backend ${name}?`, { modal: true, detail }, confirm)) !== confirm) return;
  const rest = writtenBackends().filter((other) => backendName(other) !== name);
  await writeSetting('backends', rest.length > 0 ? rest : undefined);
  const named = new Set(namedKeys());
  for (const key of backendKeys(backend)) if (!named.has(key)) await editor.keys.remove(key);
  if (!(await inForce(editor))) return;
  void sayInformation(t`The backend ${name} is removed.`);
}
