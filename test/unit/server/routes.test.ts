import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { matchRoute } from '../../../src/server/routes';

const kind = (method: string, target: string) => {
  const match = matchRoute(method, target);
  return 'route' in match ? match.route : match.status;
};

describe('routes', () => {
  const prefixes = ['', '/v1', '/cursor', '/cursor/v1', '/openai/v1', '/a/b/c', '//', '/v1/v1'];
  for (const name of ['chat/completions', 'responses', 'messages', 'completions', 'embeddings'] as const) {
    it(`finds ${name} behind any prefix, with a query, a trailing slash, in any case`, () => {
      for (const prefix of prefixes) {
        for (const target of [
          `${prefix}/${name}`,
          `${prefix}/${name}/`,
          `${prefix}/${name}?beta=true`,
          `${prefix}/${name.toUpperCase()}`,
        ])
          assert.deepEqual(kind('POST', target), { kind: 'model', name }, target);
        assert.equal(kind('GET', `${prefix}/${name}`), 405);
      }
    });
  }
  it('takes the deployment out of an Azure path', () => {
    assert.deepEqual(kind('POST', '/openai/deployments/my%2Fmodel/chat/completions?api-version=1'), {
      kind: 'model',
      name: 'chat/completions',
      deployment: 'my/model',
    });
    assert.equal(kind('POST', '/openai/deployments/%E0%A4%A/chat/completions'), 400);
  });
  it('takes ids with slashes, raw or encoded, and refuses broken encoding', () => {
    assert.deepEqual(kind('GET', '/v1/models/a/b'), { kind: 'modelInfo', id: 'a/b' });
    assert.deepEqual(kind('GET', '/v1/models/a%2Fb'), { kind: 'modelInfo', id: 'a/b' });
    assert.equal(kind('GET', '/v1/models/%ff'), 400);
    assert.deepEqual(kind('HEAD', '/v1/models'), { kind: 'models' });
  });
  it('looks only at the path of an absolute-form target', () => {
    assert.deepEqual(kind('GET', 'http://evil.example/v1/models'), { kind: 'models' });
    assert.equal(kind('GET', 'http://[broken/v1/models'), 400);
  });
  it('speech, pictures and files are refused in words of their own', () => {
    for (const path of [
      '/v1/audio/speech',
      '/v1/audio/transcriptions',
      '/openai/v1/images/generations',
      '/v1/files',
      '/v1/batches/b1',
    ]) {
      const match = matchRoute('POST', path);
      assert.ok('status' in match && match.status === 404, path);
      assert.match(match.message, /Speech, pictures, files and batches of a provider are asked there directly/);
    }
    const other = matchRoute('POST', '/v1/nothing');
    assert.ok('status' in other && /No such path/.test(other.message));
  });
  it('offers no management paths', () => {
    for (const path of [
      '/',
      '/admin',
      '/v1/keys',
      '/config',
      '/metrics',
      '/debug',
      '/shutdown',
      '/.env',
      '/v1/chat',
      '/healthz',
    ])
      assert.equal(kind('GET', path), 404, path);
  });
  it('dots in a path lead nowhere but to the same few routes', () => {
    assert.deepEqual(kind('GET', '/../../etc/../v1/models'), { kind: 'models' });
    assert.equal(kind('GET', '/../../etc/passwd'), 404);
    assert.equal(kind('GET', '/%2e%2e/%2e%2e/etc/passwd'), 404);
  });
  it('what was found for a path is kept by its method, and no more than a few of them', () => {
    assert.deepEqual(kind('POST', '/v1/messages'), { kind: 'model', name: 'messages' });
    assert.equal(kind('GET', '/v1/messages'), 405);
    assert.equal(matchRoute('POST', '/v1/messages'), matchRoute('POST', '/v1/messages'));
    const first = matchRoute('GET', '/v1/models/0');
    for (let n = 1; n < 200; n++) matchRoute('GET', `/v1/models/${n}`);
    assert.deepEqual(kind('GET', '/v1/models/0'), { kind: 'modelInfo', id: '0' });
    assert.notEqual(matchRoute('GET', '/v1/models/0'), first);
  });

  it('never throws, whatever the method and the target', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.oneof(
          fc.string(),
          fc.webPath().map((path) => `/v1/models${path}`),
        ),
        (method, target) => {
          matchRoute(method, target);
        },
      ),
      { numRuns: 500 },
    );
  });
});
