/**
 * Cursor's settings as text: the fields that make it use this router put in, and taken out again. Everything else keeps its exact
 * bytes; a form that is not the known one is refused. Pure.
 */
import { SaidError } from '../said';
import { editObject, type JsonEntry, readString, scanArray, scanObject, splice } from '../wires/jsonText';
import { say } from './sentences';

export interface Wanted {
  baseUrl: string;
  /** Names to add to Cursor's list of models, switched on. */
  models: readonly string[];
}

/** What was put in the place of what, so that each field can go back by itself. JSON texts; absent: there was no such field. */
export interface Replaced {
  openAIBaseUrl: { was?: string; ours: string };
  useOpenAIKey: { was?: string; ours: string };
  /** Names that were not there before; `made`: there was no such list. */
  userAddedModels: { added: string[]; made: boolean };
  modelOverrideEnabled: { added: string[]; made: boolean };
}

/** The text is not what is known of Cursor. The message is a sentence. */
export class UnknownForm extends SaidError {
  constructor() {
    super(say.unknownForm);
  }
}

const SCALARS = ['openAIBaseUrl', 'useOpenAIKey'] as const;
const LISTS = ['userAddedModels', 'modelOverrideEnabled'] as const;

interface Parts {
  top: JsonEntry[];
  ai: JsonEntry;
  inner: JsonEntry[];
}

/** @throws UnknownForm */
export function putIn(row: Buffer, { baseUrl, models }: Wanted): { row: Buffer; replaced: Replaced } {
  const { top, ai, inner } = partsOf(row);
  const ours = { openAIBaseUrl: JSON.stringify(baseUrl), useOpenAIKey: 'true' };
  const edits = SCALARS.flatMap((key) => {
    const entry = find(top, key);
    return entry ? [{ start: entry.start, end: entry.end, text: ours[key] }] : [];
  });
  const missing = SCALARS.filter((key) => !find(top, key)).map((key) => [key, ours[key]] as const);
  const made = LISTS.filter((key) => !find(inner, key));
  const added = (key: (typeof LISTS)[number]): string[] => {
    const entry = find(inner, key);
    const there = new Set(entry ? namesIn(row, entry) : []);
    return [...new Set(models)].filter((name) => !there.has(name));
  };
  const lists = LISTS.flatMap((key) => {
    const entry = find(inner, key);
    const names = added(key);
    if (!entry || names.length === 0) return [];
    const items = scanArray(row, entry.start);
    const text = names.map((name) => JSON.stringify(name)).join(',');
    const at = items.at(-1)?.end ?? entry.start + 1;
    return [{ start: at, end: at, text: items.length > 0 ? `,${text}` : text }];
  });
  const newLists = models.length === 0 ? [] : made.map((key) => [key, JSON.stringify(added(key))] as const);
  const replaced: Replaced = {
    openAIBaseUrl: { ...wasIn(row, find(top, 'openAIBaseUrl')), ours: ours.openAIBaseUrl },
    useOpenAIKey: { ...wasIn(row, find(top, 'useOpenAIKey')), ours: ours.useOpenAIKey },
    userAddedModels: { added: added('userAddedModels'), made: made.includes('userAddedModels') },
    modelOverrideEnabled: { added: added('modelOverrideEnabled'), made: made.includes('modelOverrideEnabled') },
  };
  return {
    row: splice(row, [
      ...edits,
      ...lists,
      ...editObject(row, inner, { append: newLists }, ai.start),
      ...editObject(row, top, { append: missing }),
    ]),
    replaced,
  };
}

/** Each field goes back where it still holds what we wrote; what Cursor wrote since stays. @throws UnknownForm */
export function takeOut(row: Buffer, replaced: Replaced): Buffer {
  const { top, ai, inner } = partsOf(row);
  const edits = [];
  const goes = new Set<number>();
  for (const key of SCALARS) {
    const { was, ours } = replaced[key];
    const entry = find(top, key);
    if (!entry || textOf(row, entry) !== ours) continue;
    if (was === undefined) goes.add(top.indexOf(entry));
    else edits.push({ start: entry.start, end: entry.end, text: was });
  }
  const gone = new Set<number>();
  for (const key of LISTS) {
    const { added, made } = replaced[key];
    const entry = find(inner, key);
    if (!entry || added.length === 0) continue;
    const items = scanArray(row, entry.start);
    const kept = items.filter((item) => !added.includes(readString(row, item)));
    if (kept.length === items.length && items.length > 0) continue;
    if (made && kept.length === 0) gone.add(inner.indexOf(entry));
    else
      edits.push({
        start: entry.start,
        end: entry.end,
        text: `[${kept.map((item) => row.toString('utf8', item.start, item.end)).join(',')}]`,
      });
  }
  return splice(row, [
    ...edits,
    ...editObject(row, inner, { remove: gone }, ai.start),
    ...editObject(row, top, { remove: goes }),
  ]);
}

function partsOf(row: Buffer): Parts {
  try {
    const top = scanObject(row);
    const ai = find(top, 'aiSettings');
    if (ai?.kind !== 'object') throw new UnknownForm();
    const inner = scanObject(row, ai.start);
    const url = find(top, 'openAIBaseUrl')?.kind ?? 'null';
    const on = find(top, 'useOpenAIKey')?.kind ?? 'boolean';
    if (!['null', 'string'].includes(url) || on !== 'boolean') throw new UnknownForm();
    for (const key of LISTS) {
      const entry = find(inner, key);
      if (entry) namesIn(row, entry);
    }
    return { top, ai, inner };
  } catch {
    throw new UnknownForm();
  }
}

/** A key that stands there twice is a form that is not known. */
function find(entries: readonly JsonEntry[], key: string): JsonEntry | undefined {
  const [entry, another] = entries.filter((one) => one.key === key);
  if (another) throw new UnknownForm();
  return entry;
}

function namesIn(row: Buffer, entry: JsonEntry): string[] {
  if (entry.kind !== 'array') throw new UnknownForm();
  return scanArray(row, entry.start).map((item) => readString(row, item));
}

const textOf = (row: Buffer, { start, end }: JsonEntry): string => row.toString('utf8', start, end);
const wasIn = (row: Buffer, entry: JsonEntry | undefined): { was?: string } =>
  entry ? { was: textOf(row, entry) } : {};
