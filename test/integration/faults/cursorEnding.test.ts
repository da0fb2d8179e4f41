/** How failures end for Cursor (E1–E7): a sentence it shows, never a word or a status that it misreads, never half a tool call. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chunk, DONE, json, sse, startUpstream, type Upstream, wordStream } from '../../support/upstream';

const CURSOR = { 'user-agent': 'Cursor/1.0' };
const ASK = {
  model: 'm',
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: 'user', content: 'hi' }],
};

interface Chunk {
  choices: { delta: { content?: string; tool_calls?: unknown[] }; finish_reason: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number };
}
function read(text: string) {
  const events = text.split('\n\n').filter((event) => event.startsWith('data: '));
  const chunks = events.filter((event) => event !== 'data: [DONE]').map((event) => JSON.parse(event.slice(6)) as Chunk);
  return {
    content: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
    finish: chunks.map(({ choices }) => choices[0]?.finish_reason).filter((reason) => reason),
    calls: chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []),
    usage: chunks.map(({ usage }) => usage).filter((usage) => usage),
    last: events.at(-1),
  };
}
function cut(...pieces: string[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    setTimeout(() => response.destroy(), 20);
  };
}

describe('ending for Cursor', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    router = await startRouter({ backends: [] });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  const configure = (more: object = {}) =>
    router.configure({
      retry: { attempts: 1 },
      ...more,
      backends: [{ name: 'Acme', baseUrl: upstream.url }],
    });
  beforeEach(() => configure());
  const ask = async (body: object = ASK) => {
    const response = await router.post('/v1/chat/completions', body, CURSOR);
    return { response, text: await response.text() };
  };

  const begun = [chunk({ role: 'assistant', content: 'Half an ' }), chunk({ content: 'answer' })];
  const breaks: [string, Answer][] = [
    ['a cut', cut(...begun)],
    ['a clean end without a finish reason', sse(...begun)],
    [
      'an error event',
      sse(...begun, 'data: {"error":{"message":"overloaded_error: Overloaded","type":"server_error","code":503}}\n\n'),
    ],
  ];
  for (const [name, answer] of breaks) {
    it(`${name} after content: the sentence as content, finish length, usage, [DONE]`, async () => {
      upstream.answers = [answer];
      const { response, text } = await ask();
      assert.equal(response.status, 200);
      const { content, finish, usage, last } = read(text);
      assert.match(content, /^Half an answer[\s\S]+Acme/);
      assert.deepEqual(finish, ['length']);
      assert.equal(usage.length, 1);
      assert.equal(last, 'data: [DONE]');
      assert.ok(!/overload|server_error|rate.?limit/i.test(text), text);
    });
  }

  it('a tool call cut half way is never emitted', async () => {
    const call = (args: string, first = false) =>
      chunk({
        tool_calls: [
          {
            index: 0,
            ...(first && { id: 'call_1', type: 'function' }),
            function: { ...(first && { name: 'edit' }), arguments: args },
          },
        ],
      });
    upstream.answers = [
      cut(chunk({ role: 'assistant', content: 'Editing. ' }), call('', true), call('{"path":"a.ts","te')),
    ];
    const { text } = await ask();
    const { calls, content, finish } = read(text);
    assert.deepEqual(calls, []);
    assert.match(content, /^Editing\. /);
    assert.deepEqual(finish, ['length']);
    assert.ok(!text.includes('a.ts'), text);
  });

  it('a tool call cut before anything visible is still an HTTP 400, even late', async () => {
    upstream.answers = [
      cut(
        chunk({
          role: 'assistant',
          content: null,
          tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'edit', arguments: '{"a' } }],
        }),
      ),
    ];
    assert.equal((await ask()).response.status, 400);
  });

  const statuses: [number, object, RegExp][] = [
    [
      401,
      { message: 'Incorrect API key provided: sk-acme-1234567890' },
      /did not accept the API key stored in LLM Router \(HTTP 401\)/,
    ],
    [403, { message: 'Forbidden.' }, /does not allow/],
    [404, { message: 'The model `m` does not exist', code: 'model_not_found' }, /does not know the model m/],
    [429, { message: 'Rate limit reached', type: 'rate_limit_error' }, /at its limit/],
    [400, { message: 'No models loaded. Please load a model.' }, /has not loaded the model m \(.*Load it there/],
    [500, { message: 'model requires more system memory (4 GiB) than is available' }, /has not loaded the model m/],
    [500, { message: 'The server had an error', type: 'server_error' }, /problem of its own/],
    [503, { message: 'Overloaded', type: 'overloaded_error' }, /at its limit/],
    [529, { message: 'Overloaded', type: 'overloaded_error' }, /at its limit/],
  ];
  for (const [status, error, sentence] of statuses) {
    for (const stream of [true, false]) {
      it(`${status} before content is a 400 in harmless words (${stream ? 'stream' : 'whole'})`, async () => {
        upstream.answers = [json({ error }, status)];
        const { response, text } = await ask({ ...ASK, stream, ...(!stream && { stream_options: undefined }) });
        assert.equal(response.status, 400);
        assert.equal(response.headers.get('x-llm-router-upstream-status'), String(status));
        const told = (JSON.parse(text) as { error: { message: string; type: string } }).error;
        assert.equal(told.type, 'invalid_request_error');
        assert.match(told.message, sentence);
        assert.ok(!/overloaded|rate_limit_error|upstream_failed|server_error/i.test(text), text);
        assert.ok(!text.includes('sk-acme'), text);
        assert.equal(router.records.at(-1)!.upstreamStatus, status);
        assert.equal(router.records.at(-1)!.status, 400);
      });
    }
  }

  it('a provider that cannot be reached is a 400 without an invented upstream status', async () => {
    await router.configure({ retry: { attempts: 1 }, backends: [{ name: 'Acme', baseUrl: 'http://127.0.0.1:1' }] });
    const { response, text } = await ask();
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('x-llm-router-upstream-status'), null);
    assert.match(text, /Acme refused the connection/);
    assert.equal(router.records.at(-1)!.upstreamStatus, undefined);
  });

  it('after the head went out a failure is told inside the stream', async () => {
    await configure({ timeouts: { headHold: 0.02 } });
    upstream.answers = [
      (_request, response) =>
        void setTimeout(() => json({ error: { message: 'Sorry.' } }, 500)(_request, response), 150),
    ];
    const { response, text } = await ask();
    assert.equal(response.status, 200);
    assert.match(text, /^: /);
    const { content, finish, last, usage } = read(text);
    assert.match(content, /Acme had a problem of its own/);
    assert.deepEqual(finish, ['length']);
    assert.equal(usage.length, 1);
    assert.equal(last, 'data: [DONE]');
    assert.equal(router.records.at(-1)!.upstreamStatus, 500);
  });

  it('compaction is asked for before content only, never in the middle of an answer', async () => {
    await configure({ cursor: { contextOverflow: 'compact' } });
    const error = { message: 'too long', code: 'context_length_exceeded' };
    upstream.answers = [json({ error }, 400)];
    assert.match((await ask()).text, /"prompt_tokens":1000000/);
    upstream.answers = [sse(...begun, `data: ${JSON.stringify({ error })}\n\n`, DONE)];
    const { text } = await ask();
    assert.ok(!text.includes('1000000'), text);
    assert.deepEqual(read(text).finish, ['length']);
  });

  it('a wrong key of the router itself stays a 401', async () => {
    const response = await fetch(`${router.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...CURSOR, authorization: 'Bearer wrong' },
      body: '{}',
    });
    assert.equal(response.status, 401);
  });

  it('a whole stream stays whole', async () => {
    upstream.answers = [sse(...wordStream('all ', 'of it'))];
    const { content, finish, last } = read((await ask()).text);
    assert.deepEqual([content, finish, last], ['all of it', ['stop'], 'data: [DONE]']);
  });
});
