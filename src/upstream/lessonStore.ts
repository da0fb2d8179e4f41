/**
 * What refusals taught and the next try proved (lessons.ts), by what answers: base URL, wire, model. Names only, bounded, in one
 * file of the data directory, and forgotten after a month (providers change their models) or by command (lessonsCommand.ts).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { writeWhole } from '../network/wholeFile';
import type { Target } from '../routing/backend';
import { WIRES } from '../wires/wire';
import type { Lesson } from './lessons';
import { keywordOf } from './schemaLessons';

const FILE = 'lessons.json';
/** Form of the file; another one is not read. */
const VERSION = 1;
const DAYS = 30;
const DAY_MS = 86_400_000;
const MOST_MODELS = 200;
const MOST_LESSONS = 12;
const MOST_BYTES = 1024 * 1024;
const LONGEST_MODEL = 256;
const LONGEST_NAME = 100;
/** How often a router looks whether its file was taken away, milliseconds. */
const LOOK_EVERY = 1_000;

const lessonForm = z.object({
  field: z
    .string()
    .max(200)
    .regex(/^[\w$.[\]-]+$/),
  do: z.enum(['drop', 'set', 'rename']),
  to: z.union([z.string().max(64), z.number()]).optional(),
  /** Milliseconds since the epoch. */
  at: z.number(),
});
const fileForm = z.object({
  version: z.literal(VERSION),
  models: z
    .array(
      z.object({
        place: z.string().length(16),
        wire: z.enum(WIRES),
        model: z.string().max(LONGEST_MODEL),
        /** What the backend was called then, for a person; nothing depends on it. */
        backend: z.string().max(LONGEST_NAME).optional(),
        lessons: z.array(lessonForm).max(MOST_LESSONS),
      }),
    )
    .max(MOST_MODELS),
});
type Learned = z.infer<typeof fileForm>['models'][number];
type KeptLesson = Learned['lessons'][number];

export interface LessonStore {
  /** What this model is known to refuse, where it answers and over this wire. */
  known(target: Target): readonly Lesson[];
  /** Called when a try with these changes was answered. */
  remember(target: Target, lessons: readonly Lesson[]): void;
  /** What is known about models of this address, for a person. */
  at(baseUrl: string): { model: string; lessons: readonly KeptLesson[] }[];
  /** Everything that is known, for a person. */
  all(): { model: string; backend?: string | undefined; lessons: readonly KeptLesson[] }[];
  /** All of it, on disk too. @returns of how many models something was known. @throws where the file cannot be taken away. */
  forget(): Promise<{ models: number }>;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

/** An unreadable file counts as empty: what it said is learned again. */
export function openLessonStore(given: { dataDir: string; now(): number; warn(line: string): void }): LessonStore {
  const file = path.join(given.dataDir, FILE);
  const learned = new Map(readLearned(file).map((one) => [keyOf(one), one]));
  let saved = Promise.resolve();
  let waiting = false;
  let refused = false;
  let onDisk = learned.size > 0;
  let lookedAt = given.now();

  const fresh = ({ lessons }: Learned) => lessons.filter(({ at }) => given.now() - at < DAYS * DAY_MS);

  /** Another process took the file away: what it held is forgotten. */
  function heedForgetting(): void {
    lookedAt = given.now();
    if (!onDisk || existsSync(file)) return;
    onDisk = false;
    learned.clear();
  }

  function save(): void {
    if (waiting) return;
    waiting = true;
    saved = saved.then(async () => {
      waiting = false;
      try {
        mkdirSync(given.dataDir, { recursive: true, mode: 0o700 });
        await writeWhole(file, JSON.stringify({ version: VERSION, models: [...learned.values()] }));
        onDisk = true;
        refused = false;
      } catch (error) {
        refused = true;
        given.warn(`What providers refuse could not be written down: ${(error as Error).message}`);
      }
    });
  }

  return {
    known(target) {
      if (Math.abs(given.now() - lookedAt) >= LOOK_EVERY) heedForgetting();
      if (learned.size === 0) return [];
      const found = learned.get(keyOf(placeOf(target)));
      return found ? fresh(found).map((lesson) => ({ ...lesson, lasting: true })) : [];
    },
    remember(target, lessons) {
      const lasting = lessons.filter((lesson) => lesson.lasting);
      const place = placeOf(target);
      if (lasting.length === 0 || place.model.length > LONGEST_MODEL) return;
      heedForgetting();
      const key = keyOf(place);
      const old = learned.get(key);
      // What was just proven replaces what was said of the same names before.
      const names = new Set(lasting.flatMap(({ field, do: what, to }) => (what === 'rename' ? [field, to] : [field])));
      const kept = old ? fresh(old).filter(({ field }) => !names.has(field)) : [];
      const added = lasting.map(({ field, do: what, to }) => ({
        field,
        do: what,
        ...(to !== undefined && { to }),
        at: given.now(),
      }));
      learned.delete(key);
      const backend = target.backend.name.slice(0, LONGEST_NAME);
      learned.set(key, { ...place, backend, lessons: [...kept, ...added].slice(-MOST_LESSONS) });
      const [oldest] = learned.keys();
      if (learned.size > MOST_MODELS && oldest !== undefined) learned.delete(oldest);
      save();
    },
    at(baseUrl) {
      heedForgetting();
      const place = hashed(baseUrl);
      return [...learned.values()]
        .filter((one) => one.place === place)
        .map((one) => ({ model: one.model, lessons: fresh(one) }))
        .filter(({ lessons }) => lessons.length > 0);
    },
    all: () =>
      [...learned.values()]
        .map(({ model, backend, ...one }) => ({ model, backend, lessons: fresh({ model, ...one }) }))
        .filter(({ lessons }) => lessons.length > 0),
    async forget() {
      heedForgetting();
      const models = learned.size;
      learned.clear();
      const gone = saved.then(async () => {
        await forgetLessons(given.dataDir);
        onDisk = refused = false;
      });
      saved = gone.catch(() => undefined);
      await gone;
      return { models };
    },
    async close() {
      await saved;
      if (refused) save();
      await saved;
    },
  };
}

/** A router that runs with this directory notices by itself. @throws where the file cannot be taken away. */
export async function forgetLessons(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, FILE), { force: true });
}

/** The rest of a sentence that begins with the model. */
export function lessonSince({ field, do: what, to, at }: KeptLesson): string {
  const since = new Date(at).toISOString().slice(0, 10);
  const keyword = keywordOf(field);
  if (keyword !== undefined) return `refuses ${keyword} in schemas: written without it since ${since}.`;
  if (what === 'drop') return `refuses ${field}: left out since ${since}.`;
  return what === 'set'
    ? `takes ${field} as ${to} only: set since ${since}.`
    : `takes ${to} in place of ${field}: renamed since ${since}.`;
}

function readLearned(file: string): Learned[] {
  try {
    if (statSync(file).size > MOST_BYTES) return [];
    return fileForm.parse(JSON.parse(readFileSync(file, 'utf8'))).models;
  } catch {
    return [];
  }
}

type Place = Pick<Learned, 'place' | 'wire' | 'model'>;

/** By what answers, not by the name a person gave it. */
function placeOf({ backend, upstreamModel }: Target): Place {
  return { place: hashed(backend.baseUrl), wire: backend.wire, model: upstreamModel };
}

function keyOf({ place, wire, model }: Place): string {
  return JSON.stringify([place, wire, model]);
}

/** An address may hold more than a name: only its print goes into the file. */
function hashed(baseUrl: string): string {
  return createHash('sha256').update(baseUrl).digest('hex').slice(0, 16);
}
