/** What providers do to streams, over real sockets: never presented as complete, and what can be recovered is. */
import assert from 'node:assert/strict';
import type http from 'node:http';
import zlib from 'node:zlib';
import { startRouter, type TestRouter } from '../../support/router';
import {
  type Answer,
  chatCompletion,
  chunk,
  DONE,
  json,
  sse,
  startUpstream,
  type Upstream,
  usageChunk,
  wordStream,
} from '../../support/upstream';

const ASK = { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] };
const WORDS = ['one ', 'two ', 'thrée ', '🎈'];
const TEXT = WORDS.join('');

/** Raw bytes with a head of the test's own. */
function bytes(headers: http.OutgoingHttpHeaders, ...pieces: (string | Buffer)[]): Answer {
  return async (_request, response) => {
    response.writeHead(200, headers);
    for (const piece of pieces) {
      response.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
}
/** Some events, then the connection breaks. */
function cut(...pieces: string[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    setTimeout(() => response.destroy(), 20);
  };
}
const STREAM = { 'content-type': 'text/event-stream' };

function contentOf(text: string): string {
  return text
    .split(/\r\n\r\n|\n\n|\r\r/)
    .filter((event) => event.startsWith('data: {'))
    .map(
      (event) =>
        (JSON.parse(event.slice(6)) as { choices?: { delta?: { content?: string } }[] }).choices?.[0]?.delta?.content ??
        '',
    )
    .join('');
}

describe('broken streams', () => {
  let upstream: Upstream;
  let spare: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    spare = await startUpstream();
    router = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url }] });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
    await spare.stop();
  });
  const configure = (more: object = {}, backend: object = {}) =>
    router.configure({
      retry: { attempts: 1 },
      ...more,
      backends: [
        { name: 'up', baseUrl: upstream.url, default: true, ...backend },
        { name: 'spare', baseUrl: spare.url },
      ],
    });
  const ask = async (headers: Record<string, string> = {}, body: object = ASK) => {
    const response = await router.post('/v1/chat/completions', body, headers);
    return { response, text: await response.text() };
  };
  beforeEach(async () => {
    upstream.seen.length = 0;
    spare.seen.length = 0;
    spare.answers = [sse(...wordStream(...WORDS))];
    await configure();
  });

  describe('is whole', () => {
    const whole = wordStream(...WORDS).join('');
    const forms: [string, Answer][] = [
      ['one byte at a time', bytes(STREAM, ...[...Buffer.from(whole)].map((byte) => Buffer.from([byte])))],
      ['with CRLF', bytes(STREAM, whole.replaceAll('\n', '\r\n'))],
      ['with CR', bytes(STREAM, whole.replaceAll('\n', '\r'))],
      ['behind a byte order mark', bytes(STREAM, `\ufeff${whole}`)],
      ['with the wrong content type', bytes({ 'content-type': 'application/json' }, whole)],
      ['without a content type, byte by byte', bytes({}, ...[...whole].map((letter) => letter))],
      [
        'in gzip although identity was asked for',
        bytes({ ...STREAM, 'content-encoding': 'gzip' }, zlib.gzipSync(whole)),
      ],
      ['in brotli', bytes({ ...STREAM, 'content-encoding': 'br' }, zlib.brotliCompressSync(whole))],
      ['without [DONE]', bytes(STREAM, whole.replace(DONE, ''))],
      [
        'with a broken event between others',
        bytes(STREAM, ...wordStream(...WORDS).flatMap((event) => [event, 'data: {"choices":[{"ind\n\n'])),
      ],
      ['cut behind its finish reason', cut(...wordStream(...WORDS).slice(0, -2))],
    ];
    for (const [name, answer] of forms) {
      it(`when it comes ${name}`, async () => {
        upstream.answers = [answer];
        const { response, text } = await ask();
        assert.equal(response.status, 200);
        assert.equal(contentOf(text.replace(/^\ufeff/, '')), TEXT);
        assert.match(text, /\[DONE\]/);
        assert.ok(!text.includes('"error"'), text);
        assert.equal(router.records.at(-1)!.error, undefined);
      });
    }

    it('when each compressed block arrives alone, without waiting for the end', async () => {
      const gzip = zlib.createGzip();
      let open!: http.ServerResponse;
      upstream.answers = [
        (_request, response) => {
          open = response;
          response.writeHead(200, { ...STREAM, 'content-encoding': 'gzip' });
          gzip.on('data', (data) => response.write(data));
          gzip.write(chunk({ role: 'assistant', content: 'early' }));
          gzip.flush(zlib.constants.Z_SYNC_FLUSH);
        },
      ];
      const response = await router.post('/v1/chat/completions', ASK);
      const reader = response.body!.getReader();
      assert.match(Buffer.from((await reader.read()).value!).toString(), /early/);
      gzip.end(chunk({}, 'stop') + DONE);
      gzip.on('end', () => open.end());
      let rest = '';
      for (let read = await reader.read(); !read.done; read = await reader.read())
        rest += Buffer.from(read.value).toString();
      assert.match(rest, /\[DONE\]/);
    });

    it('when one line of it has 10 MB', async () => {
      const long = 'x'.repeat(10 * 1024 * 1024);
      upstream.answers = [sse(chunk({ role: 'assistant', content: long }), chunk({}, 'stop'), DONE)];
      const { text } = await ask();
      assert.equal(contentOf(text).length, long.length);
    });

    it('when the provider says [DONE] and then keeps the connection open', async () => {
      upstream.answers = [
        (_request, response) => {
          response.writeHead(200, STREAM);
          response.write(wordStream(...WORDS).join(''));
        },
      ];
      const { text } = await ask();
      assert.equal(contentOf(text), TEXT);
      await upstream.seen[0]!.closed;
      assert.equal(router.records.at(-1)!.error, undefined);
    });

    it('when the provider says [DONE] and then sends comments without end', async () => {
      upstream.answers = [
        (_request, response) => {
          response.writeHead(200, STREAM);
          response.write(wordStream(...WORDS).join(''));
          const pings = setInterval(() => response.write(': ping\n\n'), 20);
          response.on('close', () => clearInterval(pings));
        },
      ];
      assert.equal(contentOf((await ask()).text), TEXT);
      assert.equal(router.records.at(-1)!.error, undefined);
    });

    it('when a provider header holds characters that no header may hold', async () => {
      upstream.answers = [
        (_request, response) => {
          const body = Buffer.from(wordStream(...WORDS).join(''));
          response.socket!.end(
            Buffer.concat([
              Buffer.from(
                `HTTP/1.1 200 OK\r\nx-request-id: caf\u00e9 \u4e2d\r\ncontent-type: text/event-stream\r\ncontent-length: ${body.length}\r\n\r\n`,
              ),
              body,
            ]),
          );
        },
      ];
      const { response, text } = await ask();
      assert.equal(response.status, 200);
      assert.equal(contentOf(text), TEXT);
    });
  });

  describe('before content is an HTTP error', () => {
    const forms: [string, Answer, number, RegExp][] = [
      [
        'a web page',
        bytes({ 'content-type': 'text/html' }, '<!doctype html><title>Log in</title>'),
        502,
        /not an answer \(text\/html\)/,
      ],
      ['a web page that calls itself a stream', bytes(STREAM, '<html>'), 502, /not an answer/],
      ['an empty body', bytes({}), 502, /an empty body/],
      ['an empty stream', bytes(STREAM), 502, /broke off/],
      ['nothing but [DONE]', sse(DONE), 502, /an empty answer/],
      ['a stream of nothing but comments', sse(': hello\n\n', ': again\n\n'), 502, /broke off/],
      [
        'a 200 with an error in it',
        json({ error: { message: 'No such engine.', code: 'model_not_found' } }),
        404,
        /No such engine/,
      ],
      [
        'an error as the first event',
        sse('data: {"error":{"message":"Too many of you.","code":429}}\n\n', DONE),
        429,
        /Too many of you/,
      ],
      [
        'an error as JSON in a stream type',
        bytes(STREAM, '{"error":{"message":"Plainly wrong.","code":400}}'),
        400,
        /Plainly wrong/,
      ],
      ['a cut before the first word', cut(chunk({ role: 'assistant', content: '' })), 502, /broke off/],
      [
        'broken gzip',
        bytes({ ...STREAM, 'content-encoding': 'gzip' }, 'this is not gzip'),
        502,
        /compressed answer that cannot be decoded/,
      ],
      [
        'gzip that breaks, of a provider that goes on',
        (_request, response) => {
          response.writeHead(200, { ...STREAM, 'content-encoding': 'gzip' }).write('this is not gzip');
        },
        502,
        /compressed answer that cannot be decoded/,
      ],
      [
        'gzip cut in the middle',
        bytes(
          { 'content-type': 'application/json', 'content-encoding': 'gzip' },
          zlib.gzipSync(JSON.stringify(chatCompletion('x'.repeat(1000)))).subarray(0, 40),
        ),
        502,
        /cannot be decoded/,
      ],
      ['a number', bytes({ 'content-type': 'application/json' }, '42'), 502, /not an answer/],
    ];
    for (const [name, answer, status, message] of forms) {
      it(name, async () => {
        upstream.answers = [answer];
        const { response, text } = await ask();
        assert.equal(response.status, status, text);
        const { error } = JSON.parse(text) as { error: { message: string } };
        assert.match(error.message, message);
        const record = router.records.at(-1)!;
        assert.equal(record.status, status);
        assert.equal(record.bytesOut, Buffer.byteLength(text));
        assert.ok(router.log.some((line) => line.includes(record.id) && line.includes('Told the client.')));
      });
      it(`${name}, or the answer of the fallback where there is one`, async () => {
        await configure({ retry: { attemptsPerBackend: 1 } }, { fallbacks: ['spare/m'] });
        upstream.answers = [answer];
        const { response, text } = await ask();
        // What the client did wrong it would do wrong everywhere.
        const expected = status === 400 ? [400, 'up'] : [200, 'spare'];
        assert.deepEqual([response.status, response.headers.get('x-llm-router-backend')], expected, text);
        if (status !== 400) assert.equal(contentOf(text), TEXT);
      });
    }
  });

  describe('after content is told inside the stream, without [DONE]', () => {
    const begun = [chunk({ role: 'assistant', content: 'one ' }), chunk({ content: 'two ' })];
    const malformed: Answer = (_request, response) => {
      response.socket!.write(
        `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${begun.join('').length.toString(16)}\r\n${begun.join('')}\r\nZZZ\r\n`,
      );
    };
    const forms: [string, Answer, RegExp][] = [
      ['a cut', cut(...begun), /broke off/],
      ['a clean end without a finish reason', sse(...begun), /broke off/],
      ['a malformed chunk', malformed, /broke off/],
      ['half an event', cut(...begun, 'data: {"choices":[{"delta":{"con'), /broke off/],
      [
        'an error event',
        sse(...begun, 'data: {"error":{"message":"Out of memory.","code":500}}\n\n', DONE),
        /Out of memory/,
      ],
    ];
    for (const [name, answer, message] of forms) {
      it(name, async () => {
        upstream.answers = [answer];
        const { response, text } = await ask();
        assert.equal(response.status, 200);
        assert.equal(contentOf(text), 'one two ');
        assert.ok(!text.includes('[DONE]'), text);
        assert.ok(!/"finish_reason":"/.test(text), text);
        const events = text.trimEnd().split('\n\n');
        const { error } = JSON.parse(events.at(-1)!.slice(6)) as { error: { message: string } };
        assert.match(error.message, message);
        assert.equal(spare.seen.length, 0);
        const record = router.records.at(-1)!;
        assert.match(record.error!, message);
        assert.equal(record.status, 200);
        assert.equal(record.bytesOut, Buffer.byteLength(text));
        assert.ok(
          router.log.some((line) => line.includes(record.id) && line.includes('Told the client inside the answer.')),
        );
      });

      it(`${name}: a buffered model falls back even then`, async () => {
        await configure(
          { retry: { attemptsPerBackend: 1 } },
          { models: [{ id: 'm', buffered: true, fallbacks: ['spare/m'] }] },
        );
        upstream.answers = [answer];
        const { response, text } = await ask();
        assert.equal(response.headers.get('x-llm-router-backend'), 'spare');
        assert.equal(contentOf(text), TEXT);
        assert.match(text, /\[DONE\]/);
        assert.ok(!text.includes('"error"'));
      });
    }

    it('and for Anthropic and Responses clients as an error event of their API', async () => {
      upstream.answers = [cut(...begun)];
      const messages = await router.post('/v1/messages', { ...ASK, max_tokens: 10 });
      const text = await messages.text();
      assert.match(text, /event: error\ndata: \{"type":"error"/);
      assert.ok(!text.includes('message_stop'), text);
      const responses = await router.post('/v1/responses', { model: 'm', stream: true, input: 'hi' });
      const events = await responses.text();
      assert.match(events, /response\.failed|event: error/);
      assert.ok(!events.includes('response.completed'), events);
    });
  });

  describe('whole answers', () => {
    const whole = { model: 'm', messages: ASK.messages };
    it('that come as a stream are put together', async () => {
      upstream.answers = [sse(...wordStream(...WORDS))];
      const { response, text } = await ask({}, whole);
      assert.equal(response.headers.get('content-type'), 'application/json');
      const answer = JSON.parse(text) as { choices: { message: { content: string }; finish_reason: string }[] };
      assert.equal(answer.choices[0]!.message.content, TEXT);
      assert.equal(answer.choices[0]!.finish_reason, 'stop');
    });
    it('that come as a cut stream are an error, never half an answer', async () => {
      upstream.answers = [cut(...wordStream(...WORDS).slice(0, 3))];
      assert.equal((await ask({}, whole)).response.status, 502);
    });
    it('that are cut are an error', async () => {
      upstream.answers = [
        (_request, response) => {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': 5_000 });
          response.write('{"id":"x","choices":[{"message":{"content":"half');
          setTimeout(() => response.destroy(), 10);
        },
      ];
      const { response, text } = await ask({}, whole);
      assert.equal(response.status, 502);
      assert.match(text, /broke off/);
    });
    it('in gzip or behind a byte order mark are read, and passed on without the encoding', async () => {
      const body = JSON.stringify(chatCompletion('whole'));
      for (const answer of [
        bytes({ 'content-type': 'application/json', 'content-encoding': 'gzip' }, zlib.gzipSync(body)),
        bytes({ 'content-type': 'application/json' }, `\ufeff${body}`),
      ]) {
        upstream.answers = [answer];
        const { response, text } = await ask({}, whole);
        assert.equal(response.headers.get('content-encoding'), null);
        assert.equal((JSON.parse(text.replace(/^\ufeff/, '')) as { model: string }).model, 'up-model');
      }
    });
    it('for a client that wants a stream become one', async () => {
      upstream.answers = [json(chatCompletion('in one piece'))];
      const { response, text } = await ask();
      assert.match(response.headers.get('content-type')!, /event-stream/);
      assert.equal(contentOf(text), 'in one piece');
      assert.ok(text.endsWith(DONE));
    });
  });

  describe('a stream without usage', () => {
    it('is estimated and says so', async () => {
      upstream.answers = [sse(...wordStream(...WORDS).filter((event) => event !== usageChunk()))];
      await ask();
      assert.equal(router.records.at(-1)!.usage?.estimated, true);
    });
  });
});
