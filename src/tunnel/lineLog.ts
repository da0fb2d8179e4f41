/** The log of a program as lines: cut anywhere, several in a chunk. Pure. */
import type { ProgramEvent, ProgramLog } from './program';

const MAX_LINE = 65_536;
const KEPT = 10;

/** `read` says what a line means, and keeps what it means to a person. */
export function createLineLog(read: (line: string, keep: (text: string) => void) => ProgramEvent[]): ProgramLog {
  let rest = '';
  const kept: string[] = [];
  const keep = (text: string): void => {
    kept.push(text.slice(0, 300));
    if (kept.length > KEPT) kept.shift();
  };
  return {
    push(chunk) {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(-MAX_LINE);
      return lines.flatMap((line) => read(line.trim(), keep));
    },
    lastLines: () => [...kept],
  };
}
