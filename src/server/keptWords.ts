/**
 * What of a provider's sentence may be kept. A provider may repeat the request in it, quoted or not; whoever sent the request is
 * told the whole sentence, but files hold no prompt: kind, status, code and parameter stay, and of the words those that did not
 * stand in the request. Words of any error message stay by themselves; in a row of three they may be a piece of the prompt.
 */
import { keptAs, messageOf, type Words, wordsOf } from '../said';
import type { ApiFailure } from '../wires/conversation';

/** Larger requests are not searched; then nothing of the sentence is kept. */
const LARGEST_SEARCHED = 8 * 1024 * 1024;
/** So many words in a row that stand so in the request are a piece of it, whatever they are. */
const ROW = 3;
const LEFT_OUT = '…';
/** Scripts without spaces are read by the character. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{M}\p{N}_])+/gu;

/** The sentence about a provider's failure that record, log and story hold; with code and parameter where words are missing. */
export function keptSentence(failure: ApiFailure, sentence = LEFT_OUT): Words {
  const { message, code, param } = failure;
  if (sentence === message) return wordsOf(failure);
  const facts = [...(isName(code) ? [`code ${code}`] : []), ...(isName(param) ? [`parameter ${param}`] : [])].filter(
    (fact) => !sentence.includes(fact.slice(fact.indexOf(' ') + 1)),
  );
  return keptAs(wordsOf(failure), facts.length > 0 ? `${sentence} (${facts.join(', ')})` : sentence);
}

/** The same of a failure that is kept without an answer beside it. */
export function keptWords(failure: ApiFailure, body: Buffer): Words {
  return keptSentence(failure, withoutEcho([{ text: failure.message }], body)[0]);
}

/** Codes and paths of parameters have no spaces and are short. */
function isName(text: string | null | undefined): text is string {
  return typeof text === 'string' && /^[\w.[\]-]{1,80}$/.test(text);
}

/** What a provider said in one place. */
export interface Saying {
  text: string;
  /** Names that stay although the request has them, such as the model's. */
  spare?: readonly string[];
  /** It ends where the provider ended it: nowhere else may it end within a word of the request. */
  whole?: boolean;
}

interface Word {
  text: string;
  from: number;
  to: number;
  /** Words before it since the beginning or a spared name: no row of words goes over that. */
  nth: number;
  /** What follows says that it was cut: the request may hold a longer word. */
  cut: boolean;
}

/** Each saying without the words that stood in the request; what stands for them is `…`. None where it is too large to search. */
export function withoutEcho(sayings: readonly Saying[], body: Buffer): string[] {
  if (body.length > LARGEST_SEARCHED) return [];
  const words = sayings.map(wordsIn);
  const echoed = echoesIn(words.flat(), body);
  return sayings.map(({ text }, at) => withoutWords(text, words[at]!, echoed.splice(0, words[at]!.length)));
}

function withoutWords(said: string, words: readonly Word[], echoed: readonly boolean[]): string {
  let kept = '';
  let at = 0;
  let open = false;
  words.forEach((word, index) => {
    if (word.nth === 0) open = false;
    if (!echoed[index]) {
      kept += said.slice(at, word.to);
      open = false;
    } else if (!open) {
      kept += said.slice(at, word.from) + LEFT_OUT;
      open = true;
    }
    at = word.to;
  });
  return kept + said.slice(at);
}

function wordsIn({ text, spare = [], whole = false }: Saying): Word[] {
  const names = spare.filter((name) => name.length > 2).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pieces = names.length === 0 ? [text] : text.split(new RegExp(`(${names.join('|')})`));
  let end = 0;
  return pieces.flatMap((piece, at) => {
    const start = end;
    end += piece.length;
    // Between the pieces stand the names.
    if (at % 2 === 1) return [];
    const found = [...piece.matchAll(WORD)];
    return found.map((match, nth) => {
      const to = match.index + match[0].length;
      const isLast = !whole && at === pieces.length - 1 && nth === found.length - 1;
      const cut = isLast || /^(…|\.\.)/.test(piece.slice(to, to + 2));
      return { text: match[0].toLowerCase(), from: start + match.index, to: start + to, nth, cut };
    });
  });
}

/** One pass over the request: every word and every row of words of the sayings is looked for until it is found once. */
function echoesIn(words: readonly Word[], body: Buffer): boolean[] {
  const echoed = words.map(() => false);
  const single = new Map<string, number[]>();
  const beginnings = new Map<string, number[]>();
  const rows = new Map<string, number[]>();
  words.forEach(({ text, nth, cut }, at) => {
    if (!isOrdinary(text)) add(single, text, at);
    if (cut && text.length > 2) add(beginnings, text, at);
    if (nth >= ROW - 1) add(rows, rowOf(words.slice(at - ROW + 1, at + 1).map((word) => word.text)), at);
  });
  const lengths = [...new Set([...beginnings.keys()].map((text) => text.length))];
  function found(places: Map<string, number[]>, text: string, length: number): void {
    const known = places.get(text);
    if (!known) return;
    places.delete(text);
    for (const at of known) echoed.fill(true, at - length + 1, at + 1);
  }
  /** The last words of the request, each in the forms it may have. */
  let last: string[][] = [];
  for (const match of unescaped(body).matchAll(WORD)) {
    const text = match[0].toLowerCase();
    // Behind a backslash the first letter may belong to it (\n, \t), once or several times escaped; alone it is no word then.
    const isEscaped = match.index > 0 && match.input[match.index - 1] === '\\';
    if (isEscaped && text.length === 1) continue;
    const forms = isEscaped ? [text, text.slice(1)] : [text];
    for (const form of forms) found(single, form, 1);
    for (const length of lengths) if (text.length >= length) found(beginnings, text.slice(0, length), 1);
    last = [...last.slice(1 - ROW), forms];
    if (last.length === ROW) for (const row of everyRow(last)) found(rows, row, ROW);
  }
  return echoed;
}

function add(places: Map<string, number[]>, text: string, at: number): void {
  const known = places.get(text);
  if (known) known.push(at);
  else places.set(text, [at]);
}

function rowOf(words: readonly string[]): string {
  return words.join(' ');
}

function everyRow(last: readonly string[][]): string[] {
  return last.reduce<string[]>(
    (rows, forms) => (rows.length === 0 ? forms : rows.flatMap((row) => forms.map((form) => `${row} ${form}`))),
    [],
  );
}

/** Letters that a writer of JSON escaped are letters again. */
function unescaped(body: Buffer): string {
  const text = body.toString('utf8');
  if (!text.includes('\\u')) return text;
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Words that any provider's sentence has: alone they tell nothing of a prompt. */
function isOrdinary(word: string): boolean {
  return word.length === 1 ? !/\d/.test(word) : ORDINARY.has(word);
}

const ORDINARY: ReadonlySet<string> = new Set(
  `a about above account accept accepted accepts access add added additional after again all allow allowed already also an and
another any api are argument arguments array as assistant at available be because been before between block blocks body boolean
but by cache call called calls can cannot capacity change characters chat check choose claude code completion completions config
configuration contact contain contained contains content context could credit current currently data default deprecated did
different disabled do docs documentation does doesn don each effort either empty enabled encountered end endpoint enough error
errors exceed exceeded exceeds exist existing exists expected failed false field fields file first following follow for format
found free from full function gemini generate get given gpt greater had has have header high higher history id if image images in
include includes incorrect information input inputs instead instructions integer internal invalid is it item items its json key
keys last latest least left length less like limit limited limits list long longer low lower make many max maximum may medium
message messages method min minimum minute missing mode model models more most multiple must name names need needed new no none not
null number object occurred of off on one only or order org organization other out output over own page parameter parameters part
parts per permission plan please policy position possible previous problem processing project prompt property provide provided
provider quota range rate read reason reasoning received reduce refer reference refused region remove request requested requests
required requires resource response responses result results retry return returned role roles same schema second seconds see
send sent server service set setting settings shorter should size some something specified start status stop stream string
subscription such support supported supports system temperature text than that the their them then there these they thinking this
through time to token tokens too tool tools top total transient true try turn two type types unable undefined unexpected unknown
unrecognized unsupported until up upgrade usage use used user using valid validation value values version was we were what when
where which while will window with within without wrong you your`.split(/\s+/),
);

/** Some providers repeat the key they were sent; whatever its form, it goes no further. */
export function withoutKey(failure: ApiFailure, key: string | undefined): ApiFailure {
  if (!key || key.length < 6 || !failure.message.includes(key)) return failure;
  return { ...failure, ...messageOf(keptAs(wordsOf(failure), failure.message.replaceAll(key, '[hidden]'))) };
}
