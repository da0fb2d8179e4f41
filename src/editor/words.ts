/**
 * Words in the language of the editor: t`Copied ${url}.` is looked up as "Copied {0}." in l10n/bundle.l10n.LANGUAGE.json; where
 * that has nothing it stays English.
 */
import { l10n } from 'vscode';

export function t(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return l10n.t(templateOf(parts), ...values);
}

/** A label that code compares stays English there and is translated where it is shown. */
export function shown(label: string): string {
  return l10n.t(label);
}

function templateOf(parts: TemplateStringsArray): string {
  return parts.map((part, index) => (index === 0 ? part : `{${index - 1}}${part}`)).join('');
}
