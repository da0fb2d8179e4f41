/** Speech, pictures and files: passed on unread where a backend allows it (`passThrough`), with a record. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import net from 'node:net';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { json, startUpstream, type Upstream } from '../../support/upstream';

const LIMITED = 'sk-limited-000000000';

describe('what is no text', () => {
  let upstream: Upstream;
  let router: TestRouter;
  const backend = (name: string, more: object = {}) => ({
    name,
    preset: 'openai' as const,
    baseUrl: upstream.url,
    ...more,
  });
  const secrets = { open: 'sk-open-provider-key', other: 'sk-other-provider-key', 'client:guest': LIMITED };
  async function start(backends: object[], more: object = {}): Promise<void> {
    router = await startRouter({ backends: backends as never, ...more }, secrets);
  }
  beforeEach(async () => {
    upstream = await startUpstream(json({ data: [] }));
  });
  afterEach(async () => {
    await router.stop();
    await upstream.stop();
  });
  const picture = { model: 'open/gpt-image-1', prompt: 'a cat' };

  it('is refused in words of its own where no backend allows it, and nobody is asked', async () => {
    await start([backend('open')]);
    const answer = await router.post('/v1/images/generations', picture);
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /unless a backend allows them with passThrough/);
    assert.equal(upstream.seen.length, 0);
  });

  it('goes to the backend of its model, with the name that backend knows and its key, and has a record', async () => {
    await start([backend('other', { default: true }), backend('open', { passThrough: true })]);
    const answer = await router.post('/v1/images/generations?a=b', picture);
    assert.deepEqual(await answer.json(), { data: [] });
    const [seen] = upstream.seen;
    assert.equal(seen!.path, '/v1/images/generations?a=b');
    assert.equal(seen!.headers.authorization, 'Bearer sk-open-provider-key');
    assert.deepEqual(seen!.json(), { ...picture, model: 'gpt-image-1' });
    const [record] = router.records;
    assert.equal(answer.headers.get('x-llm-router-request'), record!.id);
    assert.equal(answer.headers.get('x-llm-router-backend'), 'open');
    assert.deepEqual(
      [record!.route, record!.backend, record!.askedModel, record!.upstreamModel, record!.status, record!.cost],
      ['images/generations', 'open', 'open/gpt-image-1', 'gpt-image-1', 200, undefined],
    );
    assert.equal(record!.attempts[0]!.outcome, 'ok');
  });

  it('keeps the name of a file, whatever its letters', async () => {
    const raw = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    await start([backend('open', { passThrough: true })]);
    for (const name of ['résumé.pdf', '日本.pdf']) {
      upstream.answers[0] = (_seen, response) => {
        response.writeHead(200, { 'content-disposition': raw(`attachment; filename="${name}"`) });
        response.write('x');
        response.end('y');
      };
      const answer = await router.fetch('/v1/files/file-1/content');
      assert.deepEqual([answer.status, await answer.text()], [200, 'xy'], name);
      assert.equal(answer.headers.get('content-disposition'), raw(`attachment; filename="${name}"`));
    }
  });

  it('keeps its bytes, both ways: a form goes out as it is, a sound comes back as it is', async () => {
    const sound = Buffer.from([0, 255, 254, 128, 10, 13, 0]);
    upstream.answers[0] = (_seen, response) =>
      void response.writeHead(200, { 'content-type': 'audio/mpeg', 'set-cookie': 'a=b' }).end(sound);
    await start([backend('other', { default: true }), backend('open', { passThrough: true })]);
    const form = new FormData();
    form.append('model', 'whisper-1');
    form.append('file', new Blob([sound]), 'a.mp3');
    const answer = await router.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), sound);
    assert.equal(answer.headers.get('content-type'), 'audio/mpeg');
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.match(upstream.seen[0]!.headers['content-type']!, /^multipart\/form-data; boundary=/);
    assert.match(upstream.seen[0]!.text, /name="model"\r\n\r\nwhisper-1/);
    assert.equal(router.records[0]!.bytesOut, sound.length);
  });

  it('several backends: the name in the path decides, and without one it is asked for', async () => {
    await start([backend('other', { passThrough: true, default: false }), backend('open', { passThrough: true })]);
    assert.equal((await router.fetch('/other/v1/files/file-1/content')).status, 200);
    assert.equal(upstream.seen[0]!.headers.authorization, 'Bearer sk-other-provider-key');
    assert.equal(upstream.seen[0]!.path, '/v1/files/file-1/content');
    assert.equal(router.records[0]!.route, 'files', 'an id is no label');
    const answer = await router.fetch('/v1/files', { method: 'DELETE' });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /\/other\/v1\/files/);
    assert.equal(upstream.seen.length, 1);
  });

  it('a model of a backend that does not allow it goes nowhere', async () => {
    await start([backend('other'), backend('open', { passThrough: true })]);
    const answer = await router.post('/v1/audio/speech', { model: 'other/tts-1', input: 'hi' });
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /other does not take this path: passThrough is not set for it/);
    assert.equal(upstream.seen.length, 0);
    assert.equal(router.records[0]!.status, 404);
  });

  for (const [what, limits] of [
    ['models', { models: ['open/*'] }],
    ['money', { budget: { day: 5 } }],
    ['tokens', { tokensPerMinute: 1_000 }],
  ] as const)
    it(`a key limited to ${what} may not`, async () => {
      await start([backend('open', { passThrough: true })], { clientKeys: [{ name: 'guest', ...limits }] });
      const headers = { authorization: `Bearer ${LIMITED}` };
      const answer = await router.post('/v1/images/generations', picture, headers);
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /limited to models, money or tokens/);
      assert.equal(upstream.seen.length, 0);
    });

  it('counts towards the requests a minute of its key', async () => {
    await start([backend('open', { passThrough: true })], { clientKeys: [{ name: 'guest', requestsPerMinute: 1 }] });
    const headers = { authorization: `Bearer ${LIMITED}` };
    assert.equal((await router.post('/v1/images/generations', picture, headers)).status, 200);
    assert.equal((await router.post('/v1/images/generations', picture, headers)).status, 429);
  });

  it('an error of the provider is told without the key it repeats, and kept without the words of the request', async () => {
    const message = 'No cat for sk-open-provider-key, dear secretword!';
    upstream.answers[0] = json({ error: { message, code: 'bad_picture' } }, 400);
    await start([backend('open', { passThrough: true })]);
    const answer = await router.post('/v1/images/generations', { ...picture, prompt: 'secretword' });
    assert.equal(answer.status, 400);
    assert.doesNotMatch(await answer.text(), /provider-key/);
    const [record] = router.records;
    assert.equal(record!.status, 400);
    assert.match(record!.error!, /bad_picture/);
    assert.doesNotMatch(JSON.stringify(record) + router.log.join('\n'), /provider-key|secretword/);
  });

  it('a redirect is not followed and not passed on', async () => {
    upstream.answers[0] = (_seen, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
    await start([backend('open', { passThrough: true })]);
    const answer = await router.fetch('/v1/files/f/content', { redirect: 'manual' });
    assert.equal(answer.status, 502);
    assert.equal(answer.headers.get('location'), null);
  });

  it('a request without a body may name its type, as the SDK for Python does', async () => {
    await start([backend('open', { passThrough: true })]);
    const answer = await router.fetch('/v1/files', { headers: { 'content-type': 'application/json' } });
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(upstream.seen.length, 1);
  });

  it('a client that leaves ends the provider at once, and the record says so', async () => {
    upstream.answers[0] = (_seen, response) => void response.writeHead(200).write('a first piece');
    await start([backend('open', { passThrough: true })]);
    const leaving = new AbortController();
    const record = router.nextRecord();
    const answer = await router.fetch('/v1/files/f/content', { signal: leaving.signal });
    await answer.body!.getReader().read();
    leaving.abort();
    await upstream.seen[0]!.closed;
    assert.deepEqual([(await record).status, (await record).errorKind], [499, 'cancelled']);
  });

  it('a slow reader gets all of it: the provider’s clock stands still while the client is behind', async () => {
    const size = 64 * 1024 * 1024;
    const idle = 2;
    upstream.answers[0] = (_seen, response) => void response.writeHead(200).end(Buffer.alloc(size));
    await start([backend('open', { passThrough: true, timeouts: { idle } })]);
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${CLIENT_KEY}` };
      http.get(`${router.url}/v1/files/f/content`, { headers }, resolve).on('error', reject);
    });
    // Nothing is read for longer than the provider may be silent.
    await new Promise((resolve) => setTimeout(resolve, idle * 1_500));
    let got = 0;
    for await (const piece of answer) got += (piece as Buffer).length;
    assert.equal(got, size);
    assert.equal(router.records[0]!.status, 200);
  });

  it('a reader of a finished answer may not hold it for ever', async () => {
    let answer!: http.ServerResponse;
    const began = (message: unknown) => {
      const { response, socket } = message as { response: http.ServerResponse; socket: net.Socket };
      if (socket.localPort === router.port) answer = response;
    };
    const piece = Buffer.alloc(8 * 1024);
    const until = async (done: () => boolean, ms = 60_000) => {
      for (const late = Date.now() + ms; !done() && Date.now() < late; ) await new Promise(setImmediate);
      return done();
    };
    upstream.answers[0] = async (_seen, response) => {
      // The last piece has to be one that the router still takes and the system no more.
      do {
        const written = answer.socket!.bytesWritten + piece.length;
        response.write(piece);
        await until(() => answer.socket!.bytesWritten >= written);
      } while (await until(() => answer.writableLength === 0, 200));
      response.end();
    };
    await start([backend('open', { passThrough: true, timeouts: { total: 60 } })], { timeouts: { total: 1 } });
    subscribe('http.server.request.start', began);
    const socket = net.connect(router.port, '127.0.0.1');
    try {
      socket.on('error', () => {});
      socket.pause();
      const head = `host: localhost\r\nauthorization: Bearer ${CLIENT_KEY}`;
      socket.write(`GET /v1/files/f/content HTTP/1.1\r\n${head}\r\n\r\n`);
      assert.equal((await router.nextRecord()).status, 200);
      await new Promise((resolve) => answer.once('close', resolve));
    } finally {
      unsubscribe('http.server.request.start', began);
      socket.destroy();
    }
  });

  it('an answer that breaks off looks cut, and its record says so', async () => {
    upstream.answers[0] = (_seen, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('a first piece', () => response.destroy());
    };
    await start([backend('open', { passThrough: true })]);
    await assert.rejects(async () => (await router.fetch('/v1/files/f/content')).text());
    assert.equal(router.records[0]!.errorKind, 'network');
  });

  it('no way leads out of these paths, and a missing key is said', async () => {
    await start([backend('open', { passThrough: true })]);
    for (const path of [
      '/v1/files/..%2forganization',
      '/v1/files/%252e%252e/x',
      '/v1/organization/keys',
      '/v1/realtime',
    ])
      assert.equal((await router.fetch(path)).status, 404, path);
    assert.equal(upstream.seen.length, 0);
    await router.configure(
      { backends: [backend('open', { passThrough: true, requireApiKey: true })] },
      { 'client:main': CLIENT_KEY },
    );
    const answer = await router.fetch('/v1/files');
    assert.equal(answer.status, 401);
    assert.match(await answer.text(), /No key is known for open/);
  });
});
