import { failureOf, type Words } from '../said';

/** Rejects with `words` when `work` takes longer than `ms`; the work itself goes on unless it heeds a signal of its own. */
export async function within<T>(ms: number, words: Words, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failureOf(words)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs pieces of work one after the other, in the order of the calls; a failed one does not hold up the next. */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
}
