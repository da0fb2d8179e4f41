/** What a provider said to a request that failed, fit for a file: status, headers that matter, body without prompt and keys. */
import type { Said } from '../ledger/record';
import type { UpstreamHeaders } from '../upstream/send';
import { maskKeys } from '../wires/keyShapes';
import { withoutEcho } from './keptWords';

/** What support asks for, and what says when to come again. Never cookies, never an account's name. */
const MATTER =
  /^(content-type|retry-after(-ms)?|x-should-retry|(x-)?request-id|apim-request-id|cf-ray|(x|anthropic)-ratelimit-.*|via|server)$/;
const MOST_BODY = 1_000;
/** A larger request is not searched for each of its failures; then the body is not kept. */
const MOST_REQUEST = 1024 * 1024;

export function saidBy(
  answer: { headers: UpstreamHeaders; body: string },
  request: Buffer,
  { key, names }: { key: string | undefined; names: readonly string[] },
): Said {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && MATTER.test(name)) headers[name] = value.slice(0, 200);
  if (answer.body === '') return { headers };
  if (request.length > MOST_REQUEST) return { headers, body: '(not kept: the request is very large)' };
  const bare = key ? answer.body.replaceAll(key, '[hidden]') : answer.body;
  const read = bare.slice(0, 4 * MOST_BODY);
  const told = withoutEcho(readable(read), request, names, read.length < bare.length);
  return { headers, body: maskKeys(told).slice(0, MOST_BODY) };
}

/** JSON in JSON is escaped over and over; words are found in plain text. */
function readable(text: string): string {
  return text
    .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\+[nrt]/g, ' ')
    .replace(/\\+(["/])/g, '$1');
}
