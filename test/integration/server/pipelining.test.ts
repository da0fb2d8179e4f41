/** Several requests on one connection without waiting for answers: rare in clients, easy for anybody with a key. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chunk, startUpstream, type Upstream } from '../../support/upstream';

function asked(model: string): string {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${CLIENT_KEY}\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

describe('pipelined requests', () => {
  let upstream: Upstream;
  let router: TestRouter;
  let socket: net.Socket;
  let got = '';
  beforeEach(async () => {
    upstream = await startUpstream((request, response) => {
      // The first answer begins and goes on, the second one does not begin.
      if (request.json().model !== 'first') return;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'begun' }));
    });
    router = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url, default: true }] });
    got = '';
    socket = net.connect(router.port, '127.0.0.1');
    socket.on('error', () => {});
    const begun = new Promise<void>((resolve) => {
      socket.on('data', (data) => {
        got += data.toString('latin1');
        if (got.includes('begun')) resolve();
      });
    });
    socket.write(asked('first'));
    await begun;
    const second = upstream.next();
    socket.write(asked('second'));
    await second;
  });
  afterEach(async () => {
    socket.destroy();
    await router.stop();
    await upstream.stop();
  });

  it('what is not HTTP behind a request that waits does not land in the answer that runs', async () => {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('POST / HTTP/1.1\r\nContent-Length: none\r\n\r\n');
    await closed;
    assert.equal(got.match(/HTTP\/1\.1/g)?.length, 1, got);
  });

  it('a client that leaves ends the request that waits behind its first, too', async () => {
    socket.destroy();
    await Promise.all(upstream.seen.map(({ closed }) => closed));
    for (let looks = 0; looks < 500 && router.records.length < 2; looks++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(
      router.records.map(({ status }) => status),
      [499, 499],
    );
    assert.equal(router.core.state.running, 0);
  });
});
