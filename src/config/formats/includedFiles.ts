/** `include:` of a LiteLLM file (docs.litellm.ai/docs/proxy/config_management, 2026-11): other files merged into it as LiteLLM does. */
import { messageOf, type Said, type Words, wordsOf } from '../../said';
import { error, warning } from '../../settings/checkBackend';
import type { Found } from '../../settings/path';
import type { JsonObject } from '../../wires/conversation';
import { isObject } from '../../wires/read';
import { say } from '../sentences';
import type { SourceFile } from './jsonFile';
import { readYaml } from './yamlFile';

/** One file that another one includes; without `text` it cannot be read. */
export interface IncludedFile {
  /** Whole path: the same file is merged once. */
  path: string;
  text?: string;
}

export interface ReadIncludes {
  /** Whole path of the file that is read; one that includes it again goes in a circle. */
  root: string;
  /** Finds a file as it is named in the file `from`. */
  read(name: string, from: string): IncludedFile;
}

/** What a value of the merged file is part of. In a list the part begins at `start`. */
interface Part {
  start: number;
  /** Undefined for the file itself. */
  origin?: { path: string; source: SourceFile; at: Found['at'] };
}

/** Enough for any configuration; circles end by themselves. */
const MOST_FILES = 100;

/**
 * The file with everything that it includes: lists grow, any other value is replaced by the later file. What is wrong inside an
 * included file stands at the `include` line, with file and line in its message. Without `files` they are only told.
 */
export function withIncludes(main: SourceFile, files: ReadIncludes | undefined): SourceFile {
  if (!isObject(main.value) || main.value.include === undefined || main.value.include === null) return main;
  const found: Found[] = [...main.found];
  const { include: first, ...value } = main.value;
  const parts = new Map<string, Part[]>(Object.keys(value).map((key) => [key, [{ start: 0 }]]));
  const seen = new Set<string>(files ? [files.root] : []);
  const pending: { list: unknown; from: string; at?: Found['at'] }[] = [{ list: first, from: files?.root ?? '' }];
  for (let next = pending.shift(); next; next = pending.shift()) {
    const { list, from } = next;
    const full = seen.size >= MOST_FILES;
    if (!Array.isArray(list)) {
      found.push(error(next.at ?? ['include'], say.noIncludeList));
      continue;
    }
    for (const [index, name] of list.entries()) include(name, next.at ?? ['include', index], from, full);
  }
  return { value, found, positionOf: (one) => main.positionOf(placeOf(one)), wordsOf: wordsIn };

  function include(name: unknown, at: Found['at'], from: string, full: boolean): void {
    if (typeof name !== 'string') {
      found.push(error(at, say.noIncludeList));
      return;
    }
    if (!files) {
      found.push(warning(at, say.includeNotRead(name)));
      return;
    }
    const { path, text } = files.read(name, from);
    if (seen.has(path)) return;
    seen.add(path);
    if (full) {
      found.push(error(at, say.tooManyIncludes(path, MOST_FILES)));
      return;
    }
    const source = text === undefined ? undefined : readYaml(text);
    if (!source || (!isObject(source.value) && source.found.length === 0)) {
      found.push(error(at, (source ? say.strangeInclude : say.unreadInclude)(path)));
      return;
    }
    for (const one of source.found) found.push({ ...one, at, ...messageOf(located(path, source, one)) });
    if (isObject(source.value)) merge(source.value, { path, source, at });
  }

  function merge(included: JsonObject, origin: NonNullable<Part['origin']>): void {
    for (const [key, item] of Object.entries(included)) {
      const before = value[key];
      if (key === 'include') {
        pending.push({ list: item, from: origin.path, at: origin.at });
      } else if (Array.isArray(item) && Array.isArray(before)) {
        parts.get(key)?.push({ start: before.length, origin });
        value[key] = [...before, ...item];
      } else {
        parts.set(key, [{ start: 0, origin }]);
        value[key] = item;
      }
    }
  }

  /** The part of a place, and the place inside it. */
  function partOf({ at, ...rest }: Found): { part: Part | undefined; inside: Found } {
    const [key, index, ...more] = at;
    const own = parts.get(String(key)) ?? [];
    if (typeof index !== 'number') return { part: own.at(-1), inside: { at, ...rest } };
    const part = own.findLast(({ start }) => start <= index);
    return { part, inside: { ...rest, at: [key!, index - (part?.start ?? 0), ...more] } };
  }

  function placeOf(one: Found): Found {
    const origin = partOf(one).part?.origin;
    return origin ? { at: origin.at, ...messageOf(wordsOf(one)), severity: one.severity } : one;
  }

  function wordsIn(one: Found): Words {
    const { part, inside } = partOf(one);
    return part?.origin ? located(part.origin.path, part.origin.source, inside) : wordsOf(one);
  }
}

function located(path: string, source: SourceFile, one: Found): Said {
  return say.inFile(path, source.positionOf(one).line, wordsOf(one));
}
