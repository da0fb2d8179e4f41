/** What models were found to refuse and get no more (issue 15 §4): told, so that nobody wonders where a parameter went. */
import { lessonSince } from '../upstream/lessonStore';
import { type Check, FORGET_LEARNED, ok } from './check';
import type { DoctorFacts } from './facts';
import { say } from './sentences';

/** Lines that are told in full. */
const MOST_LINES = 20;

export function learnedChecks({ backends, learned }: Pick<DoctorFacts, 'backends' | 'learned'>): Check[] {
  const lines = backends.flatMap(({ name, baseUrl, learns }) =>
    learns === false || !learned
      ? []
      : learned(baseUrl).flatMap(({ model, lessons }) =>
          lessons.map((lesson) => `${model} at ${name} ${lessonSince(lesson)}`),
        ),
  );
  if (lines.length === 0) return [];
  const more = lines.length - MOST_LINES;
  const shown = [
    ...lines.slice(0, MOST_LINES),
    ...(more > 0 ? [more === 1 ? 'There is 1 more.' : `There are ${more} more.`] : []),
  ];
  return [
    {
      id: 'learned',
      title: say.learned,
      limitMs: 1_000,
      look: async () => ok(shown.join(' '), FORGET_LEARNED),
    },
  ];
}
