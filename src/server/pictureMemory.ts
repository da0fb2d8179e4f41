/** Descriptions by picture, model and client key; of this process, since they are what prompts are made of. */
export interface PictureMemory {
  words(of: string): string | undefined;
  keep(of: string, words: string): void;
}

const MOST_KEPT = 500;

export function createPictureMemory(): PictureMemory {
  const kept = new Map<string, string>();
  return {
    words(of) {
      const words = kept.get(of);
      if (words === undefined) return undefined;
      // The one looked for last goes last.
      kept.delete(of);
      kept.set(of, words);
      return words;
    },
    keep(of, words) {
      kept.set(of, words);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    },
  };
}
