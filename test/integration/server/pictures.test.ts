/** Pictures and models that cannot see (issue 24 §5): described once by a model that sees, or left out, and told either way. */
import assert from 'node:assert/strict';
import type { SettingsInput } from '../../../src/settings/schema';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, type Seen, startUpstream, type Upstream } from '../../support/upstream';

const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const DATA = `data:image/png;base64,${PICTURE}`;
const GUEST = 'sk-guest-0123456789abcdef0123456789';

/** As DeepSeek's server: a picture anywhere in the conversation is a 400 in every turn. */
const blind: Answer = (seen, response) => {
  const [at] = /"(?:image_url|input_image|image)"/.exec(seen.text) ?? [];
  const message = `Failed to deserialize the JSON body into the target type: messages[0]: unknown variant \`${at?.slice(1, -1)}\`, expected \`text\` at line 1 column 99`;
  const refused = { error: { message, type: 'invalid_request_error', param: null, code: 'invalid_request_error' } };
  return json(at ? refused : chatCompletion('seen'), at ? 400 : 200)(seen, response);
};
const sees =
  (words: string): Answer =>
  (seen, response) =>
    json(/"image_url"/.test(seen.text) ? chatCompletion(words) : chatCompletion('no picture'))(seen, response);

const chatTurn = (...parts: object[]) => ({
  role: 'user',
  content: [{ type: 'text', text: 'What is this?' }, ...parts],
});
const chatPicture = { type: 'image_url', image_url: { url: DATA } };

describe('pictures for a model that cannot see', () => {
  let reader: Upstream;
  let seer: Upstream;
  let router: TestRouter | undefined;

  beforeEach(async () => {
    reader = await startUpstream(blind);
    seer = await startUpstream(sees('A red dot.'));
  });
  afterEach(async () => {
    await router?.stop();
    router = undefined;
    await reader.stop();
    await seer.stop();
  });

  const settings = (model: object = { imagesBy: 'eye/sees' }, guest: object = {}): SettingsInput => ({
    backends: [
      { name: 'lab', baseUrl: `${reader.url}/v1`, models: [{ id: 'reads', price: { input: 1, output: 2 }, ...model }] },
      {
        name: 'eye',
        baseUrl: `${seer.url}/v1`,
        models: [{ id: 'eye/sees', upstream: 'sees', price: { input: 3, output: 6 } }],
      },
    ],
    clientKeys: [{ name: 'guest', models: ['reads'], ...guest }],
  });
  async function start(model?: object, guest?: object): Promise<TestRouter> {
    router = await startRouter(settings(model, guest), { 'client:guest': GUEST });
    return router;
  }
  const lastTurn = (seen?: Seen): string => JSON.stringify(((seen?.json().messages ?? []) as object[]).at(-1));

  describe('with imagesBy', () => {
    it('are described with the key that is there, where the first of several is not', async () => {
      const { backends = [], ...more } = settings();
      const eye = { ...backends[1]!, requireApiKey: true, apiKeyNames: ['gone', 'there'] };
      router = await startRouter({ ...more, backends: [backends[0]!, eye] }, { there: 'sk-there-000000' });
      const turn = { model: 'reads', messages: [chatTurn(chatPicture)] };
      assert.equal((await router.post('/v1/chat/completions', turn)).status, 200);
      assert.equal(seer.seen[0]?.headers.authorization, 'Bearer sk-there-000000');
      assert.match(lastTurn(reader.seen[0]), /A red dot/);
    });

    it('are described once, and stand in the same words in every later turn', async () => {
      const own = await start();
      const first = { model: 'reads', messages: [chatTurn(chatPicture)] };
      assert.equal((await own.post('/v1/chat/completions', first)).status, 200);
      const more = [...first.messages, { role: 'assistant', content: 'seen' }, { role: 'user', content: 'And now?' }];
      assert.equal((await own.post('/v1/chat/completions', { ...first, messages: more })).status, 200);
      assert.equal(seer.seen.length, 1);
      const [one, two] = reader.seen.map((seen) => JSON.stringify((seen.json().messages as object[])[0]));
      assert.match(one ?? '', /What is this\?.*A picture, in the words of eye\/sees: A red dot\./);
      assert.equal(two, one);
      assert.deepEqual(seer.seen[0]?.json().model, 'sees');
    });

    it('are told in the story, with a record and a price of their own', async () => {
      const own = await start();
      await own.post('/v1/chat/completions', { model: 'reads', messages: [chatTurn(chatPicture)] });
      const [description, request] = own.records;
      assert.equal(own.records.length, 2);
      assert.equal(description?.backend, 'eye');
      assert.equal(description?.askedModel, 'eye/sees');
      assert.deepEqual(description?.rules, [`describes a picture for ${request?.id}`]);
      assert.ok((description?.cost ?? 0) > 0);
      assert.match(description?.conversation ?? '', /^d:/);
      assert.equal(description?.conversation, request?.conversation);
      assert.equal(request?.backend, 'lab');
      assert.equal(request?.rules.filter((rule) => rule === 'a picture told in the words of eye/sees').length, 1);
      assert.ok(request?.rules.some((rule) => rule.startsWith(`described in ${description?.id} for $`)));
      assert.ok(!JSON.stringify(own.records).includes('red dot'), 'what it shows is no matter of the ledger');
    });

    it('stand in words on every wire, in results of tools too', async () => {
      const own = await start();
      const source = { type: 'base64', media_type: 'image/png', data: PICTURE };
      const call = { type: 'tool_use', id: 'toolu_1', name: 'shot', input: {} };
      const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'image', source }] };
      const bodies: Record<string, object> = {
        '/v1/responses': { input: [{ role: 'user', content: [{ type: 'input_image', image_url: DATA }] }] },
        '/v1/messages': {
          max_tokens: 100,
          tools: [{ name: 'shot', input_schema: { type: 'object' } }],
          messages: [
            { role: 'user', content: [{ type: 'text', text: 'Look' }] },
            { role: 'assistant', content: [call] },
            { role: 'user', content: [result] },
          ],
        },
      };
      for (const [path, body] of Object.entries(bodies)) {
        const answer = await own.post(path, { model: 'reads', ...body });
        assert.equal(answer.status, 200, await answer.text());
        assert.match(reader.seen.at(-1)?.text ?? '', /A red dot\./, path);
      }
      // One picture in three forms is one picture.
      assert.equal(seer.seen.length, 1);
    });

    it('that cannot be described are said to be there, the request is answered, and the next one asks again', async () => {
      seer.answers = [json({ error: { message: 'overloaded' } }, 529), sees('A red dot.')];
      const own = await start();
      const body = { model: 'reads', messages: [chatTurn(chatPicture)] };
      assert.equal((await own.post('/v1/chat/completions', body)).status, 200);
      assert.match(lastTurn(reader.seen[0]), /A picture stands here that could not be described/);
      assert.ok(own.records.at(-1)?.rules.includes('a picture was not described: overloaded'));
      assert.equal(own.records[0]?.error, 'overloaded');
      assert.equal((await own.post('/v1/chat/completions', body)).status, 200);
      assert.match(lastTurn(reader.seen[1]), /A red dot\./);
    });

    it('are not described for a client key that may not use that model', async () => {
      const own = await start();
      const body = { model: 'reads', messages: [chatTurn(chatPicture)] };
      const answer = await own.post('/v1/chat/completions', body, { authorization: `Bearer ${GUEST}` });
      assert.equal(answer.status, 200);
      assert.equal(seer.seen.length, 0);
      assert.ok(
        own.records[0]?.rules.includes('a picture was not described: this client key may not use eye/sees'),
        JSON.stringify(own.records[0]?.rules),
      );
    });

    it('cost what they hold when their client leaves, and an estimate where the provider tells no numbers', async () => {
      const own = await start(undefined, { models: ['*'], budget: { day: 1 }, maxStreams: 1 });
      const body = JSON.stringify({ model: 'reads', messages: [chatTurn(chatPicture)] });
      const headers = { authorization: `Bearer ${GUEST}`, 'content-type': 'application/json' };
      seer.answers = [() => {}, json({ ...chatCompletion('A red dot.'), usage: undefined })];
      const leaving = new AbortController();
      const asked = seer.next();
      const [record, whole] = [own.nextRecord(), own.nextRecord()];
      const gone = own.fetch('/v1/chat/completions', { method: 'POST', body, headers, signal: leaving.signal });
      await asked;
      leaving.abort();
      await assert.rejects(gone);
      const left = await record;
      assert.equal((await whole).status, 499);
      assert.deepEqual([left.askedModel, left.status, left.attempts.length], ['eye/sees', 499, 1]);
      assert.deepEqual([left.usage?.output, left.usage?.estimated], [4_000, true]);
      assert.ok(left.cost! >= (4_000 * 6) / 1e6);

      const next = own.nextRecord();
      assert.equal((await own.fetch('/v1/chat/completions', { method: 'POST', body, headers })).status, 200);
      const told = await next;
      assert.deepEqual([told.askedModel, told.status, told.usage?.estimated], ['eye/sees', 200, true]);
      assert.ok(told.usage!.input > 0 && told.cost! > 0);
    });

    it('are described twenty at most in one request; the others are said to be there', async () => {
      const own = await start();
      const many = Array.from({ length: 22 }, (_, at) => ({
        type: 'image_url',
        image_url: { url: `https://pictures.example/${at}.png` },
      }));
      assert.equal(
        (await own.post('/v1/chat/completions', { model: 'reads', messages: [chatTurn(...many)] })).status,
        200,
      );
      assert.equal(seer.seen.length, 20);
      assert.equal(lastTurn(reader.seen[0]).split('could not be described').length - 1, 2);
    });

    it('whose text holds a wrong escape are said to be there: that is no failure of the router', async () => {
      const own = await start();
      const body = JSON.stringify({ model: 'reads', messages: [chatTurn(chatPicture)] }).replace(
        'base64,',
        'base64,\\q',
      );
      const answer = await own.post('/v1/chat/completions', body);
      assert.equal(answer.status, 200, await answer.text());
      assert.match(lastTurn(reader.seen[0]), /could not be described/);
    });

    it('make the model one that takes pictures in the list', async () => {
      const own = await start();
      const entry = (await (await own.fetch('/v1/models/reads')).json()) as { architecture?: object };
      assert.deepEqual(entry.architecture, { input_modalities: ['text', 'image'] });
    });
  });

  describe('without it', () => {
    it('are left out after the first refusal, which is told and remembered: no later turn is a 400', async () => {
      const own = await start({});
      const body = { model: 'reads', messages: [chatTurn(chatPicture)] };
      const answer = await own.post('/v1/chat/completions', body);
      assert.equal(answer.status, 200, await answer.text());
      assert.equal(reader.seen.length, 2);
      assert.match(lastTurn(reader.seen[1]), /What is this\?.*This model cannot see pictures/);
      assert.ok(own.records[0]?.rules.includes('pictures left out, which the model cannot see'));
      assert.equal((await own.post('/v1/chat/completions', body)).status, 200);
      assert.equal(reader.seen.length, 3);
      assert.equal(seer.seen.length, 0);
    });

    it('are never sent to a model of which it is known that it cannot see', async () => {
      const own = await start({ upstream: 'gpt-3.5-turbo' });
      await own.post('/v1/chat/completions', { model: 'reads', messages: [chatTurn(chatPicture)] });
      assert.equal(reader.seen.length, 1);
      assert.match(lastTurn(reader.seen[0]), /This model cannot see pictures/);
    });

    it('go unchanged to a model that sees', async () => {
      const own = await start();
      await own.post('/v1/chat/completions', { model: 'eye/sees', messages: [chatTurn(chatPicture)] });
      assert.deepEqual(seer.seen[0]?.json().messages, [chatTurn(chatPicture)]);
    });
  });
});
