/** Models of a backend and aliases, edited without JSON: behind Manage Backends…. */
import { env, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { LADDER } from '../../wires/effort';
import { isObject } from '../../wires/read';
import { inForce } from '../actions';
import type { Editor } from '../controller';
import {
  aliasProblem,
  modelEntry,
  withAlias,
  withModelValue,
  withoutAlias,
  withoutModel,
  writtenModels,
} from '../modelEdits';
import { askStep } from '../multiStep';
import { sayInformation } from '../say';
import { backendName, type WrittenBackend, writeSetting, writtenBackends, writtenSettings } from '../settings';
import { t } from '../words';

type Action = QuickPickItem & { run: () => Promise<void> };

/** Every model of the backend: its name to copy, an alias, its efforts, an entry of its own. */
export async function manageModels(editor: Editor, backend: WrittenBackend): Promise<void> {
  const name = backendName(backend);
  const prefix = typeof backend.prefix === 'string' ? backend.prefix : `${name}/`;
  const written = writtenModels(backend).map(({ id }) => String(id));
  const listed = (await editor.router.models()).filter((model) => model.startsWith(prefix) && !/:[a-z]+$/.test(model));
  const items = [...new Set([...written, ...listed])].map((label) => ({
    label,
    ...(written.includes(label) && { description: t`has an entry of its own` }),
  }));
  const another: QuickPickItem = { label: t`Add Model…`, iconPath: new ThemeIcon('add') };
  const placeHolder = t`Any name that starts with ${prefix} is sent to ${name}`;
  const picked = await window.showQuickPick([...items, another], { title: t`Models of ${name}`, placeHolder });
  if (!picked) return;
  if (picked !== another) return await manageModel(editor, backend, picked.label);
  const title = t`Models of ${name}`;
  const id = await askText(title, t`The name clients use, complete as written.`, prefix, (text) =>
    aliasProblem(text, written),
  );
  if (id) await writeBackend(editor, withModelValue(backend, id, 'id', id), t`${id} is in the settings.`);
}

async function manageModel(editor: Editor, backend: WrittenBackend, id: string): Promise<void> {
  const own = modelEntry(backend, id);
  const actions: Action[] = [
    {
      label: t`Copy Name`,
      iconPath: new ThemeIcon('copy'),
      async run() {
        await env.clipboard.writeText(id);
        void sayInformation(t`Copied ${id}.`);
      },
    },
    { label: t`Add Alias…`, iconPath: new ThemeIcon('tag'), run: () => addAlias(editor, id) },
    {
      label: t`Efforts…`,
      description: t`listed as ${id}:low and the like`,
      iconPath: new ThemeIcon('lightbulb'),
      run: () => chooseEfforts(editor, backend, id),
    },
    {
      label: t`Name at the Provider…`,
      iconPath: new ThemeIcon('edit'),
      run: () => nameAtProvider(editor, backend, id),
    },
    ...(own
      ? [
          {
            label: t`Remove Its Entry`,
            iconPath: new ThemeIcon('trash'),
            run: () => writeBackend(editor, withoutModel(backend, id), t`The entry of ${id} is removed.`),
          },
        ]
      : []),
  ];
  await (await window.showQuickPick(actions, { title: id }))?.run();
}

async function chooseEfforts(editor: Editor, backend: WrittenBackend, id: string): Promise<void> {
  const { efforts } = modelEntry(backend, id) ?? {};
  const chosen: unknown[] = Array.isArray(efforts) ? efforts : [];
  const labels = [...new Set([...LADDER, ...chosen.filter((one) => typeof one === 'string')])];
  const items = labels.map((label) => ({ label, picked: chosen.includes(label) }));
  const picked = await window.showQuickPick(items, { title: t`Efforts of ${id}`, canPickMany: true });
  if (!picked) return;
  const value = picked.length > 0 ? picked.map(({ label }) => label) : undefined;
  await writeBackend(editor, withModelValue(backend, id, 'efforts', value), t`The efforts of ${id} are in force.`);
}

async function nameAtProvider(editor: Editor, backend: WrittenBackend, id: string): Promise<void> {
  const { upstream } = modelEntry(backend, id) ?? {};
  const prompt = t`Empty: the name without the prefix of the backend.`;
  const text = await askText(id, prompt, typeof upstream === 'string' ? upstream : '', () => undefined);
  if (text === undefined) return;
  await writeBackend(editor, withModelValue(backend, id, 'upstream', text || undefined), t`${id} is in the settings.`);
}

/** Aliases: each may go to another model, or go. */
export async function manageAliases(editor: Editor): Promise<void> {
  const { aliases } = writtenSettings();
  const items = Object.entries(isObject(aliases) ? aliases : {}).map(([label, model]) => ({
    label,
    description: `→ ${String(model)}`,
  }));
  const another: QuickPickItem = { label: t`Add Alias…`, iconPath: new ThemeIcon('add') };
  const picked = await window.showQuickPick([...items, another], { title: t`Aliases` });
  if (!picked) return;
  if (picked === another) return await addAlias(editor);
  const change: QuickPickItem = { label: t`Change Model…`, iconPath: new ThemeIcon('edit') };
  const remove: QuickPickItem = { label: t`Remove Alias`, iconPath: new ThemeIcon('trash') };
  const chosen = await window.showQuickPick([change, remove], { title: picked.label });
  if (chosen === change) await aliasTo(editor, picked.label, await pickTarget(editor, picked.label));
  else if (chosen === remove)
    await write(editor, 'aliases', withoutAlias(aliases, picked.label), t`The alias ${picked.label} is removed.`);
}

async function addAlias(editor: Editor, model?: string): Promise<void> {
  const taken = await editor.router.models();
  const prompt = t`Your own name for a model, such as sol: names with gpt, claude or gemini may never leave Cursor.`;
  const alias = await askText(t`Add Alias`, prompt, '', (text) => aliasProblem(text, taken));
  if (alias) await aliasTo(editor, alias, model ?? (await pickTarget(editor, alias)));
}

async function pickTarget(editor: Editor, alias: string): Promise<string | undefined> {
  return await window.showQuickPick(await editor.router.models(), { title: t`Model behind ${alias}` });
}

async function aliasTo(editor: Editor, alias: string, model: string | undefined): Promise<void> {
  if (model === undefined) return;
  const next = withAlias(writtenSettings().aliases, alias, model);
  await write(editor, 'aliases', next, t`${alias} means ${model} from the next request on.`);
}

async function askText(
  title: string,
  prompt: string,
  value: string,
  problem: (text: string) => string | undefined,
): Promise<string | undefined> {
  const text = await askStep({ title, prompt, value, problem });
  return typeof text === 'string' ? text.trim() : undefined;
}

async function writeBackend(editor: Editor, changed: WrittenBackend, done: string): Promise<void> {
  const name = backendName(changed);
  const all = writtenBackends().map((backend) => (backendName(backend) === name ? changed : backend));
  await write(editor, 'backends', all, done);
}

async function write(editor: Editor, key: string, value: unknown, done: string): Promise<void> {
  await writeSetting(key, value);
  if (await inForce(editor)) void sayInformation(done);
}
