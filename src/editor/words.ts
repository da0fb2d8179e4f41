/**
 * Words in the language of the editor: t`Copied ${url}.` is looked up as "Copied {0}." in l10n/bundle.l10n.LANGUAGE.json; where
 * that has nothing it stays English.
 */
import { l10n } from 'vscode';
import { clock, errorWords, prose, type Said, type SaidValue, type Says, type Words } from '../said';

export function t(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return l10n.t(templateOf(parts), ...values);
}

/** A label that code compares stays English there and is translated where it is shown. */
export function shown(label: string): string {
  return l10n.t(label);
}

/**
 * A sentence made in the router: the dictionaries name it by its code; what they lack stays English. In them `{0}` is a value,
 * `{0:time}` one that is told as a time, `{0:word}` one with an entry of its own, `{0:prose}` one or several inside a page of
 * Markdown; a part in brackets is left out where its value is missing.
 */
export function inWords(words: Words): string {
  if (typeof words === 'string') return words;
  const found = l10n.t(words.code);
  return found === words.code ? words.text : filled(found, words.values);
}

/** What a failure says, in the language of the editor where the sentence is ours. */
export const reasonOf = (error: unknown): string => inWords(errorWords(error));

/** What is told in English fields with `says` beside them, in the language of the editor. */
export function here<Told extends { says?: Says<string> }>(told: Told): Told {
  const words = Object.entries(told.says ?? {}).flatMap(([part, said]) => (said ? [[part, inWords(said)]] : []));
  return { ...told, ...Object.fromEntries(words) };
}

const PLACE = /\{(\d+)(?::(time|word|prose))?\}/g;

function filled(template: string, values: Said['values']): string {
  return template
    .replace(/\[([^[\]]*\{(\d+)[^[\]]*)\]/g, (_, part: string, index: string) =>
      isMissing(values[Number(index)]) ? '' : part,
    )
    .replace(PLACE, (_, index: string, form: string | undefined) => valueWords(values[Number(index)], form));
}

const isMissing = (value: SaidValue): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

function valueWords(value: SaidValue, form: string | undefined, separator = ', '): string {
  if (typeof value === 'number' && form === 'time') return clock(value);
  if (typeof value === 'string' && form === 'word') return shown(value);
  if (form === 'prose') return prose(valueWords(value, undefined, '; '));
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return 'code' in value ? inWords(value) : value.map(inWords).join(separator);
}

function templateOf(parts: TemplateStringsArray): string {
  return parts.map((part, index) => (index === 0 ? part : `{${index - 1}}${part}`)).join('');
}
