/** What mends a trouble, as a command of the editor: for links, clicks and buttons. Pure. */
import type { Mending } from '../troubles/table';
import { COMMANDS, SECTION } from './ids';
import { shown } from './words';

export interface EditorCommand {
  command: string;
  title: string;
  arguments: string[];
}

/** The editor's own page of settings. */
export const OPEN_SETTINGS = 'workbench.action.openSettings';

export function editorCommand({ command, title, argument }: Mending): EditorCommand {
  const args = argument === undefined ? [] : [argument];
  // Lists have no field in the page of settings: it shows where they are edited.
  return command === 'openSetting'
    ? { command: OPEN_SETTINGS, title, arguments: [`${SECTION}.${/^\w*/.exec(argument ?? '')?.[0] ?? ''}`] }
    : { command: COMMANDS[command], title, arguments: args };
}

/** A link for a tooltip whose commands are trusted. */
export function commandLink(mending: Mending): string {
  const { command, title, arguments: args } = editorCommand(mending);
  return `[${shown(title)}](command:${command}${args.length > 0 ? `?${encodeURIComponent(JSON.stringify(args))}` : ''})`;
}
