import assert from 'node:assert/strict';
import { chatBody, chatMessages } from '../../../src/chat/request';

const text = (value: string) => ({ value, audience: undefined });
const thinking = (value: string | string[]) => ({ value, id: undefined, metadata: undefined });
const call = (callId: string, input: object = {}) => ({ callId, name: 'read', input });
const result = (callId: string, ...content: unknown[]) => ({ callId, content });
const data = (mimeType: string, bytes: string) => ({ mimeType, data: Buffer.from(bytes) });
const user = (...content: unknown[]) => ({ role: 1, content });
const model = (...content: unknown[]) => ({ role: 2, content });

describe('VS Code’s chat: a request', () => {
  it('is streamed, with tools and the wishes of other extensions', () => {
    const tools = [{ name: 'read', description: 'reads', inputSchema: { type: 'object' } }, { name: 'bare' }];
    assert.deepEqual(
      chatBody({
        model: 'm',
        messages: [user(text('hi'))],
        tools,
        toolRequired: true,
        modelOptions: { temperature: 0, model: 'x' },
      }),
      {
        temperature: 0,
        model: 'm',
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
        tools: [
          { type: 'function', function: { name: 'read', description: 'reads', parameters: { type: 'object' } } },
          { type: 'function', function: { name: 'bare', parameters: { type: 'object', properties: {} } } },
        ],
        tool_choice: 'required',
      },
    );
  });

  it('without tools has no field for them', () =>
    assert.deepEqual(Object.keys(chatBody({ model: 'm', messages: [], tools: [] })), ['model', 'stream', 'messages']));

  it('parallel calls and their results pair by id, results before what the person says', () =>
    assert.deepEqual(
      chatMessages([
        { role: 3, content: [text('be brief')] },
        user(text('go')),
        model(text('both'), call('c1', { path: 'a' }), call('c2')),
        user(text('and now?'), result('c1', text('one'), text(' two')), result('c2')),
      ]),
      [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: 'both',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } },
            { id: 'c2', type: 'function', function: { name: 'read', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'one two' },
        { role: 'tool', tool_call_id: 'c2', content: '' },
        { role: 'user', content: 'and now?' },
      ],
    ));

  it('pictures become data URLs, also those inside a result', () => {
    const url = `data:image/png;base64,${Buffer.from('PNG').toString('base64')}`;
    const picture = { type: 'image_url', image_url: { url } };
    assert.deepEqual(chatMessages([user(text('what?'), data('image/png', 'PNG'))]), [
      { role: 'user', content: [{ type: 'text', text: 'what?' }, picture] },
    ]);
    assert.deepEqual(chatMessages([user(result('c', text('shot'), data('image/png', 'PNG')))]), [
      { role: 'tool', tool_call_id: 'c', content: 'shot' },
      { role: 'user', content: [picture] },
    ]);
  });

  it('other data is its text, a note, or a mark of the editor that nobody else is told', () =>
    assert.deepEqual(
      chatMessages([user(data('application/json', '{}'), data('application/pdf', 'x'), data('cache_control', 'y'))]),
      [{ role: 'user', content: '{}[A file of type application/pdf was left out.]' }],
    ));

  it('thinking goes back with calls of the running question, never later', () => {
    const turn = [user(text('go')), model(thinking(['a', 'b']), call('c')), user(result('c', text('r')))];
    const told = (messages: typeof turn) =>
      (chatMessages(messages) as { reasoning_content?: string }[]).map((message) => message.reasoning_content);
    assert.deepEqual(told(turn), [undefined, 'ab', undefined]);
    assert.deepEqual(told([...turn, user(text('next'))]), [undefined, undefined, undefined, undefined]);
  });

  it('a value that is no text is its JSON, an empty message is left out', () =>
    assert.deepEqual(chatMessages([user({ value: { a: 1 } }), user(), model(thinking('only'))]), [
      { role: 'user', content: '{"a":1}' },
    ]));
});
