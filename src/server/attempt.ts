/**
 * One try at one target: send, watch the clock, read the answer. It knows nothing of retries; it ends with what happened.
 */

import { describeNetworkError } from '../backends/networkErrors';
import type { Send, UpstreamControl, UpstreamHeaders, UpstreamRequest } from '../backends/transport';
import type { ApiFailure } from '../wires/conversation';
import { createSseSplitter, type RawSseEvent } from '../wires/sse';
import type { ClientSide } from './clientSide';
import type { StreamReply } from './reply';

export interface AttemptLimits {
  /** Milliseconds; 0 is no limit. */
  firstByteMs: number;
  firstContentMs: number;
  idleMs: number;
  /** What is left of the whole request's time. */
  totalMs: number;
}

export interface AttemptOptions {
  send: Send;
  request: UpstreamRequest;
  /** How people call the provider: the backend's name. */
  provider: string;
  limits: AttemptLimits;
  client: ClientSide;
  /** How the answer is read: event by event, or whole. */
  wantsStream: boolean;
  /** Hold everything until the answer is whole (per-model `buffered`). */
  buffered: boolean;
  /** Called once when an event stream begins. */
  streamReply(): StreamReply;
  /** Called before content goes out: headers for the client. */
  commitHeaders(head: UpstreamHeaders): Record<string, string>;
  parseError(status: number, headers: UpstreamHeaders, body: string): ApiFailure;
  onFirstContent(): void;
}

export type AttemptResult =
  | { kind: 'streamed'; reply: StreamReply; tail: string; status: number }
  | { kind: 'whole'; status: number; headers: UpstreamHeaders; body: Buffer }
  /** `reply` is there when a stream had begun; `sent` when the client has seen content of it. */
  | { kind: 'failed'; failure: ApiFailure; status?: number; reply?: StreamReply; sent: boolean };

/** Error bodies are read this far and this long. */
const ERROR_BODY_BYTES = 256 * 1024;
const ERROR_BODY_MS = 10_000;
/** Largest whole answer. */
const ANSWER_BYTES = 256 * 1024 * 1024;

export function runAttempt(options: AttemptOptions): Promise<AttemptResult> {
  const { client, limits, provider } = options;
  return new Promise((resolve) => {
    let control: UpstreamControl | undefined;
    let over = false;
    let status: number | undefined;
    let headers: UpstreamHeaders = {};
    let reply: StreamReply | undefined;
    let held: (string | Buffer)[] = [];
    const whole: Buffer[] = [];
    let size = 0;
    const splitter = createSseSplitter();
    const timers = new Map<string, NodeJS.Timeout>();

    const timer = (name: string, ms: number, fire: () => void) => {
      clearTimeout(timers.get(name));
      if (ms > 0) timers.set(name, setTimeout(fire, ms));
    };
    const clear = (name: string) => {
      clearTimeout(timers.get(name));
      timers.delete(name);
    };
    const settle = (result: AttemptResult) => {
      if (over) return;
      over = true;
      for (const name of [...timers.keys()]) clear(name);
      client.onGone(() => {});
      client.onDrain(() => {});
      control?.abort();
      resolve(result);
    };
    const fail = (failure: ApiFailure) => settle({ kind: 'failed', failure, status, reply, sent: client.committed });
    const tooLate = (what: string, ms: number) => () =>
      fail({ status: 504, kind: 'timeout', message: `${provider} ${what} within ${Math.round(ms / 1000)} s.` });

    client.onGone(() => fail({ status: 499, kind: 'cancelled', message: 'The client closed the connection.' }));
    client.onDrain(() => {
      control?.resume();
      if (reply) timer('idle', limits.idleMs, tooLate('sent nothing more', limits.idleMs));
    });
    if (over) return;
    timer('total', limits.totalMs, tooLate('did not finish', limits.totalMs));
    timer(
      'firstContent',
      options.wantsStream ? limits.firstContentMs : 0,
      tooLate('sent no content', limits.firstContentMs),
    );

    function give(data: string | Buffer | undefined, content: boolean): void {
      if (data && data.length > 0) {
        if (client.committed) client.write(data);
        else held.push(data);
      }
      if (!content || client.committed || options.buffered || !options.wantsStream) return;
      clear('firstContent');
      options.onFirstContent();
      client.commit(options.commitHeaders(headers));
      for (const piece of held) client.write(piece);
      held = [];
    }

    function take(events: RawSseEvent[]): boolean {
      if (!reply) return false;
      for (const event of events) {
        const out = reply.push(event);
        const { failure, content } = reply.observed;
        if (failure) {
          fail(failure);
          return false;
        }
        if (content) clear('firstContent');
        give(out, content);
      }
      return true;
    }

    function endOfStream(): void {
      if (!reply || !take(splitter.finish())) return;
      const { ended, finish, dropped } = reply.observed;
      if (!ended && !finish) {
        const broken = dropped > 0 ? ' (part of it was unreadable)' : '';
        return fail({ status: 502, kind: 'network', message: `The answer of ${provider} broke off${broken}.` });
      }
      const tail = reply.end();
      if (!client.committed && options.wantsStream) {
        options.onFirstContent();
        client.commit(options.commitHeaders(headers));
        for (const piece of held) client.write(piece);
      }
      settle({ kind: 'streamed', reply, tail, status: status ?? 200 });
    }

    control = options.send(options.request, {
      onSent: () => timer('firstByte', limits.firstByteMs, tooLate('did not answer', limits.firstByteMs)),
      onHead(code, head) {
        status = code;
        headers = head;
        clear('firstByte');
        if (code >= 300) {
          timer('total', ERROR_BODY_MS, () => readError());
          return;
        }
        if (/event-stream/i.test(head['content-type'] ?? '')) reply = options.streamReply();
        timer('idle', limits.idleMs, tooLate('sent nothing more', limits.idleMs));
      },
      onData(chunk) {
        if (over) return;
        if (reply) {
          if (!take(splitter.push(chunk))) return;
          if (splitter.overflow)
            return fail({
              status: 502,
              kind: 'protocol',
              message: `${provider} sent a line that is too long to be an event.`,
            });
          if (client.blocked) {
            control?.pause();
            clear('idle');
          } else timers.get('idle')?.refresh();
          return;
        }
        size += chunk.length;
        timers.get('idle')?.refresh();
        if (size > (status !== undefined && status >= 300 ? ERROR_BODY_BYTES : ANSWER_BYTES)) {
          if (status !== undefined && status >= 300) return readError();
          return fail({ status: 502, kind: 'protocol', message: `The answer of ${provider} is too large.` });
        }
        whole.push(chunk);
      },
      onEnd() {
        if (over) return;
        if (status !== undefined && status >= 300) return readError();
        if (reply) return endOfStream();
        settle({ kind: 'whole', status: status ?? 200, headers, body: Buffer.concat(whole, size) });
      },
      onError(error) {
        if (over) return;
        if (status !== undefined && status >= 300) return readError();
        if (reply && take(splitter.finish()) && reply.observed.ended) return endOfStream();
        fail({ status: 502, kind: 'network', message: describeNetworkError(error, provider, status !== undefined) });
      },
    });
    if (over) control.abort();

    function readError(): void {
      const body = Buffer.concat(whole).toString('utf8', 0, ERROR_BODY_BYTES);
      fail(options.parseError(status ?? 502, headers, body));
    }
  });
}
