/** Anthropic's cache marks in chat bodies, where the target leads them on (N15). */
import assert from 'node:assert/strict';
import { chatCodec } from '../../../src/wires/chat';
import { cacheMarkOf } from '../../../src/wires/chatCache';
import type { EmitTarget } from '../../../src/wires/codec';
import type { JsonObject } from '../../../src/wires/conversation';
import { messagesCodec } from '../../../src/wires/messages';
import { carefulTarget } from '../../support/emitTarget';

const MARK = { type: 'ephemeral', ttl: '1h' };
const OPENROUTER: EmitTarget = { ...carefulTarget, cacheMarks: true };
const tool = (name: string, more: object = {}) => ({ name, input_schema: { type: 'object', properties: {} }, ...more });
const agent = (more: object = {}) =>
  messagesCodec.parseRequest({
    model: 'm',
    max_tokens: 10,
    system: [{ type: 'text', text: 'rules' }],
    tools: [tool('a'), tool('b')],
    messages: [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'a', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'found' }] },
      { role: 'assistant', content: 'so' },
      { role: 'user', content: 'next' },
    ],
    ...more,
  } as unknown as JsonObject);
/** Where the marks stand: role or tool, and what is marked. */
const marks = (body: JsonObject) =>
  [
    ...(body.tools as JsonObject[]).map((one) => [(one.function as JsonObject).name, one.cache_control]),
    ...(body.messages as JsonObject[]).map(({ role, content, cache_control }) => [
      role,
      cache_control ?? (Array.isArray(content) ? (content as JsonObject[]).at(-1)?.cache_control : undefined),
    ]),
  ].filter(([, mark]) => mark !== undefined);

describe('cache marks in chat bodies (N15)', () => {
  it('stand at tools, system and the last two of user and tools, as the client marked', () => {
    const marked = agent({ tools: [tool('a'), tool('b', { cache_control: MARK })] });
    assert.deepEqual(marks(chatCodec.emitRequest(marked, OPENROUTER)), [
      ['b', MARK],
      ['system', MARK],
      ['tool', MARK],
      ['user', MARK],
    ]);
  });

  it('are found wherever a client set one: text, result of a tool, what stands in it', () => {
    const user = (block: object) => agent({ messages: [{ role: 'user', content: [block] }] });
    const text = { type: 'text', text: 'x', cache_control: MARK };
    for (const block of [
      text,
      { type: 'tool_result', tool_use_id: 't', content: 'x', cache_control: MARK },
      { type: 'tool_result', tool_use_id: 't', content: [text] },
    ])
      assert.deepEqual(cacheMarkOf(user(block)), MARK, block.type);
    assert.equal(cacheMarkOf(agent()), undefined);
  });

  it('stand there for a mark of the whole body, too, with its time, and the field itself does not', () => {
    const body = chatCodec.emitRequest(agent({ cache_control: MARK }), { ...OPENROUTER, addCacheControl: true });
    assert.deepEqual(
      marks(body).map(([, mark]) => mark),
      [MARK, MARK, MARK, MARK],
    );
    assert.equal(body.cache_control, undefined);
    const [message] = chatCodec.emitRequest(
      messagesCodec.parseRequest({
        model: 'm',
        max_tokens: 9,
        cache_control: MARK,
        messages: [{ role: 'user', content: 'a' }],
      }),
      OPENROUTER,
    ).messages as JsonObject[];
    assert.deepEqual(message?.content, [{ type: 'text', text: 'a', cache_control: MARK }]);
  });

  it('are added for a client that sends none where the settings say so, and nowhere else', () => {
    const count = (target: EmitTarget) => marks(chatCodec.emitRequest(agent(), target)).length;
    assert.equal(count({ ...OPENROUTER, addCacheControl: true }), 4);
    assert.equal(count(OPENROUTER), 0);
    assert.equal(count({ ...carefulTarget, addCacheControl: true }), 0);
  });

  it('stand at the last text of a message with a picture, and never at empty text', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'look' }, image] },
      { role: 'assistant', content: 'well' },
      { role: 'user', content: [image] },
    ];
    const body = chatCodec.emitRequest(agent({ messages }), { ...OPENROUTER, addCacheControl: true });
    const [, first, , last] = body.messages as JsonObject[];
    assert.deepEqual((first!.content as JsonObject[])[0]!.cache_control, { type: 'ephemeral' });
    assert.ok(!JSON.stringify(last).includes('cache_control'));
  });
});
