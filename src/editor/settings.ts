/** Settings as the person wrote them, for the router to validate; and changes to them, always in the user's own settings. */
import { ConfigurationTarget, commands, workspace } from 'vscode';
import { clientKeyName } from '../settings/keyNames';
import type { StatusBarShows } from '../settings/schema';
import { isObject } from '../wires/read';
import { SECTION } from './ids';
import { type WrittenBackend, writtenModels } from './modelEdits';

export type { WrittenBackend };

/**
 * Only what is written in the user's settings: a workspace cannot decide where keys and traffic go, and defaults belong to
 * the router's schema. Unknown names are included, so that the router can name them.
 */
export function writtenSettings(): Record<string, unknown> {
  const written = workspace.getConfiguration().inspect<Record<string, unknown>>(SECTION)?.globalValue;
  return isObject(written) ? written : {};
}

export function writtenBackends(): WrittenBackend[] {
  const { backends } = writtenSettings();
  return Array.isArray(backends) ? backends.filter(isObject) : [];
}

export const backendName = (backend: WrittenBackend): string => (typeof backend.name === 'string' ? backend.name : '');

/** The keys of one backend in the key store, in their order. */
export function backendKeys(backend: WrittenBackend): string[] {
  const names = Array.isArray(backend.apiKeyNames)
    ? backend.apiKeyNames.filter((name) => typeof name === 'string')
    : [];
  return names.length > 0 ? names : [backendName(backend)];
}

/** Names of the key store entries that the settings speak of. */
export function namedKeys(): string[] {
  const models = writtenBackends().flatMap(writtenModels);
  const { clientKeys } = writtenSettings();
  const clients = Array.isArray(clientKeys)
    ? clientKeys.filter(isObject).map((key) => clientKeyName(String(key.name)))
    : [];
  const names = [...writtenBackends().flatMap(backendKeys), ...models.map((model) => model.apiKeyName), ...clients];
  return [...new Set(names.filter((name): name is string => typeof name === 'string' && name !== ''))];
}

/** Aliases and configured model ids, in the order of the settings. */
export function configuredModels(): string[] {
  const { aliases } = writtenSettings();
  const ids = writtenBackends()
    .flatMap(writtenModels)
    .map((model) => model.id);
  return [
    ...(isObject(aliases) ? Object.keys(aliases) : []),
    ...ids.filter((id): id is string => typeof id === 'string'),
  ];
}

export const autoStart = (): boolean => workspace.getConfiguration(SECTION).get<boolean>('autoStart') !== false;

/** A person's own wish only, as with all settings here. */
export const keepsKeyOn = (): boolean =>
  workspace.getConfiguration(SECTION).inspect('cursor.keepKeyOn')?.globalValue === true;

/** What the status bar shows while everything works. */
export function statusBarShows(): StatusBarShows {
  const wish = workspace.getConfiguration(SECTION).inspect('statusBar.shows')?.globalValue;
  return wish === 'requests' || wish === 'cost' ? wish : 'state';
}

/** Writes one setting for the user; undefined removes it. */
export async function writeSetting(key: string, value: unknown): Promise<void> {
  await workspace.getConfiguration(SECTION).update(key, value, ConfigurationTarget.Global);
}

/** Opens the place of a setting. `path` is a problem's path, such as `backends[1].baseUrl`. */
export async function openSetting(path: string): Promise<void> {
  const key = /^[\w-]+(\.[\w-]+)*/.exec(path)?.[0] ?? '';
  const top = key.split('.')[0] ?? '';
  // Lists and maps have no fields in the settings page: they are edited in the file.
  if (['backends', 'aliases', 'clientKeys'].includes(top)) {
    await commands.executeCommand('workbench.action.openSettingsJson', {
      revealSetting: { key: `${SECTION}.${top}`, edit: false },
    });
  } else {
    await commands.executeCommand(
      'workbench.action.openSettings',
      key ? `@id:${SECTION}.${key}` : `@ext:llm-router.llm-router`,
    );
  }
}
