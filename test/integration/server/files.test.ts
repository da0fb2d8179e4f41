/** Files for a model or provider that takes none: told in words, so that no later turn of the chat is a 400. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const PDF = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQ=' };
const WORDS: ((type: string) => string)[] = [
  (type) => `Failed to deserialize: messages[0]: unknown variant \`${type}\`, expected \`text\` at line 1 column 99`,
  (type) => `Unknown part type: ${type}`,
  (type) => `Invalid value: '${type}'. Supported values are: 'text', 'image_url' and 'input_audio'.`,
  () => 'This model does not support PDF input.',
];
const said = { id: 'msg_1', type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' };

describe('files for a provider that takes none', () => {
  let upstream: Upstream;
  let router: TestRouter | undefined;
  let words = WORDS[0]!;
  /** Refuses them wherever they stand. */
  const strict: Answer = (seen, response) => {
    const [, type] = /"type":"(file|document)"/.exec(seen.text) ?? [];
    const whole = seen.path.endsWith('/messages') ? said : chatCompletion('ok');
    return json(type ? { error: { message: words(type) } } : whole, type ? 400 : 200)(seen, response);
  };
  beforeEach(async () => {
    upstream = await startUpstream(strict);
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        { name: 'chat', ...at },
        { name: 'ant', ...at, wire: 'messages' },
      ],
    });
  });
  afterEach(async () => {
    await router?.stop();
    await upstream.stop();
  });
  const read = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} };
  const ask = (model: string, ...content: object[]) =>
    router!.post('/v1/messages', {
      model,
      max_tokens: 100,
      tools: [{ name: 'Read', input_schema: { type: 'object', properties: {} } }],
      messages: [
        { role: 'user', content: 'read it' },
        { role: 'assistant', content: [read] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'PDF' }, ...content] },
      ],
    });

  for (const refusal of WORDS) {
    it(`become words after "${refusal('file').slice(0, 40)}", at once from then on`, async () => {
      words = refusal;
      for (const tries of [2, 1]) {
        upstream.seen.length = 0;
        assert.equal((await ask('chat/m', { type: 'document', source: PDF })).status, 200);
        assert.equal(upstream.seen.length, tries);
      }
      assert.match(upstream.seen[0]!.text, /This model cannot read files/);
      assert.ok(!upstream.seen[0]!.text.includes(PDF.data));
      assert.match(router!.records.at(-1)!.rules.join('; '), /files left out/);
    });
  }

  it('a document of text keeps its words', async () => {
    words = WORDS[0]!;
    const text = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'What it says.' } };
    assert.equal((await ask('ant/m', text, { type: 'document', source: PDF })).status, 200);
    const sent = upstream.seen[1]!.json().messages as { content: object[] }[];
    assert.deepEqual(sent[2]?.content.slice(1), [
      { type: 'text', text: 'What it says.' },
      { type: 'text', text: '[A file stood here. This model cannot read files: say so where it matters.]' },
    ]);
  });

  it('a refusal of one file, for its size or form, is told', async () => {
    upstream.answers[0] = json({ error: { message: 'The PDF specified is password protected.' } }, 400);
    assert.equal((await ask('chat/m', { type: 'document', source: PDF })).status, 400);
    assert.equal(upstream.seen.length, 1);
  });
});
