/** What a provider said to a request that failed, fit for a file: a sentence, headers that matter, body without prompt and keys. */
import type { Said } from '../ledger/record';
import { type Words, wordsOf } from '../said';
import type { UpstreamHeaders } from '../upstream/send';
import type { ApiFailure } from '../wires/conversation';
import { maskKeys } from '../wires/keyShapes';
import { keptSentence, type Saying, withoutEcho } from './keptWords';

/** What support asks for, and what says when to come again. Never cookies, never an account's name. */
const MATTER =
  /^(content-type|retry-after(-ms)?|x-should-retry|(x-)?request-id|apim-request-id|cf-ray|(x|anthropic)-ratelimit-.*|via|server)$/;
const MOST_BODY = 1_000;

/** A failure, and the answer that told it where there was one. */
interface Heard {
  failure: ApiFailure;
  /** The sentence is the provider's own, and may repeat the request. */
  echoes: boolean;
  said?: { headers: UpstreamHeaders; body: string };
}

/** Sentence and answer, both searched for the request in one pass over it. */
export function keptOf(
  { failure, echoes, said }: Heard,
  request: Buffer,
  { key, names }: { key: string | undefined; names: readonly string[] },
): { kept: Words; said?: Said } {
  const bare = key ? said?.body.replaceAll(key, '[hidden]') : said?.body;
  const read = bare?.slice(0, 4 * MOST_BODY);
  const sayings: Saying[] = [
    ...(read ? [{ text: readable(read), spare: names, whole: read.length === bare?.length }] : []),
    ...(echoes ? [{ text: failure.message }] : []),
  ];
  const told = sayings.length > 0 ? withoutEcho(sayings, request) : [];
  const kept = echoes ? keptSentence(failure, told.at(-1)) : wordsOf(failure);
  if (!said) return { kept };
  const headers = headersThatMatter(said.headers);
  if (!read) return { kept, said: { headers } };
  const body = told[0] === undefined ? '(not kept: the request is very large)' : maskKeys(told[0]).slice(0, MOST_BODY);
  return { kept, said: { headers, body } };
}

function headersThatMatter(all: UpstreamHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(all))
    if (value !== undefined && MATTER.test(name)) headers[name] = value.slice(0, 200);
  return headers;
}

/** JSON in JSON is escaped over and over; words are found in plain text. */
function readable(text: string): string {
  return text
    .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\+[nrt]/g, ' ')
    .replace(/\\+(["/])/g, '$1');
}
