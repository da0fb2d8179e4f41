/** Runs what mends a trouble. */
import { commands } from 'vscode';
import type { Mending } from '../troubles/table';
import { editorCommand } from './mending';
import { openSetting } from './settings';

export async function mend(mending: Mending | undefined): Promise<void> {
  if (!mending) return;
  if (mending.command === 'openSetting') return await openSetting(mending.argument ?? '');
  const { command, arguments: args } = editorCommand(mending);
  await commands.executeCommand(command, ...args);
}
