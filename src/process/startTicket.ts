/**
 * Which of many windows starts the next router process. Not the election (that is the claim of a generation): it only keeps
 * twenty windows from starting twenty processes of which nineteen give up. Each try is a file of its own, made by exclusive create.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createWhole } from '../network/wholeFile';
import type { Message } from '../said';
import type { RuntimeDir } from './runtimeDir';

/** How a try ended badly, for the windows that wait for it. */
export interface StartFailure extends Message {
  /** Trying again by itself makes no sense: the runtime did not answer at all. */
  final: boolean;
}

export type Ticket =
  /** This window starts the process. */
  | { kind: 'mine'; fail: (failure: StartFailure) => Promise<void> }
  /** Another one does, and has `leftMs` more for it; `failure` reads how that went wrong, if it did. */
  | { kind: 'theirs'; leftMs: number; failure: () => Promise<StartFailure | undefined> };

interface Attempt {
  number: number;
  at: number;
}

/** Takes part in starting `generation`. `lifetime`: milliseconds after which a try without any outcome is over. */
export async function takeTicket(
  dir: RuntimeDir,
  generation: number,
  lifetime: number,
  now: () => number = Date.now,
): Promise<Ticket> {
  for (;;) {
    const last = await lastAttempt(dir, generation);
    if (last !== undefined) {
      const { number, at } = last;
      // A distance, not a moment: whoever waits goes by a clock that is never set back.
      const leftMs = at + lifetime - now();
      const underWay = leftMs > 0 && leftMs <= lifetime && (await readFailure(dir, generation, number)) === undefined;
      if (underWay) return { kind: 'theirs', leftMs, failure: () => readFailure(dir, generation, number) };
    }
    const number = (last?.number ?? 0) + 1;
    if (await createWhole(ticketFile(dir, generation, number), `${JSON.stringify({ at: now() })}\n`)) {
      const fail = async (failure: StartFailure): Promise<void> => {
        await createWhole(failureFile(dir, generation, number), `${JSON.stringify(failure)}\n`).catch(() => undefined);
      };
      return { kind: 'mine', fail };
    }
  }
}

const ticketFile = (dir: RuntimeDir, generation: number, attempt: number): string =>
  path.join(dir.run, `start-${generation}-${attempt}.json`);
const failureFile = (dir: RuntimeDir, generation: number, attempt: number): string =>
  path.join(dir.run, `start-${generation}-${attempt}.failed`);

async function lastAttempt(dir: RuntimeDir, generation: number): Promise<Attempt | undefined> {
  const prefix = `start-${generation}-`;
  const numbers = (await readdir(dir.run))
    .filter((name) => name.startsWith(prefix) && name.endsWith('.json'))
    .map((name) => Number(name.slice(prefix.length, -'.json'.length)))
    .filter(Number.isSafeInteger);
  if (numbers.length === 0) return undefined;
  const number = Math.max(...numbers);
  const read = (await readJson(ticketFile(dir, generation, number))) as { at?: unknown } | undefined;
  return { number, at: typeof read?.at === 'number' ? read.at : 0 };
}

async function readFailure(dir: RuntimeDir, generation: number, attempt: number): Promise<StartFailure | undefined> {
  const read = (await readJson(failureFile(dir, generation, attempt))) as Partial<StartFailure> | undefined;
  if (read === undefined) return undefined;
  const { message, says, final } = read;
  return { message: String(message), ...(says && { says }), final: final === true };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) ?? undefined;
  } catch {
    return undefined;
  }
}
