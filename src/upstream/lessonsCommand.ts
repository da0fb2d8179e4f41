/** `node dist/router.js lessons`: what refusals taught, and forgetting it (issue 15 §4). */
import path from 'node:path';
import { parseArguments } from '../arguments';
import { plainName } from '../wires/plainText';
import { forgetLessons, lessonSince, openLessonStore } from './lessonStore';

export const LESSONS_HELP = `Usage: node dist/router.js lessons [options]

Lists what models were found to refuse and therefore get no more, with the day it was learned.

  --forget            forget all of it; a running router notices by itself
  --json              one line of JSON instead of sentences
  --data-dir DIR      data directory of the router
`;

export interface LessonsWorld {
  /** Data directory of the router where --data-dir names none (design §4). */
  defaultDataDir(): string;
  out(text: string): void;
  err(text: string): void;
  now?: () => number;
}

/** @returns the exit code: 0, 1 when it could not be forgotten, 2 for arguments that cannot be used. */
export async function runLessonsCommand(args: readonly string[], world: LessonsWorld): Promise<number> {
  let asked: ReturnType<typeof readArguments>;
  try {
    asked = readArguments(args);
  } catch (error) {
    world.err(`${(error as Error).message}\n\n${LESSONS_HELP}`);
    return 2;
  }
  if (asked.help) {
    world.out(LESSONS_HELP);
    return 0;
  }
  const dataDir = path.resolve(asked['data-dir'] ?? world.defaultDataDir());
  const models = openLessonStore({ dataDir, now: world.now ?? Date.now, warn: world.err }).all();
  if (asked.forget) {
    try {
      await forgetLessons(dataDir);
    } catch (error) {
      world.err(`It could not be forgotten: ${(error as Error).message}\n`);
      return 1;
    }
  }
  world.out(asked.json ? `${JSON.stringify({ models, forgotten: asked.forget })}\n` : told(models, asked.forget));
  return 0;
}

function readArguments(args: readonly string[]) {
  const { values } = parseArguments({
    args: [...args],
    options: {
      forget: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      'data-dir': { type: 'string' },
    },
  });
  return values;
}

function told(models: ReturnType<ReturnType<typeof openLessonStore>['all']>, forgotten: boolean): string {
  const lines = models.flatMap(({ model, backend, lessons }) => {
    const who = backend === undefined ? plainName(model) : `${plainName(model)} at ${plainName(backend)}`;
    return lessons.map((lesson) => `${who} ${lessonSince(lesson)}`);
  });
  if (lines.length === 0) return 'Nothing was learned from refusals.\n';
  return [...lines, ...(forgotten ? ['', 'All of it is forgotten.'] : []), ''].join('\n');
}
