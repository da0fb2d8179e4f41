/** What only tunes is left out aloud; what one wire cannot carry the next target's may; free is said by a number (issue 16). */
import assert from 'node:assert/strict';
import { validateSettings } from '../../../src/settings/check';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const messagesAnswer = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};
const taker: Answer = (seen, response) =>
  json(seen.path.endsWith('/messages') ? messagesAnswer : chatCompletion('ok'))(seen, response);
const hi = [{ role: 'user', content: 'hi' }];
const audio = [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } }] }];

describe('what is told of a request', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(taker);
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        {
          name: 'a',
          preset: 'anthropic',
          ...at,
          models: [{ id: 'a/first', upstream: 'claude-opus-5', fallbacks: ['c/m'] }],
        },
        { name: 'c', ...at, models: [{ id: 'c/broken', upstream: 'broken', fallbacks: ['a/claude-opus-5', 'c/m'] }] },
        { name: 'd', preset: 'deepseek', ...at, roleRewrites: { developer: 'system' } },
      ],
      retry: { attemptsPerBackend: 1 },
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
    upstream.answers.splice(0, upstream.answers.length, taker);
  });
  const chat = (model: string, more: object = {}, headers: Record<string, string> = {}) =>
    router.post('/v1/chat/completions', { model, messages: hi, ...more }, headers);
  const told = () => router.records.at(-1)!.rules.join('; ');

  it('tuning that the provider has no field for is named', async () => {
    const tuning = { seed: 7, frequency_penalty: 0.5, temperature: 0.2, verbosity: 'low', user: 'u' };
    await chat('a/claude-opus-5', tuning);
    for (const name of ['seed', 'frequency_penalty', 'temperature', 'verbosity'])
      assert.match(told(), new RegExp(`\\b${name}\\b`));
    await chat('a/claude-opus-5', tuning, { 'user-agent': 'Cursor/1.0' });
    assert.match(told(), /left out, since this model or provider does not take it: .*seed/);
    await router.post('/v1/messages', { model: 'c/m', max_tokens: 9, messages: hi, top_k: 5 });
    assert.match(told(), /does not take it: top_k/);
  });
  it('nothing is named where everything went on', async () => {
    await router.post('/v1/messages', { model: 'c/m', max_tokens: 9, messages: hi, temperature: 0.5, top_p: 0.5 });
    assert.doesNotMatch(told(), /left out/);
  });

  it('what the first wire has no form for goes to a fallback that has', async () => {
    const answer = await chat('a/first', { messages: audio });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-llm-router-backend'), 'c');
    assert.deepEqual(
      router.records.at(-1)!.attempts.map(({ outcome }) => outcome),
      ['fellBack', 'ok'],
    );
  });
  it("a fallback whose wire cannot carry it is passed over, and the first target's own failure is told in the end", async () => {
    const broken = json({ error: { message: 'down' } }, 500);
    upstream.answers.splice(0, 1, broken, taker);
    assert.equal((await chat('c/broken', { messages: audio })).status, 200);
    assert.equal(upstream.seen.length, 2);
    upstream.answers.splice(0, upstream.answers.length, broken);
    const answer = await chat('c/broken', { messages: audio });
    assert.equal(answer.status, 500);
    assert.match(await answer.text(), /down/);
  });
  it('what no target can carry is a 400 that names it', async () => {
    const answer = await chat('a/claude-opus-5', { messages: audio });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /input_audio/);
    assert.equal(upstream.seen.length, 0);
  });

  it('a wrong escape is a 400 that says so, whichever text of the request it stands in', async () => {
    const bodies = [
      String.raw`{"model":"\q","messages":[{"role":"user","content":"hi"}]}`,
      String.raw`{"model":"d/m","messages":[{"\q":1,"role":"user","content":"hi"}]}`,
      String.raw`{"model":"d/m","messages":[{"role":"\q","content":"hi"}]}`,
      String.raw`{"model":"d/m","messages":[{"role":"assistant","content":"\q"}]}`,
      String.raw`{"model":"d/m","messages":[],"reasoning_effort":"\q"}`,
    ];
    for (const body of bodies)
      for (const agent of ['curl/8', 'Cursor/1.0']) {
        const response = await router.post('/v1/chat/completions', body, { 'user-agent': agent });
        const text = await response.text();
        assert.match(text, /not valid JSON: .*wrong escape/, body);
        assert.equal(response.status, 400, body);
      }
  });
  it('a price of 0 means free, any other number is refused', () => {
    const settings = (price: unknown) =>
      validateSettings({ backends: [{ name: 'x', baseUrl: 'http://10.0.0.1/v1', models: [{ id: 'x/m', price }] }] });
    assert.deepEqual(settings(0).settings?.backends[0]?.models?.[0]?.price, { input: 0, output: 0 });
    assert.equal(settings(1).settings, undefined);
  });
});
