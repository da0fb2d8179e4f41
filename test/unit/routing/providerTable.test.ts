import assert from 'node:assert/strict';
import { loadConfigText } from '../../../src/config/load';
import { buildBackends } from '../../../src/routing/build';
import { PRESET_NAMES } from '../../../src/routing/presets';
import { knownProviders } from '../../../src/routing/providerTable';
import { validateSettings } from '../../../src/settings/check';

/** Where a model of a LiteLLM file goes: address, name there, variable of its key. */
function imported(params: Record<string, unknown>, env: Record<string, string> = {}) {
  const text = JSON.stringify({ model_list: [{ model_name: 'm', litellm_params: params }] });
  const { settings, problems } = loadConfigText(text, { env });
  assert.deepEqual(problems, []);
  const [backend] = settings ? buildBackends(settings, env) : [];
  return [backend?.baseUrl, backend?.models[0]?.upstream, backend?.apiKeyEnv];
}

describe('table of providers', () => {
  it('has addresses over https and variables, and no provider that is a preset', () => {
    assert.ok(knownProviders().length >= 70);
    for (const { name, baseUrl, keyEnv } of knownProviders()) {
      assert.ok(!(PRESET_NAMES as readonly string[]).includes(name), name);
      assert.match(baseUrl, /^https:\/\/[\w.-]+(\/[\w./-]+)?$|^http:\/\/localhost[:/]/, name);
      assert.ok(keyEnv.length > 0 && keyEnv.every((variable) => /^[A-Z][A-Z0-9_]+$/.test(variable)), name);
    }
  });
  it('every provider can be a backend', () => {
    for (const { name, baseUrl, keyEnv } of knownProviders()) {
      const { settings } = validateSettings({ backends: [{ name, baseUrl, apiKeyEnv: keyEnv[0] }] });
      assert.equal(settings && buildBackends(settings)[0]?.baseUrl, baseUrl, name);
    }
  });
  it('serves what a LiteLLM file names by prefix alone', () => {
    assert.deepEqual(imported({ model: 'nscale/kimi' }), [
      'https://inference.api.nscale.com/v1',
      'kimi',
      'NSCALE_API_KEY',
    ]);
    assert.deepEqual(imported({ model: 'perplexity/sonar' }, { PERPLEXITY_API_KEY: 'x' }), [
      'https://api.perplexity.ai',
      'sonar',
      'PERPLEXITY_API_KEY',
    ]);
  });
  it('takes another address from the variable that LiteLLM takes it from, or from the entry', () => {
    const env = { NSCALE_API_BASE: 'https://cn.example/v1' };
    assert.deepEqual(imported({ model: 'nscale/kimi' }, env), ['https://cn.example/v1', 'kimi', 'NSCALE_API_KEY']);
    assert.deepEqual(imported({ model: 'nscale/kimi', api_base: 'http://127.0.0.1:9' }), [
      'http://127.0.0.1:9/v1',
      'kimi',
      undefined,
    ]);
  });
});
