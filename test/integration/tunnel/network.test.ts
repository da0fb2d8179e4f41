import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { mock } from 'node:test';
import tls from 'node:tls';
import { createNetwork, NetworkError } from '../../../src/network/httpsClient';
import { say } from '../../../src/tunnel/sentences';
import { createVerifier } from '../../../src/tunnel/verifier';
import { type Internet, startInternet } from '../../support/cloud/internet';
import { resolverSite } from '../../support/cloud/resolver';
import { CLIENT_KEY, healthProof } from '../../support/tunnelOrigin';

const dial = (host: string, port: number) => net.connect({ host, port });

describe('requests of the tunnel', () => {
  let internet: Internet;
  before(async () => {
    internet = await startInternet();
    internet.site('one.example.com', (request, response) => {
      response.writeHead(200, { 'x-host': request.headers.host }).end(`${request.method} ${request.url}`);
    });
  });
  after(() => internet.close());
  beforeEach(() => {
    internet.connects.length = 0;
  });
  const through = (change: object = {}, env: NodeJS.ProcessEnv = {}) =>
    createNetwork({ proxy: internet.proxyUrl, ca: [internet.certificates.ca], ...change }, { env, dial });
  const get = (network: ReturnType<typeof through>, url: string, change: object = {}) =>
    network.request({ url, timeoutMs: 5_000, ...change });

  it('dial one name and ask for another, as the check of a fresh tunnel must', async () => {
    const answer = await get(through(), 'https://one.example.com/path?q=1', { dialHost: 'trycloudflare.com' }).catch(
      (error) => error,
    );
    assert.ok(answer instanceof NetworkError, 'nobody plays the apex here');
    internet.site('trycloudflare.com', (_, response) => response.end());
    const again = await get(through(), 'https://one.example.com/path?q=1', { dialHost: 'trycloudflare.com' });
    assert.equal(again.body, 'GET /path?q=1');
    assert.equal(again.headers['x-host'], 'one.example.com');
    assert.deepEqual(internet.connects, ['trycloudflare.com', 'trycloudflare.com']);
  });

  it('parse the authorities of a list once, with the first connection, not with each', async () => {
    const make = mock.method(tls, 'createSecureContext');
    try {
      const network = through();
      assert.equal(make.mock.callCount(), 0);
      for (let asked = 0; asked < 3; asked++) await get(network, 'https://one.example.com/');
      // The other end is in this process too, with certificates of its own.
      assert.equal(make.mock.calls.filter(({ arguments: [options] }) => options?.ca).length, 1);
    } finally {
      make.mock.restore();
    }
  });

  it('take the proxy from the environment when the editor gave none, and respect exceptions', async () => {
    const env = { HTTPS_PROXY: internet.proxyUrl, NO_PROXY: 'localhost,.internal' };
    const network = createNetwork({ ca: [internet.certificates.ca] }, { env, dial });
    assert.equal((await get(network, 'https://one.example.com/')).status, 200);
    assert.equal(network.proxyFor('a.internal'), undefined);
    assert.equal(network.proxyFor('example.com'), new URL(internet.proxyUrl).host);
    assert.equal(through({ noProxy: ['*.example.com'] }).proxyFor('one.example.com'), undefined);
  });

  it('answer to a proxy that wants a password, and never say it', async () => {
    const seen: (string | undefined)[] = [];
    const proxy = http.createServer();
    proxy.on('connect', (request, socket) => {
      seen.push(request.headers['proxy-authorization']);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const network = through({ proxy: `http://user:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    await assert.rejects(get(network, 'https://one.example.com/'), (error: Error) => {
      assert.match(error.message, /the proxy 127\.0\.0\.1:\d+ answered 407/);
      assert.doesNotMatch(error.message, /p@ss|p%40ss/);
      return true;
    });
    assert.deepEqual(seen, [`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
    proxy.close();
  });

  it('refuse a certificate of nobody, unless the user switched that off', async () => {
    await assert.rejects(get(through({ ca: undefined }), 'https://one.example.com/'), /could not be reached/);
    const trusting = through({ ca: undefined, strictSsl: false });
    assert.equal((await get(trusting, 'https://one.example.com/')).status, 200);
    await assert.rejects(get(trusting, 'https://one.example.com/', { alwaysVerify: true }), /could not be reached/);
  });

  it('end in time: silence before the head, silence in the body, too much of it', async () => {
    internet.site('slow.example.com', (request, response) => {
      if (request.url === '/body') response.writeHead(200).write('begin');
      if (request.url === '/big') response.end(Buffer.alloc(2_000_000));
    });
    await assert.rejects(get(through(), 'https://slow.example.com/head', { timeoutMs: 300 }), /did not answer within/);
    await assert.rejects(get(through(), 'https://slow.example.com/body', { timeoutMs: 300 }), /did not answer within/);
    await assert.rejects(get(through(), 'https://slow.example.com/big'), /larger than 1 MB/);
    await assert.rejects(get(through(), 'http://one.example.com/'), /not an https address/);
  });

  it('end when who asked ends them: before the head, and in the body', async () => {
    const wishes = [new AbortController(), new AbortController()] as const;
    const ended = new Error('not wanted any more');
    let begun = (): void => {};
    internet.site('slow.example.com', (request, response) => {
      if (request.url === '/body') response.writeHead(200).write('begin');
      begun();
    });
    for (const [wish, path] of [
      [wishes[0], '/head'],
      [wishes[1], '/body'],
    ] as const) {
      const reached = new Promise<void>((resolve) => (begun = resolve));
      const asked = get(through(), `https://slow.example.com${path}`, { signal: wish.signal, timeoutMs: 600_000 });
      await reached;
      wish.abort(ended);
      await assert.rejects(asked);
    }
    const late = get(through(), 'https://slow.example.com/', { signal: wishes[0].signal });
    await assert.rejects(late, (error) => !(error instanceof NetworkError));
  });

  it('tell how far they came', async () => {
    internet.site('breaks.example.com', (request, response) => {
      if (request.url === '/head') request.socket.destroy();
      else response.writeHead(200, { 'content-length': '9' }).write('begin', () => request.socket.destroy());
    });
    internet.site('cut.example.com', () => {});
    internet.cuts = 'cut.example.com';
    const came = async (url: string) => {
      const error = await get(through(), url).catch((reason) => reason);
      assert.ok(error instanceof NetworkError);
      return [error.reached, error.cut];
    };
    assert.deepEqual(await came('https://nobody.example.com/'), [false, false]);
    assert.deepEqual(await came('https://cut.example.com/'), [false, true]);
    assert.deepEqual(await came('https://breaks.example.com/head'), [true, false]);
    assert.deepEqual(await came('https://breaks.example.com/body'), [true, false]);
  });

  it('go to the port of the address, 443 without one, under its name', async () => {
    const dialled: string[] = [];
    const network = createNetwork(
      { ca: [internet.certificates.ca] },
      {
        env: {},
        dial: (host, port) => {
          dialled.push(`${host}:${port}`);
          return dial('127.0.0.1', internet.webPort);
        },
      },
    );
    for (const address of ['https://one.example.com:8443/a', 'https://one.example.com/a'])
      assert.equal((await get(network, address)).body, 'GET /a');
    assert.deepEqual(dialled, ['one.example.com:8443', 'one.example.com:443']);
  });

  it('go through a proxy that speaks TLS, once its certificate is trusted', async () => {
    const { key, cert } = internet.certificates;
    const proxy = https.createServer({ key, cert });
    proxy.on('tlsClientError', () => {});
    proxy.on('connect', (_, socket) => {
      const web = dial('127.0.0.1', internet.webPort);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      web.pipe(socket).pipe(web);
      for (const one of [web, socket]) one.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const at = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const one = 'https://one.example.com/';
    try {
      assert.equal((await get(through({ proxy: at }), one)).status, 200);
      const trustless = get(through({ proxy: at, ca: undefined }), one);
      await assert.rejects(trustless, /the proxy 127\.0\.0\.1:\d+ was not reached/);
      assert.equal((await get(through({ proxy: at, ca: undefined, strictSsl: false }), one)).status, 200);
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  it('end at an answer that switches to another protocol: nobody asked for one', async () => {
    internet.site('switches.example.com', (request) =>
      request.socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'),
    );
    const asked = get(through(), 'https://switches.example.com/');
    await assert.rejects(asked, { message: 'switches.example.com could not be reached: the connection was closed.' });
  });

  describe('verification', () => {
    const url = 'https://llm.example.com';
    const verifier = (network = through()) => createVerifier({ clientKey: CLIENT_KEY, healthProof, port: 1, network });

    it('believes only the right HMAC over its own nonce', async () => {
      let answer: (nonce: string) => string = () => '';
      internet.site('llm.example.com', (request, response) =>
        response.end(answer(new URL(request.url!, url).searchParams.get('nonce')!)),
      );
      const results: unknown[] = [];
      for (answer of [
        (nonce: string) => JSON.stringify({ ok: true, hmac: healthProof({ nonce }) }),
        () => JSON.stringify({ ok: true, hmac: healthProof({ nonce: 'another' }) }),
        () => JSON.stringify({ ok: true }),
        () => '<html>hello</html>',
      ]) {
        results.push(await verifier().health(url));
      }
      assert.deepEqual(results, [
        { ok: true },
        ...Array.from({ length: 3 }, () => ({ ok: false, kind: 'foreign', status: 200 })),
      ]);
    });

    for (const [status, headers, kind] of [
      [530, {}, 'gone'],
      [502, {}, 'origin'],
      [429, {}, 'busy'],
      [524, {}, 'silent'],
      [404, {}, 'status'],
      [404, { 'ngrok-error-code': 'ERR_NGROK_3200' }, 'gone'],
      [502, { 'ngrok-error-code': 'ERR_NGROK_8012' }, 'origin'],
      [403, { 'ngrok-error-code': 'ERR_NGROK_725' }, 'status'],
    ] as const) {
      it(`reads ${status} ${Object.values(headers).join('')} as ${kind}`, async () => {
        internet.site('llm.example.com', (_, response) => response.writeHead(status, headers).end());
        const result = await verifier().health(url);
        assert.ok(!result.ok);
        assert.equal(result.kind, kind);
      });
    }

    it('does not listen to a stranger who sends without an end', async () => {
      let gone = (): void => {};
      const left = new Promise<void>((resolve) => (gone = resolve));
      internet.site('llm.example.com', (_, response) => {
        const pour = () => {
          while (response.write(Buffer.alloc(65_536, 'x')));
        };
        response.on('drain', pour).on('close', gone);
        pour();
      });
      assert.deepEqual(await verifier().stream(url, undefined), { ok: false, kind: 'failed', why: say.endedEarly });
      await left;
    });

    it('tells streams from answers in one piece, and sends the key only in its header', async () => {
      const chunk = (word: string) => `data: {"choices":[{"delta":{"content":"${word}"}}]}\n\n`;
      let gap = 200;
      internet.site('llm.example.com', async (request, response) => {
        assert.equal(request.headers.authorization, `Bearer ${CLIENT_KEY}`);
        assert.ok(!request.url!.includes(CLIENT_KEY));
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const word of ['a', 'b', 'c']) {
          response.write(chunk(word));
          if (gap) await new Promise((resolve) => setTimeout(resolve, gap));
        }
        response.end('data: [DONE]\n\n');
      });
      assert.deepEqual(await verifier().stream(url), { ok: true });
      gap = 0;
      assert.deepEqual(await verifier().stream(url), { ok: false, kind: 'buffered' });
      internet.site('llm.example.com', (_, response) => response.end(chunk('a')));
      assert.deepEqual(await verifier().stream(url), { ok: false, kind: 'failed', why: say.endedEarly });
      assert.equal(say.endedEarly.text, 'the answer ended early.');
      internet.site('llm.example.com', (_, response) => response.writeHead(401).end());
      assert.deepEqual(await verifier().stream(url), {
        ok: false,
        kind: 'failed',
        why: say.badStatus(401),
      });
      assert.equal(say.badStatus(401).text, 'the public URL answered with HTTP 401.');
    });

    it('asks for names over HTTPS, a second resolver when the first fails', async () => {
      resolverSite(internet, (host) => (host === 'yes.example.com' ? 'yes' : 'no'));
      assert.equal(await verifier().resolves('yes.example.com'), 'yes');
      assert.equal(await verifier().resolves('no.example.com'), 'no');
      internet.site('cloudflare-dns.com', (_, response) => response.writeHead(500).end());
      assert.equal(await verifier().resolves('yes.example.com'), 'yes');
      resolverSite(internet, () => 'broken');
      assert.equal(await verifier().resolves('yes.example.com'), 'unknown');
    });

    it('dials the address that the rest of the world gets, where ours would lead inside', async () => {
      resolverSite(internet, () => 'yes');
      const dialled: string[] = [];
      // DNS over HTTPS still goes through the made-up internet; the probe itself must not.
      const outside = createNetwork(
        { proxy: internet.proxyUrl, noProxy: ['llm.example.com', '203.0.113.9'], ca: [internet.certificates.ca] },
        {
          env: {},
          dial: (host, port) => {
            dialled.push(`${host}:${port}`);
            return net.connect(1, '127.0.0.1');
          },
        },
      );
      const result = await verifier(outside).health(url, { outside: true });
      assert.deepEqual(dialled, ['203.0.113.9:443']);
      assert.ok(!result.ok && result.kind === 'unreachable');
    });

    describe('on a machine whose own DNS is dead', () => {
      /** The proxy stands for the way to the resolvers; names of the tunnel itself are looked up here, in vain. */
      const deaf = (dialled: string[]) =>
        createNetwork(
          {
            proxy: internet.proxyUrl,
            noProxy: ['llm.example.com', 'trycloudflare.com', '203.0.113.9'],
            ca: [internet.certificates.ca],
          },
          {
            env: {},
            dial: (host) => {
              dialled.push(host);
              if (host === '203.0.113.9') return net.connect(internet.webPort, '127.0.0.1');
              const socket = new net.Socket();
              queueMicrotask(() => socket.destroy(new Error('ENOTFOUND')));
              return socket;
            },
          },
        );

      it('the tunnel is checked at the address that resolvers elsewhere know, asked by their own address', async () => {
        internet.site('cloudflare-dns.com', (_, response) => response.writeHead(503).end());
        internet.site('dns.google', (_, response) => response.writeHead(503).end());
        resolverSite(internet, () => 'yes', ['1.1.1.1']);
        internet.site('llm.example.com', (request, response) => {
          const nonce = new URL(request.url!, url).searchParams.get('nonce')!;
          response.end(JSON.stringify({ hmac: healthProof({ nonce }) }));
        });
        const dialled: string[] = [];
        assert.deepEqual(await verifier(deaf(dialled)).health(url, { host: 'trycloudflare.com' }), { ok: true });
        assert.deepEqual(dialled, ['trycloudflare.com', '203.0.113.9']);
      });

      it('without any resolver it says that the request never left', async () => {
        for (const name of ['cloudflare-dns.com', 'dns.google', '1.1.1.1', '8.8.8.8'])
          internet.site(name, (_, response) => response.writeHead(503).end());
        const result = await verifier(deaf([])).health(url, { host: 'trycloudflare.com' });
        assert.ok(!result.ok && result.kind === 'unreachable');
      });
    });

    it('a service that has the request and closes is no network that is missing', async () => {
      internet.site('llm.example.com', (request) => request.socket.destroy());
      const result = await verifier().health(url);
      assert.ok(!result.ok && result.kind === 'unanswered');
    });

    it('a captive portal with a certificate of its own proves nothing', async () => {
      const portal = through({ ca: undefined });
      const result = await verifier(portal).health(url);
      assert.ok(!result.ok && result.kind === 'unreachable');
    });
  });
});
