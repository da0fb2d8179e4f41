/** Codex's groups of tools on wires that know none. */
import assert from 'node:assert/strict';
import { collect, replay } from '../../../src/wires/answer';
import { codecFor } from '../../../src/wires/codecs';
import type { Answer, JsonObject } from '../../../src/wires/conversation';
import { flattenNamespaces, restoreNamespaces } from '../../../src/wires/namespaces';
import { ableTarget } from '../../support/emitTarget';

const responses = codecFor('responses');
const tool = (name: string): JsonObject => ({ type: 'function', name, description: 'd', parameters: {} });
const group = (name: string, ...names: string[]): JsonObject => ({
  type: 'namespace',
  name,
  description: `About ${name}`,
  tools: names.map(tool),
});
const flatten = (body: JsonObject) => flattenNamespaces(responses.parseRequest({ model: 'm', input: 'hi', ...body }));
const namesOf = (body: JsonObject) =>
  flatten(body).conversation.tools?.map((each) => (each.kind === 'opaque' ? '?' : each.name));

describe('groups of tools (namespaces)', () => {
  it('go up flat, each under a name of its own', () => {
    assert.deepEqual(namesOf({ tools: [tool('search'), group('mcp__docs__', 'search'), group('web', 'search')] }), [
      'search',
      'mcp__docs__search',
      'web__search',
    ]);
    const clash = namesOf({ tools: [tool('a__b'), group('a', 'b'), group('a_', '_b'), group('x'.repeat(80), 'y')] });
    assert.equal(new Set(clash).size, 4);
    for (const name of clash ?? []) assert.match(name, /^[\w-]{1,64}$/);
  });

  it('tell what the group says of itself once', () => {
    const [first, second] = flatten({ tools: [group('g', 'a', 'b')] }).conversation.tools as { description: string }[];
    assert.equal(first?.description, 'About g\n\nd');
    assert.equal(second?.description, 'd');
  });

  it('a choice of many thousands takes about as long as the tools do', () => {
    const names = Array.from({ length: 8_000 }, (_, at) => `t${at}`);
    const choice = { type: 'allowed_tools', mode: 'auto', tools: names.map((name) => ({ type: 'function', name })) };
    const plain = responses.parseRequest({ model: 'm', input: 'hi', tools: names.map((name) => group(name, name)) });
    const { toolChoice } = responses.parseRequest({ model: 'm', input: 'hi', tool_choice: choice });
    const best = (source: typeof plain) => {
      const times = [1, 2, 3, 4, 5].map(() => {
        const start = performance.now();
        flattenNamespaces(source);
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    const chosen = { ...plain, toolChoice: toolChoice! };
    const { conversation } = flattenNamespaces(chosen);
    assert.deepEqual((conversation.toolChoice as { names: string[] }).names.slice(0, 2), ['t0__t0', 't1__t1']);
    assert.ok(best(chosen) < 40 * best(plain));
  });

  it('calls of the history go up under the same names, the choice too', () => {
    const call = (namespace: string) => ({ type: 'function_call', call_id: namespace, name: 'search', namespace });
    const { conversation } = flatten({
      tools: [group('a', 'search'), group('b', 'search')],
      tool_choice: { type: 'function', name: 'search' },
      input: [
        { role: 'user', content: 'x' },
        { ...call('a'), arguments: '{}' },
        { ...call('b'), arguments: '{}' },
      ],
    });
    const { messages, tools, tool_choice } = codecFor('chat').emitRequest(conversation, ableTarget);
    const text = JSON.stringify([messages, tools]);
    for (const name of ['a__search', 'b__search']) assert.equal(text.split(`"name":"${name}"`).length, 3, text);
    assert.doesNotMatch(text, /namespace/);
    assert.deepEqual(tool_choice, { type: 'function', function: { name: 'a__search' } });
  });

  it('calls come back with name and namespace, streamed and whole', () => {
    const { originals } = flatten({ tools: [group('mcp__docs__', 'search')] });
    const answer: Answer = {
      parts: [{ type: 'toolCall', id: 'call_1', name: 'mcp__docs__search', arguments: '{}' }],
      finish: { reason: 'toolCalls' },
    };
    const events = replay(answer).map(restoreNamespaces(originals));
    const options = { model: 'm', id: 'resp_1', created: 1, includeUsage: true };
    const emitter = responses.createStreamEmitter(options);
    const stream = events.map((event) => emitter.push(event)).join('') + emitter.finish();
    const items = stream
      .split('\n')
      .flatMap((line) =>
        line.startsWith('data: ') ? [(JSON.parse(line.slice(6)) as JsonObject).item as JsonObject] : [],
      )
      .filter((item) => item !== undefined);
    const whole = responses.emitAnswer(collect(events), options).output as JsonObject[];
    assert.equal(items.length, 2);
    for (const item of [...items, ...whole])
      assert.deepEqual([item.name, item.namespace], ['search', 'mcp__docs__'], stream);
  });

  it('calls and outputs that only Responses has a form for are calls and results elsewhere', () => {
    const { conversation } = flatten({
      input: [
        { role: 'user', content: 'x' },
        { type: 'local_shell_call', call_id: 'c1', status: 'completed', action: { command: ['ls'] } },
        { type: 'local_shell_call_output', call_id: 'c1', output: 'a.txt' },
      ],
    });
    const { messages } = codecFor('chat').emitRequest(conversation, ableTarget);
    assert.deepEqual(messages, [
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'local_shell', arguments: '{"action":{"command":["ls"]}}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a.txt' },
    ]);
    assert.throws(() => flatten({ input: [{ type: 'item_reference', id: 'x' }] }), /item_reference/);
  });

  it('a conversation without groups stays as it is', () => {
    const conversation = responses.parseRequest({ model: 'm', input: 'hi', tools: [tool('a')] });
    assert.equal(flattenNamespaces(conversation).conversation, conversation);
  });
});
