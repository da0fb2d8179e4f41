/** Why a request failed travels as code and values beside its English: for the person, never for the client. */
import assert from 'node:assert/strict';
import { requestLook } from '../../../src/editor/views/requestLook';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';
import { startRouter, type TestRouter } from '../../support/router';
import { startUpstream, type Upstream } from '../../support/upstream';

const SECRET = 'grandmasrecipe';
const KEY = 'pk-provider-0123456789abcdef';

describe('why a request failed, as code and values', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    const at = { baseUrl: `${upstream.url}/v1` };
    router = await startRouter(
      {
        backends: [
          { name: 'mine', ...at, requireApiKey: false },
          { name: 'keyless', ...at, requireApiKey: true, apiKeyEnv: 'NOWHERE_KEY' },
        ],
        retry: { attemptsPerBackend: 1 },
      },
      { mine: KEY },
    );
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  const answerWith = (status: number, type: string, body: string) =>
    upstream.answers.splice(0, upstream.answers.length, (_, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    });
  const fail = async (model: string, messages: object[] = [{ role: 'user', content: `Say ${SECRET}` }]) => {
    const answer = await router.post('/v1/chat/completions', { model, messages });
    return { record: router.records.at(-1)!, body: await answer.text() };
  };

  for (const [what, prepare, model, code, values, japanese] of [
    ['no reason', () => answerWith(500, 'application/json', ''), 'mine/m', 'wires.silent', [500], /理由なしで 500/],
    [
      'a web page',
      () => answerWith(502, 'text/html', '<html><head><title>Bad gateway</title></head></html>'),
      'mine/m',
      'wires.webPage',
      [502, 'Bad gateway'],
      /Web ページ.*Bad gateway/,
    ],
    [
      'no answer',
      () => answerWith(200, 'text/plain; charset=utf-8', 'hello'),
      'mine/m',
      'server.notAnAnswer',
      ['mine', 'text/plain'],
      /mine が返したものは応答ではありません \(text\/plain\)/,
    ],
    ['no key', () => {}, 'keyless/m', 'server.noKey', ['keyless', 'NOWHERE_KEY'], /keyless のキーがありません/],
    ['an unknown model', () => {}, 'groq/x', 'server.notServed', ['"groq/x"', 'groq'], /モデル "groq\/x" を提供/],
  ] as const)
    it(`${what}: in record, attempt and view; the client reads English alone`, async () => {
      prepare();
      const { record, body } = await fail(model);
      assert.deepEqual(record.says, { code, values, text: record.error });
      const [attempt] = record.attempts;
      if (attempt) assert.deepEqual(attempt.says, { code, values, text: attempt.reason });
      assert.ok(body.includes(JSON.stringify(record.error).slice(1, -1)) && !body.includes(code), body);
      await inLanguage(JAPANESE, () => assert.match(requestLook(overThePipe(record)).lines.join('\n'), japanese));
    });

  it('what the request holds is in no value', async () => {
    const { record, body } = await fail('mine/m', [{ role: SECRET, content: 'x' }]);
    // Read only where the wire changes; the messages wire reads the role.
    const other = await router.post('/v1/messages', { model: 'mine/m', max_tokens: 5, messages: [{ role: SECRET }] });
    assert.ok((await other.text()).includes(SECRET));
    const kept = router.records.at(-1)!;
    assert.equal(kept.says?.code, 'wires.messagesRole');
    assert.ok(!JSON.stringify([record, kept]).includes(SECRET), body);
    await inLanguage(JAPANESE, () => assert.match(requestLook(kept).lines.join('\n'), /`messages\[0\]\.role` は …/));
  });

  it('words of a provider have no code and stay as they are', async () => {
    answerWith(400, 'application/json', '{"error":{"message":"No such flavour."}}');
    const { record } = await fail('mine/m');
    assert.equal(record.error, 'No such flavour.');
    assert.equal(record.says, undefined);
  });

  it('a title that stood in the request is left out of the value, too', async () => {
    answerWith(502, 'text/html', `<html><title>Error: ${SECRET} and more</title></html>`);
    const { record } = await fail('mine/m');
    assert.deepEqual(record.says?.values, [502, '…']);
    assert.ok(!JSON.stringify(record).includes(SECRET));
  });
});
