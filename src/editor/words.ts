/**
 * Words in the language of the editor: t`Copied ${url}.` is looked up as "Copied {0}." in l10n/bundle.l10n.LANGUAGE.json; where
 * that has nothing it stays English.
 */
import { l10n } from 'vscode';
import type { Said, SaidValue } from '../said';

export function t(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return l10n.t(templateOf(parts), ...values);
}

/** A label that code compares stays English there and is translated where it is shown. */
export function shown(label: string): string {
  return l10n.t(label);
}

/** A sentence made in the router: the dictionaries name it by its code; what they lack stays English. */
export function inWords(said: Said): string {
  const found = l10n.t(said.code, ...said.values.map(valueWords));
  return found === said.code ? said.text : found;
}

function valueWords(value: SaidValue): string {
  if (typeof value !== 'object') return String(value ?? '');
  return 'code' in value ? inWords(value) : value.join(', ');
}

function templateOf(parts: TemplateStringsArray): string {
  return parts.map((part, index) => (index === 0 ? part : `{${index - 1}}${part}`)).join('');
}
