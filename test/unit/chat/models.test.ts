import assert from 'node:assert/strict';
import { chatModels } from '../../../src/chat/models';

describe('VS Code’s chat: the models', () => {
  it('have the facts of the list', () =>
    assert.deepEqual(
      chatModels({
        data: [
          {
            id: 'openai/gpt-4.1:high',
            context_length: 1_000_000,
            top_provider: { max_completion_tokens: 32_768 },
            architecture: { input_modalities: ['text'] },
            pricing: { prompt: '0.000002', completion: '0.000008' },
            supported_parameters: ['max_tokens'],
          },
        ],
      }),
      [
        {
          id: 'openai/gpt-4.1:high',
          name: 'openai/gpt-4.1:high',
          family: 'gpt-4.1',
          version: '1',
          detail: 'LLM Router',
          tooltip: '$2 in, $8 out per million tokens',
          maxInputTokens: 967_232,
          maxOutputTokens: 32_768,
          capabilities: { toolCalling: false, imageInput: false },
        },
      ],
    ));

  it('a model nobody knows is trusted, and leaves room for a question', () => {
    const [model] = chatModels({ data: [{ id: 'mine' }, { object: 'model' }] });
    assert.deepEqual(model?.capabilities, { toolCalling: true, imageInput: true });
    assert.ok(model!.maxInputTokens > model!.maxOutputTokens);
    const [small] = chatModels({
      data: [{ id: 'm', context_length: 8_192, top_provider: { max_completion_tokens: 8_192 } }],
    });
    assert.equal(small!.maxInputTokens, 6_144);
  });

  it('no list is no models', () => assert.deepEqual(chatModels(undefined), []));
});
