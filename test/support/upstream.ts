/** A provider on loopback whose every answer the test writes itself; it keeps what it was sent and when its visitors left. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onWindows } from './platform';

export interface Seen {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  text: string;
  json(): Record<string, unknown>;
  /** Resolves when the connection of this request has closed. */
  closed: Promise<void>;
}
export type Answer = (request: Seen, response: http.ServerResponse) => void | Promise<void>;

export interface Upstream {
  url: string;
  port: number;
  seen: Seen[];
  /** The next answers, in order; the last one stays. */
  answers: Answer[];
  /** Resolves with the next request. */
  next(): Promise<Seen>;
  stop(): Promise<void>;
}

export async function startUpstream(...answers: Answer[]): Promise<Upstream> {
  const waiting: ((seen: Seen) => void)[] = [];
  const upstream: Upstream = {
    url: '',
    port: 0,
    seen: [],
    answers,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  // Node's five seconds: under Wine they can be over before a request arrives on a connection that was idle.
  const server = http.createServer({ keepAliveTimeout: onWindows ? 60_000 : 5_000 }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const seen: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
      closed: new Promise((resolve) => response.on('close', resolve)),
    };
    upstream.seen.push(seen);
    waiting.shift()?.(seen);
    const answer = upstream.answers.length > 1 ? upstream.answers.shift()! : upstream.answers[0];
    if (!answer) response.writeHead(500).end('no answer was planned');
    else await answer(seen, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  upstream.port = (server.address() as AddressInfo).port;
  upstream.url = `http://127.0.0.1:${upstream.port}`;
  return upstream;
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
}

/** Raw text of an event stream, written as given. */
export function sse(...pieces: (string | Buffer)[]): Answer {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      response.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
}

export function chatCompletion(text: string, more: object = {}): object {
  return {
    id: 'chatcmpl-up',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'up-model',
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    ...more,
  };
}

export function chunk(delta: object, finish: string | null = null, more: object = {}): string {
  const value = {
    id: 'chatcmpl-up',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'up-model',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...more,
  };
  return `data: ${JSON.stringify(value)}\n\n`;
}

export function usageChunk(prompt = 7, completion = 3): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-up', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'up-model', choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } })}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';

/** A whole, well-formed stream of the given words. */
export function wordStream(...words: string[]): string[] {
  return [
    chunk({ role: 'assistant', content: '' }),
    ...words.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    usageChunk(),
    DONE,
  ];
}
