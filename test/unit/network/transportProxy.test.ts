import assert from 'node:assert/strict';
import net from 'node:net';
import { createNetwork } from '../../../src/network/httpsClient';
import { proxyFor } from '../../../src/network/proxyLaw';
import { networkSaid } from '../../../src/upstream/networkErrors';
import { decide } from '../../../src/upstream/retryPolicy';
import type { ApiFailure } from '../../../src/wires/conversation';

describe('proxy choice', () => {
  const to = (url: string, network = {}, env: Record<string, string> = {}) =>
    proxyFor(new URL(url), network, env)?.href;
  const P = 'http://proxy:3128';

  it('takes the setting of the editor before the environment', () => {
    assert.equal(to('https://a.example', { proxy: 'http://own:1' }, { HTTPS_PROXY: P }), 'http://own:1/');
  });
  it('takes the variable of the scheme, small letters first, HTTP_PROXY and ALL_PROXY for both', () => {
    assert.equal(to('https://a.example', {}, { HTTPS_PROXY: P, HTTP_PROXY: 'http://other:1' }), 'http://proxy:3128/');
    assert.equal(to('https://a.example', {}, { https_proxy: P, HTTPS_PROXY: 'http://big:1' }), 'http://proxy:3128/');
    assert.equal(to('http://a.example', {}, { HTTPS_PROXY: P }), undefined);
    assert.equal(to('http://a.example', {}, { HTTP_PROXY: P }), 'http://proxy:3128/');
    assert.equal(to('https://a.example', {}, { ALL_PROXY: P }), 'http://proxy:3128/');
  });
  it('takes a variable of blanks for unset', () => {
    assert.equal(to('https://a.example', {}, { HTTPS_PROXY: ' ' }), undefined);
    assert.equal(to('https://a.example', {}, { https_proxy: ' ', HTTPS_PROXY: P }), 'http://proxy:3128/');
  });
  it('reads a proxy without a scheme as http', () => {
    assert.equal(to('https://a.example', { proxy: 'proxy.corp:8080' }), 'http://proxy.corp:8080/');
  });
  it('takes a percent sign of a password that begins no code as itself', () => {
    const { username, password } = new URL(to('https://a.example', { proxy: 'http://u%40x:50%off%@proxy:1' })!);
    assert.deepEqual([decodeURIComponent(username), decodeURIComponent(password)], ['u@x', '50%off%']);
  });
  it('refuses what is no http proxy instead of going around it', () => {
    for (const proxy of ['socks5://p:1', 'http://', 'ftp://p'])
      assert.throws(() => to('https://a.example', { proxy }), { code: 'BAD_PROXY' }, proxy);
  });
  const rules: [noProxy: string, url: string, direct: boolean][] = [
    ['a.example', 'https://a.example', true],
    ['a.example', 'https://x.a.example', true],
    ['a.example', 'https://xa.example', false],
    ['.a.example', 'https://a.example', true],
    ['*.a.example', 'https://x.a.example', true],
    ['*', 'https://anything', true],
    ['A.EXAMPLE', 'https://a.example', true],
    ['a.example:443', 'https://a.example', true],
    ['a.example:8443', 'https://a.example', false],
    ['', 'https://a.example', false],
    ['b.example, a.example', 'https://a.example', true],
    ['b.example a.example', 'https://a.example', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://[fd12::1]', false],
    ['fd00::/8', 'https://10.1.2.3', false],
    ['127.0.0.1', 'https://10.1.2.3', false],
    ['2.3', 'https://10.1.2.3', false],
    ['', 'https://a.example.', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['fd00::/8', 'https://[fe80::1]', false],
    ['::1', 'https://[::1]', true],
    ['0:0:0:0:0:0:0:1', 'https://[::1]:8443', true],
    ['[::1]:8443', 'https://[::1]', false],
    ['[::1]:443', 'https://[::1]', true],
    ['10.1.2.3:443', 'https://10.1.2.3', true],
  ];
  for (const [noProxy, url, direct] of rules) {
    it(`NO_PROXY "${noProxy}" ${direct ? 'excludes' : 'does not exclude'} ${url}`, () => {
      assert.equal(to(url, { proxy: P }, { NO_PROXY: noProxy }) === undefined, direct);
      assert.equal(to(url, { proxy: P, noProxy: noProxy.split(/[\s,]+/) }) === undefined, direct);
    });
  }

  const both: [settings: object, env: Record<string, string>][] = [
    [{}, { HTTP_PROXY: P }],
    [{}, { http_proxy: P }],
    [{}, { all_proxy: P }],
    [{}, { https_proxy: P, HTTPS_PROXY: 'http://big:1' }],
    [{ proxy: P, noProxy: ['other.example'] }, { NO_PROXY: 'a.example' }],
    [{ proxy: P }, { NO_PROXY: 'a.example:8443' }],
    [{ proxy: P }, { no_proxy: 'a.example:443' }],
    [{ proxy: P, noProxy: ['*'] }, {}],
    [{}, {}],
  ];
  for (const [settings, env] of both) {
    it(`tunnel and download ask the same law as backends: ${JSON.stringify({ settings, env })}`, () => {
      const network = createNetwork(settings, { env, dial: () => new net.Socket() });
      const backends = proxyFor(new URL('https://a.example'), settings, env);
      assert.equal(network.proxyFor('a.example'), backends?.host);
    });
  }

  it('a SOCKS proxy is refused in a sentence that names where it is set, and never its password', async () => {
    const secret = 'socks5://user:hush@p:1';
    assert.throws(() => to('https://a.example', { proxy: secret }), /http\.proxy names a SOCKS proxy/);
    const env = { ALL_PROXY: secret };
    const network = createNetwork({}, { env, dial: () => assert.fail('went around the proxy') });
    await assert.rejects(network.request({ url: 'https://a.example', timeoutMs: 1_000 }), (error: Error) => {
      assert.match(error.message, /^a\.example could not be reached: .*: ALL_PROXY names a SOCKS proxy/);
      return !error.message.includes('hush');
    });
  });
});

describe('a wrong proxy setting', () => {
  it('is not tried again, but another target may answer', () => {
    const state = { onTarget: 1, inAll: 1, waited: 0, hasFallback: false };
    const limits = { attemptsPerBackend: 3, attempts: 6, waitSeconds: 60 };
    const failure: ApiFailure = { status: 502, kind: 'network', message: 'x' };
    assert.equal(decide(failure, state, limits, 0).do, 'retry');
    assert.equal(decide({ ...failure, code: 'BAD_PROXY' }, state, limits, 0).do, 'giveUp');
    assert.equal(decide({ ...failure, code: 'BAD_PROXY' }, { ...state, hasFallback: true }, limits, 0).do, 'fallback');
  });
});

describe('network errors in words', () => {
  const say = (code: string, more: object = {}, answered = false) =>
    networkSaid(Object.assign(new Error('x'), { code, ...more }), 'Acme', answered).text;
  it('blames the proxy for what the proxy did', () => {
    const through = { proxy: 'proxy:3128' };
    assert.match(
      say('ECONNREFUSED', through),
      /^Acme could not be reached: the proxy proxy:3128 refused the connection/,
    );
    assert.match(say('X', { ...through, message: 'Proxy response (407) !== 200' }), /wants a user name/);
    assert.match(
      say('X', { ...through, message: 'Proxy response (403) !== 200' }),
      /refused to connect to it \(HTTP 403\)/,
    );
    assert.match(say('CERT_HAS_EXPIRED', through), /^Acme has an expired TLS certificate/);
  });
  it('has a sentence for errors nobody thought of', () => {
    assert.equal(say('EWEIRD'), 'Acme could not be reached. (EWEIRD)');
    assert.equal(say(''), 'Acme could not be reached.');
    assert.equal(say('ECONNRESET', {}, true), 'The answer of Acme broke off.');
  });
});
