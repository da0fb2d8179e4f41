/** Whether a refused attempt is made once more with what it taught (issue 15 §4). */
import type { Target } from '../routing/backend';
import { asksForResponses } from '../routing/wireChoice';
import { type Lesson, lessonsOf } from '../upstream/lessons';
import { wholeBody } from '../upstream/transport';
import type { JsonObject } from '../wires/conversation';
import type { Failed, Run } from './exchangeTypes';
import { learnsFrom } from './plan';

/** Refusals that one request may learn from: never a loop. */
export const MOST_LESSONS = 2;

export interface SentBody {
  /** On the wire that was spoken. */
  target: Target;
  body: Buffer | readonly Buffer[];
}

/** What to change before one more try; empty where the refusal is to be told. */
export function lessonsFrom({ speaker }: Run, { failure, sent }: Failed & { sent?: SentBody }): Lesson[] {
  // "Use /v1/responses" has a remedy of its own; where it cannot be used the refusal is told.
  if (!sent || !learnsFrom({ speaker, target: sent.target }) || asksForResponses(failure.message)) return [];
  try {
    return lessonsOf(failure, () => parsed(sent.body));
  } catch {
    // A string that nobody has read yet may hold a wrong escape: the provider has said so.
    return [];
  }
}

function parsed(body: SentBody['body']): JsonObject {
  return JSON.parse(
    wholeBody(body)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
  ) as JsonObject;
}
