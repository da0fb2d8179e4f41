/**
 * The one way to a notification. The editor makes links of `[words](command:…)` in their text and runs the command on a
 * click; a provider's error or a model's name may hold just that.
 */
import { window } from 'vscode';
import { plainWithoutLinks } from '../wires/plainText';
import { shown } from './words';

type Show = typeof window.showInformationMessage;

/**
 * The editor's overloads differ in what follows the text. Buttons are shown in the editor's language and told to the caller by
 * the English label that it gave.
 */
function safely(show: (message: string, ...rest: unknown[]) => Thenable<unknown>): Show {
  return (async (message: string, ...rest: unknown[]) => {
    const buttons = rest.filter((one) => typeof one === 'string');
    const chosen = await show(
      plainWithoutLinks(message),
      ...rest.map((one) => (typeof one === 'string' ? shown(one) : one)),
    );
    return buttons.find((label) => shown(label) === chosen) ?? chosen;
  }) as Show;
}

export const sayInformation = safely((...all) => window.showInformationMessage(...(all as [string])));
export const sayWarning = safely((...all) => window.showWarningMessage(...(all as [string])));
export const sayError = safely((...all) => window.showErrorMessage(...(all as [string])));
