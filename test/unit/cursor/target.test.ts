import assert from 'node:assert/strict';
import { undecorate } from '../../../src/cursor/names';
import { readCursorRequest } from '../../../src/cursor/request';
import { applyTarget, type TargetFacts } from '../../../src/cursor/target';
import { chatCodec } from '../../../src/wires/chat';
import type { Conversation, JsonObject } from '../../../src/wires/conversation';
import { responsesCodec } from '../../../src/wires/responses';
import { caseOf, casesOf, frozen, openTarget, plain } from '../../support/cursorCases';

const targetOf = (
  more: Partial<TargetFacts> = {},
  abilities: Partial<TargetFacts['abilities']> = {},
  wire: TargetFacts['backend']['wire'] = 'chat',
): TargetFacts => ({
  backend: { wire },
  abilities: { serviceTier: true, reasoningField: 'reasoning_effort', efforts: [], ...abilities },
  ...more,
});
const conversationOf = (more: JsonObject = {}): Conversation =>
  readCursorRequest({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...more }).conversation;
const apply = (conversation: Conversation, target: TargetFacts, showThinking = false) =>
  applyTarget(frozen(conversation), target, { showThinking });

describe('cursor target', () => {
  for (const { name, input, expect } of casesOf('litellm_model_variants')) {
    const body = input.body as JsonObject | undefined;
    if (input.op !== 'resolve' || typeof body?.model !== 'string') continue;
    it(`litellm: ${name} (M8, N27, N28)`, () => {
      const servable = new Set(input.servable_names as string[]);
      const found = undecorate(body.model as string, (model) => servable.has(model));
      const { conversation } = apply(readCursorRequest(body).conversation, targetOf({ suffixEffort: found?.effort }));
      const model = found?.name ?? (body.model as string);
      if (body.messages) {
        const out = chatCodec.emitRequest(conversation, openTarget({ model }));
        assert.deepEqual(
          plain({ model: out.model, messages: out.messages, reasoning_effort: out.reasoning_effort }),
          plain({ reasoning_effort: undefined, ...expect }),
        );
      } else {
        const out = responsesCodec.emitRequest(conversation, openTarget({ model, reasoningField: 'reasoning' }));
        assert.deepEqual(
          plain([out.model, out.input, out.reasoning]),
          plain([expect.model, expect.input, expect.reasoning]),
        );
      }
    });
  }
  it('litellm: a suffix in a whole request (M8, N29)', () => {
    const { input, expect } = caseOf('litellm_e2e', 'suffix-before-chat');
    const body = input.body as JsonObject;
    const found = undecorate(body.model as string, (model) => model === 'claude-opus-5');
    const { conversation } = apply(
      readCursorRequest(body).conversation,
      targetOf({ suffixEffort: found?.effort, tier: found?.tier }, { serviceTier: false }),
    );
    const out = chatCodec.emitRequest(conversation, openTarget({ model: found?.name as string, serviceTier: false }));
    const upstream = expect.upstream as JsonObject;
    assert.deepEqual(
      [out.model, out.reasoning_effort, out.service_tier],
      [upstream.model, upstream.reasoning_effort, undefined],
    );
  });
  it('litellm: a null model is not invented (M8)', () => {
    const { input } = caseOf('litellm_model_variants', 'resolve-null-model');
    assert.equal(readCursorRequest(input.body as JsonObject).askedModel, '');
  });
  it('routekit: an empty reasoning object counts as absent (N28)', () => {
    const { input, expect } = caseOf('routekit_cursor', 'variant-empty-reasoning-object');
    const { conversation } = apply(
      readCursorRequest(input.body as JsonObject).conversation,
      targetOf({ variantEffort: 'high' }),
    );
    assert.equal(conversation.reasoning?.effort, expect.reasoning_effort);
  });
  it('N28: variant beats field, field beats suffix; what else stands in reasoning stays', () => {
    const asked = conversationOf({ reasoning: { effort: 'low', summary: 'detailed' } });
    assert.deepEqual(apply(asked, targetOf({ variantEffort: 'high' })).conversation.reasoning, {
      effort: 'high',
      summary: 'detailed',
    });
    assert.deepEqual(apply(asked, targetOf({ suffixEffort: 'high' })).conversation.reasoning, {
      effort: 'low',
      summary: 'detailed',
    });
    const bare = apply(conversationOf(), targetOf({ suffixEffort: 'high' }));
    assert.deepEqual([bare.conversation.reasoning, bare.rules], [{ effort: 'high' }, ['N28']]);
    const budget = conversationOf({ thinking: { type: 'enabled', budget_tokens: 2000 } });
    assert.equal(apply(budget, targetOf({ suffixEffort: 'high' })).conversation.reasoning?.budgetTokens, 2000);
  });
  it('N35: thinking is asked for where it is shown; encrypted reasoning where a model reasons anyway', () => {
    assert.equal(
      apply(conversationOf({ reasoning_effort: 'low' }), targetOf(), true).conversation.reasoning?.summary,
      'auto',
    );
    assert.equal(
      apply(conversationOf({ reasoning_effort: 'low' }), targetOf(), false).conversation.reasoning?.summary,
      undefined,
    );
    assert.equal(
      apply(conversationOf({ reasoning_effort: 'none' }), targetOf(), true).conversation.reasoning?.summary,
      undefined,
    );
    assert.equal(apply(conversationOf(), targetOf(), true).conversation.reasoning, undefined);
    const { conversation } = apply(
      conversationOf(),
      targetOf({}, { efforts: ['low'], reasoningField: 'reasoning' }, 'responses'),
    );
    const out = responsesCodec.emitRequest(conversation, openTarget({ reasoningField: 'reasoning' }));
    assert.deepEqual([out.include, out.reasoning], [['reasoning.encrypted_content'], undefined]);
  });
  it('N30: the hard-coded small limit becomes the target’s own, or goes', () => {
    const limit = (max_tokens: number, most: number | undefined, more: JsonObject = {}) =>
      apply(conversationOf({ max_tokens, ...more }), targetOf({}, { maxOutputTokens: most })).conversation
        .maxOutputTokens;
    const tools = { tools: [{ type: 'function', function: { name: 'Read' } }] };
    assert.equal(limit(4096, 32_000), 32_000);
    assert.equal(limit(4096, undefined), undefined);
    assert.equal(limit(1024, 32_000, tools), 32_000);
    assert.equal(limit(100, 32_000), 100, 'a wish, without tools');
    assert.equal(limit(8_000, 32_000, tools), 8_000);
  });
  it('M9: tiers', () => {
    const tier = (incoming: string | undefined, target: TargetFacts) =>
      apply(conversationOf(incoming ? { service_tier: incoming } : {}), target).conversation.serviceTier;
    assert.equal(tier(undefined, targetOf({ tier: 'priority' })), 'priority');
    assert.equal(tier(undefined, targetOf({ tier: 'priority' }, { serviceTier: false })), undefined);
    assert.equal(tier('priority', targetOf({ tier: 'remove' })), undefined);
    assert.equal(tier('flex', targetOf({ tier: 'remove' })), 'flex');
  });
  it('N10: an empty user message says "..." to Anthropic only', () => {
    const empty = readCursorRequest({
      model: 'm',
      messages: [
        { role: 'user', content: ' ' },
        { role: 'assistant', content: 'x' },
        { role: 'user', content: [] },
      ],
    }).conversation;
    const texts = (wire: TargetFacts['backend']['wire']) =>
      apply(empty, targetOf({}, {}, wire)).conversation.turns.map((turn) =>
        turn.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
      );
    assert.deepEqual(texts('messages'), ['...', 'x', '...']);
    assert.deepEqual(texts('chat'), [' ', 'x', '']);
  });
});
