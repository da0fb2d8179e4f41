/** One try with a provider, a client and a clock in the test's hands: what ends it, what holds it up, and what it says then. */
import assert from 'node:assert/strict';
import { type AttemptOptions, type AttemptResult, runAttempt } from '../../../src/server/attempt';
import type { ClientSide } from '../../../src/server/clientSide';
import {
  createCollectingReply,
  createRawReply,
  createTranslatedReply,
  type StreamReply,
} from '../../../src/server/reply';
import type { UpstreamHandler } from '../../../src/upstream/send';
import { codecFor } from '../../../src/wires/codecs';
import { heldTimers } from '../../support/heldTimers';

const STREAM = { 'content-type': 'text/event-stream' };
const MB = 1024 * 1024;

/** Reads the words text, finish, end and broken; each event goes on as it is. */
function scriptedReply(): StreamReply {
  const observed: StreamReply['observed'] = { content: false, ended: false, chars: 0, dropped: 0 };
  return {
    observed,
    push({ raw, data, comment }) {
      if (comment) return raw;
      if (data === 'text') observed.content = true;
      if (data === 'finish') observed.finish = 'stop';
      if (data === 'end') observed.ended = true;
      if (data === 'broken') observed.dropped += 1;
      return raw;
    },
    close: () => '',
    end: () => '',
    fail: () => '',
  };
}

describe('an attempt', () => {
  const held = heldTimers();
  const pass = (ms: number) => held.pass(ms, 10);

  function begin(limits: Partial<AttemptOptions['limits']> = {}, more: Partial<AttemptOptions> = {}) {
    let provider!: UpstreamHandler;
    const calls: string[] = [];
    const written: string[] = [];
    const on = { gone: () => {}, drain: () => {} };
    const client = {
      ...{ gone: false, committed: false, headSent: false, bytesOut: 0, blocked: false },
      commit: () => {
        client.committed = true;
      },
      write: (data: string | Buffer) => written.push(data.toString()),
      onGone: (listener: () => void) => {
        on.gone = listener;
      },
      onDrain: (listener: () => void) => {
        on.drain = listener;
      },
    };
    let result: AttemptResult | undefined;
    void runAttempt({
      send: (_request, handler) => {
        provider = handler;
        return {
          abort: () => calls.push('abort'),
          pause: () => calls.push('pause'),
          resume: () => calls.push('resume'),
        };
      },
      request: { method: 'POST', url: new URL('http://up.test/'), headers: {}, connectMs: 0, local: true },
      provider: 'up',
      limits: { connectMs: 0, firstByteMs: 0, firstContentMs: 0, idleMs: 0, totalMs: 0, ...limits },
      client: client as unknown as ClientSide,
      wantsStream: true,
      buffered: false,
      streamReply: scriptedReply,
      commitHeaders: () => ({}),
      parseError: (status, _headers, body) => ({ status, message: `said: ${body.slice(0, 20)}` }),
      onFirstContent: () => {},
      ...more,
    }).then((ended) => {
      result = ended;
    });
    return {
      client,
      calls,
      written,
      on,
      provider,
      head: (status = 200, headers: Record<string, string> = STREAM) => {
        provider.onSent?.();
        provider.onHead(status, headers);
      },
      says: (...data: string[]) => provider.onData(Buffer.from(data.map((one) => `data: ${one}\n\n`).join(''))),
      async ended(): Promise<AttemptResult | undefined> {
        await Promise.resolve();
        await Promise.resolve();
        return result;
      },
      async failure() {
        const ended = await this.ended();
        assert.ok(ended?.kind === 'failed', ended?.kind ?? 'it goes on');
        return ended;
      },
    };
  }

  it('does not count the time of a reader that is behind against the provider, and all of it again afterwards', async () => {
    const one = begin({ idleMs: 100 });
    one.head();
    one.says('text');
    one.client.blocked = true;
    one.says('text');
    assert.deepEqual(one.calls, ['pause']);
    pass(1_000);
    assert.equal(await one.ended(), undefined);
    one.client.blocked = false;
    one.on.drain();
    assert.deepEqual(one.calls, ['pause', 'resume']);
    pass(90);
    assert.equal(await one.ended(), undefined);
    pass(20);
    assert.equal((await one.failure()).failure.kind, 'timeout');
  });

  it('of a model that is held to its end needs its first content in time, not its last', async () => {
    const one = begin({ firstContentMs: 100 }, { buffered: true });
    one.head();
    one.says('text');
    pass(1_000);
    one.says('finish');
    one.provider.onEnd();
    assert.equal((await one.ended())?.kind, 'streamed');
    const none = begin({ firstContentMs: 100 }, { buffered: true });
    none.head();
    pass(110);
    assert.match((await none.failure()).failure.message, /content/);
  });

  it('ends at ten thousand events that cannot be read, and reads on before', async () => {
    const one = begin();
    one.head();
    one.says('text', ...new Array<string>(10_000).fill('broken'));
    assert.equal(await one.ended(), undefined);
    one.says('broken');
    const { failure } = await one.failure();
    assert.match(`${failure.kind} ${failure.message}`, /^protocol .*10,000/);
  });

  it('ends where sixteen megabytes hold no answer: of comments, of blanks', async () => {
    for (const piece of [Buffer.from(`: ${'x'.repeat(MB)}\n\n`), Buffer.alloc(MB, ' ')]) {
      const one = begin();
      one.head();
      for (let sent = 0; sent < 15; sent += 1) one.provider.onData(piece);
      assert.equal(await one.ended(), undefined);
      one.provider.onData(piece);
      one.provider.onData(piece);
      assert.equal((await one.failure()).failure.kind, 'protocol');
      assert.deepEqual(one.calls, ['abort']);
    }
  });

  it('takes blanks for a sign of life', async () => {
    const one = begin({ idleMs: 100 });
    one.head(200, { 'content-type': 'application/json' });
    for (let sent = 0; sent < 10; sent += 1) {
      pass(90);
      one.provider.onData(Buffer.from(' \n'));
    }
    one.provider.onData(Buffer.from('{}'));
    one.provider.onEnd();
    assert.equal((await one.ended())?.kind, 'whole');
  });

  it('reads an error as far as a quarter of a megabyte, ten seconds, or the break of its connection', async () => {
    const long = begin({ firstContentMs: 50 });
    long.head(500, {});
    pass(100);
    long.provider.onData(Buffer.from(`long ${'x'.repeat(256 * 1024)}`));
    assert.match((await long.failure()).failure.message, /^said: long/);

    const slow = begin();
    slow.head(503, {});
    slow.provider.onData(Buffer.from('slow'));
    pass(9_900);
    assert.equal(await slow.ended(), undefined);
    pass(200);
    assert.equal((await slow.failure()).failure.message, 'said: slow');

    const cut = begin();
    cut.head(429, {});
    cut.provider.onData(Buffer.from('cut'));
    cut.provider.onError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    const { failure, heard, status } = await cut.failure();
    assert.deepEqual([failure.message, heard, status], ['said: cut', true, 429]);
  });

  it('that breaks off behind its finish is whole, though its last line lacks an end', async () => {
    const one = begin();
    one.head();
    one.says('text');
    one.provider.onData(Buffer.from('data: finish'));
    one.provider.onError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    assert.equal((await one.ended())?.kind, 'streamed');
  });

  it('says of a stream that cannot be decoded just that, and of a proxy that is set wrong what never gets better', async () => {
    const one = begin();
    one.head();
    one.says('text');
    one.provider.onError(Object.assign(new Error('broken'), { code: 'BAD_ENCODING' }));
    assert.match((await one.failure()).failure.message, /cannot be decoded/);
    const other = begin();
    other.provider.onError(Object.assign(new Error('http.proxy is no URL.'), { code: 'BAD_PROXY' }));
    const { failure, reached } = await other.failure();
    assert.deepEqual([failure.code, reached], ['BAD_PROXY', false]);
  });

  it('knows that its request was sent whole, which may have to be paid', async () => {
    const one = begin();
    one.provider.onSent?.();
    one.on.gone();
    const { failure, reached } = await one.failure();
    assert.deepEqual([failure.kind, reached], ['cancelled', true]);
  });

  it('that ends without a word and without a finish is empty, not an answer', async () => {
    const one = begin();
    one.head();
    one.says('end');
    one.provider.onEnd();
    assert.equal((await one.failure()).failure.kind, 'protocol');
  });

  it('ends at an event that is longer than anybody may hold', async () => {
    const one = begin();
    one.head();
    one.says('text');
    one.provider.onData(Buffer.concat([Buffer.from('data: '), Buffer.alloc(33 * MB, 'x')]));
    assert.equal((await one.failure()).failure.kind, 'protocol');
  });

  it('does not wait for a provider that goes on talking behind its end', async () => {
    const one = begin({ idleMs: 60_000 });
    one.head();
    one.says('text', 'finish', 'end');
    for (let sent = 0; sent < 3; sent += 1) {
      pass(100);
      one.provider.onData(Buffer.from(': still here\n\n'));
    }
    assert.equal((await one.ended())?.kind, 'streamed');
  });

  it('that has failed without a reason is told soon, or as soon as the reason comes, whether the connection ends or stays open', async () => {
    const parser = () => codecFor('responses').createStreamParser();
    const emitter = () =>
      codecFor('chat').createStreamEmitter({ model: 'm', id: 'u', created: 1, includeUsage: false });
    const replies: (() => StreamReply)[] = [
      () => createRawReply(codecFor('responses'), false),
      () => createTranslatedReply(parser(), emitter(), {}),
      () => createCollectingReply(parser()),
    ];
    const failed = JSON.stringify({ type: 'response.failed', response: { status: 'failed', error: null } });
    const why = JSON.stringify({ type: 'error', error: { code: 'content_filter', message: 'Filtered.' } });
    const ends: readonly [(one: ReturnType<typeof begin>) => void, string, string][] = [
      [(one) => one.provider.onEnd(), 'server', 'without a reason'],
      [(one) => one.provider.onError(new Error('reset')), 'server', 'without a reason'],
      [() => pass(3_000), 'server', 'without a reason'],
      [(one) => one.says(why), 'contentPolicy', 'Filtered.'],
      [
        (one) => {
          pass(1_500);
          one.says(why);
        },
        'contentPolicy',
        'Filtered.',
      ],
    ];
    for (const streamReply of replies)
      for (const [end, kind, words] of ends) {
        const one = begin({ idleMs: 60_000 }, { streamReply });
        one.head();
        one.says(failed);
        assert.equal(await one.ended(), undefined);
        end(one);
        const { failure, heard } = await one.failure();
        assert.deepEqual([failure.kind, failure.message.includes(words), heard], [kind, true, true]);
      }
  });

  it('whose call turns out to name no tool at its end says so, where nothing said before that it was the end', async () => {
    const one = begin({}, { streamReply: () => createRawReply(codecFor('chat'), false) });
    one.head();
    const call = { index: 0, id: 'c', function: { arguments: '{}' } };
    one.says(JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: 'tool_calls' }] }));
    one.provider.onEnd();
    assert.equal((await one.failure()).failure.kind, 'protocol');
  });
});
