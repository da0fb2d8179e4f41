/** A backend that is being set up: what failed decides what a person may change first. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

describe('the test of a backend', () => {
  let router: TestRouter;
  let upstream: Upstream;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hi')));
    router = await startRouter({});
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  const tested = (baseUrl: string, model?: string) =>
    router.core.testBackend({ backend: { name: 'lab', baseUrl }, key: 'sk-x', ...(model && { model }) });
  const list = json({ object: 'list', data: [{ id: 'a' }] });
  const refusing = (status: number, message: string) =>
    json({ error: { message, type: 'invalid_request_error', code: null, param: null } }, status);

  it('names the address where nothing answers', async () => {
    const { ok, fault, says } = await tested('http://127.0.0.1:9/v1', 'a');
    assert.equal(says?.message?.code, 'upstream.refused');
    assert.deepEqual({ ok, fault }, { ok: false, fault: 'address' });
  });

  it('names the address where something else answers', async () => {
    upstream.answers = [json({ hello: 'world' })];
    assert.equal((await tested(upstream.url)).fault, 'address');
    upstream.answers = [list, json('a web page')];
    assert.equal((await tested(upstream.url)).fault, 'address');
  });

  it('names the key where it is refused, by the list or by the model', async () => {
    upstream.answers = [refusing(401, 'Incorrect API key provided')];
    assert.equal((await tested(upstream.url)).fault, 'key');
    upstream.answers = [list, refusing(401, 'Incorrect API key provided')];
    assert.equal((await tested(upstream.url)).fault, 'key');
  });

  it('names the model where that is refused', async () => {
    upstream.answers = [list, refusing(404, 'The model a does not exist')];
    assert.equal((await tested(upstream.url)).fault, 'model');
  });

  it('names nothing where all is well', async () => {
    upstream.answers = [list, json(chatCompletion('hi'))];
    const { ok, fault } = await tested(upstream.url);
    assert.deepEqual({ ok, fault }, { ok: true, fault: undefined });
  });
});
