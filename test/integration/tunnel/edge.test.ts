/** The stand-in for Cloudflare's edge keeps the habits that the product has to live with. A test of the test tool. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { type Harness, online, startHarness } from '../../support/tunnelHarness';

describe('the made-up edge', () => {
  let cloud: FakeCloud;
  let harness: Harness;
  let publicSide: http.Server;
  let host: string;
  before(async () => {
    cloud = await startFakeCloud();
    harness = await startHarness(cloud.internet);
    publicSide = http.createServer((request, response) => cloud.edge.visit(request, response));
    await new Promise<void>((resolve) => publicSide.listen(0, '127.0.0.1', resolve));
    const { tunnel } = harness.make({ options: { cloudflaredBin: cloud.binPath } });
    await tunnel.start();
    host = new URL((await online(tunnel)).publicUrl!).hostname;
  });
  after(async () => {
    publicSide.closeAllConnections();
    publicSide.close();
    await harness.dispose();
    await cloud.stop();
  });

  interface Visit {
    status: number;
    headers: http.IncomingHttpHeaders;
    chunks: string[];
  }
  function visit({
    method = 'GET',
    path = '/',
    body = '',
    name = host,
    onChunk = (_: string) => {},
  } = {}): Promise<Visit> {
    return new Promise((resolve, reject) => {
      const { port } = publicSide.address() as AddressInfo;
      const request = http.request({ host: '127.0.0.1', port, method, path, headers: { host: name } }, (response) => {
        const chunks: string[] = [];
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          chunks.push(chunk);
          onChunk(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, chunks }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }
  /** Streams two events; the second only when the first has been seen. */
  function twoEvents(): { seen: () => void; handler: http.RequestListener } {
    let go = () => {};
    return {
      seen: () => go(),
      handler: (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: 1\n\n');
        go = () => response.end('data: 2\n\n');
      },
    };
  }

  it('carries a 300 KB POST with its own headers added', async () => {
    const body = 'x'.repeat(300_000);
    let got = 0;
    let headers: http.IncomingHttpHeaders = {};
    harness.origin.handle = (request, response) => {
      headers = request.headers;
      request.on('data', (chunk: Buffer) => (got += chunk.length));
      request.on('end', () => response.end('ok'));
    };
    assert.equal((await visit({ method: 'POST', body })).status, 200);
    assert.equal(got, body.length);
    assert.equal(headers.host, host);
    for (const name of ['cf-ray', 'cf-connecting-ip', 'cf-warp-tag-id', 'x-forwarded-proto'])
      assert.ok(headers[name], name);
  });

  it('passes a streamed POST on at once, and holds a GET stream to its end', async () => {
    const post = twoEvents();
    harness.origin.handle = post.handler;
    const answer = await visit({ method: 'POST', onChunk: (chunk) => chunk.includes('1') && post.seen() });
    assert.equal(answer.chunks.join(''), 'data: 1\n\ndata: 2\n\n');
    const get = twoEvents();
    harness.origin.handle = (request, response) => {
      get.handler(request, response);
      setTimeout(get.seen, 100);
    };
    assert.deepEqual((await visit()).chunks, ['data: 1\n\ndata: 2\n\n']);
  });

  it('530 for an unknown name, 502 when the origin is down', async () => {
    const unknown = await visit({ name: 'nobody.trycloudflare.com' });
    assert.deepEqual([unknown.status, unknown.chunks.join('')], [530, 'error code: 1033']);
    harness.origin.handle = (request) => request.socket.destroy();
    assert.equal((await visit()).status, 502);
  });

  it('524 after silence, also when the head was sent', async () => {
    cloud.edge.habits.idleMs = 200;
    harness.origin.handle = () => {};
    assert.equal((await visit()).status, 524);
    harness.origin.handle = (_, response) => response.writeHead(200).flushHeaders();
    assert.equal((await visit({ method: 'POST' })).status, 524);
    cloud.edge.habits.idleMs = 100_000;
  });

  it('429 beyond the number in flight', async () => {
    let finish = () => {};
    const reached = new Promise<void>((resolve) => {
      harness.origin.handle = (_, response) => {
        finish = () => response.end();
        resolve();
      };
    });
    const first = visit();
    await reached;
    // Only now: the tunnel's own self-test of its stream may still be on its way, and is one in flight as well.
    cloud.edge.habits.inFlight = 1;
    assert.equal((await visit()).status, 429);
    cloud.edge.habits.inFlight = 200;
    finish();
    assert.equal((await first).status, 200);
  });

  it('a visitor who leaves ends the request at the origin', async () => {
    const { port } = publicSide.address() as AddressInfo;
    const gone = new Promise<void>((resolve) => {
      harness.origin.handle = (_, response) => {
        response.on('close', resolve);
        request.destroy();
      };
    });
    const request = http.request({ host: '127.0.0.1', port, headers: { host } });
    request.on('error', () => {});
    request.end();
    await gone;
  });
});
