/** JSON with comments and trailing commas, with the place of everything in it. */
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import type { Said, Words } from '../../said';
import { error } from '../../settings/checkBackend';
import { type Found, positionAt, type Segment } from '../../settings/path';
import { say } from '../sentences';

/** A parsed file of any format. */
export interface SourceFile {
  value: unknown;
  /** Syntax errors and keys written twice. */
  found: Found[];
  /** 1-based place of a problem or, where the file has no such thing, of the nearest thing around it. */
  positionOf(found: Found): { line: number; column: number };
  /** Names the file where a problem stands in another one. */
  wordsOf?(found: Found): Words;
}

/** Parses JSON. Of several syntax errors the first is told: the others mostly follow from it. */
export function readJson(text: string): SourceFile {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const syntax = errors.slice(0, 5).map((one) => ({
    ...error([], SYNTAX[printParseErrorCode(one.error)] ?? say.invalidJson),
    offset: one.offset,
  }));
  const [first] = syntax;
  return {
    value: root && getNodeValue(root),
    found: first ? [first] : root ? repeatedKeys(root) : [error([], say.invalidJson)],
    positionOf: ({ at, key, offset }) => positionAt(text, offset ?? (root ? offsetOf(root, at, key === true) : 0)),
  };
}

const SYNTAX: Readonly<Record<string, Said>> = {
  InvalidSymbol: say.invalidWord,
  InvalidNumberFormat: say.invalidNumber,
  PropertyNameExpected: say.nameExpected,
  ValueExpected: say.valueExpected,
  ColonExpected: say.colonExpected,
  CommaExpected: say.commaExpected,
  CloseBraceExpected: say.braceExpected,
  CloseBracketExpected: say.bracketExpected,
  EndOfFileExpected: say.endExpected,
  UnexpectedEndOfComment: say.openComment,
  UnexpectedEndOfString: say.openText,
  InvalidEscapeCharacter: say.invalidEscape,
  InvalidUnicode: say.invalidUnicode,
  InvalidCharacter: say.invalidCharacter,
};

function offsetOf(root: Node, at: readonly Segment[], key: boolean): number {
  for (let length = at.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, [...at.slice(0, length)]);
    if (node) return (key && length === at.length ? node.parent?.offset : undefined) ?? node.offset;
  }
  return root.offset;
}

/** JSON lets the last of two equal keys win in silence; a person never means that. */
function repeatedKeys(node: Node, at: readonly Segment[] = []): Found[] {
  const children = node.children ?? [];
  if (node.type === 'array') return children.flatMap((child, index) => repeatedKeys(child, [...at, index]));
  if (node.type !== 'object') return [];
  const names = children.map((property) => String(property.children?.[0]?.value));
  return children.flatMap((property, index) => {
    const name = names[index] ?? '';
    const inside = property.children?.[1];
    const again: Found[] =
      names.indexOf(name) < index ? [{ ...error([...at, name], say.writtenTwice(name)), offset: property.offset }] : [];
    return [...again, ...(inside ? repeatedKeys(inside, [...at, name]) : [])];
  });
}
