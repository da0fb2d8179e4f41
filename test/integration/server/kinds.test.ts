/** Models by kind of request: from the body alone, told, the same through a conversation that has called tools (24 §6). */
import assert from 'node:assert/strict';
import { requestStory } from '../../../src/ledger/story';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const user = (content: unknown) => ({ role: 'user', content });
const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
const called = [
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'Read', arguments: '{}' } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: 'done' },
];
const tools = [{ type: 'function', function: { name: 'Read', parameters: { type: 'object', properties: {} } } }];
const long = 'word '.repeat(2_000);

describe('routes by kind of request', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('ok')));
    const names = {
      images: 'sees',
      longInput: 'holds',
      background: 'small',
      subagent: 'cheap',
      longInputTokens: 1_000,
    };
    router = await startRouter(
      {
        backends: [
          {
            name: 'up',
            baseUrl: upstream.url,
            prefix: '',
            models: [{ id: 'main', routes: names }, { id: 'plain' }],
          },
        ],
        clientKeys: [{ name: 'guest', models: ['main'] }],
      },
      { up: 'sk-up', 'client:guest': 'sk-guest-0123456789' },
    );
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  /** The model that was asked. */
  const goesTo = async (body: object, path = '/v1/chat/completions', headers: Record<string, string> = {}) => {
    const made = await router.post(path, { model: 'main', ...body }, headers);
    assert.equal(made.status, 200);
    await made.text();
    return upstream.seen.at(-1)!.json().model;
  };

  for (const [what, body, model] of [
    ['a plain question', { messages: [user('hi')] }, 'main'],
    ['a picture', { messages: [user([picture, { type: 'text', text: 'what is it?' }])] }, 'sees'],
    ['a long input', { messages: [user(long)] }, 'holds'],
    ['a picture in a long input', { messages: [user(long), user([picture])] }, 'sees'],
    ['a title', { messages: [user('Name this chat')], max_tokens: 64 }, 'small'],
    ['a small limit beside tools', { messages: [user('go')], max_tokens: 64, tools }, 'main'],
    [
      'a subagent of Claude Code',
      {
        messages: [{ role: 'system', content: 'x-anthropic-billing-header: cc_is_subagent=true;' }, user('find')],
        tools,
      },
      'cheap',
    ],
  ] as const)
    it(`${what} goes to ${model}, and back again without routes`, async () => {
      assert.equal(await goesTo(body), model);
      assert.equal(await goesTo({ ...body, model: 'plain' }), 'plain');
    });

  it('the same on the other wires', async () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
    assert.equal(await goesTo({ max_tokens: 2_000, messages: [user([image])] }, '/v1/messages'), 'sees');
    const input = [user([{ type: 'input_image', image_url: picture.image_url.url }])];
    assert.equal(await goesTo({ input }, '/v1/responses'), 'sees');
  });

  it('a conversation that has called tools keeps its model, whatever comes later', async () => {
    assert.equal(await goesTo({ messages: [user('begin'), ...called, user([picture])], tools }), 'main');
    assert.equal(await goesTo({ messages: [user('begin'), ...called, user(long)], tools }), 'main');
    assert.equal(await goesTo({ messages: [user([picture]), ...called, user('and now?')], tools }), 'sees');
  });

  it('also when the text of the system grows past the limit meanwhile', async () => {
    const system = (content: string) => ({ role: 'system', content });
    assert.equal(await goesTo({ messages: [system('short'), user('grow')], tools }), 'main');
    assert.equal(await goesTo({ messages: [system(long), user('grow'), ...called], tools }), 'main');
  });

  it('the story says so', async () => {
    await goesTo({ messages: [user([picture])] });
    assert.match(
      requestStory(router.records.at(-1)!),
      /The model was chosen by the kind of the request: it has pictures/,
    );
  });

  it('a client key that may not use that model stays with the one it asked for', async () => {
    const guest = { authorization: 'Bearer sk-guest-0123456789' };
    assert.equal(await goesTo({ messages: [user([picture])] }, '/v1/chat/completions', guest), 'main');
  });

  it('a name that nobody serves is told where it stands', async () => {
    await assert.doesNotReject(
      router.configure({
        backends: [{ name: 'up', baseUrl: upstream.url, prefix: 'up/', default: false, routes: { images: 'gone' } }],
      }),
    );
    assert.deepEqual(
      router.core.state.problems.map(({ path }) => path),
      ['backends[0].routes.images'],
    );
  });
});
