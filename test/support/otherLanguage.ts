import { readFileSync } from 'node:fs';
import { l10n } from 'vscode';

/** An editor in another language, for as long as `run` takes. */
export async function inLanguage(words: Record<string, string>, run: () => unknown): Promise<void> {
  const english = l10n.t;
  l10n.t = ((template: string, ...values: string[]) =>
    english(words[template] ?? template, ...values)) as typeof l10n.t;
  try {
    await run();
  } finally {
    l10n.t = english;
  }
}

/** The dictionary that is shipped. */
export const JAPANESE = JSON.parse(readFileSync('l10n/bundle.l10n.ja.json', 'utf8')) as Record<string, string>;

/** As it comes out of the pipe. */
export const overThePipe = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
