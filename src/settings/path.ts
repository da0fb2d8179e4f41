/** Places in settings and files: how a path is written, and where an offset stands in a text. */
import { type Said, scrubSaid } from '../said';
import { maskKeys } from '../wires/keyShapes';
import { isObject } from '../wires/read';
import type { Problem } from './problem';

export type Segment = string | number;

/** A problem whose place is still a list of keys, so that a file reader can find the line of it. */
export interface Found {
  at: readonly Segment[];
  message: string;
  says?: Said;
  severity: Problem['severity'];
  /** The key at the end of `at` is meant, not its value. */
  key?: true;
  /** Where it stands in the text, when the path alone does not say. */
  offset?: number;
}

/** `backends[1].baseUrl`; keys that would be unreadable so are quoted, as `aliases["my model"]`. */
export function pathText(segments: readonly Segment[]): string {
  return segments
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      // A dotted key can only stand at the top of an own file, and means what it looks like.
      if (index === 0 && /^[\w$.-]+$/.test(segment)) return segment;
      return /^[\w$-]+$/.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
    })
    .join('');
}

/** A key may stand in the place of a name, and what is told here goes into logs. */
export function toProblem({ at, message, says, severity }: Found): Problem {
  return {
    path: maskKeys(pathText(at)),
    message: maskKeys(message),
    ...(says && { says: scrubSaid(says, maskKeys) }),
    severity,
  };
}

/** 1-based line and column of an offset, counting UTF-16 units as editors do. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
  return { line: before.split(/\r\n|\r|\n/).length, column: offset - lineStart + 1 };
}

/** The value at a path; undefined where the path leads nowhere. */
export function valueAt(value: unknown, segments: readonly Segment[]): unknown {
  return segments.reduce<unknown>(
    (inside, segment) => (isObject(inside) || Array.isArray(inside) ? Reflect.get(inside, segment) : undefined),
    value,
  );
}
