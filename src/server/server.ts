/** The front door: guard → route → authenticate → read → answer. One function a step; every refusal is said in the client's shape. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { fitsHeader } from '../config/intake';
import { OWN_CHECKS } from '../ledger/record';
import { doorOf, isHealthNonce } from '../network/healthProof';
import { upstreamUrl } from '../routing/build';
import { nameForClaudeCode } from '../routing/claudeCodeNames';
import { keyPlaces } from '../routing/keyPlaces';
import { presetOf } from '../routing/presets';
import { clientNames } from '../routing/resolve';
import { type Said, textOf } from '../said';
import { upstreamHeaders } from '../upstream/headers';
import { RequestProblem } from '../wires/codec';
import type { ApiFailure, WireName } from '../wires/conversation';
import { estimateInputTokens } from '../wires/tokens';
import { refusedKey } from './clientKeys';
import { readClientRequest } from './clientRequest';
import { refusal, sendError, wireOfPath, withoutQuotes } from './errors';
import { handleExchange } from './exchange';
import { hostAllowed, hostName, presentedKey, sourceOf } from './guard';
import { anthropicModelEntry, anthropicModelList, modelEntry } from './modelEntries';
import { mayNotPass, passThrough } from './passThrough';
import { matchRoute, type OtherPath, type Route } from './routes';
import type { ServerDeps } from './runtime';
import { say } from './sentences';

export interface RequestServer {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Model requests in flight. */
  readonly running: number;
}

export function createRequestServer(deps: ServerDeps): RequestServer {
  let running = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0]!;
    // The proof of who we are is for programs: no page may read it.
    const readable = !/\/health\/*$/i.test(path);
    // Who asks from a page says so.
    if (readable && (request.headers.origin !== undefined || request.method === 'OPTIONS'))
      response.setHeader('access-control-allow-origin', '*');
    const wire = wireOfPath(path);
    const door = deps.publicDoor();
    if (hostsNamed(request) !== 1 || !hostAllowed(request.headers.host, door.hosts, door.own)) {
      return refuse(
        request,
        response,
        wire,
        403,
        'This host name does not belong to this router. A name of your own goes into the setting allowedHosts.',
      );
    }
    if (request.method === 'OPTIONS') {
      if (readable) return preflight(request, response);
      return refuse(request, response, wire, 405, 'This path is not for web pages.');
    }

    const match = matchRoute(request.method ?? 'GET', request.url ?? '/');
    const open = 'route' in match && match.route.kind === 'health';
    const key = open ? '' : await authenticate(request, response, wire);
    if (key === undefined) return;
    if (!open && deps.windingDown?.())
      return refuse(request, response, wire, 503, 'The router is stopping. Try again in a moment.', 5);
    if (!('route' in match)) {
      if (match.other && deps.runtime().backends.some(({ passesThrough }) => passesThrough))
        return passOn(match.other, request, response, key, wire);
      if (match.allow) response.setHeader('allow', match.allow);
      return refuse(request, response, wire, match.status, match.message, undefined, match.code);
    }
    await dispatch(match.route, request, response, key, wire);
  }

  async function dispatch(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    wire: WireName,
  ): Promise<void> {
    switch (route.kind) {
      case 'health':
        return sendJson(response, healthAnswer(deps, request, route.nonce));
      case 'models':
        return sendJson(response, await modelList(key, request));
      case 'modelInfo': {
        const known =
          mayUse(key, route.id) &&
          ((await listModels(deps)).includes(route.id) || !('notFound' in deps.runtime().routes.resolve(route.id)));
        if (known) return sendJson(response, (wantsAnthropic(request) ? anthropicModelEntry : factsOf)(route.id));
        return sendError(
          response,
          wire,
          refusal(404, `The model ${JSON.stringify(route.id.slice(0, 200))} does not exist here.`, {
            code: 'model_not_found',
          }),
        );
      }
      case 'countTokens':
        return withPlace(request, response, wire, key, () => {
          const refused = deps.admission.count(key);
          if (refused) return Promise.resolve(refuseFor(refused, request, response, wire));
          return withBody(request, response, wire, async (body) => {
            sendJson(response, { input_tokens: estimateInputTokens(readClientRequest(body).body()) });
          });
        });
      case 'model':
        return withPlace(request, response, wire, key, () =>
          withBody(request, response, wire, (body) =>
            handleExchange({ deps, runtime: deps.runtime(), request, response, route, body, clientKey: key, wire }),
          ),
        );
    }
  }

  async function passOn(
    other: OtherPath,
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    wire: WireName,
  ): Promise<void> {
    const refused = mayNotPass(deps, request.method, key);
    if (refused) return refuseFor(refused, request, response, wire);
    return withPlace(request, response, wire, key, () =>
      withBody(request, response, wire, (body) =>
        passThrough({ deps, runtime: deps.runtime(), request, response, other, body, clientKey: key }),
      ),
    );
  }

  /** Runs what reads a body, under the limits that count before it. */
  async function withPlace(
    request: IncomingMessage,
    response: ServerResponse,
    wire: WireName,
    key: string,
    run: () => Promise<void>,
  ): Promise<void> {
    const { streams } = deps.runtime().settings.limits;
    if (running >= streams)
      return refuse(
        request,
        response,
        wire,
        503,
        `The router is busy with ${streams} requests. Try again in a moment.`,
        2,
      );
    // Before the body: one that never comes holds a place of its own key, not everybody's.
    const place = deps.admission.enter(key);
    if ('failure' in place) return refuseFor(place.failure, request, response, wire);
    const counts = key === OWN_CHECKS ? 0 : 1;
    running += counts;
    deps.onRunning?.();
    try {
      await run();
    } finally {
      place.leave();
      running -= counts;
      deps.onRunning?.();
    }
  }

  /** The entry of a name in the list: a chain of aliases ends at the model whose facts hold. */
  function factsOf(id: string): object {
    const target = deps.runtime().routes.resolve(id);
    if ('notFound' in target) return modelEntry(id);
    return modelEntry(id, target, deps.lists.windowOf(target.backend.name, target.upstreamModel));
  }

  /** A key limited to some models sees and asks about these alone. What does not resolve belongs to nobody. */
  function mayUse(key: string, id: string): boolean {
    if (!deps.admission.limited(key)) return true;
    const target = deps.runtime().routes.resolve(id);
    return !('notFound' in target) && deps.admission.allows(key, target);
  }

  /**
   * In the shape of the API whose version header the client sends. Claude Code waits for 3 s, as long as one backend's list
   * may take: it is told in time what is known by then.
   */
  async function modelList(key: string, request: IncomingMessage): Promise<object> {
    const anthropic = wantsAnthropic(request);
    const ids = (await listModels(deps, anthropic ? deps.times.listMs : undefined)).filter((id) => mayUse(key, id));
    if (!anthropic) return { object: 'list', data: ids.map(factsOf) };
    const shown = [...new Set(ids.map(nameForClaudeCode))];
    return anthropicModelList(shown, new URLSearchParams((request.url ?? '').split('?')[1] ?? ''));
  }

  /** Name of the client key, or undefined after a refusal was sent. The body is not touched before this. */
  async function authenticate(
    request: IncomingMessage,
    response: ServerResponse,
    wire: WireName,
  ): Promise<string | undefined> {
    const presented = presentedKey(request);
    const name = presented === undefined ? undefined : deps.runtime().keyring.find(presented);
    if (name !== undefined) {
      const unusable = deps.admission.check(name);
      if (!unusable) return name;
      refuse(request, response, wire, unusable.status, unusable.message);
      return undefined;
    }
    const fromCursor = isCursorAgent(request);
    const peer = request.socket.remoteAddress ?? 'unknown';
    const hold = deps.guesses.missed(sourceOf(request, deps.publicDoor()), peer);
    if (hold === 'refuse') {
      refuse(
        request,
        response,
        wire,
        429,
        'Too many requests with a wrong key. Try again in a minute with the right one.',
        60,
      );
      return undefined;
    }
    if (hold > 0) await new Promise((resolve) => setTimeout(resolve, hold));
    const what = presented === undefined ? say.noKeySent : wrongKey(request, presented);
    if (fromCursor) deps.sawCursor({ host: request.headers.host ?? '', refusal: what });
    refuse(
      request,
      response,
      wire,
      401,
      `${what.text} Use the key of this router: command "LLM Router: Copy API Key", or the key printed at its start.`,
    );
    return undefined;
  }

  /** On this machine it is said why a key that somebody chose opens nothing; a stranger learns nothing of it. */
  function wrongKey(request: IncomingMessage, presented: string): Said {
    const name = isOwnMachine(request) ? deps.runtime().keyring.refusedAs(presented) : undefined;
    return name === undefined ? say.wrongKey : say.wrongKeySince(refusedKey(name));
  }

  async function withBody(
    request: IncomingMessage,
    response: ServerResponse,
    wire: WireName,
    run: (body: Buffer) => Promise<void>,
  ): Promise<void> {
    const goOn = (): void => {
      if (request.headers.expect !== undefined) response.writeContinue();
    };
    const read = await deps.bodies.read(request, deps.runtime().settings.limits, deps.times.bodyMs, goOn);
    const told = (why: string) => deps.log('warn', `A ${wire} request was refused: ${why}`);
    if (!read.ok) {
      told(read.message);
      return refuse(request, response, wire, read.status, read.message, read.status === 503 ? 5 : undefined);
    }
    try {
      await run(read.body);
    } catch (error) {
      if (!(error instanceof RequestProblem)) throw error;
      told(textOf(withoutQuotes(error.words)));
      sendError(response, wire, refusal(400, error.message, { param: error.param ?? null }));
    } finally {
      read.release();
    }
  }

  return {
    get running() {
      return running;
    },
    handle(request, response) {
      request.on('error', () => {});
      answer(request, response).catch((error: Error) => {
        deps.log('error', `A request failed inside the router: ${describeBug(error)}`);
        if (response.headersSent) response.destroy();
        else {
          const status = isCursorAgent(request) ? 400 : 500;
          sendError(response, 'chat', refusal(status, 'The router failed to handle this request. Its log says why.'));
        }
      });
    },
  };
}

function isCursorAgent(request: IncomingMessage): boolean {
  return /^cursor\//i.test(request.headers['user-agent'] ?? '');
}

/** Refuses without reading the body; the connection ends, or the unread body would be taken for the next request. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  wire: WireName,
  status: number,
  message: string,
  retryAfterSeconds?: number,
  code: string | null = null,
): void {
  const hasBody = !request.complete && (request.headers['content-length'] ?? '0') !== '0';
  // Cursor shows its own text for 429 and 5xx and erases ours (E1); only a wrong key stays what it is (E4).
  const told = isCursorAgent(request) && status !== 401 ? 400 : status;
  const unread = hasBody || (!request.complete && request.headers['transfer-encoding'] !== undefined);
  const failure = refusal(told, message, { retryAfterSeconds, code });
  if (!unread) return sendError(response, wire, failure);
  sendError(response, wire, failure, { connection: 'close' }, () => lingerThenClose(request, response));
}

function refuseFor(failure: ApiFailure, request: IncomingMessage, response: ServerResponse, wire: WireName): void {
  const { status, message, retryAfterSeconds, code } = failure;
  refuse(request, response, wire, status, message, retryAfterSeconds, code);
}

/** Called from this machine, by its own name. */
function isOwnMachine({ socket, headers }: IncomingMessage): boolean {
  return (
    /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '') && doorOf(hostName(headers.host ?? '')) === 'loopback'
  );
}

/**
 * Lets a client that is still sending read the refusal, without keeping what it sends. The answer ends, and the connection with
 * it, when the body has come: closed under its body it would be an error to the client (a tunnel's program makes a 502 of
 * that). Who sends for longer than 2 s is cut.
 */
function lingerThenClose(request: IncomingMessage, response: ServerResponse): void {
  const timer = setTimeout(() => request.socket.destroy(), 2_000);
  timer.unref();
  request.once('end', () => response.end());
  request.once('close', () => clearTimeout(timer));
  request.resume();
}

function hostsNamed(request: IncomingMessage): number {
  let count = 0;
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

/** Kind and place, for a report. JavaScript quotes the input in the messages of syntax errors, and that may be a prompt. */
export function describeBug(error: Error): string {
  const place = /\n\s+at (?:(.+?) \()?[^\n]*?([^/\\\n(]+:\d+:\d+)\)?/.exec(error.stack ?? '');
  const message = error.name === 'SyntaxError' ? '' : `: ${error.message.slice(0, 300)}`;
  return `${error.name}${message}${place ? ` (${place[1] ?? 'in'} ${place[2]})` : ''}`;
}

/** Nothing but that it is us, and that only to who asks in the one form of a nonce. */
function healthAnswer({ healthProof }: ServerDeps, { headers, socket }: IncomingMessage, nonce: string): object {
  if (!isHealthNonce(nonce)) return { ok: true };
  const door = doorOf(hostName(headers.host ?? ''));
  return { ok: true, hmac: healthProof({ nonce, door, port: socket.localPort ?? 0 }) };
}

function preflight(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
    'access-control-allow-headers': String(request.headers['access-control-request-headers'] ?? '*').slice(0, 2_000),
    'access-control-max-age': '86400',
  });
  response.end();
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Cursor is told in OpenAI's shape whatever it sends: the names made for Claude Code are not for it (M1). */
function wantsAnthropic(request: IncomingMessage): boolean {
  return request.headers['anthropic-version'] !== undefined && !isCursorAgent(request);
}

/** Aliases, configured models, and each backend's own list under its prefix (3 s, cached 10 min). */
export async function listModels(deps: Pick<ServerDeps, 'runtime' | 'lists'>, waitMs?: number): Promise<string[]> {
  const runtime = deps.runtime();
  const lists = deps.lists.refresh(runtime.backends, (backend) => {
    const key = keyPlaces(backend)
      .map(runtime.keyFor)
      .find((found) => found !== undefined);
    if (backend.preset === 'demo' || (backend.requireApiKey && !key) || (key && !fitsHeader(key))) return undefined;
    const loadedPath = presetOf(backend.preset)?.loadedPath;
    return {
      ...(loadedPath && { loadedUrl: new URL(loadedPath, backend.baseUrl) }),
      send: runtime.transport.send,
      url: new URL(upstreamUrl(backend, 'models')),
      headers: upstreamHeaders(backend, key),
      local: backend.local,
    };
  });
  await (waitMs === undefined ? lists : within(waitMs, lists));
  const names = new Set(runtime.routes.listed());
  for (const backend of runtime.backends)
    for (const name of clientNames(backend, deps.lists.known.get(backend.name) ?? [])) names.add(name);
  return [...names];
}

/** Goes on when the work is done, or without it. */
function within(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    work.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
