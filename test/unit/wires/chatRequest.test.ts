import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { chatCodec } from '../../../src/wires/chat';
import { RequestProblem } from '../../../src/wires/codec';
import type { Conversation, JsonObject } from '../../../src/wires/conversation';
import { ableTarget, carefulTarget } from '../../support/emitTarget';
import { sdkProblems } from '../../support/sdkSchemas';
import { arbitraryConversation } from '../../support/wireArbitraries';

const user = { role: 'user', content: 'hi' };
const parse = (body: JsonObject) => chatCodec.parseRequest({ model: 'm', messages: [user], ...body });
const emit = (conversation: Partial<Conversation>, target = ableTarget) =>
  chatCodec.emitRequest(
    { model: 'm', stream: false, turns: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }], ...conversation },
    target,
  );
const messagesOf = (body: JsonObject) => body.messages as JsonObject[];
const callsOf = (message: JsonObject | undefined) => (message?.tool_calls ?? []) as JsonObject[];
const text = (value: string) => ({ type: 'text' as const, text: value });

describe('chat: reading requests', () => {
  it('reads every field', () => {
    const body: JsonObject = {
      model: 'm',
      messages: [
        { role: 'developer', content: 'be brief' },
        {
          role: 'user',
          name: 'anna',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'high' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          tool_calls: [
            {
              index: 0,
              id: 'c1',
              type: 'function',
              function: { name: 'Read', arguments: '{"a":1}' },
              extra_content: { google: { thought_signature: 'sig' } },
            },
            { id: 'c2', type: 'custom', custom: { name: 'ApplyPatch', input: '*** Begin' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', name: 'Read', content: [{ type: 'text', text: 'r' }] },
        { role: 'tool', tool_call_id: 'c2', content: 'ok' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'Read', description: 'd', parameters: { type: 'object' }, strict: true },
        },
        {
          type: 'custom',
          custom: {
            name: 'ApplyPatch',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: X' } },
          },
        },
        { type: 'web_search' },
      ],
      tool_choice: { type: 'function', function: { name: 'Read' } },
      parallel_tool_calls: false,
      max_completion_tokens: 100,
      temperature: 0,
      top_p: 0.9,
      stop: 'END',
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      reasoning_effort: 'high',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      verbosity: 'low',
      service_tier: 'priority',
      metadata: { a: 'b' },
      user: 'u',
      stream: true,
      stream_options: { include_usage: true },
      logit_bias: { '50256': -100 },
      something_new: [1],
    };
    const before = structuredClone(body);
    assert.deepEqual(chatCodec.parseRequest(body), {
      model: 'm',
      stream: true,
      includeUsage: true,
      turns: [
        { role: 'developer', parts: [text('be brief')] },
        {
          role: 'user',
          name: 'anna',
          parts: [
            text('look'),
            { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' }, detail: 'high' },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'hm', field: 'reasoning_content', wire: 'chat' },
            { type: 'toolCall', id: 'c1', name: 'Read', arguments: '{"a":1}', thoughtSignature: 'sig' },
            { type: 'toolCall', id: 'c2', name: 'ApplyPatch', arguments: '*** Begin', custom: true },
          ],
        },
        { role: 'tool', parts: [{ type: 'toolResult', id: 'c1', name: 'Read', content: [text('r')] }] },
        { role: 'tool', parts: [{ type: 'toolResult', id: 'c2', content: [text('ok')] }] },
      ],
      tools: [
        { kind: 'function', name: 'Read', description: 'd', parameters: { type: 'object' }, strict: true },
        { kind: 'custom', name: 'ApplyPatch', format: { type: 'grammar', syntax: 'lark', definition: 'start: X' } },
        { kind: 'opaque', wire: 'chat', value: { type: 'web_search' } },
      ],
      toolChoice: { type: 'tool', name: 'Read' },
      parallelToolCalls: false,
      maxOutputTokens: 100,
      temperature: 0,
      topP: 0.9,
      stop: ['END'],
      seed: 7,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      reasoning: { effort: 'high' },
      responseFormat: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true },
      verbosity: 'low',
      serviceTier: 'priority',
      metadata: { a: 'b' },
      user: 'u',
      extra: { wire: 'chat', fields: { logit_bias: { '50256': -100 }, something_new: [1] } },
    });
    assert.deepEqual(body, before);
  });

  it('refuses what holds nothing to converse with, naming the place', () => {
    const cases: [JsonObject, string][] = [
      [{}, 'messages'],
      [{ messages: null }, 'messages'],
      [{ messages: [] }, 'messages'],
      [{ messages: [user, 'x'] }, 'messages[1]'],
      [{ messages: [{ content: 'x' }] }, 'messages[0].role'],
      [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    ];
    for (const [body, param] of cases) {
      assert.throws(
        () => chatCodec.parseRequest({ model: 'm', ...body }),
        (error) => error instanceof RequestProblem && error.param === param,
      );
    }
  });

  it('takes odd content, empty tool lists and missing ids (N1-N6, N22)', () => {
    const conversation = parse({
      tools: null,
      tool_choice: 'auto',
      parallel_tool_calls: true,
      messages: [
        { role: 'user', content: null },
        { role: 'user', content: [] },
        { role: 'assistant', content: [{ type: 'text', text: 'a' }], tool_calls: [] },
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { function: { name: 'f', arguments: { broken: 'no' } } },
            { function: { arguments: '{}' } },
            'x',
          ],
        },
        { role: 'tool', content: 'late' },
      ],
    });
    assert.equal(conversation.tools, undefined);
    assert.equal(conversation.toolChoice, undefined);
    assert.deepEqual(
      conversation.turns.map((turn) => turn.parts),
      [
        [],
        [],
        [text('a')],
        [text(''), { type: 'toolCall', id: '', name: 'f', arguments: '{"broken":"no"}' }],
        [{ type: 'toolResult', id: '', content: [text('late')] }],
      ],
    );
  });

  it('reads legacy functions (N12)', () => {
    const conversation = parse({
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
      messages: [
        user,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'r' },
      ],
    });
    assert.deepEqual(conversation.tools, [{ kind: 'function', name: 'f', parameters: { type: 'object' } }]);
    assert.deepEqual(conversation.toolChoice, { type: 'tool', name: 'f' });
    const [call, result] = conversation.turns.slice(1).map((turn) => turn.parts[0]);
    assert.equal(call?.type === 'toolCall' && call.id, result?.type === 'toolResult' && result.id);
    assert.ok(call?.type === 'toolCall' && call.id !== '');
  });

  it('reads Anthropic-flavoured bodies (N8, N13, N14, N19, N21)', () => {
    const conversation = parse({
      system: [{ type: 'text', text: 'sys', cache_control: { type: 'ephemeral' } }],
      stop_sequences: ['x'],
      top_k: 0,
      tool_choice: { type: 'any' },
      tools: [{ name: 'Read', input_schema: { type: 'object' } }],
      messages: [
        user,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'ok' },
            { type: 'tool_use', id: 't1', name: 'Read', input: { p: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't1',
              content: [
                { type: 'text', text: 'r' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
              ],
            },
            { type: 'text', text: 'next' },
          ],
        },
      ],
    });
    assert.deepEqual(
      conversation.turns.map((turn) => turn.role),
      ['system', 'user', 'assistant', 'tool', 'user'],
    );
    assert.deepEqual(conversation.stop, ['x']);
    assert.equal(conversation.topK, undefined);
    assert.deepEqual(conversation.toolChoice, { type: 'required' });
    assert.deepEqual(conversation.tools, [{ kind: 'function', name: 'Read', parameters: { type: 'object' } }]);
    const body = chatCodec.emitRequest(conversation, ableTarget);
    assert.deepEqual(sdkProblems('ChatCompletionCreateParams', body), []);
    assert.deepEqual(messagesOf(body).slice(2), [
      {
        role: 'assistant',
        content: 'ok',
        tool_calls: [{ id: 't1', type: 'function', function: { name: 'Read', arguments: '{"p":1}' } }],
      },
      { role: 'tool', tool_call_id: 't1', content: 'r\n[Image 1 of the result of t1: see the next user message]' },
      {
        role: 'user',
        content: [
          text('Image 1 of the result of t1:'),
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
        ],
      },
      { role: 'user', content: 'next' },
    ]);
  });

  it('reads effort in every form (N27, N28)', () => {
    const cases: [JsonObject, unknown][] = [
      [{ reasoning_effort: 'low' }, { effort: 'low' }],
      [{ reasoning: { effort: 'minimal', summary: 'auto' } }, { effort: 'minimal', summary: 'auto' }],
      [{ reasoning: { max_tokens: 2000 } }, { budgetTokens: 2000 }],
      [{ reasoning: {} }, undefined],
      [{ reasoning_effort: null }, undefined],
      [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, { budgetTokens: 1024 }],
      [{ thinking: { type: 'disabled' } }, { disabled: true }],
      [
        { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
        { effort: 'max', adaptive: true },
      ],
      [{ reasoning: { enabled: true } }, { effort: 'medium' }],
    ];
    for (const [body, expected] of cases) assert.deepEqual(parse(body).reasoning, expected);
  });
});

describe('chat: writing requests', () => {
  it('keeps the meaning of any conversation, and what it writes is valid', () => {
    fc.assert(
      fc.property(arbitraryConversation, (conversation) => {
        const before = structuredClone(conversation);
        const body = chatCodec.emitRequest(conversation, ableTarget);
        assert.deepEqual(sdkProblems('ChatCompletionCreateParams', body), []);
        assert.deepEqual(conversation, before);
        const again = { ...chatCodec.parseRequest(body) };
        if (again.includeUsage) delete again.includeUsage;
        // A custom result is told from its call only; the wire itself does not say it.
        assert.deepEqual(withoutCustomResults(again), withoutCustomResults(conversation));
      }),
      { numRuns: 150 },
    );
  });

  it('is valid for careful upstreams too, with functions for custom tools', () => {
    fc.assert(
      fc.property(arbitraryConversation, (conversation) => {
        const body = chatCodec.emitRequest(conversation, carefulTarget);
        assert.deepEqual(sdkProblems('ChatCompletionCreateParams', body), []);
        assert.ok(!JSON.stringify(body).includes('"type":"custom"'));
        assert.equal(body.reasoning_effort, undefined);
      }),
      { numRuns: 80 },
    );
  });

  it('follows the abilities of the upstream', () => {
    const conversation: Partial<Conversation> = {
      turns: [
        { role: 'developer', parts: [text('d')] },
        { role: 'user', parts: [text('u')] },
      ],
      metadata: { a: 'b' },
      user: 'u',
      serviceTier: 'flex',
      maxOutputTokens: 5000,
      seed: 1,
      verbosity: 'low',
      topK: 5,
    };
    const body = emit(conversation, {
      ...carefulTarget,
      maxOutputTokens: 4000,
      unsupportedParams: ['seed'],
      roleRewrites: { system: 'user' },
    });
    assert.deepEqual(body, {
      model: 'some-model',
      messages: [
        { role: 'user', content: 'd' },
        { role: 'user', content: 'u' },
      ],
      max_tokens: 4000,
    });
    const able = emit(conversation);
    assert.equal((able.messages as JsonObject[])[0]?.role, 'developer');
    assert.deepEqual(
      [able.user, able.metadata, able.service_tier, able.verbosity, able.max_completion_tokens],
      ['u', { a: 'b' }, 'flex', 'low', 5000],
    );
  });

  it('writes the effort in the form of the upstream (N27)', () => {
    const of = (reasoning: Conversation['reasoning'], reasoningField: typeof ableTarget.reasoningField) => {
      const {
        model: _,
        messages: __,
        ...fields
      } = emit(reasoning ? { reasoning } : {}, { ...ableTarget, reasoningField });
      return fields;
    };
    assert.deepEqual(of({ effort: 'high' }, 'reasoning_effort'), { reasoning_effort: 'high' });
    assert.deepEqual(of({ budgetTokens: 3000 }, 'reasoning_effort'), { reasoning_effort: 'low' });
    assert.deepEqual(of({ disabled: true }, 'reasoning_effort'), {});
    assert.deepEqual(of({ effort: 'high' }, 'reasoning'), { reasoning: { effort: 'high' } });
    assert.deepEqual(of({ budgetTokens: 3000 }, 'reasoning'), { reasoning: { max_tokens: 3000 } });
    assert.deepEqual(of({ disabled: true }, 'reasoning'), { reasoning: { enabled: false } });
    assert.deepEqual(of({ budgetTokens: 3000 }, 'thinking'), { thinking: { type: 'enabled', budget_tokens: 3000 } });
    assert.deepEqual(of({ effort: 'none' }, 'thinking'), { thinking: { type: 'disabled' } });
    assert.deepEqual(of({ effort: 'max' }, 'adaptive'), {
      thinking: { type: 'adaptive' },
      output_config: { effort: 'max' },
    });
    assert.deepEqual(of({ effort: 'high' }, 'none'), {});
    assert.deepEqual(of(undefined, 'reasoning'), {});
  });

  it('cleans schemas and strict for upstreams that refuse them (N23)', () => {
    const tools: Conversation['tools'] = [
      { kind: 'function', name: 'f', parameters: { $schema: 'x', type: 'object' }, strict: true },
    ];
    const of = (target: typeof ableTarget) =>
      ((emit({ tools }, target).tools as JsonObject[])[0] as JsonObject).function;
    assert.deepEqual(of(ableTarget), { name: 'f', parameters: { $schema: 'x', type: 'object' }, strict: true });
    assert.deepEqual(of({ ...carefulTarget, refusedSchemaKeys: ['$schema'] }), {
      name: 'f',
      parameters: { type: 'object' },
      strict: false,
    });
  });

  it('writes {} for a call without arguments and names the errors of tools', () => {
    const body = emit({
      turns: [
        { role: 'assistant', parts: [{ type: 'toolCall', id: 'c', name: 'f', arguments: '' }] },
        { role: 'tool', parts: [{ type: 'toolResult', id: 'c', content: [text('no such file')], isError: true }] },
      ],
    });
    const [assistant, result] = messagesOf(body);
    assert.deepEqual(callsOf(assistant)[0]?.function, { name: 'f', arguments: '{}' });
    assert.equal(result?.content, 'Error: no such file');
  });

  it('maps ids that are illegal or too long on both sides of a pair (N25)', () => {
    const id = `functions.AskUserQuestion:${'1'.repeat(60)}`;
    const body = emit({
      turns: [
        { role: 'assistant', parts: [{ type: 'toolCall', id, name: 'f', arguments: '{' }] },
        { role: 'tool', parts: [{ type: 'toolResult', id, content: [text('r')] }] },
      ],
    });
    const [call, result] = messagesOf(body);
    const sent = callsOf(call)[0];
    assert.match(sent?.id as string, /^[\w-]{1,40}$/);
    assert.equal(sent?.id, result?.tool_call_id);
    assert.deepEqual(sent?.function, { name: 'f', arguments: '{' });
    assert.equal(call?.content, null);
  });

  it('restores a custom call that came back as a function (R19), and wraps it where needed', () => {
    const conversation = parse({
      tools: [{ type: 'custom', name: 'ApplyPatch' }],
      tool_choice: { type: 'custom', name: 'ApplyPatch' },
      messages: [
        user,
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'ApplyPatch', arguments: '*** Begin' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'ok' },
      ],
    });
    const kept = chatCodec.emitRequest(conversation, ableTarget);
    assert.deepEqual(callsOf(messagesOf(kept)[1])[0], {
      id: 'c',
      type: 'custom',
      custom: { name: 'ApplyPatch', input: '*** Begin' },
    });
    assert.deepEqual(kept.tool_choice, { type: 'custom', custom: { name: 'ApplyPatch' } });
    const wrapped = chatCodec.emitRequest(conversation, carefulTarget);
    assert.deepEqual(callsOf(messagesOf(wrapped)[1])[0], {
      id: 'c',
      type: 'function',
      function: { name: 'ApplyPatch', arguments: '{"input":"*** Begin"}' },
    });
    assert.deepEqual(wrapped.tool_choice, { type: 'function', function: { name: 'ApplyPatch' } });
  });

  it('returns thinking only where it came from, in the field it came in (S7)', () => {
    const details = [{ type: 'reasoning.text', text: 'a', signature: 's' }];
    const conversation = parse({
      messages: [{ role: 'assistant', content: 'x', reasoning: 'a', reasoning_details: details }, user],
    });
    assert.deepEqual(messagesOf(chatCodec.emitRequest(conversation, ableTarget))[0], {
      role: 'assistant',
      content: 'x',
      reasoning: 'a',
      reasoning_details: details,
    });
    const foreign = emit({
      turns: [
        { role: 'assistant', parts: [{ type: 'reasoning', text: 'a', signature: 's', wire: 'messages' }, text('x')] },
      ],
    });
    assert.deepEqual(messagesOf(foreign)[0], { role: 'assistant', content: 'x' });
    // It came as tags, or nobody knows how: only a target that insists on thinking gets it (c02).
    const plain = {
      turns: [{ role: 'assistant' as const, parts: [{ type: 'reasoning' as const, text: 'a' }, text('x')] }],
    };
    assert.deepEqual(messagesOf(emit(plain))[0], { role: 'assistant', content: 'x' });
    const insists = { ...ableTarget, thinkingField: 'reasoning_content' as const };
    const body = chatCodec.emitRequest({ model: 'm', stream: false, ...plain }, insists);
    assert.deepEqual(messagesOf(body)[0], { role: 'assistant', content: 'x', reasoning_content: 'a' });
  });

  it('carries what it does not know on this wire and leaves it out elsewhere', () => {
    const audio = { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } };
    const conversation = parse({
      logit_bias: { '1': 2 },
      messages: [
        { role: 'user', content: [audio, { type: 'text', text: 'a' }] },
        { role: 'assistant', content: '', audio: { id: 'a1' }, annotations: [] },
        user,
      ],
    });
    const body = chatCodec.emitRequest(conversation, ableTarget);
    assert.deepEqual(body.logit_bias, { '1': 2 });
    assert.deepEqual(messagesOf(body)[0]?.content, [audio, { type: 'text', text: 'a' }]);
    assert.deepEqual(messagesOf(body)[1], { role: 'assistant', content: '', audio: { id: 'a1' } });
    assert.deepEqual(emit({ extra: { wire: 'messages', fields: { container: 'x' } } }).container, undefined);
  });

  it('narrows the tools where a choice among some is not known', () => {
    const tools: Conversation['tools'] = [
      { kind: 'function', name: 'a' },
      { kind: 'function', name: 'b' },
    ];
    const toolChoice: Conversation['toolChoice'] = { type: 'allowed', mode: 'required', names: ['b'] };
    const careful = emit({ tools, toolChoice }, carefulTarget);
    assert.deepEqual(
      [careful.tools, careful.tool_choice],
      [[{ type: 'function', function: { name: 'b' } }], 'required'],
    );
    assert.deepEqual(emit({ tools, toolChoice }).tool_choice, {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'b' } }] },
    });
    assert.equal(emit({ tools, toolChoice: { type: 'tool', name: 'gone' } }).tool_choice, undefined);
  });
});

function withoutCustomResults(conversation: Conversation): Conversation {
  return {
    ...conversation,
    turns: conversation.turns.map((turn) => ({
      ...turn,
      parts: turn.parts.map((part) => {
        if (part.type !== 'toolResult') return part;
        const { custom: _, ...rest } = part;
        return rest;
      }),
    })),
  };
}
