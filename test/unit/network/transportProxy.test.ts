import assert from 'node:assert/strict';
import { proxyFor } from '../../../src/network/proxy';
import { describeNetworkError } from '../../../src/upstream/networkErrors';

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
  it('reads a proxy without a scheme as http', () => {
    assert.equal(to('https://a.example', { proxy: 'proxy.corp:8080' }), 'http://proxy.corp:8080/');
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
  ];
  for (const [noProxy, url, direct] of rules) {
    it(`NO_PROXY "${noProxy}" ${direct ? 'excludes' : 'does not exclude'} ${url}`, () => {
      assert.equal(to(url, { proxy: P }, { NO_PROXY: noProxy }) === undefined, direct);
      assert.equal(to(url, { proxy: P, noProxy: noProxy.split(/[\s,]+/) }) === undefined, direct);
    });
  }
});

describe('network errors in words', () => {
  const say = (code: string, more: object = {}, answered = false) =>
    describeNetworkError(Object.assign(new Error('x'), { code, ...more }), 'Acme', answered);
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
