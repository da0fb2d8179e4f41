/**
 * The one way to a notification. The editor makes links of `[words](command:…)` in their text and runs the command on a
 * click; a provider's error or a model's name may hold just that.
 */
import { window } from 'vscode';
import { plainWithoutLinks } from '../wires/plainText';

type Show = typeof window.showInformationMessage;

/** The editor's overloads differ in what follows the text; that goes on untouched. */
function safely(show: (message: string, ...rest: unknown[]) => unknown): Show {
  return ((message: string, ...rest: unknown[]) => show(plainWithoutLinks(message), ...rest)) as Show;
}

export const sayInformation = safely(window.showInformationMessage as never);
export const sayWarning = safely(window.showWarningMessage as never);
export const sayError = safely(window.showErrorMessage as never);
