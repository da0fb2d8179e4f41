/**
 * A sentence for a person that is made away from the editor: a code, its values and the English of it. The code and the values
 * travel beside the sentence, so that whoever shows it can say it in another language. Each room has one catalogue of its own.
 */
export interface Said {
  /** Room and name, as `tunnel.rateLimited`. */
  readonly code: string;
  readonly values: readonly SaidValue[];
  readonly text: string;
}
/** Times are milliseconds since the epoch; a sentence may have another one in it. */
export type SaidValue = string | number | undefined | readonly string[] | Said;

export const textOf = (words: Said | string): string => (typeof words === 'string' ? words : words.text);

type Sentence = string | ((...values: never[]) => string);
export type Catalogue<Sentences> = {
  readonly [Code in keyof Sentences]: Sentences[Code] extends (...values: infer Values) => string
    ? (...values: Values) => Said
    : Said;
};

export function catalogue<Sentences extends Readonly<Record<string, Sentence>>>(
  room: string,
  sentences: Sentences,
): Catalogue<Sentences> {
  const entries = Object.entries<Sentence>(sentences).map(([name, sentence]) => {
    const code = `${room}.${name}`;
    if (typeof sentence === 'string') return [name, { code, values: [], text: sentence }];
    return [name, (...values: never[]): Said => ({ code, values, text: sentence(...values) })];
  });
  return Object.fromEntries(entries) as Catalogue<Sentences>;
}
