/**
 * One model request from the parsed head to the record: who asks, which target, how it ends (design §5, §6). What happens
 * between the choice of a target and the end stands in candidates.ts.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { MAIN_KEY, type Reservation } from '../ledger/admission';
import { boundedUsage } from '../ledger/boundedUsage';
import type { Target } from '../routing/backend';
import type { NotFound } from '../routing/resolve';
import { wordsOf } from '../said';
import { RequestProblem } from '../wires/codec';
import type { ApiFailure, Usage } from '../wires/conversation';
import { estimateInputTokens } from '../wires/tokens';
import { tapAnswer } from './answerTap';
import { runCandidates } from './candidates';
import { asProblem, type ClientRequest, readClientRequest } from './clientRequest';
import { createClientSide } from './clientSide';
import { conversationOf } from './conversationOf';
import { cutPrompt } from './cutPrompt';
import { errorBody, refusal, withoutQuotes } from './errors';
import type { Exchange, Failed, Outcome, Run } from './exchangeTypes';
import { limitedRequest, writtenLimits } from './limitedRequest';
import { errorOf, newRecord } from './newRecord';
import { identity } from './plan';
import { say } from './sentences';
import { identify, keyCheckAnswer } from './speaker';

/** Characters of a model name: it goes into a record, a log line, metrics and headers. */
export const LONGEST_NAME = 256;

export async function handleExchange(exchange: Exchange): Promise<void> {
  const { deps, runtime, route } = exchange;
  const startedAt = deps.now();
  const read = readClientRequest(exchange.body);
  const request = deps.admission.limited(exchange.clientKey) ? limitedRequest(read) : read;
  const speaker = identify(exchange.request, route, request, runtime.settings.cursor, startedAt);
  const record = newRecord(exchange, speaker, request.stream, startedAt);
  deps.bodyLog?.write(record.id, 'request', exchange.body);
  tapAnswer(exchange.response, deps.bodyLog?.gather(record.id, 'answer'));
  if (speaker.isCursor) deps.sawCursor({ host: record.host });
  const { headHold, total } = runtime.settings.timeouts;
  const { pingMs, spaceAfterMs } = deps.times;
  const times = { pingMs, spaceAfterMs, headHoldMs: headHold * 1_000, readMs: total * 1_000 };
  const own = { 'x-llm-router-request': record.id };
  const client = createClientSide(exchange.response, request.stream, times, own);
  let reservation: Reservation | undefined;
  let recorded = false;

  let named: { conversation: string | undefined } | undefined;
  function conversation(): string | undefined {
    named ??= { conversation: speaker.wire && nameOf(request, exchange.request.headers) };
    return named.conversation;
  }

  /** The one record. `bytes` are those that are about to go out. */
  function finish(outcome: Outcome, bytes: number): void {
    if (recorded) return;
    recorded = true;
    record.conversation ??= conversation();
    const waited = record.firstMs ?? deps.now() - startedAt;
    const usage = usedBy(exchange, outcome, request.stream, reservation, waited);
    const cost = outcome.target && usage ? deps.costOf(outcome.target, usage) : undefined;
    reservation?.settle({ usage, cost });
    const { target } = outcome;
    record.backend = target?.backend.name;
    record.upstreamModel = target?.upstreamModel;
    record.via = target?.via;
    record.status = outcome.status;
    record.upstreamStatus = outcome.upstreamStatus;
    record.finish = outcome.finish;
    const { failure } = outcome;
    const kept = failure && (outcome.kept ?? wordsOf(failure));
    if (kept !== undefined) Object.assign(record, errorOf(kept));
    record.errorKind = failure?.kind;
    record.usage = usage;
    record.cost = cost;
    record.saved = target && usage && deps.savedOf(target, usage);
    record.ms = deps.now() - startedAt;
    record.bytesOut = client.bytesOut + bytes;
    deps.record(record);
  }

  function succeed(outcome: Outcome, { head, last }: { head: Record<string, string>; last: string | Buffer }): void {
    record.firstMs ??= deps.now() - startedAt;
    const cut = outcome.target && cutPrompt(request, outcome.target, outcome.usage);
    if (outcome.target && outcome.usage && !outcome.usage.estimated)
      deps.sawPrompt?.(outcome.target.backend.name, outcome.usage.input, cut);
    if (cut) {
      const told = say.withFix(cut.says?.what ?? cut.what, cut.says?.fix ?? cut.fix);
      record.rules = [...record.rules, told.text];
      record.told = [...(record.told ?? []), told];
      deps.log('warn', `${record.id} ${told.text}`);
    }
    finish(outcome, Buffer.byteLength(last));
    if (!request.stream) return client.answer(outcome.status, head, last);
    client.commit(head);
    client.end(last);
  }

  function answer(outcome: Outcome, headers: Record<string, string>, body: string): void {
    finish(outcome, Buffer.byteLength(body));
    client.answer(outcome.status, headers, body);
  }

  function giveUp({ failure, kept, target, reply, upstreamStatus, reached }: Failed): void {
    const outcome: Outcome = {
      status: 200,
      target,
      failure,
      ...(kept !== undefined && { kept }),
      chars: reply?.observed.chars ?? 0,
      usage: reply?.observed.usage,
      upstreamStatus,
      reached,
    };
    const stuck = client.blocked && failure.kind === 'timeout';
    if (failure.kind === 'cancelled' || stuck) {
      finish({ ...outcome, status: stuck ? 200 : 499 }, 0);
      return client.destroy();
    }
    if (client.committed && reply) {
      const text = reply.fail(failure);
      finish(outcome, Buffer.byteLength(text));
      return client.end(text);
    }
    // What is left is the person's own business: nobody else's key is told.
    const mayKnow = failure.kind === 'quota' && !failure.own && exchange.clientKey === MAIN_KEY;
    const told = speaker.tellFailure(failure, target, mayKnow && target ? deps.creditOf?.(target) : undefined);
    const headers: Record<string, string> = target ? { ...identity(target) } : {};
    if (upstreamStatus !== undefined) headers['x-llm-router-upstream-status'] = String(upstreamStatus);
    if (told.replacement)
      return answer(outcome, { ...headers, 'content-type': told.replacement.contentType }, told.replacement.body);
    if (client.headSent && request.stream) {
      const text = speaker.failInStream(failure, target);
      finish(outcome, Buffer.byteLength(text));
      return client.end(text);
    }
    if (failure.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(failure.retryAfterSeconds));
    answer({ ...outcome, status: client.headSent ? 200 : told.status }, headers, told.body);
  }

  /** What the request itself got wrong: told in its own API's shape and status, to Cursor as well. */
  function refuse(failure: ApiFailure, kept = wordsOf(failure)): void {
    const status = client.headSent ? 200 : failure.status;
    // The sentence may quote the request: Cursor classifies words wherever they stand (E2).
    const body = speaker.isCursor
      ? speaker.tellFailure({ ...failure, own: true }, undefined).body
      : errorBody(speaker.wire ?? 'chat', failure);
    answer({ status, failure, kept, chars: 0 }, {}, body);
  }

  /** Another model for this kind of request, where the settings name one that the client key may use. */
  function ofItsKind(target: Target): Target {
    const kind = target.routes && speaker.wire && deps.kinds.of(request.body(), target.routes);
    const other = kind && runtime.routes.kindTarget(target, kind);
    if (!other || !deps.admission.allows(exchange.clientKey, other)) return target;
    record.kind = kind;
    return other;
  }

  try {
    const asked = route.deployment ?? request.model;
    record.askedModel = (asked ?? '').slice(0, 500);
    const wanted = asked ?? runtime.settings.fallbackModel;
    if (wanted === undefined) {
      return refuse(refusal(400, say.noModel, { param: 'model' }));
    }
    if (wanted.length > LONGEST_NAME) {
      return refuse(refusal(400, say.longName(LONGEST_NAME, wanted.length), { param: 'model' }));
    }
    const resolved = runtime.routes.resolve(wanted);
    if ('notFound' in resolved) {
      const canned = keyCheckAnswer(request, asked ?? '', speaker.answer);
      if (canned) return answer({ status: 200, chars: 0 }, canned.headers, canned.body);
      return refuse(unknownModel(asked ?? '', resolved));
    }
    if (resolved.tier === 'priority' && deps.admission.limited(exchange.clientKey)) {
      return refuse(refusal(400, say.fastTier, { param: 'model' }));
    }
    const target = ofItsKind(resolved);
    const admitted = deps.admission.admit({
      clientKey: exchange.clientKey,
      target,
      inputTokens: () => estimateInputTokens(request.body()),
      ...writtenLimits(request),
    });
    if (!admitted.ok) return giveUp({ failure: admitted.failure, target });
    reservation = admitted.reservation;
    const run: Run = { exchange, request, speaker, client, record, startedAt, conversation, succeed, giveUp };
    const running = runCandidates(run, [target, ...runtime.routes.fallbackTargets(target)], reservation);
    // Nobody waits for it: the request is on its way by now.
    record.conversation ??= conversation();
    await running;
  } catch (thrown) {
    const error = asProblem(thrown);
    if (!(error instanceof RequestProblem)) {
      finish({ status: 500, failure: refusal(500, say.routerFailed), chars: 0 }, 0);
      if (!client.headSent) exchange.response.setHeader('x-llm-router-request', record.id);
      throw error;
    }
    refuse(
      refusal(400, error.words, { param: error.param ?? null, code: error.code ?? null }),
      withoutQuotes(error.words),
    );
  } finally {
    reservation?.settle({});
  }
}

/** A text that cannot be read names nothing: whoever has to read it says so. */
function nameOf(request: ClientRequest, headers: IncomingHttpHeaders): string | undefined {
  try {
    return conversationOf(request, headers);
  } catch {
    return undefined;
  }
}

/** What the ledger, budgets and metrics count: the provider's numbers within bounds, or an estimate of what it did. */
function usedBy(
  exchange: Exchange,
  { target, failure, chars, usage, reached }: Outcome,
  stream: boolean,
  reservation: Reservation | undefined,
  waitedMs: number,
): Usage | undefined {
  if (!target) return undefined;
  const told = usage && boundedUsage(usage);
  if (!failure) return told ?? estimate(Math.ceil(exchange.body.length / 4), chars);
  const aborted = failure.kind === 'cancelled' && reached;
  // A whole answer that nobody waits for is written to its end all the same.
  if (aborted && !stream && reservation) return { ...reservation.reserved(), estimated: true };
  // The provider refused it, or it never reached a model: nothing was used.
  if (!aborted && chars === 0) return told;
  const came = estimate(aborted && reservation ? reservation.reserved().input : exchange.body.length / 4, chars);
  if (aborted && reservation)
    came.output += hiddenThinking(target, reservation.reserved().output - came.output, waitedMs);
  // A stream's first numbers are not its last: what came counts where it is more.
  return told ? { ...told, output: Math.max(told.output, came.output), estimated: true } : came;
}

/** Thinking that nobody is shown takes its time before the first word, and is paid: at this many tokens a second. */
const THINKING_SPEED = 60;

function hiddenThinking({ abilities }: Target, most: number, waitedMs: number): number {
  const thinks = (abilities.effortWords?.length ?? 0) > 0 || abilities.thinkingSwitch === true;
  return thinks ? Math.max(0, Math.min(most, Math.ceil((waitedMs / 1_000) * THINKING_SPEED))) : 0;
}

function estimate(input: number, chars: number): Usage {
  return { input: Math.ceil(input), output: Math.ceil(chars / 4), estimated: true };
}

function unknownModel(asked: string, { near, missing }: NotFound): ApiFailure {
  const shown = JSON.stringify(asked.slice(0, 200));
  const names = near.map((name) => JSON.stringify(name));
  const words = names.length > 0 ? say.notServedNear(shown, missing, names) : say.notServed(shown, missing);
  return refusal(404, words, {
    kind: 'notFound',
    code: 'model_not_found',
    param: 'model',
  });
}
