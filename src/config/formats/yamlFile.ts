/** YAML as PyYAML reads it (merge keys, yes and no), with the place of everything in it. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type ScalarTag,
  type Tags,
  visit,
} from 'yaml';
import { error } from '../../settings/checkBackend';
import type { Found, Segment } from '../../settings/path';
import { isObject } from '../../wires/read';
import { say } from '../sentences';
import type { SourceFile } from './jsonFile';

/** Aliases resolved at most, against files that unfold without end. A file of many models merges one anchor into each of them. */
const MAX_ALIASES = 10_000;

/** Parses YAML. Never throws. */
export function readYaml(text: string): SourceFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { version: '1.1', customTags: asPyYaml, lineCounter, prettyErrors: false });
  const [broken] = document.errors;
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (broken) {
    const position = at(broken.pos[0]);
    return {
      value: outline(document.contents),
      found: [error([], say.invalidYaml(broken.message))],
      positionOf: () => position,
    };
  }
  let value: unknown;
  const found: Found[] = [];
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (thrown) {
    found.push(whyUnresolved(document, String((thrown as Error).message)));
  }
  return { value, found, positionOf: (one) => at(one.offset ?? offsetOf(document.contents, one.at, one.key === true)) };
}

/** YAML 1.1 takes a lone y or n for yes and no; PyYAML takes it for the letter, which may name a model. */
const asPyYaml = (tags: Tags): Tags =>
  tags.map((tag) => (isBool(tag) ? { ...tag, test: new RegExp(`^(?![YyNn]$)${tag.test?.source}`) } : tag));
const isBool = (tag: Tags[number]): tag is ScalarTag => typeof tag === 'object' && tag.tag === 'tag:yaml.org,2002:bool';

/** What parses may still not resolve: an alias without its anchor, a merge of what is no mapping, a file that unfolds without end. */
function whyUnresolved(document: Document, message: string): Found {
  const anchors = new Set<string>();
  let lost: { name: string; offset: number } | undefined;
  visit(document, {
    Node(_, node) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.add(node.anchor);
      } else if (!anchors.has(node.source)) {
        lost = { name: node.source, offset: node.range?.[0] ?? 0 };
        return visit.BREAK;
      }
      return undefined;
    },
  });
  if (lost) return { ...error([], say.noAnchor(lost.name)), offset: lost.offset };
  return error([], message.startsWith('Merge ') ? say.invalidYaml(message) : say.endlessYaml);
}

/** Top-level keys of a broken file, enough to tell what it was meant to be. */
function outline(contents: unknown): unknown {
  if (!isMap(contents)) return undefined;
  return Object.fromEntries(contents.items.map(({ key }) => [isScalar(key) ? String(key.value) : '', null]));
}

function offsetOf(contents: unknown, path: readonly Segment[], wantsKey: boolean): number {
  let node: unknown = contents;
  let offset = startOf(node) ?? 0;
  for (const [index, segment] of path.entries()) {
    const next = childOf(node, segment);
    if (!next) break;
    const useKey = (wantsKey && index === path.length - 1) || startOf(next.value) === undefined;
    offset = startOf(useKey ? next.key : next.value) ?? offset;
    node = next.value;
  }
  return offset;
}

function childOf(node: unknown, segment: Segment): { key?: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
    return pair && { key: pair.key, value: pair.value };
  }
  if (!isObject(node) || !Array.isArray(node.items) || typeof segment !== 'number') return undefined;
  return segment in node.items ? { key: node.items[segment], value: node.items[segment] } : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
