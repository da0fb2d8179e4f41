/**
 * What one attempt sends and how its answer is read: the one place that decides between passing bytes through, editing
 * them, and translating (design §2.4–2.6).
 */

import { fitsHeader } from '../config/intake';
import { say as config } from '../config/sentences';
import { dialectWords } from '../ledger/dialectWords';
import { modelSenses } from '../models/families';
import type { Target } from '../routing/backend';
import { modelNameOf, targetOnWire, upstreamUrl } from '../routing/build';
import { perTarget } from '../routing/perTarget';
import { chooseWire } from '../routing/wireChoice';
import { upstreamHeaders } from '../upstream/headers';
import { applyLessons } from '../upstream/lessonEdits';
import { LEAVE_OUT_PICTURES, PICTURES } from '../upstream/lessons';
import type { Send, UpstreamHeaders } from '../upstream/send';
import { signedOut } from '../upstream/signedOut';
import { replay } from '../wires/answer';
import { codecFor } from '../wires/codecs';
import type { ApiFailure } from '../wires/conversation';
import { BLOCK_BINDING } from '../wires/thinkingBlocks';
import { toldName } from './askedName';
import { refusal } from './errors';
import type { Exchange } from './exchangeTypes';
import { needsWholeRequest } from './factEdits';
import { genericCodec, readGenericAnswer } from './genericAnswer';
import { keptHistory } from './keptHistory';
import { plainBody } from './plainEdits';
import type { Content, Plan, PlanInput } from './planTypes';
import {
  type CollectingReply,
  createCollectingReply,
  createRawReply,
  facts,
  readAnswer,
  readSameWireAnswer,
} from './reply';
import { say } from './sentences';
import { planTranslation } from './translation';
import { wishOf } from './wireWish';

/** @returns a plan, or why this target cannot take this request. Throws RequestProblem for what no target could take. */
export function planAttempt(input: PlanInput): Plan | { failure: ApiFailure } {
  return planOnWire({ ...input, target: onChosenWire(input) });
}

/** Other endpoints (embeddings, legacy completions) exist on the backend's own wire only. */
function onChosenWire({ target, speaker, request, wire }: PlanInput): Target {
  if (wire !== undefined) return targetOnWire(target, wire);
  return speaker.wire || speaker.isCursor
    ? targetOnWire(
        target,
        chooseWire(target, () => wishOf(request, target)),
      )
    : target;
}

/** Addresses of a target by path, taken apart once. */
const urlsOf = perTarget(({ backend, upstreamModel }: Target) => {
  const urls = new Map<string, URL>();
  return (path: string): URL => {
    let url = urls.get(path);
    if (!url) urls.set(path, (url = new URL(upstreamUrl(backend, path, upstreamModel))));
    return url;
  };
});

function planOnWire(input: PlanInput): Plan | { failure: ApiFailure } {
  const { exchange, speaker, target, request } = input;
  const { backend } = target;
  const key = exchange.runtime.keyFor(target);
  const problem = keyProblem(target, key);
  if (problem) return { failure: problem };
  // What passes through would get an answer of chat there, which no client of these routes can read.
  if (!speaker.wire && (backend.wire !== 'chat' || backend.preset === 'demo')) {
    return {
      failure: refusal(400, say.notThere(backend.name, exchange.route.name), {
        kind: 'badRequest',
        own: true,
      }),
    };
  }
  const made =
    speaker.isCursor ||
    (speaker.wire && speaker.wire !== backend.wire) ||
    wantsTranslation(target) ||
    needsWholeRequest(request, target, speaker.wire) ||
    // What we sealed for another provider (S7) must not reach this one as it stands.
    (speaker.wire && request.sealed)
      ? planTranslation(input)
      : planPassThrough(input);
  const content = withLessons(made, input);
  const wire = codecFor(backend.wire);
  return {
    reading: content.reading,
    target,
    send: sender(input, target),
    request: {
      method: 'POST',
      url: urlsOf(target)(content.path),
      headers: withBetas(content.betas, {
        ...(speaker.wire === backend.wire && !speaker.isCursor ? passedOn(exchange) : {}),
        ...upstreamHeaders(backend, key),
        'content-type': 'application/json',
        accept: request.stream ? 'text/event-stream' : 'application/json',
      }),
      body: content.body,
      connectMs: backend.timeouts.connect * 1_000,
      local: backend.local,
    },
    rules: content.rules,
    commitHeaders: (head) => ({ ...answerHeaders(head), ...identity(target), ...droppedHeader(content.dropped) }),
    parseError: (status, headers, body) => signedOut(target, key, status) ?? wire.parseError(status, headers, body),
  };
}

/** Beside those that the client or the settings ask for. */
function withBetas(betas: readonly string[] | undefined, headers: Record<string, string>): Record<string, string> {
  if (!betas?.length) return headers;
  const name = Object.keys(headers).find((one) => one.toLowerCase() === 'anthropic-beta') ?? 'anthropic-beta';
  return { ...headers, [name]: [headers[name], ...betas].filter(Boolean).join(',') };
}

/** The built-in model answers here; all others are sent to. */
export function sender(
  { exchange, record, speaker }: Pick<PlanInput, 'exchange' | 'record' | 'speaker'>,
  { backend }: Target,
): Send {
  if (backend.preset !== 'demo') return exchange.runtime.transport.send;
  return exchange.deps.echoSend({
    host: record.host,
    route: exchange.route.name,
    dialect: speaker.dialect && dialectWords(speaker.dialect),
    client: (exchange.request.headers['user-agent'] ?? 'unknown').slice(0, 80),
    bytesIn: exchange.body.length,
  });
}

/** What this model was found to refuse goes, whichever way the body was made and whoever wrote it. */
function withLessons(content: Content, input: PlanInput): Content {
  if (!content.body || !learnsFrom(input)) return content;
  const { target } = input;
  const lessons = [
    ...(cannotSee(target) ? [LEAVE_OUT_PICTURES] : []),
    ...[...input.exchange.deps.lessons.known(target), ...(input.lessons ?? [])].filter(
      // They are described (pictureWords.ts).
      ({ field }) => field !== PICTURES || target.model?.imagesBy === undefined,
    ),
  ];
  if (lessons.length === 0) return content;
  const { body, rules, dropped } = applyLessons(content.body, lessons);
  return {
    ...content,
    body,
    rules: [...content.rules, ...rules],
    dropped: [...(content.dropped ?? []), ...dropped],
    ...(dropped.includes(BLOCK_BINDING) && { betas: [] }),
  };
}

/** Known of the model, and nobody describes pictures for it: a picture would be a 400 in every later turn (issue 24 §5). */
const cannotSee = perTarget(
  ({ upstreamModel, model }: Target) =>
    model?.imagesBy === undefined && modelSenses(modelNameOf(upstreamModel, model)).images === false,
);

/** Other endpoints and bodies whose bytes are to stay are told every refusal as it is. */
export function learnsFrom({ speaker, target: { backend } }: Pick<PlanInput, 'speaker' | 'target'>): boolean {
  if (backend.learns === false || !(speaker.wire || speaker.isCursor)) return false;
  return !(backend.keepsBytes && speaker.wire === backend.wire && !speaker.isCursor);
}

/** A listed effort variant on a wire where the effort is more than one field needs the whole request understood. */
function wantsTranslation(target: Target): boolean {
  const effort = target.variantEffort ?? target.suffixEffort;
  return (
    (effort !== undefined || target.tier !== undefined) &&
    (target.backend.wire !== 'chat' ||
      target.abilities.reasoningField !== 'reasoning_effort' ||
      target.variantEffort === undefined)
  );
}

function planPassThrough(input: PlanInput): Content {
  const { exchange, request, speaker, target } = input;
  const kept = keptHistory(input);
  if (kept === 'whole') return planTranslation(input);
  const { body, rules, dropped, hideUsage } = plainBody(request, target, exchange.route.name, kept);
  const codec = speaker.wire ? codecFor(speaker.wire) : undefined;
  const streamCodec = codec ?? genericCodec;
  const name = toldName(speaker.wire, speaker.answer.model);
  return {
    body,
    rules,
    dropped,
    path: exchange.route.name,
    reading: {
      streamReply: () =>
        request.stream
          ? createRawReply(streamCodec, hideUsage, name, kept?.watch())
          : createCollectingReply(streamCodec.createStreamParser()),
      wholeReply(bytes) {
        if (!codec) return readGenericAnswer(bytes);
        if (!request.stream) return readSameWireAnswer(codec, bytes, name, kept?.watch());
        // One answer where a stream was asked for: told as the stream it should have been.
        const answer = readAnswer(codec, bytes);
        if ('failure' in answer) return { body: bytes, chars: 0, failure: answer.failure };
        const emitter = codec.createStreamEmitter(speaker.answer);
        const events = replay(answer);
        if (kept) events.forEach(kept.watch());
        return { ...facts(answer), body: events.map((event) => emitter.push(event)).join('') + emitter.finish() };
      },
      collected: (reply) => {
        const { answer } = reply as CollectingReply;
        if (!codec) throw new Error('a stream came where one answer was asked for');
        const whole = answer();
        if (kept) replay(whole).forEach(kept.watch());
        return { body: JSON.stringify(codec.emitAnswer(whole, speaker.answer)), ...facts(whole) };
      },
    },
  };
}

/**
 * Client headers that steer the API itself and may go to a backend of the same wire; all others are for us or nobody's
 * (code.claude.com/docs, Gateway protocol reference: these go on unchanged).
 */
export function passedOn({ request }: Pick<Exchange, 'request'>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ['anthropic-version', 'anthropic-beta', 'anthropic-workspace-id', 'openai-beta']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** Provider headers a client may want: request ids and limits. Never cookies, never anything else. */
export function answerHeaders(head: UpstreamHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in head) {
    const value = head[name];
    if (
      value !== undefined &&
      /^(x-request-id|request-id|openai-processing-ms|openai-version|x-ratelimit-.*|anthropic-ratelimit-.*)$/.test(name)
    )
      headers[name] = headerText(value);
  }
  return headers;
}

/** Who really answers (design §8). */
export const identity = perTarget(
  (target: Pick<Target, 'backend' | 'upstreamModel'>): Readonly<Record<string, string>> => ({
    'x-llm-router-backend': headerText(target.backend.name),
    'x-llm-router-model': headerText(target.upstreamModel),
  }),
);

/** A client that is no Cursor learns what of its request did not go on. */
function droppedHeader(dropped: readonly string[] = []): Record<string, string> {
  return dropped.length > 0 ? { 'x-llm-router-dropped': headerText(dropped.join(', ')) } : {};
}

/** Model names and provider headers may hold any character; ours may not. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

type Keyed = Pick<Target, 'backend' | 'keyEnv'>;

/** Why nothing can be asked of this target with that key. */
export function keyProblem(target: Keyed, key: string | undefined): ApiFailure | undefined {
  if (!key) return target.backend.requireApiKey ? missingKey(target) : undefined;
  return fitsHeader(key) ? undefined : unfitKey(target);
}

function unfitKey({ keyEnv, backend }: Keyed): ApiFailure {
  return refusal(401, config.impossibleKey(backend.name, keyEnv ?? backend.apiKeyEnv), {
    kind: 'auth',
    code: 'invalid_backend_key',
    own: true,
  });
}

function missingKey(target: Keyed): ApiFailure {
  const { backend } = target;
  const variable = target.keyEnv ?? backend.apiKeyEnv;
  return refusal(401, say.noKey(backend.name, variable), {
    kind: 'auth',
    code: 'missing_backend_key',
    own: true,
  });
}
