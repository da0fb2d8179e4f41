import assert from 'node:assert/strict';
import { sdkProblems } from '../../support/sdkSchemas';

/** The oracle itself: it accepts plain right values and refuses near misses. */
describe('SDK schemas', function () {
  // Only the first run on a machine makes the schemas.
  this.timeout(120_000);

  const chunk = {
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }],
  };
  const message = { role: 'assistant', content: 'a', refusal: null };
  const completion = {
    ...chunk,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }],
  };
  const user = { role: 'user', content: 'hi' };
  const usage = { input_tokens: 1, output_tokens: 1 };
  const cases = [
    ['ChatCompletionCreateParams', { model: 'm', messages: [user] }, { model: 'm', messages: [{ role: 'user' }] }],
    ['ChatCompletion', completion, { ...completion, object: 'chat.completion.chunk' }],
    ['ChatCompletionChunk', chunk, { ...chunk, choices: [{ ...chunk.choices[0], finish_reason: 'tool-calls' }] }],
    ['ResponseCreateParams', { model: 'm', input: [user] }, { model: 'm', input: [{ role: 'nobody', content: 'x' }] }],
    ['Response', undefined, { id: 'x' }],
    [
      'ResponseStreamEvent',
      {
        type: 'response.output_text.delta',
        sequence_number: 1,
        item_id: 'i',
        output_index: 0,
        content_index: 0,
        delta: 'a',
        logprobs: [],
      },
      { type: 'response.output_text.delta', item_id: 'i', output_index: 0, content_index: 0, delta: 'a', logprobs: [] },
    ],
    ['MessageCreateParams', { model: 'm', max_tokens: 1, messages: [user] }, { model: 'm', messages: [user] }],
    ['Message', undefined, { id: 'x', usage }],
    ['RawMessageStreamEvent', { type: 'message_stop' }, { type: 'message_end' }],
  ] as const;
  for (const [type, right, wrong] of cases) {
    it(type, () => {
      if (right !== undefined) assert.deepEqual(sdkProblems(type, right), []);
      assert.notDeepEqual(sdkProblems(type, wrong), []);
    });
  }
});
