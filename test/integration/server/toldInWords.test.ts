/** Why a request failed, and what was changed of it, travel as codes and values beside their English: for the person, never for the client. */
import assert from 'node:assert/strict';
import { requestLook } from '../../../src/editor/views/requestLook';
import { inWords } from '../../../src/editor/words';
import { boundedRecord, decodeLine, encodeLine } from '../../../src/ledger/lines';
import { storyLines } from '../../../src/ledger/story';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

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

describe('what was changed of a request, as codes and values', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream((seen, response) => json(chatCompletion('ok'))(seen, response));
    router = await startRouter({
      backends: [
        { name: 'mine', baseUrl: `${upstream.url}/v1`, unsupportedParams: ['seed'], requireApiKey: false },
        { name: 'deep', preset: 'deepseek', baseUrl: `${upstream.url}/v1`, requireApiKey: false },
      ],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  const hi = [{ role: 'user', content: 'hi' }];
  const changed = async (path: string, body: object, headers?: Record<string, string>) => {
    assert.equal((await router.post(path, body, headers)).status, 200);
    return router.records.at(-1)!;
  };

  it('stand beside the English of the record, and the story tells them in the language of the editor', async () => {
    const record = await changed('/v1/chat/completions', { model: 'mine/m', messages: hi, seed: 1 });
    assert.deepEqual(record.rules, ['dropped seed']);
    assert.deepEqual(record.told, [{ code: 'server.dropped', values: ['seed'], text: 'dropped seed' }]);
    const kept = decodeLine(encodeLine(boundedRecord(record))).records[0]!;
    await inLanguage(JAPANESE, () =>
      assert.ok(storyLines(kept).map(inWords).includes('- 途中で変えたもの: seed を除きました')),
    );
  });

  it('of another wire and of Cursor, codes of rules beside them', async () => {
    const tuned = { model: 'deep/deepseek-chat', max_tokens: 9, messages: hi, top_k: 3, thinking: { type: 'enabled' } };
    const other = await changed('/v1/messages', { ...tuned, mcp_servers: [] });
    const cursor = await changed(
      '/v1/chat/completions',
      { model: 'deep/deepseek-chat', messages: [{ role: 'developer', content: 'x' }, ...hi], n: 2, max_tokens: 4_096 },
      { 'user-agent': 'Cursor/1.0' },
    );
    for (const { rules, told = [] } of [other, cursor]) {
      assert.ok(told.length > 0, rules.join('; '));
      for (const { text } of told) assert.ok(rules.includes(text));
    }
    await inLanguage(JAPANESE, () => {
      const lines = [other, cursor].map((record) => storyLines(overThePipe(record)).map(inWords).join('\n'));
      assert.match(lines[0]!, /messages → chat; .*除きました: top\\_k/);
      assert.match(lines[1]!, /複数ではなく 1 つの応答を頼みました/);
    });
  });

  it('a request of which nothing is told has no list of them', async () => {
    const record = await changed('/v1/chat/completions', { model: 'mine/m', messages: hi });
    assert.deepEqual([record.rules, record.told], [[], undefined]);
  });
});
