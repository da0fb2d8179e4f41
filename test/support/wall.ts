/**
 * The faulty provider of the 16 scenarios (after failoverbench, methodology v0.1, MIT; own implementation): the model
 * name selects the fault. It logs every request, so that attempts, gaps and abandoned streams can be judged.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Profile {
  name: 'fast' | 'full';
  /** Seconds. */
  retryAfter: number;
  lateToken: number;
  stall: number;
  silence: number;
  outage: number;
  /** Milliseconds between words. */
  wordMs: number;
}
export const PROFILES: Record<'fast' | 'full', Profile> = {
  full: { name: 'full', retryAfter: 2, lateToken: 20, stall: 30, silence: 120, outage: 60, wordMs: 15 },
  fast: { name: 'fast', retryAfter: 2, lateToken: 3, stall: 4, silence: 15, outage: 6, wordMs: 5 },
};

export const WHOLE_TEXT =
  'The quick brown fox jumps over the lazy dog while the careful gateway counts each word it has sent because an answer that lost its end must never look like a whole one and a reader who trusts what is shown deserves to know when the far side went away in the middle of a sentence that nobody will finish now or ever again today.';
const WORDS = WHOLE_TEXT.split(/(?<= )/);

export interface WallEntry {
  at: number;
  model: string;
  /** 1 for the first request of this model since the reset. */
  attempt: number;
  lastRole: string;
  action: string;
}
export interface Wall {
  url: string;
  log: WallEntry[];
  reset(): void;
  stop(): Promise<void>;
}

interface Incoming {
  model: string;
  stream: boolean;
  messages: { role: string }[];
  stream_options?: { include_usage?: boolean };
}

export async function startWall(profile: Profile): Promise<Wall> {
  const log: WallEntry[] = [];
  let resetAt = performance.now();
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Incoming;
      const attempt = log.filter((entry) => entry.model === body.model).length + 1;
      const entry: WallEntry = {
        at: performance.now() - resetAt,
        model: body.model,
        attempt,
        lastRole: body.messages.at(-1)?.role ?? '',
        action: '',
      };
      log.push(entry);
      entry.action = act(body, entry, request, response);
    });
  });

  function act(body: Incoming, entry: WallEntry, request: http.IncomingMessage, response: http.ServerResponse): string {
    const error = (status: number, code: string, message: string, headers: http.OutgoingHttpHeaders = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(
        JSON.stringify({
          error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', code, param: null },
        }),
      );
      return `${status}`;
    };
    const whole = () => answer(body, response, {});
    const { attempt } = entry;
    switch (body.model) {
      case 'fb-s01':
        return attempt === 1
          ? error(429, 'rate_limit_exceeded', 'Rate limit reached.', { 'retry-after': String(profile.retryAfter) })
          : whole();
      case 'fb-s02':
        return error(429, 'rate_limit_exceeded', 'Rate limit reached.', { 'retry-after': String(profile.retryAfter) });
      case 'fb-s03':
        return attempt === 1 ? error(500, 'internal', 'Internal error.') : whole();
      case 'fb-s04':
      case 'fb-s16':
        return error(503, 'unavailable', 'Service unavailable.');
      case 'fb-s05':
        if (attempt > 1) return whole();
        request.socket.resetAndDestroy();
        return 'reset';
      case 'fb-s06':
        later(profile.silence * 1000, () => response.destroy());
        return 'silence';
      case 'fb-s07':
        return answer(body, response, { lateMs: profile.lateToken * 1000 });
      case 'fb-s08':
      case 'fb-s14':
        return answer(body, response, { cutAfter: 40 });
      case 'fb-s09':
        return answer(body, response, { cutAfter: 20, stallMs: profile.stall * 1000 });
      case 'fb-s10':
        return answer(body, response, { brokenBefore: 10 });
      case 'fb-s11':
        return answer(body, response, { noDone: true });
      case 'fb-s12':
        return error(400, 'context_length_exceeded', "This model's maximum context length is 4096 tokens.");
      case 'fb-s13':
        return error(400, 'content_policy_violation', 'Your request was rejected by the safety system.');
      case 'fb-s15':
        return performance.now() - resetAt < profile.outage * 1000
          ? error(503, 'unavailable', 'Service unavailable.')
          : whole();
      case 'fb-ok-noprefill':
        return entry.lastRole === 'assistant'
          ? error(400, 'prefill_refused', 'Prefill is not supported by this model.')
          : whole();
      default:
        return whole();
    }
  }

  interface Shape {
    lateMs?: number;
    cutAfter?: number;
    stallMs?: number;
    brokenBefore?: number;
    noDone?: boolean;
  }
  function answer(body: Incoming, response: http.ServerResponse, shape: Shape): string {
    const base = { id: 'chatcmpl-wall', object: 'chat.completion.chunk', created: 1_700_000_000, model: body.model };
    if (!body.stream) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          ...base,
          object: 'chat.completion',
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: WHOLE_TEXT, refusal: null },
              logprobs: null,
              finish_reason: 'stop',
            },
          ],
          usage: usage(),
        }),
      );
      return 'whole';
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const frame = (delta: object, finish: string | null = null) =>
      `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;
    const step = (n: number) => {
      if (response.destroyed) return;
      if (n === shape.cutAfter) return later(shape.stallMs ?? 0, () => response.destroy());
      if (n === 0) response.write(frame({ role: 'assistant', content: '' }));
      if (n === shape.brokenBefore) response.write('data: {"id":"chatcmpl-wall","choices":[{"ind\n\n');
      if (n < WORDS.length) {
        response.write(frame({ content: WORDS[n] }));
        return later(profile.wordMs, () => step(n + 1));
      }
      response.write(frame({}, 'stop'));
      if (body.stream_options?.include_usage)
        response.write(`data: ${JSON.stringify({ ...base, choices: [], usage: usage() })}\n\n`);
      response.end(shape.noDone ? '' : 'data: [DONE]\n\n');
    };
    later(shape.lateMs ?? 0, () => step(0));
    return 'stream';
  }
  function usage(): object {
    return { prompt_tokens: 10, completion_tokens: WORDS.length, total_tokens: 10 + WORDS.length };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    reset() {
      log.length = 0;
      resetAt = performance.now();
    },
    stop: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
