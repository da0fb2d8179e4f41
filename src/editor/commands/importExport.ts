/** Import Configuration… and Export for a Team…: files of other routers in, a folder for a LiteLLM proxy out. */

import { homedir } from 'node:os';
import { commands, type QuickPickItem, ThemeIcon, Uri, window, workspace } from 'vscode';
import { mergeAliases, mergeBackends } from '../../config/formats/importApply';
import type { ImportItem } from '../../config/formats/importItems';
import { previewText } from '../../config/formats/importText';
import { defaultOf } from '../../routing/implicitDefault';
import { SaidError } from '../../said';
import { inForce } from '../actions';
import type { Editor } from '../controller';
import { COMMANDS, type Handlers } from '../ids';
import { sayInformation, sayWarning } from '../say';
import { say } from '../sentences';
import { backendName, type WrittenBackend, writeSetting, writtenBackends, writtenSettings } from '../settings';
import { here, inWords, shown, t } from '../words';
import type { ShowPage } from './pages';

const LARGEST = 16 * 1024 * 1024;
const ICONS: Record<ImportItem['kind'], string> = { backend: 'server', alias: 'tag', setting: 'gear', key: 'key' };

export function importExportCommands(
  editor: Editor,
  showPage: ShowPage,
): Pick<Handlers, 'importConfiguration' | 'exportForTeam'> {
  return {
    async importConfiguration(argument) {
      const file = argument instanceof Uri ? argument : await pickFile();
      if (file) await importFile(editor, showPage, file);
    },
    async exportForTeam() {
      const files = await editor.router.exportLiteLlm();
      const [folder] =
        (await window.showOpenDialog({
          title: t`Export for a Team: a folder for a LiteLLM proxy`,
          openLabel: t`Write Here`,
          defaultUri: Uri.file(homedir()),
          canSelectFiles: false,
          canSelectFolders: true,
        })) ?? [];
      if (!folder) return;
      const targets = files.map(({ path, text }) => ({ path, text, uri: Uri.joinPath(folder, path) }));
      const there = await Promise.all(targets.map(async ({ path, uri }) => ((await exists(uri)) ? [path] : [])));
      if (!(await mayReplace(there.flat(), folder.fsPath))) return;
      for (const { uri, text } of targets) await workspace.fs.writeFile(uri, Buffer.from(text));
      const open = 'Open README';
      const names = files.map(({ path }) => path).join(', ');
      const said = t`Written to ${folder.fsPath}: ${names}. No key is in it.`;
      const readme = Uri.joinPath(folder, 'README.md');
      void sayInformation(said, open).then(async (chosen) => {
        if (chosen) await commands.executeCommand('markdown.showPreview', readme);
      });
    },
  };
}

async function pickFile(): Promise<Uri | undefined> {
  const [file] =
    (await window.showOpenDialog({
      title: t`Import Configuration: an llm-router config.json or a LiteLLM config.yaml`,
      openLabel: t`Look at It`,
      defaultUri: Uri.file(homedir()),
      filters: { Configuration: ['json', 'jsonc', 'yaml', 'yml'] },
    })) ?? [];
  return file;
}

async function importFile(editor: Editor, showPage: ShowPage, file: Uri): Promise<void> {
  const text = await read(file);
  if (text === undefined) throw new SaidError(say.fileUnread(file.fsPath));
  // Keys of these formats stand in a .env file beside them.
  const envText = await read(Uri.joinPath(file, '..', '.env'));
  const preview = await editor.router.previewImport({
    file: file.fsPath,
    text,
    ...(envText !== undefined && { envText }),
  });
  await showPage('Import', previewText(preview, file.fsPath, inWords));
  if (!preview.usable) {
    const [first] = preview.left;
    throw new SaidError(say.notImported(file.fsPath, first?.says?.why ?? first?.why ?? say.hasErrors));
  }
  const chosen = await pickItems(preview.items);
  if (!chosen || chosen.length === 0) return;
  const replaced = chosen.filter((item) => item.replaces).map((item) => `${shown(item.kind)} ${item.name}`);
  if (!(await mayReplace(replaced, t`your settings`))) return;
  const before = defaultOf(writtenBackends());
  await write(editor, chosen);
  if (!(await inForce(editor))) return;
  const kept = before && chosen.some(({ kind }) => kind === 'backend') ? keptText(before) : '';
  const doctor = 'Run Doctor';
  void sayInformation(t`Imported: ${counted(chosen)}.${kept}`, doctor).then(async (answer) => {
    if (answer) await commands.executeCommand(COMMANDS.runDoctor);
  });
}

/** Among several backends it matters where names without a prefix go. */
function keptText(before: WrittenBackend): string {
  const present = defaultOf(writtenBackends());
  const same = present && backendName(present) === backendName(before) && writtenBackends().length > 1;
  return same ? ` ${t`Names without a prefix still go to ${backendName(before)}.`}` : '';
}

/** What replaces something, or sends a key to a stranger, is not ticked: a person ticks it. */
async function pickItems(items: readonly ImportItem[]): Promise<ImportItem[] | undefined> {
  const rows = items.map((item): QuickPickItem & { item: ImportItem } => ({
    label: item.name,
    description: `${shown(item.kind)}, ${here(item).what}`,
    ...detailOf(item),
    iconPath: new ThemeIcon(ICONS[item.kind]),
    picked: !item.replaces && !item.careful,
    item,
  }));
  const picked = await window.showQuickPick(rows, {
    title: t`Import Configuration: what to take`,
    placeHolder: t`Nothing is changed before you confirm`,
    canPickMany: true,
    ignoreFocusOut: true,
    matchOnDescription: true,
  });
  return picked?.map(({ item }) => item);
}

function detailOf(item: ImportItem): { detail?: string } {
  const { careful } = here(item);
  const replaces = item.replaces ? t`Replaces your ${shown(item.kind)} ${item.name}` : undefined;
  const detail = [careful, replaces].filter(Boolean).join(' ');
  return detail === '' ? {} : { detail };
}

async function mayReplace(names: readonly string[], where: string): Promise<boolean> {
  if (names.length === 0) return true;
  const replace = 'Replace';
  const detail = t`What is there now is lost: ${names.join(', ')}.`;
  return (await sayWarning(t`Replace ${names.length} in ${where}?`, { modal: true, detail }, replace)) === replace;
}

/** Keys first: a backend that is in force without its key would refuse requests for a moment. */
async function write(editor: Editor, items: readonly ImportItem[]): Promise<void> {
  for (const item of items) if (item.kind === 'key') await editor.keys.set(item.name, item.value);
  if (items.some(({ kind }) => kind === 'backend'))
    await writeSetting('backends', mergeBackends(writtenBackends(), items));
  if (items.some(({ kind }) => kind === 'alias')) {
    const { aliases } = writtenSettings();
    const present = typeof aliases === 'object' && aliases !== null ? (aliases as Record<string, unknown>) : {};
    await writeSetting('aliases', mergeAliases(present, items));
  }
  for (const item of items) if (item.kind === 'setting') await writeSetting(item.name, item.value);
}

const COUNTED: Record<ImportItem['kind'], (count: number) => string> = {
  backend: (count) => (count === 1 ? t`1 backend` : t`${count} backends`),
  alias: (count) => (count === 1 ? t`1 alias` : t`${count} aliases`),
  setting: (count) => (count === 1 ? t`1 setting` : t`${count} settings`),
  key: (count) => (count === 1 ? t`1 key` : t`${count} keys`),
};

function counted(items: readonly ImportItem[]): string {
  const kinds = ['backend', 'alias', 'setting', 'key'] as const;
  return kinds
    .map((kind) => [kind, items.filter((item) => item.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => COUNTED[kind](count))
    .join(', ');
}

async function read(uri: Uri): Promise<string | undefined> {
  try {
    const { size } = await workspace.fs.stat(uri);
    return size > LARGEST ? undefined : Buffer.from(await workspace.fs.readFile(uri)).toString('utf8');
  } catch {
    return undefined;
  }
}

async function exists(uri: Uri): Promise<boolean> {
  return await workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
