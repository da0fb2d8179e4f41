/** Names for "did you mean": only for the text of an error, never for routing. */

const SHOWN = 5;
/** A name comes from outside and may be megabytes long. */
const LONGEST = 120;

/**
 * Candidates that look like `name`, best first, at most five. Compared without case, as a whole and by the part behind the last
 * slash, so that `gpt-4o` finds `openai/gpt-4o`.
 */
export function nearNames(name: string, candidates: readonly string[]): string[] {
  const asked = name.slice(0, LONGEST).toLowerCase();
  if (asked === '') return [];
  const scored = [...new Set(candidates)].flatMap((candidate) => {
    const score = distance(asked, candidate.slice(0, LONGEST).toLowerCase());
    return score === undefined ? [] : [{ candidate, score }];
  });
  return scored
    .sort((one, other) => one.score - other.score || one.candidate.localeCompare(other.candidate, 'en'))
    .slice(0, SHOWN)
    .map(({ candidate }) => candidate);
}

/** Smaller is nearer; undefined is too far. */
function distance(asked: string, candidate: string): number | undefined {
  const whole = editDistance(asked, candidate);
  const tail = editDistance(lastPart(asked), lastPart(candidate)) + 0.5;
  const { length } = lastPart(asked);
  // Of a very short name everything would be near.
  const limit = Math.min(Math.max(2, Math.floor(length / 3)), length - 1);
  const nearest = Math.min(whole, tail);
  if (nearest <= limit) return nearest;
  const contained = length >= 4 && lastPart(candidate).includes(lastPart(asked));
  return contained ? limit + 1 : undefined;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Levenshtein distance, one row at a time. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
