/** The proxy over real sockets: routing, bytes, headers, errors, cancellation. */
import assert from 'node:assert/strict';
import type http from 'node:http';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import {
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

const HELLO = { messages: [{ role: 'user', content: 'hi' }] };

describe('proxy', () => {
  let upstream: Upstream;
  let other: Upstream;
  let router: TestRouter;

  before(async () => {
    upstream = await startUpstream();
    other = await startUpstream();
    router = await startRouter(
      {
        backends: [
          {
            name: 'up',
            baseUrl: upstream.url,
            default: true,
            headers: { 'x-extra': 'yes' },
            models: [{ id: 'fast', upstream: 'real-fast', apiKeyName: 'second' }],
          },
          {
            name: 'other',
            baseUrl: `${other.url}/custom/base`,
            unsupportedParams: ['logit_bias', 'seed'],
            roleRewrites: { developer: 'system' },
          },
          { name: 'strict', preset: 'openai', baseUrl: upstream.url },
        ],
        aliases: { mine: 'other/m1', chained: 'mine' },
      },
      { up: 'sk-upstream-key', second: 'sk-second-key' },
    );
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
    await other.stop();
  });
  beforeEach(() => {
    upstream.answers = [json(chatCompletion('hello'))];
    other.answers = [json(chatCompletion('other'))];
    upstream.seen.length = 0;
    other.seen.length = 0;
  });

  it('passes a request to the default backend with its key, never the client key', async () => {
    const response = await router.post('/v1/chat/completions', { model: 'm', ...HELLO });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-llm-router-backend'), 'up');
    assert.equal(response.headers.get('x-llm-router-model'), 'm');
    const seen = upstream.seen[0]!;
    assert.equal(seen.path, '/v1/chat/completions');
    assert.equal(seen.headers.authorization, 'Bearer sk-upstream-key');
    assert.equal(seen.headers['x-extra'], 'yes');
    assert.ok(!JSON.stringify(seen.headers).includes(CLIENT_KEY));
    assert.equal(((await response.json()) as { model: string }).model, 'up-model');
  });

  it('tells the length of a whole answer, so that head and body are one write', async () => {
    const response = await router.post('/v1/chat/completions', { model: 'm', ...HELLO });
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(response.headers.get('content-length'), String(bytes.length));
    assert.equal(response.headers.get('transfer-encoding'), null);
  });

  it('keeps every byte of the body but the model', async () => {
    const body =
      '{ "temperature" : 1.0, "seed":12345678901234567890, "model":"other/m1" ,"x":{"deep":[1e2,"\\u00e9"]}, "messages":[{"role":"user","content":"h\\u0069"}]}';
    await router.configure({ backends: [{ name: 'other', baseUrl: other.url }] });
    await router.post('/v1/chat/completions', body);
    assert.equal(other.seen[0]!.text, body.replace('other/m1', 'm1'));
  });

  it('edits roles and drops parameters without touching the rest', async () => {
    await router.configure({
      backends: [
        {
          name: 'other',
          baseUrl: `${other.url}/custom/base`,
          unsupportedParams: ['logit_bias', 'seed'],
          roleRewrites: { developer: 'system' },
        },
      ],
      aliases: { mine: 'other/m1', chained: 'mine' },
    });
    const response = await router.post(
      '/v1/chat/completions',
      '{"seed":1,"model":"chained","messages":[{"role":"developer","content":"a"},{"role":"user","content":"b"}],"big":9007199254740993,"logit_bias":{}}',
    );
    assert.equal(response.status, 200);
    assert.equal(
      other.seen.at(-1)!.text,
      '{"model":"m1","messages":[{"role":"system","content":"a"},{"role":"user","content":"b"}],"big":9007199254740993}',
    );
    assert.equal(other.seen.at(-1)!.path, '/custom/base/chat/completions');
  });

  it('streams events byte for byte and hides the usage chunk nobody asked for', async () => {
    const events = wordStream('one ', 'two ', 'thr\u00e9e');
    upstream.answers = [sse(...events)];
    await router.configure(DEFAULTS());
    const finished = router.nextRecord();
    const response = await router.post('/v1/chat/completions', { model: 'm', stream: true, ...HELLO });
    const text = await response.text();
    assert.equal(text, events.filter((event) => event !== usageChunk()).join(''));
    assert.deepEqual(upstream.seen[0]!.json().stream_options as object, { include_usage: true });
    const record = await finished;
    assert.deepEqual(
      { input: record.usage?.input, output: record.usage?.output, estimated: record.usage?.estimated },
      { input: 7, output: 3, estimated: undefined },
    );
  });

  it('adds a missing [DONE] after a finish reason and drops broken events', async () => {
    await router.configure(DEFAULTS());
    upstream.answers = [
      sse(chunk({ role: 'assistant', content: 'a' }), 'data: {"half":\n\n', chunk({ content: 'b' }), chunk({}, 'stop')),
    ];
    const text = await (
      await router.post('/v1/chat/completions', {
        model: 'm',
        stream: true,
        stream_options: { include_usage: true },
        ...HELLO,
      })
    ).text();
    assert.ok(!text.includes('half'));
    assert.ok(text.endsWith(DONE));
  });

  it('tells a broken stream as an error and never ends it cleanly', async () => {
    await router.configure(DEFAULTS());
    upstream.answers = [
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ role: 'assistant', content: 'a lot' }));
        setImmediate(() => response.destroy());
      },
    ];
    const text = await (await router.post('/v1/chat/completions', { model: 'm', stream: true, ...HELLO })).text();
    assert.match(text, /"error":\{"message":"The answer of up broke off/);
    assert.ok(!text.includes('[DONE]'));
  });

  it('gives the upstream status, reason and retry-after to the client', async () => {
    await router.configure({ ...DEFAULTS(), retry: { attempts: 1 } });
    upstream.answers = [
      json({ error: { message: 'slow down', type: 'rate_limit', code: 'rl' } }, 429, { 'retry-after': '7' }),
    ];
    const response = await router.post('/v1/chat/completions', { model: 'm', ...HELLO });
    assert.equal(response.status, 429);
    assert.equal(response.headers.get('retry-after'), '7');
    const { error } = (await response.json()) as { error: { message: string; code: string } };
    assert.match(error.message, /slow down/);
    assert.equal(error.code, 'rl');
  });

  it('aborts the upstream when the client leaves', async () => {
    await router.configure(DEFAULTS());
    upstream.answers = [
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ role: 'assistant', content: 'first' }));
      },
    ];
    const leaving = new AbortController();
    const arrived = upstream.next();
    const response = await fetch(`${router.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
      body: JSON.stringify({ model: 'm', stream: true, ...HELLO }),
      signal: leaving.signal,
    });
    await response.body!.getReader().read();
    const finished = router.nextRecord();
    leaving.abort();
    await (await arrived).closed;
    const record = await finished;
    assert.equal(record.errorKind, 'cancelled');
    assert.equal(record.status, 499);
  });

  it('an answer whose end was seen is complete though the client leaves first', async () => {
    await router.configure(DEFAULTS());
    upstream.answers = [
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        // Said, and kept open.
        response.write(chunk({ role: 'assistant', content: 'all' }) + chunk({}, 'stop') + DONE);
      },
    ];
    const finished = router.nextRecord();
    const leaving = new AbortController();
    const response = await fetch(`${router.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
      body: JSON.stringify({ model: 'm', stream: true, ...HELLO }),
      signal: leaving.signal,
    });
    const reader = response.body!.getReader();
    let text = '';
    while (!text.includes('[DONE]')) text += Buffer.from((await reader.read()).value ?? []).toString();
    leaving.abort();
    const record = await finished;
    assert.deepEqual([record.status, record.errorKind], [200, undefined]);
  });

  it('serves embeddings and text completions, and refuses odd paths and methods', async () => {
    await router.configure(DEFAULTS());
    upstream.answers = [
      json({
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.1] }],
        usage: { prompt_tokens: 4, total_tokens: 4 },
      }),
    ];
    assert.equal((await router.post('/v1/embeddings', { model: 'm', input: 'x' })).status, 200);
    assert.equal(upstream.seen[0]!.path, '/v1/embeddings');
    upstream.answers = [
      sse(
        'data: {"choices":[{"text":"a","index":0,"finish_reason":null}]}\n\n',
        'data: {"choices":[{"text":"","index":0,"finish_reason":"stop"}]}\n\n',
        DONE,
      ),
    ];
    assert.match(
      await (await router.post('/completions', { model: 'm', prompt: 'x', stream: true })).text(),
      /"text":"a"/,
    );
    assert.equal((await router.fetch('/v1/nothing')).status, 404);
    const wrong = await router.fetch('/v1/chat/completions');
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get('allow'), 'POST, OPTIONS');
  });

  it('an unknown path is no unknown model', async () => {
    for (const path of ['/v1/nothing', '/v1/audio/speech', '/v1']) {
      const answer = await router.post(path, { model: 'm' });
      assert.equal(answer.status, 404);
      assert.equal(((await answer.json()) as { error: { code: string } }).error.code, 'unknown_url', path);
    }
  });

  it('demo/echo answers chat alone: no embedding or text completion that no client could read', async () => {
    for (const [path, more] of [
      ['/v1/embeddings', { input: 'x' }],
      ['/v1/completions', { prompt: 'x' }],
    ] as const) {
      const answer = await router.post(path, { model: 'demo/echo', ...more });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), new RegExp(`demo does not serve ${path.slice(4)}\\.`));
    }
  });

  const bad: [string, string, number, RegExp][] = [
    ['unparsable JSON', '{"model":"m",', 400, /not valid JSON/],
    ['no object', '[1]', 400, /not valid JSON/],
    ['missing model', '{"messages":[]}', 400, /names no model/],
    ['null model', '{"model":null}', 400, /names no model/],
    ['model of a wrong type', '{"model":3}', 400, /must be a string/],
    ['model twice', '{"model":"a","mod\\u0065l":"b"}', 400, /twice/],
    ['stream of a wrong type', '{"model":"m","stream":"yes"}', 400, /"stream" must be/],
  ];
  for (const [name, body, status, message] of bad) {
    it(`answers ${name} with ${status} and asks nobody`, async () => {
      await router.configure(DEFAULTS());
      const response = await router.post('/v1/chat/completions', body);
      assert.equal(response.status, status);
      const { error } = (await response.json()) as { error: { message: string; type: string } };
      assert.match(error.message, message);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(upstream.seen.length, 0);
    });
  }

  it('names near misses for an unknown model when there is no default', async () => {
    await router.configure({
      backends: [
        { name: 'up', baseUrl: upstream.url, models: [{ id: 'llama-large' }] },
        { name: 'b', baseUrl: other.url },
      ],
    });
    const response = await router.post('/v1/chat/completions', { model: 'llama-lrage', ...HELLO });
    assert.equal(response.status, 404);
    assert.match(await response.text(), /llama-large/);
  });

  it('names the missing provider instead of asking the default backend for its model', async () => {
    await router.configure({ backends: [{ name: 'openai', preset: 'openai', default: true }] });
    const response = await router.post('/v1/chat/completions', { model: 'groq/llama', ...HELLO });
    assert.equal(response.status, 404);
    assert.match(await response.text(), /groq\/llama.*: the provider groq is not among the backends/);
  });

  it('answers the key check of Cursor locally', async () => {
    await router.configure({
      backends: [
        { name: 'up', baseUrl: upstream.url },
        { name: 'b', baseUrl: other.url },
      ],
    });
    const response = await router.post('/v1/chat/completions', {
      model: 'gpt-3.5-turbo',
      messages: [
        { role: 'system', content: 'You are a test assistant.' },
        { role: 'user', content: 'Testing. Just say hi and nothing else.' },
      ],
    });
    assert.equal(response.status, 200);
    assert.equal(upstream.seen.length, 0);
  });

  it('asks for a missing backend key in plain words', async () => {
    await router.configure(
      { backends: [{ name: 'strict', preset: 'openai', baseUrl: upstream.url, requireApiKey: true }] },
      {},
    );
    const response = await router.post('/v1/chat/completions', { model: 'strict/m', ...HELLO });
    assert.equal(response.status, 401);
    assert.match(await response.text(), /No key is known for strict.*Set Backend Key/);
    assert.equal(upstream.seen.length, 0);
  });

  it('says what is wrong with an upstream that refuses, does not resolve, or answers HTML', async () => {
    await router.configure({
      retry: { attempts: 1 },
      backends: [
        { name: 'refused', baseUrl: 'http://127.0.0.1:1' },
        { name: 'lost', baseUrl: 'http://nowhere.invalid' },
        { name: 'html', baseUrl: upstream.url },
        { name: 'tls', baseUrl: upstream.url.replace('http:', 'https:') },
      ],
    });
    upstream.answers = [
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>'),
    ];
    const ask = async (model: string) => (await router.post('/v1/chat/completions', { model, ...HELLO })).text();
    assert.match(await ask('refused/m'), /refused refused the connection/);
    assert.match(await ask('lost/m'), /does not resolve|name lookup failed/);
    assert.match(await ask('html/m'), /html answered with something that is not an answer \(text\/html\)/);
    assert.match(await ask('tls/m'), /does not speak TLS|closed the connection/);
  });

  it('puts a changed configuration into force for the next request without cutting the running one', async () => {
    await router.configure({ ...DEFAULTS(), aliases: { a: 'up/one' } });
    let open: http.ServerResponse | undefined;
    upstream.answers = [
      (_request, response) => {
        open = response;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ role: 'assistant', content: 'begin ' }));
      },
      json(chatCompletion('second')),
    ];
    const running = await router.post('/v1/chat/completions', { model: 'a', stream: true, ...HELLO });
    const reader = running.body!.getReader();
    let text = Buffer.from((await reader.read()).value!).toString();
    await router.configure({ ...DEFAULTS(), aliases: { a: 'up/two' } });
    await router.post('/v1/chat/completions', { model: 'a', ...HELLO });
    assert.equal(upstream.seen.at(-1)!.json().model, 'two');
    open!.write(chunk({ content: 'end' }));
    open!.write(chunk({}, 'stop') + DONE);
    open!.end();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += Buffer.from(value).toString();
    }
    assert.match(text, /begin .*end.*\[DONE\]/s);
  });

  function DEFAULTS() {
    return { backends: [{ name: 'up', baseUrl: upstream.url, default: true }] };
  }
});
