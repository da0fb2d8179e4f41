declare const __VERSION__: string;

/** Version of this build, from package.json. */
export const VERSION: string = __VERSION__;

/** Negative when version `a` is older than `b`. Numbers decide, then a pre-release (1.2.0-beta) is older than its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === '') return 1;
  if (right.pre === '') return -1;
  return left.pre < right.pre ? -1 : 1;
}

function split(version: string): { numbers: number[]; pre: string } {
  const [numbers = '', ...pre] = version.split('+', 1)[0]!.split('-');
  return { numbers: numbers.split('.').map((part) => Number.parseInt(part, 10) || 0), pre: pre.join('-') };
}
