/**
 * One try at one target: send, watch the clock, read the answer. It knows nothing of retries; it ends with what happened.
 */

import { messageOf, type Said } from '../said';
import { networkSaid, redirectSaid } from '../upstream/networkErrors';
import type { Send, UpstreamControl, UpstreamHeaders, UpstreamRequest } from '../upstream/send';
import { say as upstream } from '../upstream/sentences';
import type { ApiFailure } from '../wires/conversation';
import { createSseSplitter, type RawSseEvent } from '../wires/sse';
import { shapeOf } from './answerShape';
import type { ClientSide } from './clientSide';
import { Deadlines } from './deadlines';
import { createHeldPieces } from './heldPieces';
import type { StreamReply } from './reply';
import { say } from './sentences';

export interface AttemptLimits {
  /** Milliseconds; 0 is no limit. The connection counts until the request is on its way, a proxy's part included. */
  connectMs: number;
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
  /** `reply` is there when a stream had begun; `sent` when the client has seen content of it; `reached` when the request was sent whole. */
  | {
      kind: 'failed';
      failure: ApiFailure;
      /** The sentence is the provider's own, and may repeat the request. */
      heard: boolean;
      status?: number;
      reply?: StreamReply;
      sent: boolean;
      reached: boolean;
      said?: SaidWhole;
    };

/** An answer that is an error, as it came. */
export interface SaidWhole {
  headers: UpstreamHeaders;
  body: string;
}

/** A whole answer comes when it is finished: its first byte may take this many times as long as a stream's. */
export const WHOLE_ANSWER_FACTOR = 3;

/** Error bodies are read this far and this long. */
const ERROR_BODY_BYTES = 256 * 1024;
const ERROR_BODY_MS = 10_000;
/** What a stream may still say after its end. */
const AFTER_END_MS = 250;
/** In which the reason of a failed answer may come behind it. */
const AFTER_FAILED_MS = 2_000;
/** Largest whole answer. */
const ANSWER_BYTES = 256 * 1024 * 1024;
/** Events that are no JSON: some servers send a few, each costs an exception. */
const MOST_BROKEN = 10_000;
/** Most of a stream before its first content: Responses repeats the whole request there, and no more than that is honest. */
const CONTENTLESS_BYTES = 16 * 1024 * 1024;

export function runAttempt(options: AttemptOptions): Promise<AttemptResult> {
  const { client, limits, provider } = options;
  return new Promise((resolve) => {
    let control: UpstreamControl | undefined;
    let over = false;
    let reached = false;
    let status: number | undefined;
    let headers: UpstreamHeaders = {};
    let reply: StreamReply | undefined;
    const held = createHeldPieces();
    const whole: Buffer[] = [];
    let size = 0;
    let streamed = 0;
    let blanks = 0;
    let saidAll = false;
    let shape: 'stream' | 'whole' | undefined;
    const splitter = createSseSplitter();
    const deadlines = new Deadlines();

    const timer = (name: string, ms: number, fire: () => void) => deadlines.set(name, ms, () => guarded(fire));
    const clear = (name: string) => deadlines.lift(name);
    const settle = (result: AttemptResult) => {
      if (over) return;
      over = true;
      deadlines.end();
      client.onGone(() => {});
      client.onDrain(() => {});
      control?.abort();
      resolve(result);
    };
    const fail = (failure: ApiFailure, heard = false, said?: SaidWhole) =>
      settle({ kind: 'failed', failure, heard, status, reply, sent: client.committed, reached, ...(said && { said }) });
    const tooLate = (late: Late, ms: number) => () =>
      fail({ status: 504, kind: 'timeout', ...messageOf(late(provider, inSeconds(ms))) });
    const broken = (said: Said) => fail({ status: 502, kind: 'protocol', ...messageOf(said) });
    const brokeOff = () => {
      const said = (reply?.observed.dropped ?? 0) > 0 ? say.brokeOffUnreadable : upstream.brokeOff;
      fail({ status: 502, kind: 'network', ...messageOf(said(provider)) });
    };
    /** Every callback of the attempt runs in here: what trips a reader of ours fails this attempt, nothing else. */
    const guarded = (read: () => void) => {
      if (over) return;
      try {
        read();
      } catch (error) {
        broken(say.unreadable(provider, (error as Error).name));
      }
    };

    client.onGone(() =>
      guarded(() => {
        // Codex leaves as soon as it has read the end: that is an answer, not a break.
        if (client.committed && reply?.observed.ended) return endOfStream();
        fail({ status: 499, kind: 'cancelled', ...messageOf(say.clientLeft) });
      }),
    );
    client.onDrain(() =>
      guarded(() => {
        // The clock first: what resumes may be the end of it all.
        if (reply && !reply.observed.ended) timer('idle', limits.idleMs, silent);
        control?.resume();
      }),
    );
    if (over) return;
    // The soonest first: the others wait behind it without a timer of their own.
    timer('connect', limits.connectMs, () =>
      fail({
        status: 504,
        kind: 'network',
        ...messageOf(say.notReached(provider, inSeconds(limits.connectMs))),
      }),
    );
    timer('total', limits.totalMs, tooLate(say.didNotFinish, limits.totalMs));
    timer(
      'firstContent',
      options.wantsStream ? limits.firstContentMs : 0,
      tooLate(say.noContent, limits.firstContentMs),
    );

    function give(data: string | Buffer | undefined, content: boolean): void {
      if (data && data.length > 0) {
        if (client.committed) client.write(data);
        else held.add(data);
      }
      if (!content || client.committed || options.buffered || !options.wantsStream) return;
      clear('firstContent');
      options.onFirstContent();
      client.commit(options.commitHeaders(headers));
      for (const piece of held.take()) client.write(piece);
    }

    function take(events: RawSseEvent[]): boolean {
      if (!reply) return false;
      for (const event of events) {
        const out = reply.push(event);
        const { failure, content } = reply.observed;
        if (failure) {
          fail(failure, true);
          return false;
        }
        if (content) clear('firstContent');
        give(out, content);
        if (reply.observed.dropped > MOST_BROKEN) {
          broken(say.tooManyUnreadable(provider, MOST_BROKEN.toLocaleString('en-US')));
          return false;
        }
      }
      return true;
    }

    function endOfStream(): void {
      if (!reply || !take(splitter.finish())) return;
      give(reply.close(), reply.observed.content);
      const { ended, finish, content, failure } = reply.observed;
      if (failure) return fail(failure, true);
      if (!ended && !finish) return brokeOff();
      if (!finish && !content) return broken(say.emptyAnswer(provider));
      const tail = reply.end();
      if (!client.committed && options.wantsStream) {
        options.onFirstContent();
        client.commit(options.commitHeaders(headers));
        for (const piece of held.take()) client.write(piece);
      }
      settle({ kind: 'streamed', reply, tail, status: status ?? 200 });
    }

    function takeChunk(chunk: Buffer): void {
      streamed += chunk.length;
      // Until something goes out, what comes is held: comments without end must not fill the memory.
      if (!client.committed && streamed > (reply?.observed.content ? ANSWER_BYTES : CONTENTLESS_BYTES))
        return broken(say.noAnswerInIt(provider));
      if (!take(splitter.push(chunk))) return;
      if (splitter.overflow) return broken(say.longLine(provider));
      const { ended, failing } = reply?.observed ?? {};
      if (ended || failing) {
        // All is said; a provider that then keeps the connection open, silent or not, is not waited for.
        if (!saidAll) timer('idle', ended ? AFTER_END_MS : AFTER_FAILED_MS, endOfStream);
        saidAll = true;
      } else if (client.blocked) {
        control?.pause();
        clear('idle');
      } else deadlines.refresh('idle');
    }

    /** Blanks before the first word are signs of life, in streams and in whole answers; they are not kept. */
    function takeBlanks(count: number): void {
      deadlines.refresh('idle');
      blanks += count;
      if (blanks > CONTENTLESS_BYTES) broken(say.noAnswerInIt(provider));
    }

    /** The head says what comes, the first bytes tell what it really is. */
    function begin(atEnd: boolean): void {
      if (shape) return;
      const seen = Buffer.concat(whole, size);
      shape = shapeOf(seen, /event-stream/i.test(headers['content-type'] ?? ''), atEnd);
      if (shape !== 'stream') return;
      whole.length = 0;
      reply = options.streamReply();
      if (seen.length > 0) takeChunk(seen);
    }

    /** A finish is final once nothing more comes, a failure too; behind an end nothing more is needed. */
    function isFinished(of: StreamReply): boolean {
      give(of.close(), of.observed.content);
      const { ended, finish, failure } = of.observed;
      return ended || finish !== undefined || failure !== undefined;
    }
    const silent = () => {
      if (reply && isFinished(reply)) return endOfStream();
      tooLate(say.nothingMore, limits.idleMs)();
    };

    const refused = () => status !== undefined && status >= 300;

    control = options.send(options.request, {
      onSent: () =>
        guarded(() => {
          reached = true;
          clear('connect');
          timer('firstByte', limits.firstByteMs, tooLate(say.didNotAnswer, limits.firstByteMs));
        }),
      onHead: (code, head) =>
        guarded(() => {
          reached = true;
          status = code;
          headers = head;
          clear('firstByte');
          if (refused()) {
            clear('firstContent');
            return timer('total', ERROR_BODY_MS, readError);
          }
          timer('idle', limits.idleMs, silent);
        }),
      onData: (chunk) =>
        guarded(() => {
          if (reply) return takeChunk(chunk);
          const said = size > 0 ? chunk : chunk.subarray(blanksAt(chunk));
          if (said.length === 0) return takeBlanks(chunk.length);
          size += said.length;
          whole.push(said);
          if (refused()) {
            if (size > ERROR_BODY_BYTES) readError();
            return;
          }
          deadlines.refresh('idle');
          if (size > ANSWER_BYTES) return broken(say.tooLarge(provider));
          begin(false);
        }),
      onEnd: () =>
        guarded(() => {
          if (refused()) return readError();
          begin(true);
          if (over) return;
          if (reply) return endOfStream();
          settle({ kind: 'whole', status: status ?? 200, headers, body: Buffer.concat(whole, size) });
        }),
      onError: (error) =>
        guarded(() => {
          if (refused()) return readError();
          // What came before the break may have been all of it.
          if (reply && take(splitter.finish()) && isFinished(reply)) return endOfStream();
          if (over) return;
          if (reply && error.code !== 'BAD_ENCODING') return brokeOff();
          fail({
            status: 502,
            kind: 'network',
            ...(error.code === 'BAD_PROXY' && { code: error.code }),
            ...messageOf(networkSaid(error, provider, status !== undefined)),
          });
        }),
    });
    if (over) control.abort();

    function readError(): void {
      const redirect = redirectSaid(status ?? 502, headers, provider);
      if (redirect) return broken(redirect);
      const body = Buffer.concat(whole).toString('utf8', 0, ERROR_BODY_BYTES);
      fail(options.parseError(status ?? 502, headers, body), true, { headers, body });
    }
  });
}

/** What did not come in time. */
export type Late = (provider: string, seconds: number) => Said;

export function inSeconds(ms: number): number {
  return ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000);
}

/** How many white spaces a text begins with. */
function blanksAt(text: Buffer): number {
  let at = 0;
  while (at < text.length && BLANKS.has(text[at]!)) at++;
  return at;
}

const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
