/**
 * Pictures for a model that cannot see (setting `imagesBy`): another model describes each one once, and its words stand in the
 * picture's place in every turn, so that prefixes stay. Each description is a request of its own in the ledger, under the client
 * key's limits and with its price; of a picture that could not be described just that is said.
 */
import { createHash } from 'node:crypto';
import type { Reservation } from '../ledger/admission';
import { boundedUsage } from '../ledger/boundedUsage';
import { dollars } from '../ledger/budgets';
import type { RequestRecord } from '../ledger/record';
import type { Target } from '../routing/backend';
import { messageOf, type Said, type Words, wordsOf } from '../said';
import { applyLessons } from '../upstream/lessonEdits';
import { ownRequest, plainTarget } from '../upstream/ownRequest';
import type { UpstreamRequest } from '../upstream/send';
import { wholeBody } from '../upstream/transport';
import { codecFor } from '../wires/codecs';
import type { Answer, ApiFailure, Conversation, ImagePart, Usage } from '../wires/conversation';
import { splice } from '../wires/jsonText';
import { type Picture, picturesIn } from '../wires/pictures';
import { estimateInputTokens } from '../wires/tokens';
import { type AttemptResult, runAttempt, WHOLE_ANSWER_FACTOR } from './attempt';
import type { Run } from './exchangeTypes';
import { keptWords, withoutKey } from './keptWords';
import { keysOf } from './keyTry';
import { errorOf, newRecord, noteRules, reasonOf } from './newRecord';
import { keyProblem, sender } from './plan';
import { type CollectingReply, createCollectingReply, readAnswer } from './reply';
import { say } from './sentences';

/** The same for every picture and every request: a question of the moment would change the words, and with them the prefix. */
const ASK =
  'Describe this picture for an assistant that cannot see it and has to work from your words alone. Write down every text in it exactly as it stands (code, numbers, messages, labels), then what it shows and how it is laid out. No introduction, no advice.';
/** Tokens: thinking models think within them. */
const MOST_OUTPUT = 4_000;
/** Characters of a description. */
const MOST_WORDS = 8_000;
/** Pictures of one request that are described anew. */
const MOST_NEW = 20;
/** Milliseconds for one description. */
const MOST_MS = 120_000;

const UNTOLD = '[A picture stands here that could not be described. Say so where it matters.]';
const toldBy = (model: string, words: string): string => `[A picture, in the words of ${model}: ${words}]`;

type Body = UpstreamRequest['body'];

interface Told {
  body: Body;
  /** For the story. */
  rules: Said[];
}

/** What each request has told so far, failures too: another attempt does not ask again. */
const toldIn = new WeakMap<Run, Map<string, string>>();

export const describesPictures = ({ model }: Target): boolean => model?.imagesBy !== undefined;

/** @param body the upstream's, of any wire. @param leftMs of the whole request's time; undefined without a limit. */
export async function withPicturesTold(
  run: Run,
  { model }: Target,
  body: Body,
  leftMs: number | undefined,
): Promise<Told> {
  const by = model?.imagesBy;
  const bytes = by === undefined || body === undefined ? undefined : wholeBody(body);
  const pictures = bytes ? picturesIn(bytes) : [];
  if (by === undefined || !bytes || pictures.length === 0) return { body, rules: [] };
  const { memory, tell } = teller(run, by, leftMs);
  const edits = [];
  for (const picture of pictures) edits.push(picture.toldAs(await tell(picture)));
  const told = pictures.length === 1 ? say.pictureTold(by) : say.picturesTold(pictures.length, by);
  return { body: splice(bytes, edits), rules: [told, ...memory.rules] };
}

function teller(run: Run, by: string, leftMs: number | undefined) {
  const { exchange, client } = run;
  const { deps } = exchange;
  const memory = { rules: [] as Said[] };
  const known = toldIn.get(run) ?? new Map<string, string>();
  toldIn.set(run, known);
  const begun = deps.now();
  const seer = seerOf(run, by);
  let asked = 0;

  async function words(image: ImagePart, key: string): Promise<string> {
    const kept = deps.pictures.words(key);
    if (kept !== undefined) return toldBy(by, kept);
    if ('reason' in seer) return untold(seer.reason);
    if (image.source.kind === 'file') return untold(say.keptElsewhere);
    if (asked >= MOST_NEW) return untold(say.mostDescribed(MOST_NEW));
    if (client.gone) return UNTOLD;
    asked += 1;
    const left = leftMs === undefined ? MOST_MS : Math.min(MOST_MS, leftMs - (deps.now() - begun));
    if (left <= 0) return untold(say.timeIsOver);
    const answer = await describe(run, seer.target, by, image, left);
    if ('reason' in answer) return untold(answer.reason);
    memory.rules.push(answer.rule);
    deps.pictures.keep(key, answer.words);
    return toldBy(by, answer.words);
  }

  function untold(reason: Words): string {
    const rule = say.notDescribed(reason);
    if (!memory.rules.some(({ text }) => text === rule.text)) memory.rules.push(rule);
    return UNTOLD;
  }

  return {
    memory,
    async tell(picture: Picture): Promise<string> {
      const image = picture.read();
      if (!image) return untold(say.unknownForm);
      const key = createHash('sha256')
        .update(JSON.stringify([exchange.clientKey, by, image.source]))
        .digest('base64');
      const found = known.get(key) ?? (await words(image, key));
      known.set(key, found);
      return found;
    },
  };
}

function seerOf(run: Run, by: string): { target: Target } | { reason: Words } {
  const { exchange } = run;
  const found = exchange.runtime.routes.resolve(by);
  if ('notFound' in found) return { reason: say.nobodyServes(by) };
  if (!exchange.deps.admission.allows(exchange.clientKey, found)) return { reason: say.mayNotUse(by) };
  const target = keysOf(run).first(found);
  const problem = keyProblem(target, exchange.runtime.keyFor(target));
  return problem ? { reason: wordsOf(problem) } : { target: plainTarget(target) };
}

/** One description, and its record in the ledger. */
async function describe(
  run: Run,
  target: Target,
  by: string,
  image: ImagePart,
  leftMs: number,
): Promise<{ words: string; rule: Said } | { reason: Words }> {
  const { exchange } = run;
  const { deps, runtime } = exchange;
  const key = runtime.keyFor(target);
  const made = ownRequest(target, key, question(target, image));
  const sent = { ...made, body: wholeBody(applyLessons(made.body, deps.lessons.known(target)).body) };
  const begun = deps.now();
  const admitted = deps.admission.admit({
    clientKey: exchange.clientKey,
    target,
    inputTokens: () => estimateInputTokens(JSON.parse(sent.body.toString('utf8'))),
    maxOutputTokens: MOST_OUTPUT,
    within: true,
  });
  if (!admitted.ok) return { reason: wordsOf(admitted.failure) };
  try {
    const result = await attempt(run, target, sent, leftMs);
    const answer = answerIn(result, target);
    const words = 'failure' in answer ? '' : wordsIn(answer);
    const failure = 'failure' in answer ? answer.failure : words === '' ? NO_WORDS : undefined;
    const usage = usedBy(result, answer, words, admitted.reservation);
    const cost = usage && deps.costOf(target, usage);
    admitted.reservation.settle({ usage, cost });
    const error = failure && keptWords(withoutKey(failure, key), sent.body);
    const record = {
      ...newRecord(exchange, run.speaker, false, begun),
      askedModel: by,
      backend: target.backend.name,
      upstreamModel: target.upstreamModel,
      via: target.via,
      conversation: run.record.conversation ?? run.conversation(),
      status: failure?.status ?? 200,
      attempts: [attemptOf(target, result, deps.now() - begun, error, failure)],
      upstreamStatus: result.status,
      ...(error !== undefined && { ...errorOf(error), errorKind: failure?.kind }),
      ...(usage && { usage }),
      ...(cost !== undefined && { cost }),
      ms: deps.now() - begun,
      bytesIn: sent.body.length,
      bytesOut: words.length,
    };
    noteRules(record, [say.describesFor(run.record.id)]);
    deps.record(record);
    if (error !== undefined) return { reason: error };
    return { words, rule: say.describedIn(record.id, cost === undefined ? undefined : dollars(cost)) };
  } finally {
    admitted.reservation.settle({});
  }
}

/** As of any request: an answer without numbers is estimated, and one that nobody waits for is written to its end all the same. */
function usedBy(
  result: AttemptResult,
  answer: Answer | { failure: ApiFailure },
  words: string,
  reservation: Reservation,
): Usage | undefined {
  if ('failure' in answer) {
    const aborted = result.kind === 'failed' && result.reached && result.failure.kind === 'cancelled';
    return aborted ? { ...reservation.reserved(), estimated: true } : undefined;
  }
  if (answer.usage) return boundedUsage(answer.usage);
  return { input: reservation.reserved().input, output: Math.ceil(words.length / 4), estimated: true };
}

/** What was sent counts towards limits and budget after a hand-over, too. */
function attemptOf(
  { backend, upstreamModel }: Target,
  { status }: AttemptResult,
  ms: number,
  reason: Words | undefined,
  failure: ApiFailure | undefined,
): RequestRecord['attempts'][number] {
  const outcome = failure ? (failure.kind === 'cancelled' ? 'cancelled' : 'failed') : 'ok';
  return {
    backend: backend.name,
    model: upstreamModel,
    at: 0,
    ms,
    outcome,
    ...(status !== undefined && { status }),
    ...(reason !== undefined && { ...reasonOf(reason), kind: failure?.kind }),
  };
}

const NO_WORDS: ApiFailure = { status: 502, kind: 'protocol', ...messageOf(say.noWords) };

function question({ upstreamModel }: Target, { source }: ImagePart): Conversation {
  const parts: Conversation['turns'][number]['parts'] = [
    { type: 'text', text: ASK },
    { type: 'image', source },
  ];
  return { model: upstreamModel, turns: [{ role: 'user', parts }], maxOutputTokens: MOST_OUTPUT, stream: false };
}

function attempt(run: Run, target: Target, request: ReturnType<typeof ownRequest>, leftMs: number) {
  const seconds = target.backend.timeouts;
  const codec = codecFor(target.backend.wire);
  return runAttempt({
    send: sender(run, target),
    request,
    provider: target.backend.name,
    limits: {
      connectMs: seconds.connect * 1_000,
      firstByteMs: seconds.firstByte * 1_000 * WHOLE_ANSWER_FACTOR,
      firstContentMs: 0,
      idleMs: seconds.idle * 1_000,
      totalMs: leftMs,
    },
    client: run.client,
    wantsStream: false,
    buffered: false,
    streamReply: () => createCollectingReply(codec.createStreamParser()),
    commitHeaders: () => ({}),
    parseError: codec.parseError,
    onFirstContent() {},
  });
}

function answerIn(result: AttemptResult, target: Target): Answer | { failure: ApiFailure } {
  switch (result.kind) {
    case 'failed':
      return { failure: result.failure };
    case 'streamed':
      return (result.reply as CollectingReply).answer();
    case 'whole':
      try {
        return readAnswer(codecFor(target.backend.wire), result.body);
      } catch {
        return { failure: { status: 502, kind: 'protocol', ...messageOf(say.notOneAnswer(target.backend.name)) } };
      }
  }
}

function wordsIn({ parts }: Answer): string {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  return text.trim().slice(0, MOST_WORDS);
}
