/** Upstreams behind proxies and private certificates: a loopback CONNECT proxy, an authority of our own. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { mock } from 'node:test';
import tls from 'node:tls';
import type { NetworkSettings } from '../../../src/network/settings';
import { createTransport } from '../../../src/upstream/transport';

import { type Certificates, makeCertificates } from '../../support/cloud/certificates';
import { startProgram } from '../../support/program';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

/** A name that exists only behind the proxy. */
const HOST = 'provider.test';

interface Proxy {
  url: string;
  /** What it was asked to connect to. */
  asked: string[];
  auth: (string | undefined)[];
  refuse: number;
  stop(): void;
}

/** Connects every name to loopback, as a company's proxy reaches what the machine itself cannot resolve. */
async function startProxy(): Promise<Proxy> {
  const sockets = new Set<Duplex>();
  const server = http.createServer((_request, response) => void response.writeHead(501).end());
  const proxy: Proxy = {
    url: '',
    asked: [],
    auth: [],
    refuse: 0,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  server.on('connect', (request, socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    proxy.asked.push(request.url ?? '');
    proxy.auth.push(request.headers['proxy-authorization']);
    if (proxy.refuse) return void socket.end(`HTTP/1.1 ${proxy.refuse} No\r\ncontent-length: 0\r\n\r\n`);
    const upstream = net.connect(Number(request.url!.split(':').pop()), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    sockets.add(upstream);
    upstream.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

describe('network', function () {
  this.timeout(40_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-network-'));
  let certificates: Certificates;
  const caFile = path.join(folder, 'ca.pem');
  let proxy: Proxy;
  let plain: Upstream;
  let secure: https.Server;
  let base: string;
  let plainBase: string;
  const routers: TestRouter[] = [];

  before(async () => {
    certificates = makeCertificates([HOST]);
    writeFileSync(caFile, certificates.ca);
    proxy = await startProxy();
    plain = await startUpstream(json(chatCompletion('over http')));
    secure = https.createServer({ key: certificates.key, cert: certificates.cert }, (request, response) => {
      request
        .resume()
        .on('end', () =>
          response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify(chatCompletion('over https'))),
        );
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    base = `https://${HOST}:${(secure.address() as AddressInfo).port}`;
    plainBase = `http://${HOST}:${plain.port}`;
  });
  after(async () => {
    for (const router of routers) await router.stop();
    proxy.stop();
    await plain.stop();
    secure.closeAllConnections();
    secure.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    proxy.asked.length = 0;
    proxy.auth.length = 0;
    proxy.refuse = 0;
  });

  async function ask(baseUrl: string, network: NetworkSettings, env: Record<string, string> = {}) {
    const router = await startRouter({ backends: [] }, {}, env);
    routers.push(router);
    const pushed = await router.core.push({
      settings: {
        port: router.port,
        tunnel: { provider: 'none' },
        retry: { attempts: 1 },
        backends: [{ name: 'Acme', baseUrl }],
      },
      secrets: { 'client:main': CLIENT_KEY },
      network,
      changedAt: Date.now(),
    });
    assert.ok(pushed.applied, JSON.stringify(pushed.problems));
    const response = await router.post('/v1/chat/completions', {
      model: 'Acme/m',
      messages: [{ role: 'user', content: 'hi' }],
    });
    return { status: response.status, text: await response.text() };
  }
  const port = () => base.split(':').pop();

  it('http.proxy with the editor’s certificates: https through CONNECT', async () => {
    const { status, text } = await ask(base, { proxy: proxy.url, ca: [certificates.ca] });
    assert.match(text, /over https/);
    assert.equal(status, 200);
    assert.deepEqual(proxy.asked, [`${HOST}:${port()}`]);
  });

  for (const scheme of ['https', 'http'])
    it(`a proxy that closes when it is asked for ${scheme} is asked once, and named`, async () => {
      let asked = 0;
      // Soon more than enough of them, so that a client that asks again and again is seen and let go.
      const closing = net.createServer((socket) => {
        asked += 1;
        socket
          .on('error', () => {})
          .once('data', () => (asked < 50 ? socket.end() : socket.end('HTTP/1.1 502 No\r\n\r\n')));
      });
      await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
      const { port } = closing.address() as AddressInfo;
      const { status, text } = await ask(`${scheme}://${HOST}`, { proxy: `http://127.0.0.1:${port}` });
      closing.close();
      assert.equal(asked, 1);
      assert.equal(status, 502);
      assert.match(text, new RegExp(`127\\.0\\.0\\.1:${port}.*closed`));
    });

  it('the editor’s certificates are parsed once, with the first connection that needs them, not with each', async () => {
    const make = mock.method(tls, 'createSecureContext');
    const parsed = () => make.mock.calls.filter(({ arguments: [options] }) => options?.ca).length;
    const handlers = { onHead() {}, onData() {} };
    const transport = createTransport({ proxy: proxy.url, ca: [certificates.ca] }, {});
    const get = (origin: string) =>
      new Promise<void>((onEnd, onError) => {
        const headers = { connection: 'close' };
        const request = { url: new URL(origin), method: 'GET', headers, connectMs: 10_000, local: false } as const;
        transport.send(request, { ...handlers, onEnd, onError });
      });
    try {
      await get(plainBase);
      assert.equal(parsed(), 0);
      for (let asked = 0; asked < 3; asked++) await get(base);
      assert.equal(proxy.asked.length, 4);
      assert.equal(parsed(), 1);
    } finally {
      make.mock.restore();
      await transport.retire();
    }
  });

  it('plain http goes through the proxy as well, with the user name of its address', async () => {
    const { text } = await ask(plainBase, { proxy: proxy.url.replace('://', '://me:p%40ss@') });
    assert.match(text, /over http"/);
    assert.equal(proxy.auth[0], `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });

  it('an unknown authority is refused in words, strictSsl false allows it', async () => {
    const refused = await ask(base, { proxy: proxy.url });
    assert.equal(refused.status, 502);
    assert.match(
      refused.text,
      /Acme has a TLS certificate from an unknown authority\. Add it with NODE_EXTRA_CA_CERTS/,
    );
    assert.match((await ask(base, { proxy: proxy.url, strictSsl: false })).text, /over https/);
  });

  it('environment variables count in either case, given to the router and not to this process', async () => {
    for (const env of [{ HTTPS_PROXY: proxy.url }, { https_proxy: proxy.url }, { ALL_PROXY: proxy.url }] as Record<
      string,
      string
    >[])
      assert.match((await ask(base, { strictSsl: false }, env)).text, /over https/, JSON.stringify(env));
    assert.match((await ask(plainBase, {}, { HTTP_PROXY: proxy.url })).text, /over http"/);
    assert.equal(proxy.asked.length, 4);
  });

  it('the proxy of the editor wins over the environment', async () => {
    assert.match(
      (await ask(base, { proxy: proxy.url, strictSsl: false }, { HTTPS_PROXY: 'http://127.0.0.1:1' })).text,
      /over https/,
    );
  });

  it('noProxy and NO_PROXY go around the proxy', async () => {
    for (const [network, env] of [
      [{ proxy: proxy.url, noProxy: [HOST] }, {}],
      [{ proxy: proxy.url }, { NO_PROXY: `other.test,${HOST}` }],
    ] as [NetworkSettings, Record<string, string>][]) {
      const { text } = await ask(base, network, env);
      assert.match(text, /does not resolve|name lookup failed/);
    }
    assert.deepEqual(proxy.asked, []);
  });

  it('loopback backends never go through a proxy', async () => {
    assert.match((await ask(plain.url, { proxy: proxy.url }, { HTTP_PROXY: proxy.url })).text, /over http"/);
    assert.deepEqual(proxy.asked, []);
  });

  const refusals: [number, RegExp][] = [
    [403, /the proxy 127\.0\.0\.1:\d+ refused to connect to it \(HTTP 403\)/],
    [407, /wants a user name and a password/],
  ];
  for (const [status, message] of refusals) {
    it(`a proxy that answers ${status} is named, its password is not`, async () => {
      proxy.refuse = status;
      const { text } = await ask(base, { proxy: proxy.url.replace('://', '://me:hush-hush@') });
      assert.match(text, message);
      assert.ok(!text.includes('hush'), text);
    });
  }

  it('a proxy that is not there is named', async () => {
    assert.match(
      (await ask(base, { proxy: 'http://127.0.0.1:1' })).text,
      /the proxy 127\.0\.0\.1:1 refused the connection/,
    );
  });

  it('a proxy setting that is no address is never gone around', async () => {
    assert.match((await ask(plainBase, { proxy: 'socks5://127.0.0.1:1' })).text, /the proxy setting is not an http/);
  });

  it('the program: HTTPS_PROXY and NODE_EXTRA_CA_CERTS from its environment', async () => {
    const dir = mkdtempSync(path.join(folder, 'program-'));
    writeFileSync(path.join(dir, 'llm-router.json'), JSON.stringify({ backends: [{ name: 'Acme', baseUrl: base }] }));
    const started = startProgram(
      [
        '--port',
        '0',
        '--tunnel',
        'none',
        '--json',
        '--data-dir',
        path.join(dir, 'data'),
        '--llmrouter-api-key',
        CLIENT_KEY,
      ],
      {
        cwd: dir,
        env: { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: caFile },
      },
    );
    try {
      const { localUrl } = (await started.event(({ event }) => event === 'listening')) as { localUrl: string };
      const response = await fetch(`${localUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${CLIENT_KEY}` },
        body: JSON.stringify({ model: 'Acme/m', messages: [] }),
      });
      assert.match(await response.text(), /over https/);
      assert.deepEqual(proxy.asked, [`${HOST}:${port()}`]);
    } finally {
      started.child.kill();
      await started.exited;
    }
  });
});
