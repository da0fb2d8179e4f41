/**
 * A sentence for a person that is made away from the editor: a code, its values and the English of it. The code and the values
 * travel beside the sentence, so that whoever shows it can say it in another language. Each room has one catalogue of its own,
 * its `sentences.ts`. A sentence that gets other values gets another code: router and window may be of different versions.
 */
export interface Said {
  /** Room and name, as `tunnel.rateLimited`. */
  readonly code: string;
  readonly values: readonly SaidValue[];
  readonly text: string;
}
/** Times are milliseconds since the epoch; a sentence may have another one in it. */
export type SaidValue = string | number | undefined | null | readonly Words[] | Said;

/** A sentence of a catalogue; a string is somebody else's words, which stay as they are. */
export type Words = Said | string;

export const textOf = (words: Words): string => (typeof words === 'string' ? words : words.text);
export const saidOf = (words: Words): Said | undefined => (typeof words === 'string' ? undefined : words);

/** A failure whose message is a sentence of a catalogue. Whoever shows it asks `errorWords`: each bundle has a copy of this class. */
export class SaidError extends Error {
  constructor(
    readonly said: Said,
    options?: ErrorOptions,
  ) {
    super(said.text, options);
  }
}

/** A failure that says this. */
export const failureOf = (words: Words, options?: ErrorOptions): Error =>
  typeof words === 'string' ? new Error(words, options) : new SaidError(words, options);

/** What a failure says: a sentence of ours, or somebody else's words. */
export function errorWords(error: unknown): Words {
  if (!(error instanceof Error)) return String(error);
  return (error as Partial<SaidError>).said ?? error.message;
}

/** The same sentence with every text in it changed, that of its values and of the sentences within it too. */
export function scrubSaid(said: Said, scrub: (text: string) => string): Said {
  const words = (part: Words): Words => (typeof part === 'string' ? scrub(part) : scrubSaid(part, scrub));
  const clean = (value: SaidValue): SaidValue => {
    if (typeof value === 'string') return scrub(value);
    if (typeof value !== 'object' || value === null) return value;
    return 'code' in value ? scrubSaid(value, scrub) : value.map(words);
  };
  return { code: said.code, values: said.values.map(clean), text: scrub(said.text) };
}

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

/** Codes and values of what is told beside in English, by the names of the fields there. */
export type Says<Part extends string> = { readonly [Name in Part]?: Said };
/** Such fields with their codes and values. */
export type Told<Part extends string> = { [Name in Part]: string } & { says?: Says<Part> };

/** Fields in English, and `says` for those of them that can be said in another language. */
export function spoken<Parts extends { readonly [Part in keyof Parts]: Words | undefined }>(
  parts: Parts,
): { [Part in keyof Parts]: string } & { says?: Says<keyof Parts & string> } {
  const all = Object.entries<Words | undefined>(parts).flatMap(([part, words]) =>
    words ? [[part, words] as const] : [],
  );
  const says = Object.fromEntries(all.filter(([, words]) => typeof words === 'object'));
  const texts = Object.fromEntries(all.map(([part, words]) => [part, textOf(words)]));
  return { ...texts, ...(Object.keys(says).length > 0 && { says }) } as ReturnType<typeof spoken<Parts>>;
}

/** A message in English, with its code and values where it has them: as failures and problems carry them. */
export interface Message {
  message: string;
  says?: Said;
}
export const messageOf = (words: Words): Message =>
  typeof words === 'string' ? { message: words } : { message: words.text, says: words };
export const wordsOf = ({ message, says }: Message): Words => says ?? message;

const LEFT_OUT = '…';
const MOST_LISTED = 30;

/**
 * The same sentence with the English `text`, in which something was masked, left out or cut: a value that does not stand there
 * whole is left out, too. So no value holds what its sentence does not.
 */
export const keptAs = (words: Words, text: string): Words =>
  typeof words === 'string' ? text : saidWithin(words, text);

export const saidWithin = (said: Said, text: string): Said => ({ ...partWithin(said, text), text });

function partWithin({ code, values, text: own }: Said, text: string): Said {
  return { code, values: values.map((value) => valueWithin(value, text)), text: whole(own, text) };
}

const whole = (part: string, text: string): string => (text.includes(part) ? part : LEFT_OUT);

function valueWithin(value: SaidValue, text: string): SaidValue {
  if (typeof value === 'string') return whole(value, text);
  if (typeof value !== 'object' || value === null) return value;
  return 'code' in value ? partWithin(value, text) : value.slice(0, MOST_LISTED).map((part) => wordsWithin(part, text));
}

function wordsWithin(words: Words, text: string): Words {
  return typeof words === 'string' ? whole(words, text) : partWithin(words, text);
}

/** The same sentence with its English cut short: it has to fit into another one. */
export function shortened(words: Words, most: number): Words {
  const text = textOf(words);
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return typeof words === 'string' ? short : { ...words, text: short };
}

/** Text from elsewhere inside a paragraph of Markdown. */
export function prose(text: string): string {
  return text.replace(/[\p{Cc}]+/gu, ' ').replace(/[\\`*_[\]<>#|!]/g, '\\$&');
}

/** Local time, as 14:05. */
export function clock(milliseconds: number): string {
  const time = new Date(milliseconds);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}
