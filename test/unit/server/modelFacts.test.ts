import assert from 'node:assert/strict';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import { modelEntry } from '../../../src/server/modelEntries';
import { type SettingsInput, settingsSchema } from '../../../src/settings/schema';

function entry(name: string, backend: NonNullable<SettingsInput['backends']>[number], aliases = {}) {
  const settings = settingsSchema.parse({ backends: [backend], aliases });
  const target = createRouteTable(settings, buildBackends(settings)).resolve(name);
  if ('notFound' in target) throw new Error(`no target for ${target.notFound}`);
  return modelEntry(name, target);
}
const openai = { name: 'openai', preset: 'openai' } as const;
const plain = ['id', 'object', 'created', 'owned_by'];

describe('facts in the model list (issue 24 §3)', () => {
  it('window, largest output, price, modalities and parameters in OpenRouter’s spelling', () => {
    assert.deepEqual(entry('openai/gpt-4.1', openai), {
      id: 'openai/gpt-4.1',
      object: 'model',
      created: 0,
      owned_by: 'llm-router',
      context_length: 1_047_576,
      top_provider: { max_completion_tokens: 32_768 },
      architecture: { input_modalities: ['text', 'image'] },
      pricing: { prompt: '0.000002', completion: '0.000008' },
      supported_parameters: ['max_tokens', 'temperature', 'top_p', 'stop', 'tools', 'tool_choice'],
    });
  });

  it('a model that thinks says so, and parameters it refuses are not in the list', () => {
    const { supported_parameters: parameters } = entry('openai/gpt-5', openai);
    assert.deepEqual(parameters, ['max_tokens', 'reasoning', 'reasoning_effort', 'tools', 'tool_choice']);
  });

  it('an alias and an effort variant have the facts of their model', () => {
    const { context_length: window } = entry('openai/gpt-5', openai);
    assert.equal(entry('sol', openai, { sol: 'openai/gpt-5' }).context_length, window);
    const listed = { ...openai, models: [{ id: 'openai/gpt-5' }] };
    assert.equal(entry('openai/gpt-5:high', listed).context_length, window);
  });

  it('the window with which a server serves a model wins over the table', () => {
    const settings = settingsSchema.parse({ backends: [openai] });
    const target = createRouteTable(settings, buildBackends(settings)).resolve('openai/gpt-4.1');
    assert.ok(!('notFound' in target));
    assert.equal(modelEntry('openai/gpt-4.1', target, 8_192).context_length, 8_192);
  });

  it('prices small as they are stand without an exponent', () => {
    const model = { id: 'own', price: { input: 0.05, output: 0.0001 } };
    const { pricing } = entry('own', { name: 'b', baseUrl: 'https://example.com', models: [model] });
    assert.deepEqual(pricing, { prompt: '0.00000005', completion: '0.0000000001' });
  });

  it('what a person wrote wins over the table', () => {
    const models = [{ id: 'm', upstream: 'gpt-4.1', maxOutputTokens: 1_000, price: { input: 1, output: 2 } }];
    const { top_provider: top, pricing } = entry('m', { ...openai, models });
    assert.deepEqual(
      [top, pricing],
      [{ max_completion_tokens: 1_000 }, { prompt: '0.000001', completion: '0.000002' }],
    );
  });

  it('of a model nobody knows nothing is said', () =>
    assert.deepEqual(Object.keys(entry('b/mine', { name: 'b', baseUrl: 'https://example.com' })), plain));

  it('a known model that cannot see says text alone', () =>
    assert.deepEqual(entry('openai/o3-mini', openai).architecture, { input_modalities: ['text'] }));
});
