/**
 * One model request from the parsed head to the record: who asks, which target, attempts until content flows, one
 * record at the end (design §5, §6). The only place that knows the whole life of a request.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Target } from '../backends/backend';
import { decide } from '../backends/retryPolicy';
import type { Reservation } from '../ledger/admission';
import type { Attempt, RequestRecord } from '../ledger/record';
import { RequestProblem } from '../wires/codec';
import type { ApiFailure, Usage, WireName } from '../wires/conversation';
import { estimateInputTokens } from '../wires/tokens';
import { runAttempt } from './attempt';
import { readClientRequest } from './clientRequest';
import { CLIENT_TIMES, type ClientSide, createClientSide } from './clientSide';
import { errorBody, refusal } from './errors';
import { identity, type Plan, planAttempt } from './plan';
import type { StreamReply } from './reply';
import type { Route } from './routes';
import type { Runtime, ServerDeps } from './runtime';
import { identify, keyCheckAnswer, type Speaker, type ToldFailure } from './speaker';

export interface Exchange {
  deps: ServerDeps;
  runtime: Runtime;
  request: IncomingMessage;
  response: ServerResponse;
  route: Extract<Route, { kind: 'model' }>;
  body: Buffer;
  clientKey: string;
  wire: WireName;
}

/** What the loop below has found out; becomes the record. */
interface Outcome {
  status: number;
  target?: Target;
  failure?: ApiFailure;
  reply?: StreamReply;
  usage?: Usage;
  finish?: RequestRecord['finish'];
  chars: number;
  upstreamStatus?: number;
}

export async function handleExchange(exchange: Exchange): Promise<void> {
  const { deps, runtime, route } = exchange;
  const startedAt = deps.now();
  const request = readClientRequest(exchange.body);
  const speaker = identify(exchange.request, route, request, runtime.settings.cursor, startedAt);
  const record = newRecord(exchange, speaker, request.stream, startedAt);
  exchange.response.setHeader('x-llm-router-request', record.id);
  if (speaker.isCursor) deps.sawCursor({ host: record.host });
  const client = createClientSide(exchange.response, request.stream, {
    ...CLIENT_TIMES,
    headHoldMs: runtime.settings.timeouts.headHold * 1_000,
  });
  const attempts: Attempt[] = [];
  let reservation: Reservation | undefined;

  /** Writes the one record, before the last bytes go out (design §2.8). */
  function finish(outcome: Outcome): void {
    const usage = outcome.usage ?? estimatedUsage(exchange, outcome);
    const cost = outcome.target && usage ? deps.costOf(outcome.target, usage) : undefined;
    reservation?.settle({ usage, cost });
    reservation = undefined;
    Object.assign(record, {
      backend: outcome.target?.backend.name,
      upstreamModel: outcome.target?.upstreamModel,
      via: outcome.target?.via,
      status: outcome.status,
      upstreamStatus: outcome.upstreamStatus,
      finish: outcome.finish,
      error: outcome.failure?.message,
      errorKind: outcome.failure?.kind,
      attempts,
      usage,
      cost,
      ms: deps.now() - startedAt,
      bytesOut: client.bytesOut,
    } satisfies Partial<RequestRecord>);
    deps.record(record);
  }

  /** Ends the exchange with a failure, in the form that is still possible. */
  function giveUp(failure: ApiFailure, target: Target | undefined, own: boolean, reply?: StreamReply): void {
    const told: ToldFailure = own
      ? { status: failure.status, body: errorBody(speaker.wire ?? 'chat', failure) }
      : speaker.tellFailure(failure, target);
    const outcome: Outcome = {
      status: client.headSent ? 200 : told.status,
      target,
      failure,
      chars: reply?.observed.chars ?? 0,
      usage: reply?.observed.usage,
      upstreamStatus: own ? undefined : failure.status,
    };
    if (failure.kind === 'cancelled') {
      finish({ ...outcome, status: 499 });
      return client.destroy();
    }
    if (told.replacement) {
      finish({ ...outcome, status: 200 });
      return client.answer(200, { 'content-type': told.replacement.contentType }, told.replacement.body);
    }
    finish(outcome);
    if (client.headSent && request.stream) {
      const text = reply && client.committed ? reply.fail(failure) : speaker.failInStream(failure, target);
      return client.end(text);
    }
    const headers: Record<string, string> = target ? identity(target) : {};
    if (!own) headers['x-llm-router-upstream-status'] = String(failure.status);
    if (failure.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(failure.retryAfterSeconds));
    client.answer(told.status, headers, told.body);
  }

  try {
    const asked = route.deployment ?? request.model;
    record.askedModel = asked ?? '';
    const wanted = asked ?? runtime.settings.fallbackModel;
    const resolved = wanted === undefined ? undefined : runtime.routes.resolve(wanted);
    if (!resolved)
      return giveUp(
        refusal(400, 'The request names no model. Send "model", or set llmRouter.fallbackModel.', { param: 'model' }),
        undefined,
        true,
      );
    if ('notFound' in resolved) {
      const canned = keyCheckAnswer(request, asked ?? '', speaker.answer);
      if (canned) {
        finish({ status: 200, chars: 0 });
        return client.answer(200, canned.headers, canned.body);
      }
      return giveUp(unknownModel(asked ?? '', resolved.near), undefined, true);
    }
    const candidates = [resolved, ...runtime.routes.fallbackTargets(resolved)];
    const admitted = deps.admission.admit({
      clientKey: exchange.clientKey,
      target: resolved,
      inputTokens: () => estimateInputTokens(request.body()),
      maxOutputTokens: numberOf(
        request.value('max_completion_tokens') ?? request.value('max_tokens') ?? request.value('max_output_tokens'),
      ),
    });
    if (!admitted.ok) return giveUp(admitted.failure, resolved, !speaker.isCursor);
    reservation = admitted.reservation;
    await runCandidates(candidates);
  } catch (error) {
    if (!(error instanceof RequestProblem)) throw error;
    giveUp(refusal(400, error.message, { param: error.param ?? null }), undefined, true);
  } finally {
    reservation?.settle({});
  }

  async function runCandidates(candidates: readonly Target[]): Promise<void> {
    let waited = 0;
    let last: { failure: ApiFailure; target: Target; reply?: StreamReply } | undefined;
    for (let at = 0; at < candidates.length; at++) {
      const target = candidates[at]!;
      const hasFallback = at + 1 < candidates.length;
      const circuit = breakerKey(target);
      const moved = at > 0 ? reservation?.move(target) : undefined;
      if (moved && !moved.ok) {
        attempts.push({
          backend: target.backend.name,
          model: target.upstreamModel,
          at: deps.now() - startedAt,
          ms: 0,
          outcome: 'failed',
          reason: moved.failure.message,
        });
        continue;
      }
      for (let onTarget = 1; ; onTarget++) {
        const verdict = deps.breaker.check(circuit);
        // With nowhere else to go a cooling target is still asked: refusing for it would help nobody.
        if (verdict === 'open' && hasFallback) {
          attempts.push({
            backend: target.backend.name,
            model: target.upstreamModel,
            at: deps.now() - startedAt,
            ms: 0,
            outcome: 'fellBack',
            reason: 'cooling after repeated failures',
          });
          break;
        }
        const result = await tryOnce(target, hasFallback);
        if (result.kind === 'done') return;
        const { failure, reply } = result;
        last = { failure, target, reply };
        if (client.gone || client.committed || failure.kind === 'cancelled')
          return giveUp(failure, target, false, reply);
        const decision = decide(
          failure,
          { onTarget, inAll: attempts.length, waited, hasFallback },
          runtime.settings.retry,
          deps.random(),
        );
        const attempt = attempts.at(-1)!;
        deps.log(
          'warn',
          `${record.id} ${target.backend.name}/${target.upstreamModel}: ${failure.message} ${consequence(decision, candidates[at + 1])}`,
        );
        if (decision.do === 'giveUp') return giveUp(failure, target, false, reply);
        if (decision.do === 'fallback') {
          attempt.outcome = 'fellBack';
          break;
        }
        attempt.outcome = 'retried';
        waited += decision.waitMs;
        await pause(decision.waitMs, client);
      }
    }
    if (last) giveUp(last.failure, last.target, false, last.reply);
  }

  async function tryOnce(
    target: Target,
    hasFallback: boolean,
  ): Promise<{ kind: 'done' } | { kind: 'failed'; failure: ApiFailure; reply?: StreamReply }> {
    const circuit = breakerKey(target);
    const begun = deps.now();
    const attempt: Attempt = {
      backend: target.backend.name,
      model: target.upstreamModel,
      at: begun - startedAt,
      ms: 0,
      outcome: 'failed',
    };
    attempts.push(attempt);
    const failed = (failure: ApiFailure, status?: number, reply?: StreamReply) => {
      Object.assign(attempt, {
        ms: deps.now() - begun,
        status: status ?? failure.status,
        reason: failure.message,
        kind: failure.kind,
      });
      if (failure.kind === 'cancelled') {
        attempt.outcome = 'cancelled';
        deps.breaker.released(circuit);
      } else deps.breaker.failed(circuit, failure);
      return { kind: 'failed' as const, failure, reply };
    };
    let plan: Plan | { failure: ApiFailure };
    try {
      plan = planAttempt({ exchange, request, speaker, target, record });
    } catch (error) {
      deps.breaker.released(circuit);
      throw error;
    }
    if ('failure' in plan) return failed(plan.failure);
    record.rules = plan.rules;
    const seconds = target.backend.timeouts;
    const left = (seconds.total > 0 ? seconds.total * 1_000 - (deps.now() - startedAt) : 0) || 0;
    const early = hasFallback ? seconds.fallbackAfter * 1_000 : 0;
    const result = await runAttempt({
      send: plan.send,
      request: plan.request,
      provider: target.backend.name,
      limits: {
        firstByteMs: sooner(seconds.firstByte * 1_000, early),
        firstContentMs: sooner(seconds.firstContent * 1_000, early),
        idleMs: seconds.idle * 1_000,
        totalMs: seconds.total > 0 ? Math.max(left, 1) : 0,
      },
      client,
      wantsStream: request.stream,
      buffered: target.model?.buffered === true,
      streamReply: plan.streamReply,
      commitHeaders: plan.commitHeaders,
      parseError: plan.parseError,
      onFirstContent: () => {
        record.firstMs ??= deps.now() - startedAt;
      },
    });
    if (result.kind === 'failed') return failed(result.failure, result.status, result.reply);
    let whole: ReturnType<Plan['wholeReply']> | undefined;
    if (result.kind === 'whole' || !request.stream) {
      try {
        whole = result.kind === 'whole' ? plan.wholeReply(result.body, result.headers) : plan.collected(result.reply);
      } catch (error) {
        if (error instanceof RequestProblem) throw error;
        const type = result.kind === 'whole' ? (result.headers['content-type'] ?? 'no content type') : 'a stream';
        return failed(
          {
            status: 502,
            kind: 'protocol',
            message: `${target.backend.name} answered with something that is not an answer (${type.split(';', 1)[0]}). Check the base URL.`,
          },
          result.status,
        );
      }
      if (whole.failure) return failed(whole.failure, result.status);
    }
    Object.assign(attempt, { ms: deps.now() - begun, status: result.status, outcome: 'ok' });
    deps.breaker.succeeded(circuit);
    const observed = result.kind === 'streamed' ? result.reply.observed : undefined;
    record.firstMs ??= deps.now() - startedAt;
    const facts = whole ?? observed!;
    finish({
      status: 200,
      target,
      usage: facts.usage,
      finish: facts.finish,
      chars: facts.chars,
      upstreamStatus: result.status,
    });
    if (whole) {
      if (!client.headSent)
        client.commit({
          'content-type': request.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
          ...plan.commitHeaders(result.kind === 'whole' ? result.headers : {}),
        });
      client.end(whole.body);
    } else if (result.kind === 'streamed') client.end(result.tail);
    return { kind: 'done' };
  }
}

function newRecord(exchange: Exchange, speaker: Speaker, stream: boolean, startedAt: number): RequestRecord {
  return {
    id: `req_${randomBytes(8).toString('hex')}`,
    time: new Date(startedAt).toISOString(),
    route: exchange.route.name,
    dialect: speaker.dialect,
    client: speaker.isCursor ? 'cursor' : 'other',
    clientKey: exchange.clientKey,
    host: (exchange.request.headers.host ?? '').slice(0, 255),
    askedModel: '',
    rules: [],
    stream,
    status: 0,
    attempts: [],
    ms: 0,
    bytesIn: exchange.body.length,
    bytesOut: 0,
  };
}

/** Breaker circuits are per backend, key and model: one bad model does not cool its neighbours. */
export function breakerKey(target: Target): string {
  return `${target.backend.name}\u0000${target.keyName}\u0000${target.upstreamModel}`;
}

function estimatedUsage(exchange: Exchange, outcome: Outcome): Usage | undefined {
  // Nothing reached a model: nothing was used.
  if (!outcome.target || (outcome.failure && outcome.chars === 0)) return undefined;
  return { input: Math.ceil(exchange.body.length / 4), output: Math.ceil(outcome.chars / 4), estimated: true };
}

function unknownModel(asked: string, near: readonly string[]): ApiFailure {
  const shown = JSON.stringify(asked.slice(0, 200));
  const hint =
    near.length > 0
      ? ` Did you mean ${near.map((name) => JSON.stringify(name)).join(', ')}?`
      : ' GET /v1/models lists what is served.';
  return refusal(404, `No backend serves the model ${shown}.${hint}`, { code: 'model_not_found', param: 'model' });
}

function consequence(decision: { do: string; waitMs?: number }, next: Target | undefined): string {
  if (decision.do === 'retry') return `Trying again in ${((decision.waitMs ?? 0) / 1000).toFixed(1)} s.`;
  if (decision.do === 'fallback') return `Falling back to ${next?.backend.name}/${next?.upstreamModel}.`;
  return 'Told the client.';
}

function sooner(a: number, b: number): number {
  if (a <= 0 || b <= 0) return Math.max(a, b);
  return Math.min(a, b);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
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
