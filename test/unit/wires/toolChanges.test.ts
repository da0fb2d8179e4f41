/** The list of tools that the changes within a conversation add up to. */
import assert from 'node:assert/strict';
import type { Conversation, JsonObject } from '../../../src/wires/conversation';
import { messagesCodec } from '../../../src/wires/messages';
import { responsesCodec } from '../../../src/wires/responses';
import { settleTools } from '../../../src/wires/toolChanges';

const input_schema = { type: 'object', properties: {} };
const reference = (name: string) => ({ type: 'tool_reference', name });
const claude = (tools: object[], ...blocks: object[]): Conversation =>
  messagesCodec.parseRequest({
    model: 'm',
    tools,
    messages: [{ role: 'user', content: 'hi' }, ...blocks.map((block) => ({ role: 'system', content: [block] }))],
  } as unknown as JsonObject);
const names = ({ tools = [] }: Conversation) => tools.map((tool) => (tool.kind === 'opaque' ? tool.value : tool.name));

describe('settleTools', () => {
  it('keeps the order of what comes and goes', () => {
    const source = claude(
      [{ name: 'a', input_schema }],
      { type: 'tool_removal', tool: reference('a') },
      { type: 'tool_addition', tool: { type: 'tool_definition', definition: { name: 'b', input_schema } } },
      { type: 'tool_addition', tool: reference('a') },
      { type: 'tool_removal', tool: reference('b') },
    );
    const settled = settleTools(source);
    assert.deepEqual(names(settled), ['a']);
    assert.equal(settled.turns.length, 1);
    assert.equal(source.turns.length, 5);
  });

  it('leaves those of an MCP server that the provider asks itself, whose tools are named like others', () => {
    const search = { type: 'mcp_tool_reference', server_name: 's', name: 'search' };
    const set = { type: 'mcp_toolset_reference', server_name: 's' };
    const source = claude(
      [{ name: 'search', input_schema }],
      ...[search, set].map((tool) => ({ type: 'tool_removal', tool })),
      { type: 'tool_addition', tool: set },
    );
    assert.equal(settleTools(source), source);
  });

  it('reads the changes that a compaction keeps, and leaves its words', () => {
    const changes = [
      { type: 'tool_addition', tool: { type: 'tool_definition', definition: { name: 'b', input_schema } } },
    ];
    const settled = settleTools(claude([], { type: 'compaction', content: 'What was.', tool_changes: changes }));
    assert.deepEqual(names(settled), ['b']);
    assert.equal(settled.turns.length, 2);
  });

  it('lets a later definition count, in a group too', () => {
    const item = (...tools: object[]) => ({
      type: 'additional_tools',
      role: 'developer',
      tools: [{ type: 'namespace', name: 'g', tools }],
    });
    const tool = (name: string, description: string) => ({ type: 'function', name, description });
    const source = responsesCodec.parseRequest({
      model: 'm',
      input: [item(tool('a', 'old'), tool('b', 'old')), 'hi', item(tool('b', 'new'), tool('c', 'new'))],
    } as unknown as JsonObject);
    const [group] = names(settleTools(source)) as JsonObject[];
    assert.deepEqual(
      (group!.tools as JsonObject[]).map(({ name, description }) => [name, description]),
      [
        ['a', 'old'],
        ['b', 'new'],
        ['c', 'new'],
      ],
    );
  });

  it('what was taken out comes back as it was: a group with all that joined it, and each of one name goes', () => {
    const group = (...names: string[]) => ({
      type: 'namespace',
      name: 'g',
      tools: names.map((name) => ({ type: 'function', name })),
    });
    const twice = { name: 'a', input_schema };
    const source = claude(
      [twice, twice],
      { type: 'additional_tools', tools: [group('x')] },
      { type: 'additional_tools', tools: [group('y')] },
      { type: 'additional_tools', tools: [group('z')] },
      ...['g', 'a'].map((name) => ({ type: 'tool_removal', tool: reference(name) })),
      { type: 'tool_addition', tool: reference('g') },
    );
    assert.deepEqual(names(settleTools(source)), [group('x', 'y', 'z')]);
  });

  it('touches nothing for who reads the changes itself, and where there are none', () => {
    const source = claude([{ name: 'a', input_schema }], { type: 'tool_removal', tool: reference('a') });
    assert.equal(settleTools(source, 'messages'), source);
    const plain = claude([{ name: 'a', input_schema }]);
    assert.equal(settleTools(plain), plain);
  });
});
