/** Makes the changes that refusals taught (lessons.ts) in a body that is ready to send; everything else keeps its bytes. */
import type { Said } from '../said';
import type { JsonValue } from '../wires/conversation';
import { type Edit, editObject, type JsonEntry, scanArray, scanObject, splice } from '../wires/jsonText';
import { textInside } from '../wires/parts';
import { filesIn, picturesIn } from '../wires/pictures';
import { objectOf, parseObject, stringOf } from '../wires/read';
import { withoutKeyword } from '../wires/schema';
import { schemasIn } from '../wires/schemaPlaces';
import { withoutThinking } from '../wires/thinkingBlocks';
import { FILES, type Lesson, lessonSaid, mayChange, PICTURES, THINKING_BLOCKS } from './lessons';
import { keywordOf } from './schemaLessons';
import { wholeBody } from './transport';

export interface TaughtBody {
  body: Buffer | readonly Buffer[];
  /** In words, for the story. */
  rules: Said[];
  /** Places left out, for the answer header. */
  dropped: string[];
}

/** What a model that cannot see reads in the place of a picture: the same in every turn, so that prefixes stay. */
const UNSEEN = '[A picture stood here. This model cannot see pictures: say so where it matters.]';
const UNREAD = '[A file stood here. This model cannot read files: say so where it matters.]';

/** In the order given; what is not in the body, or may not go with the value it has, stays as it is. */
export function applyLessons(body: Buffer | readonly Buffer[], lessons: readonly Lesson[]): TaughtBody {
  const taught: TaughtBody = { body, rules: [], dropped: [] };
  let bytes = wholeBody(body);
  for (const lesson of lessons) {
    const edits = editsOf(bytes, lesson);
    if (edits.length === 0) continue;
    taught.body = bytes = splice(bytes, edits);
    taught.rules.push(lessonSaid(lesson));
    if (lesson.do === 'drop') taught.dropped.push(lesson.field);
  }
  return taught;
}

function editsOf(bytes: Buffer, lesson: Lesson): Edit[] {
  if (lesson.field === PICTURES) return picturesIn(bytes).map((picture) => picture.toldAs(UNSEEN));
  if (lesson.field === FILES) return filesIn(bytes).map((file) => file.toldAs(textIn(bytes, file) ?? UNREAD));
  if (lesson.field === THINKING_BLOCKS) return withoutThinking(bytes);
  const keyword = keywordOf(lesson.field);
  if (keyword !== undefined) return keywordEdits(bytes, keyword);
  return editsFor(bytes, undefined, lesson.field.split(/\.|(?=\[)/), lesson);
}

/** What a document says that is text, or blocks of it (Messages). */
function textIn(bytes: Buffer, { start, end }: { start: number; end: number }): string | undefined {
  const part = parseObject(bytes.toString('utf8', start, end));
  const source = objectOf(part?.source);
  if (part && source?.type === 'content') return textInside(part);
  return source?.type === 'text' ? stringOf(source.data) : undefined;
}

/** Each schema anew that uses the keyword, in every turn the same; all others keep their bytes. */
function keywordEdits(bytes: Buffer, keyword: string): Edit[] {
  if (!bytes.includes(JSON.stringify(keyword))) return [];
  try {
    return schemasIn(bytes).flatMap(({ start, end, schema }) => {
      const without = withoutKeyword(schema, keyword);
      return without ? [{ start, end, text: JSON.stringify(without) }] : [];
    });
  } catch {
    // A string with a wrong escape, which nobody has read yet: the provider says so.
    return [];
  }
}

/** Edits inside the object (or, for `[]`, in every item of the list) that begins at `start`. */
function editsFor(bytes: Buffer, start: number | undefined, [step = '', ...rest]: string[], lesson: Lesson): Edit[] {
  if (step === '[]') {
    return scanArray(bytes, start!)
      .filter(({ kind }) => kind === 'object')
      .flatMap((item) => editsFor(bytes, item.start, rest, lesson));
  }
  const entries = scanObject(bytes, start);
  const named = entries.filter(({ key }) => key === step);
  if (rest.length > 0) {
    const wanted = rest[0] === '[]' ? 'array' : 'object';
    return named.filter(({ kind }) => kind === wanted).flatMap((entry) => editsFor(bytes, entry.start, rest, lesson));
  }
  switch (lesson.do) {
    case 'drop':
      return without(
        bytes,
        entries,
        ({ key, ...entry }) => key === step && mayChange(lesson.field, shortValue(bytes, entry)),
      );
    case 'set':
      return named.flatMap((entry) => setTo(bytes, entry, lesson));
    case 'rename':
      // The limit that stands under the right name already is the one that counts.
      if (entries.some(({ key }) => key === lesson.to)) return without(bytes, entries, ({ key }) => key === step);
      return named.map((entry) => ({
        start: entry.entryStart,
        end: entry.start,
        text: `${JSON.stringify(lesson.to)}:`,
      }));
  }
}

function without(bytes: Buffer, entries: readonly JsonEntry[], goes: (entry: JsonEntry) => boolean): Edit[] {
  const remove = new Set(entries.flatMap((entry, at) => (goes(entry) ? [at] : [])));
  return editObject(bytes, entries, { remove });
}

function setTo(bytes: Buffer, entry: JsonEntry, { field, to }: Lesson): Edit[] {
  const value = shortValue(bytes, entry);
  if (typeof value !== typeof to || value === to || !mayChange(field, value)) return [];
  return [{ start: entry.start, end: entry.end, text: JSON.stringify(to) }];
}

/** A value as far as a rule may look at it: words, numbers, true and false. */
function shortValue(bytes: Buffer, { start, end }: Pick<JsonEntry, 'start' | 'end'>): JsonValue | undefined {
  if (end - start > 64) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8', start, end)) as JsonValue;
  } catch {
    return undefined;
  }
}
