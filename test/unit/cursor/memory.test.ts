import assert from 'node:assert/strict';
import { warmUp } from '../../../src/cursor/coldStart';
import { conversationKey } from '../../../src/cursor/conversationKey';
import { createMemory } from '../../../src/cursor/memory';
import type { MemoryScope } from '../../../src/cursor/memoryRecord';
import { readCursorRequest } from '../../../src/cursor/request';
import type {
  Conversation,
  JsonObject,
  JsonValue,
  ReasoningPart,
  StreamEvent,
  ToolCallPart,
} from '../../../src/wires/conversation';

const scopeOf = (more: Partial<MemoryScope> = {}): MemoryScope => ({
  clientKey: 'main',
  backend: 'b',
  wire: 'chat',
  upstreamModel: 'kimi-k2',
  conversation: 'c1',
  ...more,
});
const claude = (more: Partial<MemoryScope> = {}) =>
  scopeOf({ wire: 'messages', upstreamModel: 'claude-opus-5', ...more });
const ID = 'call_aB3dE6gH9jK2mN5';
const history = (steps: { id?: string; args?: string; text?: string }[], question = 'go'): JsonValue[] => [
  { role: 'user', content: question },
  ...steps.flatMap(({ id, args = '{"a":1}', text = '' }): JsonValue[] =>
    id === undefined
      ? [{ role: 'assistant', content: text }]
      : [
          {
            role: 'assistant',
            content: text,
            tool_calls: [{ id, type: 'function', function: { name: 'Read', arguments: args } }],
          },
          { role: 'tool', tool_call_id: id, content: `result of ${id}` },
        ],
  ),
];
const read = (messages: JsonValue[], more: JsonObject = {}): Conversation =>
  readCursorRequest({ model: 'm', messages, ...more }).conversation;
const answer = (
  id: string | undefined,
  thinking: string,
  more: { args?: string; text?: string; end?: Partial<ReasoningPart>; call?: Partial<ToolCallPart> } = {},
): StreamEvent[] => [
  ...(thinking ? [{ type: 'reasoning', index: 0, text: thinking } as const] : []),
  ...(thinking || more.end ? [{ type: 'reasoningEnd', index: 0, ...more.end } as StreamEvent] : []),
  ...(more.text ? [{ type: 'text', index: 1, text: more.text } as const] : []),
  ...(id
    ? ([
        { type: 'toolCallStart', index: 2, id, name: 'Read', ...more.call } as StreamEvent,
        { type: 'toolCallDelta', index: 2, text: more.args ?? '{"a":1}' },
        { type: 'toolCallEnd', index: 2 },
      ] satisfies StreamEvent[])
    : []),
  { type: 'finish', reason: id ? 'toolCalls' : 'stop' },
  { type: 'end' },
];
const newMemory = (more: Partial<Parameters<typeof createMemory>[0]> = {}) =>
  createMemory({ now: () => 1_000_000_000, ...more });
const watch = (
  memory: ReturnType<typeof newMemory>,
  scope: MemoryScope,
  events: StreamEvent[],
  conversation = read(history([])),
) => {
  const record = memory.recorder(scope, conversation);
  for (const event of events) record(event);
};
const reasoningOf = (conversation: Conversation) =>
  conversation.turns.flatMap((turn) => turn.parts.filter((part): part is ReasoningPart => part.type === 'reasoning'));
const kinds = (conversation: Conversation, role = 'assistant') =>
  conversation.turns.filter((turn) => turn.role === role).map((turn) => turn.parts.map(({ type }) => type));

describe('phases of Responses', () => {
  const gpt = scopeOf({ wire: 'responses', upstreamModel: 'gpt-5.5' });
  const said = (index: number, phase: string, ...pieces: string[]): StreamEvent[] =>
    pieces.map((text, at) => ({ type: 'text', index, text, ...(at === 0 && { phase }) }));
  const remember = (events: StreamEvent[], conversation = read([{ role: 'user', content: 'go' }])) => {
    const lines: string[] = [];
    const memory = createMemory({ now: () => 1, persist: { append: (line) => lines.push(line) } });
    events.forEach(memory.recorder(gpt, conversation));
    // As after a restart.
    const later = createMemory({ now: () => 1 });
    later.load(lines);
    return later;
  };
  const textsOf = ({ turns }: Conversation) =>
    turns.flatMap(({ role, parts }) =>
      role === 'assistant'
        ? parts.flatMap((part) => (part.type === 'text' ? [[part.text, part.extra?.phase]] : []))
        : [],
    );

  it('come back with a text that was said on the way to a call, and with the last word', () => {
    const memory = remember([...said(0, 'commentary', 'Let me', ' look.'), ...answer(ID, '')]);
    const asked = read(history([{ id: ID, text: 'Let me look.' }]));
    const { conversation, rules } = memory.restore(asked, gpt);
    assert.deepEqual(textsOf(conversation), [['Let me look.', 'commentary']]);
    assert.deepEqual(rules, ['S10']);
    const last = remember([
      ...said(0, 'final_answer', 'Done. It is 42, as you can see in the file.'),
      ...answer(undefined, ''),
    ]);
    const text = 'Done. It is 42, as you can see in the file.';
    assert.deepEqual(textsOf(last.restore(read(history([{ text }])), gpt).conversation), [[text, 'final_answer']]);
  });

  it('come back, too, where the phase was said behind the text', () => {
    const late: StreamEvent[] = [
      { type: 'text', index: 0, text: 'Let me look.' },
      { type: 'text', index: 0, text: '', phase: 'commentary' },
    ];
    const memory = remember([...late, ...answer(ID, '')]);
    const { conversation } = memory.restore(read(history([{ id: ID, text: 'Let me look.' }])), gpt);
    assert.deepEqual(textsOf(conversation), [['Let me look.', 'commentary']]);
  });

  it('part a text that was two, whatever blanks stand between them; a text that reads differently keeps none', () => {
    const two = [...said(0, 'commentary', 'Let me ', 'look.'), ...said(1, 'final_answer', 'It is 42.')];
    const memory = remember([...two, ...answer(ID, '')]);
    for (const gap of ['', '\n\n']) {
      const text = `Let me look.${gap}It is 42.`;
      const { conversation } = memory.restore(read(history([{ id: ID, text }])), gpt);
      assert.deepEqual(textsOf(conversation), [
        [`Let me look.${gap}`, 'commentary'],
        ['It is 42.', 'final_answer'],
      ]);
    }
    const other = memory.restore(read(history([{ id: ID, text: 'Something else.' }])), gpt);
    assert.deepEqual(textsOf(other.conversation), [['Something else.', undefined]]);
  });

  it('part a text behind a block of nothing but blanks', () => {
    const blank = [
      ...said(0, 'commentary', 'Look.'),
      ...said(1, 'commentary', ' \n'),
      ...said(2, 'final_answer', '42.'),
    ];
    const memory = remember([...blank, ...answer(ID, '')]);
    const { conversation } = memory.restore(read(history([{ id: ID, text: 'Look. \n42.' }])), gpt);
    assert.deepEqual(textsOf(conversation), [
      ['Look. \n', 'commentary'],
      ['42.', 'final_answer'],
    ]);
  });

  it('are kept of many thousands of blocks about as fast as the text is', () => {
    const best = (phase?: string) => {
      const times = [1, 2, 3].map(() => {
        const record = createMemory({ now: () => 1 }).recorder(gpt, read([{ role: 'user', content: 'go' }]));
        const start = performance.now();
        for (let index = 0; index < 40_000; index++)
          record({ type: 'text', index, text: 'a', ...(phase && { phase }) });
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    assert.ok(best('commentary') < 50 * best());
  });
});

describe('cursor memory', () => {
  it('S4, S10: reasoning text comes back on every turn it belongs to, found by tool-call id', () => {
    const memory = newMemory();
    watch(memory, scopeOf(), answer('call_1', 'first'));
    watch(memory, scopeOf(), answer('call_2', 'second'));
    const conversation = read(history([{ id: 'call_1' }, { id: 'call_2' }]));
    const before = JSON.stringify(conversation);
    const { conversation: restored, rules } = memory.restore(conversation, scopeOf());
    assert.deepEqual(
      reasoningOf(restored).map(({ text, wire }) => [text, wire]),
      [
        ['first', 'chat'],
        ['second', 'chat'],
      ],
    );
    assert.deepEqual(kinds(restored)[0], ['reasoning', 'text', 'toolCall']);
    assert.deepEqual(rules, ['S10']);
    assert.equal(JSON.stringify(conversation), before, 'the given one is not changed');
  });
  it('S5: a call is remembered at its end, before the stream has ended', () => {
    const memory = newMemory();
    const record = memory.recorder(scopeOf(), read(history([])));
    for (const event of answer('call_1', 'hm')) {
      record(event);
      if (event.type === 'toolCallEnd') break;
    }
    assert.equal(reasoningOf(memory.restore(read(history([{ id: 'call_1' }])), scopeOf()).conversation).length, 1);
  });
  it('S10: signatures, redacted thinking, thought signatures, encrypted reasoning and item ids', () => {
    const memory = newMemory();
    const thinking = { reasoning: { effort: 'low' } };
    watch(memory, claude(), answer('toolu_1', 'hm', { end: { signature: 'SIG', wire: 'messages' } }));
    watch(memory, claude(), answer('toolu_2', '', { end: { encrypted: 'RED', wire: 'messages' } }));
    const one = reasoningOf(
      memory.restore(read(history([{ id: 'toolu_1' }, { id: 'toolu_2' }]), thinking), claude()).conversation,
    );
    assert.deepEqual(
      one.map(({ text, signature, encrypted }) => [text, signature, encrypted]),
      [
        ['hm', 'SIG', undefined],
        ['', undefined, 'RED'],
      ],
    );

    const gemini = scopeOf({ preset: 'gemini', upstreamModel: 'gemini-3-pro' });
    watch(memory, gemini, answer('g1', '', { call: { thoughtSignature: 'TS' } }));
    const signed = memory
      .restore(read(history([{ id: 'g1' }])), gemini)
      .conversation.turns[1]?.parts.at(-1) as ToolCallPart;
    assert.equal(signed.thoughtSignature, 'TS');

    const responses = scopeOf({ wire: 'responses', upstreamModel: 'gpt-5.2' });
    watch(
      memory,
      responses,
      answer('call_r', 'sum', { end: { encrypted: 'ENC', id: 'rs_1', wire: 'responses' }, call: { itemId: 'fc_1' } }),
    );
    const [turn] = memory.restore(read(history([{ id: 'call_r' }])), responses).conversation.turns.slice(1);
    assert.deepEqual(
      [
        (turn?.parts[0] as ReasoningPart | undefined)?.encrypted,
        (turn?.parts.at(-1) as ToolCallPart | undefined)?.itemId,
      ],
      ['ENC', 'fc_1'],
    );
  });
  it('S10: an answer without a call is found by its text', () => {
    const memory = newMemory();
    watch(memory, scopeOf(), answer(undefined, 'hm', { text: ' Short answer.\n' }));
    const restore = (scope: MemoryScope) =>
      reasoningOf(memory.restore(read(history([{ text: 'Short answer.' }])), scope).conversation).length;
    assert.deepEqual([restore(scopeOf()), restore(scopeOf({ conversation: 'c2' }))], [1, 0]);
  });
  it('interleaved thinking stands where it stood', () => {
    const memory = newMemory();
    const call = (index: number, id: string): StreamEvent[] => [
      { type: 'toolCallStart', index, id, name: 'Read' },
      { type: 'toolCallDelta', index, text: '{}' },
      { type: 'toolCallEnd', index },
    ];
    const thought = (index: number, text: string): StreamEvent[] => [
      { type: 'reasoning', index, text },
      { type: 'reasoningEnd', index, signature: text },
    ];
    watch(memory, claude(), [
      ...thought(0, 'a'),
      { type: 'text', index: 1, text: 'T' },
      ...thought(2, 'b'),
      ...call(3, 'x'),
      ...thought(4, 'c'),
      ...call(5, 'y'),
      { type: 'finish', reason: 'toolCalls' },
    ]);
    const calls = ['x', 'y'].map((id) => ({ id, type: 'function', function: { name: 'Read', arguments: '{}' } }));
    const conversation = read(
      [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: 'T', tool_calls: calls },
        { role: 'tool', tool_call_id: 'x', content: '1' },
        { role: 'tool', tool_call_id: 'y', content: '2' },
      ],
      { reasoning: { effort: 'low' } },
    );
    const { conversation: restored } = memory.restore(conversation, claude());
    assert.deepEqual(kinds(restored)[0], ['reasoning', 'text', 'reasoning', 'toolCall', 'reasoning', 'toolCall']);
  });

  it('S7: never for another provider, wire, family or client key', () => {
    const memory = newMemory();
    watch(memory, claude(), answer(ID, 'hm', { end: { signature: 'SIG' } }));
    const found = (scope: MemoryScope) =>
      reasoningOf(memory.restore(read(history([{ id: ID }]), { reasoning: { effort: 'low' } }), scope).conversation)
        .length;
    assert.equal(found(claude()), 1);
    assert.equal(found(claude({ upstreamModel: 'claude-sonnet-5' })), 1, 'the same family');
    for (const other of [
      claude({ clientKey: 'other' }),
      claude({ backend: 'b2' }),
      claude({ wire: 'responses' }),
      claude({ upstreamModel: 'gpt-5' }),
    ]) {
      assert.equal(found(other), 0);
    }
  });
  it('keeps concurrent threads apart when ids repeat', () => {
    const memory = newMemory();
    const ask = (question: string) => read(history([], question));
    watch(memory, scopeOf({ conversation: 'c1' }), answer('call_0', 'one'), ask('q1'));
    watch(memory, scopeOf({ conversation: 'c2' }), answer('call_0', 'two'), ask('q2'));
    const text = (conversation: string, args?: string) =>
      reasoningOf(
        memory.restore(
          read(history([{ id: 'call_0', args }], conversation === 'c1' ? 'q1' : 'q2')),
          scopeOf({ conversation }),
        ).conversation,
      )[0]?.text;
    assert.deepEqual([text('c1'), text('c2')], ['one', 'two']);
    assert.equal(text('c3'), undefined, 'a third thread gets nothing for a common id');
    assert.equal(text('c3', '{"b":2}'), undefined);
  });
  it('a random id is found from another thread too, but only with the same arguments', () => {
    const memory = newMemory();
    watch(memory, scopeOf(), answer(ID, 'hm', { args: '{"b":2,"a":1,"cloud_base_branch":"x"}' }));
    const found = (args: string) =>
      reasoningOf(
        memory.restore(read(history([{ id: ID, args }], 'other')), scopeOf({ conversation: 'c9' })).conversation,
      ).length;
    assert.equal(found('{ "a": 1, "b": 2 }'), 1, 'written anew, and without what R16 took');
    assert.equal(found('{"a":2}'), 0);
  });

  it('S6, Anthropic: cold in a running loop → no thinking for this request; old loops do not matter', () => {
    const memory = newMemory();
    const cold = memory.restore(
      read(history([{ id: 'toolu_1' }]), { reasoning: { effort: 'high', summary: 'auto' } }),
      claude(),
    );
    assert.deepEqual([cold.conversation.reasoning, cold.rules], [{ summary: 'auto', disabled: true }, ['S6']]);
    const past = [...history([{ id: 'toolu_1' }, { text: 'done' }]), { role: 'user', content: 'next' }];
    assert.equal(
      memory.restore(read(past, { reasoning: { effort: 'high' } }), claude()).conversation.reasoning?.effort,
      'high',
    );
    const behindResults = [...history([{ id: 'toolu_1' }]), { role: 'user', content: 'a reminder beside the results' }];
    assert.equal(
      memory.restore(read(behindResults, { reasoning: { effort: 'high' } }), claude()).conversation.reasoning?.disabled,
      true,
    );
    assert.deepEqual(
      memory.restore(read(history([{ id: 'toolu_1' }])), claude()).rules,
      [],
      'without thinking nothing is needed',
    );
  });
  it('S6, adaptive thinking: cold in a running loop changes nothing, since no answer needs its own there', () => {
    const { conversation, rules } = newMemory().restore(
      read(history([{ id: 'toolu_1' }]), { reasoning: { effort: 'high' } }),
      claude({ adaptive: true }),
    );
    assert.deepEqual(
      [conversation.reasoning?.effort, conversation.reasoning?.disabled, rules],
      ['high', undefined, []],
    );
  });
  it('S10: a model that thinks unasked gets its thinking back unasked, and not beside thinking that is switched off', () => {
    const memory = newMemory();
    const scope = claude({ adaptive: true, thinksUnasked: true });
    watch(memory, scope, answer('toolu_1', 'Hm.', { end: { signature: 'SIG' } }));
    const back = (more: JsonObject, to = scope) =>
      memory
        .restore(read(history([{ id: 'toolu_1' }]), more), to)
        .conversation.turns.flatMap(({ parts }) => parts)
        .filter(({ type }) => type === 'reasoning').length;
    assert.equal(back({}), 1);
    assert.equal(back({ reasoning: { effort: 'high' } }), 1);
    assert.equal(back({ reasoning: { effort: 'none' } }), 0);
    assert.equal(back({}, claude({ adaptive: true })), 0, 'others think only where they are asked');
  });
  it('a call that came without thinking is known to have had none', () => {
    const memory = newMemory();
    watch(memory, claude(), answer('toolu_1', ''));
    const { conversation, rules } = memory.restore(
      read(history([{ id: 'toolu_1' }]), { reasoning: { effort: 'low' } }),
      claude(),
    );
    assert.deepEqual([conversation.reasoning?.effort, rules], ['low', []]);
  });
  it('S6, DeepSeek: cold calls become text with a notice, once; warm ones stay', () => {
    const memory = newMemory();
    const deepseek = scopeOf({ preset: 'deepseek', upstreamModel: 'deepseek-v4-pro' });
    const cold = memory.restore(read(history([{ id: 'call_1', text: 'Looking.' }])), deepseek);
    assert.deepEqual(
      cold.conversation.turns.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
    assert.ok(JSON.stringify(cold.conversation.turns).includes('result of call_1'));
    assert.ok(!JSON.stringify(cold.conversation.turns).includes('"toolCall"'));
    assert.match(cold.notice ?? '', /LLM Router no longer has/);
    watch(memory, deepseek, answer('call_2', 'hm'));
    const mixed = memory.restore(read(history([{ id: 'call_1' }, { id: 'call_2' }])), deepseek);
    assert.deepEqual(
      mixed.conversation.turns.map(({ role }) => role),
      ['user', 'user', 'assistant', 'tool'],
    );
    assert.equal(reasoningOf(mixed.conversation)[0]?.text, 'hm');
    assert.equal(mixed.notice, undefined, 'said before');
    assert.deepEqual(mixed.rules, ['S10', 'S6']);
  });
  it('S6, DeepSeek: a result of a warm call stays where a cold one had the same id', () => {
    const conversation = read(
      history([
        { id: 'call_0', args: '{"a":1}' },
        { id: 'call_0', args: '{"a":2}' },
      ]),
    );
    const scope = { preset: 'deepseek', wire: 'chat', upstreamModel: 'deepseek-v4-pro' } as const;
    const warmed = warmUp(
      conversation,
      scope,
      (at) => at === 3,
      (turn) => turn,
    );
    assert.deepEqual(
      warmed.conversation.turns.map(({ role }) => role),
      ['user', 'user', 'assistant', 'tool'],
    );
  });
  it('finds an answer without calls whose thinking stood inside its text', () => {
    const memory = newMemory();
    const said = 'A text that is long enough to be told from others. And its end.';
    watch(memory, claude(), [
      { type: 'text', index: 0, text: said.slice(0, 50) },
      { type: 'reasoning', index: 1, text: 'hm' },
      { type: 'reasoningEnd', index: 1, signature: 'sig', wire: 'messages' },
      { type: 'text', index: 2, text: said.slice(50) },
      { type: 'finish', reason: 'stop' },
      { type: 'end' },
    ]);
    const shown = `${said.slice(0, 50)}\n\n<details>\n<summary>Thinking</summary>\n\nhm\n</details>\n\n${said.slice(50)}`;
    const asked = read(
      [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: shown },
        { role: 'user', content: 'on' },
      ],
      { reasoning: { effort: 'high' } },
    );
    assert.deepEqual(memory.restore(asked, claude()).rules, ['S10']);
  });
  it('S6, Gemini: the first call of a step gets the word that skips the check', () => {
    const gemini = scopeOf({ preset: 'gemini', upstreamModel: 'gemini-3-pro' });
    const { conversation, rules } = newMemory().restore(read(history([{ id: 'g1' }])), gemini);
    assert.equal(
      (conversation.turns[1]?.parts.at(-1) as ToolCallPart | undefined)?.thoughtSignature,
      'skip_thought_signature_validator',
    );
    assert.deepEqual(rules, ['S6']);
    assert.equal(newMemory().restore(read(history([{ id: 'g1' }])), scopeOf()).rules.length, 0, 'nobody else');
  });

  it('concerns: cheap word on whether a request has to be read whole', () => {
    const memory = newMemory();
    assert.equal(memory.concerns(scopeOf()), false);
    assert.equal(memory.concerns(scopeOf({ preset: 'deepseek', upstreamModel: 'deepseek-chat' })), true);
    assert.equal(memory.concerns(claude()), true);
    assert.equal(memory.concerns(scopeOf({ preset: 'openrouter', upstreamModel: 'deepseek/deepseek-chat' })), false);
    assert.equal(memory.concerns(scopeOf({ upstreamModel: 'gemini-3-pro' })), true);
    watch(memory, scopeOf(), answer('call_1', ''));
    assert.equal(memory.concerns(scopeOf()), false, 'nothing came that could be lost');
    watch(memory, scopeOf(), answer('call_1', 'hm'));
    assert.equal(memory.concerns(scopeOf()), true, 'learned from any backend that sends it');
  });
  it('is bounded in bytes, the least recently used go first', () => {
    const memory = newMemory({ maxBytes: 20_000 });
    watch(memory, scopeOf(), answer('used', 'x'.repeat(1_000)));
    for (let at = 0; at < 20; at++) {
      watch(memory, scopeOf(), answer(`call_${at}`, 'y'.repeat(1_000)));
      memory.restore(read(history([{ id: 'used' }])), scopeOf());
    }
    assert.ok(memory.bytes <= 20_000);
    const found = (id: string) => reasoningOf(memory.restore(read(history([{ id }])), scopeOf()).conversation).length;
    assert.deepEqual([found('used'), found('call_0'), found('call_19')], [1, 0, 1]);
  });
  it('forgets after a week without use', () => {
    let now = 0;
    const memory = newMemory({ now: () => now });
    watch(memory, scopeOf(), answer('call_1', 'hm'));
    const found = () => reasoningOf(memory.restore(read(history([{ id: 'call_1' }])), scopeOf()).conversation).length;
    now = 6 * 86_400_000;
    assert.equal(found(), 1);
    now += 6 * 86_400_000;
    assert.equal(found(), 1, 'it was used in between');
    now += 8 * 86_400_000;
    assert.equal(found(), 0);
    watch(memory, scopeOf(), answer('call_2', 'hm'));
    assert.equal(memory.records().length, 1);
  });
  it('survives a restart through what it hands to be kept', () => {
    const kept: string[] = [];
    const memory = newMemory({ persist: { append: (record) => kept.push(record) } });
    watch(memory, scopeOf(), answer('call_1', 'hm', { end: { signature: 'S' } }));
    watch(memory, scopeOf(), answer('call_2', ''));
    assert.equal(kept.length, 1, 'only what is worth keeping');
    for (const records of [kept, memory.records()]) {
      const later = newMemory();
      later.load(['{broken', '{"scope":1}', ...records]);
      assert.equal(
        reasoningOf(later.restore(read(history([{ id: 'call_1' }])), scopeOf()).conversation)[0]?.signature,
        'S',
      );
    }
    const muchLater = newMemory({ now: () => 1_000_000_000 + 30 * 86_400_000 });
    muchLater.load(kept);
    assert.equal(muchLater.bytes, 0);
  });
  it('S1–S3: conversation key from metadata, then header, then model and first user text', () => {
    const conversation = read(history([{ id: 'call_1' }]));
    const derived = conversationKey(conversation, {});
    assert.equal(conversationKey(read([{ role: 'system', content: 'changed' }, ...history([])]), {}), derived);
    assert.notEqual(conversationKey(read(history([], 'other')), {}), derived);
    const header = conversationKey(conversation, { 'x-cursor-conversation-id': 'h' });
    assert.notEqual(header, derived);
    assert.equal(conversationKey(read(history([], 'other')), { 'x-cursor-conversation-id': 'h' }), header);
    assert.equal(
      conversationKey(conversation, { 'x-cursor-conversation-id': 'h' }, 'm'),
      conversationKey(read(history([], 'other')), {}, 'm'),
    );
    assert.equal(conversationKey({ ...conversation, user: 'someone' }, {}), derived);
    assert.equal(conversationKey(conversation, { 'x-client-request-id': 'r1' }), derived);
    const metadata = { cursorConversationId: 'm' };
    assert.equal(conversationKey({ ...conversation, metadata }, {}), conversationKey(conversation, {}, 'm'));
  });
});
