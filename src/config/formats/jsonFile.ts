/** JSON with comments and trailing commas, with the place of everything in it. */
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { type Found, positionAt, type Segment } from '../../settings/path';

/** A parsed file of any format. */
export interface SourceFile {
  value: unknown;
  /** Syntax errors and keys written twice. */
  found: Found[];
  /** 1-based place of a problem or, where the file has no such thing, of the nearest thing around it. */
  positionOf(found: Found): { line: number; column: number };
  /** Names the file where a problem stands in another one. */
  messageOf?(found: Found): string;
}

/** Parses JSON. Of several syntax errors the first is told: the others mostly follow from it. */
export function readJson(text: string): SourceFile {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const syntax = errors.slice(0, 5).map(({ error, offset }): Found & { offset: number } => ({
    at: [],
    message: SYNTAX[printParseErrorCode(error)] ?? 'This is not valid JSON.',
    severity: 'error',
    offset,
  }));
  const [first] = syntax;
  return {
    value: root && getNodeValue(root),
    found: first
      ? [first]
      : root
        ? repeatedKeys(root)
        : [{ at: [], message: 'This is not valid JSON.', severity: 'error' }],
    positionOf: ({ at, key, offset }) =>
      positionAt(text, first?.offset ?? offset ?? (root ? offsetOf(root, at, key === true) : 0)),
  };
}

const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This word is not valid JSON; texts stand in double quotes.',
  InvalidNumberFormat: 'This number is not valid JSON.',
  PropertyNameExpected: 'A name in double quotes is expected here.',
  ValueExpected: 'A value is expected here.',
  ColonExpected: 'A colon is expected here.',
  CommaExpected: 'A comma is expected before this.',
  CloseBraceExpected: 'A closing brace } is missing.',
  CloseBracketExpected: 'A closing bracket ] is missing.',
  EndOfFileExpected: 'Nothing may stand after the end of the configuration.',
  UnexpectedEndOfComment: 'This comment is never closed.',
  UnexpectedEndOfString: 'This text is never closed.',
  InvalidEscapeCharacter: 'This escape is not valid JSON; write a backslash as two.',
  InvalidUnicode: 'This \\u escape is not valid JSON.',
  InvalidCharacter: 'This character is not allowed here.',
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
      names.indexOf(name) < index
        ? [{ at: [...at, name], message: `${name} is written twice.`, severity: 'error', offset: property.offset }]
        : [];
    return [...again, ...(inside ? repeatedKeys(inside, [...at, name]) : [])];
  });
}
