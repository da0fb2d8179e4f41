/** Pictures and files in a body of any of the three wires: where they stand, and words in their place. Pure, on bytes. */
import type { ImagePart } from './conversation';
import { type Edit, itemsOf, scanObject } from './jsonText';
import { readImage } from './parts';
import { parseObject } from './read';

/** Types of parts that are pictures: Messages, Chat, Responses. */
const PICTURES: ReadonlySet<unknown> = new Set(['image', 'image_url', 'input_image']);

export const isPicture = (type: unknown): boolean => PICTURES.has(type);

/** Types of parts that are files: Chat, Responses, Messages. */
const FILES: ReadonlySet<unknown> = new Set(['file', 'input_file', 'document']);
const isFile = (type: unknown): boolean => FILES.has(type);

/** One picture, and where its part stands. */
export interface Picture {
  start: number;
  end: number;
  /** What it shows, in the neutral form; undefined where no form of ours fits it. */
  read(): ImagePart | undefined;
  /** The edit that puts words in its place. */
  toldAs(text: string): Edit;
}

/** In the order in which they stand: in turns, in results of tools, never in what tools are made of. */
export function picturesIn(bytes: Buffer): Picture[] {
  // Nearly every body has none; this is a search, reading it is not.
  return bytes.includes('image') ? partsIn(bytes, isPicture) : [];
}

export function filesIn(bytes: Buffer): Picture[] {
  return bytes.includes('file"') || bytes.includes('"document"') ? partsIn(bytes, isFile) : [];
}

function partsIn(bytes: Buffer, isWanted: (type: unknown) => boolean): Picture[] {
  const found: Picture[] = [];
  for (const { key, kind, start } of scanObject(bytes)) {
    if (kind !== 'array' || (key !== 'messages' && key !== 'input')) continue;
    for (const turn of itemsOf(bytes, start))
      if (turn.kind === 'object')
        collect(bytes, turn.start, { found, isWanted, textType: key === 'input' ? 'input_text' : 'text' });
  }
  return found;
}

interface Search {
  found: Picture[];
  isWanted(type: unknown): boolean;
  textType: string;
}

/** Of what has `content` or `output`: a turn, or a result inside of one. */
function collect(bytes: Buffer, holder: number, search: Search, deep = false): void {
  for (const { key, kind, start } of scanObject(bytes, holder)) {
    if (kind !== 'array' || (key !== 'content' && key !== 'output')) continue;
    for (const item of itemsOf(bytes, start)) {
      if (item.kind !== 'object') continue;
      const type = typeAt(bytes, item.start);
      if (search.isWanted(type)) search.found.push(pictureAt(bytes, item.start, item.end, search.textType));
      else if (type === 'tool_result' && !deep) collect(bytes, item.start, search, true);
    }
  }
}

/** Escaped spellings of a type are nobody's; they are not read. */
function typeAt(bytes: Buffer, start: number): string | undefined {
  const type = scanObject(bytes, start).findLast(({ key }) => key === 'type');
  return type?.kind === 'string' ? bytes.toString('latin1', type.start + 1, type.end - 1) : undefined;
}

function pictureAt(bytes: Buffer, start: number, end: number, textType: string): Picture {
  return {
    start,
    end,
    read() {
      const part = parseObject(bytes.toString('utf8', start, end));
      return part && readImage(part);
    },
    toldAs: (text) => ({ start, end, text: JSON.stringify({ type: textType, text }) }),
  };
}
