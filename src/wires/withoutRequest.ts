/**
 * Takes out of a provider's words what stood in the request, so that they can be kept: no prompt belongs into a file. What goes
 * is every run of words that the request has too, and every quotation of it; names of fields stay. Pure.
 */

/** Words in a row that are taken for a quotation: fewer are found in any two texts. */
const RUN = 3;
const WORD = /[\p{L}\p{N}_]+/gu;
/** Values of requests that are no prompt. */
const PLAIN: ReadonlySet<string> = new Set(['user', 'assistant', 'system', 'developer', 'tool', 'function', 'text']);

/** @param spare names that stay although the request has them, such as the model's */
export function withoutRequest(text: string, request: string, spare: readonly string[] = []): string {
  const said = unescaped(text);
  const asked = unescaped(request);
  const shared = sharedWords(said, asked);
  const fields = new Set([...asked.matchAll(/"([^"\\]{1,64})"\s*:/g)].map(([, name]) => name!));
  const stays = (inner: string): boolean => PLAIN.has(inner) || fields.has(inner);
  const names = spare.filter((name) => name.length > 2).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pieces = names.length > 0 ? said.split(new RegExp(`(${names.join('|')})`)) : [said];
  return pieces
    .map((piece, at) => (at % 2 === 1 ? piece : withoutQuotations(withoutRuns(piece, shared), shared, stays)))
    .join('');
}

/** Which of the up to three words in a row of `said` stand so in `asked`: one pass over each, however long. */
function sharedWords(said: string, asked: string): Set<string> {
  const wanted = new Set<string>();
  for (const run of runsOf(said)) wanted.add(run);
  const shared = new Set<string>();
  for (const run of runsOf(asked)) if (wanted.has(run)) shared.add(run);
  return shared;
}

function* runsOf(text: string): Generator<string, void> {
  const before: string[] = [];
  for (const [word] of text.matchAll(WORD)) {
    before.push(word);
    if (before.length > RUN) before.shift();
    for (let from = 0; from < before.length; from++) yield before.slice(from).join(' ');
  }
}

function withoutRuns(text: string, shared: ReadonlySet<string>): string {
  const found = [...text.matchAll(WORD)];
  const taken = new Set<number>();
  for (let at = 0; at + RUN <= found.length; at++) {
    const run = found.slice(at, at + RUN).map(([word]) => word);
    if (shared.has(run.join(' '))) for (let next = at; next < at + RUN; next++) taken.add(next);
  }
  let out = '';
  let done = 0;
  for (let at = 0; at < found.length; at++) {
    if (!taken.has(at)) continue;
    const first = found[at]!;
    while (taken.has(at + 1)) at++;
    const last = found[at]!;
    out += `${text.slice(done, first.index)}…`;
    done = last.index + last[0].length;
  }
  return out + text.slice(done);
}

function withoutQuotations(text: string, shared: ReadonlySet<string>, stays: (inner: string) => boolean): string {
  return text.replace(/(["'`])([^"'`]{1,200})\1/g, (whole, quote: string, inner: string) => {
    const own = inner.match(WORD)?.join(' ');
    return own === undefined || stays(inner) || !shared.has(own) ? whole : `${quote}…${quote}`;
  });
}

/** JSON in JSON is escaped over and over. */
function unescaped(text: string): string {
  return text
    .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\+[nrt]/g, ' ')
    .replace(/\\+(["/])/g, '$1');
}
