import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/wires/conversation';
import { parseMessagesRequest } from '../../../src/wires/messagesRequest';
import { estimateInputTokens, estimateText, estimateTokens } from '../../../src/wires/tokens';
import { PNG } from '../../support/wireConversations';

const WORDS = 'The quick brown fox jumps over the lazy dog near the river bank. '.repeat(20);

function body(changes: JsonObject = {}): JsonObject {
  return { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: WORDS }], ...changes };
}

describe('token estimates', () => {
  it('come near what a tokenizer counts for English prose', () => {
    // 20 sentences of 15 tokens each.
    const estimate = estimateInputTokens(body());
    assert.ok(estimate > 240 && estimate < 360, `${estimate}`);
  });

  it('count the same text alike on every wire', () => {
    const chat = estimateInputTokens({ messages: [{ role: 'user', content: WORDS }] });
    const responses = estimateInputTokens({
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: WORDS }] }],
    });
    assert.equal(chat, estimateInputTokens(body()));
    assert.ok(Math.abs(responses - chat) <= 4);
  });

  it('count system, tools and results, but neither base64 nor ids', () => {
    const plain = estimateInputTokens(body());
    const tools = [
      {
        name: 'Read',
        description: 'Reads a file.',
        input_schema: { type: 'object', properties: { path: { type: 'string' } } },
      },
    ];
    assert.ok(estimateInputTokens(body({ tools })) > plain + 10);
    assert.ok(estimateInputTokens(body({ system: [{ type: 'text', text: WORDS }] })) > plain * 1.9);
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG.repeat(5000) } };
    const result = { type: 'tool_result', tool_use_id: 'x'.repeat(500), content: [image] };
    const pictured = estimateInputTokens(body({ messages: [{ role: 'user', content: [result] }] }));
    assert.ok(pictured > 1500 && pictured < 1700, `${pictured}`);
  });

  it('stay near for long texts, which are sampled', () => {
    const one = estimateText(WORDS);
    const long = estimateText(WORDS.repeat(200));
    assert.ok(Math.abs(long / (one * 200) - 1) < 0.05, `${long} ${one * 200}`);
  });

  it('agree for a body and its conversation', () => {
    const full = body({
      system: WORDS,
      tools: [{ name: 'Read', description: 'Reads.', input_schema: { type: 'object' } }],
    });
    const [a, b] = [estimateInputTokens(full), estimateTokens(parseMessagesRequest(full))];
    assert.ok(Math.abs(a - b) < 30, `${a} ${b}`);
  });
});
