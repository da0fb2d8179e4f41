/**
 * What is no text (speech, pictures, files, batches) on its way to a backend that allows it (`passThrough`): bytes in, bytes out,
 * one record. It is sent once and to one backend, for nobody knows what it costs or does; hence no key with such limits.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestRecord } from '../ledger/record';
import type { Backend } from '../routing/backend';
import { upstreamUrl } from '../routing/build';
import { type KeyPlace, keyPlaces } from '../routing/keyPlaces';
import { messageOf, wordsOf } from '../said';
import { upstreamHeaders } from '../upstream/headers';
import { networkSaid, redirectSaid } from '../upstream/networkErrors';
import type { UpstreamHeaders, UpstreamRequest } from '../upstream/send';
import { codecFor } from '../wires/codecs';
import type { ApiFailure } from '../wires/conversation';
import { inSeconds, type Late, WHOLE_ANSWER_FACTOR } from './attempt';
import { readClientRequest } from './clientRequest';
import { endWithin } from './clientSide';
import { refusal, sendError } from './errors';
import { LONGEST_NAME } from './exchange';
import { keptWords, withoutKey } from './keptWords';
import { errorOf, newRecord, reasonOf } from './newRecord';
import { editedBody } from './plainEdits';
import { answerHeaders, identity, keyProblem, passedOn } from './plan';
import type { OtherPath } from './routes';
import type { Runtime, ServerDeps } from './runtime';
import { say } from './sentences';

interface Passing {
  deps: ServerDeps;
  runtime: Runtime;
  request: IncomingMessage;
  response: ServerResponse;
  other: OtherPath;
  body: Buffer;
  clientKey: string;
}

/** Where it goes, and with which body. */
interface Way extends KeyPlace {
  backend: Backend;
  /** Absent where the request names none that is read here: forms, and paths without a body. */
  upstreamModel?: string;
  body: Buffer | readonly Buffer[];
  askedModel: string;
}

/** An error's body is read this far. */
const ERROR_BYTES = 256 * 1024;

/** Why this key or method may not pass, before a body is read. */
export function mayNotPass(deps: ServerDeps, method: string | undefined, clientKey: string): ApiFailure | undefined {
  if (method !== 'POST' && method !== 'GET' && method !== 'DELETE')
    return refusal(405, 'This path takes GET, POST and DELETE.');
  if (!deps.admission.measured(clientKey)) return deps.admission.count(clientKey);
  return refusal(
    403,
    `The key "${clientKey}" is limited to models, money or tokens, and what this path costs is not known here. Use a key without such limits.`,
    { kind: 'permission', code: 'path_not_allowed', own: true },
  );
}

/** Answers, and writes the record before the end of the answer goes out. */
export async function passThrough(passing: Passing): Promise<void> {
  const { deps, request, response, other, body, clientKey } = passing;
  const startedAt = deps.now();
  const record = newRecord(
    { request, clientKey, body, route: { name: other.label } },
    { isCursor: false },
    false,
    startedAt,
  );
  response.setHeader('x-llm-router-request', record.id);
  const finish = (ended: Partial<RequestRecord>): void => {
    deps.record(Object.assign(record, ended, { ms: deps.now() - startedAt }));
  };
  const refuse = (failure: ApiFailure, more: Partial<RequestRecord> = {}, kept = wordsOf(failure)): void => {
    finish({ ...more, status: failure.status, ...errorOf(kept), errorKind: failure.kind });
    sendError(response, 'chat', failure);
  };

  const way = wayOf(passing);
  if ('status' in way) return refuse(way);
  const { backend } = way;
  const upstreamModel = way.upstreamModel ?? '';
  const about = { backend: backend.name, askedModel: way.askedModel, ...(upstreamModel && { upstreamModel }) };
  const key = passing.runtime.keyFor(way);
  const problem = keyProblem(way, key);
  if (problem) return refuse(problem, about);
  const attempt: RequestRecord['attempts'][number] = {
    backend: backend.name,
    model: upstreamModel,
    at: deps.now() - startedAt,
    ms: 0,
    outcome: 'ok',
  };
  record.attempts.push(attempt);

  const result = await pipe(passing, requestOf(passing, way, key), backend, (head) => {
    record.firstMs = deps.now() - startedAt;
    response.writeHead(head.status, {
      ...(head.headers['content-disposition'] && { 'content-disposition': head.headers['content-disposition'] }),
      'content-type': head.headers['content-type'] ?? 'application/octet-stream',
      ...answerHeaders(head.headers),
      ...identity({ backend, upstreamModel }),
    });
  });
  Object.assign(attempt, { ms: deps.now() - startedAt - attempt.at, status: result.status });
  if (!('failure' in result)) {
    finish({ ...about, status: result.status, bytesOut: result.bytes });
    return endWithin(response, passing.runtime.settings.timeouts.total * 1_000);
  }
  const failure = withoutKey(result.failure, key);
  const kept = result.heard ? keptWords(failure, body) : wordsOf(failure);
  const cancelled = failure.kind === 'cancelled';
  Object.assign(attempt, { outcome: cancelled ? 'cancelled' : 'failed', ...reasonOf(kept), kind: failure.kind });
  const ended = { ...about, upstreamStatus: result.status, bytesOut: result.bytes };
  if (!response.headersSent && !cancelled) return refuse(failure, ended, kept);
  // A cut answer must look cut.
  finish({ ...ended, status: cancelled ? 499 : response.statusCode, ...errorOf(kept), errorKind: failure.kind });
  response.destroy();
}

/**
 * The backend whose name stands in the path; else the one that the model in a JSON body belongs to; else the default, or the
 * only one that allows it.
 */
function wayOf({ runtime, other, request, body }: Passing): Way | ApiFailure {
  const allowed = runtime.backends.filter(({ passesThrough }) => passesThrough);
  // Clients name the type of a body that is not there, too.
  const isJson = body.length > 0 && /^application\/json\b/i.test(request.headers['content-type'] ?? '');
  const read = isJson ? readClientRequest(body) : undefined;
  const asked = read?.model;
  if (asked !== undefined && asked.length > LONGEST_NAME)
    return refusal(400, say.longestName(LONGEST_NAME), { param: 'model' });
  const found = asked === undefined ? undefined : runtime.routes.resolve(asked);
  const target = found && !('notFound' in found) && /^(exact|alias|prefix)$/.test(found.via) ? found : undefined;
  const backend =
    allowed.find(({ name }) => other.before.includes(name.toLowerCase())) ??
    target?.backend ??
    allowed.find(({ isDefault }) => isDefault) ??
    (allowed.length === 1 ? allowed[0] : undefined);
  if (!backend) return refusal(400, say.severalBackends(`/${allowed[0]!.name}/v1/${other.path}`));
  if (!backend.passesThrough)
    return refusal(404, say.noPassThrough(backend.name), {
      kind: 'notFound',
    });
  const own = target?.backend === backend ? target : undefined;
  const upstreamModel = own?.upstreamModel ?? asked;
  const model = read?.entry('model');
  const edits =
    model && upstreamModel !== asked
      ? [{ start: model.start, end: model.end, text: JSON.stringify(upstreamModel) }]
      : [];
  return {
    backend,
    ...placeOf(runtime, own?.keys ?? (own ? [own] : keyPlaces(backend))),
    ...(upstreamModel !== undefined && { upstreamModel }),
    body: edits.length > 0 ? editedBody(body, edits) : body,
    askedModel: asked ?? '',
  };
}

/** The first that there is a key for. */
function placeOf(runtime: Runtime, places: readonly KeyPlace[]): KeyPlace {
  const { keyName, keyEnv } = places.find((place) => runtime.keyFor(place) !== undefined) ?? places[0]!;
  return { keyName, ...(keyEnv !== undefined && { keyEnv }) };
}

function requestOf({ request, other }: Passing, way: Way, key: string | undefined): UpstreamRequest {
  const { backend, body } = way;
  const url = new URL(upstreamUrl(backend, other.path, way.upstreamModel));
  for (const [name, value] of other.query) if (!url.searchParams.has(name)) url.searchParams.append(name, value);
  const type = request.headers['content-type'];
  return {
    method: request.method as UpstreamRequest['method'],
    url,
    headers: {
      ...passedOn({ request }),
      ...upstreamHeaders(backend, key),
      ...(type !== undefined && { 'content-type': type }),
      accept: request.headers.accept ?? '*/*',
    },
    ...(body.length > 0 && { body }),
    connectMs: backend.timeouts.connect * 1_000,
    local: backend.local,
  };
}

interface Ended {
  status?: number;
  bytes: number;
}

/** The answer, piece by piece, to its end; the response itself stays open. An error is read whole and told as a failure. */
function pipe(
  { runtime, response }: Passing,
  request: UpstreamRequest,
  { name, timeouts }: Backend,
  begin: (head: { status: number; headers: UpstreamHeaders }) => void,
): Promise<(Ended & { status: number }) | (Ended & { failure: ApiFailure; heard: boolean })> {
  return new Promise((resolve) => {
    let status: number | undefined;
    let headers: UpstreamHeaders = {};
    let bytes = 0;
    let over = false;
    const errorBody: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    let total: NodeJS.Timeout | undefined;
    const end = (failure?: ApiFailure, heard = false): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      clearTimeout(total);
      response.off('close', gone);
      control.abort();
      resolve(failure ? { status, bytes, failure, heard } : { status: status!, bytes });
    };
    const within = (seconds: number, what: Late): NodeJS.Timeout | undefined =>
      seconds > 0
        ? setTimeout(
            () => end({ status: 504, kind: 'timeout', ...messageOf(what(name, inSeconds(seconds * 1_000))) }),
            seconds * 1_000,
          )
        : undefined;
    const awaitMore = (): void => {
      clearTimeout(timer);
      timer = within(timeouts.idle, say.nothingMore);
    };
    const gone = (): void => end({ status: 499, kind: 'cancelled', ...messageOf(say.clientLeft), own: true });
    const told = (): void => {
      const redirect = redirectSaid(status!, headers, name);
      if (redirect) return end({ status: 502, kind: 'protocol', ...messageOf(redirect) });
      end(codecFor('chat').parseError(status!, headers, Buffer.concat(errorBody).toString('utf8')), true);
    };

    response.once('close', gone);
    response.on('drain', () => {
      if (over) return;
      awaitMore();
      control.resume();
    });
    timer = within(timeouts.firstByte * WHOLE_ANSWER_FACTOR, say.didNotAnswer);
    total = within(timeouts.total, say.didNotFinish);
    const control = runtime.transport.send(request, {
      onHead(code, head) {
        if (over) return;
        status = code;
        headers = head;
        awaitMore();
        if (code < 300) begin({ status: code, headers: head });
      },
      onData(chunk) {
        if (over) return;
        timer?.refresh();
        bytes += chunk.length;
        if (status! < 300) {
          if (response.write(chunk)) return;
          // The client is slow: the provider's clock stands still.
          clearTimeout(timer);
          timer = undefined;
          return control.pause();
        }
        errorBody.push(chunk);
        if (bytes > ERROR_BYTES) told();
      },
      onEnd: () => (status! < 300 ? end() : told()),
      onError(error) {
        if (status !== undefined && status >= 300) return told();
        end({ status: 502, kind: 'network', ...messageOf(networkSaid(error, name, status !== undefined)) });
      },
    });
    if (response.destroyed) gone();
  });
}
