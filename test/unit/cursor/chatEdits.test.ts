import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ChatEditFacts, editChatBody } from '../../../src/cursor/chatEdits';
import { readCursorRequest } from '../../../src/cursor/request';
import { applyTarget } from '../../../src/cursor/target';
import { chatCodec } from '../../../src/wires/chat';
import type { JsonObject, JsonValue } from '../../../src/wires/conversation';
import { scanObject, splice } from '../../../src/wires/jsonText';
import { openTarget, plain } from '../../support/cursorCases';

const facts = (
  emit: Partial<ChatEditFacts['emit']> = {},
  target: Partial<ChatEditFacts['target']> = {},
): ChatEditFacts => ({
  showThinking: true,
  emit: openTarget({ maxIdLength: 40, ...emit }),
  target: {
    backend: { wire: 'chat' },
    abilities: { serviceTier: true, reasoningField: 'reasoning_effort', efforts: [], maxOutputTokens: 32_000 },
    ...target,
  },
});
const fast = (body: JsonValue, given = facts(), indent = 0) => {
  const bytes = Buffer.from(JSON.stringify(body, null, indent));
  const edited = editChatBody(bytes, scanObject(bytes), given);
  return edited && { ...edited, body: JSON.parse(splice(bytes, edited.edits).toString()) as JsonObject };
};
const full = (body: JsonObject, { target, emit, showThinking }: ChatEditFacts) => {
  const { conversation } = applyTarget(readCursorRequest(body).conversation, target, { showThinking });
  return chatCodec.emitRequest(conversation, emit);
};
/** What no upstream tells apart: empty and null content of a message with calls, a `stream` that is false. */
const meaning = (body: JsonObject): JsonValue => {
  const { stream, ...rest } = plain(body) as JsonObject;
  const messages = (rest.messages as JsonObject[]).map((message) =>
    message.tool_calls && !message.content ? { ...message, content: null } : message,
  );
  return { ...rest, messages, ...(stream === true && { stream }) };
};
const agent: JsonObject = {
  model: 'mine/x',
  temperature: 0,
  user: 'hash',
  messages: [
    { role: 'system', content: 'You are "an" agent.\nüß' },
    { role: 'user', content: 'rules' },
    { role: 'user', content: 'fix it' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [
        {
          index: 0,
          id: 'call_1',
          type: 'function',
          function: { name: 'Read', arguments: '{"a":12345678901234567890}' },
        },
      ],
    },
    { role: 'tool', name: 'Read', tool_call_id: 'call_1', content: '{"type":"tool_result"}' },
    { role: 'assistant', content: 'done' },
  ],
  tools: [
    { type: 'function', function: { name: 'Read', description: 'd', parameters: { type: 'object', properties: {} } } },
  ],
  tool_choice: 'auto',
  stream: true,
  reasoning: { effort: 'minimal' },
};

describe('cursor chat edits', () => {
  it('N2, N27, N32: edits a captured-like agent body to what the full path says', () => {
    const edited = fast(agent);
    assert.ok(edited);
    assert.deepEqual(meaning(edited.body), meaning(full(agent, facts())));
    assert.deepEqual(
      [edited.body.model, edited.body.user, edited.body.reasoning_effort],
      ['upstream-model', undefined, 'minimal'],
    );
    assert.ok(edited.rules.includes('N2') && edited.rules.includes('N27'));
  });
  it('gives the same again when the frame is remembered and the messages have grown', () => {
    const longer = { ...agent, messages: [...(agent.messages as JsonValue[]), { role: 'user', content: 'go on' }] };
    for (const body of [agent, longer, agent])
      assert.deepEqual(meaning(fast(body)?.body ?? {}), meaning(full(body, facts())));
    const other = facts({}, { suffixEffort: 'high' });
    const { reasoning: _, ...plainBody } = agent;
    assert.deepEqual(meaning(fast(plainBody)?.body as JsonObject), meaning(full(plainBody, facts())));
    assert.deepEqual(meaning(fast(plainBody, other)?.body as JsonObject), meaning(full(plainBody, other)));
  });
  it('leaves the bytes of what nothing changes', () => {
    const text =
      '{ "model":"upstream-model","messages":[{"role":"user" , "content":"a\\u0062c"}],"seed":12345678901234567890, "x":1.0}';
    const bytes = Buffer.from(text);
    const edited = editChatBody(bytes, scanObject(bytes), facts());
    assert.equal(splice(bytes, edited?.edits ?? []).toString(), text);
  });
  it('the outline is what the memory needs', () => {
    const turns = fast(agent)?.outline().turns ?? [];
    assert.deepEqual(
      turns.map(({ parts }) => parts),
      [[{ type: 'text', text: 'rules' }], [{ type: 'text', text: 'fix it' }]],
    );
  });
  it('sends whatever it cannot be sure of to the full path', () => {
    const user = { role: 'user', content: 'x' };
    const call = (id: string, more: JsonObject = {}) => ({
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: 'Read', arguments: '{}' }, ...more }],
    });
    const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'r' });
    const bodies: Record<string, JsonObject> = {
      'dialect B': { input: 'x' },
      'dialect C': { messages: [user], system: 'x' },
      'tool_result blocks': {
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] }],
      },
      'a custom tool (R19)': { messages: [user], tools: [{ type: 'custom', name: 'ApplyPatch' }] },
      'a custom call': {
        messages: [user, call('a', { type: 'custom', custom: { name: 'x', input: 'y' } }), result('a')],
      },
      'an illegal id (N25)': { messages: [user, call('functions.Read:1'), result('functions.Read:1')] },
      'a missing result': { messages: [user, call('a'), user] },
      'a missing result at the end': { messages: [user, call('a')] },
      'an orphan result (N6)': { messages: [user, result('a')] },
      'a repeated id': { messages: [user, call('a'), result('a'), call('a'), result('a')] },
      'pictures in a result (N26)': {
        messages: [
          user,
          call('a'),
          { ...result('a'), content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }] },
        ],
      },
      'no messages (D4)': { messages: [] },
      'an unknown role (E8)': { messages: [{ role: 'pope', content: 'x' }] },
      'no message at all (E8)': { messages: ['x'] },
      'legacy functions (N12)': { messages: [user], functions: [{ name: 'x' }] },
    };
    for (const [why, body] of Object.entries(bodies)) assert.equal(fast({ model: 'm', ...body }), undefined, why);
  });

  it('means the same as the full path, for any chat body and target', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '',
        '<think>a</think>b',
        '<details>\n<summary>Thinking</summary>\n\nx\n</details>\n\ny',
        '"quotes" \\ "tool_use"',
      ),
    );
    const parts = fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('text'), text }),
        fc.constant({ type: 'image_url', image_url: { url: 'https://x/y.png' } }),
        fc.constant({ type: 'text', text: 'c', cache_control: { type: 'ephemeral' } }),
      ),
      { minLength: 1, maxLength: 3 },
    );
    const speech = fc.record({ role: fc.constantFrom('user', 'system', 'developer'), content: fc.oneof(text, parts) });
    const answer = fc.record({
      role: fc.constant('assistant'),
      content: fc.oneof(text, fc.constant([{ type: 'text', text: 'hey' }])),
    });
    const noCalls = fc.record({ role: fc.constant('assistant'), content: text, tool_calls: fc.constant([]) });
    const step = fc.tuple(
      fc.array(
        fc.record({ args: fc.constantFrom('{}', '{"a":1}', '{"bro', ''), indexed: fc.boolean(), named: fc.boolean() }),
        { minLength: 1, maxLength: 3 },
      ),
      text,
    );
    const block = fc.oneof(
      speech.map((one) => [one]),
      answer.map((one) => [one]),
      noCalls.map((one) => [one]),
      step.map((one) => ({ calls: one[0], content: one[1] })),
    );
    const bodies = fc.tuple(
      fc.array(block, { minLength: 1, maxLength: 7 }),
      fc.record(
        {
          temperature: fc.constantFrom(0, 1),
          top_k: fc.constantFrom(0, 5),
          max_tokens: fc.constantFrom(100, 4096, 8000),
          reasoning: fc.constantFrom({}, { effort: 'low' }),
          reasoning_effort: fc.constant('high'),
          stream: fc.boolean(),
          stream_options: fc.constantFrom({}, { include_usage: true }),
          user: fc.constant('u'),
          metadata: fc.constant({ cursorConversationId: 'c' }),
          service_tier: fc.constant('priority'),
          n: fc.constant(1),
          tools: fc.constantFrom<JsonValue>(
            null,
            [],
            [{ type: 'function', name: 'Read', parameters: { type: 'object' }, strict: true }],
            [
              { type: 'function', function: { name: 'Read', parameters: { type: 'object', $schema: 's' } } },
              { type: 'web_search' },
            ],
          ),
          tool_choice: fc.constantFrom<JsonValue>('auto', 'required', { type: 'function', name: 'Read' }),
          parallel_tool_calls: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
      fc.constantFrom('front', 'back'),
    );
    const targets = fc.record({
      emit: fc.record({
        developerRole: fc.boolean(),
        serviceTier: fc.boolean(),
        metadata: fc.boolean(),
        strictTools: fc.boolean(),
        customTools: fc.constantFrom('keep', 'function'),
        reasoningField: fc.constantFrom('reasoning_effort', 'reasoning', 'none'),
        maxTokensField: fc.constantFrom('max_tokens', 'max_completion_tokens'),
        roleRewrites: fc.constantFrom({}, { developer: 'system', system: 'user' }),
        unsupportedParams: fc.constantFrom<string[]>([], ['temperature', 'n']),
        refusedSchemaKeys: fc.constantFrom<string[]>([], ['$schema']),
        maxIdLength: fc.constantFrom(40, 64),
      }) as fc.Arbitrary<Partial<ChatEditFacts['emit']>>,
      target: fc.record(
        {
          suffixEffort: fc.constantFrom('high', 'low'),
          variantEffort: fc.constant('max'),
          tier: fc.constantFrom('priority' as const, 'remove' as const),
        },
        { requiredKeys: [] },
      ) as fc.Arbitrary<Partial<ChatEditFacts['target']>>,
    });
    let taken = 0;
    fc.assert(
      fc.property(bodies, targets, fc.constantFrom(0, 2), ([blocks, parameters, place], { emit, target }, indent) => {
        let id = 0;
        const messages = blocks.flatMap((one): JsonValue[] => {
          if (Array.isArray(one)) return one as JsonValue[];
          const ids = one.calls.map(() => `call_${id++}`);
          const tool_calls = one.calls.map(({ args, indexed }, at) => ({
            ...(indexed && { index: at }),
            id: ids[at] as string,
            type: 'function',
            function: { name: 'Read', arguments: args },
          }));
          return [
            { role: 'assistant', content: one.content, tool_calls },
            ...one.calls.map(({ named }, at) => ({
              role: 'tool',
              ...(named && { name: 'Read' }),
              tool_call_id: ids[at] as string,
              content: 'r',
            })),
          ];
        });
        const body = (
          place === 'front' ? { messages, model: 'm', ...parameters } : { ...parameters, model: 'm', messages }
        ) as JsonObject;
        const given = facts(emit, target);
        const edited = fast(body, given, indent);
        if (!edited) return;
        taken++;
        assert.deepEqual(meaning(edited.body), meaning(full(body, given)));
      }),
      { numRuns: 400 },
    );
    assert.ok(taken > 40, `the fast path took ${taken} of 400`);
  });
});
