/** Shows a message with its buttons and does what the chosen one says. */

import { commands, env, Uri } from 'vscode';
import type { Editor } from './controller';
import { COMMANDS, type CommandName } from './ids';
import { sayError, sayInformation, sayWarning } from './say';
import type { Action, Message } from './stateMessages';
import { phaseOf, returningUrl } from './view';
import { t } from './words';

/** One step of Connect Cursor…, gone to directly. */
const RESTART = 'Do It for Me: Restart Cursor';

const COMMAND_OF: Record<Exclude<Action, 'Copy Local URL' | 'Copy This URL' | typeof RESTART>, CommandName> = {
  'Start Router': 'startRouter',
  'Restart Router': 'restartRouter',
  'Copy New URL': 'copyBaseUrl',
  'Copy Base URL': 'copyBaseUrl',
  'Copy API Key': 'copyApiKey',
  'Paste the Old Key': 'pasteApiKey',
  'Make a New One': 'newApiKey',
  'Copy Model Name…': 'copyModelName',
  'Connect Cursor…': 'connectCursor',
  'Switch On in Cursor': 'useLlmRouter',
  "Use Cursor's Own Models": 'useOwnModels',
  'Open Dashboard': 'openDashboard',
  'Open Cursor Settings': 'openCursorModelSettings',
  'Set Up Tunnel…': 'setUpTunnel',
  'New URL': 'newTunnelUrl',
  'Add Backend…': 'addBackend',
  'Manage Client Keys…': 'manageClientKeys',
  'Show Log': 'showLog',
};

const SHOW = {
  info: sayInformation,
  warning: sayWarning,
  error: sayError,
};

/** Resolves when the message is gone. */
export async function tell(editor: Editor, message: Message): Promise<void> {
  const chosen = await SHOW[message.severity](message.text, ...message.actions);
  if (chosen === undefined) return;
  if (chosen === 'Copy Local URL') return await copy(editor.view.state?.localUrl, t`It works on this machine only`);
  if (chosen === 'Copy This URL')
    return await copy(
      returningUrl(editor.view) ?? editor.view.state?.publicUrl,
      t`It works again when the tunnel is back`,
    );
  if (chosen === RESTART) return void (await commands.executeCommand(COMMANDS.connectCursor, 'restart'));
  await commands.executeCommand(COMMANDS[COMMAND_OF[chosen]]);
}

/** False, and a person is told what that `means` and how to start it, while the router is not running. */
export function isRunning(editor: Editor, means: string): boolean {
  if (phaseOf(editor.view) === 'running') return true;
  void tell(editor, { severity: 'info', text: means, actions: ['Start Router'] });
  return false;
}

/** What was written to the settings is sent; false, and a person is told, where it is not in force. */
export async function inForce(editor: Editor): Promise<boolean> {
  if (await editor.push()) return true;
  void tell(editor, {
    severity: 'warning',
    text: t`It is written to your settings, but NOT in force: something else in them is wrong, or the router is not reached.`,
    actions: ['Show Log'],
  });
  return false;
}

export async function offerFile(text: string, file: string): Promise<void> {
  const open = 'Open File';
  if ((await sayInformation(text, open)) === open) await commands.executeCommand('vscode.open', Uri.file(file));
}

async function copy(url: string | undefined, note: string): Promise<void> {
  if (!url) return void sayWarning(t`There is no URL any more; the router has stopped.`);
  await env.clipboard.writeText(url);
  void sayInformation(t`Copied ${url}. ${note}.`);
}
