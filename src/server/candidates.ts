/**
 * From a list of targets to one answer (design §6): attempts on each until content flows, retries and fallbacks before it,
 * never after. Every failure that is not the end is one line in the log; the end is in the record.
 */

import type { Reservation } from '../ledger/admission';
import type { Attempt } from '../ledger/record';
import type { Target } from '../routing/backend';
import { asksForResponses, rememberResponses } from '../routing/wireChoice';
import { messageOf, textOf, type Words, wordsOf } from '../said';
import { type Lesson, lessonWords } from '../upstream/lessons';
import { type Decision, decide } from '../upstream/retryPolicy';
import { wholeBody } from '../upstream/transport';
import { RequestProblem } from '../wires/codec';
import type { WireName } from '../wires/conversation';
import { type AttemptResult, runAttempt, WHOLE_ANSWER_FACTOR } from './attempt';
import type { ClientSide } from './clientSide';
import { withoutQuotes } from './errors';
import type { Failed, Run } from './exchangeTypes';
import { withoutKey } from './keptWords';
import { breakerKey, type KeyTries, keysOf } from './keyTry';
import { lessonsFrom, MOST_LESSONS, type SentBody } from './lessonTry';
import { noteRules, reasonOf } from './newRecord';
import { describesPictures, withPicturesTold } from './pictureWords';
import { planAttempt } from './plan';
import type { Plan } from './planTypes';
import type { WholeReply } from './reply';
import { keptOf } from './saidBy';
import { say } from './sentences';
import { wishOf } from './wireWish';

/** What a failed attempt leaves behind for the next one. */
interface Refused {
  sentOver?: WireName;
  sent?: SentBody;
}

/** Tries the targets in order and ends the exchange, whatever happens. */
export async function runCandidates(run: Run, candidates: readonly Target[], reservation: Reservation): Promise<void> {
  const { client, exchange, record, startedAt } = run;
  const { deps, runtime } = exchange;
  const keys = keysOf(run);
  const queue = candidates.map(keys.first);
  const begin = (target: Target): Attempt => {
    const attempt: Attempt = {
      backend: target.backend.name,
      model: target.upstreamModel,
      at: deps.now() - startedAt,
      ms: 0,
      outcome: 'failed',
      ...(target.keys && { keyName: target.keyName }),
    };
    record.attempts.push(attempt);
    return attempt;
  };
  let sent = 0;
  let waited = 0;
  let taught = 0;
  let last: (Failed & { target: Target }) | undefined;
  /** What a target's wire could not carry of the request. */
  let problem: RequestProblem | undefined;

  for (let at = 0; at < queue.length; at++) {
    const target = queue[at]!;
    const moved = at > 0 ? reservation.move(target) : undefined;
    if (moved && !moved.ok) {
      Object.assign(begin(target), reasonOf(wordsOf(moved.failure)));
      last ??= { failure: moved.failure, target };
      continue;
    }
    client.holdHead(target.backend.timeouts.headHold * 1_000);
    let wire: WireName | undefined;
    let lessons: readonly Lesson[] = [];
    for (let onTarget = 1; ; onTarget++) {
      const hasFallback = at + 1 < queue.length;
      const circuit = breakerKey(target);
      const verdict = runtime.breaker.check(circuit);
      // With nowhere else to go a cooling target is still asked, once: refusing for it would help nobody.
      if (verdict === 'open' && hasFallback) {
        Object.assign(begin(target), { outcome: 'fellBack', ...reasonOf(say.cooling) });
        break;
      }
      const attempt = begin(target);
      sent += 1;
      // Of a probe alone, and once: another request's probe may be on its way meanwhile.
      let isProbe = verdict === 'probe';
      const giveBack = (): void => {
        if (isProbe) runtime.breaker.released(circuit);
        isProbe = false;
      };
      // A probe that is being answered need not be waited for to its end, which may be minutes away.
      const result = await tryOnce(run, target, attempt, hasFallback, { wire, lessons, onFirstContent: giveBack });
      if ('problem' in result) {
        giveBack();
        if (!(result.problem instanceof RequestProblem)) throw result.problem;
        // What one wire has no form for, the next target's wire may carry.
        problem ??= result.problem;
        const reason = reasonOf(withoutQuotes(result.problem.words));
        Object.assign(attempt, { outcome: hasFallback ? 'fellBack' : 'failed', kind: 'badRequest', ...reason });
        break;
      }
      if (!('failure' in result)) {
        if (wire !== undefined) rememberResponses(target);
        if (lessons.length > 0) deps.lessons.remember(result.target, lessons);
        keys.served(target);
        return runtime.breaker.succeeded(circuit);
      }
      const { failure } = result;
      if (failure.kind === 'cancelled' || failure.own) giveBack();
      else runtime.breaker.failed(circuit, failure, result.kept);
      last = { ...result, target };
      if (client.gone || client.committed || failure.kind === 'cancelled') return run.giveUp(last);

      if (
        wire === undefined &&
        result.sentOver === 'chat' &&
        asksForResponses(failure.message) &&
        !wishOf(run.request, target).onlyChat
      ) {
        // The provider said where the model is served: one switch, no wait, and kept in mind only when it helps.
        wire = 'responses';
        lessons = [];
        attempt.outcome = 'retried';
        deps.log('info', `${record.id} ${target.backend.name}/${target.upstreamModel}: asked over Responses instead.`);
        continue;
      }

      const learned =
        taught < MOST_LESSONS && sent < runtime.settings.retry.attempts && hasTime(run, target)
          ? lessonsFrom(run, result)
          : [];
      if (learned.length > 0) {
        // What the provider says it does not take goes, once more tried without a wait (issue 15 §4).
        taught += 1;
        lessons = [...lessons, ...learned];
        attempt.outcome = 'retried';
        const words = learned.map(lessonWords).join('; ');
        deps.log('info', `${record.id} ${target.backend.name}/${target.upstreamModel}: asked again: ${words}.`);
        continue;
      }

      const larger = failure.kind === 'contextLength' ? largerWindow(run, target, keys, queue) : undefined;
      if (larger) queue.splice(at + 1, 0, larger);
      const spare = keys.next(target, failure, queue);
      if (spare) queue.splice(at + 1, 0, spare);
      const limits = { ...runtime.settings.retry, ...(verdict !== 'closed' && { attemptsPerBackend: 1 }) };
      const state = { onTarget, inAll: sent, waited, hasFallback: at + 1 < queue.length, tookMs: attempt.ms };
      const decision = inTime(run, target, decide(failure, state, limits, deps.random()));
      if (decision.do === 'giveUp') return run.giveUp(last);
      deps.log(
        'warn',
        `${record.id} ${target.backend.name}/${target.upstreamModel}: ${textOf(result.kept ?? failure.message)} ${consequence(decision, queue[at + 1], spare)}`,
      );
      attempt.outcome = decision.do === 'retry' ? 'retried' : 'fellBack';
      if (decision.do === 'fallback') break;
      waited += decision.waitMs;
      await pause(decision.waitMs, client);
    }
  }
  // Every target was tried, cooling, or refused by the client key's limits.
  if (!last && problem) throw problem;
  run.giveUp(last ?? nothingTried(candidates[0]!));
}

function nothingTried(target: Target): Failed {
  const message = messageOf(say.allCooling(target.backend.name));
  return { failure: { status: 503, kind: 'overloaded', ...message, retryAfterSeconds: 5, own: true }, target };
}

/** The model that was configured for inputs too long for this one, unless it is in the queue already. */
function largerWindow(run: Run, target: Target, keys: KeyTries, queue: readonly Target[]): Target | undefined {
  const name = target.model?.contextFallback;
  const found = name === undefined ? undefined : run.exchange.runtime.routes.resolve(name);
  if (!found || 'notFound' in found) return undefined;
  const larger = keys.first(found);
  return queue.some((known) => breakerKey(known) === breakerKey(larger)) ? undefined : larger;
}

/** Milliseconds of the whole request's time that are left; undefined without a limit. */
function timeLeft({ exchange, startedAt }: Run, target: Target): number | undefined {
  const { total } = target.backend.timeouts;
  return total > 0 ? total * 1_000 - (exchange.deps.now() - startedAt) : undefined;
}

/** Nothing is begun that the time for the whole request does not allow any more. */
function inTime(run: Run, target: Target, decision: Decision): Decision {
  const left = timeLeft(run, target);
  const needed = decision.do === 'retry' ? decision.waitMs : 0;
  return left !== undefined && left <= needed ? { do: 'giveUp' } : decision;
}

function hasTime(run: Run, target: Target): boolean {
  const left = timeLeft(run, target);
  return left === undefined || left > 0;
}

/** One attempt from plan to answer. A request that nobody can read comes back as `problem`. */
async function tryOnce(
  run: Run,
  target: Target,
  attempt: Attempt,
  hasFallback: boolean,
  { wire, lessons, onFirstContent }: { wire: WireName | undefined; lessons: readonly Lesson[]; onFirstContent(): void },
): Promise<(Failed & Refused) | { ok: true; target: Target } | { problem: unknown }> {
  const { exchange, request, speaker, client, record, startedAt } = run;
  const { now } = exchange.deps;
  const begun = now();
  let sentOver: WireName | undefined;
  let sent: SentBody | undefined;
  const failed = (failed: Failed, heard = false): Failed & Refused => {
    const key = exchange.runtime.keyFor(target);
    const failure = withoutKey(failed.failure, key);
    const { kept, said } = keptOf(
      // What broke a protocol is told in our words.
      { failure, echoes: heard && failure.kind !== 'protocol', ...(failed.said && { said: failed.said }) },
      exchange.body,
      { key, names: [target.upstreamModel, request.model ?? ''] },
    );
    const outcome = failure.kind === 'cancelled' ? ('cancelled' as const) : ('failed' as const);
    Object.assign(attempt, {
      ms: now() - begun,
      outcome,
      status: failed.upstreamStatus,
      ...reasonOf(kept),
      kind: failure.kind,
      ...(said && { said }),
    });
    return { ...failed, failure, kept, ...(sentOver && { sentOver }), ...(sent && { sent }) };
  };
  try {
    const plan = planAttempt({ exchange, request, speaker, target, record, lessons, ...(wire && { wire }) });
    if ('failure' in plan) return failed({ failure: plan.failure });
    // Embeddings and their like have no other wire.
    if (speaker.wire || speaker.isCursor) sentOver = plan.target.backend.wire;
    const told = describesPictures(target)
      ? await withPicturesTold(run, plan.target, plan.request.body, timeLeft(run, target))
      : undefined;
    const asked = told ? { ...plan.request, body: told.body } : plan.request;
    if (asked.body) sent = { target: plan.target, body: asked.body };
    noteRules(record, told ? [...plan.rules, ...told.rules] : plan.rules);
    // Joining a large body costs a copy: only while somebody wants to read it.
    const { bodyLog } = exchange.deps;
    if (bodyLog?.on && asked.body) bodyLog.write(record.id, 'upstreamRequest', wholeBody(asked.body));
    const result = await runAttempt({
      send: plan.send,
      request: asked,
      provider: target.backend.name,
      limits: limitsFor(run, target, hasFallback),
      client,
      wantsStream: request.stream,
      buffered: target.model?.buffered === true,
      streamReply: plan.reading.streamReply,
      commitHeaders: plan.commitHeaders,
      parseError: plan.parseError,
      onFirstContent: () => {
        record.firstMs ??= now() - startedAt;
        onFirstContent();
      },
    });
    if (result.kind === 'failed')
      return failed(
        {
          failure: result.failure,
          reply: result.reply,
          upstreamStatus: result.status,
          reached: result.reached,
          said: result.said,
        },
        result.heard,
      );
    const whole = result.kind === 'whole' || !request.stream ? readWhole(plan, result, target) : undefined;
    if (whole?.failure) return failed({ failure: whole.failure, upstreamStatus: result.status }, true);
    Object.assign(attempt, { ms: now() - begun, status: result.status, outcome: 'ok' });
    const { usage, finish, chars } = whole ?? (result as AttemptResult & { kind: 'streamed' }).reply.observed;
    run.succeed(
      { status: 200, target, usage, finish, chars, upstreamStatus: result.status },
      {
        head: {
          'content-type': request.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
          ...plan.commitHeaders(result.kind === 'whole' ? result.headers : {}),
        },
        last: whole ? whole.body : (result as AttemptResult & { kind: 'streamed' }).tail,
      },
    );
    return { ok: true, target: plan.target };
  } catch (problem) {
    return { problem };
  }
}

function readWhole(plan: Plan, result: Exclude<AttemptResult, { kind: 'failed' }>, target: Target): WholeReply {
  try {
    const { reading } = plan;
    return result.kind === 'whole' ? reading.wholeReply(result.body, result.headers) : reading.collected(result.reply);
  } catch (error) {
    if (error instanceof RequestProblem) throw error;
    const isEmpty = result.kind === 'whole' && result.body.length === 0;
    const { name } = target.backend;
    const said = isEmpty ? say.emptyBody(name) : say.notAnAnswer(name, typeOf(result));
    return { body: '', chars: 0, failure: { status: 502, kind: 'protocol', ...messageOf(said) } };
  }
}

function typeOf(result: Exclude<AttemptResult, { kind: 'failed' }>): Words {
  if (result.kind !== 'whole') return say.aStream;
  const type = result.headers['content-type'];
  return type === undefined ? say.noContentType : type.split(';', 1)[0]!.slice(0, 80);
}

function limitsFor(run: Run, target: Target, hasFallback: boolean) {
  const seconds = target.backend.timeouts;
  const left = timeLeft(run, target);
  const factor = run.request.stream ? 1 : WHOLE_ANSWER_FACTOR;
  const early = hasFallback ? seconds.fallbackAfter * factor : 0;
  const firstByte = run.request.stream ? seconds.firstByte : longer(seconds.firstByte, seconds.firstContent) * factor;
  return {
    connectMs: seconds.connect * 1_000,
    firstByteMs: sooner(firstByte, early) * 1_000,
    firstContentMs: sooner(seconds.firstContent, early) * 1_000,
    idleMs: seconds.idle * 1_000,
    totalMs: left === undefined ? 0 : Math.max(left, 1),
  };
}

/** Of two limits, where 0 is none. */
function sooner(a: number, b: number): number {
  return a <= 0 || b <= 0 ? Math.max(a, b) : Math.min(a, b);
}

function longer(a: number, b: number): number {
  return a <= 0 || b <= 0 ? 0 : Math.max(a, b);
}

function consequence(
  decision: Exclude<Decision, { do: 'giveUp' }>,
  next: Target | undefined,
  spare: Target | undefined,
): string {
  if (spare) return `Trying the key ${spare.keyName}.`;
  return decision.do === 'retry'
    ? `Trying again in ${(decision.waitMs / 1000).toFixed(1)} s.`
    : `Falling back to ${next?.backend.name}/${next?.upstreamModel}.`;
}

function pause(ms: number, client: ClientSide): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    client.onGone(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
