/** The name of a conversation in its records: usage by conversation and a person's several keys go by it. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

describe('the conversation of a record', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hello')));
    router = await startRouter({ backends: [{ name: 'up', baseUrl: upstream.url }] });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  async function nameOf(body: object | string): Promise<string | undefined> {
    const record = router.nextRecord();
    await (await router.post('/v1/chat/completions', body)).text();
    return (await record).conversation;
  }
  const turns = (...texts: string[]) => texts.map((content, at) => ({ role: at % 2 ? 'assistant' : 'user', content }));

  it('is the same in all its turns, and another one for another beginning', async () => {
    const first = await nameOf({ model: 'up/m', messages: turns('hi') });
    assert.match(first ?? '', /^d:/);
    assert.equal(await nameOf({ model: 'up/m', messages: turns('hi', 'hello', 'more') }), first);
    assert.notEqual(await nameOf({ model: 'up/m', messages: turns('hello') }), first);
  });
  it('is the name that the client gives it', async () => {
    const named = { model: 'up/m', prompt_cache_key: 'thread-1' };
    const one = await nameOf({ ...named, messages: turns('hi') });
    assert.equal(await nameOf({ ...named, messages: turns('another beginning') }), one);
  });
  it('stands there, too, where the router itself refuses', async () => {
    const messages = turns('hi');
    assert.equal(await nameOf({ model: 'nobody/m', messages }), await nameOf({ model: 'nobody/m', messages }));
    assert.match((await nameOf({ model: 'nobody/m', messages })) ?? '', /^d:/);
  });
  it('is none where its words cannot be read, and that keeps no request from its provider', async () => {
    const body = '{"model":"up/m","prompt_cache_key":"\\x","messages":[{"role":"user","content":"hi"}]}';
    const before = upstream.seen.length;
    assert.equal(await nameOf(body), undefined);
    assert.equal(upstream.seen.length, before + 1);
  });
});
